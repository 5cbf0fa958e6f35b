-- train with a loss of one's own.
local check = require "check"

local function denoising(score, batch)
  local residual = batch.sigma:unsqueeze(2) * score(batch.noised, batch.t) + batch.noise
  return (batch.weight * (residual^2):sum(2)):mean()
end

--- The log and the parameters of a run with the built-in objective and with a loss in Lua.
local function compare(make, points, options, tolerance, loss)
  options.seed, options.progress = 3, false
  local built_in, in_lua = make(), make()
  local a = train(built_in, points, options)
  options.loss = loss or denoising
  local b = train(in_lua, points, options)
  options.loss = nil
  check.equal(#a.log.loss, #b.log.loss)
  for name, column in pairs(a.log) do
    for row = 1, #column do
      local expected, got = column[row]:item(), b.log[name][row]:item()
      -- before the first update there is no loss
      if row == 1 and expected ~= expected then
        check.equal(got, expected)
      else
        check.near(got, expected, tolerance * (1 + math.abs(expected)))
      end
    end
  end
  for name, value in pairs(built_in:parameters()) do
    check.near((in_lua:parameters()[name] - value):abs():max():item(), 0,
      tolerance * (1 + value:abs():max():item()))
  end
  if options.ema then
    check.near((b.ema_model(points, 0.3) - a.ema_model(points, 0.3)):abs():max():item(), 0,
      20 * tolerance * (1 + a.ema_model(points, 0.3):abs():max():item()))
  end
end

-- Denoising score matching in Lua is the built-in run: fused and by the tape, with every other option
local points, plane = random.stream(1):normal{100, 1}, random.stream(2):normal{100, 2}
compare(function() return nn.score_mlp{sde = sde.ve_power(), seed = 1} end, points,
  {epochs = 40, optimizer = optim.sgd{rate = 0.3}}, 1e-4)
compare(function() return nn.score_mlp{sde = sde.vp(), dimension = 2, width = 8, seed = 1} end, plane,
  {steps = 120, batch = 7, ema = 0.95, log_every = 40,
    optimizer = optim.adam{rate = function(step) return 1e-3 / (1 + step / 100) end},
    time = function(n, stream) return 0.01 + 0.9 * stream:uniform(n) end,
    weight = function(t) return 1 - (-2 * t):exp() end}, 1e-4)
compare(function()
  return nn.residual_mlp{sde = sde.edm(), dimension = 2, width = 8, blocks = 1, sigma_data = 1, seed = 1}
end, plane, {steps = 50, probe = {every = 10, norm = function(s)
  return s.model(plane, 1):norm():item()
end}}, 1e-4)

-- Compiled, it is the same run again, and Lua is called once for each size of batch
local calls = 0
local function counted(score, batch)
  calls = calls + 1
  return denoising(score, batch)
end
compare(function() return nn.score_mlp{sde = sde.ve_power(), seed = 1} end, points,
  {epochs = 40, optimizer = optim.sgd{rate = 0.3}}, 1e-4, grad.compile(counted))
check.equal(calls, 2)
compare(function() return nn.random_features{sde = sde.vp(), dimension = 2, width = 30, seed = 1} end, plane,
  {steps = 40, ema = 0.9, weight = function(t) return t end}, 1e-4, grad.compile(denoising))
for _, predicts in ipairs{"edm", "gaussian"} do
  compare(function()
    return nn.residual_mlp{sde = sde.edm(), dimension = 2, width = 8, blocks = 1, sigma_data = plane,
      predicts = predicts, seed = 1}
  end, plane, {steps = 30}, 1e-4, grad.compile(denoising))
end
local line
local reading = grad.compile(function(score, batch)
  line = debug.getinfo(1, "l").currentline + 1
  return denoising(score, batch) * batch.t:mean():item()
end)
local passed, message = pcall(train, nn.score_mlp{sde = sde.vp()}, points, {steps = 1, loss = reading})
check.equal(passed, false)
check.contains(message, ("loss_tests.lua:%d: tensor.item: a tensor that grad.compile records has no value yet")
  :format(line))

-- with `check`, what a plan holds as constant and changes is seen
local factor = 1
local changing = grad.compile(function(score, batch) return denoising(score, batch) * factor end, {check = 1})
passed, message = pcall(train, nn.score_mlp{sde = sde.vp()}, points, {steps = 30, batch = 20, loss = changing,
  probe = {every = 10, change = function(s) factor = 1 + s.step return 0 end}, progress = false})
check.equal(passed, false)
check.contains(message, "train: output 1 differs from the function's own by ")

-- What the loss is given
local seen
local m = nn.score_mlp{dimension = 2, sde = sde.vp(), seed = 1}
train(m, plane, {steps = 4, batch = 32, seed = 5, weight = function(t) return t end, progress = false,
  loss = function(score, batch)
    seen = seen or {}
    seen[#seen + 1] = batch
    check.equal(tostring(score), "score_mlp(2 → 16 → 2, silu)")
    check.equal(score.dimension, 2)
    check.equal(score:parameters().w2.shape, {2, 16})
    return denoising(score, batch)
  end})
check.equal(#seen, 4)
for index, batch in ipairs(seen) do
  local n = index < 4 and 32 or 4
  local names = {}
  for name, part in pairs(batch) do
    names[#names + 1] = name
    check.equal(part.shape, (name == "clean" or name == "noise" or name == "noised") and {n, 2} or {n})
    check.equal(part.dtype, "float32")
  end
  table.sort(names)
  check.equal(names, {"alpha", "clean", "noise", "noised", "sigma", "t", "weight"})
  local noised = batch.alpha:unsqueeze(2) * batch.clean + batch.sigma:unsqueeze(2) * batch.noise
  check.near((noised - batch.noised):abs():max():item(), 0, 1e-6)
  check.near((batch.weight * batch.sigma^2 / batch.t - 1):abs():max():item(), 0, 1e-4)
  check.near(sde.vp():sigma(batch.t[1]:item()), batch.sigma[1]:item(), 1e-5)
end
assert(seen[1].noised[1][1]:item() ~= seen[2].noised[1][1]:item())

-- Other losses: implicit score matching needs no noise, and finds the score −x of N(0, 1)
local slope = nn.define{dimension = 1, sde = sde.vp(), parameters = {a = tensor{0}},
  score = function(p, x) return p.a * x end}
local many = random.stream(3):normal{2000, 1}
local variance = (many^2):mean():item()
train(slope, many, {steps = 200, batch = 2000, seed = 1, optimizer = optim.sgd{rate = 0.3}, progress = false,
  loss = function(score, batch)
    local s = score(batch.clean, batch.t)
    local divergence = grad.divergence(function(x) return score(x, batch.t) end, batch.clean)
    return (divergence + (s^2):sum(2) / 2):mean()
  end})
check.near(slope:parameters().a:item(), -1 / variance, 1e-3)

-- A penalty on the parameters being trained
local shrunk = nn.define{dimension = 1, sde = sde.vp(), parameters = {a = tensor{5}},
  score = function(p, x) return p.a * x end}
train(shrunk, many, {steps = 1, batch = 10, seed = 1, optimizer = optim.sgd{rate = 0.1}, progress = false,
  loss = function(score, batch)
    return (score(batch.clean, batch.t) * 0):sum() + (score:parameters().a^2):sum()
  end})
check.near(shrunk:parameters().a:item(), 4, 1e-6)

-- Many side by side: as one after another, whatever the blocks
local function pair()
  return {nn.score_mlp{sde = sde.vp(), seed = 1}, nn.score_mlp{sde = sde.vp(), seed = 2}}
end
local together, alone = pair(), pair()
local fits = train(together, points, {steps = 30, seed = {1, 2}, loss = denoising, progress = false})
for index, model in ipairs(alone) do
  train(model, points, {steps = 30, seed = index, loss = denoising, log_every = 7, progress = false})
  check.equal((model(points, 0.3) - together[index](points, 0.3)):abs():max():item(), 0.0)
end
check.equal(fits[2].step, 30)

-- A loss that is not finite ends one run, and the others go on
calls = 0
local function fragile(score, batch)
  calls = calls + 1
  return denoising(score, batch) * (calls == 3 and 0 / 0 or 1)
end
check.raises("train: loss is not finite at step 3; the model has the parameters before it", train, pair()[1], points,
  {steps = 10, loss = fragile, progress = false})
calls = 0
fits = train(pair(), points, {steps = 10, loss = fragile, progress = false, log_every = 10})
check.equal(fits[1].diverged, {step = 3, quantity = "loss"})
check.equal(fits[2].diverged, nil)
check.equal(fits[2].step, 10)

-- What is no loss
local function fails(message, loss)
  check.raises(message, train, pair()[1], points, {steps = 2, loss = loss, progress = false})
end
fails("train: loss must be a function or a loss, got 3", 3)
fails("train: loss must return a tensor, got nil; is a 'return' missing?", function() end)
fails("train: loss must return a tensor, got 0.5", function() return 0.5 end)
fails("train: loss must return a tensor with one number, got shape [32, 1] float32",
  function(score, batch) return score(batch.noised, batch.t) end)
fails("train: loss must return a tensor with one number, got shape [] bool",
  function(score, batch) return score(batch.noised, batch.t):sum():less(0) end)
fails("train: loss must depend on score(x, t) by tensor operations, so that it has a gradient",
  function(score, batch) return (batch.noised^2):mean() end)
line = debug.getinfo(1, "l").currentline
fails(("loss_tests.lua:%d: "):format(line + 2) .. "model: x has shape [32], expected [n d] with d = 1",
  function(score, batch) return score(batch.noised:column(1), batch.t):sum() end)
fails(("loss_tests.lua:%d: on purpose"):format(line + 3), function() error("on purpose") end)

-- Plans: networks in Swift and compiled models of one's own train side by side, with the bits of one alone;
-- Lua is called where a size of batch is recorded, and not again
for _, make in ipairs{
  function(seed) return nn.residual_mlp{sde = sde.edm(), dimension = 2, width = 8, blocks = 1, sigma_data = 1,
    seed = seed} end,
  function(seed) return nn.random_features{sde = sde.vp(), dimension = 2, width = 30, seed = seed} end,
  function(seed)
    return nn.define{dimension = 2, sde = sde.vp(), parameters = {w = random.stream(seed):normal{2, 2}},
      score = grad.compile(function(p, x)
        calls = calls + 1
        return x:matmul(p.w):silu()
      end)}
  end,
} do
  local function three() return {make(1), make(2), make(3)} end
  local models, single, partial = three(), three(), three()
  calls = 0
  train(models, plane, {steps = 25, seed = {1, 2, 3}, progress = false})
  local recorded = calls
  train(three(), plane, {steps = 250, seed = {1, 2, 3}, progress = false})
  calls = 0
  for index, model in ipairs(single) do train(model, plane, {steps = 25, seed = index, progress = false}) end
  check.equal(calls, recorded)
  local started = train.start(partial, plane, {seed = {1, 2, 3}, progress = false})
  for _ = 1, 5 do started[2]:advance(5) end
  for index = 1, 3 do
    check.equal((single[index](plane, 0.3) - models[index](plane, 0.3)):abs():max():item(), 0.0)
    check.equal((partial[index](plane, 0.3) - models[index](plane, 0.3)):abs():max():item(), 0.0)
  end
end
