-- question: Is the best training set of a given size a sample of the target? How far is a set that a genetic search finds ahead of
--           independent draws, and how small may it be?
-- source:   research plan of this project, third experiment
-- run:      scripts/moondrift scripts/supports/training_set_search.lua
-- time:     about eight minutes on 2 cores; --long about forty on one
-- expect:   Eight dots of 64 that a genetic search has chosen leave the network a smaller loss on all 64 than independent draws
--           do, with other seeds too, and than random search found with as many trainings; random search is close.
--
-- Definitions and thresholds, set before the run. The target is one white dot in 8×8 pixels. A small convolutional network makes
-- `updates` updates on n dots; its loss is the mean square of the error of the denoised pictures of all 64 dots at four noise
-- levels with common noise, over that of training on all 64 with the same seeds. Fitness is minus the loss with one seed, the
-- same for all sets of a search. What a search found is trained again with `fresh` other seeds.
-- Expected: genetic over independent sets, on fresh seeds: at most 0.95. Genetic over random search with as many trainings: at
-- most 1. Coreset (farthest points, no training) over independent sets: at most 1. The least size whose chosen set has a loss of at
-- most 1, over the least size at which independent ones have: at most 0.5; sizes that do not succeed count as 64.
-- Chosen in a trial with eight sets and two seeds, by the time of a training (0.15 s) and by whether the same sets are good
-- with both seeds: the network, its updates, and the loss in place of covered dots, which take longer trainings.

local args = require "moondrift.args"
local claims = require "moondrift.claims"
local run = require "moondrift.run"
local search = require "moondrift.search"

local settings = args{
  size = 8,             -- dots of the training set that is searched for at length
  sizes = {2, 4, 16},   -- others, searched for briefly
  generations = 40,     -- of the long search
  brief = 10,           -- generations of a brief one
  population = 16,      -- sets of a generation
  seeds = 3,            -- searches of each kind
  seed = 1,             -- of the first; the others count on
  fresh = 5,            -- seeds with which what was found is trained again
  independent = 20,     -- sets drawn for comparison
  updates = 200,        -- of a training
  rows = 16,            -- of an update: dots, each with as many noises as fill it
  rate = 4e-3,          -- of Adam
  width = 8,            -- channels of the network
  sweep = true,         -- a killed run goes on; searches have no --shard and no --estimate
  smoke = {size = 3, sizes = {2}, generations = 2, brief = 1, population = 3, seeds = 1, fresh = 1, independent = 2, updates = 3},
  long = {sizes = {1, 2, 4, 16, 32}, seeds = 5},
}
for _, name in ipairs{"generations", "brief", "seeds", "fresh", "independent", "updates", "rows", "width"} do
  args.demand(settings[name] > 0, "--%s must be a positive integer, got %d", name, settings[name])
end
args.demand(settings.population > 2, "--population must be 3 or more, got %d", settings.population)
for _, size in ipairs{settings.size, table.unpack(settings.sizes)} do
  args.demand(size > 0 and size <= 64, "--size and --sizes must be from 1 to 64, got %d", size)
end

args.demand(settings.shard == "1/1" and not settings.estimate, "--shard and --estimate do not go with a search")

local record <close> = run.open(settings)
local SIDE <const>, POOL <const> = 8, 64
local process = sde.vp()
local law = target.dots{size = SIDE, amplitude = SIDE}
local dots = law:enumerate()

-- Noisy pictures of all dots, at noise over signal of a half to four.
local noise = random.stream(settings.seed):normal{4, POOL, SIDE, SIDE}
local looks = {}
for place, level in ipairs{0.5, 1, 2, 4} do
  local t = process:time_of_log_snr(-2 * math.log(level))
  looks[place] = {t = t, x = (process:alpha(t) * (dots + level * noise[place])):unsqueeze(2)}
end

--- The loss on all dots after training on each of some sets with one seed; they advance side by side.
local trainings = 0
local function losses(sets, seed)
  local models, data, seeds = {}, {}, {}
  for k, set in ipairs(sets) do
    models[k] = nn.local_cnn{shape = {1, SIDE, SIDE}, width = settings.width, layers = 1, sde = process, predicts = "clean",
      seed = seed}
    data[k], seeds[k] = dots[tensor(set, {dtype = "int64"})]:unsqueeze(2), seed
  end
  local n = #sets[1]
  local fits = train.start(models, data, {batch = math.min(n, settings.rows), noises = math.max(1, settings.rows // n),
    optimizer = optim.adam{rate = settings.rate}, seed = seeds, progress = false})
  fits[1]:advance(settings.updates)
  trainings = trainings + #sets
  local values = {}
  for k, fit in ipairs(fits) do
    values[k] = 0
    for _, at in ipairs(looks) do
      values[k] = values[k] + ((fit.model:denoise(at.x, at.t):squeeze(2) - dots)^2):mean():item() / #looks
    end
  end
  return values
end

local whole = {}
for k = 1, POOL do whole[k] = k end

--- Mean loss of sets over fresh seeds, over that of training on all dots with the same.
local reference = {}
local function fresh_losses(sets)
  local means = {}
  for k = 1, #sets do means[k] = 0 end
  for k = 1, settings.fresh do
    local seed = settings.seed + 1000 + k
    reference[k] = reference[k] or losses({whole}, seed)[1]
    for j, value in ipairs(losses(sets, seed)) do means[j] = means[j] + value / reference[k] / settings.fresh end
  end
  return means
end

local function fitness(sets, seed)
  -- Rows of the calls before are on disk.
  if trainings > 0 then record:keep(("%d runs are there, --out=%s goes on with them"):format(trainings, record.folder)) end
  local values = losses(sets, seed)
  for k, value in ipairs(values) do values[k] = -value end
  return values
end

--- All searches for sets of a size with one seed: fresh losses by name, and what the genetic one went through.
local function searched(size, generations, seed, is_long)
  local common = {pool = POOL, size = size, fitness = fitness, seed = seed, population = settings.population}
  --- With a folder of its own, from which a killed run goes on.
  local function with(method, more)
    local options = {out = record:path(("rows-%s-%d-%d"):format(method, size, seed))}
    for name, value in pairs(common) do options[name] = value end
    for name, value in pairs(more) do options[name] = value end
    return options
  end
  local genetic = search.genetic(with("genetic", {generations = generations}))
  local sets, names = {genetic.best}, {"genetic"}
  local found = {genetic = genetic}
  if is_long then
    found.random = search.random(with("random", {count = genetic.calls}))
    local greedy_options = with("greedy", {candidates = settings.population})
    greedy_options.population = nil
    found.greedy = search.greedy(greedy_options)
    sets[2], sets[3], names[2], names[3] = found.random.best, found.greedy.best, "random", "greedy"
  end
  sets[#sets + 1], names[#names + 1] = search.coreset(dots, size), "coreset"
  local own = fresh_losses(sets)
  local result = {size = size, seed = seed, best = genetic.best, history = genetic.history, trainings = genetic.calls}
  for k, name in ipairs(names) do result[name] = own[k] end
  local stream, drawn = random.stream(seed + 500), {}
  for k = 1, settings.independent do drawn[k] = stream:choice(size, POOL, {replace = false}):table() end
  result.independent = fresh_losses(drawn)
  result.mean = 0
  for _, value in ipairs(result.independent) do result.mean = result.mean + value / #result.independent end
  print(("%d dots, seed %d: loss over that of all dots: genetic %.3f%s, coreset %.3f, independent %.3f [%.3f, %.3f]; {%s}"):format(
    size, seed, result.genetic, is_long and (", random %.3f, greedy %.3f"):format(result.random, result.greedy) or "",
    result.coreset, result.mean, math.min(table.unpack(result.independent)), math.max(table.unpack(result.independent)),
    table.concat(genetic.best, ", ")))
  return result
end

local sizes = {table.unpack(settings.sizes)}
sizes[#sizes + 1] = settings.size
table.sort(sizes)
local results = {}
for place, size in ipairs(sizes) do
  local is_long = size == settings.size
  results[place] = {size = size, runs = {}}
  for k = 1, settings.seeds do
    results[place].runs[k] = searched(size, is_long and settings.generations or settings.brief, settings.seed + k - 1, is_long)
  end
end
print(("%d trainings"):format(trainings))

-- Claims

local list = claims.new{smoke = settings.smoke}
local function add(id, claim, expected, values, note)
  local middle, low, high = metric.bootstrap(values, {seed = settings.seed})
  list:add{id = id, claim = claim, source = "derived", expected = expected, tolerance = "at most", measured = middle,
    interval = {low, high}, seeds = settings.seeds, note = note}
end
local long
for _, of in ipairs(results) do
  if of.size == settings.size then long = of.runs end
end
local function ratios(above, below)
  local values = {}
  for k, of in ipairs(long) do values[k] = of[above] / of[below] end
  return values
end
local of_size <const> = ("%d of 64 dots: "):format(settings.size)
add("47a", of_size .. "loss of the set that a genetic search found, over independent sets", 0.95, ratios("genetic", "mean"),
  ("%d trainings a search"):format(long[1].trainings))
add("47b", of_size .. "genetic search over random search with as many trainings", 1, ratios("genetic", "random"))
add("47c", of_size .. "coreset over independent sets", 1, ratios("coreset", "mean"))
local shares = {}
for k = 1, settings.seeds do
  local function least(name)
    for _, of in ipairs(results) do
      if of.runs[k][name] <= 1 then return of.size end
    end
    return POOL
  end
  shares[k] = least("genetic") / least("mean")
end
add("47d", "least size of a chosen set as good as all dots, over that of independent sets", 0.5, shares)

-- Figure

local COLORS <const> = {genetic = "blue", random = "orange", greedy = "green", coreset = "vermillion", mean = "black"}
local figure = plot.figure{size = {8, 3}}
figure:panel(1, 1, {title = ("search for %d dots"):format(settings.size), x = "sets tried", y = "loss with the search's seed"})
for _, of in ipairs(long) do
  local x, best, median = {}, {}, {}
  for k, at in ipairs(of.history) do x[k], best[k], median[k] = at.evaluated, -at.best, -at.median end
  figure:line(x, best, {color = "blue", label = of == long[1] and "best" or nil})
  figure:line(x, median, {color = "grey", label = of == long[1] and "median" or nil})
end
figure:panel(1, 2, {title = "on fresh seeds", x = "dots", y = "loss over that of all dots", log = "x", legend = "top_right"})
for _, name in ipairs{"genetic", "random", "greedy", "coreset", "mean"} do
  local x, y = {}, {}
  for _, of in ipairs(results) do
    local values = {}
    for k, own in ipairs(of.runs) do values[k] = own[name] end
    if #values > 0 then x[#x + 1], y[#y + 1] = of.size, metric.quantiles(values, {0.5})[1] end
  end
  if #x > 0 then
    figure:line(x, y, {color = COLORS[name], marker = "circle", label = name == "mean" and "independent" or name})
  end
end
record:save_figure(figure, "training_set_search")
local chosen = {}
for k, of in ipairs(long) do chosen[k] = dots[tensor(of.best, {dtype = "int64"})]:sum(1) end
record:save_figure(plot.images(tensor.stack(chosen, 1), {columns = #chosen, title = "dots that the searches chose"}), "chosen")
figure:show()
print(list)
record:finish{results = {sizes = results, trainings = trainings}, claims = list}
