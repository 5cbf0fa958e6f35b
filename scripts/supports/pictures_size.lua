-- question: From how many pictures of digits, and of disks, do two networks that share none draw the same new pictures, and how
--           does that number grow with the resolution?
-- source:   research plan of this project, first experiment: natural images behave as a support of polynomial size; the measure
--           is the agreement of two models of Kadkhodaie et al., ICLR 2024 (arXiv 2310.02557), Fig. 2
-- run:      scripts/moondrift scripts/supports/pictures_size.lua
-- time:     about seven minutes on 2 cores
-- expect:   At some hundred pictures two fully connected networks agree, of disks at fewer than of digits, and the number grows
--           by a power of the number of pixels below one, not by an exponential, which would leave every data set behind.
--
-- Definitions and thresholds, set before the run. Two networks that begin alike learn from n pictures each, none in both. Their
-- agreement is the mean cosine, about the mean picture, of what they draw from the same noise, at the best of the looks in
-- training: at intermediate time. n* is the n at which it rises through 0.8, by `transition.find` over seeds.
-- Expected: the exponent of pixels in n* at most 1 for digits and at most 0.5 for disks, which are a law of five numbers at any
-- resolution. At n*, at the look of the best agreement, fewer than a tenth of the samples are copies (1/3 rule).
-- Positive control: the same network copies few pictures after long training: a share of 0.8 or more at each resolution.
-- Chosen in trials with one seed at 7 × 7 and 14 × 14 pixels: width, updates, rate, the level 0.8, and the four pictures of the
-- control; there agreement passed 0.8 between 128 and 1,024 digits and between 16 and 128 disks, and was best at 400 to 800
-- updates.
-- Changed after a first run at 7, 14 and 28 pixels: at 28 × 28 neither law passed 0.8 with up to 2,000 pictures and so few
-- updates, which leaves two numbers for a law of growth; 4 × 4 in their place, and 28 × 28 with --long, which trains longer.
-- The number of dots and bits that a network needs, by another measure, is in support_size.lua: of dots it copies.

local args = require "moondrift.args"
local claims = require "moondrift.claims"
local over_seeds = require "moondrift.over_seeds"
local run = require "moondrift.run"
local transition = require "moondrift.transition"

local settings = args{
  sides = {4, 7, 14},       -- of the pictures, divisors of 28
  from = 8,                 -- least n
  to = 2000,                -- greatest n
  level = 0.8,              -- of the agreement
  tolerance = 1.3,          -- ratio of two n at which a search ends
  seeds = 3,                -- pairs of training sets and of networks of each n
  seed = 1,                 -- of the first; the others count on
  width = 128,              -- of the network
  updates = 800,            -- of a training; looks at a quarter, a half and all of them
  control = 6400,           -- updates of the positive control
  few = 4,                  -- pictures of the positive control
  batch = 64,               -- pictures of an update, each with as many noises as fill it
  rate = 1e-3,              -- of Adam
  samples = 200,            -- of each network
  sweep = true,             -- --jobs and --retry; a search has no --shard and no --estimate
  smoke = {sides = {4, 7}, from = 4, to = 16, tolerance = 2.5, seeds = 2, width = 8, updates = 8, control = 8, samples = 10},
  long = {sides = {4, 7, 14, 28}, tolerance = 1.1, seeds = 8, width = 256, updates = 3200, control = 25600, samples = 1000},
}
for _, name in ipairs{"seeds", "width", "updates", "control", "batch", "samples"} do
  args.demand(settings[name] > 0, "--%s must be a positive integer, got %d", name, settings[name])
end
args.demand(settings.updates >= 4, "--updates must be 4 or more, got %d", settings.updates)
args.demand(settings.from > 1 and settings.from < settings.to and settings.to <= 2000,
  "--from and --to must rise, from 2 to 2000, got %d and %d", settings.from, settings.to)
args.demand(settings.few > 1 and settings.few <= 2000, "--few must be from 2 to 2000, got %d", settings.few)
for _, side in ipairs(settings.sides) do
  args.demand(side > 1 and 28 % side == 0, "--sides must divide 28, got %d", side)
end
args.demand(settings.shard == "1/1" and not settings.estimate, "--shard and --estimate do not go with a search")
local SEEDS <const> = ("%d-%d"):format(settings.seed, settings.seed + settings.seeds - 1)

local record <close> = run.open(settings)
local process = sde.vp()
local COUNT <const> = 4000
local digits = data.mnist{count = COUNT}:reshape{-1, 28, 28}:to("float32")

-- Pictures of each law at a side, flat, of mean 0 and deviation 1.
local LAWS <const> = {"digits", "disks"}
local make = {
  digits = function(side)
    return digits:reshape{COUNT, side, 28 // side, side, 28 // side}:mean(3):mean(4)
  end,
  disks = function(side)
    return target.disks{size = side, radius = {side / 8, side / 3}, supersampling = 2}:sample(COUNT, {seed = settings.seed})
  end,
}
local pictures = {}
for _, law in ipairs(LAWS) do
  pictures[law] = {}
  for _, side in ipairs(settings.sides) do
    local x = make[law](side):reshape{COUNT, side * side}
    pictures[law][side] = (x - x:mean()) / x:std()
  end
end

local function network(side, seed)
  return nn.residual_mlp{dimension = side * side, width = settings.width, sde = process, predicts = "clean", seed = seed}
end

--- What networks of their own sets draw from the same noise, at each look.
local function samples_of(x, sets, side, seed, looks)
  local n, models, seeds = #sets[1], {}, {}
  for k = 1, #sets do models[k], seeds[k] = network(side, seed), seed end
  local fits = train.start(models, sets, {batch = math.min(n, settings.batch), noises = math.max(1, settings.batch // n),
    optimizer = optim.adam{rate = settings.rate}, ema = 0.99, seed = seeds, progress = false})
  local found, before = {}, 0
  for place, updates in ipairs(looks) do
    fits[1]:advance(updates - before)
    before, found[place] = updates, {}
    for k, fit in ipairs(fits) do
      found[place][k] = sample.dpm_solver_pp_2m(fit.ema_model, {count = settings.samples,
        times = schedule.log_snr(process, 20), seed = seed, progress = false})
    end
  end
  return found
end

local function cosine(a, b) return ((a * b):sum(2) / ((a * a):sum(2) * (b * b):sum(2)):sqrt()):mean():item() end

--- The best agreement of two networks on n pictures each, and the share of copies there.
local function agreement(law, side, n, seed)
  local x = pictures[law][side]
  local order = random.stream(seed):permutation(COUNT)
  local sets = {x[order[{ {1, n} }]], x[order[{ {n + 1, 2 * n} }]]}
  local best, copied = -1, 0 / 0
  local looks = {settings.updates // 4, settings.updates // 2, settings.updates}
  for _, drawn in ipairs(samples_of(x, sets, side, seed, looks)) do
    local middle = x:mean(1)
    local here = cosine(drawn[1] - middle, drawn[2] - middle)
    if here > best then best, copied = here, (metric.memorized_fraction(drawn[1], sets[1], {ratio = 1 / 3})) end
  end
  return best, copied
end

local found = {}
for _, law in ipairs(LAWS) do
  found[law] = {answers = {}, copies = {}, control = {}}
  for place, side in ipairs(settings.sides) do
    local answer = transition.find{
      from = settings.from, to = settings.to, level = settings.level, tolerance = settings.tolerance,
      criterion = function(n, seed) return (agreement(law, side, n, seed)) end,
      seeds = SEEDS, first = settings.seeds, decision = 0.9,
      settings = settings, record = record, name = ("rows-%s-%d"):format(law, side)}
    found[law].answers[place] = answer
    local n = math.floor(math.min(answer.outcome == "inside" and answer.value or settings.to, 2000) + 0.5)
    found[law].copies[place] = over_seeds(settings, function(seed) return select(2, agreement(law, side, n, seed)) end)
    found[law].control[place] = over_seeds(settings, function(seed)
      local x = pictures[law][side]
      local set = x[random.stream(seed):permutation(COUNT)[{ {1, settings.few} }]]
      local drawn = samples_of(x, {set}, side, seed, {settings.control})[1][1]
      return (metric.memorized_fraction(drawn, set, {ratio = 1 / 3}))
    end)
    print(("%s, %d x %d: %s; copies there %.2f, of %d pictures %.2f"):format(law, side, side, answer:verdict(),
      found[law].copies[place].median, settings.few, found[law].control[place].median))
  end
  local d = {}
  for place, side in ipairs(settings.sides) do d[place] = side * side end
  -- Fewer than three n* in the range have no law.
  local has_law, growth = pcall(transition.scaling, d, found[law].answers)
  found[law].growth = has_law and growth or nil
  if has_law then print(tostring(growth) .. "\n") end
end

-- Claims

local list = claims.new{smoke = settings.smoke}
local MOST <const> = {digits = 1, disks = 0.5}
for place, law in ipairs(LAWS) do
  local power = found[law].growth and found[law].growth.power
  list:add{id = "43" .. ("kl"):sub(place, place), source = "derived", expected = MOST[law], tolerance = "at most",
    claim = ("%s: exponent of the number of pixels in n*"):format(law), seeds = settings.seeds,
    measured = power and power.slope, interval = power and {power.low, power.high},
    note = found[law].growth and ("preferred: %s"):format(found[law].growth.preferred or "neither a power nor an exponential")
      or "n* is not in the range at three sides"}
end
--- Of all laws and sides the entry that is furthest on one side.
local function extreme(name, is_further)
  local chosen
  for _, law in ipairs(LAWS) do
    for _, at in ipairs(found[law][name]) do
      if not chosen or is_further(at.median, chosen.median) then chosen = at end
    end
  end
  return chosen
end
local copied = extreme("copies", function(a, b) return a > b end)
list:add{id = "43m", claim = "share of copies at n*, the most of all laws and sides", source = "derived", expected = 0.1,
  tolerance = "at most", measured = copied.median, interval = {copied.low, copied.high}, seeds = settings.seeds}
local control = extreme("control", function(a, b) return a < b end)
list:add{id = "43n", claim = ("share of copies of %d pictures after long training, the least of all"):format(settings.few),
  source = "derived", expected = 0.8, tolerance = "at least", measured = control.median, interval = {control.low, control.high},
  seeds = settings.seeds}

-- Figure

local COLORS <const> = {"blue", "orange", "green", "vermillion"}
local figure = plot.figure{size = {9, 2.8}}
for column, law in ipairs(LAWS) do
  figure:panel(1, column, {title = law, x = "n", y = column == 1 and "agreement" or nil, log = "x", y_limits = {0, 1},
    legend = "bottom_right"})
  for place, answer in ipairs(found[law].answers) do
    local x, y = {}, {}
    for k, point in ipairs(answer.points) do x[k], y[k] = point.x, point.mean end
    figure:line(x, y, {color = COLORS[(place - 1) % #COLORS + 1], marker = "circle",
      label = ("%d x %d"):format(settings.sides[place], settings.sides[place])})
  end
  figure:line({settings.from, settings.to}, {settings.level, settings.level}, {color = "grey", style = "dotted"})
end
figure:panel(1, 3, {title = "n* against pixels", x = "d", y = "n*", log = "xy", legend = "top_left"})
for column, law in ipairs(LAWS) do
  local x, y, low, high = {}, {}, {}, {}
  for place, answer in ipairs(found[law].answers) do
    if answer.outcome == "inside" then
      x[#x + 1], y[#y + 1] = settings.sides[place]^2, answer.value
      low[#low + 1], high[#high + 1] = math.max(answer.low, settings.from), math.min(answer.high, settings.to)
    end
  end
  if #x > 0 then figure:errors(x, y, low, high, {color = COLORS[column], label = law}) end
end
record:save_figure(figure, "pictures_size")
figure:show()
print(list)
record:finish{results = found, claims = list}
