-- question: What does a model draw that learns its training set without error, and what changes if its score must
--           be equivariant, or local?
-- source:   Kamb and Ganguli, "An analytic theory of creativity in convolutional diffusion models", ICML 2025
--           (arXiv 2412.20292), §4.1, Theorems 4.1 and B.2
-- run:      scripts/moondrift scripts/memorization/ideal_score_machines.lua
-- time:     about one minute on 2 cores
-- expect:   The ideal machine copies its training set. The equivariant one draws a single dot at every pixel, each
--           as often. The local one, from a black and a white picture, draws pictures that are new, in which each
--           pixel agrees with most of its neighbours, the more of them the more steps the sampler takes. Thresholds:
--           f_mem = 1; p of the test of uniformity above 0.01; shares of pixels within 0.004.

local args = require "moondrift.args"
local claims = require "moondrift.claims"
local over_seeds = require "moondrift.over_seeds"
local run = require "moondrift.run"

local settings = args{
  points = 50,                          -- of the training set of the ideal machine
  side = 8,                             -- of its pictures, and of those with a dot
  copies = 200,                         -- samples of the ideal machine
  dots = 1280,                          -- samples of the equivariant machine
  sampler_steps = 40,                   -- of Heun's sampler
  toy_side = 16,                        -- of black and white pictures
  toy_steps = {20, 100, 1000, 4000},    -- of DDIM
  toy_samples = 200,                    -- for each number of steps
  seeds = 5,
  seed = 1,                             -- the first of them
  smoke = {points = 8, side = 4, copies = 10, dots = 32, sampler_steps = 10, toy_side = 8, toy_steps = {20}, toy_samples = 2, seeds = 1},
  long = {toy_samples = 1000, seeds = 20, dots = 12800},
}
args.demand(settings.seeds > 0, "--seeds must be a positive integer, got %d", settings.seeds)
args.demand(settings.toy_side >= 3, "--toy_side must be 3 or more, got %d", settings.toy_side)

local record <close> = run.open(settings)
local list = claims.new{smoke = settings.smoke}
local results = {}

-- The ideal machine: the model of the training set

local side = settings.side
local field = target.gaussian_process{points = side, length = 0.3}
local function pictures(count, seed)
  -- Smooth random pictures: sums of products of smooth functions of row and column.
  local total = tensor.zeros{count, side, side}
  for term = 1, 3 do
    local rows, columns = field:sample(count, {seed = 10 * seed + term}), field:sample(count, {seed = 1000 + 10 * seed + term})
    total = total + rows:reshape{count, side, 1} * columns:reshape{count, 1, side}
  end
  return total
end

results.ideal = over_seeds(settings, function(seed)
  local x = pictures(settings.points, seed)
  local model = nn.score_machine{data = x, kind = "ideal", sde = sde.edm()}
  local y = sample.heun(model, {count = settings.copies, steps = settings.sampler_steps, seed = seed, progress = false})
  return (metric.memorized_fraction(y, x))
end)
print(("ideal: f_mem = %.4f [%.4f, %.4f]"):format(results.ideal.median, results.ideal.low, results.ideal.high))
list:add{id = "27", claim = ("samples of the ideal machine that copy, %d pictures"):format(settings.points), source = "published",
  expected = 1, tolerance = 0, measured = results.ideal.median, interval = {results.ideal.low, results.ideal.high},
  seeds = settings.seeds}

-- One dot: the equivariant machine against the ideal one, by the ledger of all dots

local law = target.dots{size = side}
local dot = law:enumerate()[{ {1, 1} }]

--- The chance of a χ² of so many degrees of freedom or more, by Wilson and Hilferty's normal law of its cube root.
local function p_of_chi_square(value, degrees)
  local spread = 2 / (9 * degrees)
  local z = ((value / degrees)^(1 / 3) - 1 + spread) / spread^0.5
  return ((1 - tensor({z / 2^0.5}, {dtype = "float64"}):erf()) / 2):item()
end

local function dots(kind, seed)
  local model = nn.score_machine{data = dot, kind = kind, sde = sde.edm()}
  local y = sample.heun(model, {count = settings.dots, steps = settings.sampler_steps, seed = seed, progress = false})
  local expected = settings.dots / side^2
  local counts = law:project(y):reshape{settings.dots, -1}:sum(1)
  return {
    ledger = metric.ledger(y, {target = law, training = dot}),
    p = p_of_chi_square((((counts - expected)^2):sum() / expected):item(), side^2 - 1), samples = y,
  }
end

results.dots = {equivariant = {}, ideal = {}}
local drawn
for k = 1, settings.seeds do
  local seed = settings.seed + k - 1
  local own, ideal = dots("equivariant", seed), dots("ideal", seed)
  drawn = drawn or own.samples
  results.dots.equivariant[k] = {valid = own.ledger.valid.value, covered = own.ledger.covered.value, p = own.p}
  results.dots.ideal[k] = {valid = ideal.ledger.valid.value, distinct = ideal.ledger.counts.distinct}
  print(("one dot, seed %d: equivariant covers %.3f of %d, p = %.3f; ideal draws %d"):format(
    seed, own.ledger.covered.value, side^2, own.p, ideal.ledger.counts.distinct))
end
local function column(rows, name)
  local values = {}
  for k, row in ipairs(rows) do values[k] = row[name] end
  return values
end
--- Over seeds, p is uniform: the least of k is above 0.01/k with probability 0.99.
local least = math.min(table.unpack(column(results.dots.equivariant, "p")))
list:add{id = "28a", claim = "uniform over all translates: p of χ², least of the seeds times their number", source = "published",
  expected = 0.01, tolerance = "at least", measured = math.min(1, least * settings.seeds)}
list:add{id = "28b", claim = "samples of the equivariant machine that are one dot, least of the seeds", source = "published",
  expected = 1, tolerance = 0, measured = math.min(table.unpack(column(results.dots.equivariant, "valid")))}
list:add{id = "28c", claim = "different dots that the ideal machine draws, most of the seeds", source = "published",
  expected = 1, tolerance = 0, measured = math.max(table.unpack(column(results.dots.ideal, "distinct")))}

-- Black and white: the local equivariant machine by DDIM, on equal steps of the published cosine schedule. Its posterior
-- mean is tanh(α Σ x/σ²), summed over the 3×3 about a pixel, which costs less than the machine; both are compared.

local angle = math.pi / 2 / 1.008
local process = sde.define{name = "cosine", alpha = function(t) return (t * angle):cos() end, sigma = function(t) return (t * angle):sin() end}
local toy = tensor.stack{tensor.ones{settings.toy_side, settings.toy_side}, -tensor.ones{settings.toy_side, settings.toy_side}}
local machine = nn.score_machine{data = toy, patch = 3, sde = process}

local function around(x)
  local total = x * 0
  for i = -1, 1 do
    for j = -1, 1 do total = total + x:roll(i, 2):roll(j, 3) end
  end
  return total
end
local function closed(x, t) return (around(x) * (math.cos(t * angle) / math.sin(t * angle)^2)):tanh() end

--- x_u = α_u E[x_0] + σ_u E[z], from t = 1 to 0.
local function ddim(clean, x, steps)
  for i = steps, 1, -1 do
    local t, u = i / steps * angle, (i - 1) / steps * angle
    local mean = clean(x, i / steps)
    x = mean * math.cos(u) + (x - mean * math.cos(t)) * (math.sin(u) / math.sin(t))
  end
  return x
end

local start = random.stream(settings.seed):normal({4, settings.toy_side, settings.toy_side}, {dtype = "float64"})
local own = ddim(function(x, t) return machine:denoise(x, t) end, start, 20)
results.toy_difference = (own - ddim(closed, start, 20)):abs():max():item()
print(("black and white: the machine and its closed form differ by at most %.1e"):format(results.toy_difference))

local expected = {[20] = 0.989, [100] = 0.992, [1000] = 0.995, [4000] = 0.998}
results.toy = {}
local shown
for index, steps in ipairs(settings.toy_steps) do
  local new = 0
  local measured = over_seeds(settings, function(seed)
    local x = random.stream(seed):normal{settings.toy_samples, settings.toy_side, settings.toy_side}
    shown = ddim(closed, x, steps)
    new = new + (shown:sign():reshape{settings.toy_samples, -1}:mean(2):abs()):less(0.999):to("float32"):mean():item()
    return (shown * around(shown:sign())):greater(0):to("float32"):mean():item()
  end)
  results.toy[index] = {steps = steps, consistent = measured, novel = new / settings.seeds}
  print(("black and white, %d steps: consistent %.4f [%.4f, %.4f], new %.3f"):format(
    steps, measured.median, measured.low, measured.high, new / settings.seeds))
  if expected[steps] then
    list:add{id = "29" .. ("abcdef"):sub(index, index), claim = ("pixels that agree with most of their neighbours, %d steps"):format(steps),
      source = "derived", expected = expected[steps], tolerance = 0.004, measured = measured.median,
      interval = {measured.low, measured.high}, seeds = settings.seeds,
      note = ("of the pictures %.3f are not in the training set"):format(new / settings.seeds)}
  end
end

local figure = plot.images(drawn[{ {1, math.min(8, #drawn)} }],
  {columns = 8, title = "From one dot: the equivariant machine"})
record:save_figure(figure, "equivariant_dots")
record:save_figure(plot.images(shown[{ {1, math.min(10, #shown)} }], {columns = 5, title = "From black and white: the local machine"}), "local_pictures")

print(list)
record:finish{results = results, claims = list}
