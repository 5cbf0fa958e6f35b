-- question: How many training points does a network need before it draws more of a law on finitely many points than it
--           was shown, where the number of points grows with the dimension as a polynomial, and as an exponential?
-- source:   research plan of this project, first experiment; the collapse beside it: Biroli, Bonnaire, de Bortoli,
--           Mézard, Nat. Commun. 2024 (arXiv 2402.18491), Eq. 5
-- run:      scripts/moondrift scripts/supports/support_size.lua
-- time:     about 30 minutes on 2 cores, of 45 minutes of processor time; --long 105 minutes of processor time
-- expect:   Of white dots (d points in d pixels, d (d − 1)/2 of two dots) a fully connected network copies what it was
--           shown at every n, of two dots with a few new ones, so that it needs a good part of them all. Of bits and of
--           spins in a chain (2^d points) it copies too where d is small; where d is 8 and more it draws new points from a
--           share of them that falls with d.
--           A convolutional network copies 16 pixels and draws some new dots of 36.
--
-- Definitions and thresholds, set before the run that counts, after two that changed them (below): n*, n_copy and n_new
-- are those of moondrift.learned_support. Whoever draws its training points and nothing else needs n_copy points, a number
-- without parameters, 0.4 S where all are alike. So n* near n_copy is a network that copies, and n* below half of that is
-- one that generalizes.
-- Expected: of dots n* ~ d^1 within 0.2 and shares of new points below a tenth of fresh draws', of bits n* rather
-- exponential in d than a power of it, as the collapse of an ideal score at a fixed noise is, and below half of n_copy
-- at the largest d. Positive control: at the n next below n*, longer training (`control`) brings the copies to at least
-- 90 % of the valid samples.
-- Added with its expectations before it was run: two dots, whose support is a polynomial too: a share of new points below
-- a tenth, as of one; chains of spins, exponential: n* below half of n_copy at the greatest length; a convolutional
-- network on one dot, to which a dot elsewhere looks the same: new points at least a tenth of fresh draws' at the greatest
-- size. Beside them, at the last look at each n, the points that a network draws from at least, by Chao's estimate from
-- points that were seen once and twice: at the greatest n below S/4 of the fully connected network on one dot at most
-- 1.1 times those that were shown, of the convolutional one at least 1.5 times.
-- Chosen in trials with two seeds, by whether few points are memorized and samples become valid: the network, its rate,
-- the rows of a batch, and 3,200 updates, which 12 bits need. Networks that predict the clean sample copied more. Of the
-- convolutional network with one seed: it predicts the clean sample, since 16 dots of 64 were valid more often so.
-- Changed after a first run, which counted what 1,024 samples of any law cover: of 64 points they cover most although
-- one in twenty is new (n* of 10, 22, 48, 98, 126 for 4 to 12 bits, by a power of d rather than an exponential).
-- Changed again after a second run, stopped after the dots, which counted S samples, valid or not: n* of 4.7, 7.1,
-- 17.7, 52.1 for 9 to 64 dots, far above n_copy at 64. The exponent of the dots depends on that change.

local args = require "moondrift.args"
local claims = require "moondrift.claims"
local learned = require "moondrift.learned_support"
local run = require "moondrift.run"
local sweep = require "moondrift.sweep"

local NAMES = {"dots", "bits", "two_dots", "chains", "convolution"}
local settings = args{
  families = table.concat(NAMES, ","), -- which, by name
  sizes = {3, 4, 6, 8},               -- of the pictures of one dot: d = size^2
  dimensions = {4, 6, 8, 10, 12},     -- of the products of bits
  two_dots = {3, 4, 5, 6},            -- sizes of the pictures of two dots
  chains = {4, 6, 8, 10},             -- lengths of the chains of spins
  coupling = 0.5,                     -- of neighbouring spins
  convolution = {4, 6},               -- sizes of the pictures of one dot for the convolutional network
  fewest = 4,                         -- least n; the next ones are twice as many, to 2 S
  seeds = 3,                          -- training sets and networks for each n
  seed = 1,                           -- of the first; the others count on
  width = 128,                        -- of the fully connected network
  channels = 16,                      -- of the convolutional network
  updates = 3200,                     -- of a run, fewer where 80 % of all samples are copies
  control = 8,                        -- how many times the updates of a run the positive control may take
  rows = 128,                         -- of a batch: points, each taken with as many noises as fill it
  rate = 1e-3,                        -- of Adam; twice of the convolutional network
  samples = 1024,                     -- of a look, or 2 S where that is more
  looks = 4,                          -- each at twice the updates of the one before
  tolerance = 0.3,                    -- how far each coordinate of a valid sample may be off, in units of its step
  draws = 300,                        -- of the seeds anew, for intervals
  sweep = true,                       -- a law is a row: a killed run goes on, and --jobs does several at once
  smoke = {sizes = {2, 3}, dimensions = {2, 3, 4}, two_dots = {2}, chains = {2, 3}, convolution = {2}, seeds = 1, width = 16,
    channels = 4, updates = 100, looks = 2, samples = 64, draws = 10, control = 1},
  long = {sizes = {6, 8, 10}, dimensions = {10, 12, 14}, two_dots = {4, 5}, chains = {8, 10, 12}, convolution = {4, 6, 8},
    updates = 9600},
}
for _, name in ipairs{"seeds", "width", "channels", "updates", "control", "rows", "samples", "looks", "draws"} do
  args.demand(settings[name] > 0, "--%s must be a positive integer, got %d", name, settings[name])
end
args.demand(settings.fewest > 1 and settings.fewest <= 8, "--fewest must be from 2 to 8, got %d", settings.fewest)
args.demand(settings.looks < 40 and 1 << (settings.looks - 1) <= settings.updates,
  "--looks must be such that 2^(looks - 1) is at most %d updates, got %d", settings.updates, settings.looks)
for _, name in ipairs{"sizes", "dimensions", "two_dots", "chains", "convolution"} do
  for _, of in ipairs(settings[name]) do args.demand(of > 1, "--%s must be 2 or more each, got %d", name, of) end
end
local wanted = {}
for name in settings.families:gmatch("[^,]+") do
  args.demand(table.concat(NAMES, ","):find(name, 1, true), "--families must be of %s, got '%s'", table.concat(NAMES, ", "), name)
  wanted[name] = true
end

args.demand(settings.shard == "1/1" and not settings.estimate, "--shard and --estimate do not go with claims over all laws")

local record <close> = run.open(settings)
local process = sde.vp()

-- Each family: laws by a size, their step, and a network. Amplitudes make the variance of a coordinate near 1 at any d.
local function connected(law)
  return function(seed)
    return nn.residual_mlp{dimension = law.dimension, width = settings.width, sde = process, predicts = "noise", seed = seed}
  end
end
local function convolutional(law)
  return function(seed)
    return nn.local_cnn{shape = {1, law.shape[1], law.shape[2]}, width = settings.channels, layers = 3, sde = process,
      predicts = "clean", seed = seed}
  end
end
local function one_dot(size) return target.dots{size = size, amplitude = size}, size end
local ALL = {
  dots = {sizes = settings.sizes, make = one_dot, network = connected},
  bits = {sizes = settings.dimensions, make = function(d) return target.binary{dimension = d}, 2 end, network = connected},
  two_dots = {sizes = settings.two_dots, network = connected, make = function(size)
    local amplitude = size / 2^0.5
    return target.dots{size = size, count = 2, amplitude = amplitude}, amplitude
  end},
  chains = {sizes = settings.chains, network = connected, make = function(length)
    return target.ising_chain{length = length, coupling = settings.coupling}, 2
  end},
  convolution = {sizes = settings.convolution, make = one_dot, network = convolutional, rows = math.min(64, settings.rows),
    rate = 2 * settings.rate},
}
local FAMILIES = {}
for _, name in ipairs(NAMES) do
  if wanted[name] then
    ALL[name].name = name
    FAMILIES[#FAMILIES + 1] = ALL[name]
  end
end

local function is_nan(value) return value ~= value end
local function text(value) return is_nan(value) and "–" or ("%.3g"):format(value) end

-- The collapse

--- Noise over signal at which the posterior of n points of a law falls on one: A/√(2 ln n) of dots, else by the law's
--- mutual information (Eq. 5); and by the posterior's weights on n points of it, without repeats.
local function collapse(family, law, step, n)
  local predicted
  if family.make == one_dot then
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
  local here = learned.measure(law, {network = family.network(law), updates = settings.updates, step = step,
    tolerance = settings.tolerance, seeds = settings.seeds, seed = settings.seed, fewest = settings.fewest,
    rows = family.rows or settings.rows, rate = family.rate or settings.rate, looks = settings.looks,
    samples = settings.samples, control = settings.control, draws = settings.draws})
  -- Points from which an ideal score does not fall on single ones at noise of the size of the signal.
  here.collapsed = math.exp((theory.mutual_information(law, 1, {seed = settings.seed})))
  if family.name ~= "chains" and here.n_star > 2 and here.n_star < here.size then
    here.noise, here.measured_noise = collapse(family, law, step, here.n_star)
  end
  print(("%s, d = %d, S = %d: n* = %s [%s, %s], n_copy = %s, n_new = %s"):format(family.name, here.d, here.size,
    text(here.n_star), text(here.interval[1]), text(here.interval[2]), text(here.copying), text(here.n_new)))
  return here
end

local names, by_name = {}, {}
for _, family in ipairs(FAMILIES) do
  for place, of in ipairs(family.sizes) do
    local name = ("%s %d"):format(family.name, of)
    names[#names + 1], by_name[name] = name, function() return measure(family, of) end
  end
end
local measured = sweep{over = {law = names}, settings = settings, record = record, run = function(c) return by_name[c.law]() end}
for k, row in ipairs(measured.rows) do
  if row.error then error(("%s: %s; --retry runs it again"):format(names[k], row.error), 0) end
end
local next_row = 0
for _, family in ipairs(FAMILIES) do
  family.laws = {}
  for place in ipairs(family.sizes) do
    next_row = next_row + 1
    family.laws[place] = measured[next_row]
  end
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
local function add(claim)
  claim.source, claim.seeds = "derived", settings.seeds
  list:add(claim)
end
local function missing(family)
  local count = 0
  for _, law in ipairs(family.laws) do count = count + (is_nan(law.n_star) and 1 or 0) end
  return count > 0 and ("%d of %d laws were learned from no n of the grid"):format(count, #family.laws) or nil
end
--- The most new points of the laws, over those of fresh draws, with its interval over draws of seeds.
local function most_new(laws)
  local best, of_draws = 0, {}
  for draw = 1, settings.draws do of_draws[draw] = 0 end
  for _, law in ipairs(laws) do
    best = math.max(best, law.best_new)
    for draw, value in ipairs(law.best_news) do of_draws[draw] = math.max(of_draws[draw], value) end
  end
  return best, metric.quantiles(of_draws, {0.025, 0.975})
end
--- n* of a law of a family over what copying takes.
local function over_copying(law)
  return law.n_star / law.copying, {law.interval[1] / law.copying, law.interval[2] / law.copying}
end
--- Points that the samples are from at least, over those shown: the median over seeds at the greatest n below S/4.
local function reach(family)
  local law = family.laws[#family.laws]
  local chosen = law.points[1]
  for _, at in ipairs(law.points) do
    if at.n <= law.size / 4 then chosen = at end
  end
  local middle, low, high = metric.bootstrap(chosen.reach, {seed = settings.seed})
  return middle, {low, high}, ("n = %d of %d points"):format(chosen.n, law.size)
end

local dots, bits, two_dots, chains, convolution = ALL.dots, ALL.bits, ALL.two_dots, ALL.chains, ALL.convolution
if wanted.dots then
  add{id = "43a", claim = "dots: exponent of d in n*, by a power law", expected = 1, tolerance = 0.2,
    measured = dots.growth and dots.growth.power.slope, interval = dots.growth and dots.exponent, note = missing(dots)}
end
if wanted.bits then
  add{id = "43b", claim = "bits: ln of the squared residuals of a power law over those of an exponential", expected = 0,
    tolerance = "at least", measured = bits.growth and bits.growth.ratio, interval = bits.growth and bits.ratio,
    note = missing(bits) or bits.growth and ("n* ~ d^%.2f [%.2f, %.2f]"):format(
      bits.growth.power.slope, bits.exponent[1], bits.exponent[2])}
end
if wanted.dots then
  local most, interval = most_new(dots.laws)
  add{id = "43c", claim = "dots: new points over those of fresh draws, at the best look of any n", expected = 0.1,
    tolerance = "at most", measured = most, interval = interval}
end
if wanted.bits then
  local last = bits.laws[#bits.laws]
  local ratio, interval = over_copying(last)
  add{id = "43d", claim = ("bits: n* over n_copy at d = %d"):format(last.d), expected = 0.5, tolerance = "at most",
    measured = ratio, interval = interval}
end
local control, of_seeds, where = 1, {1}, nil
for _, family in ipairs(FAMILIES) do
  for _, law in ipairs(family.network == connected and family.laws or {}) do
    if law.control.copies < control then
      control, of_seeds = law.control.copies, law.control.of_seeds
      where = ("%s, d = %d, n = %d, after %d updates"):format(family.name, law.d, law.control.n, law.control.updates)
    end
  end
end
local _, low, high = metric.bootstrap(of_seeds, {seed = settings.seed})
add{id = "43e", claim = "copies among valid samples after long training at the n next below n*, least of all laws",
  expected = 0.9, tolerance = "at least", measured = control, interval = {low, high}, note = where}
if wanted.two_dots then
  local most, interval = most_new(two_dots.laws)
  add{id = "43f", claim = "two dots: new points over those of fresh draws, at the best look of any n", expected = 0.1,
    tolerance = "at most", measured = most, interval = interval}
end
if wanted.chains then
  local last = chains.laws[#chains.laws]
  local ratio, interval = over_copying(last)
  add{id = "43g", claim = ("chains: n* over n_copy at %d spins"):format(last.d), expected = 0.5, tolerance = "at most",
    measured = ratio, interval = interval, note = missing(chains)}
end
if wanted.dots then
  local ratio, interval, at = reach(dots)
  add{id = "43h", claim = "dots: points drawn from at least over points shown, fully connected", expected = 1.1,
    tolerance = "at most", measured = ratio, interval = interval, note = at}
end
if wanted.convolution then
  local last = convolution.laws[#convolution.laws]
  local most, spread = most_new{last}
  add{id = "43i", claim = ("dots: new points over those of fresh draws at d = %d, convolutional"):format(last.d),
    expected = 0.1, tolerance = "at least", measured = most, interval = spread}
  local ratio, interval, at = reach(convolution)
  add{id = "43j", claim = "dots: points drawn from at least over points shown, convolutional", expected = 1.5,
    tolerance = "at least", measured = ratio, interval = interval, note = at}
end

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

-- Figures

local COLORS = {"sky", "green", "orange", "vermillion", "purple", "blue", "black"}

--- One value of each, by its name or by a function.
local function each(items, value)
  local list = {}
  for place, item in ipairs(items) do
    list[place] = type(value) == "string" and (item[value] or 0 / 0) or value(item)
  end
  return list
end

local figure = plot.figure{size = {2 + 2.6 * #FAMILIES, 4.8}}
for column, family in ipairs(FAMILIES) do
  local is_last = column == #FAMILIES
  figure:panel(1, column, {title = family.name:gsub("_", " "), x = "d", y = column == 1 and "n" or nil, log = "y",
    legend = is_last and "right" or "none"})
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
  -- New points over those of fresh draws, against n / S.
  figure:panel(2, column, {x = "n / S", y = column == 1 and "new / fresh" or nil, log = "x", y_limits = {-0.02, 1.05},
    legend = "top_left"})
  for place, law in ipairs(family.laws) do
    figure:line(each(law.points, function(at) return at.n / law.size end),
      each(law.points, function(at) return learned.median(at.new) end),
      {color = COLORS[(place - 1) % #COLORS + 1], marker = "circle", label = ("d = %d"):format(law.d)})
  end
end
local beside = plot.figure{size = {8.4, 3.2}}
beside:panel(1, 1, {x = "S", y = "bits", log = "xy", legend = "top_left"})
for place, family in ipairs(FAMILIES) do
  beside:line(each(family.laws, "size"), each(family.laws, function(law) return law.n_star * law.bits end),
    {color = COLORS[place], marker = "circle", label = family.name:gsub("_", " ") .. ": n* points"})
end
beside:panel(1, 2, {title = "collapse of n* points", x = "d", y = "noise / signal", log = "x", legend = "none"})
for place, family in ipairs(FAMILIES) do
  beside:line(each(family.laws, "d"), each(family.laws, "noise"), {color = COLORS[place], label = family.name})
  beside:scatter(each(family.laws, "d"), each(family.laws, "measured_noise"), {color = COLORS[place]})
end
record:save_figure(beside, "collapse")
record:save_figure(figure, "support_size")
figure:show()
print(list)
local results = {}
for place, family in ipairs(FAMILIES) do
  for _, law in ipairs(family.laws) do law.stars, law.best_news = nil, nil end
  results[place] = {name = family.name, laws = family.laws, growth = family.growth, exponent = family.exponent,
    rate = family.rate, ratio = family.ratio}
end
record:finish{results = results, claims = list}
