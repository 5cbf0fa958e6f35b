-- Optimizers outside of train: pure functions of parameters, gradient and state.
local check = require "check"

local function slope(p)
  return grad.grad(function(q) return (q.w^2):sum() * 0.5 + ((q.b[1] - 1)^2):sum() end)(p)
end
local start = {w = tensor{1, -2}, b = {tensor{{3}}}}

--- Parameters after so many updates, and the last state.
local function run(o, count)
  local p, state = start, nil
  for _ = 1, count do p, state = o:update(p, slope(p), state) end
  return p, state
end

-- Gradient descent by hand, and nothing is changed in place
local o = optim.sgd{rate = 0.1, momentum = 0.5}
local p, state = o:update(start, slope(start))
check.equal(start.w:table(), {1.0, -2.0})
check.near(p.w[1]:item(), 0.9, 1e-7)
check.equal(p.b[1].shape, {1, 1})
check.near(p.b[1]:item(), 2.6, 1e-6)
check.equal(state.step, 1)
local again, next_state = o:update(start, slope(start))
check.equal(again.w:table(), p.w:table())
check.equal(next_state.velocity:table(), state.velocity:table())
local second = o:update(p, slope(p), state)
check.near(second.w[1]:item(), 0.9 - 0.1 * (0.5 * 1 + 0.9), 1e-6)
check.equal(o:update(p, slope(p), state).w:table(), second.w:table())

-- A lone tensor
local lone = optim.sgd{rate = 1}:update(tensor{2}, tensor{0.5})
check.equal(lone:table(), {1.5})

-- What a state remembers has names, and the rate follows its step
local names = {}
for name in pairs(select(2, run(optim.adam{rate = 0.1}, 1))) do names[#names + 1] = name end
table.sort(names)
check.equal(names, {"mean", "square", "step"})
local falling = run(optim.sgd{rate = function(step) return step == 1 and 0.1 or 0 end}, 5)
check.near(falling.w[1]:item(), 0.9, 1e-7)

-- The bits of train with the same gradients
local points = random.stream(1):normal{64, 1}
local function denoising(score, batch)
  local residual = batch.sigma:unsqueeze(2) * score(batch.noised, batch.t) + batch.noise
  return (batch.weight * (residual^2):sum(2)):mean()
end
local function linear(a)
  return nn.define{dimension = 1, sde = sde.vp(), parameters = {a = a}, score = function(q, x) return x * q.a end}
end
for _, rule in ipairs{optim.adam{rate = 0.01, clip = 0.3}, optim.sgd{rate = 0.02, momentum = 0.9},
  optim.adam{rate = 0.01, accumulate = 3}} do
  local batches = {}
  local m = linear(tensor{-0.1})
  train(m, points, {steps = 30, batch = 16, seed = 1, optimizer = rule, progress = false, loss = function(score, batch)
    batches[#batches + 1] = batch
    return denoising(score, batch)
  end})
  local q, memory = {a = tensor{-0.1}}, nil
  for _, batch in ipairs(batches) do
    local g = grad.grad(function(r) return denoising(function(x) return x * r.a end, batch) end)(q)
    q, memory = rule:update(q, g, memory)
  end
  check.equal(q.a:item(), m:parameters().a:item())
end

-- Clipping scales the gradient of all parameters to the norm
local clipped = optim.sgd{rate = 1, clip = 1}:update({tensor{0}, tensor{0}}, {tensor{3}, tensor{4}})
check.near(clipped[1]:item(), -0.6, 1e-7)
check.near(clipped[2]:item(), -0.8, 1e-7)
clipped = optim.sgd{rate = 1, clip = 10}:update({tensor{0}, tensor{0}}, {tensor{3}, tensor{4}})
check.equal(clipped[1]:item(), -3.0)
local large = optim.sgd{rate = 1, clip = 2}:update(tensor.zeros{10000}, tensor.full({10000}, 1e30))
check.near(large:norm():item(), 2, 1e-5)

-- Accumulation: the mean of k gradients moves the parameters once
local k = optim.sgd{rate = 1, accumulate = 3}
local q, memory = tensor{0}, nil
for i, g in ipairs{3, 6, 0, 1, 1, 4} do
  q, memory = k:update(q, tensor{g}, memory)
  check.equal(q:item(), ({0.0, 0.0, -3.0, -3.0, -3.0, -5.0})[i])
end
check.equal(tostring(optim.adam{clip = 1, accumulate = 4}), "optim.adam{accumulate = 4, clip = 1}")
-- two halves of a batch are the batch, up to rounding
local function trained(batch, rule, steps)
  local m = nn.score_mlp{sde = sde.vp(), seed = 1}
  train(m, points, {steps = steps, batch = batch, seed = 1, optimizer = rule, progress = false})
  return m(points, 0.5)
end
local halves = trained(32, optim.adam{rate = 1e-2, accumulate = 2}, 2)
local one = trained(64, optim.adam{rate = 1e-2}, 1)
check.near((halves - one):abs():max():item(), 0, 1e-4)
-- and the average follows the updates, not the gradients
local m = nn.score_mlp{sde = sde.vp(), seed = 1}
local fit = train(m, points, {steps = 2, batch = 32, seed = 1, ema = 0.9, progress = false,
  optimizer = optim.adam{rate = 1e-2, accumulate = 2}})
check.equal((fit.ema_model(points, 0.5) - m(points, 0.5)):abs():max():item(), 0.0)

-- What is no gradient or no state
local function fails(message, ...) check.raises(message, o.update, o, ...) end
fails("p must hold float32 tensors, got float64", tensor({1}, {dtype = "float64"}), tensor{1})
fails("p must be a tensor or a table with tensors in it, got a table", {}, {})
fails("g must be nested as p is, with a tensor for each of p and none besides", {a = tensor{1}}, {b = tensor{1}})
fails("g must be nested as p is, with a tensor for each of p and none besides", {a = tensor{1}}, tensor{1})
fails("g must have the shapes of p, got [2] for [1] in tensor 1", tensor{1}, tensor{1, 2})
fails("state.step must be the number of gradients taken, 0 or more", tensor{1}, tensor{1}, {})
fails("state.velocity must be a float32 tensor of shape [1], got nil", tensor{1}, tensor{1}, {step = 1})
fails("state: unknown member 'mean' (known: step, velocity)", tensor{1}, tensor{1}, {step = 1, mean = tensor{1}})
fails("state must be a table, got 3", tensor{1}, tensor{1}, 3)
check.raises("optim.adam: clip must be a positive number, got 0", function() optim.adam{clip = 0} end)
check.raises("optim.sgd: accumulate must be a positive integer, got 0",
  function() optim.sgd{rate = 1, accumulate = 0} end)
