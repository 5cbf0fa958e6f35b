-- question: Is a target of two far clusters of digits learned worse than one of two near clusters, and do samples and
--           likelihoods of held-out digits show it?
-- source:   Li et al., NeurIPS 2023 (arXiv 2311.01797), §4.2 and Fig. 6
-- run:      scripts/moondrift scripts/generalization/mnist_modes.lua
-- time:     about six minutes on 2 cores
-- expect:   The training loss on the far pair ends about 1.5 times as high. Held-out digits of the far pair cost more bits.
--
-- Definitions and tolerances, set before the first run. Digits are halved to 14×14 and standardised pixel by pixel; k-means
-- with 30 clusters on 100 principal components; the pairs of nearest and farthest centres, cut to equal numbers, 80 % of
-- them for training. The final loss is the mean over the last twentieth of the updates; the published ratio at epoch 1000 is
-- 1.5, and 1.2 to 2 agrees. Likelihoods are each model's of its own held-out digits: the published ones are of the far
-- pair's for both models. Clusters of fewer than 100 digits make no pair: the farthest are outliers of a dozen. Here 4,000 digits are clustered in place of 70,000, and the network has half the width and one level less.

local args = require "moondrift.args"
local claims = require "moondrift.claims"
local clusters = require "moondrift.clusters"
local run = require "moondrift.run"

local settings = args{
  digits = 4000,           -- that are clustered
  seeds = 3,               -- networks of each pair
  seed = 1,                -- of the first
  epochs = 600,
  batch = 32,
  rate = 8e-4,             -- of Adam
  side = 14,               -- of the digits: 14, halved, or 28
  channels = {16, 32, 64}, -- of the score network
  samples = 16,            -- by each sampler
  sampler_steps = 500,     -- of Euler-Maruyama and the predictor-corrector
  held_out = 24,           -- digits of each likelihood, at most
  smoke = {digits = 400, seeds = 1, epochs = 1, channels = {4, 8, 8}, samples = 2, sampler_steps = 4, held_out = 2},
  long = {epochs = 1000, side = 28, channels = {32, 64, 128, 256}, held_out = 100},
}
for _, name in ipairs{"digits", "seeds", "epochs", "batch", "samples", "sampler_steps", "held_out"} do
  args.demand(settings[name] > 0, "--%s must be a positive integer, got %d", name, settings[name])
end
args.demand(settings.digits <= 4000, "--digits must be at most 4000, got %d", settings.digits)
args.demand(settings.side == 14 or settings.side == 28, "--side must be 14 or 28, got %d", settings.side)
local record <close> = run.open(settings)

local SIDE = settings.side
local process = sde.ve_power{base = 25}
local digits = data.mnist{count = settings.digits}
if SIDE == 14 then digits = nn.average_pool2d{2}(digits:unsqueeze(2)):reshape{settings.digits, SIDE, SIDE} end
local found = clusters.pairs(digits, {smallest = settings.smoke and 5 or 100})

local function network(seed)
  return nn.score_net{shape = {1, SIDE, SIDE}, channels = settings.channels, embedding = 64, sde = process, seed = seed}
end
local function standardised(x) return found.standardization:transform(x):unsqueeze(2) end
local function shown(y)
  return found.standardization:inverse(y:reshape{#y, SIDE, SIDE}):clamp(0, 1)
end

local NAMES = {"nearest", "farthest"}
local results = {}
for _, name in ipairs(NAMES) do
  local pair = found[name]
  local x = standardised(pair.x)
  local held = standardised(pair.held)
  held = held[{{1, math.min(#held, settings.held_out)}}]
  local of = {training = #x, distance = pair.distance, final = {}, bits = {}, f_mem = {}, curves = {}}
  local steps = settings.epochs * math.ceil(#x / settings.batch)
  print(("%s: clusters %d and %d, %.1f apart; %d digits, %d updates"):format(
    name, pair.first, pair.second, pair.distance, #x, steps))
  for k = 1, settings.seeds do
    local seed = settings.seed + k - 1
    local fit = train(network(seed), x, {steps = steps, batch = settings.batch, seed = seed,
      optimizer = optim.adam{rate = settings.rate}, log_every = math.max(1, steps // 200)})
    local curve = fit.log.loss:to("float64"):table()
    local last, total = math.max(1, #curve // 20), 0
    for place = #curve - last + 1, #curve do total = total + curve[place] end
    of.final[k], of.curves[k], of.steps = total / last, curve, fit.log.step
    of.bits[k] = likelihood.ode(fit.model, held, {divergence = "gaussian", seed = seed, units = "bits_per_dim",
      times = {1e-3, 1}, rtol = 1e-3, atol = 1e-3}):mean():item()
    local options = {count = settings.samples, seed = seed, steps = settings.sampler_steps, progress = false}
    local drawn = sample.euler_maruyama(fit.model, options)
    of.f_mem[k] = metric.memorized_fraction(drawn:reshape{#drawn, SIDE * SIDE}, x:reshape{#x, SIDE * SIDE})
    if k == 1 then
      options.steps = math.max(2, settings.sampler_steps // 2)
      of.pictures = tensor.concatenate({shown(x[{{1, math.min(#x, settings.samples)}}]), shown(drawn),
        shown(sample.predictor_corrector(fit.model, options)),
        shown(sample.rk45(fit.model, {count = settings.samples, seed = seed, rtol = 1e-3, atol = 1e-3, progress = false}))}, 1)
    end
    print(("  seed %d: final loss %.4g, %.3f bits a pixel of %d held-out digits, %.2f copies"):format(
      seed, of.final[k], of.bits[k], #held, of.f_mem[k]))
  end
  results[name] = of
end

local list = claims.new{smoke = settings.smoke}
local ratios, differences = {}, {}
for k = 1, settings.seeds do
  ratios[k] = results.farthest.final[k] / results.nearest.final[k]
  differences[k] = results.farthest.bits[k] - results.nearest.bits[k]
end
local ratio, ratio_low, ratio_high = metric.bootstrap(ratios, {seed = settings.seed})
list:add{id = "10a", claim = "final training loss, far pair over near pair", source = "published", expected = 1.5,
  tolerance = {1.2, 2}, measured = ratio, interval = {ratio_low, ratio_high}, seeds = settings.seeds}
local more, more_low, more_high = metric.bootstrap(differences, {seed = settings.seed})
list:add{id = "10b", claim = "bits a pixel of held-out digits, far pair minus near pair", source = "published", expected = 0,
  tolerance = "at least", measured = more, interval = {more_low, more_high}, seeds = settings.seeds}

local figure = plot.figure{size = {4, 2.7}}
figure:panel(1, 1, {x = "update", y = "training loss", log = "y"})
for place, name in ipairs(NAMES) do
  for k, curve in ipairs(results[name].curves) do
    figure:line(results[name].steps, curve, {label = k == 1 and name .. " pair" or nil, color = ({"blue", "orange"})[place]})
  end
end
record:save_figure(figure, "mnist_modes")
for _, name in ipairs(NAMES) do
  local gallery = plot.images(results[name].pictures, {columns = settings.samples, range = {0, 1},
    title = name .. " pair: data, SDE, with corrector, ODE"})
  record:save_figure(gallery, name)
  gallery:show()
  results[name].pictures, results[name].curves, results[name].steps = nil, nil, nil
end
print(list)
record:finish{results = results, claims = list}
