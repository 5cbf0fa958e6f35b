-- metric.psnr and metric.ssim: scikit-image's numbers, shapes, intervals, bad input.
--
-- The numbers are of scikit-image 0.26 on the pictures below in float64:
--   from skimage.metrics import structural_similarity as ssim, peak_signal_noise_ratio as psnr
--   psnr(x, y, data_range=1)
--   ssim(x, y, data_range=1)
--   ssim(x, y, data_range=1, gaussian_weights=True, sigma=1.5, use_sample_covariance=False)
local check = require "check"

local float64 = {dtype = "float64"}
--- Two pictures that both languages can make: waves, and the same with a ripple.
local function waves(h, w, phase)
  local i = tensor.arange(0, h - 1, float64):unsqueeze(2)
  local j = tensor.arange(0, w - 1, float64):unsqueeze(1)
  local x = 0.5 + 0.25 * (0.37 * i + 0.21 * j + phase):sin() + 0.2 * (0.11 * i * j / 7):cos()
  local y = x * 0.93 + 0.04 * (1.7 * i - 2.3 * j):sin() + 0.02
  return x, y
end

local known = {
  {h = 20, w = 24, phase = 0, peak = 1, psnr = 28.890743796641, gaussian = 0.901428032541, uniform = 0.934750198280},
  {h = 33, w = 17, phase = 1, peak = 1, psnr = 28.653854063059, gaussian = 0.951393796394, uniform = 0.969057267850},
  {h = 64, w = 64, phase = 0.5, peak = 2, psnr = 34.957123103307, gaussian = 0.966150398183, uniform = 0.975221372717},
}
for _, row in ipairs(known) do
  local x, y = waves(row.h, row.w, row.phase)
  check.near(metric.psnr(x, y, {peak = row.peak}).value, row.psnr, 1e-9)
  check.near(metric.ssim(x, y, {peak = row.peak}).value, row.gaussian, 1e-9)
  check.near(metric.ssim(x, y, {peak = row.peak, window = "uniform"}).value, row.uniform, 1e-9)
  check.near(metric.ssim(x:to("float32"), y:to("float32"), {peak = row.peak}).value, row.gaussian, 1e-5)
  check.rejects("the other window", function()
    check.near(metric.ssim(x, y, {peak = row.peak, window = "uniform"}).value, row.gaussian, 1e-5)
  end)
end

-- Shapes: one picture, several, channels.
local x1, y1 = waves(20, 24, 0)
local x2, y2 = waves(20, 24, 1)
local x3, y3 = waves(20, 24, 2)
local x, y = tensor.stack{x1, x2, x3}, tensor.stack{y1, y2, y3}
for _, name in ipairs{"psnr", "ssim"} do
  local measure = metric[name]
  local each = measure(x, y, {each = true})
  check.equal(each.shape, {3})
  for i, pair in ipairs{{x1, y1}, {x2, y2}, {x3, y3}} do check.near(each[i]:item(), measure(table.unpack(pair)).value, 1e-12) end
  local r = measure(x, y)
  check.near(r.value, each:mean():item(), 1e-12)
  check.equal(r.n, 3)
  check.near((r.high - r.low) / 2, 1.959964 * each:std():item() / 3^0.5, 1e-6)
  check.equal(measure(x1, y1).low, nil)
  check.near(measure(x:unsqueeze(2), y:unsqueeze(2)).value, r.value, 1e-12)
  check.near(measure(y, x).value, r.value, 1e-12)
end
local colours = metric.ssim(x:unsqueeze(1), y:unsqueeze(1))
check.equal(colours.n, 1)
check.near(colours.value, metric.ssim(x, y).value, 1e-12)
check.near(metric.psnr(x:unsqueeze(1), y:unsqueeze(1)).value, -10 * math.log(((x - y)^2):mean():item(), 10), 1e-9)
check.equal(metric.psnr(x1, x1).value, math.huge)
check.near(metric.ssim(x1, x1).value, 1, 1e-12)
check.near(metric.psnr(x1 * 255, y1 * 255, {peak = 255}).value, metric.psnr(x1, y1).value, 1e-9)
check.near(metric.ssim(x1 * 255, y1 * 255, {peak = 255}).value, metric.ssim(x1, y1).value, 1e-9)

check.raises("metric.psnr: y has shape [20, 20], expected [20, 24] as x", metric.psnr, x1, y1[{{}, {1, 20}}])
check.raises("metric.psnr: x has shape [3], expected [h w], [n h w] or [n c h w] without a 0", metric.psnr, tensor{1, 2, 3}, tensor{1, 2, 3})
check.raises("metric.ssim: x must be pictures of 11×11 or more for window = 'gaussian', got 10×24", metric.ssim, x1[{{1, 10}}], y1[{{1, 10}}])
check.raises("metric.ssim: x must be pictures of 7×7 or more for window = 'uniform', got 6×24", metric.ssim, x1[{{1, 6}}], y1[{{1, 6}}], {window = "uniform"})
check.raises("metric.psnr: peak must be a positive number, got 0", metric.psnr, x1, y1, {peak = 0})
check.raises("metric.psnr: x must not be differentiated here; use its detach()",
  grad(function(z) return tensor(metric.psnr(z, y1).value) end), x1)
