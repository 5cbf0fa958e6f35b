-- question: How well do two blind denoisers of photographs do after minutes of training?
-- source:   Kadkhodaie et al., ICLR 2024 (arXiv 2310.02557), appendix A; Mohan et al., ICLR 2020 (1906.05478)
-- run:      scripts/moondrift scripts/denoisers/photograph_denoisers.lua
-- time:     about 25 minutes on 2 cores (47 of processor time)
-- expect:   On patches of photographs that no training saw, the PSNR rises by 3 dB or more at sigma = 0.1 and by 7 dB or
--           more at sigma = 0.3, and falls by 1 dB at most at sigma = 0.01. The files are those that nn.pretrained reads.
--
-- The published loss |sigma z - f(y)|² with sigma = u² is nearly that of strong noise alone: after 300 updates of a narrow
-- U-Net its output at sigma = 0.01 had 25.3 dB, where the input has 40, and 21.1 dB at 0.3. Here the error counts
-- divided by sigma, at levels even in ln(sigma) (denoisers.losses.even): 38.3 and 20.3 dB of the same network. A patch of
-- 20×20 takes a quarter of the time of one of 40×40, so that three quarters of the updates are of those. BF-CNN came to 41.2,
-- 25.1 and 20.4 dB on held-out patches at 0.01, 0.1 and 0.3, the U-Net to 39.8, 25.7 and 21.2.

local args = require "moondrift.args"
local denoisers = require "moondrift.denoisers"
local run = require "moondrift.run"

local settings = args{
  networks = "bf_cnn,unet",  -- which of the two
  seed = 1,                  -- of the weights, the patches and the noise
  patches = 20000,           -- of each size, drawn before near duplicates are left out
  steps = 1000,              -- updates
  batch = 128,               -- patches an update of 20×20, four times as many as of 40×40
  rate = 5e-3,               -- of Adam; falls to 0 over the second half
  tested = 200,              -- patches of each curve
  smoke = {patches = 100, steps = 4, batch = 4, tested = 2},
}
for _, name in ipairs{"patches", "steps", "batch", "tested"} do
  args.demand(settings[name] > 0, "--%s must be a positive integer, got %d", name, settings[name])
end
local record <close> = run.open(settings)

local SMALL, SIDE = 20, 40
local photographs = data.photographs()
local function patches(first, last, size, count, seed)
  return target.patches({table.unpack(photographs, first, last)}, {size = size}):sample(count, {seed = seed})
end
local function shown(size)
  return data.distinct(patches(1, 6, size, settings.patches, settings.seed), {correlation = 0.95}):unsqueeze(2)
end
local held_out = patches(7, 8, SIDE, settings.tested, settings.seed + 1):unsqueeze(2)
local small, full = shown(SMALL), shown(SIDE)

local make = {bf_cnn = nn.bf_cnn, unet = nn.unet}
local function network(name, size)
  return make[name]{
    shape = {1, size, size}, blocks = name == "unet" and 2 or nil, sde = denoisers.levels, seed = settings.seed}
end

--- Updates from a share of all to another.
local function trained(model, x, batch, from, to)
  local first, steps = math.floor(from * settings.steps), math.floor((to - from) * settings.steps)
  local fit = train(model, data.augment(x, {flip = true}), {
    steps = steps, batch = batch, loss = denoisers.losses.even.loss, time = denoisers.losses.even.time, seed = settings.seed,
    optimizer = optim.adam{rate = function(step)
      return settings.rate * math.min(1, step / 20, 2 - 2 * (first + step) / settings.steps)
    end},
    ema = optim.ema{half_life = math.max(1, settings.steps / 50), warm_up = 0.1},
    log_every = math.max(1, steps // 50),
  })
  return fit.ema_model, fit.seconds
end

local SIGMAS = {0.01, 0.03, 0.1, 0.3, 1}
local function curve(model, x)
  return denoisers.curve(model, x, SIGMAS, {seed = settings.seed + 2}).psnr_out
end

local results = {}
for name in settings.networks:gmatch("[^,]+") do
  args.demand(make[name], "--networks must be of bf_cnn, unet, got '%s'", name)
  local path = record.folder .. "/" .. name .. ".safetensors"
  local of_small, first = trained(network(name, SMALL), small, settings.batch, 0, 0.75)
  nn.save_state(of_small, path)
  local model = network(name, SIDE)
  nn.load_state(model, path)
  local second
  model, second = trained(model, full, math.max(1, settings.batch // 4), 0.75, 1)
  model:save(path, {dtype = "float16"})
  model = nn.load(path)
  local found = {network = name, seconds = first + second, sigma = SIGMAS, small = curve(of_small, held_out[{{}, {}, {1, SMALL}, {1, SMALL}}]),
    shown = curve(model, full[{{1, math.min(settings.tested, #full)}}]), held_out = curve(model, held_out)}
  results[#results + 1] = found
  print(("%s: %d parameters, %.0f s"):format(name, model.parameter_count, found.seconds))
  print("| sigma | PSNR in | out, shown | out, held out |\n|---|---|---|---|")
  for place, sigma in ipairs(SIGMAS) do
    print(("| %g | %.2f | %.2f | %.2f |"):format(sigma, -20 * math.log(sigma, 10), found.shown[place], found.held_out[place]))
  end
end
record:finish{results = results}
