local check = require "check"
local samplers = require "samplers"

local function fails(part, f, ...)
  local passed, message = pcall(f, ...)
  check.equal(passed, false)
  check.contains(message, part)
end

-- Points of any shape: the same samples as of the vectors that they are, by every sampler that is told times.
local function model(shape)
  return nn.define{name = "pull", shape = shape, sde = sde.vp(), predicts = "score",
    parameters = {w = tensor{0.9}},
    forward = function(p, x) return -(x * p.w) end}
end
local flat, deep = model{6}, model{1, 2, 3}
for _, name in ipairs(samplers) do
  for _, norms in ipairs(name:find("_corrector") and {"level", "row", "batch"} or {false}) do
    local options = {count = 5, steps = not samplers.adaptive[name] and 8 or nil, seed = 3, record = 4, norms = norms or nil}
    local x, told = sample[name](flat, options)
    local y, info = sample[name](deep, options)
    check.equal(y.shape, {5, 1, 2, 3})
    check.equal((y:reshape{5, 6} - x):abs():max():item(), 0.0)
    check.equal(info.x.shape[4], 2)
    if norms then check.equal(info.norms, norms) end
    check.equal(told.evaluations, info.evaluations)
  end
end
local start = random.stream(1):normal{4, 1, 2, 3}
check.equal(sample.heun(deep, {start = start, steps = 3}).shape, {4, 1, 2, 3})
fails("start has shape [4, 6], expected [n 1 2 3]", sample.heun, deep, {start = start:reshape{4, 6}})
local mine = sample.define{name = "mine", order = 1, start = function(run)
  return function(x, t, u) return x + (u - t) * run:velocity(x, t) end
end}
check.equal(mine(deep, {count = 3, steps = 4}).shape, {3, 1, 2, 3})

-- One time for each point.
local times = sample.define{name = "times", start = function(run)
  return function(x, t, u)
    local each = run:velocity(x, tensor{t, t, t})
    check.equal((each - run:velocity(x, t)):abs():max():item() < 1e-6, true)
    return x
  end
end}
times(deep, {count = 3, steps = 2})

-- Classes: each sample goes to its own, whatever the block, the sampler, and the samples beside it.
local classes = nn.residual_mlp{dimension = 1, width = 8, blocks = 1, classes = 3, sigma_data = 1,
  sde = sde.edm(), seed = 1}
local labels = tensor.arange(0, 4199, {dtype = "int64"}) % 3
local means = labels:to("float32"):unsqueeze(2) - 1
classes = train(classes, means, {steps = 40, batch = 64, seed = 1, labels = labels}).model
for _, name in ipairs{"heun", "rk45", "euler_maruyama"} do
  local options = {labels = labels, seed = 2, steps = name ~= "rk45" and 6 or nil, rtol = name == "rk45" and 1e-2 or nil}
  local all = sample[name](classes, options)
  check.equal(all.shape, {4200, 1})
  -- The same samples when those of one class alone are drawn from the same start.
  options.labels, options.start = labels[{ {1, 10} }], nil
  check.equal((sample[name](classes, options) - all[{ {1, 10} }]):abs():max():item(), 0.0)
  options.labels = labels[{ {1, 10} }] * 0
  local other = sample[name](classes, options)
  check.equal((other - all[{ {1, 10} }]):abs()[1][1]:item(), 0.0)
  check.equal((other - all[{ {1, 10} }]):abs():max():item() > 0, true)
end
fails("labels are required: residual_mlp has classes", sample.heun, classes, {count = 2})
fails("labels are for a network with classes, got pull", sample.heun, flat, {labels = labels})
fails("labels must hold integers from 0 to 2, got 7 at position 1", sample.heun, classes,
  {labels = tensor({7}, {dtype = "int64"})})
fails("labels must have count = 2 classes, got 4200", sample.heun, classes, {count = 2, labels = labels})
