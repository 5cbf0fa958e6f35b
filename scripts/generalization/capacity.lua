-- question: Does a wider score network learn the target better in the same training, and how does what exact gradient
--           flow reaches fall with the number of features?
-- source:   Li, Li, Zhang, Bian, "On the Generalization Properties of Diffusion Models", NeurIPS 2023
--           (arXiv 2311.01797), Appendix B.3, Fig. 11, and Eq. 16
-- run:      scripts/moondrift scripts/generalization/capacity.lua
-- time:     about three minutes on 2 cores
-- expect:   The KL after 1000 epochs falls with the width. The published figure cannot come from one divisor of the
--           output: with 16 throughout training diverges from width 1024 on, with √m at small widths. So the divisor
--           is 16 up to width 256 and √m above. In the exact flow the least KL falls with m.
--
-- Thresholds, set before the first run: capacity helps where at the published widths 2, 4, 16, 64, 256 no median KL is
-- above the one before it. Single values agree within 40 % of what is read off the figure. The bound's m^(-4/5) is
-- met where the slope of ln(least KL) of the flow against ln m is at most -0.8.

local args = require "moondrift.args"
local claims = require "moondrift.claims"
local run = require "moondrift.run"

local settings = args{
  widths = {2, 4, 8, 16, 32, 64, 128, 256, 512, 1024}, -- of the trained network
  seeds = 10,                       -- data sets and networks of each width
  seed = 1,                         -- of the first; the others count on
  samples = 1000,                   -- n
  epochs = 1001,                    -- passes over the data: the notebook calls the last of them epoch 1000
  batch = 32,
  rate = 0.5,                       -- of SGD
  base = 25.0,                      -- the diffusion is g(t) = base^t
  time = 0.065,                     -- where the learned score is integrated
  mu = 3.0,                         -- the modes stand at -mu and mu
  features = {10, 20, 50, 100, 200, 500, 1000}, -- m of the exact flow
  flow_seeds = 10,
  taus = 61,                        -- training times of the flow, from 10^1 to 10^12
  smoke = {widths = {2, 16}, seeds = 2, samples = 100, epochs = 11, features = {5, 10}, flow_seeds = 2, taus = 9},
  long = {seeds = 40, flow_seeds = 40, features = {10, 20, 50, 100, 200, 500, 1000, 2000}},
}

for _, name in ipairs{"seeds", "samples", "epochs", "batch", "flow_seeds"} do
  args.demand(settings[name] > 0, "--%s must be a positive integer, got %d", name, settings[name])
end
args.demand(#settings.features > 1, "--features must be two numbers or more, got %d", #settings.features)
args.demand(settings.taus > 1, "--taus must be above 1, got %d", settings.taus)

local record <close> = run.open(settings)
local mix = target.gaussian_mixture{means = {-settings.mu, settings.mu}, stds = 1}

local function estimate(values)
  local middle, low, high, missing = metric.bootstrap(values, {seed = settings.seed})
  return middle, {low, high}, missing
end

local function median(values) return metric.quantiles(values, {0.5})[1] end

--- The same data and seeds for every width.
local samples, seeds = {}, {}
for k = 1, settings.seeds do
  seeds[k] = settings.seed + k - 1
  samples[k] = mix:sample(settings.samples, {seed = seeds[k]})
end

local trained = {}
for place, width in ipairs(settings.widths) do
  local started = moondrift.seconds()
  local models = {}
  local divisor = width <= 256 and 16 or math.sqrt(width)
  for k, seed in ipairs(seeds) do
    models[k] = nn.score_mlp{
      dimension = 1, width = width, divisor = divisor, sde = sde.ve_power{base = settings.base}, seed = seed,
    }
  end
  local fits = train(models, samples, {
    epochs = settings.epochs, batch = settings.batch, optimizer = optim.sgd{rate = settings.rate}, seed = seeds,
  })
  local row = {width = width, divisor = divisor, kl = {}, diverged = 0}
  for k, fit in ipairs(fits) do
    if fit.diverged then
      row.kl[k], row.diverged = 0 / 0, row.diverged + 1
    else
      row.kl[k] = metric.kl_of_score(mix, fit.model, {time = settings.time})
    end
  end
  trained[place] = row
  print(("width %4d, divisor %5.1f: KL %.3f, %d of %d diverged (%.1f s)"):format(
    width, divisor, median(row.kl), row.diverged, settings.seeds, moondrift.seconds() - started))
end

local function of_width(width)
  for _, row in ipairs(trained) do if row.width == width then return row end end
end

-- The exact flow

local process = sde.ou()
local tau_list = {}
for k = 1, settings.taus do tau_list[k] = 10^(1 + 11 * (k - 1) / (settings.taus - 1)) end
local flows = {}
for place, width in ipairs(settings.features) do
  local row = {width = width, least = {}, error = {}}
  for k = 1, settings.flow_seeds do
    local seed = settings.seed + k - 1
    local flow = theory.gradient_flow(nn.random_features{width = width, sde = process, seed = seed},
      mix:sample(settings.samples, {seed = seed}), {time = {0.05, 3}, test = mix})
    local least = math.huge
    for _, tau in ipairs(tau_list) do
      least = math.min(least, metric.kl_at_time(mix, flow:model(tau), {time = 0.05, range = {-15, 15}}))
    end
    local _, test = flow:score_error(tensor(tau_list, {dtype = "float64"}))
    row.least[k], row.error[k] = least, test:min():item()
  end
  flows[place] = row
  print(("exact flow, m = %4d: least KL %.4f, least score error %.5f"):format(
    width, median(row.least), median(row.error)))
end

local function slopes(field)
  local values = {}
  for k = 1, settings.flow_seeds do
    local count, sx, sy, sxx, sxy = #flows, 0, 0, 0, 0
    for _, row in ipairs(flows) do
      local x, y = math.log(row.width), math.log(row[field][k])
      sx, sy, sxx, sxy = sx + x, sy + y, sxx + x * x, sxy + x * y
    end
    values[k] = (count * sxy - sx * sy) / (count * sxx - sx * sx)
  end
  return values
end

-- Claims

local PUBLISHED = {
  samples = 1000, epochs = 1001, batch = 32, rate = 0.5, base = 25.0, time = 0.065, mu = 3.0,
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

local steps = {
  id = "6a", claim = "greatest ratio of a median KL to that at the width before, widths 2, 4, 16, 64, 256",
  source = "published", expected = 1, tolerance = "at most",
}
do
  local before, worst
  local all = true
  for _, width in ipairs{2, 4, 16, 64, 256} do
    local row = of_width(width)
    all = all and row ~= nil
    if row and before then
      local ratios = {}
      for k = 1, settings.seeds do ratios[k] = row.kl[k] / before.kl[k] end
      local measured, interval = estimate(ratios)
      if not worst or measured > worst.measured then
        worst = {measured = measured, interval = interval, width = width, diverged = row.diverged}
      end
    end
    before = row or before
  end
  if all and worst then
    steps.measured, steps.interval, steps.seeds = worst.measured, worst.interval, settings.seeds
    steps.diverged = worst.diverged
    steps.note = ("the greatest is at width %d; median over seeds of the ratios"):format(worst.width)
  end
end
list:add(steps)
for index, known in ipairs{{4, 1.3}, {16, 0.45}, {64, 0.3}, {256, 0.2}, {1024, 0.1}} do
  local row = of_width(known[1])
  local claim = {
    id = "6" .. ("bcdef"):sub(index, index), claim = ("KL at epoch 1000, width %d"):format(known[1]), source = "published",
    expected = known[2], tolerance = 0.4 * known[2],
  }
  if row then
    claim.measured, claim.interval = estimate(row.kl)
    claim.seeds, claim.diverged = settings.seeds, row.diverged
  end
  list:add(claim)
end
do
  local measured, interval = estimate(slopes("least"))
  list:add{
    id = "6g", claim = "slope of ln(least KL) of the exact flow against ln m", source = "published", expected = -0.8,
    tolerance = "at most", measured = measured, interval = interval, seeds = settings.flow_seeds,
    note = ("that of the least score error is %.2f"):format(median(slopes("error"))),
  }
end

-- Figure

local function draw(figure, xs, rows, field, options)
  local middle, low, high = {}, {}, {}
  for place, row in ipairs(rows) do
    local quartiles = metric.quantiles(row[field], {0.25, 0.5, 0.75})
    low[place], middle[place], high[place] = quartiles[1], quartiles[2], quartiles[3]
  end
  figure:line(xs, middle, options)
  figure:band(xs, low, high, {color = options.color})
  return middle
end

local figure = plot.figure{size = {6.8, 2.7}}
figure:panel(1, 1, {title = "trained network", x = "width m", y = "KL at epoch 1000", log = "xy", legend = "bottom_left"})
draw(figure, settings.widths, trained, "kl", {label = "median, quartiles", color = "blue"})
figure:scatter({4, 16, 64, 256, 1024}, {1.3, 0.45, 0.3, 0.2, 0.1}, {label = "published", color = "vermillion"})
figure:panel(1, 2, {title = "exact flow", x = "features m", y = "least over τ", log = "xy", legend = "bottom_left"})
local middle = draw(figure, settings.features, flows, "least", {label = "KL", color = "blue"})
draw(figure, settings.features, flows, "error", {label = "score error", color = "green"})
local rate = {}
for place, width in ipairs(settings.features) do
  rate[place] = middle[1] * (width / settings.features[1])^-0.8
end
figure:line(settings.features, rate, {label = "m^(-4/5)", color = "black", style = "dashed"})
record:save_figure(figure, "capacity")

figure:show()
print(list)
record:finish{results = {trained = trained, flow = flows, tau = tau_list}, claims = list}
