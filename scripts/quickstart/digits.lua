-- question: Does a network trained on four thousand handwritten digits draw new ones, and does the same
--           recipe on sixteen digits copy them?
-- source:   Karras et al., "Elucidating the Design Space of Diffusion-Based Generative Models", NeurIPS
--           2022 (arXiv 2206.00364), for the recipe; Yoon et al. 2023 for the measure of copying
-- run:      scripts/moondrift scripts/quickstart/digits.lua
-- time:     about three minutes on 2 cores
-- expect:   From 4,000 digits most samples can be read, and none is a copy: each lies about as far from
--           its nearest training digit as from the second. From 16, most samples are copies.

local args = require "moondrift.args"
local run = require "moondrift.run"

local settings = args{
  seed = 1,                -- of the weights, the noise and the samples
  digits = 4000,           -- training digits, at most 4000
  control = 16,            -- training digits of the positive control
  steps = 2200,            -- updates
  control_steps = 600,     -- updates of the control
  batch = 256,             -- examples an update
  rate = 0.001,            -- of Adam; rises over 50 updates, falls to 0 over the second half
  ema = 0.999,             -- decay of the average whose samples are drawn
  width = 1024,            -- hidden units
  blocks = 1,              -- residual blocks of two layers
  predicts = "gaussian",   -- or edm: F beside the data's mean and covariance, or beside one scale for all
  log_sigma_mean = -1.0,   -- training noise levels: ln sigma ~ N(mean, std^2)
  log_sigma_std = 1.2,
  samples = 64,            -- digits drawn from each model
  sampling_steps = 200,    -- of Euler-Maruyama, from sigma = 80 to last_sigma
  last_sigma = 0.5,        -- there sampling ends with the mean of the digit given what it has
  smoke = {
    digits = 64, steps = 20, control_steps = 20, width = 64, blocks = 1, samples = 16,
    sampling_steps = 20,
  },
}

for _, name in ipairs{"digits", "control", "steps", "control_steps", "batch", "samples"} do
  args.demand(settings[name] > 0, "--%s must be a positive integer, got %d", name, settings[name])
end
args.demand(settings.digits <= 4000, "--digits must be at most 4000, got %d", settings.digits)
args.demand(
  settings.control <= settings.digits and settings.control > 1,
  "--control must be from 2 to --digits, got %d", settings.control)
args.demand(
  settings.predicts == "edm" or settings.predicts == "gaussian",
  "--predicts must be edm or gaussian, got %s", settings.predicts)
args.demand(
  settings.last_sigma > 0 and settings.last_sigma < 80,
  "--last_sigma must be above 0 and below 80, got %g", settings.last_sigma)

local record <close> = run.open(settings)

local SIDE = 28
local all = data.mnist{count = settings.digits, scale = {-1, 1}}  -- [n, 28, 28]

-- Training

--- lambda of EDM on the score: every noise level starts with a loss of about 1, or less where the
--- parametrisation knows more of the data than their scale.
local function edm_weight(x)
  local variance = x:var():item()
  return function(sigma)
    local noise = sigma ^ 2
    return noise * (noise + variance) / (variance * SIDE * SIDE)
  end
end

local function draw_sigma(n, stream)
  local log_sigma = settings.log_sigma_mean + settings.log_sigma_std * stream:normal(n)
  return log_sigma:exp():minimum(sde.edm().time_max)  -- one in a million lies beyond
end

local function rate_over(steps)
  return function(step) return settings.rate * math.min(1, step / 50, 2 - 2 * step / steps) end
end

-- Its times, the noise levels of sampling, end at last_sigma; training goes below.
local process = sde.edm{sigma_min = settings.last_sigma}

--- Samples: at the last noise level the mean of x_0 given x. A network this small
--- leaves a haze of noise where it goes on to sigma = 0.
local function draw(model)
  return sample.euler_maruyama(model, {
    count = settings.samples, steps = settings.sampling_steps, seed = settings.seed,
    final = "denoise",
  })
end

--- Trains on x, draws samples and finds the nearest training digit of each.
local function experiment(name, x, steps)
  local model = nn.residual_mlp{
    shape = {SIDE, SIDE}, width = settings.width, blocks = settings.blocks, sde = process,
    sigma_data = x, predicts = settings.predicts, seed = settings.seed,
  }
  print(("%s: %d digits, %d updates of %s"):format(name, #x, steps, model))
  -- A digit comes several times where there are fewer than a batch holds.
  local copies = math.max(1, settings.batch // #x)
  local fit = train(model, x:tile{copies, 1, 1}, {
    steps = steps, batch = settings.batch, ema = settings.ema, seed = settings.seed,
    optimizer = optim.adam{rate = rate_over(steps)}, time = draw_sigma, weight = edm_weight(x),
    log_every = math.max(1, steps // 100),
  })
  local samples = draw(fit.ema_model)
  local f_mem, nearest, distances, not_finite = metric.memorized_fraction(samples, x)
  local ratios = (distances:column(1) / distances:column(2)):table()
  print(("  f_mem %.3f; d(NN1)/d(NN2): median %.2f; loss %.4f; %.0f s of training"):format(
    f_mem, metric.quantiles(ratios, {0.5})[1], fit.log.loss[#fit.log.loss]:item(), fit.seconds))
  return {
    name = name, x = x, samples = samples, nearest = nearest, f_mem = f_mem, ratios = ratios,
    not_finite = not_finite, log = fit.log, seconds = fit.seconds,
  }
end

local many = experiment("digits", all, settings.steps)
local few = experiment("control", all[{{1, settings.control}}], settings.control_steps)

-- Figures

--- Samples, each with its nearest training digit to the right.
local function draw_pairs(of)
  local shown = math.min(settings.samples, 64)
  local nearest = of.x[of.nearest[{{1, shown}}]]
  local pairs_of = tensor.stack({of.samples[{{1, shown}}], nearest}, 2):reshape{2 * shown, SIDE, SIDE}
  return plot.images(pairs_of, {
    columns = 16, range = {-1, 1},
    title = ("each sample beside the nearest of %d digits"):format(#of.x),
  })
end

local curves = plot.figure{size = {6.8, 2.7}}
curves:panel(1, 1, {x = "update", y = "denoising loss", log = "y"})
for _, of in ipairs{many, few} do
  curves:line(of.log.step, of.log.loss, {label = ("%d digits"):format(#of.x)})
end
curves:panel(1, 2, {x = "d(NN1) / d(NN2)", y = "samples", x_limits = {0, 1}})
for _, of in ipairs{many, few} do
  curves:histogram(of.ratios, {bins = 24, range = {0, 1}, label = ("%d digits"):format(#of.x)})
end
curves:reference{x = 1 / 3, style = "dashed"}

local digits = draw_pairs(many)
record:save_figure(digits, "digits")
record:save_figure(draw_pairs(few), "control")
record:save_figure(curves, "loss")

plot.images(many.samples[{{1, math.min(settings.samples, 16)}}], {
  columns = 8, range = {-1, 1},
}):show()

local results = {}
for index, of in ipairs{many, few} do
  results[index] = {
    name = of.name, training_digits = #of.x, f_mem = of.f_mem, not_finite = of.not_finite,
    ratios = of.ratios, nearest = of.nearest, loss = {step = of.log.step, loss = of.log.loss},
    training_seconds = of.seconds,
  }
end
record:finish{results = results}
