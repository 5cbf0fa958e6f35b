-- question: How well do two blind denoisers of photographs do after minutes of training?
-- source:   Kadkhodaie et al., ICLR 2024 (arXiv 2310.02557), appendix A; Mohan et al., ICLR 2020 (1906.05478)
-- run:      scripts/moondrift scripts/denoisers/photograph_denoisers.lua
-- time:     about a quarter of an hour on 2 cores, reckoned from a run of the U-Net
-- expect:   On patches of photographs that no training saw, the PSNR rises by 3 dB or more at sigma = 0.1 and by 7 dB or
--           more at sigma = 0.3, as much as on those that were. nn.load reads the files.
--
-- Not yet run at these settings. With a rate of 1e-3 and 2,000 updates the U-Net came to 25.3 dB at sigma = 0.1 and 21.6 at 0.3,
-- but to 27.8 dB at 0.01, where its input has 40: short training leaves weak noise, and harms.

local args = require "moondrift.args"
local denoisers = require "moondrift.denoisers"
local run = require "moondrift.run"

local settings = args{
  networks = "bf_cnn,unet",  -- which of the two
  seed = 1,                  -- of the weights, the patches and the noise
  patches = 20000,           -- 40×40, drawn before near duplicates are left out
  steps = 1200,              -- updates
  batch = 8,                 -- patches an update
  rate = 5e-3,               -- of Adam; falls to 0 over the second half
  tested = 200,              -- patches of each curve
  smoke = {patches = 100, steps = 2, batch = 2, tested = 2},
}
for _, name in ipairs{"patches", "steps", "batch"} do
  args.demand(settings[name] > 0, "--%s must be a positive integer, got %d", name, settings[name])
end
local record <close> = run.open(settings)

local SIDE = 40
local photographs = data.photographs()
local function patches(first, last, count, seed)
  return target.patches({table.unpack(photographs, first, last)}, {size = SIDE}):sample(count, {seed = seed})
end
local shown = data.distinct(patches(1, 6, settings.patches, settings.seed), {correlation = 0.95}):unsqueeze(2)
local held_out = patches(7, 8, settings.tested, settings.seed + 1):unsqueeze(2)
local source = data.augment(shown, {flip = true})
local levels = denoisers.levels
local make = {
  bf_cnn = function() return nn.bf_cnn{shape = {1, SIDE, SIDE}, sde = levels, seed = settings.seed} end,
  unet = function() return nn.unet{shape = {1, SIDE, SIDE}, blocks = 2, sde = levels, seed = settings.seed} end,
}

local SIGMAS = {0.01, 0.03, 0.1, 0.3, 1}
local function psnr(x, y) return -10 * ((x - y)^2):mean():log():item() / math.log(10) end
--- PSNR of the output at each noise level, the same noise for every network.
local function curve(model, x)
  local stream, out = random.stream(settings.seed + 2), {}
  for place, sigma in ipairs(SIGMAS) do
    out[place] = psnr(model:denoise(x + sigma * stream:normal(x.shape)), x)
  end
  return out
end

local results = {}
for name in settings.networks:gmatch("[^,]+") do
  args.demand(make[name], "--networks must be of bf_cnn, unet, got '%s'", name)
  local fit = train(make[name](), source, {
    steps = settings.steps, batch = settings.batch, loss = loss.blind(), seed = settings.seed,
    time = draw.power{exponent = -0.5, sigma_max = 1},
    optimizer = optim.adam{
      rate = function(step) return settings.rate * math.min(1, 2 - 2 * step / settings.steps) end,
    },
    ema = optim.ema{half_life = math.min(100, settings.steps // 10 + 1), warm_up = 0.1},
    log_every = math.max(1, settings.steps // 100),
  })
  local model = fit.ema_model
  local path = record.folder .. "/" .. name .. ".safetensors"
  model:save(path, {dtype = "float16"})
  model = nn.load(path)
  local found = {network = name, updates = fit.step, sigma = SIGMAS,
    shown = curve(model, shown[{{1, math.min(settings.tested, #shown)}}]), held_out = curve(model, held_out)}
  results[#results + 1] = found
  print(("%s: %d updates of %d patches"):format(name, fit.step, settings.batch))
  print("| sigma | PSNR in | out, shown | out, held out |\n|---|---|---|---|")
  for place, sigma in ipairs(SIGMAS) do
    print(("| %g | %.2f | %.2f | %.2f |"):format(sigma, -20 * math.log(sigma, 10), found.shown[place], found.held_out[place]))
  end
end
record:finish{results = results}
