-- question: Does a network trained on four thousand handwritten digits draw new ones, and does the same
--           recipe on sixteen digits copy them?
-- source:   Karras et al., "Elucidating the Design Space of Diffusion-Based Generative Models", NeurIPS
--           2022 (arXiv 2206.00364), for the recipe; Yoon et al. 2023 for the measure of copying
-- run:      scripts/moondrift scripts/quickstart/digits.lua
-- time:     about four minutes on 2 cores
-- expect:   From 4,000 digits nearly all samples are read at a glance, and none is a copy: each lies about as
--           far from its nearest training digit as from the second. From 16, most samples are copies.

local args = require "moondrift.args"
local digit_reader = require "moondrift.digit_reader"
local run = require "moondrift.run"

local settings = args{
  seed = 1,                -- of the weights, the noise and the samples
  digits = 4000,           -- training digits, at most 4000
  control = 16,            -- training digits of the positive control
  steps = 1800,            -- updates
  control_steps = 500,     -- updates of the control
  batch = 64,              -- examples an update
  rate = 0.002,            -- of Adam; rises over 50 updates, falls to 0 over the second half
  half_life = 50,          -- of the average of the parameters, in updates, at most a tenth of those made
  width = 64,              -- channels at 14×14; twice as many at 7×7, a quarter at 28×28
  log_sigma_mean = -0.4,   -- training noise levels: ln sigma ~ N(mean, std^2)
  log_sigma_std = 1.2,
  samples = 64,            -- digits drawn from each model
  sampling_steps = 60,     -- of Euler-Maruyama, from sigma = 20 to 0
  reader_steps = 1500,     -- updates of the reader that judges the samples
  smoke = {
    digits = 64, steps = 5, control_steps = 5, width = 16, samples = 16, sampling_steps = 4, reader_steps = 20,
  },
}

for _, name in ipairs{"digits", "control", "steps", "control_steps", "batch", "samples", "width"} do
  args.demand(settings[name] > 0, "--%s must be a positive integer, got %d", name, settings[name])
end
args.demand(settings.digits <= 4000, "--digits must be at most 4000, got %d", settings.digits)
args.demand(settings.width % 4 == 0, "--width must be a multiple of 4, got %d", settings.width)
args.demand(
  settings.control <= settings.digits and settings.control > 1,
  "--control must be from 2 to --digits, got %d", settings.control)

local record <close> = run.open(settings)

local SIDE = 28
local SURE = 0.9
local CLASSES = 10
local process = sde.edm{sigma_min = 0.02, sigma_max = 20}
local all, classes = data.mnist{count = settings.digits, scale = {-1, 1}}
all = all:unsqueeze(2)  -- [n, 1, 28, 28]

-- The network: a U-Net of convolutions. The noise level and the class, as ten numbers of which one is 1, are channels
-- of its input, the same at every pixel.

local function convolutions(inputs, outputs, last)
  local layers = {
    nn.conv2d{inputs, outputs, bias = false}, nn.batch_norm{outputs}, nn.relu(),
    nn.conv2d{outputs, outputs, bias = false}, nn.batch_norm{outputs}, nn.relu(),
  }
  if last then layers[#layers + 1] = nn.conv2d{outputs, last} end
  return nn.sequential(layers)
end

local function network(x)
  local a, b, c = settings.width // 4, settings.width, 2 * settings.width
  local small = nn.sequential{
    nn.average_pool2d{2}, convolutions(b, c), convolutions(c, c), nn.conv_transpose2d{c, b}}
  local middle = nn.sequential{
    nn.average_pool2d{2}, convolutions(a, b), nn.skip(small), convolutions(2 * b, b), nn.conv_transpose2d{b, a}}
  local whole = nn.sequential{convolutions(2 + CLASSES, a), nn.skip(middle), convolutions(2 * a, a, 1)}
  return nn.define{
    name = "u_net", shape = {1, SIDE, SIDE}, layers = {whole = whole}, sde = process, predicts = "edm", sigma_data = x,
    seed = settings.seed,
    classes = CLASSES,
    forward = function(l, x, level, labels)
      local n = #x
      local told = tensor.concatenate({level:reshape{n, 1}, tensor.one_hot(labels, CLASSES, {first = 0})}, 2)
      local planes = told:reshape{n, 1 + CLASSES, 1, 1}:broadcast{n, 1 + CLASSES, SIDE, SIDE}
      return l.whole(tensor.concatenate({x, planes}, 2))
    end,
  }
end

--- Trains on x, draws samples and finds the nearest training digit of each.
local function experiment(name, x, steps)
  local model = network(x)
  print(("%s: %d digits, %d updates of %s"):format(name, #x, steps, model))
  local fit = train(model, x, {
    steps = steps, batch = settings.batch, labels = classes[{{1, #x}}],
    ema = optim.ema{half_life = settings.half_life, warm_up = 0.1}, seed = settings.seed,
    loss = loss.denoising{weight = "edm"},
    time = draw.log_normal{mean = settings.log_sigma_mean, std = settings.log_sigma_std},
    optimizer = optim.adam{
      rate = function(step) return settings.rate * math.min(1, step / 50, 2 - 2 * step / steps) end,
    },
    log_every = math.max(1, steps // 100),
  })
  -- Asked for the classes of the training digits, in turn
  local asked = classes:take(tensor.arange(0, settings.samples - 1):mod(#x):to("int64") + 1)
  local samples = sample.euler_maruyama(fit.ema_model, {
    count = settings.samples, times = schedule.karras(process, settings.sampling_steps), seed = settings.seed,
    labels = asked,
  }):reshape{settings.samples, SIDE, SIDE}
  x = x:reshape{#x, SIDE, SIDE}
  local f_mem, nearest, distances, not_finite = metric.memorized_fraction(samples, x)
  local ratios = (distances:column(1) / distances:column(2)):table()
  print(("  f_mem %.3f; d(NN1)/d(NN2): median %.2f; loss %.4f; %.0f s of training"):format(
    f_mem, metric.quantiles(ratios, {0.5})[1], fit.log.loss[#fit.log.loss]:item(), fit.seconds))
  return {
    name = name, x = x, samples = samples, nearest = nearest, f_mem = f_mem, ratios = ratios,
    not_finite = not_finite, log = fit.log, seconds = fit.seconds, asked = asked,
  }
end

local many = experiment("digits", all, settings.steps)
local few = experiment("control", all[{{1, settings.control}}], settings.control_steps)

-- What can be read. The reader learns 3,500 digits and sees the rest, and what is no digit, for the first time.

local HELD_OUT = 500
local reader = digit_reader.train{steps = settings.reader_steps, seed = settings.seed}
local real = data.mnist()[{{4001 - HELD_OUT, 4000}}]
local stream = random.stream(settings.seed)
local shuffled = {}
for place = 1, HELD_OUT do
  shuffled[place] = real[place]:reshape{SIDE * SIDE}:take(stream:permutation(SIDE * SIDE)):reshape{SIDE, SIDE}
end
local readable = {
  held_out = reader:share(real, SURE), shuffled = reader:share(tensor.stack(shuffled, 1), SURE),
  samples = reader:share((many.samples + 1) / 2, SURE),
  as_asked = reader:read((many.samples + 1) / 2):equal(many.asked):to("float32"):mean():item(),
}
print(("read with probability above %g: %.0f of %d samples; %.0f %% of held-out digits, %.0f %% of shuffled ones"):format(
  SURE, readable.samples * settings.samples, settings.samples, 100 * readable.held_out, 100 * readable.shuffled))
print(("read as the class that was asked for: %.0f %% of the samples"):format(100 * readable.as_asked))

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
results[1].readable = readable
record:finish{results = results}
