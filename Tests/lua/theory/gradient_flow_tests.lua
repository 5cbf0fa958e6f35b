-- theory.gradient_flow against a program in NumPy, against gradient descent with small steps, and in its limits.
local check = require "check"

--- Features whose numbers float32 holds exactly.
local function features(activation)
  local m = nn.random_features{width = 8, time_features = 2, activation = activation, sde = sde.ou(), seed = 1}
  local p = m:parameters()
  p.omega[1] = 0.25
  for i = 0, 7 do
    p.w[{i + 1, 1}] = (i - 3) / 8
    p.u[{i + 1, 1}], p.u[{i + 1, 2}], p.u[{i + 1, 3}] = (i % 3 - 1) / 4, (i % 5 - 2) / 8, (i % 4 - 1.5) / 4
    p.a[{1, i + 1}] = i % 2 == 0 and 0.5 or -0.25
  end
  return m
end

local x = tensor({{-2}, {0.5}, {1.25}}, {dtype = "float64"})
local settings = {time = {0.1, 1.5}, times = 5, weight = function(t) return 1 + t end}

-- The numbers are those of this program, which draws on nothing of ours and takes the noise as noise:
--
--   i = np.arange(8); w = (i - 3) / 8; omega = 0.25; a0 = np.where(i % 2 == 0, 0.5, -0.25)
--   u = np.stack([(i % 3 - 1) / 4, (i % 5 - 2) / 8, (i % 4 - 1.5) / 4], 1); x0 = np.array([-2.0, 0.5, 1.25])
--   nodes, weights = np.polynomial.legendre.leggauss(5)
--   z, v = np.polynomial.hermite_e.hermegauss(100); v = v / v.sum()
--   G, c, noise = np.zeros((8, 8)), np.zeros(8), 0.0
--   for t, q in zip(0.1 + (nodes + 1) / 2 * 1.4, weights / 2):
--       alpha, sigma, lam = np.exp(-t), np.sqrt(1 - np.exp(-2 * t)), q * (1 + t)
--       x, p = (alpha * x0[:, None] + sigma * z).ravel(), np.tile(v, 3) / 3
--       e = np.array([np.sin(2 * np.pi * omega * t), np.cos(2 * np.pi * omega * t), 1])
--       phi = np.tanh(np.outer(x, w) + u @ e)
--       G += lam * (phi * p[:, None]).T @ phi
--       c += lam * (phi * p[:, None]).T @ (-np.tile(z, 3) / sigma)
--       noise += lam / sigma**2
--   gamma, V = np.linalg.eigh(G)
--   for tau in [1e1, 1e3, 1e5]:
--       r = 2 * gamma / 64
--       a = V @ (np.exp(-r * tau) * (V.T @ a0) - 8 / gamma * (V.T @ c) * np.expm1(-r * tau))
--       print(tau, a, a @ G @ a / 64 - 2 * a @ c / 8 + noise)
local known = {
  {1e1, 1.97611371737, {1.313575787, 0.5914359966, 1.038301006, -0.1880392958, -0.03442443275,
    -1.114139998, -0.7776699433, -1.561565708}},
  {1e3, 1.16043648694, {3.204030059, 4.397814403, 3.813246234, -0.3373739893, -3.084904474,
    -5.34118729, -6.458524365, -1.388025859}},
  {1e5, 1.00166096963, {34.02465997, 6.120116837, 30.81398487, -32.3939929, -1.194685002,
    -43.70900776, -5.352109361, 49.41793975}},
}
local smooth = features("tanh")
local flow = theory.gradient_flow(smooth, x, settings)
local function check_known(flow)
  check.equal(flow.rank, 8)
  for _, row in ipairs(known) do
    local tau, loss, coefficients = table.unpack(row)
    local a = flow:coefficients(tau)
    for i = 1, 8 do check.near(a[{1, i}]:item(), coefficients[i], 1e-6 * math.max(1, math.abs(coefficients[i]))) end
    check.near(flow:loss(tau), loss, 1e-8)
  end
  check.near(flow.eigenvalues[1]:item(), 1.35402457, 1e-8)
end
check_known(flow)

-- Mistakes that these numbers find.
check.rejects("an eigenvalue off by a millionth", check_known,
  check.altered(flow, "eigenvalues", flow.eigenvalues * (1 + 1e-6)))
check.rejects("a loss off by a millionth", check_known,
  check.altered(flow, "loss", function(_, tau) return flow:loss(tau) * (1 + 1e-6) end))
check.rejects("a training time off by a hundred-thousandth", check_known,
  check.altered(flow, "coefficients", function(_, tau) return flow:coefficients(tau * (1 + 1e-5)) end))
for mistake, wrong in pairs{
  ["the weighting swapped"] = {weight = function(t) return 1.6 - t + 1 end},
  ["the weighting inverted"] = {weight = function(t) return 1 / (1 + t) end},
  ["no weighting"] = {weight = false},
  ["a node too few"] = {times = 4},
  ["a point off by a millionth"] = {x = x * (1 + 1e-6)},
} do
  local options = {time = settings.time, times = wrong.times or settings.times}
  if wrong.weight ~= false then options.weight = wrong.weight or settings.weight end
  check.rejects(mistake, check_known, theory.gradient_flow(smooth, wrong.x or x, options))
end

-- With ReLU, by the same program with phi = np.maximum(…, 0) and noise on the nodes of a fine grid,
-- z = np.arange(-18000, 18001) / 2000, v = np.exp(-z**2 / 2); v = v / v.sum(). Kinks cost the square of the step.
local kinked = theory.gradient_flow(features("relu"), x,
  {time = {0.1, 1.5}, times = 5, weight = settings.weight, nodes = 256})
for _, row in ipairs{
  {1e1, 2.231280218, {0.6422215, 0.10768292, 1.0668004, -0.21707268, 0.48107729, -0.8182387, -0.13515375, -1.6995197}},
  {1e3, 1.062101346, {5.9392612, 8.9704888, 11.302208, 2.8146895, -0.18794527, -5.0220786, -5.6966885, -7.6967235}},
  {1e5, 0.9986275813, {11.1963, 21.929572, 4.8601189, 3.2122779, -38.727198, -4.0544063, -17.184006, -2.3956822}},
} do
  local tau, loss, coefficients = table.unpack(row)
  local a = kinked:coefficients(tau)
  for i = 1, 8 do check.near(a[{1, i}]:item(), coefficients[i], 1e-4 * math.max(1, math.abs(coefficients[i]))) end
  check.near(kinked:loss(tau), loss, 1e-5)
end
local function loss_with(nodes)
  return (theory.gradient_flow(features("relu"), x, {time = {0.1, 1.5}, times = 5, nodes = nodes}):loss(1e3))
end
local best = loss_with(256)
assert(math.abs(loss_with(32) - best) < 1e-5)
assert(math.abs(loss_with(8) - best) < 1e-3)

-- Gradient descent with the model's own loss, noise and all: its error falls by half with the step.
local parameters = smooth:parameters()
local points, targets, shares, times = {}, {}, {}, {}
do
  local node, share = {-math.sqrt(3 / 5), 0, math.sqrt(3 / 5)}, {5 / 18, 8 / 18, 5 / 18}
  for k = 1, 3 do
    local t = 0.8 + 0.7 * node[k]
    local alpha, sigma = math.exp(-t), math.sqrt(1 - math.exp(-2 * t))
    for i = 1, 3 do
      for step = -32, 32 do
        local z = step / 4
        points[#points + 1] = {alpha * x[i]:item() + sigma * z}
        targets[#targets + 1] = {-z / sigma}
        times[#times + 1] = t
        shares[#shares + 1] = {share[k] * sigma^2 / 3 * 0.25 * math.exp(-z^2 / 2) / math.sqrt(2 * math.pi)}
      end
    end
  end
end
local double = {dtype = "float64"}
points, targets, shares = tensor(points, double), tensor(targets, double), tensor(shares, double)
times = tensor(times, double)
local angle = times:reshape{#times, 1} * (2 * math.pi * 0.25)
local e = tensor.concatenate({angle:sin(), angle:cos(), tensor.ones({#times, 1}, double)}, 2)
local phi = (points:matmul(parameters.w:to("float64"):transpose())
  + e:matmul(parameters.u:to("float64"):transpose())):tanh()
local slope = grad(function(a)
  return (shares * (phi:matmul(a:transpose()) / 8 - targets)^2):sum()
end)
local function descend(tau, steps)
  local a = parameters.a:to("float64"):copy()
  for _ = 1, steps do a = a - slope(a) * (tau / steps) end
  return a
end
local short = {time = {0.1, 1.5}, times = 3}
flow = theory.gradient_flow(smooth, x, short)
local exact = flow:coefficients(100)
local coarse, fine = descend(100, 100), descend(100, 200)
local function check_limit(exact)
  local function off(descended) return (descended - exact):abs():max():item() end
  check.near(off(coarse) / off(fine), 2, 0.1)
  -- Both first-order errors taken out.
  assert(off(fine * 2 - coarse) < 0.05 * off(fine))
end
check_limit(exact)
check.rejects("a training time off by a hundredth", check_limit, flow:coefficients(101))
check.rejects("twice the rate", check_limit, flow:coefficients(200))

-- Draws of the noise come to the same, in their mean.
local drawn = theory.gradient_flow(smooth, x, {time = {0.1, 1.5}, times = 3, draws = 4000, seed = 1})
check.near(drawn:loss(1e3), (flow:loss(1e3)), 0.05)
check.near((drawn:coefficients(100) - exact):abs():max():item(), 0, 0.1)

-- A target in place of points, and the loss of its exact score.
local mix = target.gaussian_mixture{means = {-3, 3}}
local process = sde.vp()
local wide = nn.random_features{width = 60, sde = process, seed = 2}
flow = theory.gradient_flow(wide, mix, {test = mix, times = 128})
local train, test = flow:loss(1e4)
check.near(train, test, 1e-10)
train = flow:score_error(1e4)
check.near(test - train, metric.dsm_bayes_loss(mix, process), 1e-6)
local losses = flow:loss(tensor({0, 1e2, 1e4, 1e6}, double))
for k = 2, 4 do assert(losses[k]:item() < losses[k - 1]:item()) end
check.near(flow:loss(0), 1, 1e-9)

-- The model is an ordinary one, with the coefficients of its time and parameters of its own.
local model = flow:model(1e4)
check.near((model:parameters().a - flow:coefficients(1e4)):abs():max():item(), 0, 1e-3)
check.equal(wide:parameters().a:abs():max():item(), 0.0)
check.equal(sample.euler_maruyama(model, {count = 3, steps = 5, seed = 1}).shape, {3, 1})
assert(metric.kl_at_time(mix, flow:model(1e6), {time = 0.1}) < metric.kl_at_time(mix, flow:model(1e2), {time = 0.1}))

-- Features that are never active, or alike: the rank says so, and they stay as they start.
local poor = features("relu")
parameters = poor:parameters()
for _, i in ipairs{1, 2} do
  parameters.w[{i, 1}] = 0
  parameters.u[{i, 1}], parameters.u[{i, 2}], parameters.u[{i, 3}] = 0, 0, -1
end
for j = 1, 3 do parameters.u[{4, j}] = parameters.u[{5, j}]:item() end
parameters.w[{4, 1}] = parameters.w[{5, 1}]:item()
flow = theory.gradient_flow(poor, x, settings)
check.equal(flow.rank, 5)
check.equal(tostring(flow), "gradient_flow(8 features of rank 5, d = 1)")
for _, tau in ipairs{0, 1e3, math.huge} do
  local a = flow:coefficients(tau)
  check.near(a[{1, 1}]:item(), 0.5, 1e-9)
  check.near(a[{1, 2}]:item(), -0.25, 1e-9)
  -- What the two have apart does not change.
  check.near(a[{1, 4}]:item() - a[{1, 5}]:item(), -0.75, 1e-6)
end

-- More dimensions.
local plane = nn.random_features{dimension = 2, width = 20, sde = sde.vp(), seed = 3}
local cloud = random.stream(4):normal{30, 2}
flow = theory.gradient_flow(plane, cloud, {draws = 3, seed = 5, times = 4, test = random.stream(6):normal{50, 2}})
train, test = flow:loss(math.huge)
assert(train < flow:loss(0) and train < test)
check.equal(flow:coefficients(1).shape, {2, 20})
check.equal(flow:model(10):score(cloud, 0.5).shape, {30, 2})

check.raises("theory.gradient_flow: draws is required for d = 2: only on the line is the noise integrated by quadrature",
  theory.gradient_flow, plane, cloud)
check.raises("theory.gradient_flow: model must be an nn.random_features that predicts the score, got "
  .. "score_mlp(1 → 4 → 1, silu, 33 parameters)",
  theory.gradient_flow, nn.score_mlp{dimension = 1, width = 4, sde = sde.vp(), seed = 1}, x)
check.raises("theory.gradient_flow: data has shape [30, 2], expected [n d] with d = 1",
  theory.gradient_flow, smooth, cloud)
check.raises("theory.gradient_flow: time must be {first, last} with 0 <= first < last, got a table",
  theory.gradient_flow, smooth, x, {time = {2, 1}})
check.raises("gradient_flow.score_error: the exact score of noised data enters by quadrature only, and this flow "
  .. "has draws; use loss", flow.score_error, flow, 1)
check.raises("gradient_flow.model: tau must be a training time of 0 or more, got -1", flow.model, flow, -1)
