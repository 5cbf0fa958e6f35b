-- likelihood.bound and likelihood.path_kl: bounds that are tight for the exact score, and what they lose by
-- a wrong one.
local check = require "check"

local mix = target.gaussian_mixture{means = {-3, 3}, stds = {1, 0.5}, weights = {0.3, 0.7}}
local x = mix:sample(4000, {seed = 1})
for _, process in ipairs{sde.vp(), sde.edm(), sde.ou(), sde.linear_flow()} do
  local exact = mix:model(process)
  local bound = likelihood.bound(exact, x, {seed = 2})
  check.near(bound.value, bound.prior + bound.diffusion + bound.reconstruction, 1e-12)
  check.near(bound.points:mean():item(), bound.value, 1e-12)
  check.near((bound.density * tensor.ones(128)):mean():item(), bound.density:mean():item(), 1e-12)

  -- The mean over the data of what the bound loses on the exact score: the two ends alone. E −ln p by draws of
  -- the same points.
  local entropy = -mix:log_density(x):mean():item()
  check.near(bound.value, entropy, 4 * bound.standard_error + 5e-3)

  -- A wrong score costs ½ ∫ E‖σ δs‖² dλ more, which is path_kl.
  local wrong = nn.define{dimension = 1, sde = process, score = function(_, y, t)
    return exact:score(y, t) * 1.1
  end}
  local cost = likelihood.bound(wrong, x, {seed = 2}).points - bound.points
  local kl = likelihood.path_kl(exact, wrong, x, {seed = 2})
  local error = cost:std():item() / math.sqrt(4000)
  check.near(cost:mean():item(), kl.path, 4 * error + 1e-3)
  assert(kl.path > 10 * error)
  check.near(kl.value, kl.prior + kl.path, 1e-12)
  check.near(kl.prior, bound.prior, 1e-12)
  check.equal(likelihood.path_kl(exact, exact, x, {seed = 2}).path, 0.0)
end

-- In closed form: data N(0, 1) under α² + σ² = 1 keep their law, so s = −x; a model of data N(0, v) has
-- s = −x/(α² v + σ²). E‖σ δs‖² = σ² (1 − 1/(α² v + σ²))², and KL(N(0, 1)‖N(0, v)) lies below.
local process, v = sde.vp(), 2
local unit = target.gaussian_mixture{means = {0}, stds = {1}}
local points = unit:sample(20000, {seed = 3})
local kl = likelihood.path_kl(unit:model(process),
  target.gaussian_mixture{means = {0}, stds = {math.sqrt(v)}}:model(process), points, {seed = 4, levels = 64})
local expected = 0
local lowest, highest = process:log_snr(1), process:log_snr(1e-3)
for i = 1, 10000 do
  local l = lowest + (highest - lowest) * (i - 0.5) / 10000
  local share = 1 / (1 + math.exp(-l))  -- α²
  expected = expected + 0.5 * (1 - share) * (1 - 1 / (share * v + 1 - share))^2 * (highest - lowest) / 10000
end
check.near(kl.path, expected, 4 * kl.path_error + 1e-4)
assert(kl.path + 4 * kl.path_error > 0.5 * (1 / v - 1 + math.log(v)))
-- and the density over log_snr integrates to it
assert(#kl.times == 64 and kl.log_snr[1]:item() < kl.log_snr[64]:item())

-- Networks take float32; a seed gives the same numbers, whatever the number of points.
local m = nn.score_mlp{dimension = 1, sde = process, seed = 1}
local few = likelihood.bound(m, points[{ {1, 5} }], {seed = 1, levels = 8, draws = 3})
local more = likelihood.bound(m, points[{ {1, 50} }], {seed = 1, levels = 8, draws = 3})
check.near((few.points - more.points[{ {1, 5} }]):abs():max():item(), 0, 1e-5)

check.raises("likelihood.path_kl: model must have the diffusion of exact, sde.vp{}, got sde.edm{}", likelihood.path_kl,
  unit:model(process), unit:model(sde.edm()), points)
check.raises("likelihood.bound: x must hold 1 point or more, got 0", likelihood.bound, m, tensor.zeros{0, 1})
check.raises("likelihood.bound: levels must be an integer from 2 to 4096, got 1", likelihood.bound, m, points, {levels = 1})
