-- question: Up to how many training points does a network still memorize them, how does that number change with the
--           resolution of the pictures, and what does a label of its own for each picture do to it?
-- source:   Gu et al., "On memorization in diffusion models", 2023 (arXiv 2310.02664)
-- run:      scripts/moondrift scripts/memorization/capacity_of_memorization.lua
-- time:     about a minute on 2 cores
-- expect:   Without labels nine samples in ten are copies up to about 6 pictures of 4 x 4, 7 of 7 x 7 and 10 of 14 x 14, with
--           intervals that overlap: that it were more at low resolution, as was published for large networks that train long,
--           is not seen. With a label of its own for each picture it is so up to more than 100.
--
-- Definitions and thresholds, set before the run. A sample is a copy where its nearest training picture is at less than
-- a third of the distance of the next, as published. The effective capacity n* is the number of pictures at which the
-- share of copies, a mean over seeds, falls through 90 %: the published line (epsilon = 0.1). `transition.find` searches
-- for it. Pictures are handwritten digits, averaged over squares to each side, scaled to mean 0 and deviation 1. The
-- network is fully connected, narrow, predicts the clean picture, and makes the same number of updates at every n and
-- side, while published networks are convolutional and train the same number of epochs. What is published would be: n* at
-- each side at least that at the next larger one; with labels of their own at least 1.5 times n* without, and at `beside`
-- pictures a share of copies that is higher by at least 0.2.
-- Chosen in trials with one seed, by whether few pictures are memorized in seconds: what the network predicts (one that
-- predicts the noise must carry all of it through its layers, and does not copy even four pictures of 14 x 14 at width 64),
-- width, rate, updates. A first run of 10,000 updates was stopped after seven trainings, for want of time; half as many
-- since then.

local args = require "moondrift.args"
local claims = require "moondrift.claims"
local run = require "moondrift.run"
local sweep = require "moondrift.sweep"
local transition = require "moondrift.transition"

local settings = args{
  sides = {4, 7, 14},       -- of the pictures, divisors of 28
  labelled = 7,             -- side at which labels are tried
  from = 4,                 -- least n
  to = 256,                 -- greatest n
  copied = 0.9,             -- share of copies that n* is for
  tolerance = 1.4,          -- ratio of two n at which a search ends
  beside = 64,              -- n at which copies with and without labels are compared
  seeds = 3,                -- training sets and networks of each n
  seed = 1,                 -- of the first; the others count on
  width = 24,               -- of the network
  updates = 5000,           -- whatever n is
  batch = 32,               -- pictures of an update
  rate = 3e-3,              -- of Adam
  samples = 500,            -- of each network
  sweep = true,             -- --jobs and --retry; a search has no --shard and no --estimate
  smoke = {sides = {4, 7}, from = 2, to = 8, tolerance = 2.5, beside = 4, seeds = 2, width = 8, updates = 20, samples = 20},
  long = {sides = {4, 7, 14, 28}, to = 1024, tolerance = 1.1, seeds = 8, updates = 40000, samples = 2000},
}
for _, name in ipairs{"seeds", "width", "updates", "batch", "samples"} do
  args.demand(settings[name] > 0, "--%s must be a positive integer, got %d", name, settings[name])
end
args.demand(settings.from > 1 and settings.from < settings.to and settings.to <= 4000,
  "--from and --to must rise, from 2 to 4000, got %d and %d", settings.from, settings.to)
args.demand(settings.beside > 1 and settings.beside <= 4000, "--beside must be from 2 to 4000, got %d", settings.beside)
for _, side in ipairs{settings.labelled, table.unpack(settings.sides)} do
  args.demand(side > 0 and 28 % side == 0, "--sides and --labelled must divide 28, got %d", side)
end

args.demand(settings.shard == "1/1" and not settings.estimate, "--shard and --estimate do not go with a search")
local SEEDS <const> = ("%d-%d"):format(settings.seed, settings.seed + settings.seeds - 1)

local record <close> = run.open(settings)
local process = sde.vp()
local digits = data.mnist{}:reshape{-1, 28, 28}:to("float32")

--- All digits at a side, flat.
local function at_side(side)
  local x = digits:reshape{#digits, side, 28 // side, side, 28 // side}:mean(3):mean(4):reshape{#digits, side * side}
  return (x - x:mean()) / x:std()
end
local pictures = {}
for _, side in ipairs{settings.labelled, table.unpack(settings.sides)} do pictures[side] = at_side(side) end

--- The first n of a shuffled set, and those behind them, which no run has seen.
local function split(side, n, seed)
  local order = random.stream(seed):permutation(#digits)
  return pictures[side][order[{ {1, n} }]], pictures[side][order[{ {3501, 4000} }]]
end

--- The share of copies among the samples of a network of its own, and among fresh digits in their place.
local function copies(side, has_labels, n, seed)
  local x, fresh = split(side, n, seed)
  local model = nn.residual_mlp{dimension = side * side, width = settings.width, sde = process, predicts = "clean",
    classes = has_labels and n or nil, seed = seed}
  local fit = train(model, x, {steps = settings.updates, batch = settings.batch, ema = 0.995, seed = seed,
    labels = has_labels and tensor.arange(0, n - 1):to("int64") or nil, optimizer = optim.adam{rate = settings.rate},
    progress = false})
  local y = sample.dpm_solver_pp_2m(fit.ema_model, {count = settings.samples, times = schedule.log_snr(process, 20),
    labels = has_labels and random.stream(seed):integers(settings.samples, 0, n - 1) or nil, seed = seed, progress = false})
  return (metric.memorized_fraction(y, x, {ratio = 1 / 3})), (metric.memorized_fraction(fresh, x, {ratio = 1 / 3}))
end

--- The n* of a side, with labels or without.
local function capacity(side, has_labels)
  local found = transition.find{
    from = settings.from, to = settings.to, level = settings.copied, direction = "falling", tolerance = settings.tolerance,
    criterion = function(n, seed) return (copies(side, has_labels, n, seed)) end,
    seeds = SEEDS, first = settings.seeds, decision = 0.9,
    settings = settings, record = record, name = ("rows-%d%s"):format(side, has_labels and "-labels" or "")}
  print(("%d x %d%s: %s"):format(side, side, has_labels and ", a label for each" or "", found:verdict()))
  return found
end

local by_side, plain = {}, nil
for place, side in ipairs(settings.sides) do
  by_side[place] = capacity(side, false)
  if side == settings.labelled then plain = by_side[place] end
end
plain = plain or capacity(settings.labelled, false)
local labelled = capacity(settings.labelled, true)

--- Shares of copies at one n, without labels and with them, and of fresh digits.
local beside = sweep{
  over = {labels = {false, true}, seed = SEEDS}, order = {"labels", "seed"}, settings = settings, record = record,
  name = "rows-beside",
  run = function(c)
    local share, fresh = copies(settings.labelled, c.labels, settings.beside, c.seed)
    return {copies = share, fresh = fresh}
  end}

-- Claims

--- The ratio of two n* and its interval: the halves of both, in ln n, add as independent errors do. Of an n* outside of the
--- range its end there is the bound.
local function ratio(a, b)
  local function bound(found, instead) return found.outcome == "inside" and found.value or instead(found.low, found.high) end
  local function finite(low, high) return low > 0 and low or high end
  local x, y = bound(a, finite), bound(b, finite)
  local below = math.sqrt(math.log(x / a.low)^2 + math.log(b.high / y)^2)
  local above = math.sqrt(math.log(a.high / x)^2 + math.log(y / b.low)^2)
  return x / y, {x / y * math.exp(-below), x / y * math.exp(above)}
end

local list = claims.new{smoke = settings.smoke}
for place = 2, #by_side do
  local measured, interval = ratio(by_side[place - 1], by_side[place])
  list:add{id = "37" .. ("abcdef"):sub(place - 1, place - 1), source = "published", expected = 1, tolerance = "at least",
    claim = ("n* at side %d over n* at side %d"):format(settings.sides[place - 1], settings.sides[place]),
    measured = measured, interval = interval, seeds = settings.seeds}
end
local gain, gains = ratio(labelled, plain)
list:add{id = "38a", claim = "n* with a label for each picture over n* without", source = "published", expected = 1.5,
  tolerance = "at least", measured = gain, interval = gains, seeds = settings.seeds}
local without, with = beside:where{labels = false}:column("copies"), beside:where{labels = true}:column("copies")
local differences = {}
for k, value in ipairs(with) do differences[k] = value - without[k] end
local middle, low, high = metric.bootstrap(differences, {seed = settings.seed})
list:add{id = "38b", claim = ("share of copies with labels minus that without, %d pictures"):format(settings.beside),
  source = "published", expected = 0.2, tolerance = "at least", measured = middle, interval = {low, high}, seeds = settings.seeds,
  note = ("%.2f with, %.2f without, at most %.3f of fresh digits"):format(
    metric.quantiles(with, {0.5})[1], metric.quantiles(without, {0.5})[1], math.max(table.unpack(beside:column("fresh"))))}

-- Figure

local COLORS = {"blue", "orange", "green", "vermillion", "purple", "sky"}
local figure = plot.figure{size = {7.2, 2.8}}
figure:panel(1, 1, {x = "n", y = "share of copies", log = "x", legend = "bottom_left"})
local function draw(found, color, label, style)
  local x, y, below, above = {}, {}, {}, {}
  for k, point in ipairs(found.points) do x[k], y[k], below[k], above[k] = point.x, point.mean, point.low, point.high end
  figure:line(x, y, {color = color, label = label, style = style}):scatter(x, y, {color = color})
end
for place, found in ipairs(by_side) do
  draw(found, COLORS[(place - 1) % #COLORS + 1], ("%d x %d"):format(settings.sides[place], settings.sides[place]))
end
draw(labelled, "black", ("%d x %d, labels"):format(settings.labelled, settings.labelled), "dashed")
figure:line({settings.from, settings.to}, {settings.copied, settings.copied}, {color = "grey", style = "dotted"})
figure:panel(1, 2, {x = "d", y = "n*", log = "xy", legend = "none"})
local inside = {x = {}, y = {}, low = {}, high = {}}
for place, found in ipairs(by_side) do
  if found.outcome == "inside" then
    table.insert(inside.x, settings.sides[place]^2)
    table.insert(inside.y, found.value)
    table.insert(inside.low, math.max(found.low, settings.from))
    table.insert(inside.high, math.min(found.high, settings.to))
  end
end
if #inside.x > 0 then figure:errors(inside.x, inside.y, inside.low, inside.high, {color = "blue"}) end
record:save_figure(figure, "capacity_of_memorization")
figure:show()

for place, found in ipairs(by_side) do print(("\nside %d\n%s"):format(settings.sides[place], tostring(found))) end
print(("\nside %d, a label for each picture\n%s\n"):format(settings.labelled, tostring(labelled)))
-- Fewer than three n* in the range have no law.
local d = {}
for place, side in ipairs(settings.sides) do d[place] = side * side end
local has_law, law = pcall(transition.scaling, d, by_side)
if has_law then print(tostring(law) .. "\n") end
print(list)
record:finish{results = {sides = by_side, labelled = labelled, with = with, without = without, law = has_law and law or nil}, claims = list}
