-- train.twins: two networks alike in all but their data; and checkpoints that a run writes by itself.
local check = require "check"

local points = random.stream(1):normal{60, 2}
local function model() return nn.score_mlp{sde = sde.vp(), dimension = 2, width = 8, seed = 3} end
local function values(m) return m:score(points, 0.4):table() end

-- On one set twice they stay equal, to the bit; on two sets they do not.
do
  local a, b = train.twins(model(), {points, points}, {steps = 30, seed = 1, ema = 0.9})
  check.equal(values(a.model), values(b.model))
  check.equal(values(a.ema_model), values(b.ema_model))
  check.equal(a.log.loss:table(), b.log.loss:table())
  local c, d = train.twins(model(), points, {size = 20, steps = 30, seed = 1})
  assert(values(c.model)[1][1] ~= values(d.model)[1][1])
  check.equal({c.step, d.step, c.seed, d.seed}, {30, 30, 1, 1})
  -- Each is the run alone on its set, the last points for the second.
  local m = model()
  train(m, points[{{41, 60}}], {steps = 30, seed = 1})
  check.equal(values(d.model), values(m))
  m = model()
  train(m, points[{{1, 20}}], {steps = 30, seed = 1})
  check.equal(values(c.model), values(m))
end

-- Without size: both halves. Without seed: both have the session's next.
do
  local a, b = train.twins(model(), points, {steps = 3})
  check.equal(a.seed, b.seed)
  local m = model()
  train(m, points[{{31, 60}}], {steps = 3, seed = a.seed})
  check.equal(values(b.model), values(m))
end

local function fails(part, f, ...)
  local passed, message = pcall(f, ...)
  assert(not passed, "no error, expected " .. part)
  check.contains(message, part)
end
fails("train.twins: size must be at most half of the 60 points, so that the sets have none in common, got 31",
  train.twins, model(), points, {size = 31, steps = 1})
fails("train.twins: data must be one tensor or two, got 3", train.twins, model(), {points, points, points}, {steps = 1})
fails("train.twins: both sets must have as many points, got shapes [60, 2] and [59, 2]", train.twins, model(),
  {points, points[{{1, 59}}]}, {steps = 1})
fails("train.twins: seed must be one integer", train.twins, model(), points, {steps = 1, seed = {1, 2}})
fails("train.twins: steps or epochs is required", train.twins, model(), points, {size = 5})
fails("size must be at most half of the 1 points", train.twins, model(), points[{{1, 1}}], {steps = 1})

-- checkpoint = {…}: written after each k updates, also of the last; the run goes on from it.
do
  local path = os.tmpname()
  local m = model()
  local fit = train(m, points, {steps = 25, seed = 1, checkpoint = {path = path, every = 10}})
  local resumed = train.resume(path, points)
  check.equal(resumed.step, 20)
  resumed:finish()
  check.equal(values(resumed.model), values(fit.model))
  -- Of a list each model has its own file.
  train({model(), model()}, points, {steps = 10, seed = 1, checkpoint = {path = path, every = 10}})
  check.equal({train.resume(path .. ".1", points).seed, train.resume(path .. ".2", points).seed}, {1, 2})
  for _, ending in ipairs{"", ".1", ".2"} do os.remove(path .. ending) end
end
-- Where it cannot be written, the error names the file, and the run can go on.
do
  file.make_directory("goes")
  local passed, message = pcall(train, model(), points, {steps = 4, seed = 1, checkpoint = {path = "goes/x", every = 2},
    probe = {every = 1, gone = function()
      os.remove("goes")
      return 0
    end}})
  assert(not passed)
  check.contains(message, "goes/x")
  check.equal(train.last.step, 2)
end
fails("checkpoint must have a path in a folder that can be written to, got 'no/such/folder/x': No such file or directory",
  train, model(), points, {steps = 4, checkpoint = {path = "no/such/folder/x", every = 2}})
fails("checkpoint must have path = a string and every = a positive integer, got every = nil", train, model(), points,
  {steps = 1, checkpoint = {path = "x"}})
fails("got every = 0", train, model(), points, {steps = 1, checkpoint = {path = "x", every = 0}})
