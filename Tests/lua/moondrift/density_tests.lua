local check = require "check"
local density = require "moondrift.density"

-- Normal laws: KL both ways in closed form, by both densities.
local process = sde.vp()
local time = 0.1
local truth = target.gaussian{mean = {0}, covariance = {{1}}}
local other = target.gaussian{mean = {0.7}, covariance = {{4}}}
local alpha, sigma = process:alpha(time), process:sigma(time)
local a, b, m = alpha^2 + sigma^2, 4 * alpha^2 + sigma^2, 0.7 * alpha
local function normal_kl(from, to) return 0.5 * (from / to + m^2 / to - 1 + math.log(to / from)) end
local grid = density.grid{{-24, 24}, points = 801}
local p = density.of_target(truth, process, grid, time)
local q = density.of_score(other:model(process), grid, time)
local f = density.of_flow(other:model(process), grid, time)
check.near(p.mass, 1, 1e-9)
check.near((density.kl(p, q)), normal_kl(a, b), 1e-6)
check.near((density.kl(q, p)), normal_kl(b, a), 1e-6)
assert(q.error < 1e-5 and f.error < 1e-4)
-- The flow ends at N(0, 1) and its law near it: what that costs is in the bound.
local difference, bound, agree = density.compare(q, f)
assert(agree and bound < 0.02)
check.near((density.kl(p, f)), normal_kl(a, b), bound)
check.near((density.kl(f, p)), normal_kl(b, a), 3 * bound)

-- By points, where the grid is not asked.
local by_points = density.kl_of_flow(truth, other:model(process), time, {count = 2000, seed = 1})
check.near(by_points.forward, normal_kl(a, b), 5 * by_points.forward_error + 1e-3)
check.near(by_points.reverse, normal_kl(b, a), 5 * by_points.reverse_error + 1e-3)

-- Mixtures on the line and in the plane: the density of the exact score is that of the law.
for _, case in ipairs{
  {target.gaussian_mixture{means = {-3, 3}, stds = {1, 0.5}, weights = {0.3, 0.7}}, {{-12, 12}, points = 1601}},
  {target.gaussian_mixture{means = {{-2, 0}, {1, 1}}, stds = 0.6}, {{-6, 6}, {-6, 6}, points = 81}},
} do
  local mix, range = case[1], density.grid(case[2])
  local exact = mix:model(process)
  p = density.of_target(mix, process, range, time)
  q = density.of_score(exact, range, time)
  local kl, error = density.kl(p, q)
  check.near(kl, 0, 1e-4)
  assert(math.abs(kl) <= error)
  if #range.axes == 2 then
    assert(q.curl < 1e-4)
    f = density.of_flow(exact, range, time, {tolerance = 1e-4})
  else
    f = density.of_flow(exact, range, time)
  end
  difference, bound, agree = density.compare(q, f)
  assert(agree, ("%g > %g"):format(difference, bound))
end

-- A score that is no gradient has no density, and its curl says so; nor do its two densities agree.
local plane = density.grid{{-6, 6}, {-6, 6}, points = 61}
local whirl = nn.define{dimension = 2, sde = process, score = function(_, x, t)
  local turned = tensor.concatenate({x:column(2):reshape{-1, 1} * -1, x:column(1):reshape{-1, 1}}, 2)
  return x * -1 + turned * 0.5
end}
q = density.of_score(whirl, plane, time)
assert(q.curl > 0.1)

-- A model of another law is seen: compare of two densities that are not the same.
local line = density.grid{{-24, 24}, points = 801}
difference, bound, agree = density.compare(
  density.of_score(other:model(process), line, time), density.of_score(truth:model(process), line, time))
check.equal(agree, false)

check.raises("density.grid: points must be an odd integer of 5 or more, got 4", density.grid, {{0, 1}, points = 4})
check.raises("density.of_score: model must have dimension 2 as the grid has, got 1",
  density.of_score, truth:model(process), plane, time)
local flat = nn.define{dimension = 1, sde = process, score = function(_, x) return x * 0 end}
check.raises("density.of_score: the density does not integrate on this range: at its border it is 1 of its greatest value",
  density.of_score, flat, line, time)
check.raises("density.kl: both densities must be on the same grid", density.kl, p, q)
