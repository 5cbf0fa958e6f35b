-- question: When does a convolutional network begin to copy its training digits, and how does that time grow with their
--           number, beside the time at which it has learned what digits have in common?
-- source:   Bonnaire, Urfin, Biroli, Mézard, NeurIPS 2025 (arXiv 2505.17638), Fig. 2, there on 32×32 pictures of faces
-- run:      scripts/moondrift scripts/memorization/digits_time_to_memorize.lua
-- time:     about five minutes on 2 cores
-- expect:   The time at which samples become copies grows about in proportion to the number of digits, some 45 updates for each;
--           the time at which the held-out loss has fallen grows far less, though not by nothing: as the fourth root.
--
-- Definitions and thresholds, set before the first run. Digits are halved to 14×14 and framed to 16×16. A sample is a copy where
-- its nearest training digit is three times as near as the next. tau_mem is the number of updates at which 5 % of the samples
-- are copies, tau_gen that at which the held-out loss, a mean over noise levels, has fallen 90 % of the way from its first value
-- to its least, both read between looks. Batch and rate are the same for every number of digits. What is looked at is an
-- average of the parameters over the last updates, since the rate does not fall. The slope of ln(tau_mem) against ln(n) agrees
-- with proportionality within 0.2, that of tau_gen with none within 0.2. Sizes that did not pass are left out, and said.

local args = require "moondrift.args"
local claims = require "moondrift.claims"
local passage = require "moondrift.passage_times"
local plane_unet = require "moondrift.plane_unet"
local run = require "moondrift.run"
local score_map = require "moondrift.score_map"

local settings = args{
  ns = {16, 32, 64},    -- digits of the training sets
  seeds = 3,            -- runs of each, each with digits of its own
  seed = 1,             -- of the first; the others count on
  batch = 16,           -- digits an update, for every n
  rate = 2e-3,          -- of Adam
  half_life = 30,       -- of the average of the parameters, in updates, at most a tenth of those made
  width = 16,           -- channels at 16×16; three times as many at 8×8, six times at 4×4
  updates = 60,         -- at most, for each training digit, and 300 more
  enough = 0.15,        -- share of copies in every run at which training ends
  samples = 100,        -- of a look
  levels = 10,          -- noise levels of Heun's sampler
  held_out = 200,       -- digits that no run has seen
  points = 100,         -- of each kind and level, for the losses
  smoke = {ns = {4, 8}, seeds = 1, width = 8, batch = 4, updates = 1, samples = 4, levels = 3, held_out = 8, points = 8},
  long = {ns = {64, 128, 256, 512}, batch = 64},
}
for _, name in ipairs{"seeds", "batch", "updates", "levels", "width"} do
  args.demand(settings[name] > 0, "--%s must be a positive integer, got %d", name, settings[name])
end
for _, name in ipairs{"samples", "held_out", "points"} do
  args.demand(settings[name] > 1, "--%s must be 2 or more, got %d", name, settings[name])
end
args.demand(settings.width % 8 == 0, "--width must be a multiple of 8, got %d", settings.width)
args.demand(#settings.ns > 0, "--ns must hold a number of digits or more")
for _, n in ipairs(settings.ns) do
  args.demand(n > 1 and n * settings.seeds + settings.held_out <= 4000,
    "--ns must be 2 or more each, and --seeds times that with --held_out at most 4000, got %d", n)
end

local record <close> = run.open(settings)
local SIDE, GROWTH = 16, 1.25
local TIMES = {0.1, 0.3, 1, 3}        -- noise levels of the losses
local process = sde.edm{sigma_min = 0.02, sigma_max = 20}
local all = data.mnist{scale = {-1, 1}}
local stream = random.stream(settings.seed)
all = all[stream:permutation(#all)]

--- Digits from place on, halved and framed with paper.
local function digits(place, count)
  local x = tensor.full({count, 1, SIDE, SIDE}, -1)
  x[{{}, {}, {2, 15}, {2, 15}}]:assign(nn.average_pool2d{2}(all[{{place, place + count - 1}}]:unsqueeze(2)))
  return x
end
local held_out = digits(1, settings.held_out)

local function draw_samples(model, seed)
  return sample.heun(model, {
    count = settings.samples, times = schedule.karras(process, settings.levels), seed = seed, progress = false})
end

--- All seeds at one number of digits, side by side.
local function runs_at(n)
  local sets, models, seeds = {}, {}, {}
  for k = 1, settings.seeds do
    seeds[k] = settings.seed + k - 1
    sets[k] = digits(settings.held_out + 1 + (k - 1) * n, n)
    models[k] = plane_unet.network{size = SIDE, width = settings.width, sde = process, data = sets[k], seed = seeds[k]}
  end
  local map = score_map.new{
    training = sets, held_out = held_out, sde = process, times = TIMES, count = settings.points, seed = settings.seed,
    draw = function(model, k) return draw_samples(model, seeds[k]) end}
  local updates = settings.updates * n + (settings.smoke and 0 or 300)
  local fits = train.start(models, sets, {
    steps = updates, batch = settings.batch, optimizer = optim.adam{rate = settings.rate}, seed = seeds, progress = false,
    loss = loss.denoising{weight = "edm"}, time = draw.log_normal{mean = -0.4, std = 1.2},
    ema = optim.ema{half_life = settings.half_life, warm_up = 0.1}})
  local before, step = 0, math.min(20, updates)
  while before < updates do
    local at, least = math.min(math.floor(step), updates), 1
    fits[1]:advance(at - before)
    for k, fit in ipairs(fits) do least = math.min(least, map:add(fit.ema_model, {step = at, run = k}).copied) end
    before, step = at, math.max(step * GROWTH, step + 1)
    if least >= settings.enough then break end
  end
  local found = {n = n, map = map, fits = fits, sets = sets,
    tau_gen = map:tau_gen{by = "held_out", fall = 0.9}, tau_mem = map:tau_mem{level = 0.05}, tau_gap = map:tau_mem{by = "gap"}}
  print(("n = %d: tau_gen %s; tau_mem %s; training loss 10 %% below the held-out loss from %s"):format(
    n, found.tau_gen, found.tau_mem, found.tau_gap))
  return found
end

local found = {}
for place, n in ipairs(settings.ns) do found[place] = runs_at(n) end

-- Claims

local list = claims.new{smoke = settings.smoke}
for _, known in ipairs{{"45a", "tau_mem", 1}, {"45b", "tau_gen", 0}} do
  local groups = {}
  for place, of in ipairs(found) do groups[place] = of[known[2]].runs end
  local fit = passage.exponent(settings.ns, groups, {seed = settings.seed})
  local left = table.concat(fit.left_out, ", ")
  list:add{id = known[1], claim = ("digits: slope of ln %s against ln n"):format(known[2]), source = "published",
    expected = known[3], tolerance = 0.2, measured = fit.value, interval = {fit.low, fit.high}, seeds = settings.seeds,
    note = left ~= "" and ("without n = %s, where too few runs passed"):format(left) or nil}
end

-- Figures

local COLORS = {"blue", "orange", "green", "vermillion", "purple", "sky"}
local figure = plot.figure{size = {7.2, 2.5}}
local function median_course(of, value)
  local steps, middle, at = {}, {}, {}
  for _, row in ipairs(of.map.rows) do
    if not at[row.step] then
      at[row.step] = {}
      steps[#steps + 1] = row.step
    end
    table.insert(at[row.step], value(row))
  end
  for k, step in ipairs(steps) do middle[k] = metric.quantiles(at[step], {0.5})[1] end
  return steps, middle
end
local function panel(column, options, value, scaled)
  figure:panel(1, column, options)
  for place, of in ipairs(found) do
    local steps, middle = median_course(of, value)
    if scaled then
      for k, step in ipairs(steps) do steps[k] = step / of.n end
    end
    figure:line(steps, middle, {color = COLORS[(place - 1) % #COLORS + 1], label = ("n = %d"):format(of.n)})
  end
end
local function held_out_loss(row)
  local sum = 0
  for _, value in ipairs(row.loss.held_out) do sum = sum + value end
  return sum / #row.loss.held_out
end
panel(1, {x = "updates", y = "share of copies", log = "x", legend = "top_left"}, function(row) return row.copied end)
panel(2, {x = "updates / n", log = "x", legend = "none"}, function(row) return row.copied end, true)
panel(3, {x = "updates", y = "held-out loss", log = "xy", legend = "none"}, held_out_loss)
record:save_figure(figure, "digits_time_to_memorize")
local last = found[#found]
local samples = draw_samples(last.fits[1].ema_model, settings.seed + 100)
record:save_figure(plot.pairs(samples:reshape{#samples, SIDE, SIDE}[{{1, math.min(32, #samples)}}],
  last.sets[1]:reshape{last.n, SIDE, SIDE}, {range = {-1, 1}}), "pairs")

figure:show()
print(list)
local results = {parameters = found[1].fits[1].model.parameter_count, n = {}}
for place, of in ipairs(found) do
  results.n[place] = {n = of.n, map = of.map:data(), tau_gen = of.tau_gen, tau_mem = of.tau_mem, tau_gap = of.tau_gap}
end
record:finish{results = results, claims = list}
