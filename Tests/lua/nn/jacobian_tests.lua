-- model:jacobian and model:jacobian_eigenpairs: closed forms, the explicit matrix, every kind of network, bad input.
local check = require "check"

local function raises(message, f, ...) check.raises(message, f, ...) end
local function falling(values) return values:sort(1, {descending = true}) end
--- The largest ‖J v − λ v‖ of real pairs, from the matrix.
local function residuals(e, J)
  local v = e.vectors:reshape{#e.values, -1}:to("float64")
  local w = v:matmul(J:to("float64"):transpose())
  return (w - v * e.values:unsqueeze(2)):norm(2, 2)
end

-- A Wiener denoiser: of N(μ, C) under noise J = C (C + σ²)⁻¹, with eigenvalues λ/(λ + σ²).
local d = 24
local basis = linalg.qr(random.stream(1):normal({d, d}, {dtype = "float64"}))
local lambda = tensor.arange(1, d, {dtype = "float64"})^-1.5
local C = basis:matmul(tensor.diag(lambda)):matmul(basis:transpose())
local law = target.gaussian{mean = tensor.zeros{d}, covariance = C}
local y = random.stream(2):normal({d}, {dtype = "float64"})
local sigma = 0.3
local wiener = lambda / (lambda + sigma^2)
for _, process in ipairs{sde.ve(), sde.vp(), sde.linear_flow()} do
  local m = law:model(process)
  local e = m:jacobian_eigenpairs(y, {sigma = sigma, k = 6, block = 2, tolerance = 1e-9, seed = 1})
  local function check_values(scale)
    check.near((e.values * scale - wiener[{{1, 6}}]):abs():max():item(), 0, 1e-9)
  end
  check_values(1)
  check.rejects("eigenvalues off by 1e-8", check_values, 1 + 1e-8)
  assert(e.residuals:max():item() <= 1e-9)
  check.near(e.asymmetry, 0, 1e-9)
  check.near((e.vectors:matmul(basis[{{}, {1, 6}}]):abs() - tensor.eye(6, {dtype = "float64"})):abs():max():item(), 0, 1e-7)
  local J = m:jacobian(y, {sigma = sigma})
  check.near((J - basis:matmul(tensor.diag(wiener)):matmul(basis:transpose())):abs():max():item(), 0, 1e-9)
end
-- At a time y is x_t: λ α/(λ α² + σ²).
local process = sde.vp()
local t = 0.4
local alpha, noise = process:alpha(t), process:sigma(t)
local at_time = law:model(process):jacobian_eigenpairs(y, {t = t, k = 3, seed = 1, tolerance = 1e-9})
check.near((at_time.values - (lambda * alpha / (lambda * alpha^2 + noise^2))[{{1, 3}}]):abs():max():item(), 0, 1e-9)
-- Eigenvalues that occur several times.
local ball = target.gaussian{mean = tensor.zeros{30}, std = 1}:model(sde.ve())
local same = ball:jacobian_eigenpairs(tensor.ones{30}, {sigma = 0.5, k = 5, seed = 1})
check.near((same.values - 0.8):abs():max():item(), 0, 1e-5)
local gram = same.vectors:matmul(same.vectors:transpose())
check.near((gram - tensor.eye(5)):abs():max():item(), 0, 1e-5)

-- A linear network that is not symmetric: complex pairs, restarts, the exact asymmetry, the whole spectrum.
local n = 120
local A = tensor.diag(tensor.linspace(0.9, 0, n, {dtype = "float64"}))
A[{{1, 2}, {1, 2}}] = tensor({{1.2, -0.3}, {0.3, 1.2}}, {dtype = "float64"})
A[{{4, 5}, {4, 5}}] = tensor({{1.05, 0.2}, {-0.1, 1.05}}, {dtype = "float64"})
A[3][3] = 1.1
local turn = linalg.qr(random.stream(3):normal({n, n}, {dtype = "float64"}))
A = turn:matmul(A + 0.02 * random.stream(4):normal({n, n}, {dtype = "float64"}) / n^0.5):matmul(turn:transpose())
local linear = nn.define{dimension = n, sde = sde.ve(), predicts = "clean", parameters = {a = A:to("float32")},
  forward = function(p, x) return x:matmul(p.a:transpose()) end}
local point = random.stream(5):normal({n}, {dtype = "float64"})
local J = linear:jacobian(point, {sigma = 0.5})
check.near((J - A):abs():max():item(), 0, 1e-7)
local known = linalg.eigvals(A:to("float32"):to("float64"))
local reals = falling(known[{{}, 1}]:copy())
for _, subspace in ipairs{n, 64} do
  local e = linear:jacobian_eigenpairs(point, {sigma = 0.5, k = 12, block = 3, subspace = subspace, tolerance = 1e-6, seed = 2})
  check.near((e.values - reals[{{1, 12}}]):abs():max():item(), 0, 1e-5)
  assert(e.residuals:max():item() <= 1e-6, tostring(e))
  check.near(e.imaginary[1]:item(), 0.3, 0.03)
  check.equal(e.imaginary[2]:item(), -e.imaginary[1]:item())
  local v = e.vectors:to("float64")
  local p, q, a, b = v[{1}], v[{2}], e.values[1]:item(), e.imaginary[1]:item()
  check.near(((p^2):sum() + (q^2):sum()):item(), 1, 1e-6)
  check.near((J:matmul(p:unsqueeze(2)):squeeze(2) - (a * p - b * q)):norm():item(), 0, 2e-6)
  check.near((J:matmul(q:unsqueeze(2)):squeeze(2) - (b * p + a * q)):norm():item(), 0, 2e-6)
  check.contains(tostring(e), " of them complex")
end
local exact = linear:jacobian_eigenpairs(point, {sigma = 0.5, k = n, block = n, seed = 1})
check.near(exact.asymmetry, ((J - J:transpose()):norm() / J:norm()):item(), 1e-9)
check.near((exact.values - reals):abs():max():item(), 0, 1e-8)
check.equal(exact.products, 2 * n)
check.near(linear:jacobian_eigenpairs(point, {sigma = 0.5, k = 4, block = 60, seed = 1}).asymmetry, exact.asymmetry,
  0.3 * exact.asymmetry)

-- A trained U-Net: the leading pairs and the whole spectrum against the matrix.
local disks = target.disks{size = 16}:sample(400, {seed = 1}):unsqueeze(2)
local net = nn.unet{shape = {1, 16, 16}, blocks = 2, width = 8, sde = sde.ve{sigma_min = 0.01, sigma_max = 1}, seed = 1}
train(net, disks, {steps = 250, batch = 16, loss = loss.blind(), seed = 1, progress = false,
  optimizer = optim.adam{rate = 2e-3}})
local noisy = disks[{1}] + 0.2 * random.stream(6):normal{1, 16, 16}
local matrix = net:jacobian(noisy)
check.equal(matrix.shape, {256, 256})
local spectrum = linalg.eigvals(matrix:to("float64"))
local real_parts = falling(spectrum[{{}, 1}]:copy())
local leading = net:jacobian_eigenpairs(noisy, {k = 12, seed = 1})
check.equal(leading.vectors.shape, {12, 1, 16, 16})
assert(leading.residuals:max():item() <= 1e-3, tostring(leading))
assert(leading.products < 256 + 16, tostring(leading))
check.near((leading.values - real_parts[{{1, 12}}]):abs():max():item(), 0, 2e-3)
if leading.imaginary:abs():max():item() == 0 then
  local own = residuals(leading, matrix)
  check.near((own - leading.residuals):abs():max():item(), 0, 2e-5)
  check.rejects("residuals of the transpose", function()
    check.near((residuals(leading, matrix:transpose()) - leading.residuals):abs():max():item(), 0, 2e-5)
  end)
end
local whole = net:jacobian_eigenpairs(noisy, {k = 256, tolerance = 1e-5, seed = 1})
check.near((whole.values - real_parts):abs():max():item(), 0, 1e-4)
check.near(whole.values:sum():item(), linalg.trace(matrix):item(), 1e-3)
-- Without biases f(y) = ∇f(y) y, and f(c y) = c f(y).
for _, model in ipairs{net, nn.bf_cnn{shape = {1, 16, 16}, depth = 5, width = 16, sde = sde.ve(), seed = 1}} do
  local f = model:denoise(noisy:unsqueeze(1))
  local by_matrix = model:jacobian(noisy):matmul(noisy:reshape{256, 1}):reshape{1, 1, 16, 16}
  check.near(((f - by_matrix):norm() / f:norm()):item(), 0, 1e-5)
  check.near(((model:denoise(noisy:unsqueeze(1) * 3) - f * 3):norm() / f:norm()):item(), 0, 1e-5)
end
-- The same seed gives the same bits; a picture may come as a batch of one.
local again = net:jacobian_eigenpairs(noisy:unsqueeze(1), {k = 12, seed = 1})
check.equal(again.values:table(), leading.values:table())
check.equal(again.vectors:table(), leading.vectors:table())

-- Forward sweeps of every kind of network agree with reverse ones: ‖J v − λ v‖ by both.
local ve = sde.ve()
local networks = {
  nn.unet{shape = {1, 8, 8}, blocks = 1, width = 16, kernel = 5, sde = ve, seed = 1},
  nn.bf_cnn{shape = {3, 8, 8}, width = 16, depth = 4, sde = ve, seed = 1},
  nn.score_net{shape = {1, 17, 17}, channels = {8, 16, 16, 16}, embedding = 32, sde = sde.ve_power{base = 25}, seed = 1},
  nn.local_cnn{shape = {1, 8, 8}, width = 16, layers = 2, sde = sde.edm(), seed = 1},
  nn.ddpmpp{shape = {1, 8, 8}, channels = 8, multipliers = {1, 2}, blocks = 1, attention = {4}, sigma_data = 0.5,
    sde = sde.edm(), seed = 1},
  nn.residual_mlp{shape = {1, 8, 8}, width = 32, blocks = 1, sigma_data = 0.5, sde = sde.edm(), seed = 1},
  nn.score_mlp{dimension = 9, width = 16, sde = sde.vp(), seed = 1},
  nn.random_features{dimension = 9, width = 30, sde = sde.vp(), seed = 1},
  nn.define{shape = {1, 8, 8}, predicts = "residual", sde = ve, seed = 1, layers = nn.sequential{
    nn.conv2d{1, 16}, nn.batch_norm{16}, nn.silu(), nn.max_pool2d(), nn.upsample2d(), nn.skip(nn.conv2d{16, 16}),
    nn.group_norm{4, 32}, nn.relu(), nn.conv2d{32, 1}}},
  target.gaussian_mixture{means = {{-1, 0, 1}, {1, 2, 0}}, stds = 0.4}:model(ve),
}
for place, model in ipairs(networks) do
  for _, dtype in ipairs{"float32", "float64"} do
    local x = random.stream(place):normal(model.shape, {dtype = dtype})
    local level = model.predicts ~= "residual" and 0.7 or nil
    local size = x:reshape{-1}.shape[1]
    local J = model:jacobian(x, {sigma = level})
    local e = model:jacobian_eigenpairs(x, {sigma = level, k = math.min(4, size), block = 2, tolerance = 1e-5, seed = 1})
    local v, w, i = e.vectors:reshape{#e.values, -1}:to("float64"), nil, 1
    w = v:matmul(J:to("float64"):transpose())
    while i < #e.values do
      local a, b = e.values[i]:item(), e.imaginary[i]:item()
      local off
      if b == 0 then
        off, i = (w[{i}] - a * v[{i}]):norm(), i + 1
      else
        off, i = (w[{i}] - a * v[{i}] + b * v[{i + 1}]):norm() + (w[{i + 1}] - a * v[{i + 1}] - b * v[{i}]):norm(), i + 2
      end
      assert(off:item() < 5e-5, ("%s: %s, off by %g"):format(model, e, off:item()))
    end
  end
end
-- The matrix against differences.
local smooth = networks[6]
local x = random.stream(9):normal({1, 8, 8}, {dtype = "float64"})
local step = tensor.zeros({1, 8, 8}, {dtype = "float64"})
step[{1, 3, 5}] = 1e-5
local D = smooth:jacobian(x, {sigma = 0.7})
local slope = (smooth:denoise((x + step):unsqueeze(1), 0.7) - smooth:denoise((x - step):unsqueeze(1), 0.7)) / 2e-5
check.near((slope:reshape{64} - D[{{}, 21}]):abs():max():item(), 0, 1e-6)

-- Bad input
local pairs_of = "model.jacobian_eigenpairs: "
raises("model.jacobian_eigenpairs: y has shape [1, 8, 8], expected one picture of shape [1, 16, 16]", net.jacobian_eigenpairs, net, tensor.zeros{1, 8, 8})
raises("model.jacobian_eigenpairs: y has shape [3, 16, 16], expected one picture of shape [1, 16, 16]", net.jacobian_eigenpairs, net, tensor.zeros{3, 16, 16})
raises("model.jacobian: y has shape [2, 1, 16, 16], expected one picture of shape [1, 16, 16]", net.jacobian, net, tensor.zeros{2, 1, 16, 16})
raises("sigma must be a positive number, got 0", net.jacobian_eigenpairs, net, noisy, {sigma = 0})
raises(pairs_of .. "y must be finite, got nan or inf", net.jacobian_eigenpairs, net, noisy * (0/0))
raises("model.jacobian: y must be a float32 or float64 tensor, got int64", net.jacobian, net, noisy:to("int64"))
raises(pairs_of .. "k must be at most d = 256, got 257", net.jacobian_eigenpairs, net, noisy, {k = 257})
raises(pairs_of .. "subspace must be 2 (k + 2 block) = 32 or more, got 30", net.jacobian_eigenpairs, net, noisy, {k = 8, subspace = 30})
raises(pairs_of .. "sigma and t must not both be given", net.jacobian_eigenpairs, net, noisy, {sigma = 1, t = 0.5})
local told = networks[7]
raises("model.jacobian: sigma or t is required: only a blind model, predicts = 'residual', is told no noise level",
  told.jacobian, told, tensor.zeros{9})
raises("model.jacobian: sigma must be a noise level of the diffusion, from 0 to 152.2, got 1000", told.jacobian, told, tensor.zeros{9}, {sigma = 1000})
raises("model.jacobian: y must not be differentiated here; use its detach()",
  grad(function(z) return net:jacobian(z):sum() end), noisy)
raises("model.jacobian: model must not be differentiated here: the result has no gradient in its parameters; call this outside the loss or the function that grad differentiates",
  train, told, tensor.zeros{4, 9}, {steps = 1, progress = false, loss = function(score, batch)
    return score:jacobian(tensor.zeros{9}, {t = 0.5}):sum()
  end})
-- Its products end where they are told to, and it says so.
local early = net:jacobian_eigenpairs(noisy, {k = 12, seed = 1, max_products = 16, tolerance = 1e-6})
check.contains(tostring(early), "not converged")

-- Channels that are 0 at the picture are left out, and J is as of the whole network: by float64 and by reverse sweeps.
do
  local wide = nn.unet{shape = {1, 16, 16}, blocks = 2, width = 32, sde = ve, seed = 4}
  local path = os.tmpname() .. ".npz"
  nn.save_state(wide, path)
  local state = file.load(path)
  for name, value in pairs(state) do
    if #value.shape == 1 and name:find("weight$") then state[name] = value * 60 end
  end
  for _, place in ipairs{{"encoder.2.1", "encoder.2.2", 45}, {"mid.4", "mid.5", 90}, {"decoder.1.1", "decoder.1.2", 16}} do
    local weight, gamma, count = state[place[1] .. ".weight"], state[place[2] .. ".weight"], place[3]
    weight[{{1, count}}] = -(weight[{{1, count}}]:abs())
    gamma[{{1, count}}] = gamma[{{1, count}}]:abs()
  end
  file.save(path, state)
  nn.load_state(wide, path)
  local picture = random.stream(8):uniform{1, 16, 16}
  local J = wide:jacobian(picture)
  local function off(other) return ((J:to("float64") - other:to("float64")):norm() / J:to("float64"):norm()):item() end
  local reverse = grad.jacobian(function(x) return wide:denoise(x:unsqueeze(1)):reshape{256} end, picture)
  assert(off(reverse:reshape{256, 256}) < 1e-5)
  assert(off(wide:jacobian(picture:to("float64"))) < 1e-5)
  check.rejects("the Jacobian at another picture", function()
    assert(off(wide:jacobian(random.stream(9):uniform{1, 16, 16})) < 1e-5)
  end)
end
