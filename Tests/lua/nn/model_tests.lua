-- nn.model: any network, any parametrisation, any process; shapes, labels, blind networks.
local check = require "check"

local kinds = {"score", "noise", "clean", "velocity", "v", "edm", "gaussian", "residual"}
local data = target.gaussian_mixture{means = {{-1, 0}, {1, 0.5}}, stds = 0.5}:sample(200, {seed = 1})
local function options(kind, more)
  local result = more or {}
  result.predicts = kind
  if kind == "edm" or kind == "gaussian" then result.sigma_data = data end
  return result
end

-- One network under each parametrisation: the four quantities agree at every time
local net = nn.residual_mlp{dimension = 2, width = 16, blocks = 1, seed = 1}
check.equal(tostring(net), "residual_mlp(2 → 1 blocks of 16 → 2, 1714 parameters)")
check.equal(net.parameter_count, 1714)
net:parameters().w_out[{}] = random.stream(2):normal{16, 2} * 0.3
for _, process in ipairs{sde.vp(), sde.vp_cosine(), sde.sub_vp(), sde.edm(), sde.ve(), sde.linear_flow()} do
  for _, kind in ipairs(kinds) do
    local m = nn.model(options(kind, {network = net, sde = process}))
    check.equal(m.predicts, kind)
    check.equal(m.width, 16)
    local x = random.stream(3):normal{5, 2}:to "float64"
    local last = process.time_min + (math.min(process.time_max, 20) - process.time_min) * 0.9
    local t = tensor({0.05, 0.2, 0.5, 0.8, 1}, {dtype = "float64"}) * last
    local alpha, sigma = process:alpha(t):unsqueeze(2), process:sigma(t):unsqueeze(2)
    local z, clean = m:noise(x, t), m:denoise(x, t)
    local f, g = process:drift(t):unsqueeze(2), process:diffusion(t):unsqueeze(2)
    local where = kind .. " on " .. tostring(process)
    -- the principal axes are kept in float32
    local tolerance = kind == "gaussian" and 2e-6 or 1e-8
    local function near(a, b)
      local scale = 1 + b:abs():max():item()
      assert((a - b):abs():max():item() < tolerance * scale, where)
    end
    near(m:score(x, t), -z / sigma)
    near(alpha * clean + sigma * z, x)
    near(m:velocity(x, t), f * x - 0.5 * g^2 * m:score(x, t))
    -- float32 close to it, and each row by itself
    local s32 = m:score(x:to "float32", t:to "float32"):to "float64"
    assert((s32 - m:score(x, t)):abs():max():item() < 1e-3 * (1 + s32:abs():max():item()), where)
    near(m:score(x[{{2, 2}}], t[{{2, 2}}]), m:score(x, t)[{{2, 2}}])
    -- gradients in x
    local slope = grad.grad(function(y) return m:denoise(y, t):sum() end)(x)
    local h = 1e-5
    local step = tensor.zeros({5, 2}, {dtype = "float64"})
    step[3][1] = h
    local difference = (m:denoise(x + step, t):sum() - m:denoise(x - step, t):sum()):item() / (2 * h)
    check.near(slope[3][1]:item(), difference, 1e-5 * (1 + math.abs(difference)))
  end
end

-- The model shares the network's parameters; constructors take predicts themselves
local m = nn.model{network = net, predicts = "noise", sde = sde.vp()}
check.equal(tostring(m), "residual_mlp(2 → 1 blocks of 16 → 2, predicts noise, 1714 parameters)")
m:parameters().b_out[{}] = 1
check.equal(net:parameters().b_out[1]:item(), 1.0)
local same = nn.residual_mlp{dimension = 2, width = 16, blocks = 1, seed = 1, predicts = "noise", sde = sde.vp()}
check.equal(tostring(same), tostring(m))
local again = nn.model{network = same, predicts = "v", sde = sde.linear_flow()}
check.equal(again.predicts, "v")

-- Saved and loaded with what it predicts
for _, kind in ipairs(kinds) do
  local saved = nn.residual_mlp(options(kind, {dimension = 2, width = 8, blocks = 1, sde = sde.vp(), seed = 3}))
  saved:parameters().w_out:fill(0.2)
  saved:save "m"
  local back = nn.load "m"
  check.equal(back.predicts, kind)
  check.equal(tostring(back), tostring(saved))
  check.equal((back(data, 0.4) - saved(data, 0.4)):abs():max():item(), 0.0)
  -- trained, stopped and resumed
  local settings = {steps = 12, batch = 20, seed = 4, progress = false}
  local whole = train(saved:copy(), data, settings)
  local part = train.start(saved, data, settings)
  part:advance(5)
  part:save "c"
  local resumed = train.resume("c", data):finish()
  check.equal((resumed.model(data, 0.4) - whole.model(data, 0.4)):abs():max():item(), 0.0)
end

-- Blind: no time, and the noise in the input
local blind = nn.residual_mlp{dimension = 2, width = 8, predicts = "residual", sde = sde.vp(), seed = 1}
blind:parameters().b_out[{}] = tensor{0.5, -0.25}
local y = tensor{{1, 2}, {3, 4}}
check.equal(blind:denoise(y)[2]:table()[2], 4.25)
local alpha = sde.vp():alpha(0.3)
check.near(blind:denoise(y * alpha, 0.3)[1][1]:item(), 0.5, 1e-5)
local calls
local own = nn.define{dimension = 2, sde = sde.edm(), predicts = "residual", forward = function(p, x, ...)
  calls = select("#", ...)
  return x * 0.5
end}
check.equal(own:denoise(y)[1][2]:item(), 1.0)
check.equal(calls, 0)
check.near(own:noise(y, 2)[1][2]:item(), 0.5, 1e-6)
check.raises("model.denoise: t is required: only a blind model, predicts = 'residual', denoises without a time",
  function() return m:denoise(y) end)

-- Pictures
local pictures = random.stream(5):normal{30, 2, 3, 4}
for _, make in ipairs{
  function(o) o.width = 8 return nn.score_mlp(o) end,
  function(o) return nn.random_features(o) end,
  function(o) o.width, o.blocks, o.sigma_data = 8, 1, pictures return nn.residual_mlp(o) end,
  function(o) o.width, o.blocks, o.sigma_data, o.predicts = 8, 1, pictures, "gaussian" return nn.residual_mlp(o) end,
  function(o)
    o.seed, o.parameters = nil, {w = tensor{0.1}}
    o.score = function(p, x, t) return -x * p.w end
    return nn.define(o)
  end,
} do
  local picture = make{shape = {2, 3, 4}, sde = sde.edm(), seed = 6}
  check.equal(table.concat(picture.shape, " "), "2 3 4")
  check.equal(picture.dimension, 24)
  train(picture, pictures, {steps = 3, batch = 8, seed = 1, progress = false})
  local s = picture:score(pictures, 0.7)
  check.equal(table.concat(s.shape, " "), "30 2 3 4")
  check.equal(table.concat(picture:denoise(pictures, 0.7).shape, " "), "30 2 3 4")
  check.raises("x has shape [30, 24], expected [n 2 3 4]: write :reshape{-1, 2, 3, 4}", function()
    return picture:score(pictures:reshape{30, 24}, 0.7)
  end)
end
-- a picture and its numbers in a row are the same to it
local flat = nn.score_mlp{dimension = 24, width = 8, sde = sde.vp(), seed = 6}
local square = nn.score_mlp{shape = {4, 6}, width = 8, sde = sde.vp(), seed = 6}
local f, g = flat(pictures:reshape{30, 24}, 0.5), square(pictures:reshape{30, 4, 6}, 0.5)
check.near((f - g:reshape{30, 24}):abs():max():item(), 0, 1e-6)

-- Labels
local classes = tensor({0, 1, 2, 1, 0}, {dtype = "int64"})
local points = tensor{{0, 0}, {0, 0}, {0, 0}, {1, 1}, {1, 1}}
local labelled = nn.residual_mlp{dimension = 2, width = 16, blocks = 1, classes = 3, sigma_data = 1,
  sde = sde.edm(), seed = 1}
labelled:parameters().w_out[{}] = random.stream(2):normal{16, 2}
local s = labelled:score(points, 1, {labels = classes})
assert((s[1] - s[2]):abs():max():item() > 1e-3)
check.equal((labelled:score(points[{{2, 2}}], 1, {labels = classes[{{2, 2}}]}) - s[{{2, 2}}]):abs():max():item() < 1e-6, true)
check.raises("labels are required: residual_mlp has classes", function() return labelled(points, 1) end)
check.raises("labels must hold integers from 0 to 2, got 3 at position 1",
  function() return labelled:score(points, 1, {labels = classes + 3}) end)
check.raises("labels has shape [5], expected [n] with n = 2",
  function() return labelled:score(points[{{1, 2}}], 1, {labels = classes}) end)
check.raises("labels are for a network with classes, got residual_mlp",
  function() return m:score(points, 0.5, {labels = classes}) end)
check.raises("labels are required: residual_mlp has classes", train, labelled, points, {steps = 1})
check.raises("labels has shape [2], expected [n] with n = 5", train, labelled, points,
  {steps = 1, labels = classes[{{1, 2}}]})

-- Each class learns its own place, by the built-in loss, by one of Lua, and resumed
local where = tensor{{-2, 0}, {2, 0}, {0, 2}}
local which = tensor.arange(0, 299, {dtype = "int64"}) % 3
local cloud = where[which + 1] + 0.1 * random.stream(7):normal{300, 2}
local function fresh()
  return nn.residual_mlp{dimension = 2, width = 32, blocks = 1, classes = 3, sigma_data = cloud, sde = sde.edm{sigma_max = 10},
    seed = 1}
end
local settings = {steps = 150, batch = 64, seed = 2, progress = false, labels = which,
  optimizer = optim.adam{rate = 3e-3}}
local learner = fresh()
local fit = train(learner, cloud, settings)
local origin = tensor.zeros{3, 2}
local means = learner:denoise(origin, 5, {labels = tensor({0, 1, 2}, {dtype = "int64"})})
assert((means - where):abs():max():item() < 0.6, tostring(means:table()[1][1]))
local part = train.start(fresh(), cloud, settings)
part:advance(70)
part:save "labelled"
check.raises("labelled: labels are required: residual_mlp has classes", train.resume, "labelled", cloud)
check.raises("labelled: labels are other classes than those of the run", train.resume, "labelled", cloud,
  {labels = (which + 1) % 3})
local resumed = train.resume("labelled", cloud, {labels = which}):finish()
check.equal((resumed.model:parameters().w_out - learner:parameters().w_out):abs():max():item(), 0.0)
local by_lua = fresh()
settings.loss = function(score, batch)
  assert(batch.labels.dtype == "int64")
  return ((batch.sigma:unsqueeze(2) * score(batch.noised, batch.t) + batch.noise)^2):sum(2):mean()
end
train(by_lua, cloud, settings)
check.near((by_lua:parameters().w_out - learner:parameters().w_out):abs():max():item(), 0, 2e-2)
local seen = {}
local defined = nn.define{dimension = 2, classes = 3, sde = sde.vp(), parameters = {w = tensor.zeros{3, 2}},
  predicts = "clean", forward = function(p, x, t, labels)
    return p.w[labels + 1] + 0 * x
  end}
train(defined, cloud, {steps = 200, batch = 64, seed = 2, progress = false, labels = which,
  weight = function(t) return sde.vp():sigma(t)^4 end, optimizer = optim.adam{rate = 0.05}})
assert((defined:parameters().w - where):abs():max():item() < 0.2)

-- Refusals
check.raises("nn.model: network is required: a network or a model", nn.model, {sde = sde.vp()})
check.raises("nn.model: sde is required: an sde", nn.model, {network = net})
check.raises("nn.model: network must be a network, got exact_score(gaussian_mixture(2 components, d = 1))", nn.model,
  {network = target.gaussian_mixture{means = {-3, 3}}:model(sde.vp()), sde = sde.vp()})
check.raises("nn.model: sigma_data is required for predicts = 'edm': a number, the standard deviation of the data, or the data, "
  .. "whose standard deviation is taken", nn.model, {network = net, predicts = "edm", sde = sde.vp()})
-- What is often taken for a model or for what a constructor makes.
check.raises("sample.heun: model must be a model, got " .. tostring(net)
  .. "; a network becomes a model with sde = … in its constructor, or by nn.model", sample.heun, net, {count = 1})
check.raises("network has no member 'denoise': write nn.model{network = …, sde = …}, which has it",
  function() net:denoise(tensor.zeros{1, 2}, 0.5) end)
check.raises("nn.model: sde must be an sde, got a function; where that makes one, call it", nn.model, {network = net, sde = sde.vp})
check.raises("loss.blind: takes at most 0 arguments, got 2; where what it makes was meant, call it: loss.blind()", train,
  nn.model{network = net, predicts = "noise", sde = sde.vp()}, tensor.zeros{4, table.unpack(net.shape)},
  {steps = 1, loss = loss.blind})
check.raises("nn.model: sigma_data is for predicts = 'edm' or 'gaussian', got 'noise'", nn.model,
  {network = net, predicts = "noise", sigma_data = 1, sde = sde.vp()})
check.raises("nn.score_mlp: dimension must be 6, as shape says, got 5; give one of them", nn.score_mlp,
  {shape = {2, 3}, dimension = 5})
check.raises("nn.residual_mlp: unknown option 'preconditioning' (did you mean predicts?)", nn.residual_mlp,
  {dimension = 2, preconditioning = "edm"})
