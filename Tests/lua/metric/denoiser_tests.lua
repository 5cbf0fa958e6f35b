-- metric.psnr_curve, sure, mmse_from_trace, effective_rank, subspace_alignment: closed forms and bad input.
local check = require "check"

-- A Wiener denoiser: E‖D(y) − x‖² = Σ σ² λ/(λ + σ²) = σ² tr J.
local d = 64
local lambda = tensor.arange(1, d, {dtype = "float64"})^-1
local law = target.gaussian{mean = tensor.zeros{d}, covariance = lambda}
local x = law:sample(4000, {seed = 1})
local sigmas = {0.05, 0.2, 1.0}
local function bayes(sigma) return (sigma^2 * lambda / (lambda + sigma^2)):mean():item() end
for _, process in ipairs{sde.ve(), sde.vp(), sde.linear_flow()} do
  local m = law:model(process)
  local r = metric.psnr_curve(m, x, {sigmas = sigmas, seed = 2})
  check.equal(r.n, 4000)
  check.equal(r.seed, 2)
  check.equal(r.sigma:table(), sigmas)
  for i, sigma in ipairs(sigmas) do
    local function check_level(scale)
      check.near(r.mse[i]:item() / bayes(sigma) * scale, 1, 0.01)
      check.near(10^(-r.psnr_in[i]:item() / 10) / sigma^2 * scale, 1, 0.03)
    end
    check_level(1)
    check.rejects("an error that is off by 4 %", check_level, 1.04)
    -- Decibels have about the standard deviation of 10/ln 10 ‖·‖²/E‖·‖².
    local shares = sigma^2 * lambda / (lambda + sigma^2)
    local spread = 10 / math.log(10) * (2 * (shares^2):sum():item())^0.5 / shares:sum():item() / 4000^0.5
    check.near(r.error[i]:item() / spread, 1, 0.15)
    -- Stein's estimate and the trace give the same error, without x.
    local y = x + sigma * random.stream(3):normal(x.shape)
    local function check_sure(truth, level)
      local s = metric.sure(m, y, {sigma = sigma, seed = 4, level = level})
      assert(s.low < truth and truth < s.high, tostring(s))
    end
    check_sure(bayes(sigma), 0.9999)
    check.rejects("an error that is off by a tenth", check_sure, bayes(sigma) * 1.1, 0.99)
    local known = metric.mmse_from_trace(m, y[{{1, 3}}], {sigma = sigma, exact = true})
    check.near(known.value, bayes(sigma), 1e-5 * sigma^2)
    check.near(metric.mmse_from_trace(m, y[{{1, 200}}], {sigma = sigma, probes = 20, seed = 1}).value / known.value, 1, 0.05)
  end
end

-- Exact and random traces agree on average; values of pictures; seeds.
local disks = target.disks{size = 16}:sample(400, {seed = 1}):unsqueeze(2)
local net = nn.unet{shape = {1, 16, 16}, blocks = 2, width = 8, sde = sde.ve{sigma_min = 0.01, sigma_max = 1}, seed = 1}
train(net, disks, {steps = 150, batch = 16, loss = loss.blind(), seed = 1, progress = false,
  optimizer = optim.adam{rate = 2e-3}})
local clean = target.disks{size = 16}:sample(200, {seed = 5}):unsqueeze(2)
local sigma = 0.2
local noisy = clean + sigma * random.stream(6):normal(clean.shape)
local function off(seed, assumed)
  local estimate = metric.sure(net, noisy, {sigma = assumed, seed = seed, each = true})
  local actual = ((net:denoise(noisy) - clean)^2):reshape{200, -1}:mean(2):to("float64")
  local difference = estimate - actual
  return difference:mean():item() / (difference:std():item() / 200^0.5)
end
assert(math.abs(off(1, sigma)) < 4, off(1, sigma))
assert(math.abs(off(2, sigma)) < 4, off(2, sigma))
assert(math.abs(off(1, sigma * 1.05)) > 4, "a noise level that is off by 5 % must be seen")
local few = noisy[{{1, 4}}]
local exact = metric.sure(net, few, {sigma = sigma, exact = true, each = true})
for i = 1, 4 do
  local J = net:jacobian(few[{i}])
  local residual = ((few[{i}] - net:denoise(few[{{i, i}}])[{1}])^2):sum():item()
  check.near(exact[i]:item(), (residual + 2 * sigma^2 * linalg.trace(J):item()) / 256 - sigma^2, 1e-5)
end
local many = metric.sure(net, few, {sigma = sigma, probes = 200, seed = 1, each = true})
check.near((many - exact):abs():max():item(), 0, 2e-3)
check.equal(metric.sure(net, few, {sigma = sigma, seed = 1}).value, metric.sure(net, few, {sigma = sigma, seed = 1}).value)
assert(metric.sure(net, few, {sigma = sigma, seed = 1}).value ~= metric.sure(net, few, {sigma = sigma, seed = 2}).value)
-- It is not the best denoiser: the trace alone is another number than its error.
local trace = metric.mmse_from_trace(net, noisy, {sigma = sigma, seed = 1})
assert(math.abs(trace.value / metric.sure(net, noisy, {sigma = sigma, seed = 1}).value - 1) > 0.05, tostring(trace))

-- Common random numbers: the noise of a row depends on seed and row alone.
local a = metric.psnr_curve(net, clean, {sigmas = {0.1, 0.3}, seed = 1})
local b = metric.psnr_curve(net, clean[{{1, 100}}], {sigmas = {0.3}, seed = 1})
local c = metric.psnr_curve(net, clean[{{1, 100}}], {sigmas = {0.3, 0.7}, seed = 1})
check.equal(b.psnr_out[1]:item(), c.psnr_out[1]:item())
check.near(a.psnr_in[1]:item() - a.psnr_in[2]:item(), 20 * math.log(3, 10), 1e-4)
check.equal(metric.psnr_curve(net, clean[{{1, 2}}], {seed = 1}).sigma.shape, {9})
check.near(metric.psnr_curve(net, clean[{{1, 2}}], {seed = 1}).psnr_in[9]:item(), 0, 0.5)
check.equal(tostring(metric.psnr_curve(net, clean[{{1, 1}}], {sigmas = {0.3}, seed = 1}).error[1]:item()):gsub("-", ""), "nan")

-- Ranks and angles
check.near(metric.effective_rank{1, 1, 1, 0}, 3, 1e-12)
check.near(metric.effective_rank(tensor{-2, 0, 0}), 1, 1e-12)
check.near(metric.effective_rank{0.5, 0.25, 0.25}, 2^1.5, 1e-12)
check.raises("metric.effective_rank: values must be finite and not all 0, got 2 with the sum 0", metric.effective_rank, {0, 0})
local s, t = 0.6, 0.8
local angle = metric.subspace_alignment(tensor{{1, 0, 0, 0}, {0, 1, 0, 0}}, tensor{{s, 0, t, 0}, {0, 1, 0, 0}})
check.near(angle.value, (0.36 + 1) / 2, 1e-7)
check.equal(angle.floor, 0.5)
check.near(metric.subspace_alignment(tensor{{1, 0, 0}, {1, 1, 0}}, tensor{{0, 1, 0}, {5, 2, 0}}).value, 1, 1e-12)
check.equal(metric.subspace_alignment(tensor{{1, 0, 0}}, tensor{{0, 1, 0}, {0, 0, 1}}).value, 0.0)
check.near(metric.subspace_alignment(tensor{{1, 1, 0}}, tensor{{0, 1, 0}, {0, 0, 1}}).value, 0.5, 1e-12)
local total = 0
for k = 1, 50 do
  local stream = random.stream(k)
  local r = metric.subspace_alignment(stream:normal{4, 5, 5}, stream:normal{6, 5, 5})
  total = total + r.value / 50
  check.equal(r.floor, 0.24)
end
check.near(total, 0.24, 0.03)

-- Bad input
local curve, sure = metric.psnr_curve, metric.sure
check.raises("metric.psnr_curve: sigmas must be positive numbers, got 0 at position 2", curve, net, clean, {sigmas = {1, 0}})
check.raises("metric.psnr_curve: sigmas must not be empty", curve, net, clean, {sigmas = {}})
check.raises("metric.psnr_curve: x has shape [200, 1, 16, 15], expected [n 1 16 16]", curve, net, clean[{{}, {}, {}, {1, 15}}])
check.raises("metric.psnr_curve: x must be finite, got nan or inf", curve, net, clean * (0/0))
check.raises("metric.psnr_curve: x must hold 1 picture or more, got 0", curve, net, tensor.zeros{0, 1, 16, 16})
check.raises("metric.psnr_curve: sigma must be a noise level of the diffusion, from 0 to 152.2, got 1000",
  curve, law:model(sde.vp()), x, {sigmas = {1000}})
check.raises("metric.sure: sigma must be a positive number, got 0", sure, net, noisy, {sigma = 0})
check.raises("metric.sure: sigma is required: a positive number", sure, net, noisy)
check.raises("metric.sure: y has shape [1, 16, 16], expected [n 1 16 16]: write :unsqueeze(1)", sure, net, noisy[{1}], {sigma = 1})
check.raises("metric.subspace_alignment: u must hold from 1 to d vectors, got shape [2, 1]", metric.subspace_alignment, tensor{{1}, {2}}, tensor{{1}})
check.raises("metric.subspace_alignment: v must be independent, got vector 2 in the space of those before it",
  metric.subspace_alignment, tensor{{1, 0}, {0, 1}}, tensor{{1, 1}, {2, 2}})
