-- question: Does the same network learn the same law whatever it predicts, on a diffusion that keeps the
--           variance and on one that lets it grow?
-- source:   Karras et al. 2022 (arXiv 2206.00364), Table 1; Salimans and Ho 2022 (2202.00512), §4
-- run:      scripts/moondrift scripts/models/parametrizations.lua
-- time:     about two minutes on 2 cores
-- expect:   All but one end within a few thousandths of the loss of the exact score. A network that
--           predicts the clean sample does not: its error is divided by sigma where there is little noise.

local args = require "moondrift.args"
local run = require "moondrift.run"

local settings = args{
  seed = 1,              -- of the first run; the others count on
  seeds = 5,             -- runs for each
  samples = 4000,        -- training points
  held = 20000,          -- held-out draws of point, time and noise
  width = 64,            -- hidden units
  blocks = 2,            -- residual blocks of two layers
  steps = 4000,          -- updates
  batch = 256,           -- examples an update
  rate = 0.003,          -- of Adam; rises over 100 updates, falls to 0 over the second half
  ema = 0.995,           -- decay of the average that is measured
  smoke = {seeds = 2, samples = 200, held = 500, width = 8, blocks = 1, steps = 20, batch = 32},
}
for _, name in ipairs{"seeds", "samples", "held", "steps", "batch"} do
  args.demand(settings[name] > 0, "--%s must be a positive integer, got %d", name, settings[name])
end

local record <close> = run.open(settings)

local KINDS = {"score", "noise", "clean", "velocity", "v", "edm", "gaussian"}
local mix = target.gaussian_mixture{means = {{-1, 0}, {1, 0.5}}, stds = {0.4, 0.7}, weights = {0.3, 0.7}}
local points = mix:sample(settings.samples, {seed = settings.seed})
local held = mix:sample(settings.held, {seed = settings.seed + 1})

local function rate(step)
  return settings.rate * math.min(1, step / 100, 2 - 2 * step / settings.steps)
end

--- The loss ||E[z] - z||^2 on held-out draws, the same for all models of a diffusion.
local function measure(process)
  local stream = random.stream(settings.seed + 2)
  local t = process.time_min + (process.time_max - process.time_min) * stream:uniform(settings.held)
  local z = stream:normal{settings.held, 2}
  local x = process:alpha(t):unsqueeze(2) * held + process:sigma(t):unsqueeze(2) * z
  return function(model) return ((model:noise(x, t) - z)^2):sum(2):mean():item() end
end

local results = {}
for _, process in ipairs{sde.vp(), sde.edm()} do
  local loss = measure(process)
  local models, seeds = {}, {}
  for _, kind in ipairs(KINDS) do
    for seed = settings.seed, settings.seed + settings.seeds - 1 do
      models[#models + 1] = nn.residual_mlp{
        dimension = 2, width = settings.width, blocks = settings.blocks, sde = process, seed = seed,
        predicts = kind, sigma_data = (kind == "edm" or kind == "gaussian") and points or nil,
      }
      seeds[#seeds + 1] = seed
    end
  end
  local fits = train(models, points, {
    steps = settings.steps, batch = settings.batch, ema = settings.ema, seed = seeds,
    optimizer = optim.adam{rate = rate},
  })
  local exact = loss(mix:model(process))
  print(("%s: the exact score has %.4f"):format(process, exact))
  local of = {process = tostring(process), exact = exact, runs = {}}
  for index, kind in ipairs(KINDS) do
    local losses = {}
    for place = 1, settings.seeds do
      losses[place] = loss(fits[(index - 1) * settings.seeds + place].ema_model)
    end
    local all = tensor(losses, {dtype = "float64"})
    local spread = settings.seeds > 1 and all:std():item() or 0 / 0
    print(("  %-9s %.4f, spread of the seeds %.4f"):format(kind, all:mean():item(), spread))
    of.runs[index] = {predicts = kind, losses = all, mean = all:mean():item(), spread = spread}
  end
  results[#results + 1] = of
end

record:finish{results = results}
