-- A training run as an object: it advances by parts, and goes on after what stopped it.
local check = require "check"

local points = random.stream(1):normal{100, 1}

local function model() return nn.score_mlp{sde = sde.ve_power(), seed = 1} end

--- Options that use everything a run keeps between updates.
local function options(change)
  local o = {steps = 60, batch = 32, seed = 3, ema = 0.9, log_every = 15, progress = false,
    optimizer = optim.adam{rate = function(step) return 1e-3 / step end}}
  for name, value in pairs(change or {}) do o[name] = value end
  if o.probe then o.log_every = nil end
  return o
end

--- Everything that a run leaves, as one table of numbers.
local function trace(fit)
  local parts = {step = fit.step}
  for name, column in pairs(fit.log) do parts["log " .. name] = column:table() end
  for name, value in pairs(fit.model:parameters()) do parts[name] = value:reshape{-1}:table() end
  for name, value in pairs(fit.ema_model:parameters()) do
    parts["average " .. name] = value:reshape{-1}:table()
  end
  return parts
end

local whole = trace(train(model(), points, options()))

-- By parts, however they are cut
local fit = train.start(model(), points, options())
check.equal(fit.step, 0)
check.equal(#fit.log.step, 0)
check.equal(fit.rate, 1e-3)
for _, count in ipairs{1, 7, 30, 4} do check.equal(fit:advance(count), fit) end
check.equal(fit.step, 42)
check.near(fit.rate, 1e-3 / 42, 1e-12)
check.equal(fit.model, fit.model)
check.equal(fit.ema_model, fit.ema_model)
check.contains(tostring(fit), "42 of 60 steps")
local average = fit.ema_model
fit:finish()
check.equal(average, fit.ema_model)
check.equal(trace(fit), whole)
check.equal(train.last, fit)
check.equal(fit.steps, 60)
check.equal(fit:finish().step, 60)
check.equal(fit:advance(5).step, 65)

-- Without an end
local o = options()
o.steps = nil
local endless = train.start(model(), points, o)
check.equal(endless.steps, nil)
check.equal(endless:advance(3).step, 3)
check.raises("fit.finish: the run has no end: neither steps nor epochs was given; use fit:advance(n)",
  function() endless:finish() end)
check.raises("fit.advance: n must be a positive integer, got 0", function() endless:advance(0) end)

-- After an error in a probe, which is called again, the run goes on to the same numbers
local fails = true
local function moody(s)
  if s.step == 30 and fails then error("on purpose") end
  return s.loss
end
local function watched() return options{probe = {every = 15, first = function(s) return s.step end,
  second = moody}} end
fails = false
local quiet = trace(train(model(), points, watched()))
fails = true
check.raises("on purpose", train, model(), points, watched())
check.equal(train.last.step, 30)
check.equal(train.last.log.step:table(), {0.0, 15.0})
check.raises("on purpose", function() train.last:advance(1) end)
check.equal(train.last.step, 30)
fails = false
check.equal(trace(train.last:finish()), quiet)

-- So does one whose loss in Lua failed, in one block with other models
local function denoising(score, batch)
  local residual = batch.sigma:unsqueeze(2) * score(batch.noised, batch.t) + batch.noise
  return (batch.weight * (residual^2):sum(2)):mean()
end
for _, wrap in ipairs{function(f) return f end, grad.compile} do
  local calls, limit = 0, math.huge
  local function loss()
    return wrap(function(score, batch)
      calls = calls + 1
      if calls == limit then error("on purpose") end
      return denoising(score, batch)
    end)
  end
  local function pair() return {model(), nn.score_mlp{sde = sde.ve_power(), seed = 2}} end
  local expected = {}
  for i, f in ipairs(train(pair(), points, options{loss = loss(), seed = {3, 4}})) do expected[i] = trace(f) end
  calls, limit = 0, 2
  check.raises("on purpose", train, pair(), points, options{loss = loss(), seed = {3, 4}})
  check.equal(#train.last, 2)
  limit = math.huge
  train.last[1]:finish()
  for i, f in ipairs(train.last) do check.equal(trace(f), expected[i]) end
end

-- A loss that is not finite
local count = 0
local function fragile(score, batch)
  count = count + 1
  return denoising(score, batch) * (count >= 3 and 0 / 0 or 1)
end
local m = model()
check.raises("train: loss is not finite at step 3; the model has the parameters before it", train, m, points, options{loss = fragile})
check.equal(train.last.step, 2)
check.equal(train.last.diverged, {step = 3, quantity = "loss"})
check.raises("fit.advance: loss is not finite at step 3; the model has the parameters before it",
  function() train.last:advance(1) end)
local two = train(model(), points, options{loss = denoising, steps = 2})
check.equal((two.model(points, 0.5) - m(points, 0.5)):abs():max():item(), 0.0)

-- A gradient that is not finite, of a loss that is
check.raises("train: gradient is not finite at step 1; the model has the parameters before it",
  train, model(), points, options{loss = function(score, batch)
    return (denoising(score, batch) * 0):sqrt():sum()
  end})

-- A run cannot go on from inside itself
check.raises("fit.advance: the run is in the middle of an update or a probe", train, model(), points,
  options{probe = {every = 10, again = function() train.last:advance(1) end}})

-- The run keeps its functions and its model
local function churn()
  for _ = 1, 20 do local t = {} for j = 1, 2000 do t[j] = {j} end end
  collectgarbage() collectgarbage()
end
train.start(model(), points, options{probe = {every = 10, at = function(s) return s.step end}})
churn()
check.equal(train.last:finish().log.step:table(), {0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0})

-- Ctrl-C: nothing is lost, and the run goes on to the same numbers
local process = io.open("/proc/self/stat"):read("n")
local function long(probe) return options{steps = 200000, log_every = probe and nil or 1000, probe = probe} end
local undisturbed = trace(train(model(), points, long()))
os.execute(("(sleep 0.15; kill -INT %d) &"):format(process))
local passed, message = pcall(train, model(), points, long())
check.equal(passed, false)
check.contains(message, "interrupted!")
assert(train.last.step > 0 and train.last.step < 200000, train.last.step)
local rows = #train.last.log.step
check.equal(rows, train.last.step // 1000)
check.equal(trace(train.last:finish()), undisturbed)

-- Of a list one may leave: it stays as it is, and the others go on as without it.
do
  local function fits(count)
    local models, seeds = {}, {}
    for k = 1, count do models[k], seeds[k] = nn.score_mlp{sde = sde.ve_power(), seed = k}, k end
    return train.start(models, points, options{seed = seeds, optimizer = optim.adam{rate = 1e-3}})
  end
  local all, two = fits(3), fits(2)
  all[1]:advance(15)
  check.equal(all[3]:leave(), all[3])
  local kept = trace(all[3])
  all[1]:advance(45)
  two[1]:advance(60)
  check.equal({trace(all[1]), trace(all[2])}, {trace(two[1]), trace(two[2])})
  check.equal(trace(all[3]), kept)
  check.equal(all[3].step, 15)
  check.contains(tostring(all[3]), "15 of 60 steps and left, ")
  check.raises("fit.advance: the fit has left after 15 updates and makes no more; advance another of its list",
    function() all[3]:advance(1) end)
  check.raises("fit.finish: the fit has left after 15 updates and makes no more; advance another of its list",
    function() all[3]:finish() end)
  -- Its file goes on alone.
  all[3]:save("left")
  local alone = fits(3)
  alone[1]:advance(60)
  check.equal(trace(train.resume("left", points):finish()), trace(alone[3]))
end
