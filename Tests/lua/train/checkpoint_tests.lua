-- fit:save and train.resume: the bits of a run that never stopped.
local check = require "check"

local path = os.tmpname() .. ".safetensors"
local points = random.stream(1):normal{100, 1}
local plane = random.stream(2):normal{60, 2}
local exact = target.gaussian_mixture{means = {{-1, 0}, {1, 0}}}

local function denoising(score, batch)
  local residual = batch.sigma:unsqueeze(2) * score(batch.noised, batch.t) + batch.noise
  return (batch.weight * (residual^2):sum(2)):mean()
end

--- Every number of a table of columns or tensors, NaN as a text.
local function numbers(value)
  if type(value) == "number" then return value ~= value and "nan" or value end
  if type(value) ~= "table" and type(value) ~= "userdata" then return value end
  if type(value) == "userdata" then value = value:reshape{-1}:table() end
  local result = {}
  for key, item in pairs(value) do result[key] = numbers(item) end
  return result
end

--- What a run leaves: its tensors, as the file has them, its log and samples.
local function trace(fit)
  fit:save(path)
  local m = fit.ema_model or fit.model
  return {file = numbers(file.load(path)), log = numbers(fit.log), step = fit.step, rate = fit.rate,
    samples = numbers(sample.heun(m, {count = 5, steps = 10, seed = 1}))}
end

local function linear()
  return nn.define{dimension = 2, sde = sde.vp(), parameters = {w = tensor{{-0.5, 0.1}, {0, -0.4}}},
    score = grad.compile(function(p, x) return x:matmul(p.w) end)}
end

-- Each with what must be given again
local cases = {
  {function() return nn.score_mlp{sde = sde.ve_power(), seed = 1} end, points,
    {batch = 32, ema = 0.9, log_every = 7}},
  {function() return nn.score_mlp{sde = sde.vp(), dimension = 2, width = 8, seed = 1} end, plane,
    {batch = 100, noises = 2, optimizer = optim.sgd{rate = 0.01, momentum = 0.9, clip = 1}}},
  {function() return nn.score_mlp{sde = sde.vp(), dimension = 2, width = 8, seed = 1} end, plane, {ema = 0.5},
    {optimizer = optim.adam{rate = function(step) return 1e-2 / step end, accumulate = 3},
      time = function(n, stream) return 0.01 + 0.9 * stream:uniform(n) end,
      weight = function(t) return 1 - (-2 * t):exp() end}},
  {function() return nn.residual_mlp{sde = sde.edm(), dimension = 2, width = 8, blocks = 1, sigma_data = plane,
    predicts = "gaussian", seed = 1} end, plane, {batch = 25}},
  {function() return nn.random_features{sde = sde.vp(), dimension = 2, width = 30, seed = 1} end, plane, {batch = 25},
    {loss = grad.compile(denoising)}},
  {function() return nn.score_mlp{sde = sde.vp(), dimension = 2, width = 4, seed = 1} end, plane, {epochs = 20},
    {loss = denoising, probe = {every = 5, at = function(s) return s.step end, text = function(s) return "at " .. s.step end,
      point = function(s) return s.model(plane, 0.5)[1] end, several = function(s)
        return {s.step % 2 == 0, {a = s.loss, [7] = 1}, 3, 0.5}
      end}}},
  {function() return nn.score_mlp{sde = sde.vp(), dimension = 2, width = 8, seed = 1} end, plane,
    {batch = 25, loss = loss.denoising{weight = "min_snr", gamma = 2}}},
  {function() return nn.score_mlp{sde = sde.vp(), dimension = 2, width = 8, seed = 1} end, plane, {batch = 25},
    {loss = loss.denoising{weight = function(l) return (-l):exp():clamp(0, 3) end}}},
  {function() return nn.score_mlp{sde = sde.vp(), dimension = 2, width = 8, seed = 1} end, plane, {batch = 25},
    {loss = loss.explicit{score = exact:model(sde.vp()), weight = "likelihood"}}},
  {function() return nn.score_mlp{sde = sde.vp(), dimension = 2, width = 8, seed = 1} end, plane,
    {batch = 25, loss = loss.implicit()}},
  {function() return nn.score_mlp{sde = sde.vp(), dimension = 2, width = 8, seed = 1} end, plane,
    {batch = 25, loss = loss.sliced{projections = 2, law = "gaussian", kind = "plain"}}},
  {function() return nn.residual_mlp{sde = sde.linear_flow(), dimension = 2, width = 8, blocks = 1, seed = 1,
    predicts = "transport"} end, plane, {batch = 25, loss = loss.flow_matching{pairing = "optimal_transport"}}},
  {function() return nn.residual_mlp{sde = sde.edm(), dimension = 2, width = 8, blocks = 1, seed = 1,
    predicts = "residual"} end, plane, {batch = 25, loss = loss.blind()}},
  {function() return nn.score_mlp{sde = sde.vp(), dimension = 2, width = 8, seed = 1} end, plane,
    {batch = 25, time = draw.log_normal{stratified = true}, loss = loss.sliced()}},
  {function() return nn.score_mlp{sde = sde.vp(), dimension = 2, width = 8, seed = 1} end, plane,
    {batch = 7, time = draw.uniform{antithetic = true}, noises = 3}},
  {function() return nn.score_mlp{sde = sde.vp(), dimension = 2, width = 8, seed = 1} end, plane,
    {batch = 25, time = draw.power{importance = true}, noises = 2, antithetic = true, common = "point",
      loss = loss.implicit{probes = 2}}},
  {function() return nn.score_mlp{sde = sde.vp(), dimension = 2, width = 8, seed = 1} end, plane,
    {batch = 25, noises = 2, common = "update"}, {time = function(n, stream) return 0.1 + 0.5 * stream:uniform(n) end}},
  {linear, plane, {batch = 25, ema = 0.9}, nil, true},
  {function() return nn.score_mlp{sde = sde.vp(), dimension = 2, width = 8, seed = 1} end, plane,
    {batch = 25, ema = optim.ema{half_life = 10, warm_up = 0.3, initial = true}, optimizer = optim.adamw{weight_decay = 0.1,
      rate = rate.sequence{rates = {rate.warm_up{rate = 0.01, steps = 8}, rate.cosine{rate = 0.01, steps = 50}, 0.001},
        steps = {8, 20}}}}},
  {function() return nn.score_mlp{sde = sde.vp(), dimension = 2, width = 8, seed = 1} end, plane,
    {batch = 25, ema = optim.power_ema{std = 0.2}, posthoc_ema = optim.posthoc_ema{folder = path .. ".d", every = 5},
      optimizer = optim.sgd{rate = rate.step_decay{rate = 0.05, every = 6}, momentum = 0.9, nesterov = true}}},
  {function() return nn.score_mlp{sde = sde.vp(), dimension = 2, width = 8, seed = 1} end, plane, {batch = 25},
    {optimizer = optim.adam{rate = rate.warm_up{steps = 20, rate = function(step) return 1e-2 / step end}}}},
  {function()
    local own = sde.define{name = "slow", alpha = function(t) return (-t^2):exp() end,
      sigma = function(t) return (1 - (-2*t^2):exp()):sqrt() end}
    return nn.score_mlp{sde = own, dimension = 2, width = 4, seed = 1}
  end, plane, {batch = 25}},
}
for _, case in ipairs(cases) do
  local make, data, options, functions, is_given = table.unpack(case, 1, 5)
  options.seed, options.progress = 4, false
  if not options.epochs then options.steps = 40 end
  for name, value in pairs(functions or {}) do options[name] = value end
  local expected = trace(train(make(), data, options))
  local fit = train.start(make(), data, options)
  for _, count in ipairs{1, 9, 13} do
    fit:advance(count)
    fit:save(path)
    local again = {}
    for name, value in pairs(functions or {}) do again[name] = value end
    if is_given then again.model = make() end
    again.progress = false
    fit = train.resume(path, data, again)
    check.equal(train.last, fit)
  end
  check.equal(fit.step, 23)
  check.equal(trace(fit:finish()), expected)
end

-- A run of a list, and one that diverged
local function model(seed) return nn.score_mlp{sde = sde.vp(), seed = seed} end
local fits = train({model(1), model(2)}, {points * 1e30, points}, {steps = 20, seed = {1, 2}, progress = false})
fits[2]:save(path)
check.equal(train.resume(path, points).step, 20)
fits[1]:save(path)
local stopped = train.resume(path, points * 1e30)
check.equal(stopped.diverged, fits[1].diverged)
check.raises("fit.advance: loss is not finite at step 1; the model has the parameters before it",
  function() stopped:advance(1) end)

-- Saved in a probe, whose row is still to come
local function probed(save)
  return {every = 10, spread = function(s)
    if save and s.step == 20 then train.last:save(path) end
    return s.model(points, 0.5):std():item()
  end}
end
local expected = trace(train(model(1), points, {steps = 30, seed = 1, probe = probed(false), progress = false}))
train(model(1), points, {steps = 30, seed = 1, probe = probed(true), progress = false})
local early = train.resume(path, points, {probe = probed(false), progress = false})
check.equal(early.step, 20)
check.equal(#early.log.step, 2)
check.equal(trace(early:finish()), expected)

-- What does not fit is an error that names it, before a number of the model that was given changes
local m = model(1)
local fit = train.start(m, points, {steps = 30, seed = 1, ema = 0.9, progress = false})
fit:advance(10)
fit:save(path)
local given = model(1)
local before = given(points, 0.5)
local function fails(message, data, options)
  options = options or {}
  if options.model == nil then options.model = given end
  check.raises(message, train.resume, path, data or points, options)
  check.equal((given(points, 0.5) - before):abs():max():item(), 0.0)
end
fails(": data have shape [99, 1], those of the run [100, 1]", points[{{1, 99}}])
fails(": data are other numbers than those of the run", points + 1e-6)
fails(": data are other numbers than those of the run", points[random.stream(1):permutation(100)])
fails(": model has the network random_features, the run had score_mlp", points,
  {model = nn.random_features{sde = sde.vp(), seed = 1}})
local passed, message = pcall(train.resume, path, points, {model = nn.score_mlp{sde = sde.vp(), width = 8, seed = 1}})
check.equal(passed, false)
check.contains(message, "model has the options ")
passed, message = pcall(train.resume, path, points, {model = nn.score_mlp{sde = sde.vp{beta_max = 10}, seed = 1}})
check.equal(passed, false)
check.contains(message, "model has the sde_options ")
fails(": loss is given, the run had none", points, {loss = denoising})
fails(": probe is given, the run had none", points, {probe = {every = 3, a = function() return 1 end}})
passed, message = pcall(train.resume, path, points, {optimizer = optim.adam{rate = 1e-2}})
check.equal(passed, false)
check.contains(message, "optimizer is optim.adam{rate = 0.01}, the run had optim.adam with ")
passed, message = pcall(train.resume, path, points, {optimizer = optim.adam{rate = function() return 1e-3 end}})
check.contains(message, "optimizer is optim.adam{rate = function}, the run had optim.adam with ")
passed, message = pcall(train.resume, path, points, {batch = 8})
check.equal(passed, false)
check.contains(message, "train.resume: unknown option 'batch'")
train.resume(path, points, {model = given, optimizer = optim.adam{}})
check.equal((given(points, 0.5) - m(points, 0.5)):abs():max():item(), 0.0)
before = given(points, 0.5)

-- Functions that the run had
local function rate() return 1e-3 end
local every = {optimizer = optim.adam{rate = rate}, time = function(n, stream) return 0.1 + 0.5 * stream:uniform(n) end,
  weight = function(t) return t end, loss = denoising, probe = {every = 3, a = function() return 1 end}}
local options = {steps = 5, progress = false}
for name, value in pairs(every) do options[name] = value end
train.start(model(1), points, options):save(path)
local words = {time = "time of the run", weight = "weight of the run", loss = "loss of the run",
  probe = "probe of the run", optimizer = "the rate of the optimizer"}
for left_out, word in pairs(words) do
  local rest = {}
  for name, value in pairs(every) do if name ~= left_out then rest[name] = value end end
  passed, message = pcall(train.resume, path, points, rest)
  check.equal(passed, false)
  check.contains(message, word .. " is a function, which no file holds; give it again: train.resume(path, data, {")
end
every.probe = {every = 4, a = function() return 1 end}
passed, message = pcall(train.resume, path, points, every)
check.contains(message, "probe is ")
train.start(linear(), plane, {steps = 3}):save(path)
passed, message = pcall(train.resume, path, plane)
check.contains(message, "the score of a model of nn.define is a function, which no file holds; give it again: "
  .. "train.resume(path, data, {model = m})")

-- A loss by its name
train.start(model(1), points, {steps = 5, loss = loss.denoising{weight = "clean"}}):save(path)
fails(': loss is loss.denoising{weight = "snr"}, the run had denoising with {"weight": "clean", "gamma": 5}', points,
  {loss = loss.denoising{weight = "snr"}})
fails(": loss is a function, the run had denoising with {\"weight\": \"clean\", \"gamma\": 5}", points, {loss = denoising})
check.equal(train.resume(path, points, {loss = loss.denoising{weight = "clean"}}).step, 0)
train.start(model(1), points, {steps = 5, loss = loss.denoising{weight = function(l) return l:exp() end}}):save(path)
fails(": loss of the run was denoising with a function or a model, which no file holds; give it again: "
  .. "train.resume(path, data, {loss = …})")
fails(": loss is loss.blind{}, the run had denoising with {\"gamma\": 5}", points, {loss = loss.blind()})
train.start(model(1), points, {steps = 5, loss = denoising}):save(path)
fails(": loss is loss.blind{}, the run had a function", points, {loss = loss.blind()})

-- A draw by its name
train.start(model(1), points, {steps = 5, time = draw.fixed{t = 0.5}}):save(path)
fails(': time is draw.fixed{t = 0.25}, the run had fixed with {"t": 0.5}', points, {time = draw.fixed{t = 0.25}})
check.equal(train.resume(path, points, {time = draw.fixed{t = 0.5}}).step, 0)

-- A file that is none
fit:save(path)
local stream = assert(io.open(path, "rb"))
local bytes = stream:read("a")
stream:close()
local function written(text)
  local out = assert(io.open(path, "wb"))
  out:write(text)
  out:close()
end
for length = 0, #bytes - 1, 97 do
  written(bytes:sub(1, length))
  passed, message = pcall(train.resume, path, points, {model = given})
  check.equal(passed, false)
  check.contains(message, path)
end
local newer, count = bytes:gsub('"version": "1"', '"version": "2"')
check.equal(count, 1)
written(newer)
fails(": version is '2', of a newer Moondrift, this program reads '1'")
model(1):save(path)
fails(" is not a checkpoint: its metadata have no format 'moondrift.checkpoint', which fit:save writes")
check.raises("No such file or directory", train.resume, path .. ".none", points)

-- A run that cannot be saved leaves the file as it was
written("as it was")
local held = train(model(1), points, {steps = 4, progress = false, probe = {every = 2, m = function(s) return s.model end}})
passed, message = pcall(held.save, held, path)
check.equal(passed, false)
check.contains(message, "fit.save: the column 'm' of the log holds score_mlp(")
local kept = assert(io.open(path)):read("a")
check.equal(kept, "as it was")
os.remove(path)
