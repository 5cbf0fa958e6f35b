-- moondrift.plane_unet: shapes, the same numbers from the same seed, a short training, and errors.
local check = require "check"
local plane_unet = require "moondrift.plane_unet"

local x = random.stream(1):normal{6, 1, 8, 8}
local options = {size = 8, width = 8, sde = sde.edm(), data = x, seed = 1}
local model = plane_unet.network(options)
check.equal(model.shape, {1, 8, 8})
check.equal(model.predicts, "edm")
local noisy = x + 0.5
check.equal(model:denoise(noisy, 0.5).shape, {6, 1, 8, 8})
assert(plane_unet.network(options):denoise(noisy, 0.5):equal(model:denoise(noisy, 0.5)):all():item())

-- The level counts: the same picture at another level has another mean.
assert((model:denoise(noisy, 0.5) - model:denoise(noisy, 0.6)):abs():max():item() > 1e-4)

-- Three pictures are learned by heart in some updates, far below what the untrained network has.
local few = x[{ {1, 3} }]
local fit = train(plane_unet.network{size = 8, width = 8, sde = sde.edm(), data = few, seed = 1}, few, {
  steps = 300, batch = 3, noises = 4, seed = 1, optimizer = optim.adam{rate = 3e-3}, progress = false, log_every = 10,
  loss = loss.denoising{weight = "edm"}, time = draw.log_normal{mean = -0.4, std = 1.2}})
local losses = fit.log.loss
assert(losses[#losses]:item() < 0.6 * losses[1]:item(), tostring(losses))

-- A network comes back from a file.
model:save("pictures.safetensors")
assert(plane_unet.load("pictures.safetensors"):denoise(noisy, 0.5):equal(model:denoise(noisy, 0.5)):all():item())
nn.define{name = "own", shape = {2}, sde = sde.edm(), predicts = "edm", sigma_data = 1, seed = 1,
  layers = {a = nn.linear{2, 2}}, forward = function(l, y) return l.a(y) end}:save("other.safetensors")
check.raises("plane_unet.load: other.safetensors holds another network", plane_unet.load, "other.safetensors")
check.raises("plane_unet.load: cannot read no.safetensors: No such file or directory", plane_unet.load, "no.safetensors")

for name, case in pairs{
  size = {"plane_unet.network: size must be a multiple of 4, got 6", 6},
  width = {"plane_unet.network: width must be a multiple of 8, got 12", 12},
} do
  check.raises(case[1], plane_unet.network, check.altered(options, name, case[2]))
end
check.raises("plane_unet.network: seed is required", plane_unet.network, {size = 8, width = 8, sde = sde.edm(), data = x})
check.raises("plane_unet.network: unknown option 'with' (did you mean width?)", plane_unet.network, {with = 8})
check.raises("plane_unet.network: size is required", plane_unet.network, {})
check.raises("plane_unet.network: data must hold points, got none", plane_unet.network,
  check.altered(options, "data", tensor.zeros{0, 1, 8, 8}))
