-- The map against scores that are known, losses of `metric`, and planted courses.
local check = require "check"
local score_map = require "moondrift.score_map"

local process = sde.vp()
local law = target.gaussian_mixture{means = {{-1, 0, 0}, {1, 0, 0}}, stds = 0.5}
local x, h = law:sample(20, {seed = 1}), law:sample(100, {seed = 2})
local exact, empirical = law:model(process), target.empirical(x):model(process)
local function new(change)
  local options = {population = law, training = x, held_out = h, sde = process, times = {0.05, 0.2, 0.8}, count = 200, seed = 3}
  for name, value in pairs(change or {}) do options[name] = value end
  return score_map.new(options)
end

-- The law's score has distance 0 to itself, the training set's to itself; neither is the other.
local map = new()
local right, copying = map:add(exact, {step = 1}), map:add(empirical, {step = 2})
for k = 1, 3 do
  for _, at in ipairs{"fresh", "on_training"} do
    check.equal(right[at].to_population[k], 0.0)
    check.equal(copying[at].to_empirical[k], 0.0)
  end
end
assert(right.fresh.to_empirical[1] > 0.3 and copying.fresh.to_population[1] > 0.3)
check.equal(right.on_training.to_empirical, map:data().population_to_empirical[1].on_training)

-- Twice the score is as far from it as it is long: the distance is 1.
local double = nn.define{shape = {3}, sde = process, predicts = "score", parameters = {c = tensor{2}}, forward = function(p, y, t)
  return p.c * exact:score(y, t)
end}
for k = 1, 3 do check.near(new():add(double, {step = 1}).fresh.to_population[k], 1, 1e-5) end

-- By hand at one level: the law is normal, its score at level t is −x_t/(α² + σ²), and a model that says 0 has distance 1 and
-- loss E|z|² = d.
do
  local normal = target.gaussian{mean = {0, 0, 0}}
  local none = nn.define{shape = {3}, sde = process, predicts = "score", parameters = {c = tensor{0}}, forward = function(p, y)
    return p.c * y
  end}
  local row = new{population = normal, count = 4000}:add(none, {step = 0})
  for k = 1, 3 do
    check.near(row.fresh.to_population[k], 1, 1e-6)
    check.near(row.loss.fresh[k], 3, 4 * math.sqrt(6 / 4000))
  end
  -- The noise is the same for every set of points.
  check.equal(row.loss.fresh, row.loss.held_out)
  check.equal(row.loss.fresh, row.loss.training)
end

-- Losses are those of metric.dsm_loss, up to the draws: 4 standard errors of both.
do
  local sizes = {count = 2000, held_out = law:sample(2000, {seed = 5})}
  local row = new(sizes):add(exact, {step = 0})
  local other = metric.dsm_loss(exact, law:sample(2000, {seed = 6}), {times = {0.05, 0.2, 0.8}, seed = 7})
  for k = 1, 3 do
    check.near(row.loss.held_out[k], other.loss[k]:item(), 6 * other.se[k]:item())
    check.near(row.loss.fresh[k], other.loss[k]:item(), 6 * other.se[k]:item())
  end
  -- What memorizes has less loss where it was trained than elsewhere.
  local own = new(sizes):add(empirical, {step = 0})
  assert(own.loss.training[1] < 0.2 * own.loss.held_out[1])
end

-- metric.score_error is the distance without its unit.
do
  local m = nn.residual_mlp{dimension = 3, width = 16, sde = process, predicts = "noise", seed = 1}
  local row = new{points = h, count = 100}:add(m, {step = 0})
  local t = 0.2
  local err = metric.score_error(m, exact, {points = h, times = {t}, draws = 64, seed = 1}).error:item()
  local long = metric.score_error(double, exact, {points = h, times = {t}, draws = 64, seed = 1}).error:item()
  check.near(row.fresh.to_population[2], err / long, 0.2 * err / long)
end

-- The mean over levels is the ratio of sums of σ² E‖s − s*‖² and σ² E‖s*‖²: for d = 1 and a normal law E‖s*‖² = 1/(α² + σ²),
-- and here s is wrong at the last level alone.
do
  local line = target.gaussian{mean = {0}}
  local score = line:model(process)
  local late = nn.define{shape = {1}, sde = process, predicts = "score", parameters = {c = tensor{0}}, forward = function(p, y, t)
    local s = score:score(y, t)
    return s * (t:reshape{#y, 1}:less(0.5)):to("float32") + p.c * s
  end}
  local row = score_map.new{population = line, training = line:sample(10, {seed = 1}), sde = process, times = {0.1, 0.6}, count = 20000}
    :add(late, {step = 0})
  check.near(row.fresh.to_population[1], 0, 1e-9)
  check.near(row.fresh.to_population[2], 1, 1e-6)
  local function weight(t) return process:sigma(t)^2 end    -- α² + σ² = 1
  check.near(row.fresh.mean.to_population, weight(0.6) / (weight(0.1) + weight(0.6)), 0.02)
end

-- A planted history: shares of the two scores, half of the law's at step 20, all of it from 40, all of the training set's from 160.
local function blend(a, b)
  return nn.define{shape = {3}, sde = process, predicts = "score", parameters = {c = tensor{a, b}}, forward = function(p, y, t)
    return p.c[1] * exact:score(y, t) + p.c[2] * empirical:score(y, t)
  end}
end
do
  local planted, copied = new(), {0, 0, 0, 0.02, 0.8}
  local history = {{0, 0}, {0.5, 0}, {1, 0}, {0.5, 0.5}, {0, 1}}
  for k, c in ipairs(history) do planted:add(blend(c[1], c[2]), {step = 10 * 2^(k - 1), copied = copied[k]}) end
  check.near(planted.rows[2].fresh.to_population[1], 0.25, 1e-5)   -- |½ s − s|²/|s|²
  -- Distances 1, 1/4, 0: within 1.2 of the least, 0, at step 40.
  check.near(planted:tau_gen().median, 40, 1e-9)
  -- Copies: 1 % halfway between steps 40 and 80 in the logarithm.
  check.near(planted:tau_mem().median, 40 * 2^0.5, 1e-9)
  -- On training points the distance to the training set's score, over that of the law's, is 1/4 at step 80 and 1 before: half of it
  -- is two thirds of the way.
  check.near(planted:tau_mem{by = "to_empirical"}.median, 40 * 2^(2 / 3), 1e-3)
  check.near(planted:tau_mem{by = "to_empirical", level = 0.25, time = 0.05}.median, 80, 0.01)
  check.equal(tostring(planted:tau_mem{level = 0.9}), "beyond 160, 1 run, of which 1 had not passed")
  local gap = planted:tau_mem{by = "gap", level = 0.3}
  assert(gap.median > 10 and gap.median < 160)
  -- Ended where the distance still falls, there is a bound.
  local short = new()
  for k = 1, 2 do short:add(blend(history[k][1], history[k][2]), {step = 10 * 2^(k - 1)}) end
  check.equal(short:tau_gen().median, nil)
  assert(short:tau_gen().beyond > 10)
  assert(planted:figure{tau_gen = 40, tau_mem = 60})
  check.contains(planted, "run 1 after 160 updates")
end

-- As a probe of several runs, with copies; the same course twice to the bit.
local function trained()
  local sets, models = {x, h[{{1, 20}}]}, {}
  for k = 1, 2 do models[k] = nn.score_mlp{dimension = 3, width = 16, sde = process, seed = k} end
  local of = new{training = sets, draw = function(model)
    return sample.ddim(model, {count = 20, steps = 5, seed = 1, progress = false})
  end}
  local fits = train(models, sets, {steps = 40, seed = {1, 2}, probe = {every = 20, to_population = of:probe()}, progress = false})
  return of, fits
end
local of, fits = trained()
check.equal(#of.rows, 6)
check.equal(of:data().rows, trained():data().rows)
for _, row in ipairs(of.rows) do
  local mean = row.fresh.mean.to_population
  local log = fits[row.run].log
  check.near(log.to_population[row.step // 20 + 1]:item(), mean, 1e-6 * mean)
  assert(row.copied >= 0 and row.copied <= 1)
end
check.equal(#of:tau_mem{level = 0.99}.runs, 2)
assert(of:figure())

-- Pictures, and no law: held-out points stand for it.
do
  local pictures = random.stream(1):normal{12, 1, 4, 4}
  local m = target.empirical(pictures):model(process)
  local own = score_map.new{training = pictures, held_out = random.stream(2):normal{12, 1, 4, 4}, sde = process, count = 16}
  check.equal(#own.times, 8)
  check.near(own.times[8], 1, 1e-9)
  local row = own:add(m, {step = 1})
  check.equal(row.fresh.to_population, nil)
  check.equal(row.on_training.to_empirical[1], 0.0)
  check.equal(tostring(own:tau_gen()), "1 [1, 1], 1 run")
  check.raises("score_map.tau_gen: the map was made without population", own.tau_gen, own, {by = "to_population"})
  check.raises("score_map.tau_mem: the map was made without population, beside which the distance to the empirical score is held",
    own.tau_mem, own, {})
  assert(own:figure())
end

check.raises("score_map.new: unknown option 'populaton' (did you mean population?)", score_map.new, {populaton = law})
check.raises("score_map.new: training is required", score_map.new, {population = law, sde = process})
check.raises("score_map.new: sde is required", score_map.new, {population = law, training = x})
check.raises("score_map.new: count must be an integer, got 2.5", new, {count = 2.5})
check.raises("score_map.new: count must be 2 or more, got 1", new, {count = 1})
check.raises("score_map.new: training must be a tensor or list of tensors, got table", new, {training = {}})
check.raises("score_map.new: population must be a target or model, got number", new, {population = 3})
check.raises("score_map.new: held_out has shape [100, 2], training [20, 3]", new, {held_out = h[{{}, {1, 2}}]})
check.raises("score_map.new: training must be finite, got nan or inf", new, {training = x * (0 / 0)})
check.raises("score_map.new: training must hold 2 points or more, [n, …], got shape [1, 3]", new, {training = x[{{1, 1}}]})
check.raises("score_map.new: times must rise from above 0, got 0.1 as number 2", new, {times = {0.2, 0.1}})
check.raises("score_map.new: points of the law are required where population cannot be sampled from: points or held_out",
  score_map.new, {population = exact, training = x, sde = process})
check.raises("score_map.add: model must be a model, got nil", map.add, map, nil, {step = 3})
check.raises("score_map.add: step must be a number from 0 up, got nil", map.add, map, exact)
do
  local own = tostring(exact.sde)
  check.raises("score_map.add: model must be of the map's diffusion, " .. own .. ", got one of " .. tostring(sde.ve{sigma_max = 7}),
    map.add, map, nn.score_mlp{sde = sde.ve{sigma_max = 7}, dimension = exact.dimension, width = 8, seed = 1}, {step = 3})
end
check.raises("score_map.add: step must be above 2, the last of run 1, got 2", map.add, map, exact, {step = 2})
check.raises("score_map.add: run must be an integer from 1 to 1, got 2", map.add, map, exact, {step = 3, run = 2})
check.raises("score_map.tau_gen: by must be 'to_population' or 'held_out', got 'copied'", map.tau_gen, map, {by = "copied"})
check.raises("score_map.tau_gen: time must be one of the map's times, got 0.3", map.tau_gen, map, {time = 0.3})
check.raises("score_map.tau_mem: by must be 'copied', 'to_empirical' or 'gap', got 'held_out'", map.tau_mem, map, {by = "held_out"})
check.raises("score_map.tau_mem: run 1 has no look yet", new().tau_mem, new(), {})
check.raises("score_map.tau_gen: unknown option 'factr' (did you mean factor?)", map.tau_gen, map, {factr = 2})
check.raises("score_map.add: step must be a finite number, got inf", map.add, map, exact, {step = math.huge})
check.raises("score_map.figure: unknown option 'sise' (did you mean size?)", map.figure, map, {sise = 3})
-- At the line of the caller, for methods too.
assert(select(2, pcall(function() map:add() end)):match("score_map_tests%.lua:%d+: score_map%.add: "))
check.raises("score_map.figure: the map has no look after 0 updates yet", new().figure, new())
