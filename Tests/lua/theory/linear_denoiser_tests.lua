-- theory.linear_denoiser and theory.covariance_kl: closed forms, Monte Carlo, gradient descent, limits.
local check = require "check"

-- E KL(N(0, I) ‖ N(0, Σ̂)).
for _, row in ipairs{{10, 100, 0.3329, 5e-5}, {10, 1000, 0.0280, 5e-5}, {50, 200, 5.061, 5e-4}, {50, 1000, 0.695, 5e-4}} do
  check.near(theory.covariance_kl(row[1], row[2]), row[3], row[4])
end
check.near(theory.covariance_kl(10, 1e6 // 1 | 0) / (10 * 11 / 4e6), 1, 1e-3)

-- The mean over data sets of the KL of trained flows, without noise in the limit of t → 0.
local process = sde.ou()
local total, sets = 0, 400
for set = 1, sets do
  local flow = theory.linear_denoiser(random.stream(set):normal{60, 4}, {sde = process})
  total = total + flow:kl(1e-5, math.huge)
end
local function check_mean(known) check.near(total / sets, known, 0.012) end
check_mean(theory.covariance_kl(4, 60))
check.rejects("the leading term alone", check_mean, 4 * 5 / (4 * 60))
check.rejects("ten points less", check_mean, theory.covariance_kl(4, 50))

-- In the end the model is the exact score of N(0, Σ̂) noised, and all modes follow gradient descent.
local x = random.stream(1):normal({20, 3}, {dtype = "float64"}) * tensor({1, 0.5, 0.1}, {dtype = "float64"})
local flow = theory.linear_denoiser(x, {sde = process})
local second = x:transpose():matmul(x) / 20
local exact = target.gaussian{mean = {0, 0, 0}, covariance = second}:model(process)
local points = random.stream(2):normal({5, 3}, {dtype = "float64"})
check.near((flow:model(math.huge):score(points, 0.3) - exact:score(points, 0.3)):abs():max():item(), 0, 1e-6)
check.near(flow:model(0):score(points, 0.3):abs():max():item(), 0, 0)
check.near(flow.eigenvalues:sum():item(), (second * tensor.eye(3, {dtype = "float64"})):sum():item(), 1e-12)

local t = 0.3
local alpha, variance = math.exp(-t), 1 - math.exp(-2 * t)
local eye = tensor.eye(3, {dtype = "float64"})
local moment = second * alpha^2 + eye * variance
local function descend(tau, steps)
  local P = eye * 0
  for _ = 1, steps do P = P + (eye - P:matmul(moment)) * (2 * variance * tau / steps) end
  return points:matmul(P) * -1
end
local coarse, fine = descend(2, 100), descend(2, 200)
local function check_limit(tau)
  local at = flow:model(tau):score(points, t)
  check.near((coarse - at):abs():max():item() / (fine - at):abs():max():item(), 2, 0.1)
end
check_limit(2)
check.rejects("a training time off by a hundredth", check_limit, 2.02)
check.rejects("half the rate", check_limit, 1)

-- Its own KL is infinite before training, and falls; it is that of the laws.
check.equal(flow:kl(t, 0), math.huge)
local cloud = theory.linear_denoiser(random.stream(3):normal{200, 2}, {sde = process})
local kl = cloud:kl(t, tensor({1, 10, 100, math.huge}, {dtype = "float64"}))
assert(kl[1]:item() > kl[2]:item())
assert(kl[4]:item() < 0.05)
check.equal(sample.euler_maruyama(cloud:model(10), {count = 4, steps = 5, seed = 1}).shape, {4, 2})

check.raises("theory.covariance_kl: count must be above dimension + 1 = 11, where the mean is finite, got 11",
  theory.covariance_kl, 10, 11)
check.raises("theory.linear_denoiser: data has shape [3], expected [n d]",
  theory.linear_denoiser, tensor{1, 2, 3}, {sde = process})
