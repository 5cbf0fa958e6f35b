-- theory.random_features: its constants, edges and losses against known digits, draws of the noise and gradient
-- descent.
local check = require "check"

-- a = E[σ(g) g] of tanh, and the constants at two times; b² = Δ a².
local process = sde.ou()
local function check_constants(known, t, a, b, v2, s2)
  check.near(known.a, a, 5e-7)
  check.near(known.b, b, 5e-7)
  check.near(known.v2, v2, 5e-7)
  check.near(known.s2, s2, 5e-7)
  check.near(known.b^2, (1 - math.exp(-2 * t)) * known.a^2, 1e-14)
end
for _, row in ipairs{
  {0.01, 0.605706, 0.085233, 0.025542, 0.0018736}, {0.1, 0.605706, 0.257884, 0.0138415, 0.0135739},
} do
  local known = theory.random_features_spectrum{psi_p = 64, psi_n = 8, sde = process, time = row[1]}
  check_constants(known, table.unpack(row))
  for _, name in ipairs{"a", "b", "v2", "s2"} do
    check.rejects(name .. " off by a thousandth", check_constants, check.altered(known, name, known[name] * 1.001),
      table.unpack(row))
  end
  local swapped = check.altered(check.altered(known, "v2", known.s2), "s2", known.v2)
  check.rejects("v² and s² swapped", check_constants, swapped, table.unpack(row))
end

-- The bulk at ψ_p = 64, ψ_n = 8, and the memorization times.
local edges = theory.random_features_spectrum{psi_p = 64, psi_n = 8, sde = process, time = 0.01}
check.near(edges.bulk[1], 0.0873, 5e-5)
check.near(edges.bulk[2], 0.3762, 5e-5)
assert(edges.large[1] < 10 and edges.large[2] > 45)
check.near(edges.weights.s2, 1 - 9 / 64, 1e-12)
check.near(edges.weights.bulk, 8 / 64, 1e-12)
for _, row in ipairs{{4, 2556}, {8, 5899}, {16, 12878}, {32, 22138}} do
  local known = theory.random_features_spectrum{psi_p = 64, psi_n = row[1], sde = process, time = 0.1}
  check.near(known.tau_mem, row[2], 0.5)
end

-- As many large eigenvalues as dimensions, the upper end of the bulk, and the trace.
local d, p, n = 40, 640, 160
local flow = theory.random_features{dimension = d, width = p, count = n, sde = process, time = 0.1, seed = 1}
edges = theory.random_features_spectrum{psi_p = p / d, psi_n = n / d, sde = process, time = 0.1}
local values = flow.eigenvalues
assert(values[d]:item() > 10 * values[d + 1]:item())
assert(values[1]:item() < edges.large[2] and values[d]:item() > edges.large[1])
check.near(values[d + 1]:item() / edges.bulk[2], 1, 0.08)
check.near(values:sum():item() / p, 0.3943, 0.02)
check.equal(tostring(flow), "random_features_flow(d = 40, p = 640, n = 160)")

-- Without training the loss is 1 and the error of the score E‖x‖²/Γ² d = 1.
local train, test, score = flow:losses(0)
check.near(train, 1, 1e-12)
check.near(test, 1, 1e-12)
check.near(score, 1, 1e-9)
-- First both fall; in the end the training loss goes on and the test loss is far above its least.
local taus = (tensor.linspace(0, 9, 19, {dtype = "float64"}) * math.log(10)):exp()
train, test, score = flow:losses(taus)
for k = 2, 19 do assert(train[k]:item() < train[k - 1]:item() + 1e-12) end
assert(test[19]:item() > 1.2 * test:min():item())
check.near((test - train):min():item(), 0, 0.02)
-- The loss less that of the exact score, over Δ.
local delta = 1 - math.exp(-0.2)
check.near(((test - (1 - delta)) / delta - score):abs():max():item(), 0, 1e-9)

-- Gradient descent on an average over many draws comes to the same losses, train and test. Small, so that the
-- exact mean of the noise is met by brute force: the law's from 200,000 points, the noise's from 20,000 draws.
local small = {dimension = 4, width = 6, count = 3, sde = process, time = 0.3, seed = 7}
flow = theory.random_features(small)
local drawn = {}
for name, value in pairs(small) do drawn[name] = value end
drawn.draws = 20000
local rough = theory.random_features(drawn)
local function check_draws(flow)
  check.near((flow.eigenvalues - rough.eigenvalues):abs():max():item(), 0, 0.02)
  for _, tau in ipairs{1, 30, 1e3} do
    local a, b, c = flow:losses(tau)
    local x, y, z = rough:losses(tau)
    check.near(a, x, 0.02)
    check.near(b, y, 0.02)
    check.near(c, z, 0.05)
  end
end
check_draws(flow)
check.rejects("an eigenvalue off by a twentieth", check_draws,
  check.altered(flow, "eigenvalues", flow.eigenvalues * 1.05))
check.rejects("training and test loss swapped", check_draws, check.altered(flow, "losses", function(_, tau)
  local a, b, c = flow:losses(tau)
  return b, a, c
end))
check.rejects("a training time ten times as long", check_draws,
  check.altered(flow, "losses", function(_, tau) return flow:losses(10 * tau) end))

-- The test loss by points of the law: those of a data set so large that train and test agree.
local large = theory.random_features{dimension = 4, width = 6, count = 100000, sde = process, time = 0.3, seed = 7}
for _, tau in ipairs{1, 30, 1e3} do
  local a, b = large:losses(tau)
  check.near(a, b, 0.01)
end

-- Fewer noisy points than features: null modes, which have no part in the losses.
local few = theory.random_features{dimension = 5, width = 30, count = 4, draws = 2, sde = process, time = 0.1, seed = 1}
check.equal(few.eigenvalues:greater(0):to("int64"):sum():item(), 8)
train, test = few:losses(math.huge)
check.near(train, 0, 1e-10)
assert(test > 1 and test < math.huge)

check.raises("theory.random_features: time must be where the noise is finite and above 0, got std = 0",
  theory.random_features, {dimension = 4, width = 6, count = 5, sde = process, time = 0})
check.raises("random_features_flow.losses: tau must be a training time of 0 or more, got -1", flow.losses, flow, -1)
