-- Speciation, cloning and collapse: formulas to their published digits, and the same times measured on samples.
local check = require "check"

local function times(law, n, options)
  options = options or {}
  options.n, options.seed = n, 1
  local t, info = theory.collapse_time(law, options)
  return t, info
end
local function normal(d, variance) return target.gaussian{mean = tensor.zeros{d}, std = (variance or 1)^0.5} end

-- Speciation: ½ ln Λ, from a number, a matrix and data.
check.near(theory.speciation_time{variance = 16}, math.log(4), 1e-14)
check.near(theory.speciation_time{covariance = {{9, 0}, {0, 2}}}, math.log(3), 1e-12)
local line = target.gaussian{covariance = {{8, 4}, {4, 5}}}
local largest = linalg.eigvalsh(tensor{{8, 4}, {4, 5}}):max():item()
check.near(theory.speciation_time{data = line:sample(20000, {seed = 1})}, math.log(largest) / 2, 0.02)
local few = random.stream(1):normal({5, 40}, {dtype = "float64"}) * 3
local full = few - few:mean(1, {keepdim = true})
check.near(theory.speciation_time{data = few}, math.log(linalg.eigvalsh(full:transpose():matmul(full) / 5):max():item()) / 2, 1e-9)
-- Another diffusion: the time of the same signal to noise.
local vp = sde.vp()
local t = theory.speciation_time{variance = 16, sde = vp}
check.near((vp:alpha(t) / vp:sigma(t))^2, 1 / 15, 1e-9)
check.raises("theory.speciation_time: the largest variance must be above 1 for a speciation time, got 0.5",
  function() theory.speciation_time{variance = 0.5} end)
check.raises("theory.speciation_time: one of data, covariance and variance is required, got 0 of them",
  function() theory.speciation_time{} end)

-- Cloning: 0.7752 at t_S = ½ ln(d μ²) in every d, ½ and 1 at the ends, and as the integral in Biroli et al., Eq. 6.
for _, d in ipairs{1, 16, 256, 4096, 10^6} do
  check.near(theory.cloning(math.log(d) / 2, {separation = d^0.5}), 0.7752, 5e-5)
end
check.near(theory.cloning(30, {separation = 10}), 0.5, 1e-12)
check.near(theory.cloning(0, {separation = 10}), 1, 1e-12)
local m, std, at = 5, 0.7, 1.1
local width = 1 - math.exp(-2 * at) + std^2 * math.exp(-2 * at)
local sum, step = 0, 1e-3
for k = -20000, 20000 do
  local y = k * step
  local a = math.exp(-(y - m * math.exp(-at))^2 / 2 / width)
  local b = math.exp(-(y + m * math.exp(-at))^2 / 2 / width)
  if a + b > 0 then sum = sum + (a^2 + b^2) / (a + b) end
end
local function check_cloning(found) check.near(found, sum * step / 2 / (2 * math.pi * width)^0.5, 1e-9) end
check_cloning(theory.cloning(at, {separation = m, std = std}))
check.rejects("a time off by a millionth", check_cloning, theory.cloning(at * (1 + 1e-6), {separation = m, std = std}))
check.rejects("no variance of the class", check_cloning, theory.cloning(at, {separation = m}))

-- The potential of the classes: one well, two wells, and the turn between them at ½ ln(2 d μ²).
for _, case in ipairs{{100, 1}, {7, 0.5}} do
  local d, mu = table.unpack(case)
  local turn = 0.5 * math.log(2 * d * mu^2)
  local _, curvature = theory.class_potential(0, turn, {mu = mu, dimension = d})
  check.near(curvature, 0, 1e-12)
  local h, later = 1e-3, turn + 0.3
  local v, slope = theory.class_potential({-h, 0, h}, later, {mu = mu, dimension = d})
  check.near(((v[1] + v[3] - v[2] * 2) / h^2):item(), slope, 1e-5)
  assert(slope > 0)
end

-- Collapse of normal laws: the closed form, in its published examples.
for _, case in ipairs{{1000, 10, 0.145}, {1e4, 10, 0.0863}, {1e6, 100, 0.711}, {60000, 784, 1.79}, {50000, 3072, 2.48}} do
  local n, d, want = table.unpack(case)
  local found, info = times(normal(d), n)
  check.near(found, want, 0.006 * want)
  check.near(found, 0.5 * math.log(1 + 1 / (n^(2 / d) - 1)), 1e-9)
  check.equal(info.method, "closed form")
end
check.near(times(normal(20, 3), 500), 0.5 * math.log(1 + 3 / (500^(2 / 20) - 1)), 1e-9)

-- Collapse of binary and normal coordinates at α = ln n/d.
for _, row in ipairs{{0.1, 0.2214, 0.854, 0.2216, 0.853}, {0.2, 0.4918, 0.555, 0.4959, 0.552}, {0.3, 0.822, 0.398, 0.845, 0.390},
    {0.5, 1.718, 0.229, 2.00, 0.203}, {0.6, 2.320, 0.179, 3.24, 0.134}} do
  local n = math.exp(row[1] * 20)
  local bits = target.binary{dimension = 20}
  local a, normal_info = times(normal(20), n)
  local b, info = times(bits, n)
  check.near(normal_info.snr, row[2], 6e-4)
  check.near(a, row[3], 6e-4)
  check.near(info.snr, row[4], 6e-3 * row[4])
  check.near(b, row[5], 8e-4)
  check.equal(info.method, "quadrature")
  local function check_root(t) check.near(theory.excess_entropy(bits, t, {n = n}), 0, 1e-9) end
  check_root(b)
  check.rejects("a collapse time off by a millionth", check_root, b * (1 + 1e-6))
end
-- I₁ of a bit is snr − E ln cosh(snr + √snr z), and never more than ln 2.
local snr, total = 1.3, 0
for k = -1000, 1000 do
  local z = k / 100
  total = total + math.exp(-z^2 / 2) / (2 * math.pi)^0.5 / 100 * math.log((math.exp(snr + snr^0.5 * z) + math.exp(-snr - snr^0.5 * z)) / 2)
end
check.near(theory.mutual_information(target.binary{dimension = 3}, snr), 3 * (snr - total), 1e-9)
check.near(theory.mutual_information(target.binary{dimension = 1}, 1e4), math.log(2), 1e-9)
local covered, info = times(target.binary{dimension = 6}, 64)
check.equal({covered, info.snr}, {0.0, math.huge})

-- Monte Carlo agrees with what is exact: a mixture of one shape in many dimensions, by both ways.
local far = target.gaussian_mixture{means = tensor.stack{tensor.ones{8}, -tensor.ones{8}}, stds = {1, 1.0001}}
local found, from = times(far, 200, {draws = 20000})
check.equal(from.method, "monte carlo")
-- Along the line of the modes it is a mixture on the line, across a normal law of seven coordinates.
local split = target.product{target.gaussian_mixture{means = {-8^0.5, 8^0.5}}, target.gaussian{mean = {0, 0, 0, 0, 0, 0, 0}}}
local exact = theory.mutual_information(split, 0.7)
local value, se = theory.mutual_information(far, 0.7, {draws = 20000, seed = 2})
check.near(value, exact, 4 * se + 1e-3)
assert(se > 0 and se < 0.05 and from.se > 0 and from.se < 0.02)

-- Own weight: times on samples agree with the formula, for normal and binary coordinates.
for _, make in ipairs{normal, function(d) return target.binary{dimension = d} end} do
  local d, n = 30, 2000
  local law = make(d)
  local _, want = times(law, n)
  local _, got = theory.collapse_time(law:sample(n, {seed = 3}), {weight = 0.57, seed = 4})
  check.near(got.snr / want.snr, 1, 0.15)
  check.equal(got.method, "own weight")
end
-- The single dot at σ_c = A/√(2 ln n).
for _, side in ipairs{8, 16, 32} do
  local all = target.dots{size = side, amplitude = 3}:enumerate()
  local critical = 3 / (2 * math.log(side^2))^0.5
  check.near(theory.own_weight(all, critical, {sde = sde.edm(), draws = 4000, seed = 1}), 0.56, 0.04)
end
-- Without noise a point is its own; beyond all noise it is one of n; twice the same point shares.
local pair = tensor{{0, 0}, {5, 0}, {5, 0}}
check.near(theory.own_weight(pair, 1e-3, {sde = sde.edm(), draws = 3000, seed = 1}), 2 / 3, 0.02)
check.near(theory.own_weight(pair, 70, {sde = sde.edm(), seed = 1}), 1 / 3, 0.01)

check.raises("theory.collapse_time: n is required for a target", function() theory.collapse_time(normal(3)) end)
check.raises("theory.collapse_time: n must not be given with data, which have 3 points",
  function() theory.collapse_time(pair, {n = 3}) end)
