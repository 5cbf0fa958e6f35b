-- Training on points that are not in memory gives the bits of training on the same points in memory. In an empty
-- current folder.
local check = require "check"

local function model() return nn.score_mlp{shape = {4, 4}, width = 8, sde = sde.vp(), seed = 1} end
local function trained(points, options)
  local m = model()
  local all = {steps = 30, batch = 8, seed = 1}
  for name, value in pairs(options or {}) do all[name] = value end
  train(m, points, all)
  return m:parameters()
end
local function same(a, b)
  for name, x in pairs(a) do assert(x:equal(b[name]):all():item(), name) end
end

local x = random.stream(1):normal{20, 4, 4}
file.save("x.npy", x)
local wanted = trained(x)
same(trained(data.stream("x.npy")), wanted)
check.rejects("other points", same, trained(x + 1), wanted)
same(trained(data.stream("x.npy"), {noises = 3}), trained(x, {noises = 3}))
same(trained(data.stream("x.npy"), {batch = 50}), trained(x, {batch = 50}))
same(trained(data.tile(x, 47)), trained(tensor.concatenate{x, x, x}[{{1, 47}}]))
same(trained(data.tile(data.stream("x.npy"), 47)), trained(data.tile(x, 47)))

-- Pictures of a folder
file.make_directory("some")
for i = 1, 12 do data.save_image(("some/%02d.png"):format(i), (random.stream(i):uniform{4, 4})) end
same(trained(data.stream("some")), trained(data.images("some")))

-- Lists of models take a source each, or share one
local one, two = model(), model()
train({one, two}, data.stream("x.npy"), {steps = 30, batch = 8, seed = {1, 1}})
same(one:parameters(), wanted)
same(two:parameters(), wanted)
train({one, two}, {data.stream("x.npy"), x}, {steps = 5, batch = 8, seed = {2, 2}})
same(one:parameters(), two:parameters())

-- A run that was saved goes on to the same bits, with changes of pictures too; another source is refused
for _, points in ipairs{data.stream("x.npy"), data.augment(data.stream("x.npy"), {flip = true, shift = 1, seed = 3})} do
  local m = model()
  local fit = train.start(m, points, {steps = 30, batch = 8, seed = 1})
  fit:advance(13):save("run")
  same(train.resume("run", points):finish().model:parameters(), trained(points))
end
same(trained(data.augment(x, {flip = true, shift = 1, seed = 3})),
  trained(data.augment(x, {flip = true, shift = 1, seed = 3})))
check.rejects("another seed", same, trained(data.augment(x, {shift = 1, seed = 3})),
  trained(data.augment(x, {shift = 1, seed = 4})))
check.raises("data are other numbers than those of the run", train.resume, "run", data.tile(x + 1, 20))
check.raises("data have shape [21, 4, 4], those of the run [20, 4, 4]", train.resume, "run", data.tile(x, 21))

-- Points of another shape, and numbers that are not finite, are errors by name
check.raises("train: data has points of shape [4, 4], expected [5]", train,
  nn.score_mlp{dimension = 5, sde = sde.vp(), seed = 1}, data.stream("x.npy"), {steps = 1})
x[7][1][1] = math.huge
file.save("bad.npy", x)
local m = model()
check.raises("train: data must be finite, got inf in row 7", train, m, data.stream("bad.npy"),
  {steps = 10, batch = 20, seed = 1})
check.equal(train.last.step, 0)

-- A file that becomes shorter while a run reads it ends the run with an error; the run is whole
local fit = train.start(model(), data.stream("x.npy"), {steps = 30, batch = 8, seed = 1})
fit:advance(3)
local out = io.open("x.npy", "wb")
out:write("short")
out:close()
check.contains(select(2, pcall(fit.finish, fit)), "x.npy: ends at byte ")
check.equal(fit.step, 3)
