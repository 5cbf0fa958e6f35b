-- Normal laws with full covariances, finite laws and products, each against a closed form or a quadrature
-- that is none of its own.
local check = require "check"

local function double(values) return tensor(values, {dtype = "float64"}) end
local function apart(a, b) return (a - b):abs():max():item() end
local processes = {sde.vp(), sde.edm(), sde.linear_flow()}

-- Each of score, posterior mean and density is within a tolerance of what `truth(x, r, s)` gives. A truth that
-- is off by a thousandth is seen.
local function agrees(law, truth, tolerance, points)
  for _, process in ipairs(processes) do
    local m = law:model(process)
    for _, t in ipairs{0.1, 0.5, 0.9} do
      local x = points or random.stream(4):normal({7, law.dimension}, {dtype = "float64"}) * 2
      local want = truth(x, process:alpha(t), process:sigma(t), process, t)
      local got = {score = m:score(x, t), mean = m:denoise(x, t), log_density = m:log_density(x, t)}
      for name, value in pairs(want) do
        local size = value:abs():max():item()
        if not (apart(got[name], value) <= tolerance * size) then
          error(("%s of %s is off by %g of %g"):format(name, law, apart(got[name], value), size), 2)
        end
        assert(apart(got[name], value * 1.001) > 10 * tolerance * size)
      end
    end
  end
end

-- One normal law by solving with its covariance.
local function normal(mean, covariance)
  local d = mean.shape[1]
  return function(x, r, s)
    local c = covariance * r^2 + tensor.eye(d, {dtype = "float64"}) * s^2
    local offset = x - mean * r
    local pull = linalg.solve(c, offset:transpose()):transpose()
    local quadratic = (offset * pull):sum(2)
    return {score = -pull, mean = mean + r * pull:matmul(covariance),
      log_density = -(quadratic + d * math.log(2 * math.pi)) / 2 - linalg.logdet(c) / 2}
  end
end

local root = random.stream(1):normal({5, 5}, {dtype = "float64"})
local covariance = root:matmul(root:transpose())
covariance = (covariance + covariance:transpose()) / 2
local mean = double{1, -1, 0.5, 0, 2}
local full = target.gaussian{mean = mean, covariance = covariance}
agrees(full, normal(mean, covariance), 1e-10)
agrees(target.gaussian{mean = mean, covariance = {1, 2, 3, 4, 5}},
  normal(mean, tensor.eye(5, {dtype = "float64"}) * double{1, 2, 3, 4, 5}), 1e-10)
agrees(target.gaussian{mean = mean, std = {1, 0.5, 2, 1, 3}},
  normal(mean, tensor.eye(5, {dtype = "float64"}) * double{1, 0.25, 4, 1, 9}), 1e-10)
agrees(target.gaussian{mean = mean, std = 2}, normal(mean, tensor.eye(5, {dtype = "float64"}) * 4), 1e-10)
agrees(target.gaussian{covariance = covariance}, normal(mean * 0, covariance), 1e-10)

-- A plane in space: no density of its own, and right under noise.
local basis = random.stream(2):normal({3, 2}, {dtype = "float64"})
local flat = basis:matmul(basis:transpose())
flat = (flat + flat:transpose()) / 2
local plane = target.gaussian{mean = double{1, 0, -1}, covariance = flat}
agrees(plane, normal(double{1, 0, -1}, flat), 1e-9)
check.equal({plane:has_log_density(), plane:has_score(), plane:has_noised()}, {false, false, true})
check.raises("target.log_density: target 'gaussian' has no density without noise, since a covariance is singular; "
  .. "its noised marginals have", function() return plane:log_density(double{{0, 0, 0}}) end)
local drawn = plane:sample(1000, {seed = 1}):to("float64") - double{1, 0, -1}
local normal_axis = double{
  basis[{2, 1}]:item() * basis[{3, 2}]:item() - basis[{3, 1}]:item() * basis[{2, 2}]:item(),
  basis[{3, 1}]:item() * basis[{1, 2}]:item() - basis[{1, 1}]:item() * basis[{3, 2}]:item(),
  basis[{1, 1}]:item() * basis[{2, 2}]:item() - basis[{2, 1}]:item() * basis[{1, 2}]:item()}
assert(drawn:matmul(normal_axis:unsqueeze(2)):abs():max():item() < 1e-5)
check.equal(plane:noised(sde.vp(), 0.5):has_log_density(), true)

-- Mixtures with full covariances against a quadrature over the same density.
local means = {{-1, 0}, {1.5, 1}}
local matrices = {{{1, 0.6}, {0.6, 0.8}}, {{0.3, -0.1}, {-0.1, 0.2}}}
local mix = target.gaussian_mixture{means = means, covariances = matrices, weights = {0.4, 0.6}}
local by_density = target.define{name = "same", dimension = 2, log_density = function(x)
  local parts = {}
  for k, weight in ipairs{0.4, 0.6} do
    local c, m = matrices[k], means[k]
    local determinant = c[1][1] * c[2][2] - c[1][2]^2
    local a, b = x:column(1) - m[1], x:column(2) - m[2]
    local q = (c[2][2] * a^2 - 2 * c[1][2] * a * b + c[1][1] * b^2) / determinant
    parts[k] = -q / 2 + math.log(weight / (2 * math.pi * math.sqrt(determinant)))
  end
  return tensor.stack(parts, 1):logsumexp(1)
end}
agrees(mix, function(x, _, _, process, t)
  local m = by_density:model(process)
  return {score = m:score(x, t), mean = m:denoise(x, t), log_density = m:log_density(x, t)}
end, 1e-6)
local x = double{{0, 1}, {2, 2}, {-1, 0.3}}
check.near(apart(mix:log_density(x), by_density:log_density(x)), 0, 1e-12)
check.near(apart(mix:score(x), by_density:score(x)), 0, 1e-10)

-- With covariances σ² I it is the isotropic mixture; one matrix serves all; gradients pass.
local same = target.gaussian_mixture{means = means, stds = 0.5}
local one = target.gaussian_mixture{means = means, covariances = {{0.25, 0}, {0, 0.25}}}
for _, t in ipairs{0.1, 0.9} do
  check.near(apart(same:model(sde.vp()):score(x, t), one:model(sde.vp()):score(x, t)), 0, 1e-12)
end
local m = mix:model(sde.vp())
check.near(apart(grad(function(x) return m:log_density(x, 0.3):sum() end)(x), m:score(x, 0.3)), 0, 1e-11)
local step = double{{1e-5, 0}}
local slope = (m:score(x + step, 0.3):sum() - m:score(x - step, 0.3):sum()):item() / 2e-5
check.near(grad(function(x) return m:score(x, 0.3):sum() end)(x):column(1):sum():item(), slope, 1e-6)

-- Far away: normalised, finite, and the component that is nearest in its own metric.
local far = double{{1e6, 0}, {1e200, 1e200}}
local pull = mix:model(sde.edm()):score(far, 0.5)
assert(pull:is_finite():all():item())
local broad = double{{1.25, 0.6}, {0.6, 1.05}}
local wanted = -linalg.solve(broad, (far[{ {1, 1} }] - double{{-1, 0}}):transpose()):transpose()
check.near(apart(pull[{ {1, 1} }], wanted) / 1e6, 0, 1e-9)
check.equal(m:score(tensor{{1e30, 0}}, 0.5):is_finite():all():item(), true)

-- Samples have the moments, and do not depend on how many are drawn.
local y = full:sample(40000, {seed = 3}):to("float64")
local centred = y - y:mean(1)
local found = centred:transpose():matmul(centred) / 40000
assert(apart(y:mean(1), mean) < 0.1)
assert(apart(found, covariance) / covariance:abs():max():item() < 0.04)
check.equal(apart(full:sample(3, {seed = 3}), full:sample(40000, {seed = 3})[{ {1, 3} }]), 0.0)
local left = mix:sample(40000, {seed = 4}):column(1):less(0.3):to("float32"):mean():item()
check.near(left, 0.4 * 0.9032 + 0.6 * 0.0142, 0.012)

-- Finite laws: weights, and those of 0 leave no trace.
local bit = target.finite{points = {-1, 1}}
local biased = target.finite{points = {{-1}, {1}, {7}}, weights = {1, 3, 0}}
check.equal(tostring(biased), "finite(2 points, d = 1)")
agrees(biased, function(x, r, s)
  local up = 1 / (1 + (-(2 * r * x) / s^2):exp() / 3)
  local mean = up * 2 - 1
  return {score = (mean * r - x) / s^2, mean = mean}
end, 1e-9)
check.near(biased:sample(40000, {seed = 1}):mean():item(), 0.5, 0.02)
check.near(apart(bit:model(sde.vp()):score(x:column(1):unsqueeze(2), 0.4),
  target.empirical(tensor{{-1}, {1}}):model(sde.vp()):score(x:column(1):unsqueeze(2), 0.4)), 0, 0)

-- Products: ±1 coordinates have the score (a tanh(a x/Δ) − x)/Δ; a product of mixtures is a mixture.
local bits = target.product(bit, {count = 16})
check.equal({bits.dimension, tostring(bits)}, {16, "product(finite^16, d = 16)"})
agrees(bits, function(x, a, s)
  local delta = s^2
  return {score = (a * (a * x / delta):tanh() - x) / delta, mean = (a * x / delta):tanh()}
end, 1e-9)
local line, other = target.gaussian_mixture{means = {-2, 1}, stds = 0.5}, target.gaussian{mean = 3, std = 2}
local both = target.product{line, other}
local joint = target.gaussian_mixture{means = {{-2, 3}, {1, 3}},
  covariances = {{{0.25, 0}, {0, 4}}, {{0.25, 0}, {0, 4}}}}
agrees(both, function(x, _, _, process, t)
  local m = joint:model(process)
  return {score = m:score(x, t), mean = m:denoise(x, t), log_density = m:log_density(x, t)}
end, 1e-9)
check.near(apart(both:log_density(x), joint:log_density(x)), 0, 1e-12)
check.near(apart(both:noised(sde.vp(), 0.5):score(x), joint:noised(sde.vp(), 0.5):score(x)), 0, 1e-10)
local z = bits:sample(20000, {seed = 1})
check.equal(z:abs():min():item(), 1.0)
assert(z:mean(1):abs():max():item() < 0.04)
assert((z:column(1) * z:column(2)):mean():abs():item() < 0.04)
check.equal(apart(bits:sample(2, {seed = 1}), z[{ {1, 2} }]), 0.0)
local times = double{0.2, 0.5, 0.9}
for row = 1, 3 do
  check.near(apart(both:model(sde.vp()):score(x, times)[row], both:model(sde.vp()):score(x, times[row]:item())[row]), 0, 1e-12)
end

-- What is wrong is told by name.
local function raises(name, message, options)
  check.raises("target." .. name .. ": " .. message, function() return target[name](options) end)
end
raises("gaussian", "covariance must be symmetric, got 0.2 at [2, 1] and 0.3 at [1, 2]", {covariance = {{1, 0.3}, {0.2, 1}}})
raises("gaussian", "covariance must have no negative eigenvalue, got -1 beside 3", {covariance = {{1, 2}, {2, 1}}})
raises("gaussian", "covariance must be variances of 0 or more, got -1", {covariance = {1, -1}})
raises("gaussian", "covariance must be finite numbers, got nan", {covariance = {{0/0}}})
raises("gaussian", "covariance must be a matrix [d, d] or d variances, got shape [1, 2]", {covariance = {{1, 2}}})
raises("gaussian", "covariance and std must not both be given", {covariance = {{1}}, std = 1})
raises("gaussian", "mean must have 2 numbers, one for each coordinate of the covariance, got 3", {mean = {1, 2, 3}, covariance = {1, 1}})
raises("gaussian", "std must be 0 or more and finite, got -1", {mean = 0, std = -1})
raises("gaussian", "mean is required where covariance and std do not say how many coordinates there are", {})
raises("gaussian_mixture", "stds and covariances must not both be given", {means = {1}, stds = 1, covariances = {{{1}}}})
raises("gaussian_mixture", "covariances must have shape [2, 1, 1] or [1, 1], a matrix for each mean or one for all, got [1, 1, 1]",
  {means = {1, 2}, covariances = {{{1}}}})
raises("gaussian_mixture", "covariances[2] must have no negative eigenvalue, got -1 beside 3",
  {means = {{1, 2}, {3, 4}}, covariances = {{{1, 0}, {0, 1}}, {{1, 2}, {2, 1}}}})
raises("finite", "weights must be 2 numbers, one for each point, got 1", {points = {1, 2}, weights = {1}})
raises("finite", "weights must be 0 or more and finite, got -1", {points = {1, 2}, weights = {1, -1}})
raises("finite", "weights must not all be 0", {points = {1, 2}, weights = {0, 0}})
raises("finite", "points must be finite, got nan in row 2", {points = {1, 0/0}})
raises("product", "factors must be of vectors, got empirical(2 points, 2×2) at position 2", {bit, target.empirical(tensor.ones{2, 2, 2})})
