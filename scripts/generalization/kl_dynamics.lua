-- question: Does a score network first learn the target and then move away from it as it trains
--           on, and what does distance between the modes do to it?
-- source:   Li, Li, Zhang, Bian, "On the Generalization Properties of Diffusion Models", NeurIPS 2023
--           (arXiv 2311.01797), §4.1 and its notebook of the synthetic experiment
-- run:      scripts/moondrift scripts/generalization/kl_dynamics.lua
-- time:     about ten seconds on 2 cores
-- expect:   For modes at ±3 the KL falls from about 1.3 to 0.2 within 300 epochs and stays there: no
--           common turning point. For modes at ±15 it stays above 2, the weights of the modes are
--           wrong, and a good part of the runs diverges, which the claims table counts.

local across = require "moondrift.across_runs"
local args = require "moondrift.args"
local claims = require "moondrift.claims"
local run = require "moondrift.run"

local settings = args{
  mus = {3.0, 15.0},           -- the modes stand at -mu and mu
  seeds = 20,                  -- runs for each mu
  seed = 1,                    -- of the first run; the others count on
  samples = 1000,              -- n, the size of the data set of a run
  width = 16,                  -- hidden units of the network
  epochs = 2001,               -- passes over the data
  batch = 32,                  -- examples an update
  rate = 0.5,                  -- of SGD
  base = 25.0,                 -- the diffusion is g(t) = base^t
  time = 0.065,                -- where the learned score is integrated
  every = 100,                 -- epochs between two looks at the KL
  shown = {100, 1000, 1900},   -- epochs whose densities are drawn
  smoke = {seeds = 2, samples = 200, epochs = 41, every = 10, shown = {10, 20, 40}},
}

for _, name in ipairs{"seeds", "samples", "epochs", "batch", "every"} do
  args.demand(settings[name] > 0, "--%s must be a positive integer, got %d", name, settings[name])
end

local record <close> = run.open(settings)
local process = sde.ve_power{base = settings.base}

-- The experiment

--- A target with what is known of it exactly.
local function experiment(mu)
  local half = 10 * math.ceil((mu + 6) / 10)
  local mix = target.gaussian_mixture{means = {-mu, mu}, stds = 1}
  return {
    mu = mu, target = mix, range = {-half, half}, densities = {},
    bayes_loss = metric.dsm_bayes_loss(mix, process),
    kl_floor = metric.kl_of_score_floor(mix, process, {time = settings.time}),
  }
end

local experiments, models, samples, seeds, owner = {}, {}, {}, {}, {}
for index, mu in ipairs(settings.mus) do
  experiments[index] = experiment(mu)
  for count = 1, settings.seeds do
    local seed = settings.seed + count - 1
    seeds[#seeds + 1] = seed
    samples[#samples + 1] = experiments[index].target:sample(settings.samples, {seed = seed})
    models[#models + 1] = nn.score_mlp{
      dimension = 1, width = settings.width, sde = process, seed = seed,
    }
    owner[#owner + 1] = experiments[index]
  end
end

--- Of the epochs to draw those that are looked at.
local shown, is_shown = {}, {}
for _, epoch in ipairs(settings.shown) do
  if epoch >= 0 and epoch < settings.epochs and epoch % settings.every == 0 then
    shown[#shown + 1] = epoch
    is_shown[epoch] = true
  end
end

local updates = math.ceil(settings.samples / settings.batch)

--- The notebook looks after the passes 1, 101, 201, …, and calls them epochs 0, 100, 200, …
local function epoch_of(state)
  local passes = state.step // updates
  if state.step % updates ~= 0 or (passes - 1) % settings.every ~= 0 then return nil end
  return passes - 1
end

--- The KL of a run as it is now; its density is kept where it will be drawn.
local function measure_kl(state)
  local epoch = epoch_of(state)
  if not epoch then return 0 / 0 end
  local of = owner[state.index]
  if is_shown[epoch] then
    local x, q = metric.density_of_score(
      state.model, {time = settings.time, points = 201, range = of.range})
    of.x = x
    of.densities[epoch] = of.densities[epoch] or {}
    table.insert(of.densities[epoch], q)
  end
  return metric.kl_of_score(of.target, state.model, {time = settings.time})
end

local function measure_left(state)
  if not epoch_of(state) then return 0 / 0 end
  return metric.mass_left(
    state.model, {time = settings.time, range = owner[state.index].range})
end

print(("%d runs side by side: mu = %s, %d seeds each, %d epochs of %d updates"):format(
  #models, args.literal(settings.mus), settings.seeds, settings.epochs, updates))

local fits = train(models, samples, {
  epochs = settings.epochs, batch = settings.batch, optimizer = optim.sgd{rate = settings.rate},
  seed = seeds,
  probe = {every = updates, kl = measure_kl, left_mass = measure_left},
})

-- Numbers

for index, of in ipairs(experiments) do
  local first = (index - 1) * settings.seeds
  of.runs = across.collect(
    fits, {every = settings.every, from = 1, first = first + 1, last = first + settings.seeds})
  across.derive(of.runs, "imbalance", "left_mass", function(mass) return math.abs(mass - 0.5) end)
end

--- The experiment with these modes, or nil.
local function with_mu(mu)
  for _, of in ipairs(experiments) do
    if of.mu == mu then return of end
  end
end

-- Claims

local PUBLISHED = {
  samples = 1000, width = 16, epochs = 2001, batch = 32, rate = 0.5, base = 25.0, time = 0.065,
  every = 100,
}
local changed = {}
for name, value in pairs(PUBLISHED) do
  if settings[name] ~= value then changed[#changed + 1] = name end
end
table.sort(changed)
local list = claims.new{
  smoke = settings.smoke,
  reason = #changed > 0 and "not at the published settings (" .. table.concat(changed, ", ") .. ")",
}

--- Median over runs with its bootstrap interval.
local function estimate(values)
  local middle, low, high = metric.bootstrap(values, {seed = settings.seed})
  return middle, {low, high}
end

--- Adds a claim about the runs of one experiment; without the experiment it is not tested.
local function add(of, claim, values)
  if of then
    claim.measured, claim.interval = estimate(values(of))
    claim.seeds, claim.diverged = settings.seeds, #of.runs.diverged
  end
  return list:add(claim)
end

local function kl_at(epoch)
  return function(of) return across.at(of.runs, "kl", epoch) end
end

local function plateau(of) return across.over_epochs(of.runs, "kl", 300, math.huge) end

local near, far = with_mu(3), with_mu(15)

add(near, {
  id = "1a", claim = "KL at epoch 0 (after one pass), mu = 3", source = "derived",
  expected = 1.27, tolerance = 0.15,
}, kl_at(0))
add(near, {
  id = "1b", claim = "KL at epoch 100, mu = 3", source = "derived",
  expected = 0.38, tolerance = 0.15,
}, kl_at(100))
add(near, {
  id = "1c", claim = "KL from epoch 300 on, mu = 3", source = "published",
  expected = 0.2, tolerance = {0.15, 0.30},
}, plateau)

local turning = {
  id = "2", claim = "epoch of the least KL, mu = 3", source = "published",
  expected = 800, tolerance = 200,
}
if near then
  local least = metric.quantiles(across.argmin(near.runs, "kl"), {0, 0.25, 0.5, 0.75, 1})
  local rise = across.ratio(across.at(near.runs, "kl", 2000), across.at(near.runs, "kl", 800))
  turning.measured, turning.interval, turning.interval_of = least[3], {least[2], least[4]}, "runs"
  turning.seeds, turning.diverged = settings.seeds, #near.runs.diverged
  turning.note = ("quartiles over runs, which go from %g to %g; KL(2000)/KL(800): median %.2f")
    :format(least[1], least[5], metric.quantiles(rise, {0.5})[1])
end
list:add(turning)

for _, known in ipairs{{"3a", 0.0, 0.3409}, {"3b", 3.0, 0.5323}, {"3c", 15.0, 0.3910}} do
  list:add{
    id = known[1], claim = ("Bayes denoising loss, mu = %g"):format(known[2]), source = "derived",
    expected = known[3], tolerance = 1e-3, measured = experiment(known[2]).bayes_loss,
  }
end

add(near, {
  id = "4", claim = "training loss above the Bayes loss, mu = 3", source = "derived",
  expected = 0.07, tolerance = 0.03,
}, function(of)
  local gaps = across.over_epochs(of.runs, "loss", 1501, math.huge, "mean")
  for index, loss in ipairs(gaps) do gaps[index] = loss - of.bayes_loss end
  return gaps
end)

local ratio = {
  id = "5a", claim = "KL at mu = 15 over KL at mu = 3, epoch 300 on", source = "published",
  expected = 10, tolerance = "at least",
}
if near and far then
  local low, low_ends = estimate(plateau(near))
  local high, high_ends = estimate(plateau(far))
  ratio.measured = high / low
  ratio.interval = {high_ends[1] / low_ends[2], high_ends[2] / low_ends[1]}
  ratio.seeds, ratio.diverged = settings.seeds, math.max(#near.runs.diverged, #far.runs.diverged)
end
list:add(ratio)

local function note_of_mass(of)
  local mass = metric.quantiles(across.last(of.runs, "left_mass"), {0.25, 0.5, 0.75})
  return ("mass left of 0 after training: quartiles %.2f, %.2f, %.2f"):format(
    mass[1], mass[2], mass[3])
end

add(far, {
  id = "5b", claim = "|mass left of 0 - 1/2|, mu = 15, epoch 300 on", source = "published",
  expected = 0.25, tolerance = "at least", note = far and note_of_mass(far) or nil,
}, function(of) return across.over_epochs(of.runs, "imbalance", 300, math.huge) end)

-- Figures

local COLORS = {"blue", "vermillion", "green", "purple"}

local function color(index) return COLORS[(index - 1) % #COLORS + 1] end

--- The least and the greatest of some lists.
local function extent(...)
  local low, high = math.huge, -math.huge
  for _, list in ipairs{...} do
    for _, value in ipairs(list) do
      if value < low then low = value end
      if value > high then high = value end
    end
  end
  return low, high
end

--- Median and quartiles of one quantity against the epoch; returns the extent of the bands.
local function draw_quartiles(figure, name)
  local least, most = math.huge, -math.huge
  for index, of in ipairs(experiments) do
    local middle, low, high = across.quartiles(of.runs, name)
    figure:line(of.runs.epochs, middle, {label = ("modes at ±%g"):format(of.mu), color = color(index)})
    figure:band(of.runs.epochs, low, high, {color = color(index)})
    local bottom, top = extent(low, high)
    least, most = math.min(least, bottom), math.max(most, top)
  end
  return least, most
end

local overview = plot.figure{size = {6.8, 2.7}}
overview:panel(1, 1, {x = "epoch", y = "KL(target ‖ learned)", log = "y"})
local least, most = draw_quartiles(overview, "kl")
overview:axes{y_limits = {least / 1.5, most * 8}}  -- room for the legend
overview:panel(1, 2, {x = "epoch", y = "denoising loss", legend = "none"})
least, most = draw_quartiles(overview, "loss")
for index, of in ipairs(experiments) do
  overview:reference{y = of.bayes_loss, color = color(index), style = "dashed"}
  overview:note("Bayes", 0.9 * settings.epochs, of.bayes_loss + 0.03, {color = color(index)})
  least = math.min(least, of.bayes_loss)
end
overview:axes{y_limits = {least - 0.05, most + 0.05}}

local panels = plot.figure{size = {2.3 * math.max(#shown, 1), 1.9 * #experiments + 0.3}}
for row, of in ipairs(experiments) do
  local x = of.x or tensor{-1, 1}
  local exact = of.target:log_density(x:reshape{#x, 1}):exp()
  local _, top = extent(exact:table())
  for column, epoch in ipairs(shown) do
    panels:panel(row, column, {
      title = row == 1 and ("epoch %d"):format(epoch) or nil,
      x = row == #experiments and "x" or nil,
      y = column == 1 and ("density, modes at ±%g"):format(of.mu) or nil,
      x_limits = of.range, y_limits = {0, 1.9 * top}, legend = "top_right",
    })
    local is_last = column == #shown
    for index, q in ipairs(of.densities[epoch] or {}) do
      panels:line(x, q, {
        color = color(row), width = 0.6, opacity = 0.45,
        label = is_last and index == 1 and "each run" or nil,
      })
    end
    panels:line(x, exact, {
      color = "black", width = 1.2, style = "dashed", label = is_last and "target" or nil,
    })
  end
end

record:save_figure(overview, "kl_dynamics")
if #shown > 0 then record:save_figure(panels, "densities") end

overview:show()
print(list)

local results = {}
for index, of in ipairs(experiments) do
  local kl, kl_low, kl_high = across.quartiles(of.runs, "kl")
  local densities = {}
  for _, epoch in ipairs(shown) do
    densities[#densities + 1] = {epoch = epoch, q = of.densities[epoch] or {}}
  end
  results[index] = {
    mu = of.mu, bayes_loss = of.bayes_loss, kl_floor = of.kl_floor, runs = of.runs,
    kl = {median = kl, quartile_1 = kl_low, quartile_3 = kl_high},
    densities = {x = of.x, at = densities},
  }
end
record:finish{results = results, claims = list}
