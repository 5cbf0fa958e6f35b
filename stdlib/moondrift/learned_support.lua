-- From how many training points does a network draw more of a law on finitely many points than it was shown?
--
--   local learned = require "moondrift.learned_support"
--   local found = learned.measure(target.dots{size = 4, amplitude = 4}, {
--     network = function(seed) return nn.residual_mlp{dimension = 16, sde = sde.vp(), predicts = "noise", seed = seed} end,
--     seeds = 3, updates = 3200, step = 4})
--   found.n_star, found.interval           -- least n of a law that is learned, by definition below
--   found.copying                          -- the n that copying takes, without any network
--   found.points                           -- one entry for each n of the grid
--
-- A network has learned the law from n of its S points where at some look in training at least half of its samples are
-- valid, and S valid ones cover at least half as many different points as S fresh draws do. n* is the least n from which
-- the median over seeds is so, between the n of the grid by interpolation in ln n. n_new is the same for the share of
-- valid samples that were not shown, over that of fresh draws: no copying reaches it.

local ledger = require "moondrift.ledger"
local option = require "moondrift.options"

local M = {}

--- The greatest support whose points are looked at one by one.
local MOST_BITS <const> = 16

--- Training sets that n_copy of a law of unequal points is a mean over.
local COPYING_SETS <const> = 20

local function is_nan(value) return value ~= value end

--- The median of those that are numbers; nan of none.
---@param values number[]
---@return number
function M.median(values)
  local numbers = {}
  for _, value in ipairs(values) do
    if not is_nan(value) then numbers[#numbers + 1] = value end
  end
  return #numbers > 0 and metric.quantiles(numbers, {0.5})[1] or 0 / 0
end

-- The law alone

--- What a law says without any network: its size and the probabilities of its points.
local function known(law)
  if not (pcall(function() return law.support_bits, law.dimension end)) then
    error(("learned_support: the law must be a target, got %s"):format(type(law)), 0)
  end
  local bits = law:support_bits()
  if bits > MOST_BITS then
    error(("learned_support: the support must have at most 2^%d points, got 2^%.4g"):format(MOST_BITS, bits), 0)
  end
  local size = law:support_size()
  if size < 2 then error(("learned_support: the support must have at least 2 points, got %d"):format(size), 0) end
  local p = law:log_probability(law:enumerate()):exp()
  return {law = law, size = size, p = p, is_uniform = ((p * size - 1):abs():max():item()) < 1e-9}
end

--- Different points among m draws from probabilities p, in the mean.
local function distinct(p, m) return (1 - ((-p):log1p() * m):exp()):sum():item() end

--- Different points of S draws from n shown ones, each as likely as it was often shown: exact of a uniform law up to the
--- spread of how many different ones are shown, else the mean over sets of n.
local function covered_by_copies(of, n)
  if of.is_uniform then
    local shown = math.max(1, of.size * (1 - (1 - 1 / of.size)^n))
    return shown * (1 - (1 - 1 / shown)^of.size)
  end
  n = math.max(1, math.floor(n + 0.5))
  local stream, total, one = random.stream(1), 0, tensor.ones({n}, {dtype = "float64"})
  for _ = 1, COPYING_SETS do
    local counts = tensor.zeros({of.size}, {dtype = "float64"}):scatter_add(
      1, stream:choice(n, of.size, {weights = of.p}), one)
    total = total + distinct(counts / n, of.size)
  end
  return total / COPYING_SETS
end

--- The n points of which S draws cover half of what S fresh draws of the law do.
local function copying(of)
  local low, high, half = 1, 2 * of.size, 0.5 * distinct(of.p, of.size)
  for _ = 1, of.is_uniform and 60 or 12 do
    local n = (low * high)^0.5
    if covered_by_copies(of, n) < half then low = n else high = n end
  end
  return high
end

--- The same number from outside.
---@param law moondrift.target
---@return number
function M.copying(law)
  local is_known, of = pcall(known, law)
  if not is_known then error(of, 2) end
  return copying(of)
end

-- Training

--- Different points that S valid samples cover over those of S fresh draws: the mean over parts of the samples that
--- hold as many valid ones.
local function coverage(of, y, valid, options)
  local total = 0
  local length = math.min(#y, math.ceil(of.size / valid))
  local parts = #y // length
  for part = 1, parts do
    total = total + metric.ledger(y[{ {(part - 1) * length + 1, part * length} }], options).covered.value
  end
  return total / parts * of.size / distinct(of.p, of.size)
end

--- The share of fresh draws that are none of the points shown.
local function fresh_of(of, shown)
  local keys, left = {}, 1
  local p = of.law:log_probability(shown):exp():table()
  for k, row in ipairs(of.law:project(shown):reshape{#shown, -1}:table()) do
    local key = table.concat(row, " ")
    if not keys[key] then keys[key], left = true, left - p[k] end
  end
  return left > 1e-9 and left or 0
end

--- What the networks of all seeds draw now: a table of lists, one value for each.
local function look(at, settings)
  local of = at.of
  local seen = {valid = {}, covered = {}, new = {}, copies = {}, memorized = {}, chao1 = {}}
  for k, fit in ipairs(at.fits) do
    local count = math.max(settings.samples, 2 * of.size)
    local y = sample.dpm_solver_pp_2m(fit.model, {
      count = count, times = schedule.log_snr(fit.model.sde, 20), seed = settings.seed + k - 1, progress = false})
    y = y:reshape(at.sets[k].shape[2] and {count, table.unpack(at.sets[k].shape, 2)})
    local options = {target = of.law, training = at.sets[k], tolerance = settings.tolerance * settings.step}
    local shares = metric.ledger(y, options)
    local valid, fresh = shares.valid.value, at.fresh[k]
    seen.valid[k], seen.memorized[k] = valid, shares.memorized.value
    seen.covered[k] = valid >= 0.5 and coverage(of, y, valid, options) or 0
    seen.new[k] = fresh == 0 and 0 / 0 or valid >= 0.5 and shares.novel.value / valid / fresh or 0
    seen.copies[k] = valid > 0 and shares.memorized.value / valid or 0
    seen.chao1[k] = ledger.open(options):add(y):chao1()
  end
  return seen
end

--- Trains networks of all seeds on n points. `covered` and `new` are the best of each at looks where at least half of
--- the samples are valid.
local function runs_at(of, n, settings)
  local at = {n = n, of = of, sets = {}, fresh = {}, looks = {}, covered = {}, new = {}}
  local models, data, seeds = {}, {}, {}
  for k = 1, settings.seeds do
    seeds[k] = settings.seed + k - 1
    at.sets[k] = of.law:sample(n, {seed = seeds[k]})
    at.fresh[k] = fresh_of(of, at.sets[k])
    models[k] = settings.network(seeds[k])
    local is_model, shape = pcall(function() return table.pack(table.unpack(models[k].shape)) end)
    local size = 1
    for _, side in ipairs(is_model and shape or {0}) do size = size * side end
    if size ~= of.law.dimension then
      error(("learned_support.measure: network must return a model of %d numbers, got %s"):format(of.law.dimension,
        is_model and "one of " .. size or type(models[k])), 0)
    end
    data[k] = at.sets[k]:reshape{n, table.unpack(models[k].shape)}
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
    local seen = look(at, settings)
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

--- Share of copies among the valid samples, after longer training where it takes that: of each seed, their median, and
--- updates.
local function control_at(at, settings)
  local last = at.looks[#at.looks]
  local updates, seen = last.updates, last.seen
  while M.median(seen.copies) < 0.9 and updates < settings.control * settings.updates do
    at.fits[1]:advance(settings.updates)
    updates, seen = updates + settings.updates, look(at, settings)
  end
  return {copies = M.median(seen.copies), of_seeds = seen.copies, updates = updates, n = at.n}
end

-- The answer

--- The n at which a median over seeds passes a half for good; nan where it never does.
---@param points {n: integer}[] each with a list of values, one a seed, under `name`
---@param name string
---@param choose? fun(values: number[]): number[] of the values; all where absent
---@return number
function M.crossing(points, name, choose)
  local after
  for place = #points, 1, -1 do
    local values = points[place][name]
    local here = {n = points[place].n, value = M.median(choose and choose(values) or values)}
    if here.value < 0.5 then
      if not after then return 0 / 0 end
      return here.n * (after.n / here.n) ^ ((0.5 - here.value) / (after.value - here.value))
    end
    if not is_nan(here.value) then after = here end
  end
  return after and after.n or 0 / 0
end

--- Choices of seeds with replacement, the same for each n and each law.
local function resamples(settings)
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

--- The greatest share of new points of any n, by medians over seeds.
local function most_new(points, choose)
  local most = 0
  for _, at in ipairs(points) do
    local new = M.median(choose and choose(at.new) or at.new)
    if not is_nan(new) then most = math.max(most, new) end
  end
  return most
end

--- Points that the samples at the last look are from at least, by Chao's estimate, over those that were shown.
local function reach(at)
  local ratios = {}
  for k, estimate in ipairs(at.looks[#at.looks].seen.chao1) do
    ratios[k] = estimate.value / (metric.ledger(at.sets[k], {target = at.of.law}).covered.value * at.of.size)
  end
  return ratios
end

---@class moondrift.LearnedSupportOptions
---@field network fun(seed: integer): moondrift.model
---@field updates integer of a run, fewer where 80 % of all samples are copies
---@field step number? the least difference of two values of a coordinate; 1 where absent
---@field tolerance number? how far a coordinate of a valid sample may be off, in units of `step`; 0.3
---@field seeds integer? networks and training sets at each n; 3
---@field seed integer? of the first; 1
---@field fewest integer? least n; the next are twice as many, to 2 S; 4
---@field rows integer? of a batch: points, each with as many noises as fill it; 128
---@field rate number? of Adam; 1e-3
---@field looks integer? each at twice the updates of the one before; 4
---@field samples integer? of a look, or 2 S where that is more; 1024
---@field control integer? how many times its updates the run below n* may take until it copies; 8, 0: none
---@field draws integer? of the seeds anew, for intervals; 300

local KINDS = {network = "function", updates = "integer", step = "number", tolerance = "number", seeds = "integer",
  seed = "integer", fewest = "integer", rows = "integer", rate = "number", looks = "integer", samples = "integer",
  control = "integer", draws = "integer"}
local DEFAULTS = {step = 1, tolerance = 0.3, seeds = 3, seed = 1, fewest = 4, rows = 128, rate = 1e-3, looks = 4,
  samples = 1024, control = 8, draws = 300}

local function settings_of(given)
  option.check("learned_support.measure", given, KINDS)
  local settings = setmetatable({}, {__index = DEFAULTS})
  for name, value in pairs(given) do settings[name] = value end
  local function demand(passed, message, ...)
    if not passed then error(("learned_support.measure: " .. message):format(...), 0) end
  end
  demand(settings.network, "network is required: a function of a seed that makes one")
  demand(settings.updates, "updates is required: how many a run makes")
  for _, name in ipairs{"updates", "step", "seeds", "rows", "rate", "looks", "samples", "draws", "tolerance"} do
    demand(settings[name] > 0, "%s must be positive, got %s", name, settings[name])
  end
  demand(settings.control >= 0, "control must be 0 or more, got %d", settings.control)
  demand(settings.fewest > 1, "fewest must be 2 or more, got %d", settings.fewest)
  demand(settings.looks < 40 and 1 << (settings.looks - 1) <= settings.updates,
    "looks must be such that 2^(looks - 1) is at most %d updates, got %d", settings.updates, settings.looks)
  return settings
end

---@class moondrift.LearnedSupport
---@field d integer
---@field size integer S
---@field bits number
---@field copying number the n that copying takes
---@field points {n: integer, covered: number[], new: number[], reach: number[]}[]
---@field n_star number nan where no n of the grid suffices
---@field interval number[] of n*, over seeds
---@field stars number[] n* of each draw of seeds
---@field n_new number
---@field new_interval number[]
---@field best_new number the greatest share of new points, over that of fresh draws
---@field best_news number[] of each draw of seeds
---@field control {copies: number, of_seeds: number[], updates: integer, n: integer}? at the n next below n*

--- Trains networks on n points of a law, n rising, until both n* and n_new are passed twice or n reaches 2 S.
---@param law moondrift.target on at most 2^16 points that are known
---@param options moondrift.LearnedSupportOptions
---@return moondrift.LearnedSupport
function M.measure(law, options)
  local passed, settings = pcall(settings_of, options)
  if not passed then error(settings, 2) end
  local is_known, of = pcall(known, law)
  if not is_known then error(of, 2) end
  local here = {d = law.dimension, size = of.size, bits = law:support_bits(), points = {}, copying = copying(of)}
  local n, times = settings.fewest, 0
  if n > 2 * of.size then
    error(("learned_support.measure: fewest must be at most twice the %d points of the law, got %d"):format(of.size, n), 2)
  end
  while n <= 2 * of.size and times < 2 do
    local is_run, at = pcall(runs_at, of, n, settings)
    if not is_run then error(at, type(at) == "string" and at:find("^learned_support%.measure: ") and 2 or 0) end
    here.points[#here.points + 1] = at
    at.reach = reach(at)
    local is_done = M.median(at.covered) >= 0.5 and M.median(at.new) >= 0.5
    times = is_done and times + 1 or 0
    n = 2 * n
  end
  here.n_star, here.n_new = M.crossing(here.points, "covered"), M.crossing(here.points, "new")
  local stars, news, best_news = {}, {}, {}
  for draw, choose in ipairs(resamples(settings)) do
    stars[draw], news[draw] = M.crossing(here.points, "covered", choose), M.crossing(here.points, "new", choose)
    best_news[draw] = most_new(here.points, choose)
  end
  here.stars, here.interval = stars, metric.quantiles(stars, {0.025, 0.975})
  here.new_interval = metric.quantiles(news, {0.025, 0.975})
  here.best_new, here.best_news = most_new(here.points), best_news
  local below = here.points[1]
  for _, at in ipairs(here.points) do
    if at.n <= here.n_star then below = at end
  end
  if settings.control > 0 then here.control = control_at(below, settings) end
  for _, at in ipairs(here.points) do
    for _, look_at in ipairs(at.looks) do look_at.seen.chao1 = nil end
    at.fits, at.sets, at.of, at.fresh = nil, nil, nil, nil
  end
  return here
end

return M
