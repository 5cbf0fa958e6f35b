-- question: With how many pictures does a denoiser pass from memorizing them to knowing their law, and do two networks
--           trained on different pictures then draw the same ones?
-- source:   Kadkhodaie, Guth, Simoncelli, Mallat, "Generalization in diffusion models arises from geometry-adaptive
--           harmonic representations", ICLR 2024 (arXiv 2310.02557), Figs. 1, 2, 15
-- run:      scripts/moondrift scripts/denoisers/memorize_or_generalize.lua
-- time:     about four minutes on 2 cores
-- expect:   From one picture and from ten a network denoises these far better than others and draws nothing else. With
--           more pictures, and the same number of updates, the gap closes, and two networks that have no picture in
--           common draw more and more similar pictures from the same noise, while these resemble the training pictures
--           less and less.
--
-- Definitions and thresholds, set before the first run. Networks A and B begin alike and see disjoint sets S1 and S2
-- of N pictures each. The gap is that of the PSNR on pictures a network was trained on over that on the other's, the
-- mean of A and B, so that it does not matter which set is harder, and of the noise levels. Similarity is the cosine
-- of two pictures whose means were taken away. A copy has a nearest training picture at a third of the distance of the
-- next, pictures scaled to length 1, or where N is 1 a similarity above 0.95 with the only one. Expected: gaps of 3 dB
-- and more at N of 1 and 10, 0.3 dB at most at the greatest N, none more than 0.1 dB above that at the N before; 90 %
-- of copies at N = 1 and 50 % at N = 10 (the positive control), 5 % at most at the greatest N; A and B less alike than
-- a sample and its nearest training picture at the least N, more at the greatest; a rise of the former by 0.1 or more,
-- and a fall of the latter. Chosen in trials with one seed, by whether a single picture is memorized in half a minute:
-- width, updates, batch, rate.
-- Changed after a first run, stopped at N = 10: copies were looked for among pictures as they are, and 6 % found,
-- although samples had similarities of 0.98: a network without biases knows a picture up to its contrast. The rate was
-- halved ten times in 2,000 updates, which left networks unfinished. A second run ended at N = 10, where some samples
-- go off for good; these are now left out one by one, and their number is among the results.

local args = require "moondrift.args"
local claims = require "moondrift.claims"
local denoisers = require "moondrift.denoisers"
local run = require "moondrift.run"

local settings = args{
  ns = {1, 10, 100, 1000, 10000},   -- pictures of each of two sets
  seeds = 3,                        -- pairs of networks for each N
  seed = 1,                         -- of the first; the others count on
  size = 16,                        -- of a side, in pixels
  alpha = 1.0,                      -- regularity of the pictures, which are C^alpha
  pictures = "",                    -- a folder of pictures in their place: the first N of it and the last
  blocks = 2,                       -- of the U-Net: how often it halves a picture
  width = 8,                        -- channels at the size of the picture
  steps = 2500,                     -- updates, whatever N is
  batch = 16,                       -- pictures of an update
  rate = 1e-2,                      -- of Adam
  halvings = 4,                     -- of the rate, in equal parts of the updates
  loss = "blind",                   -- as published; even: errors of weak noise count as well
  rows = 256,                       -- noisy pictures for the PSNR at each level, at most N where that is more
  samples = 64,                     -- of each network
  grows = true,                     -- whether the steps of the sampler grow; published samples have even ones
  checkpoints = "",                 -- a folder from which a run that was stopped goes on
  smoke = {ns = {1, 4}, seeds = 1, size = 8, width = 4, steps = 5, batch = 4, rows = 8, samples = 4, blocks = 1},
  long = {size = 32, width = 16, steps = 6000, blocks = 3},
  paper = {ns = {1, 10, 100, 1000, 10000, 100000}, seeds = 1, size = 80, blocks = 3, width = 64, steps = 489000,
    batch = 512, rate = 1e-3, halvings = 10, rows = 512, samples = 100, grows = false,
    checkpoints = "runs/memorize_or_generalize.checkpoints"},
}
for _, name in ipairs{"seeds", "size", "width", "steps", "batch", "rows", "samples"} do
  args.demand(settings[name] > 0, "--%s must be a positive integer, got %d", name, settings[name])
end
for place, n in ipairs(settings.ns) do
  args.demand(n > (settings.ns[place - 1] or 0), "--ns must be positive and rise, got %s", args.literal(settings.ns))
end
args.demand(#settings.ns > 1, "--ns must be two numbers or more")

local SIGMAS = {1, 0.5, 0.25, 0.12, 0.06, 0.03}
local COPY, SAME = 1 / 3, 0.95

local record <close> = run.open(settings)
if settings.paper then
  denoisers.announce(settings, {trainings = 2 * #settings.ns * settings.seeds, at_once = 2,
    pictures = 2 * settings.ns[#settings.ns], folder = record.folder})
end
local law = settings.pictures ~= "" and settings.pictures
  or target.c_alpha{alpha = settings.alpha, size = settings.size}

-- Measurements

--- The share of samples that are copies of a picture of a set.
local function copies(samples, set)
  if #set > 1 then
    return (metric.memorized_fraction(denoisers.directions(samples), denoisers.directions(set), {ratio = COPY}))
  end
  return denoisers.nearest(samples, set):greater(SAME):to("float32"):mean():item()
end

local function mean(x) return x:mean():item() end

--- The samples of both networks at the places where both came to an end, and how many are lost.
local function both_ended(a, b)
  local ended = (a:reshape{#a, -1}:sum(2) + b:reshape{#b, -1}:sum(2)):is_finite():nonzero():reshape{-1}
  return a:take(ended), b:take(ended), #a - #ended
end

--- PSNR of both networks on their own sets and on each other's, the mean of the two.
local function curves_of(fits, sets, seed)
  local own, other = {}, {}
  for k, fit in ipairs(fits) do
    for j, set in ipairs(sets) do
      local shown = set[{{1, math.min(#set, settings.rows)}}]
      local curve = denoisers.curve(fit.model, shown, SIGMAS, {seed = seed, rows = settings.rows})
      local into = k == j and own or other
      for place, value in ipairs(curve.psnr_out) do into[place] = (into[place] or 0) + value / 2 end
    end
  end
  return own, other
end

--- One pair of networks, and what they draw from the same noise.
local function pair_at(n, seed)
  local sets = {}
  for k = 1, 2 do
    sets[k] = denoisers.pictures(law, settings.size, n, {seed = random.derived_seed(seed, k), last = k == 2})
  end
  local fits = denoisers.twins(denoisers.unet(settings, seed), sets, settings, seed, ("n%d-seed%d"):format(n, seed))
  local found = {n = n, seed = seed, samples = {}, nearest = {}}
  found.own, found.other = curves_of(fits, sets, random.derived_seed(seed, 3))
  found.gap, found.copies, found.to_training = 0, 0, 0
  for place in ipairs(SIGMAS) do found.gap = found.gap + (found.own[place] - found.other[place]) / #SIGMAS end
  local drawn = {}
  for k, fit in ipairs(fits) do
    drawn[k] = denoisers.sample(fit.model, settings.samples, {seed = seed, grows = settings.grows})
  end
  drawn[1], drawn[2], found.lost = both_ended(drawn[1], drawn[2])
  if #drawn[1] == 0 then
    found.copies, found.to_training, found.to_twin = 0 / 0, 0 / 0, 0 / 0
    return found
  end
  for k, y in ipairs(drawn) do
    local nearest, places = denoisers.nearest(y, sets[k])
    found.copies = found.copies + copies(y, sets[k]) / 2
    found.to_training = found.to_training + mean(nearest) / 2
    found.samples[k], found.nearest[k] = y, sets[k]:take(places)
  end
  found.to_twin = mean(denoisers.correlation(found.samples[1], found.samples[2]))
  return found
end

local function middle(values) return metric.quantiles(values, {0.5})[1] end

local rows = {}
for place, n in ipairs(settings.ns) do
  local row = {n = n, pairs = {}, lost = 0}
  for k = 1, settings.seeds do row.pairs[k] = pair_at(n, settings.seed + k - 1) end
  for _, name in ipairs{"gap", "copies", "to_training", "to_twin"} do
    row[name] = {}
    for k, found in ipairs(row.pairs) do row[name][k] = found[name] end
  end
  rows[place] = row
  for _, found in ipairs(row.pairs) do row.lost = row.lost + found.lost end
  print(("N = %d: gap %.2f dB, copies %.2f; cosine with the twin %.3f, with the nearest training picture %.3f"):format(
    n, middle(row.gap), middle(row.copies), middle(row.to_twin), middle(row.to_training)))
end

-- Claims

local list = claims.new{smoke = settings.smoke}

local function add(id, text, expected, tolerance, values, source)
  local measured, low, high, missing = metric.bootstrap(values, {seed = settings.seed})
  list:add{id = id, claim = text, source = source or "published", expected = expected, tolerance = tolerance,
    measured = measured, interval = {low, high}, seeds = settings.seeds, diverged = missing}
end

local function at(n)
  for _, row in ipairs(rows) do
    if row.n == n then return row end
  end
end

local first, last = rows[1], rows[#rows]
local GAP = "PSNR on training pictures over that on others, dB, N = %d"
if at(1) then add("13a", GAP:format(1), 3, "at least", at(1).gap) end
if at(10) then add("13b", GAP:format(10), 3, "at least", at(10).gap) end
add("13c", GAP:format(last.n), 0.3, "at most", last.gap)
local rises = {}
for k = 1, settings.seeds do
  rises[k] = -math.huge
  for place = 2, #rows do rises[k] = math.max(rises[k], rows[place].gap[k] - rows[place - 1].gap[k]) end
end
add("13d", "greatest rise of that gap from one N to the next, dB", 0.1, "at most", rises)
local COPIES = "share of samples that are copies, N = %d"
if at(1) then add("13e", COPIES:format(1), 0.9, "at least", at(1).copies, "derived") end
if at(10) then add("13f", COPIES:format(10), 0.5, "at least", at(10).copies, "derived") end
add("13g", COPIES:format(last.n), 0.05, "at most", last.copies)

--- How much more alike two networks' samples are than a sample and its nearest training picture.
local function lead(row)
  local values = {}
  for k in ipairs(row.to_twin) do values[k] = row.to_twin[k] - row.to_training[k] end
  return values
end
local LEAD = "cosine of samples of two networks less that with the nearest training picture, N = %d"
add("14a", LEAD:format(first.n), 0, "at most", lead(first))
add("14b", LEAD:format(last.n), 0, "at least", lead(last))
local rise, fall = {}, {}
for k = 1, settings.seeds do
  rise[k] = last.to_twin[k] - first.to_twin[k]
  fall[k] = last.to_training[k] - first.to_training[k]
end
add("14c", ("rise of the cosine of samples of two networks from N = %d to %d"):format(first.n, last.n), 0.1, "at least",
  rise)
add("14d", ("rise of the cosine with the nearest training picture from N = %d to %d"):format(first.n, last.n), 0,
  "at most", fall)

-- Figures

local COLORS = {"blue", "orange", "green", "vermillion", "purple", "sky"}
local figure = plot.figure{size = {9.6, 2.7}}
figure:panel(1, 1, {x = "PSNR in, dB", y = "PSNR out, dB", legend = "right"})
local psnr_in = {}
for place, sigma in ipairs(SIGMAS) do psnr_in[place] = -20 * math.log(sigma, 10) end
for place, row in ipairs(rows) do
  local own, other = {}, {}
  for k in ipairs(SIGMAS) do
    own[k], other[k] = 0, 0
    for _, found in ipairs(row.pairs) do
      own[k], other[k] = own[k] + found.own[k] / #row.pairs, other[k] + found.other[k] / #row.pairs
    end
  end
  local color = COLORS[(place - 1) % #COLORS + 1]
  figure:line(psnr_in, own, {color = color, style = "dashed"})
  figure:line(psnr_in, other, {color = color, label = ("N = %d"):format(row.n)})
end

--- Median over seeds with its range, against N.
local function course(name, options)
  local median, low, high = {}, {}, {}
  for place, row in ipairs(rows) do
    median[place], low[place], high[place] = metric.interval(row[name], {level = 1})
  end
  figure:line(settings.ns, median, options)
  figure:errors(settings.ns, median, low, high, {})
end
figure:panel(1, 2, {x = "N", y = "gap, dB", log = "x"})
course("gap", {color = "blue", marker = "circle"})
figure:panel(1, 3, {x = "N", y = "cosine", log = "x", legend = "right"})
course("to_twin", {color = "vermillion", marker = "circle", label = "other network"})
course("to_training", {color = "blue", marker = "square", label = "nearest training picture"})
record:save_figure(figure, "memorize_or_generalize")

--- For each N four samples: of A, of B from the same noise, and the training picture nearest to that of A.
local KINDS = {"A", "B", "nearest"}
local shown, captions, four = {}, {}, math.min(4, settings.samples)
local blank = tensor.ones{1, settings.size, settings.size}
for _, row in ipairs(rows) do
  local found = row.pairs[1]
  for k = 1, four do
    for column = 1, 3 do
      local of = column == 3 and found.nearest[1] or found.samples[column]
      shown[#shown + 1] = of and k <= #of and of[{{k, k}}]:squeeze(2) or blank
      captions[#captions + 1] = column == 1 and k == 1 and ("N = %d"):format(row.n) or KINDS[column]
    end
  end
end
record:save_figure(plot.images(tensor.concatenate(shown, 1):clamp(0, 1), {columns = 3 * four, range = {0, 1},
  captions = captions}), "pairs")

figure:show()
print(list)
local results = {}
for place, row in ipairs(rows) do
  results[place] = {n = row.n, gap = row.gap, copies = row.copies, to_twin = row.to_twin, to_training = row.to_training,
    lost = row.lost, own = {}, other = {}}
  for k, found in ipairs(row.pairs) do results[place].own[k], results[place].other[k] = found.own, found.other end
end
record:finish{results = {sigmas = SIGMAS, rows = results}, claims = list}
