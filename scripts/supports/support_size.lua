-- question: How many training points does a network need before it draws more of a law on finitely many points than it
--           was shown, where the number of points grows with the dimension as a polynomial, and as an exponential?
-- source:   research plan of this project, first experiment; the collapse beside it: Biroli, Bonnaire, de Bortoli,
--           Mézard, Nat. Commun. 2024 (arXiv 2402.18491), Eq. 5
-- run:      scripts/moondrift scripts/supports/support_size.lua
-- time:     about eight minutes on 2 cores
-- expect:   Of the white dot (d points in d pixels) a network copies what it was shown at every n, so that it needs a
--           good part of all d dots. Of bits (2^d points) it copies too where d is small; where d is 8 and more it
--           draws new points from a share of them that falls with d.
--
-- Definitions and thresholds, set before the run that counts, after two that changed them (below). Each law has S
-- points, all equally likely. A network has learned it from n of them where at some look in training at least half of
-- its samples are valid, and S valid ones cover at least half as many different points as S fresh draws do; n* is the
-- least n from which the median over seeds is so, between the n of the grid by interpolation in ln n. Whoever draws its
-- training points and nothing else needs n_copy points for that, a number without parameters, 0.4 S. So n* near n_copy
-- is a network that copies, and n* below half of that is one that generalizes. n_new is the same for the share of valid
-- samples that were not shown, at least half of that of fresh draws: no copying reaches it.
-- Expected: of dots n* ~ d^1 within 0.2 and shares of new points below a tenth of fresh draws', of bits n* rather
-- exponential in d than a power of it, as the collapse of an ideal score at a fixed noise is, and below half of n_copy
-- at the largest d. Positive control: at the n next below n*, longer training (`control`) brings the copies to at least
-- 90 % of the valid samples.
-- Chosen in trials with two seeds, by whether few points are memorized and samples become valid: the network, its rate,
-- the rows of a batch, and 3,200 updates, which 12 bits need. Networks that predict the clean sample copied more.
-- Changed after a first run, which counted what 1,024 samples of any law cover: of 64 points they cover most although
-- one in twenty is new (n* of 10, 22, 48, 98, 126 for 4 to 12 bits, by a power of d rather than an exponential).
-- Changed again after a second run, stopped after the dots, which counted S samples, valid or not: n* of 4.7, 7.1,
-- 17.7, 52.1 for 9 to 64 dots, far above n_copy at 64. The exponent of the dots depends on that change.

local args = require "moondrift.args"
local claims = require "moondrift.claims"
local run = require "moondrift.run"

local settings = args{
  sizes = {3, 4, 6, 8},               -- of the pictures of dots: d = size^2
  dimensions = {4, 6, 8, 10, 12},     -- of the products of bits
  fewest = 4,                         -- least n; the next ones are twice as many, to 2 S
  seeds = 3,                          -- training sets and networks for each n
  seed = 1,                           -- of the first; the others count on
  width = 128,                        -- of the network
  updates = 3200,                     -- of a run, fewer where 80 % of all samples are copies
  control = 8,                        -- how many times the updates of a run the positive control may take
  rows = 128,                         -- of a batch: points, each taken with as many noises as fill it
  rate = 1e-3,                        -- of Adam
  samples = 1024,                     -- of a look, or 2 S where that is more
  looks = 4,                          -- each at twice the updates of the one before
  tolerance = 0.3,                    -- how far each coordinate of a valid sample may be off, in units of its step
  draws = 300,                        -- of the seeds anew, for intervals
  smoke = {sizes = {2, 3}, dimensions = {2, 3, 4}, seeds = 1, width = 16, updates = 100, looks = 2, samples = 64,
    draws = 10},
  long = {sizes = {3, 4, 5, 6, 7, 8, 10}, dimensions = {4, 6, 8, 10, 12, 14}, seeds = 5, updates = 9600, looks = 6,
    samples = 4096},
}
for _, name in ipairs{"seeds", "width", "updates", "control", "rows", "samples", "looks", "draws"} do
  args.demand(settings[name] > 0, "--%s must be a positive integer, got %d", name, settings[name])
end
args.demand(settings.fewest > 1 and settings.fewest <= 8, "--fewest must be from 2 to 8, got %d", settings.fewest)
args.demand(settings.looks < 40 and 1 << (settings.looks - 1) <= settings.updates,
  "--looks must be such that 2^(looks - 1) is at most %d updates, got %d", settings.updates, settings.looks)
for _, name in ipairs{"sizes", "dimensions"} do
  for _, of in ipairs(settings[name]) do args.demand(of > 1, "--%s must be 2 or more each, got %d", name, of) end
end

local record <close> = run.open(settings)
local process = sde.vp()

-- Dots of amplitude √d: as bits, their coordinates have a variance near 1 at any d.
local FAMILIES = {
  {name = "dots", dimensions = settings.sizes,
    make = function(size) return target.dots{size = size, amplitude = size}, size end},
  {name = "bits", dimensions = settings.dimensions,
    make = function(d) return target.binary{dimension = d}, 2 end},
}

local dots, bits = FAMILIES[1], FAMILIES[2]

local function is_nan(value) return value ~= value end

--- Of those that are numbers.
local function median(values)
  local numbers = {}
  for _, value in ipairs(values) do
    if not is_nan(value) then numbers[#numbers + 1] = value end
  end
  return #numbers > 0 and metric.quantiles(numbers, {0.5})[1] or 0 / 0
end

local function text(value) return is_nan(value) and "–" or ("%.3g"):format(value) end

-- Whoever copies

--- Different points that m draws from as many as `size` hit, in the mean.
local function hit(size, m) return size * (1 - (1 - 1 / size) ^ m) end

--- The n points of which S draws cover half of what S fresh draws of the law do.
local function copying(size)
  local low, high = 1, 2 * size
  for _ = 1, 60 do
    local n = (low + high) / 2
    if hit(math.max(1, hit(size, n)), size) < 0.5 * hit(size, size) then low = n else high = n end
  end
  return high
end

-- Training

--- Different points that S valid samples cover over those of S fresh draws: the mean over parts of the samples that
--- hold as many valid ones.
local function coverage(law, y, valid, options)
  local size, total = law:support_size(), 0
  local length = math.min(#y, math.ceil(size / valid))
  local parts = #y // length
  for part = 1, parts do
    total = total + metric.ledger(y[{ {(part - 1) * length + 1, part * length} }], options).covered.value
  end
  return total / parts * size / hit(size, size)
end

--- What the networks of all seeds draw now: a table of lists, one value for each.
local function look(at)
  local seen = {valid = {}, covered = {}, new = {}, copies = {}, memorized = {}}
  for k, fit in ipairs(at.fits) do
    local shape = at.sets[k].shape
    shape[1] = math.max(settings.samples, 2 * at.law:support_size())
    local y = sample.dpm_solver_pp_2m(fit.model, {
      count = shape[1], times = schedule.log_snr(process, 20), seed = settings.seed + k - 1, progress = false})
    local options = {target = at.law, training = at.sets[k], tolerance = settings.tolerance * at.step}
    y = y:reshape(shape)
    local ledger = metric.ledger(y, options)
    local valid, fresh = ledger.valid.value, ledger.novel.floor
    seen.valid[k], seen.memorized[k] = valid, ledger.memorized.value
    seen.covered[k] = valid >= 0.5 and coverage(at.law, y, valid, options) or 0
    seen.new[k] = fresh == 0 and 0 / 0 or valid >= 0.5 and ledger.novel.value / valid / fresh or 0
    seen.copies[k] = valid > 0 and ledger.memorized.value / valid or 0
  end
  return seen
end

--- Trains networks of all seeds on n points of a law. `covered` and `new` are the best of each at looks where at
--- least half of its samples are valid.
local function runs_at(law, step, n)
  local at = {n = n, law = law, step = step, sets = {}, looks = {}, covered = {}, new = {}}
  local models, data, seeds = {}, {}, {}
  for k = 1, settings.seeds do
    seeds[k] = settings.seed + k - 1
    at.sets[k] = law:sample(n, {seed = seeds[k]})
    data[k] = at.sets[k]:reshape{n, law.dimension}
    models[k] = nn.residual_mlp{
      dimension = law.dimension, width = settings.width, sde = process, predicts = "noise", seed = seeds[k]}
    at.covered[k], at.new[k] = 0, 0
  end
  -- They advance together, on as many cores as there are.
  at.fits = train.start(models, data, {batch = math.min(n, settings.rows), noises = math.max(1, settings.rows // n),
    optimizer = optim.adam{rate = settings.rate}, seed = seeds, progress = false})
  local before = 0
  for place = 1, settings.looks do
    local updates = settings.updates >> (settings.looks - place)
    at.fits[1]:advance(updates - before)
    before = updates
    local seen = look(at)
    at.looks[place] = {updates = updates, seen = seen}
    for k = 1, settings.seeds do
      at.covered[k] = math.max(at.covered[k], seen.covered[k])
      -- NaN where the n points left nothing to be new, at every look then.
      at.new[k] = is_nan(seen.new[k]) and seen.new[k] or math.max(at.new[k], seen.new[k])
    end
    if math.min(table.unpack(seen.memorized)) >= 0.8 then break end
  end
  return at
end

--- Share of copies among the valid samples, after longer training where it takes that: median and updates.
local function control_at(at)
  local last = at.looks[#at.looks]
  local updates, seen = last.updates, last.seen
  while median(seen.copies) < 0.9 and updates < settings.control * settings.updates do
    at.fits[1]:advance(settings.updates)
    updates, seen = updates + settings.updates, look(at)
  end
  return {copies = median(seen.copies), updates = updates, n = at.n}
end

--- The n at which a median over seeds passes a half for good; NaN where it never does.
local function crossing(points, name, choose)
  local after
  for place = #points, 1, -1 do
    local here = {n = points[place].n, value = median(choose(points[place][name]))}
    if here.value < 0.5 then
      if not after then return 0 / 0 end
      return here.n * (after.n / here.n) ^ ((0.5 - here.value) / (after.value - here.value))
    end
    if not is_nan(here.value) then after = here end
  end
  return after and after.n or 0 / 0
end

local function all(values) return values end

--- Choices of seeds with replacement, the same for each n of a draw.
local function resamples()
  local stream, list = random.stream(settings.seed), {}
  for draw = 1, settings.draws do
    local chosen = stream:integers(settings.seeds, 1, settings.seeds):table()
    list[draw] = function(values)
      local again = {}
      for i, index in ipairs(chosen) do again[i] = values[index] end
      return again
    end
  end
  return list
end
local RESAMPLES <const> = resamples()

-- The collapse

--- Noise over signal at which the posterior of n points of a law falls on one: A/√(2 ln n) of dots, else by the law's
--- mutual information (Eq. 5); and by the posterior's weights on n points of it, without repeats.
local function collapse(family, law, step, n)
  local predicted
  if family == dots then
    predicted = step / math.sqrt(2 * math.log(n))
  else
    local _, found = theory.collapse_time(law, {n = n, seed = settings.seed})
    predicted = found.snr ^ -0.5
  end
  local order = random.stream(settings.seed):permutation(law:support_size())
  local points = law:enumerate()[order[{ {1, math.floor(n)} }]]
  local _, measured = theory.collapse_time(points, {draws = 1000, seed = settings.seed})
  return predicted, measured.snr ^ -0.5
end

--- All n of one law.
local function measure(family, of)
  local law, step = family.make(of)
  local size = law:support_size()
  local here = {d = law.dimension, size = size, bits = law:support_bits(), points = {}, copying = copying(size),
    -- Points from which an ideal score does not fall on single ones at noise of the size of the signal.
    collapsed = math.exp((theory.mutual_information(law, 1, {seed = settings.seed})))}
  local n, passed = settings.fewest, 0
  while n <= 2 * size and passed < 2 do
    local at = runs_at(law, step, n)
    here.points[#here.points + 1] = at
    local is_done = median(at.covered) >= 0.5 and median(at.new) >= 0.5
    passed = is_done and passed + 1 or 0
    n = 2 * n
  end
  here.n_star, here.n_new = crossing(here.points, "covered", all), crossing(here.points, "new", all)
  local stars, news = {}, {}
  for draw, choose in ipairs(RESAMPLES) do
    stars[draw], news[draw] = crossing(here.points, "covered", choose), crossing(here.points, "new", choose)
  end
  here.stars, here.interval = stars, metric.quantiles(stars, {0.025, 0.975})
  here.new_interval = metric.quantiles(news, {0.025, 0.975})
  here.best_new = 0
  local below = here.points[1]
  for _, at in ipairs(here.points) do
    local new = median(at.new)
    if not is_nan(new) then here.best_new = math.max(here.best_new, new) end
    if at.n <= here.n_star then below = at end
  end
  here.control = control_at(below)
  if here.n_star > 2 and here.n_star < size then
    here.noise, here.measured_noise = collapse(family, law, step, here.n_star)
  end
  for _, at in ipairs(here.points) do at.fits, at.sets, at.law = nil, nil, nil end
  print(("%s, d = %d, S = %d: n* = %s [%s, %s], n_copy = %s, n_new = %s"):format(family.name, here.d, size,
    text(here.n_star), text(here.interval[1]), text(here.interval[2]), text(here.copying), text(here.n_new)))
  return here, law
end

for _, family in ipairs(FAMILIES) do
  family.laws, family.targets = {}, {}
  for place, of in ipairs(family.dimensions) do family.laws[place], family.targets[place] = measure(family, of) end
end

-- Laws of growth

--- Least squares of ln y on x: slope, offset and sum of squared residuals.
local function fit_line(x, y)
  local a, b = tensor(x, {dtype = "float64"}), tensor(y, {dtype = "float64"}):log()
  local along = a - a:mean()
  local slope = ((along * b):sum() / (along^2):sum()):item()
  local offset = (b:mean() - slope * a:mean()):item()
  return {slope = slope, offset = offset, rest = ((b - offset - slope * a)^2):sum():item()}
end

--- A power of d and an exponential through the n* of a family that `star` gives; nil from fewer than three.
local function growth(family, star)
  local d, log_d, stars = {}, {}, {}
  for _, law in ipairs(family.laws) do
    local n = star(law)
    if not is_nan(n) then d[#d + 1], log_d[#log_d + 1], stars[#stars + 1] = law.d, math.log(law.d), n end
  end
  if #d < 3 then return nil end
  local power, exponential = fit_line(log_d, stars), fit_line(d, stars)
  return {power = power, exponential = exponential, ratio = math.log(power.rest / exponential.rest)}
end

for _, family in ipairs(FAMILIES) do
  family.growth = growth(family, function(law) return law.n_star end)
  local exponents, rates, ratios = {}, {}, {}
  for draw = 1, settings.draws do
    local found = growth(family, function(law) return law.stars[draw] end)
    exponents[draw] = found and found.power.slope or 0 / 0
    rates[draw], ratios[draw] = found and found.exponential.slope or 0 / 0, found and found.ratio or 0 / 0
  end
  family.exponent = metric.quantiles(exponents, {0.025, 0.975})
  family.rate, family.ratio = metric.quantiles(rates, {0.025, 0.975}), metric.quantiles(ratios, {0.025, 0.975})
end

-- Claims

local list = claims.new{smoke = settings.smoke}
local function missing(family)
  local count = 0
  for _, law in ipairs(family.laws) do count = count + (is_nan(law.n_star) and 1 or 0) end
  return count > 0 and ("%d of %d laws were learned from no n of the grid"):format(count, #family.laws) or nil
end
list:add{id = "43a", claim = "dots: exponent of d in n*, by a power law", source = "derived", expected = 1,
  tolerance = 0.2, measured = dots.growth and dots.growth.power.slope,
  interval = dots.growth and dots.exponent, seeds = settings.seeds, note = missing(dots)}
list:add{id = "43b", claim = "bits: ln of the squared residuals of a power law over those of an exponential",
  source = "derived", expected = 0, tolerance = "at least", measured = bits.growth and bits.growth.ratio,
  interval = bits.growth and bits.ratio, seeds = settings.seeds,
  note = missing(bits) or bits.growth and ("n* ~ d^%.2f [%.2f, %.2f]"):format(
    bits.growth.power.slope, bits.exponent[1], bits.exponent[2])}
local best, control, where = 0, 1, nil
for _, law in ipairs(dots.laws) do best = math.max(best, law.best_new) end
for _, family in ipairs(FAMILIES) do
  for _, law in ipairs(family.laws) do
    if law.control.copies < control then
      control = law.control.copies
      where = ("%s, d = %d, n = %d, after %d updates"):format(family.name, law.d, law.control.n, law.control.updates)
    end
  end
end
list:add{id = "43c", claim = "dots: new points over those of fresh draws, at the best look of any n", source = "derived",
  expected = 0.1, tolerance = "at most", measured = best, seeds = settings.seeds}
local last = bits.laws[#bits.laws]
if last then
  list:add{id = "43d", claim = ("bits: n* over n_copy at d = %d"):format(last.d), source = "derived", expected = 0.5,
    tolerance = "at most", measured = last.n_star / last.copying,
    interval = {last.interval[1] / last.copying, last.interval[2] / last.copying}, seeds = settings.seeds}
end
list:add{id = "43e", claim = "copies among valid samples after long training at the n next below n*, least of all laws",
  source = "derived", expected = 0.9, tolerance = "at least", measured = control, seeds = settings.seeds,
  note = where}

-- Tables

print("\n| law | d | S | n* | n_copy | n_new | most new points | bits a point | n* bits | copies, long | n of these |")
print("|---|---|---|---|---|---|---|---|---|---|---|")
for _, family in ipairs(FAMILIES) do
  for _, law in ipairs(family.laws) do
    print(("| %s | %d | %d | %s [%s, %s] | %s | %s [%s, %s] | %.2f | %.3g | %s | %.2f | %d |"):format(family.name, law.d,
      law.size, text(law.n_star), text(law.interval[1]), text(law.interval[2]), text(law.copying), text(law.n_new),
      text(law.new_interval[1]), text(law.new_interval[2]), law.best_new, law.bits, text(law.n_star * law.bits),
      law.control.copies, law.control.n))
  end
end
print("\nNoise over signal at which the posterior of n* points falls on one, as predicted and by points of the law;")
print("from how many points it does not at noise of the size of the signal")
for _, family in ipairs(FAMILIES) do
  for _, law in ipairs(family.laws) do
    if law.noise then 
      print(("%s, d = %d: %.3g, %.3g; %.3g"):format(family.name, law.d, law.noise, law.measured_noise, law.collapsed))
    end
  end
  local found = family.growth
  if found then
    print(("%s: n* ~ d^%.2f [%.2f, %.2f] (squared residuals %.3g), n* ~ e^(%.2f d) [%.2f, %.2f] (%.3g)"):format(
      family.name, found.power.slope, family.exponent[1], family.exponent[2], found.power.rest,
      found.exponential.slope, family.rate[1], family.rate[2], found.exponential.rest))
  end
end

-- Figure

local COLORS = {"sky", "green", "orange", "vermillion", "purple", "blue", "black"}
local figure = plot.figure{size = {8.4, 4.6}}

--- One value of each, by its name or by a function.
local function each(items, value)
  local list = {}
  for place, item in ipairs(items) do
    list[place] = type(value) == "string" and (item[value] or 0 / 0) or value(item)
  end
  return list
end

--- n* against d: measured, what copying and collapse say, and both laws of growth.
local function draw_growth(column, family)
  figure:panel(1, column, {title = family.name, x = "d", y = column == 1 and "n" or nil, log = "y",
    legend = column == 2 and "right" or "none"})
  local d = each(family.laws, "d")
  figure:line(d, each(family.laws, "copying"), {color = "black", style = "dashed", label = "copying"})
  figure:line(d, each(family.laws, "collapsed"), {color = "grey", style = "dotted", label = "collapse"})
  if family.growth then
    local power, exponential, x = family.growth.power, family.growth.exponential, tensor.linspace(d[1], d[#d], 41)
    figure:line(x, (x:log() * power.slope + power.offset):exp(), {color = "sky", label = "power"})
    figure:line(x, (x * exponential.slope + exponential.offset):exp(), {color = "orange", label = "exponential"})
  end
  figure:errors(d, each(family.laws, "n_star"), each(family.laws, function(law) return law.interval[1] end),
    each(family.laws, function(law) return law.interval[2] end), {color = "blue", label = "n*"})
end

--- New points over those of fresh draws, against n / S.
local function draw_new(column, family)
  figure:panel(2, column, {title = family.name, x = "n / S", y = column == 1 and "new / fresh" or nil, log = "x",
    y_limits = {-0.02, 1.05}, legend = column == 2 and "right" or "none"})
  for place, law in ipairs(family.laws) do
    figure:line(each(law.points, function(at) return at.n / law.size end),
      each(law.points, function(at) return median(at.new) end),
      {color = COLORS[(place - 1) % #COLORS + 1], marker = "circle", label = ("d = %d"):format(law.d)})
  end
end

draw_growth(1, dots)
draw_growth(2, bits)
draw_new(1, dots)
draw_new(2, bits)
figure:panel(1, 3, {x = "S", y = "bits", log = "xy", y_limits = {2, 2e5}, legend = "top_left"})
for place, family in ipairs(FAMILIES) do
  local sizes, color = each(family.laws, "size"), place == 1 and "blue" or "vermillion"
  figure:line(sizes, each(family.laws, function(law) return law.n_star * law.bits end),
    {color = color, marker = "circle", label = family.name .. ": n* points"})
  figure:line(sizes, each(family.laws, "bits"), {color = color, style = "dashed", label = "entropy"})
end
figure:panel(2, 3, {title = "collapse of n* points", x = "d", y = "noise / signal", log = "x", legend = "none"})
for place, family in ipairs(FAMILIES) do
  local d, color = each(family.laws, "d"), place == 1 and "blue" or "vermillion"
  figure:line(d, each(family.laws, "noise"), {color = color, label = family.name})
  figure:scatter(d, each(family.laws, "measured_noise"), {color = color})
end
record:save_figure(figure, "support_size")
figure:show()
print(list)
local results = {}
for place, family in ipairs(FAMILIES) do
  for _, law in ipairs(family.laws) do law.stars = nil end
  results[place] = {name = family.name, laws = family.laws, growth = family.growth, exponent = family.exponent,
    rate = family.rate, ratio = family.ratio}
end
record:finish{results = results, claims = list}
