-- moondrift.vertex_net: what the plane and the order of the vertices do to a polygon they do to the prediction, before and after
-- training; gradients against differences; errors.
local check = require "check"
local vertex_net = require "moondrift.vertex_net"

local process = sde.edm{sigma_min = 0.01, sigma_max = 5}

local function turned(x, angle)
  local turn = tensor{{math.cos(angle), math.sin(angle)}, {-math.sin(angle), math.cos(angle)}}
  return x:reshape{-1, 2}:matmul(turn):reshape(x.shape)
end
local mirror = tensor{1, -1}

local function check_equivariance(model, x, tolerance)
  for _, level in ipairs{0.05, 0.5, 3} do
    local y = model:denoise(x, level)
    local function same(changed, expected, what)
      local off = (model:denoise(changed, level) - expected):abs():max():item()
      assert(off <= tolerance, ("%s at %g: off by %g"):format(what, level, off))
    end
    for _, angle in ipairs{0.3, 2, -1.2} do same(turned(x, angle), turned(y, angle), "turned") end
    same(x * mirror, y * mirror, "mirrored")
    for shift = 1, x.shape[2] - 1 do same(x:roll(shift, 2), y:roll(shift, 2), "another first vertex") end
    same(x:flip(2), y:flip(2), "the other sense")
  end
end

for _, v in ipairs{3, 4, 5, 6} do
  local x = target.polygon_vertices{vertices = v}:sample(12, {seed = v})
  local noisy = x + 0.3 * random.stream(1):normal(x.shape)
  local model = vertex_net.network{vertices = v, width = 16, layers = 2, sde = process, data = x, seed = 1}
  check_equivariance(model, noisy, 1e-5)
  if v == 5 then
    local fit = train(model, x, {steps = 60, batch = 12, noises = 4, seed = 1, optimizer = optim.adam{rate = 3e-3}, progress = false,
      loss = loss.denoising{weight = "edm"}, time = draw.log_normal{mean = -1.5, std = 1.2}, log_every = 5})
    local losses = fit.log.loss
    assert(losses[#losses]:item() < losses[1]:item(), tostring(losses))
    check_equivariance(fit.model, noisy, 1e-5)
    local y = sample.heun(fit.model, {count = 4, seed = 1, progress = false, times = schedule.karras(process, 8)})
    check.equal(y.shape, {4, 5, 2})
    check.equal(target.rasterize(y, {size = 12}).shape, {4, 12, 12})
    -- Another order of the vertices is another polygon: nothing is the same then.
    check.rejects("two vertices exchanged", function()
      local swapped = noisy:take(tensor({2, 1, 3, 4, 5}, {dtype = "int64"}), 2)
      local expected = fit.model:denoise(noisy, 0.5):take(tensor({2, 1, 3, 4, 5}, {dtype = "int64"}), 2)
      assert((fit.model:denoise(swapped, 0.5) - expected):abs():max():item() <= 1e-5)
    end)
  end
end

-- The gradient of the denoised points by the points, against differences.
do
  local x = target.polygon_vertices{vertices = 4}:sample(3, {seed = 2}):to("float64")
  local model = vertex_net.network{vertices = 4, width = 8, layers = 2, sde = process, data = x:to("float32"), seed = 3}
  local weights = random.stream(4):normal({3, 4, 2}, {dtype = "float64"})
  local function f(y) return (model:denoise(y, 0.4) * weights):sum() end
  local slope = grad(f)(x)
  for _, place in ipairs{{1, 1, 1}, {2, 3, 2}, {3, 4, 1}} do
    local step = tensor.zeros({3, 4, 2}, {dtype = "float64"})
    step[place] = 1e-5
    check.near((f(x + step) - f(x - step)):item() / 2e-5, slope[place]:item(), 1e-5)
  end
end

local x = target.polygon_vertices{vertices = 5}:sample(4, {seed = 1})
local options = {vertices = 5, sde = process, data = x, seed = 1}
check.raises("vertex_net.network: data must be vertices [n, 4, 2], got shape [4, 5, 2]", vertex_net.network,
  check.altered(options, "vertices", 4))
check.raises("vertex_net.network: vertices must be from 3 to 64, got 2", vertex_net.network,
  check.altered(options, "vertices", 2))
check.raises("vertex_net.network: layers must be a positive integer, got 0", vertex_net.network,
  check.altered(options, "layers", 0))
check.raises("vertex_net.network: sde is required", vertex_net.network, {vertices = 5, data = x, seed = 1})
check.raises("vertex_net.network: vertices must be an integer, got string", vertex_net.network, {vertices = "5"})
check.raises("vertex_net.network: data must hold points, got none", vertex_net.network,
  check.altered(options, "data", tensor.zeros{0, 5, 2}))
check.raises("vertex_net.network: the spread of data must be a positive number, got nan", vertex_net.network,
  check.altered(options, "data", x * (0 / 0)))
-- Every layer of every round has a part in the prediction.
do
  local model = vertex_net.network{vertices = 5, width = 8, layers = 2, sde = process, data = x, seed = 1}
  local before = model:denoise(x + 0.1, 0.3)
  for name, values in pairs(model:parameters()) do
    if name:find("weight$") then
      local kept = values:copy()
      values:fill(0)
      assert(not model:denoise(x + 0.1, 0.3):equal(before):all():item(), name)
      for row = 1, #kept do values[row] = kept[row] end
    end
  end
  assert(model:denoise(x + 0.1, 0.3):equal(before):all():item())
end
-- A network comes back from a file, and trains on.
do
  local model = vertex_net.network{vertices = 5, width = 8, layers = 2, sde = process, data = x, seed = 1}
  model:save("pentagons.safetensors")
  local again = vertex_net.load("pentagons.safetensors")
  assert(again:denoise(x + 0.1, 0.3):equal(model:denoise(x + 0.1, 0.3)):all():item())
  train(again, x, {steps = 2, batch = 4, seed = 1, progress = false, loss = loss.denoising{weight = "edm"}})
  assert(not again:denoise(x + 0.1, 0.3):equal(model:denoise(x + 0.1, 0.3)):all():item())
end
check.raises("vertex_net.load: cannot read no.safetensors: No such file or directory", vertex_net.load, "no.safetensors")
check.raises("vertex_net.network: sde must be an sde, got 5", vertex_net.network, check.altered(options, "sde", 5))
