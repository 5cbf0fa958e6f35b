-- Laws in a subspace and Gaussian processes against normal laws with the same covariance.
local check = require "check"

local function double(x) return tensor(x, {dtype = "float64"}) end
local function apart(a, b) return (a - b):abs():max():item() end

local basis = linalg.qr(random.stream(1):normal({6, 2}, {dtype = "float64"})):transpose()
local inner = {{2, 0.5}, {0.5, 1}}
local mean = {1, 0, -1, 2, 0, 3}
local law = target.subspace(target.gaussian{covariance = inner}, {basis = basis, mean = mean})
local same = target.gaussian{mean = mean, covariance = basis:transpose():matmul(double(inner)):matmul(basis)}
for _, process in ipairs{sde.vp(), sde.edm()} do
  for _, t in ipairs{0.05, 0.5, 1} do
    local x = random.stream(2):normal({9, 6}, {dtype = "float64"}) * 3
    local a, b = law:model(process), same:model(process)
    assert(apart(a:score(x, t), b:score(x, t)) < 1e-9 * b:score(x, t):abs():max():item())
    assert(apart(a:denoise(x, t), b:denoise(x, t)) < 1e-9)
    assert(apart(a:log_density(x, t), b:log_density(x, t)) < 1e-9 * b:log_density(x, t):abs():max():item())
  end
end
-- Samples lie in the subspace, whatever their number.
local wide = target.subspace(target.moons(), {dimension = 50, seed = 3})
local x = wide:sample(200, {seed = 1})
local s = linalg.svdvals(x:to("float64"))
assert(s[3]:item() < 1e-5 * s[1]:item())
assert(apart(wide:sample(3, {seed = 1}), x[{ {1, 3} }]) == 0)
check.raises("target 'subspace' has no density: its points lie in a subspace of 2 of 50 dimensions; its noised marginals have one",
  function() wide:log_density(x) end)
check.raises("target.subspace: dimension must be above 2, the dimension of law, got 2",
  function() target.subspace(target.moons(), {dimension = 2}) end)
check.raises("linalg.qr makes such a basis", function() target.subspace(target.moons(), {basis = {{1, 0, 0}, {1, 1, 0}}}) end)

-- A process with the exponential kernel is Markov: its precision has three diagonals.
local process = target.gaussian_process{points = 5, kernel = "exponential", length = 0.5, std = 2}
check.equal(process.dimension, 5)
local slope = grad.jacobian(function(y) return process:score(y:unsqueeze(1)):reshape{5} end, double{0, 0, 0, 0, 0})
assert(math.abs(slope[1][3]:item()) < 1e-10 and math.abs(slope[1][5]:item()) < 1e-10 and math.abs(slope[1][2]:item()) > 0.1)
local draws = process:sample(20000, {seed = 1}):to("float64")
local covariance = draws:transpose():matmul(draws) / 20000
for i = 1, 5 do
  for j = 1, 5 do check.near(covariance[i][j]:item(), 4 * math.exp(-math.abs(i - j) / 4 / 0.5), 0.2) end
end
-- A smooth one is singular to rounding, and says so; noise of its own helps.
local smooth = target.gaussian_process{points = 64, length = 0.5}
check.equal(smooth:has_log_density(), false)
check.equal(smooth:has_noised(), true)
check.equal(target.gaussian_process{points = 64, length = 0.5, noise = 0.1}:has_log_density(), true)
