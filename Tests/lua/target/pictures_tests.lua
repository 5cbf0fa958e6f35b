-- Targets of pictures: rays, waves, patches, permuted pixels; what they know, and what they refuse.
local check = require "check"

local function double(x) return x:to("float64") end

-- A ray: points are multiples of the picture; exact under noise, held against a sum along the segment.
local image = random.stream(1):uniform{3, 4} + 0.2
local ray = target.ray{image = image, brightness = {0.5, 2}}
check.equal(ray.shape, {3, 4})
check.equal(ray.intrinsic_dimension, 1)
local x = double(ray:sample(200, {seed = 1}):reshape{200, 12})
local v = double(image:reshape{1, 12})
local factor = (x * v):sum(2, {keepdim = true}) / (v * v):sum()
assert((x - factor * v):abs():max():item() < 1e-6)
assert(factor:min():item() >= 0.5 - 1e-6 and factor:max():item() <= 2 + 1e-6)
check.near(factor:mean():item(), 1.25, 5.5 * 1.5 / math.sqrt(12 * 200))

local process = sde.edm()
local y = double(ray:sample(6, {seed = 2})) + random.stream(3):normal({6, 3, 4}, {dtype = "float64"}) * 0.3
local n = 4001
local s = tensor.linspace(0.5, 2, n):to("float64"):unsqueeze(2)
local flat = y:reshape{6, 12}
local squares = ((flat:unsqueeze(2) - (s * v):unsqueeze(1))^2):sum(3)
local weights = (-squares / (2 * 0.3^2)):softmax(2)
local mean = weights:matmul(s * v)
local model = ray:model(process)
local denoised = model:denoise(y, 0.3):reshape{6, 12}
assert((denoised - mean):abs():max():item() < 1e-4)
local score = model:score(y, 0.3):reshape{6, 12}
assert((score - (mean - flat) / 0.09):abs():max():item() < 1e-3)
-- Well inside of the segment the best denoiser has an error of σ² in all.
local inside = image:reshape{1, 3, 4} * 1.25 + random.stream(4):normal{2000, 3, 4} * 0.05
local squared = ((model:denoise(inside, 0.05) - image * 1.25)^2):sum(3):sum(2)
check.near(squared:mean():item() / 0.05^2, 1, 5.5 * math.sqrt(2 / 2000))
check.raises("target.ray: image must have a pixel other than 0, got norm 0",
  target.ray, {image = tensor.zeros{2, 2}})
check.raises("target.ray: brightness must be {least, most} with 0 <= least < most, got {1, 1}",
  target.ray, {image = image, brightness = {1, 1}})

-- Waves lie in a plane, and have the covariance of the closed form.
local waves = target.sines{size = {6, 8}, frequency = {1, 3}, intensity = {0.2, 0.5}, mean = 0.4}
check.equal(waves.intrinsic_dimension, 2)
local w = double(waves:sample(4000, {seed = 1}):reshape{4000, 48}) - 0.4
local values = linalg.svdvals(w)
assert(values[3]:item() < 1e-5 * values[1]:item())
local covariance = w:transpose():matmul(w) / 4000
local i, j = tensor.arange(0, 5):to("float64") / 6, tensor.arange(0, 7):to("float64") / 8
local angle = (i:unsqueeze(2) + 3 * j:unsqueeze(1)):reshape{48, 1} * (2 * math.pi)
local expected = (angle - angle:transpose()):cos() * ((0.5^3 - 0.2^3) / (3 * 0.3) / 2)
assert((covariance - expected):abs():max():item() < 5.5 * 0.5^2 / math.sqrt(4000))
-- Waves are known under noise: against a sum over phases and intensities, near and far, and as a score.
local few = target.sines{size = {4, 6}, frequency = {1, 1}, intensity = {0.3, 1}, mean = 0.2}
local count_a, count_p = 400, 240
local all = {}
for k = 1, count_a do
  local amplitude = 0.3 + 0.7 * (k - 0.5) / count_a
  local phase = tensor.arange(1, count_p):to("float64") * (2 * math.pi / count_p)
  local place = (tensor.arange(0, 3):to("float64") / 4):unsqueeze(2) + (tensor.arange(0, 5):to("float64") / 6):unsqueeze(1)
  all[k] = (place:reshape{1, 24} * (2 * math.pi) + phase:unsqueeze(2)):sin() * amplitude + 0.2
end
all = tensor.concatenate(all)
for _, t in ipairs{0.1, 0.5, 3} do
  local z = (double(few:sample(5, {seed = 3})) + random.stream(4):normal({5, 4, 6}, {dtype = "float64"}) * t)
  -- One point at the middle of the plane, where no direction is nearer than another.
  z[5] = 0.2
  local rows = z:reshape{5, 24}
  local shares = (linalg.distances(rows, all)^2 / (-2 * t * t)):softmax(2)
  local middle = shares:matmul(all)
  local m = few:model(process)
  assert((m:denoise(z, t):reshape{5, 24} - middle):abs():max():item() < 2e-4, t)
  assert((m:score(z, t):reshape{5, 24} - (middle - rows) / t^2):abs():max():item() < 2e-4 / t^2, t)
  local density = (linalg.distances(rows, all)^2 / (-2 * t * t)):logsumexp(2) - math.log(count_a * count_p) - 12 * math.log(2 * math.pi * t * t)
  -- At little noise the density in the middle comes from the inner edge alone, which the sum is too coarse for.
  local kept = {{1, t < 0.3 and 4 or 5}}
  assert((few:noised(process, t):log_density(z) - density)[kept]:abs():max():item() < 1e-3, t)
end
local still = target.sines{size = {4, 6}, frequency = {1, 1}, intensity = {0.5, 0.5}}
check.equal(still.intrinsic_dimension, 1)
-- Of one intensity the density is that of the narrow range around it.
local narrow = target.sines{size = {4, 6}, frequency = {1, 1}, intensity = {0.4999, 0.5001}}
local near = double(still:sample(5, {seed = 1})) + random.stream(8):normal({5, 4, 6}, {dtype = "float64"}) * 0.3
assert((still:noised(process, 0.3):log_density(near) - narrow:noised(process, 0.3):log_density(near)):abs():max():item() < 1e-5)
-- Well inside of the range the best denoiser has an error of 2 σ² in all, whatever the size of the picture.
local wide = target.sines{size = 16, intensity = {0.5, 1.5}}
local clean = target.sines{size = 16, intensity = {1, 1}}:sample(2000, {seed = 5})
local noisy_waves = clean + random.stream(6):normal{2000, 16, 16} * 0.05
local lost = ((wide:model(process):denoise(noisy_waves, 0.05) - clean)^2):sum(3):sum(2)
check.near(lost:mean():item() / 0.05^2, 2, 5.5 * 2 / math.sqrt(2000))
check.raises("target.sines: frequency must be two integers, not both 0, below half the size [6, 8] in size, got {3, 0}",
  target.sines, {size = {6, 8}, frequency = {3, 0}})
for _, extreme in ipairs{math.mininteger, math.maxinteger} do
  check.contains(select(2, pcall(target.sines, {size = 16, frequency = {extreme, 1}})), "frequency must be two integers")
end

-- A permutation of pixels is undone by its inverse, keeps channels together and what is known under noise.
local law = target.gaussian_mixture{means = random.stream(1):normal{3, 2, 2, 3}, stds = 0.4}
local mixed = target.shuffled(law, {seed = 5})
check.equal(mixed.shape, {2, 2, 3})
local points, behind = law:sample(10, {seed = 1}), mixed:sample(10, {seed = 1})
assert((points - behind):abs():max():item() > 0.1)
local order = {}
for place = 1, 6 do
  for from = 1, 6 do
    local a, b = points[{ {}, 1 }]:reshape{10, 6}:column(from), behind[{ {}, 1 }]:reshape{10, 6}:column(place)
    if (a - b):abs():max():item() == 0 then order[place] = from end
  end
end
check.equal(#order, 6)
local function permuted(x) return x:reshape{-1, 2, 6}[{ {}, {}, tensor(order, {dtype = "int64"}) }]:reshape(x.shape) end
assert((permuted(points) - behind):abs():max():item() == 0)
local noisy = double(points) + random.stream(2):normal({10, 2, 2, 3}, {dtype = "float64"}) * 0.3
for _, name in ipairs{"score", "denoise"} do
  local a, b = law:model(process), mixed:model(process)
  assert((permuted(a[name](a, noisy, 0.4)) - b[name](b, permuted(noisy), 0.4)):abs():max():item() < 1e-12, name)
end
assert((law:log_density(noisy) - mixed:log_density(permuted(noisy))):abs():max():item() < 1e-9)
check.rejects("another permutation", function()
  local other = target.shuffled(law, {seed = 6})
  assert((other:sample(10, {seed = 1}) - behind):abs():max():item() == 0)
end)
local data = random.stream(7):uniform{5, 4, 4}
local function sorted(x) return (x:reshape{-1, 16}:sort(2)) end
local drawn_again = target.shuffled(data, {seed = 2}):sample(20, {seed = 1})
check.equal(metric.nearest(sorted(drawn_again), sorted(data)):max():item(), 0.0)
check.equal(target.shuffled(data, {seed = 2}).shape, {4, 4})
check.equal(target.shuffled(target.disks{size = 12}).intrinsic_dimension, 5)

-- Patches are parts of the pictures, and every place is as likely.
local pictures = {tensor.arange(1, 12):reshape{3, 4} * 1.0, tensor.arange(101, 106):reshape{2, 3} * 1.0}
local patches = target.patches(pictures, {size = 2})
check.equal(tostring(patches), "patches(8 places in 2 pictures, 2×2)")
local drawn = patches:sample(8000, {seed = 1})
local corners = drawn[{ {}, 1, 1 }]
local step = drawn[{ {}, 1, 2 }] - corners
check.equal({step:min():item(), step:max():item()}, {1.0, 1.0})
for _, corner in ipairs{1, 2, 3, 5, 6, 7, 101, 102} do
  local share = corners:equal(corner):to("float32"):mean():item()
  check.near(share, 1 / 8, 5.5 * math.sqrt(7 / 64 / 8000))
end
local colours = target.patches(random.stream(1):uniform{2, 3, 8, 9}, {size = {4, 5}})
check.equal(colours:sample(2, {seed = 1}).shape, {2, 3, 4, 5})
check.raises("target.patches: images must be as large as a patch, [4, 4], got shape [3, 4] at position 1",
  target.patches, pictures, {size = 4})
check.raises("target.patches: images must have at least one picture, got none", target.patches, {}, {size = 2})
check.raises("target.patches: images must all be [h, w], or [c, h, w] with as many channels, got shape [] at position 1",
  target.patches, {tensor(-1.861)}, {size = 2})
check.raises("target.patches: images must be finite, got nan or inf at position 1", target.patches,
  {tensor{{1, 0/0}}}, {size = 1})

-- What only a procedure draws has neither density nor score, and says so.
local disks = target.disks{size = 12, supersampling = 1}
check.equal({disks:has_log_density(), disks:has_score(), disks:has_noised()}, {false, false, false})
check.raises("target.score: target 'disks' has no score: only the procedure that draws it is known",
  function() disks:score(disks:sample(1)) end)
check.equal(disks.intrinsic_dimension, 5)
check.equal(target.c_alpha{alpha = 2}.shape, {80, 80})
check.equal(target.c_alpha{alpha = 2}.intrinsic_dimension, nil)
check.equal(target.dots{size = 3}.intrinsic_dimension, 0)
check.equal(target.gaussian{mean = {0, 0}}.intrinsic_dimension, 2)
check.raises("target.disks: size must be at least 9 where radius is absent, got 8; give radius, as {1, 4}",
  target.disks, {size = 8})
check.raises("target.disks: radius must be {least, most} with 0 < least <= most <= 4, half the size, got {1, 5}",
  target.disks, {size = 8, radius = {1, 5}})
check.raises("target.c_alpha: size must be an integer from 2 to 4096, got 1", target.c_alpha, {alpha = 1, size = 1})
check.raises("target.c_alpha: alpha is required: a number of 0 or more", target.c_alpha, {})
