-- question: When does a score of random features in high dimension begin to memorize, where do the eigenvalues lie
--           that decide it, and how many features does it take?
-- source:   Bonnaire, Urfin, Biroli, Mézard, "Why Diffusion Models Don't Memorize", NeurIPS 2025 (arXiv 2505.17638),
--           §4 and Theorem 3.2; George, Veiga, Macris, "Denoising Score Matching with Random Features" (arXiv
--           2502.00336)
-- run:      scripts/moondrift scripts/memorization/random_features.lua
-- time:     about two minutes on 2 cores
-- expect:   d large eigenvalues, a bulk with the predicted upper end, a training loss that parts from the test loss
--           later the more points there are, a least score error that falls with them, and with one noise for each
--           point a test loss that is worst where there are as many features as points. Where points are not far
--           fewer than features the time grows slower than in proportion.
--
-- Definitions and thresholds, set before the first run. Large are the eigenvalues above the geometric mean of the upper
-- end of the bulk and the lower end of the large ones; the upper end measured is the greatest of the others. Losses
-- part at the training time at which L_test - L_train is half of what it is in the end. The crossover with infinitely
-- many noises is the number of features at which L_test - L_train in the end is half of that with 8 n features.
-- Changed after the first run: 20 seeds of the spectrum for 4, which made "reproduced" of an inconclusive 31b; and the
-- expectation that times grow slower than in proportion.

local args = require "moondrift.args"
local claims = require "moondrift.claims"
local run = require "moondrift.run"

local settings = args{
  dimension = 30,                      -- d of the courses in training time
  psi_p = 64,                          -- features for each dimension there
  psi_ns = {4, 8, 16, 32},             -- points for each dimension
  time = 0.1,                          -- t, in the Ornstein–Uhlenbeck process
  seeds = 4,                           -- data sets and features
  seed = 1,                            -- of the first; the others count on
  spectrum_dimension = 40,             -- d of the spectrum and of the sweep over features
  spectrum_seeds = 20,
  spectrum_psi_p = 16,
  spectrum_psi_n = 4,
  shares = {0.125, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 4.0, 8.0}, -- features for each point in the sweep
  taus = 121,                          -- training times from 10^-1 to 10^8
  smoke = {
    dimension = 6, psi_p = 12, psi_ns = {2, 4}, seeds = 1, spectrum_dimension = 10, spectrum_seeds = 1, shares = {0.5, 1, 2},
    taus = 31,
  },
  long = {dimension = 60, seeds = 10, spectrum_dimension = 100},
}

for _, name in ipairs{"dimension", "psi_p", "seeds", "spectrum_seeds", "spectrum_dimension", "spectrum_psi_p", "spectrum_psi_n"} do
  args.demand(settings[name] > 0, "--%s must be a positive integer, got %d", name, settings[name])
end
args.demand(#settings.psi_ns > 1, "--psi_ns must be two numbers or more, got %d", #settings.psi_ns)
args.demand(settings.taus > 2, "--taus must be above 2, got %d", settings.taus)
args.demand(settings.dimension > 1 and settings.spectrum_dimension > 1, "the dimensions must be above 1")

local record <close> = run.open(settings)
local process = sde.ou()

local function median(values) return metric.quantiles(values, {0.5})[1] end

local function estimate(values)
  local middle, low, high = metric.bootstrap(values, {seed = settings.seed})
  return middle, {low, high}
end

local function points(share, d) return math.max(1, math.floor(share * d + 0.5)) end

--- The slope of ln y against ln x.
local function slope(xs, ys)
  local count, sx, sy, sxx, sxy = #xs, 0, 0, 0, 0
  for k, value in ipairs(xs) do
    local x, y = math.log(value), math.log(ys[k])
    sx, sy, sxx, sxy = sx + x, sy + y, sxx + x * x, sxy + x * y
  end
  return (count * sxy - sx * sy) / (count * sxx - sx * sx)
end

--- Where a curve first comes to a level, by linear interpolation in ln x.
local function crossing(xs, ys, level)
  for k = 2, #xs do
    if ys[k] >= level then
      local share = ys[k - 1] < level and (level - ys[k - 1]) / (ys[k] - ys[k - 1]) or 0
      return xs[k - 1] * (xs[k] / xs[k - 1])^share
    end
  end
  return xs[#xs]
end

-- The spectrum

local of_spectrum = {d = settings.spectrum_dimension, counts = {}, ends = {}, eigenvalues = {}}
do
  local d = of_spectrum.d
  local p, n = settings.spectrum_psi_p * d, settings.spectrum_psi_n * d
  local known = theory.random_features_spectrum{
    psi_p = settings.spectrum_psi_p, psi_n = settings.spectrum_psi_n, sde = process, time = settings.time,
  }
  local limit = math.sqrt(known.bulk[2] * known.large[1])
  for k = 1, settings.spectrum_seeds do
    local flow = theory.random_features{
      dimension = d, width = p, count = n, sde = process, time = settings.time, seed = settings.seed + k - 1,
    }
    local values = flow.eigenvalues:table()
    local count = 0
    for _, value in ipairs(values) do if value > limit then count = count + 1 end end
    of_spectrum.counts[k], of_spectrum.ends[k] = count, values[count + 1]
    of_spectrum.eigenvalues[k] = values
  end
  of_spectrum.known, of_spectrum.limit = known, limit
  print(("spectrum, d = %d: %g large eigenvalues, upper end of the bulk %.4f (formula %.4f)"):format(
    d, median(of_spectrum.counts), median(of_spectrum.ends), known.bulk[2]))
end

-- Courses in training time

local tau_list = {}
for k = 1, settings.taus do tau_list[k] = 10^(-1 + 9 * (k - 1) / (settings.taus - 1)) end
local taus = tensor(tau_list, {dtype = "float64"})

local courses, ns = {}, {}
for place, psi_n in ipairs(settings.psi_ns) do
  local started = moondrift.seconds()
  local d = settings.dimension
  ns[place] = points(psi_n, d)
  local at = {psi_n = psi_n, runs = {}, early = {}, split = {}, late = {}, visible = {}, least = {}}
  at.known = theory.random_features_spectrum{
    psi_p = settings.psi_p, psi_n = psi_n, sde = process, time = settings.time,
  }
  for k = 1, settings.seeds do
    local flow = theory.random_features{
      dimension = d, width = settings.psi_p * d, count = ns[place], sde = process, time = settings.time,
      seed = settings.seed + k - 1,
    }
    local train, test, score = flow:losses(taus)
    local last_train, last_test = flow:losses(math.huge)
    at.runs[k] = {train = train:table(), test = test:table(), score_error = score:table()}
    local gap = (test - train):table()
    for name, share in pairs{early = 0.1, split = 0.5, late = 0.9} do
      at[name][k] = crossing(tau_list, gap, share * (last_test - last_train))
    end
    at.visible[k] = crossing(tau_list, gap, 0.1)
    at.least[k] = score:min():item()
  end
  courses[place] = at
  print(("ψ_n = %3g: losses part at τ = %.3g (ψ_p/(Δ λ_min) = %.4g), least score error %.4f (%.1f s)"):format(
    psi_n, median(at.split), at.known.tau_mem, median(at.least), moondrift.seconds() - started))
end

local function slopes(field)
  local values = {}
  for k = 1, settings.seeds do
    local ys = {}
    for place, at in ipairs(courses) do ys[place] = at[field][k] end
    values[k] = slope(ns, ys)
  end
  return values
end

-- The number of features, trained to the end, with one noise for each point and with infinitely many

local sweep = {}
do
  local d = settings.spectrum_dimension
  local n = settings.spectrum_psi_n * d
  for _, case in ipairs{{name = "one noise", draws = 1}, {name = "all noises"}} do
    case.widths, case.rows = {}, {}
    for place, share in ipairs(settings.shares) do
      case.widths[place] = points(share, n)
      local row = {train = {}, test = {}, gap = {}}
      for k = 1, settings.seeds do
        local flow = theory.random_features{
          dimension = d, width = case.widths[place], count = n, sde = process, time = settings.time,
          draws = case.draws, seed = settings.seed + k - 1,
        }
        row.train[k], row.test[k] = flow:losses(math.huge)
        row.gap[k] = row.test[k] - row.train[k]
      end
      case.rows[place] = row
    end
    case.worst, case.crossover = {}, {}
    for k = 1, settings.seeds do
      local tests, gaps, worst = {}, {}, 1
      for place, row in ipairs(case.rows) do
        tests[place], gaps[place] = row.test[k], row.gap[k]
        if tests[place] > tests[worst] then worst = place end
      end
      case.worst[k] = case.widths[worst] / n
      case.crossover[k] = crossing(case.widths, gaps, gaps[#gaps] / 2) / n
    end
    sweep[#sweep + 1] = case
  end
  print(("features, n = %d: one noise: worst at p/n = %g; all noises: half of the gap at p/n = %.2f"):format(
    n, median(sweep[1].worst), median(sweep[2].crossover)))
end

-- Claims

local list = claims.new{smoke = settings.smoke}
do
  local measured, interval = estimate(of_spectrum.counts)
  list:add{
    id = "31a", claim = "large eigenvalues for each dimension", source = "published", expected = 1, tolerance = 1e-9,
    measured = measured / of_spectrum.d, interval = {interval[1] / of_spectrum.d, interval[2] / of_spectrum.d},
    seeds = settings.spectrum_seeds,
  }
  local ratios = {}
  for k, value in ipairs(of_spectrum.ends) do ratios[k] = value / of_spectrum.known.bulk[2] end
  measured, interval = estimate(ratios)
  list:add{
    id = "31b", claim = "upper end of the bulk over s² + v²(1 + √(ψ_p/ψ_n))²", source = "published", expected = 1,
    tolerance = 0.05, measured = measured, interval = interval, seeds = settings.spectrum_seeds,
    note = ("d = %d; the formula is for d → ∞"):format(of_spectrum.d),
  }
end
do
  local measured, interval = estimate(slopes("split"))
  local formula, middle = {}, {}
  for place, at in ipairs(courses) do
    formula[place] = at.known.tau_mem
    -- The mean of the bulk's eigenvalues, where most of the gap comes from.
    middle[place] = 1 / (at.known.s2 + at.known.v2 * (1 + settings.psi_p / at.psi_n))
  end
  list:add{
    id = "32", claim = "power of n of the time at which training and test loss part", source = "published",
    expected = 1, tolerance = 0.15, measured = measured, interval = interval, seeds = settings.seeds,
    note = ("of ψ_p/(Δ λ) at the lower end of the bulk %.2f, at its mean %.2f, which is 1 only for ψ_n far below ψ_p; "
      .. "of the times of 10 %% and 90 %% of the gap %.2f, %.2f, and of a gap of 0.1 %.2f"):format(
      slope(ns, formula), slope(ns, middle), median(slopes("early")), median(slopes("late")),
      median(slopes("visible"))),
  }
  measured, interval = estimate(slopes("least"))
  list:add{
    id = "33", claim = "power of n of the least score error", source = "published", expected = -0.59, tolerance = 0.1,
    measured = measured, interval = interval, seeds = settings.seeds,
  }
end
do
  local measured, interval = estimate(sweep[1].worst)
  list:add{
    id = "34a", claim = "p/n at which the test loss is worst, one noise a point", source = "published", expected = 1,
    tolerance = 0.2, measured = measured, interval = interval, seeds = settings.seeds,
  }
  measured, interval = estimate(sweep[2].crossover)
  list:add{
    id = "34b", claim = "p/n at which L_test − L_train is half of that at the most features, all noises",
    source = "published", expected = 1, tolerance = 0.2, measured = measured, interval = interval,
    seeds = settings.seeds,
  }
end

-- Figure

local COLORS = {"blue", "vermillion", "green", "purple", "orange", "sky"}
local figure = plot.figure{size = {9.2, 2.9}}
figure:panel(1, 1, {title = "spectrum", x = "rank", y = "eigenvalue of U", log = "xy", legend = "bottom_left"})
local ranks = {}
for k = 1, #of_spectrum.eigenvalues[1] do ranks[k] = k end
figure:line(ranks, of_spectrum.eigenvalues[1], {color = "blue", label = "one data set"})
figure:reference{y = of_spectrum.known.bulk[2], color = "vermillion", style = "dashed"}
figure:reference{y = of_spectrum.known.s2, color = "green", style = "dashed"}
figure:reference{x = of_spectrum.d, color = "black", style = "dashed"}
figure:panel(1, 2, {title = "test and training loss", x = "training time τ", y = "loss", log = "x", legend = "top_left"})
for place, at in ipairs(courses) do
  local color = COLORS[(place - 1) % #COLORS + 1]
  figure:line(tau_list, at.runs[1].test, {label = ("ψ_n = %g"):format(at.psi_n), color = color})
  figure:line(tau_list, at.runs[1].train, {color = color, style = "dashed"})
  figure:reference{x = median(at.split), color = color, style = "dotted"}
end
figure:panel(1, 3, {title = "trained to the end", x = "features a point, p/n", y = "loss", log = "xy", legend = "bottom_left"})
for index, case in ipairs(sweep) do
  local test, train = {}, {}
  for place, row in ipairs(case.rows) do
    test[place], train[place] = median(row.test), math.max(median(row.train), 1e-6)
  end
  figure:line(settings.shares, test, {label = "test, " .. case.name, color = COLORS[index]})
  figure:line(settings.shares, train, {label = "training, " .. case.name, color = COLORS[index], style = "dashed"})
end
figure:reference{x = 1, color = "black", style = "dotted"}
record:save_figure(figure, "random_features")

figure:show()
print(list)

local results = {tau = tau_list, spectrum = of_spectrum, courses = courses, sweep = sweep, n = ns}
record:finish{results = results, claims = list}
