-- Curves, bumps and boards against closed forms that share nothing with their quadrature, and what they refuse.
local check = require "check"

local function double(values) return tensor(values, {dtype = "float64"}) end
local process = sde.edm()

-- A ring of radius R under noise σ: p(x) = exp(−(‖x‖² + R²)/2σ²) I₀(‖x‖R/σ²)/2πσ², with ln I₀ by the trapezoidal rule,
-- whose error falls faster than any power on a periodic function.
local function log_ring(distance, radius, sigma)
  local z, n = distance * radius / sigma^2, 4000
  local sum = 0
  for k = 1, n do sum = sum + math.exp(z * (math.cos(2 * math.pi * k / n) - 1)) end
  return -(distance - radius)^2 / (2 * sigma^2) + math.log(sum / n) - math.log(2 * math.pi * sigma^2)
end
local rings = target.rings{radii = {1, 2.5}, weights = {1, 3}, std = 0}
for _, sigma in ipairs{0.02, 0.1, 1, 10} do
  for _, distance in ipairs{0, 0.3, 1, 1.7, 2.6, 4} do
    local got = rings:model(process):log_density(double{{distance * 0.6, distance * 0.8}}, sigma):item()
    local a, b = log_ring(distance, 1, sigma) + math.log(0.25), log_ring(distance, 2.5, sigma) + math.log(0.75)
    local most = math.max(a, b)
    local want = most + math.log(math.exp(a - most) + math.exp(b - most))
    check.near(got, want, 1e-9 * math.max(1, math.abs(want)))
  end
end

-- A curve looked at from afar and from near: the posterior mean is the nearest point, and finite everywhere.
local ring = target.rings{radii = {2}, std = 0}:model(process)
local near = ring:denoise(double{{3, 4}}, 1e-6)
check.near(near[1][1]:item(), 1.2, 1e-9)
check.near(near[1][2]:item(), 1.6, 1e-9)
for _, far in ipairs{1e3, 1e30, 1e200, 1e300} do
  local mean = ring:denoise(double{{far, 0}}, 1)
  check.near(mean[1][1]:item(), 2, 1e-2)
  assert(ring:score(double{{far, 0}}, 1):is_finite():all():item())
end

-- Noise of one's own adds to that of the diffusion.
local thick = target.moons{std = 0.3}:model(process):log_density(double{{0.5, 0.2}}, 0.4):item()
check.near(target.moons{std = 0.5}:log_density(double{{0.5, 0.2}}):item(), thick, 1e-12)

-- Uniform on [a, b] under noise is Φ((b − x)/σ) − Φ((a − x)/σ) over b − a.
local box = target.uniform{low = -1, high = 2}
for _, sigma in ipairs{0.01, 0.3, 2} do
  local x = double{{-1.3}, {-1}, {0.2}, {1.99}, {2.1}}
  local function phi(end_) return ((end_ - x) / (sigma * 2^0.5)):erf() / 2 end
  local want = ((phi(2) - phi(-1)) / 3):reshape{5}
  local got = box:model(process):log_density(x, sigma):exp()
  assert((got - want):abs():max():item() < 1e-10)
end
-- The board is made of such intervals: twice as dense on half of the plane that it fills.
local board = target.checkerboard{squares = 4, side = 2}
check.near(board:log_density(double{{-3, -3}}):item(), -math.log(32), 1e-12)
check.equal(board:log_density(double{{-3, -1}}):item(), -math.huge)
local x = board:sample(4000, {seed = 1})
check.equal(board:log_density(x):min():item() > -math.huge, true)
assert(board:score(x):abs():max():item() == 0)

-- A bump: its value in the middle, its distribution function, and what lies beyond.
local bump = target.raised_cosine{means = {3}, half_widths = {2}}
check.near(bump:log_density(double{{3}}):item(), math.log(0.5), 1e-14)
check.equal(bump:log_density(double{{5}}):item(), -math.huge)
local score = bump:score(double{{5.5}}):item()
assert(score ~= score)
local values = bump:sample(20000, {seed = 1}):reshape{20000}:sort()
local u = (values:to("float64") - 3) / 2
local cdf = (1 + u + (u * math.pi):sin() / math.pi) / 2
local share = (tensor.arange(1, 20000, {dtype = "float64"}) - 0.5) / 20000
assert((cdf - share):abs():max():item() < 2 / 20000^0.5)
-- However narrow it is and however far from 0: a scan of the line would miss it.
local narrow = target.raised_cosine{means = {0, 1000}, half_widths = {1, 1e-3}}:model(process)
local wide = target.raised_cosine{means = {0}, half_widths = {1}}:model(process)
for _, sigma in ipairs{1e-4, 0.01, 0.05} do
  local there = narrow:log_density(double{{1000}}, sigma):item()
  local alone = target.raised_cosine{means = {1000}, half_widths = {1e-3}}:model(process):log_density(double{{1000}}, sigma):item()
  local here = narrow:log_density(double{{0.3}}, sigma):item() - wide:log_density(double{{0.3}}, sigma):item()
  check.near(there - alone, math.log(0.5), 1e-9)
  check.near(here, math.log(0.5), 1e-9)
  local scale = sigma * 1e3   -- the same bump about 0, a thousand times as wide
  local same = wide:log_density(double{{0}}, scale):item() + math.log(1000)
  check.near(alone, same, 1e-6)
end
check.raises("target.raised_cosine: half_widths must be at least 1e-9 of a bump's distance from 0, got 1e-300 at 1e+300",
  function() target.raised_cosine{means = {1e300}, half_widths = 1e-300} end)
-- It goes where a target on the line goes.
local law = target.raised_cosine{means = {-3, 3}}
local ou = sde.ou()
assert(metric.kl_at_time(law, law:model(ou), {time = 0.1}) < 1e-6)

-- What is missing is named.
local curve = target.spiral{std = 0}
check.equal(curve:has_log_density(), false)
check.raises("target 'spiral' has no density: its points lie on a curve; its noised marginals have one",
  function() curve:log_density(double{{0, 0}}) end)
check.raises("target 'spiral' has no score: its points lie on a curve; its noised marginals have one",
  function() curve:score(double{{0, 0}}) end)
check.raises("must not be differentiated under noise: what is known of it comes by quadrature, which passes no gradient; use detach()",
  function() grad.grad(function(y) return curve:model(ou):score(y, 1):sum() end)(double{{0, 0}}) end)
check.raises("target.rings: radii must be positive numbers, got -1", function() target.rings{radii = {1, -1}} end)
check.raises("target.uniform: high must be above low, got 1 and 1", function() target.uniform{low = 1, high = 1} end)
check.raises("target.raised_cosine: half_widths must be one number or 2, one for each bump, got 3",
  function() target.raised_cosine{means = {1, 2}, half_widths = {1, 2, 3}} end)
check.raises("target.mixture: targets must have one shape, got uniform([0, 1]) and, at position 2, moons(2 curves, std 0.1)",
  function() target.mixture{target.uniform(), target.moons()} end)
check.raises("target.mixture: weights must not all be 0", function() target.mixture({box}, {weights = {0}}) end)
