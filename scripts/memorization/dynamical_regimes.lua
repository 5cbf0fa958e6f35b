-- question: When do trajectories of a diffusion choose a class, when do they fall on single training points, and do
--           formulas for both times agree with what is measured on samples?
-- source:   Biroli, Bonnaire, de Bortoli, Mézard, "Dynamical regimes of diffusion models", Nature Communications 2024
--           (arXiv 2402.18491), Eqs. 4–6
-- run:      scripts/moondrift scripts/memorization/dynamical_regimes.lua
-- time:     about six minutes on 2 cores
-- expect:   Clones made at t_S = ½ ln(d μ²) end in one class with probability 0.775 in every dimension. The weight
--           of a point's own is one half where I(x_0; x_t) = ln n: for normal coordinates, for bits, and for a
--           single dot at σ = A/√(2 ln n). Thresholds: ±0.03 for clones, ±10 % of the signal-to-noise ratio for
--           normal coordinates, ±15 % for bits, ±0.05 of the weight for the dot.

local args = require "moondrift.args"
local claims = require "moondrift.claims"
local over_seeds = require "moondrift.over_seeds"
local regimes = require "moondrift.regimes"
local run = require "moondrift.run"

local settings = args{
  dimensions = {16, 64, 256},           -- of two normal classes at ±1 in each coordinate
  pairs = 2000,                         -- of clones, at each time
  steps = 200,                          -- of the sampler on the way back
  places = {0.4, 0.7, 1, 1.3, 1.6},     -- times of cloning, in units of t_S
  collapse_dimensions = {30, 30, 40},   -- of normal and of binary coordinates
  alphas = {0.2, 0.3, 0.2},             -- ln n/d for each of them
  own_weight = 0.57,                    -- at which data count as collapsed
  draws = 1000,                         -- of a point and its noise, for each weight
  sides = {8, 16, 32, 64},              -- of the pictures with one dot
  seeds = 7,
  seed = 1,                             -- the first of them
  smoke = {pairs = 50, steps = 20, places = {1}, dimensions = {16}, collapse_dimensions = {12}, alphas = {0.3},
    draws = 50, sides = {8}, seeds = 2},
  long = {pairs = 20000, draws = 5000, seeds = 30},
}
args.demand(#settings.collapse_dimensions == #settings.alphas,
  "--alphas must have a number for each of --collapse_dimensions, %d, got %d", #settings.collapse_dimensions, #settings.alphas)
args.demand(settings.seeds > 0 and settings.pairs > 0, "--seeds and --pairs must be positive, got %d and %d",
  settings.seeds, settings.pairs)

local record <close> = run.open(settings)
local process = sde.ou()
local list = claims.new{smoke = settings.smoke}
local results = {}

-- Speciation: pairs of clones of a trajectory at t, each with noise of its own on the way back

local function classes(d)
  local mean = tensor.ones{d}
  return target.gaussian_mixture{means = tensor.stack{mean, -mean}}
end

local function agreement(model, law, t, seed)
  local x = law:sample(settings.pairs, {seed = seed})
  return (regimes.cloning(model, x, t, function(y) return y:sum(2):sign() end, {steps = settings.steps, seed = seed}))
end

results.speciation = {}
for index, d in ipairs(settings.dimensions) do
  local law = classes(d)
  local model = law:model(process)
  -- The largest variance is that between the classes, d, without the 1 of a class: as the paper has it.
  local critical = theory.speciation_time{variance = d}
  local row = {d = d, time = critical, formula = {}, measured = {}}
  for k, place in ipairs(settings.places) do
    local t = place * critical
    row.formula[k] = theory.cloning(t, {separation = d^0.5})
    row.measured[k] = over_seeds(settings, function(seed) return agreement(model, law, t, seed) end)
    print(("d = %-4d t = %.2f t_S  phi = %.4f  measured %.4f [%.4f, %.4f]"):format(
      d, place, row.formula[k], row.measured[k].median, row.measured[k].low, row.measured[k].high))
    if place == 1 then row.at = k end
  end
  results.speciation[index] = row
end
local worst = 0
for d = 1, 12 do
  worst = math.max(worst, math.abs(theory.cloning(d / 2 * math.log(2), {separation = 2^(d / 2)}) - 0.7752))
end
list:add{id = "22a", claim = "phi(t_S) = 0.7752 in every d: the largest deviation of the formula, d = 2 to 4096",
  source = "published", expected = 1e-4, tolerance = "at most", measured = worst}
for index, row in ipairs(results.speciation) do
  local measured = row.at and row.measured[row.at]
  list:add{id = "22" .. ("bcdefgh"):sub(index, index), claim = ("clones at t_S that end in one class, d = %d"):format(row.d),
    source = "published", expected = 0.7752, tolerance = 0.03, measured = measured and measured.median,
    interval = measured and {measured.low, measured.high}, seeds = settings.seeds}
end

-- The potential of the overlap: where its curvature at 0 changes sign

local d, mu = 100, 0.7
local low, high = 0, 10
for _ = 1, 60 do
  local middle = (low + high) / 2
  local _, curvature = theory.class_potential(0, middle, {mu = mu, dimension = d})
  if curvature < 0 then low = middle else high = middle end
end
list:add{id = "23", claim = "time at which one well becomes two, less ½ ln(2 d μ²)", source = "derived", expected = 0,
  tolerance = 1e-9, measured = low - 0.5 * math.log(2 * d * mu^2)}

-- Collapse: the time at which a point's own weight passes one half, against I(x_0; x_t) = ln n

local kinds = {
  {name = "normal", id = "24", tolerance = 0.1, make = function(d) return target.gaussian{mean = tensor.zeros{d}} end},
  {name = "binary", id = "25", tolerance = 0.15, make = function(d) return target.binary{dimension = d} end},
}
results.collapse = {}
for _, kind in ipairs(kinds) do
  for index, d in ipairs(settings.collapse_dimensions) do
    local law, alpha = kind.make(d), settings.alphas[index]
    local n = math.floor(math.exp(alpha * d))
    local time, predicted = theory.collapse_time(law, {n = n})
    local row = {kind = kind.name, d = d, alpha = alpha, n = n, time = time, snr = predicted.snr}
    row.ratio = over_seeds(settings, function(seed)
      local _, found = theory.collapse_time(law:sample(n, {seed = seed}),
        {weight = settings.own_weight, draws = settings.draws, seed = seed})
      return found.snr / predicted.snr
    end)
    results.collapse[#results.collapse + 1] = row
    print(("%s d = %d, n = %d: t_C = %.3f, snr %.3f, measured over predicted %.3f [%.3f, %.3f]"):format(
      kind.name, d, n, time, predicted.snr, row.ratio.median, row.ratio.low, row.ratio.high))
    list:add{id = kind.id .. ("abcdef"):sub(index, index),
      claim = ("snr of collapse over the predicted one, %s coordinates, d = %d, ln n/d = %g"):format(kind.name, d, alpha),
      source = kind.name == "normal" and "published" or "derived", expected = 1, tolerance = kind.tolerance,
      measured = row.ratio.median, interval = {row.ratio.low, row.ratio.high}, seeds = settings.seeds}
  end
end

-- The single dot: weights of all d dots at σ = A/√(2 ln d) are those of the law's own posterior mean

results.dots = {}
for index, side in ipairs(settings.sides) do
  local law = target.dots{size = side}
  local model, critical = law:model(sde.edm()), 1 / (2 * math.log(side^2))^0.5
  local function weight(sigma, seed)
    local clean = law:sample(settings.draws, {seed = seed})
    local x = clean + random.stream(seed):normal{settings.draws, side, side} * sigma
    return (model:denoise(x, sigma) * clean):reshape{settings.draws, -1}:sum(2):mean():item()
  end
  local row = {d = side^2, sigma = critical, factors = {0.5, 0.75, 1, 1.25, 1.5, 2}, course = {}}
  for k, factor in ipairs(row.factors) do row.course[k] = weight(critical / factor^0.5, settings.seed) end
  row.weight = over_seeds(settings, function(seed) return weight(critical, seed) end)
  results.dots[index] = row
  print(("dot d = %d: own weight at sigma_c = %.3f: %.3f [%.3f, %.3f]"):format(
    row.d, critical, row.weight.median, row.weight.low, row.weight.high))
  list:add{id = "26" .. ("abcdef"):sub(index, index),
    claim = ("weight of the true dot at sigma_c = A/√(2 ln d), d = %d"):format(row.d), source = "derived",
    expected = 0.56, tolerance = 0.05, measured = row.weight.median, interval = {row.weight.low, row.weight.high},
    seeds = settings.seeds}
end

-- Own weight and excess entropy against time, for the figure

local course = {times = {}, weight = {}, excess = {}}
local first = results.collapse[1]
local law = kinds[1].make(first.d)
local data = law:sample(first.n, {seed = settings.seed})
for k = 1, 25 do
  local t = first.time * 10^((k - 13) / 12)
  course.times[k] = t
  course.weight[k] = theory.own_weight(data, t, {draws = settings.draws, seed = settings.seed})
  course.excess[k] = theory.excess_entropy(law, t, {n = first.n})
end
results.course = course

local colors = {"blue", "vermillion", "green"}
local figure = plot.figure{size = {9.6, 2.8}}
figure:panel(1, 1, {x = "t / t_S", y = "clones in one class"})
for index, row in ipairs(results.speciation) do
  local color, x, y, fine, curve = colors[(index - 1) % 3 + 1], {}, {}, {}, {}
  for k, place in ipairs(settings.places) do x[k], y[k] = place, row.measured[k].median end
  for k = 1, 60 do
    fine[k] = 0.3 + 1.4 * k / 60
    curve[k] = theory.cloning(fine[k] * row.time, {separation = row.d^0.5})
  end
  figure:line(fine, curve, {color = color})
  figure:scatter(x, y, {color = color, label = ("d = %d"):format(row.d)})
end
figure:panel(1, 2, {x = "t / t_C", y = "", log = "x", legend = "best"})
local relative = {}
for k, t in ipairs(course.times) do relative[k] = t / first.time end
figure:line(relative, course.weight, {label = "own weight", color = "blue"})
figure:line(relative, course.excess, {label = "excess entropy", color = "vermillion"})
figure:reference{x = 1}
figure:panel(1, 3, {x = "snr / snr_c", y = "weight of the true dot"})
for index, row in ipairs(results.dots) do
  figure:line(row.factors, row.course, {label = ("d = %d"):format(row.d), color = ({"blue", "vermillion", "green", "purple"})[(index - 1) % 4 + 1]})
end
record:save_figure(figure, "dynamical_regimes")

print(list)
record:finish{results = results, claims = list}
