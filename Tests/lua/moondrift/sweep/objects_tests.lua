-- moondrift.sweep.objects: equal objects have one text, and another number in them makes another.
local check = require "check"
local text_of = require "moondrift.sweep.objects"

local function made(text) return assert(load("return " .. text))() end

for _, pair in ipairs{
  {"tensor.zeros{400}", "(function() local x = tensor.zeros{400} x[200] = 1e-20 return x end)()"},
  {"tensor.zeros{4}", "tensor.zeros{2, 2}"},
  {"tensor.zeros{4}", "tensor.zeros({4}, {dtype = 'float64'})"},
  {"sde.vp()", "sde.vp{beta_max = 5}"},
  {"target.gaussian{mean = {1}}", "target.gaussian{mean = {2}}"},
  {"target.gaussian_mixture{means = {{1}, {2}}}", "target.gaussian_mixture{means = {{1}, {3}}}"},
  {"target.empirical(tensor{{1, 2}, {3, 4}})", "target.empirical(tensor{{1, 2}, {3, 5}})"},
  {"target.finite{points = {1, 2}, weights = {1, 1}}", "target.finite{points = {1, 2}, weights = {1, 4}}"},
  {"target.finite{points = {1, 2}, weights = {1, 1}}", "target.finite{points = {1, 2}, weights = {1, 1.0001}}"},
  {"target.potts_chain{length = 3}", "target.potts_chain{length = 3, field = {0, 1, 0}}"},
  {"target.polygons{size = 16}", "target.polygons{size = 16, spread = 0.1}"},
  {"target.polygons{size = 16}", "target.polygons{size = 16, filled = false}"},
  {"target.polygons{size = 16}", "target.polygons{size = 16, subsamples = 8}"},
  {"target.shuffled(target.disks{size = 16}, {seed = 1})", "target.shuffled(target.disks{size = 16}, {seed = 2})"},
  {"target.gaussian{mean = {1}}:model(sde.vp())", "target.gaussian{mean = {2}}:model(sde.vp())"},
  {"target.gaussian{mean = {1}}:model(sde.vp())", "target.gaussian{mean = {1}}:model(sde.vp{beta_max = 5})"},
  {"nn.score_mlp{sde = sde.vp(), seed = 1}", "nn.score_mlp{sde = sde.vp(), seed = 2}"},
  {"nn.score_mlp{sde = sde.vp(), seed = 1}", "nn.score_mlp{sde = sde.vp{beta_max = 5}, seed = 1}"},
} do
  check.equal(text_of(made(pair[1])), text_of(made(pair[1])))
  assert(text_of(made(pair[1])) ~= text_of(made(pair[2])), pair[2])
end

-- A run is what it has learned: how long it took does not count.
local function fit(updates)
  local run = train.start(nn.score_mlp{sde = sde.vp(), seed = 1}, random.stream(1):normal{20, 1}, {seed = 1, progress = false})
  return run:advance(updates)
end
check.equal(text_of(fit(3)), text_of(fit(3)))
check.equal(text_of(fit(3)), text_of(fit(3).model))
assert(text_of(fit(3)) ~= text_of(fit(4)))

-- Of a law with too many numbers some draws stand for all.
check.equal(text_of(target.dots{size = 200}), text_of(target.dots{size = 200}))
assert(text_of(target.dots{size = 200}) ~= text_of(target.dots{size = 200, amplitude = 2}))
