-- The module loss: objects that train takes beside a function.
local check = require "check"

local points, plane = random.stream(1):normal{100, 1}, random.stream(2):normal{100, 2}
local which = tensor.arange(0, 99, {dtype = "int64"}) % 2

local function mlp(d) return nn.score_mlp{dimension = d or 1, width = 8, sde = sde.vp(), seed = 1} end
local function residual(predicts, more)
  local options = {dimension = 2, width = 8, blocks = 1, predicts = predicts, sde = sde.edm(), seed = 1}
  for name, value in pairs(more or {}) do options[name] = value end
  return nn.residual_mlp(options)
end

--- Parameters of a model as one flat tensor.
local function flat(m)
  local names, parts = {}, {}
  for name in pairs(m:parameters()) do names[#names + 1] = name end
  table.sort(names)
  for index, name in ipairs(names) do parts[index] = m:parameters()[name]:reshape{-1} end
  return tensor.concatenate(parts, 1)
end

--- How far apart two runs end that begin alike.
local function apart(make, data, one, other)
  local ends = {}
  for index, options in ipairs{one, other} do
    local all = {steps = 12, batch = 32, seed = 3, progress = false, optimizer = optim.sgd{rate = 0.01}}
    for name, value in pairs(options) do all[name] = value end
    local m = make()
    local losses = train(m, data, all).log.loss
    ends[index] = {flat(m), losses}
  end
  return (ends[1][1] - ends[2][1]):abs():max():item(), (ends[1][2] / ends[2][2] - 1):abs():max():item()
end
local function same(make, data, one, other, tolerance)
  local parameters, losses = apart(make, data, one, other)
  check.near(parameters, 0, tolerance or 0)
  check.near(losses, 0, tolerance or 0)
end

-- Each prints as it is made, and its options are fields
check.equal(tostring(loss.denoising()), "loss.denoising{}")
check.equal(tostring(loss.denoising{weight = "min_snr", gamma = 3}), 'loss.denoising{weight = "min_snr", gamma = 3}')
check.equal(loss.sliced{projections = 2}.projections, 2)
check.equal(loss.sliced().kind, "vr")

-- The loss of train is loss.denoising, and what is not weighted by a name is as it was
for _, make in ipairs{function() return mlp(2) end, function() return residual("edm", {sigma_data = 1}) end,
  function() return residual("velocity") end} do
  same(make, plane, {}, {loss = loss.denoising()})
  same(make, plane, {weight = function(t) return t end}, {weight = function(t) return t end, loss = loss.denoising()})
end

-- Weights by name are those of a function of log-SNR, and λ of the option weight is w σ²
local process = sde.vp()
local by_name = {
  std2 = function(l) return l * 0 + 1 end,
  snr = function(l) return l * 0 + 1 end,
  clean = function(l) return (-l):exp() end,
  min_snr = function(l) return l:exp():clamp(0, 5) / l:exp() end,
  edm = function(l) return (-l):exp() / 4 + 1 end,
  -- of a variance-preserving diffusion
  v = function(l) return 1 + (-l):exp() end,
}
for name, w in pairs(by_name) do
  local chosen = loss.denoising{weight = name, sigma_data = name == "edm" and 2 or nil}
  local apart_at_first = {time = function(n, stream) return 0.1 + 0.9 * stream:uniform(n) end}
  same(mlp, points, {loss = chosen, time = apart_at_first.time}, {loss = loss.denoising{weight = w},
    time = apart_at_first.time}, 2e-4)
end
local function late(n, stream) return 0.1 + 0.8 * stream:uniform(n) end
same(mlp, points, {loss = loss.denoising{weight = "likelihood"}, time = late},
  {time = late, weight = function(t) return process:diffusion(t)^2 end}, 2e-5)
-- a wrong one is seen
local _, losses = apart(mlp, points, {loss = loss.denoising{weight = "likelihood"}, time = late},
  {time = late, weight = function(t) return process:diffusion(t)^2 * (1 + 1e-3 * t) end})
assert(losses > 1e-4, losses)

-- σ_d of the weight edm is that of a model that predicts edm
same(function() return residual("edm", {sigma_data = 2}) end, plane, {loss = loss.denoising{weight = "edm"}},
  {loss = loss.denoising{weight = "edm", sigma_data = 2}})
check.raises("train: the weight edm needs sigma_data, the standard deviation of the data, where the model does not "
  .. "predict edm", train, mlp(), points, {steps = 1, loss = loss.denoising{weight = "edm"}})
check.raises("loss.denoising: sigma_data is for weight = 'edm', got weight = \"clean\"", loss.denoising,
  {weight = "clean", sigma_data = 1})

-- The blind loss is the squared error of the clean sample
same(function() return residual("residual") end, plane, {loss = loss.blind()}, {loss = loss.denoising{weight = "clean"}},
  1e-4)

-- What a loss cannot serve is said before training begins
local exact = target.gaussian_mixture{means = {-3, 3}}
local function fails(message, m, data, options)
  options.steps, options.progress = 1, false
  check.raises("train: " .. message, train, m, data, options)
end
fails("the loss blind needs a model that predicts 'residual', got 'score'", mlp(), points, {loss = loss.blind()})
fails("the loss explicit needs a model that is told the time, got one that predicts 'residual'", residual("residual"),
  plane, {loss = loss.explicit{score = residual("edm", {sigma_data = 1})}})
fails("score of the loss is for points of shape [2], the model for [1]", mlp(), points,
  {loss = loss.explicit{score = mlp(2)}})
fails("score of the loss belongs to sde.edm{}, the model to sde.vp{}", mlp(), points,
  {loss = loss.explicit{score = exact:model(sde.edm())}})
fails("weight must not be given beside the loss loss.denoising{weight = \"clean\"}, which has weights of its own", mlp(),
  points, {loss = loss.denoising{weight = "clean"}, weight = function(t) return t end})
fails("the loss implicit needs probes for d above 128, got d = 200: loss.implicit{probes = 1}",
  nn.score_mlp{dimension = 200, width = 4, sde = sde.vp()}, tensor.zeros{10, 200}, {loss = loss.implicit()})
fails("loss must be a function or a loss, got 'denoising'", mlp(), points, {loss = "denoising"})
check.raises("loss.explicit: score is required: a model", loss.explicit, {})
check.raises("loss.sliced: kind must be 'vr' or 'plain', got 'both'", loss.sliced, {kind = "both"})
local passed, message = pcall(loss.denoising, {weight = "min-snr"})
check.equal(passed, false)
check.contains(message, "loss.denoising: weight must be 'std2' or 'likelihood' or ")
check.contains(message, "got 'min-snr' (did you mean 'min_snr'?)")

-- Weights from Lua
for text, w in pairs{
  ["weight must return numbers of 0 or more, got -1 at position 1, where t = "] = function(l) return l * 0 - 1 end,
  ["weight must return numbers of 0 or more, got nan at position 1, where t = "] = function(l) return l * 0 / 0 end,
  ["weight must return numbers of 0 or more, got inf at position 1, where t = "] = function(l) return l * 0 + 1 / 0 end,
  ["weight must return a tensor of shape [32], got tensor 1×32"] = function(l) return l:unsqueeze(1) end,
  ["weight must return a tensor, got nil; is a 'return' missing?"] = function() end,
} do
  passed, message = pcall(train, mlp(), points, {steps = 1, loss = loss.denoising{weight = w}, progress = false})
  check.equal(passed, false)
  check.contains(message, "train: " .. text)
end
-- and at the end of a diffusion where one is infinite
passed, message = pcall(train, mlp(), points, {steps = 1, loss = loss.denoising{weight = "likelihood"}, progress = false,
  time = function(n) return tensor.zeros{n} end})
check.equal(passed, false)
check.contains(message, "train: the weight likelihood is inf at t = 0; draw times between the ends of the diffusion")

-- Explicit: with the exact score of the data as target, no noise is left in the gradient, so that the loss of the
-- exact score is 0; from Lua's functions too
local mix = target.gaussian_mixture{means = {-1, 1}}
local line = nn.define{dimension = 1, sde = sde.vp(), parameters = {a = tensor{1}},
  score = function(p, x, t) return p.a * mix:model(sde.vp())(x:detach(), t) end}
local fit = train(line, mix:sample(100, {seed = 1}), {steps = 1, progress = false, seed = 1,
  loss = loss.explicit{score = mix:model(sde.vp())}})
check.near(fit.log.loss[1]:item(), 0, 1e-9)
local by_lua = target.define{name = "normal", dimension = 1,
  log_density = function(x) return -(x:column(1)^2) / 2 - math.log(2 * math.pi) / 2 end}
local normal = target.gaussian_mixture{means = {0}}
same(mlp, points, {loss = loss.explicit{score = by_lua:model(sde.vp())}},
  {loss = loss.explicit{score = normal:model(sde.vp())}}, 1e-4)

-- The same bits in a list, in blocks and by itself, also where vectors are drawn
for _, chosen in ipairs{loss.sliced{projections = 2, law = "gaussian", kind = "plain"}, loss.implicit{probes = 3},
  loss.implicit(), loss.explicit{score = normal:model(sde.vp())}} do
  local together, alone = {mlp(), mlp()}, {mlp(), mlp()}
  train(together, points, {steps = 9, seed = {1, 2}, loss = chosen, progress = false})
  for index, m in ipairs(alone) do
    train(m, points, {steps = 9, seed = index, loss = chosen, log_every = 2, progress = false})
    check.equal((flat(m) - flat(together[index])):abs():max():item(), 0.0)
  end
  assert((flat(alone[1]) - flat(alone[2])):abs():max():item() > 0)
end

-- Pictures
local pictures = random.stream(3):normal{40, 4, 3}
local cnn = function() return nn.residual_mlp{shape = {4, 3}, width = 8, blocks = 1, predicts = "edm", sigma_data = 1,
  sde = sde.edm(), seed = 1} end
for _, chosen in ipairs{loss.implicit(), loss.sliced{kind = "plain"}, loss.flow_matching()} do
  train(cnn(), pictures, {steps = 3, batch = 8, loss = chosen, progress = false, seed = 1})
end

-- Flow matching: of independent pairs it is denoising weighted by the velocity
local function velocity(predicts)
  return function() return residual(predicts, {sde = sde.linear_flow()}) end
end
local function middle(n, stream) return 0.1 + 0.6 * stream:uniform(n) end
for _, predicts in ipairs{"velocity", "noise"} do
  same(velocity(predicts), plane, {loss = loss.flow_matching(), time = middle},
    {loss = loss.denoising{weight = "velocity"}, time = middle}, 1e-4)
end
same(velocity("velocity"), plane, {loss = loss.flow_matching(), time = middle},
  {loss = loss.flow_matching{weight = function(l) return l * 0 + 1 end}, time = middle}, 1e-6)

-- Pairs by optimal transport are for models that give their velocity only, and these refuse all else by name
local transport = loss.flow_matching{pairing = "optimal_transport"}
fails("pairing = 'optimal_transport' needs a model that predicts 'transport', since no score follows from its velocity, "
  .. "got one that predicts 'velocity'", velocity("velocity")(), plane, {loss = transport})
local m = velocity("transport")()
fails("pairing = 'optimal_transport' takes at most 1024 rows an update (batch times noises), got 1040", m, plane,
  {batch = 40, noises = 26, loss = transport})
fails("pairing = 'optimal_transport' is for data without labels: it would give each class noise of a law of its own",
  residual("transport", {classes = 2}), plane, {loss = transport, labels = which})
for _, chosen in ipairs{loss.denoising{weight = "likelihood"}, loss.implicit(), loss.sliced(),
  loss.explicit{score = residual("noise")}} do
  fails("the loss needs a score, and a model that predicts 'transport' gives its velocity only; use "
    .. "loss.flow_matching{}", m, plane, {loss = chosen})
end
fails("the loss needs a score, and a model that predicts 'transport' gives its velocity only; use loss.flow_matching{}",
  m, plane, {})
train(m, plane, {steps = 20, batch = 32, loss = transport, progress = false, seed = 1})
local y = sample.heun(m, {count = 20, steps = 10, seed = 1})
check.equal(y.shape, {20, 2})
y = sample.heun(m, {count = 5, times = tensor{0.9, 0.5, 0}, seed = 1})
check.equal((y - y):abs():max():item(), 0.0)
local path = os.tmpname() .. ".safetensors"
m:save(path)
for _, model in ipairs{m, m:copy(), nn.load(path)} do
  check.equal(model.predicts, "transport")
  check.equal((model:velocity(plane, 0.5) - m:velocity(plane, 0.5)):abs():max():item(), 0.0)
  for name, text in pairs{score = "score", noise = "noise", denoise = "denoised sample"} do
    check.raises("model." .. name .. ": the model predicts 'transport' and gives its velocity only, no " .. text
      .. ": its noise may depend on its data", model[name], model, plane, 0.5)
  end
  for _, sampler in ipairs{"euler_maruyama", "predictor_corrector", "edm_stochastic", "dpm_solver_pp_2m"} do
    passed, message = pcall(sample[sampler], model, {count = 2, steps = 4, progress = false})
    check.equal(passed, false)
    check.contains(message, "sample." .. sampler .. ": the ")
    check.contains(message, "model predicts 'transport' and gives its velocity only")
  end
end
os.remove(path)

-- In one dimension the pairs are in order, so that paths do not cross and the velocity is nearly known; of independent
-- pairs much is left. Samples of both are the data's law.
local data = 2 + 0.5 * random.stream(9):normal{512, 1}
local left = {}
for _, pairing in ipairs{"optimal_transport", "independent"} do
  local model = nn.residual_mlp{dimension = 1, width = 32, blocks = 1, predicts = "transport", sde = sde.linear_flow(),
    seed = 1}
  local fit = train(model, data, {steps = 600, batch = 128, seed = 2, log_every = 200, progress = false,
    optimizer = optim.adam{rate = 3e-3}, loss = loss.flow_matching{pairing = pairing}})
  left[pairing] = fit.log.loss[3]:item()
  local samples = sample.heun(model, {count = 2000, steps = 20, seed = 3})
  check.near(samples:mean():item(), 2, 0.15)
  check.near(samples:std():item(), 0.5, 0.15)
end
assert(left.optimal_transport < 0.3 * left.independent, left.optimal_transport / left.independent)

-- What coincides to the bit, and what does as directions grow in number
same(mlp, points, {loss = loss.denoising{weight = "snr"}}, {loss = loss.denoising{weight = "std2"}})
local function wide() return mlp(2) end
same(wide, plane, {loss = loss.sliced{projections = 3}}, {loss = loss.implicit{probes = 3}})
local one = apart(wide, plane, {loss = loss.sliced{law = "gaussian"}}, {loss = loss.implicit()})
local many = apart(wide, plane, {loss = loss.sliced{law = "gaussian", projections = 400}}, {loss = loss.implicit()})
assert(many < 0.2 * one, many / one)
