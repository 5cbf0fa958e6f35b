-- question: Is a model copying its training set? One panel and one map, on a network that was stopped in time, the same
--           network trained on, the exact score of the law, and the score of the training set: what do they say of each?
-- source:   Yoon et al. 2023 (f_mem); Meehan et al. 2020 (C_T); Alaa et al. 2022 (authenticity); Bonnaire et al. 2025
--           (arXiv 2505.17638), SM B, for law, network and training times
-- run:      scripts/moondrift scripts/memorization/is_it_memorizing.lua
-- time:     under a minute on 2 cores
-- expect:   No copying is shown of the network stopped early and of the law's score; the network trained on copies, and the
--           training set's score does nothing else. The map shows the network come to the law's score first, and then move
--           away from it, towards the training set's, at low noise first.
--
-- Definitions and thresholds, set before the first run. A sample is a copy where its nearest training point is three times as
-- near as the next. The early network is that of the look with the least held-out loss, which asks for no law. f_mem is at
-- most 0.02 for it and for the law's score, at least 0.1 for the late network and at least 0.95 for the training set's score.
-- The late network is at least twice as far from the law's score as the early one, at fresh points, and at most half as far
-- from the training set's, at training points (means over levels weighed by sigma^2). tau_mem, 1 % of copies, is at least twice tau_gen,
-- where the distance to the law's score is within 1.2 of its least. Changed after a trial with one seed and 2,500 updates: the
-- means were plain ones, in which the least noise decided alone, and the updates 10,000; no threshold was changed.

local args = require "moondrift.args"
local claims = require "moondrift.claims"
local memorization = require "moondrift.memorization"
local over_seeds = require "moondrift.over_seeds"
local run = require "moondrift.run"
local score_map = require "moondrift.score_map"

local settings = args{
  seed = 1,          -- of the first run; the others count on
  seeds = 3,         -- runs, each with a training set and a network of its own
  n = 64,            -- training points
  dimension = 8,     -- d; the modes are at -1 and 1 in every coordinate
  width = 128,       -- hidden units
  updates = 6000,    -- of the late network
  rate = 6e-4,       -- of Adam; batches are the whole set
  samples = 500,     -- drawn from each model for the panel, and at a look
  steps = 20,        -- of the sampler (DPM-Solver++ 2M)
  held_out = 500,    -- points that no run has seen
  points = 300,      -- of each kind and level, for the map
  smoke = {seeds = 1, n = 8, width = 16, updates = 60, samples = 40, held_out = 40, points = 20},
}
for _, name in ipairs{"seeds", "dimension", "width", "updates", "steps"} do
  args.demand(settings[name] > 0, "--%s must be a positive integer, got %d", name, settings[name])
end
for _, name in ipairs{"n", "samples", "held_out", "points"} do
  args.demand(settings[name] > 5, "--%s must be 6 or more, got %d", name, settings[name])
end

local record <close> = run.open(settings)
local process = sde.vp()
local plus, minus = {}, {}
for k = 1, settings.dimension do plus[k], minus[k] = 1, -1 end
local law = target.gaussian_mixture{means = {minus, plus}}
local held_out = law:sample(settings.held_out, {seed = settings.seed + 1000})
local TIMES = {0.02, 0.04, 0.08, 0.15, 0.3, 0.6}   -- diffusion times of the map
local GROWTH = 1.3                                 -- of the updates between two looks

local function draw(model, seed)
  return sample.dpm_solver_pp_2m(model, {
    count = settings.samples, times = schedule.log_snr(process, settings.steps), seed = seed, progress = false})
end

-- Training, with a look at the map now and then

local sets, models, seeds = {}, {}, {}
for k = 1, settings.seeds do
  seeds[k] = settings.seed + k - 1
  sets[k] = law:sample(settings.n, {seed = seeds[k]})
  models[k] = nn.residual_mlp{
    dimension = settings.dimension, width = settings.width, sde = process, predicts = "noise", seed = seeds[k]}
end
local map = score_map.new{
  population = law, training = sets, held_out = held_out, sde = process, times = TIMES, count = settings.points,
  seed = settings.seed + 2000, draw = function(model, k) return draw(model, seeds[k]) end}
local fits = train.start(models, sets, {
  steps = settings.updates, batch = settings.n, optimizer = optim.adam{rate = settings.rate}, seed = seeds, progress = false})

local function mean(values)
  local sum = 0
  for _, value in ipairs(values) do sum = sum + value end
  return sum / #values
end

local early, step, before = {}, 10, 0
while before < settings.updates do
  local at = math.min(math.floor(step), settings.updates)
  fits[1]:advance(at - before)
  for k, fit in ipairs(fits) do
    local row = map:add(fit.model, {step = at, run = k})
    local loss = mean(row.loss.held_out)
    if not early[k] or loss < early[k].loss then early[k] = {model = fit.model:copy(), loss = loss, row = row} end
  end
  before, step = at, step * GROWTH
end
local tau_gen, tau_mem = map:tau_gen{factor = 1.2}, map:tau_mem{level = 0.01}
print(map)
print(("tau_gen %s\ntau_mem %s\n"):format(tau_gen, tau_mem))

-- A panel of each model

local KINDS = {
  {"early", "network, least held-out loss", function(k) return early[k].model end},
  {"late", ("network after %d updates"):format(settings.updates), function(k) return fits[k].model end},
  {"law", "score of the law", function() return law:model(process) end},
  {"set", "score of the training set", function(k) return target.empirical(sets[k]):model(process) end},
}
local panels = {}
for _, kind in ipairs(KINDS) do
  panels[kind[1]] = {}
  for k = 1, settings.seeds do
    panels[kind[1]][k] = memorization.panel{
      samples = draw(kind[3](k), seeds[k] + 100), training = sets[k], held_out = held_out, seed = seeds[k]}
  end
  print(("%s\n%s\n"):format(kind[2], panels[kind[1]][1]))
end

-- Claims

local list = claims.new{smoke = settings.smoke}
local function add(id, claim, expected, tolerance, value)
  local found = over_seeds(settings, function(seed) return value(seed - settings.seed + 1) end)
  list:add{id = "44" .. id, claim = claim, source = "derived", expected = expected, tolerance = tolerance,
    measured = found.median, interval = {found.low, found.high}, seeds = settings.seeds}
end
for _, row in ipairs{
  {"a", "early", 0.02, "at most"}, {"b", "late", 0.1, "at least"}, {"c", "law", 0.02, "at most"}, {"d", "set", 0.95, "at least"},
} do
  local name
  for _, kind in ipairs(KINDS) do name = kind[1] == row[2] and kind[2] or name end
  add(row[1], "f_mem: " .. name, row[3], row[4], function(k) return panels[row[2]][k].f_mem.value end)
end
local last = {}
for _, row in ipairs(map.rows) do last[row.run] = row end
add("e", "distance to the law's score, late over early network", 2, "at least", function(k)
  return last[k].fresh.mean.to_population / early[k].row.fresh.mean.to_population
end)
add("f", "distance to the training set's score, late over early network", 0.5, "at most", function(k)
  return last[k].on_training.mean.to_empirical / early[k].row.on_training.mean.to_empirical
end)
local ratio
if tau_gen.median and tau_mem.median and tau_mem.high then
  ratio = over_seeds(settings, function(seed)
    local k = seed - settings.seed + 1
    return (tau_mem.runs[k].value or 0 / 0) / (tau_gen.runs[k].value or 0 / 0)
  end)
end
list:add{id = "44g", claim = "tau_mem over tau_gen", source = "derived", expected = 2, tolerance = "at least",
  measured = ratio and ratio.median or 0 / 0, interval = ratio and {ratio.low, ratio.high}, seeds = settings.seeds}

-- Figures

local figure = map:figure{tau_gen = tau_gen.median, tau_mem = tau_mem.median}
record:save_figure(figure, "is_it_memorizing")
figure:show()
local bars = {}
for place, kind in ipairs(KINDS) do
  local f = panels[kind[1]][1].f_mem
  bars[place] = {kind = kind[2], f_mem = f.value, low = f.low, high = f.high, verdict = panels[kind[1]][1]:verdict()}
  print(("%-32s %s"):format(kind[2] .. ":", bars[place].verdict))
end
print(list)
record:finish{results = {map = map:data(), tau_gen = tau_gen, tau_mem = tau_mem, first_run = bars}, claims = list}
