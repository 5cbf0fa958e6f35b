-- question: Does the exact gradient flow of a random-features score have a best time to stop, and how does what is
--           reached there fall with the number of training points?
-- source:   Li, Li, Zhang, Bian, "On the Generalization Properties of Diffusion Models", NeurIPS 2023
--           (arXiv 2311.01797), Eqs. 9 and 12, Theorem 1 and Eq. 16
-- run:      scripts/moondrift scripts/generalization/early_stopping.lua
-- time:     about a minute on 2 cores
-- expect:   With few points the KL has its least value inside and rises after it; with many the rise is smaller. Where
--           features are as many as points the least KL falls with n, faster than the bound's n^(-2/5) allows at the
--           least; at a fixed number of features it stops at what these features can do.
--
-- Thresholds, set before the first run: a course has a minimum inside where the median over seeds of KL(last) over
-- the least KL is at least 1.1 and the least is not at the first time, for every n. The rate agrees with the bound
-- where the slope of ln(least KL) against ln n is at most -0.4. Both are claims of an upper bound, so that a faster
-- fall agrees with it, and n from 10 to 1000 is not the limit that the theorem is of.
-- Changed after the first run, which had training times from 10^3 on: with 10 and 30 features much is learned by then,
-- and the least KL was at the first time. That made "not reproduced" of 7b and 7d, which are inconclusive since.

local args = require "moondrift.args"
local claims = require "moondrift.claims"
local run = require "moondrift.run"

local settings = args{
  ns = {10, 30, 100, 300, 1000},  -- points of the training sets
  seeds = 10,                     -- data sets and features for each n
  seed = 1,                       -- of the first; the others count on
  width = 200,                    -- m where it does not grow with n
  mu = 3.0,                       -- the modes stand at -mu and mu
  bump = 2.0,                     -- half the width of a raised-cosine bump
  first = 0.05,                   -- the loss has t from first to last, and the KL is at first
  last = 3.0,
  times = 24,                     -- nodes in t
  nodes = 16,                     -- nodes in x for each std of the noise
  taus = 67,                      -- training times, from 10 to 10^12
  smoke = {ns = {10, 20, 40}, seeds = 2, width = 20, times = 6, nodes = 8, taus = 10},
  long = {ns = {10, 20, 50, 100, 200, 500, 1000, 2000}, seeds = 40, taus = 91},
}

for _, name in ipairs{"seeds", "width", "times", "nodes"} do
  args.demand(settings[name] > 0, "--%s must be a positive integer, got %d", name, settings[name])
end
args.demand(#settings.ns > 1, "--ns must be two numbers of points or more, got %d", #settings.ns)
args.demand(settings.taus > 2, "--taus must be above 2, got %d", settings.taus)
args.demand(0 < settings.first and settings.first < settings.last, "--first must lie from 0 to below --last")

local record <close> = run.open(settings)

-- The targets: the published mixture, and one of compact support, as the theorem has it

local process = sde.ou()
local range = {-settings.mu - 12, settings.mu + 12}

--- Two raised-cosine bumps as so many points of equal mass: noised by a std that many of them share it is the law of
--- the bumps to 1e-6, at a small part of the cost.
local function bump_points(mu, w, count)
  local points = {}
  for k = 1, count do
    local low, high = -1, 1
    for _ = 1, 50 do
      local y = (low + high) / 2
      if (1 + y + math.sin(math.pi * y) / math.pi) / 2 < (k - 0.5) / count then low = y else high = y end
    end
    points[2 * k - 1], points[2 * k] = {-mu + low * w}, {mu + low * w}
  end
  return tensor(points, {dtype = "float64"})
end

local mixture = target.gaussian_mixture{means = {-settings.mu, settings.mu}, stds = 1}
local bumps = target.raised_cosine{means = {-settings.mu, settings.mu}, half_widths = settings.bump}
local targets = {
  {name = "mixture", law = mixture, test = mixture},
  {name = "bumps", law = bumps, test = bump_points(settings.mu, settings.bump, 1000)},
}

local tau_list = {}
for k = 1, settings.taus do
  tau_list[k] = 10^(1 + 11 * (k - 1) / (settings.taus - 1))
end
local taus = tensor(tau_list, {dtype = "float64"})

-- KL(p_t ‖ q_t) and KL(q_t ‖ p_t) at t = first, by the trapezoidal rule

for _, of in ipairs(targets) do
  of.noised = of.law:noised(process, settings.first)
  local x = metric.density_of_score(mixture:model(process), {range = range, time = settings.first})
  of.log_p = of.noised:log_density(x:reshape{#x, 1})
  of.p, of.step = of.log_p:exp(), x[2]:item() - x[1]:item()
end

local function divergences(of, model)
  local _, q = metric.density_of_score(model, {range = range, time = settings.first})
  local log_q = q:maximum(1e-300):log()
  local ratio = of.log_p:maximum(math.log(1e-300)) - log_q
  return (of.p * ratio):sum():item() * of.step, -(q * ratio):sum():item() * of.step
end

--- The course of one flow.
local function course(of, n, width, seed)
  local model = nn.random_features{width = width, sde = process, seed = seed}
  local x = of.law:sample(n, {seed = seed})
  local flow = theory.gradient_flow(model, x, {
    time = {settings.first, settings.last}, times = settings.times, nodes = settings.nodes, test = of.test,
  })
  local kl, reverse = {}, {}
  for k, tau in ipairs(tau_list) do kl[k], reverse[k] = divergences(of, flow:model(tau)) end
  local train, test = flow:score_error(taus)
  return {kl = kl, reverse_kl = reverse, train = train:table(), test = test:table(), rank = flow.rank}
end

local function least(values)
  local place = 1
  for k, value in ipairs(values) do if value < values[place] then place = k end end
  return values[place], place
end

local function median(values) return metric.quantiles(values, {0.5})[1] end

--- What the same features come to on the law itself, as n → ∞: least KL and least error of the score.
local function ideal(of, width, seed)
  local flow = theory.gradient_flow(nn.random_features{width = width, sde = process, seed = seed}, of.test, {
    time = {settings.first, settings.last}, times = settings.times, nodes = settings.nodes,
  })
  local best = math.huge
  for _, tau in ipairs(tau_list) do best = math.min(best, (divergences(of, flow:model(tau)))) end
  return best, (flow:score_error(math.huge))
end

local cases = {}
for _, of in ipairs(targets) do
  for _, grows in ipairs{false, true} do
    local case = {target = of.name, label = of.name .. (grows and ", m = n" or (", m = %d"):format(settings.width)), ns = {}}
    for place, n in ipairs(settings.ns) do
      local started = moondrift.seconds()
      local width = grows and n or settings.width
      local at = {n = n, width = width, runs = {}, least = {}, best = {}, rise = {}, least_error = {}, least_reverse = {}}
      for k = 1, settings.seeds do
        local one = course(of, n, width, settings.seed + k - 1)
        at.runs[k] = one
        local value, best = least(one.kl)
        at.least[k], at.best[k], at.rise[k] = value, best, one.kl[#one.kl] / value
        at.least_error[k], at.least_reverse[k] = least(one.test), (least(one.reverse_kl))
      end
      case.ns[place] = at
      print(("%-18s n = %4d: least KL %.4f at τ = %.0e, KL at the end %.1f times as large (%.1f s)"):format(
        case.label, n, median(at.least), tau_list[math.floor(median(at.best) + 0.5)], median(at.rise),
        moondrift.seconds() - started))
    end
    case.ideal, case.ideal_error = {}, {}
    for k = 1, settings.seeds do
      local width = grows and settings.ns[#settings.ns] or settings.width
      case.ideal[k], case.ideal_error[k] = ideal(of, width, settings.seed + k - 1)
    end
    cases[#cases + 1] = case
  end
end

-- Slopes against ln n, one for each seed

local function slope(of_n)
  local count, sx, sy, sxx, sxy = #settings.ns, 0, 0, 0, 0
  for place, n in ipairs(settings.ns) do
    local x, y = math.log(n), math.log(of_n(place))
    sx, sy, sxx, sxy = sx + x, sy + y, sxx + x * x, sxy + x * y
  end
  return (count * sxy - sx * sy) / (count * sxx - sx * sx)
end

local function slopes(case, field)
  local values = {}
  for k = 1, settings.seeds do
    values[k] = slope(function(place) return case.ns[place][field][k] end)
  end
  return values
end

local function estimate(values)
  local middle, low, high = metric.bootstrap(values, {seed = settings.seed})
  return middle, {low, high}
end

local list = claims.new{smoke = settings.smoke}
for index, case in ipairs(cases) do
  local worst
  for _, at in ipairs(case.ns) do
    if not worst or median(at.rise) < median(worst.rise) then worst = at end
  end
  local inside = true
  for _, at in ipairs(case.ns) do inside = inside and median(at.best) > 1 end
  local measured, interval = estimate(worst.rise)
  list:add{
    id = "7" .. ("abcd"):sub(index, index), source = "published", expected = 1.1, tolerance = "at least",
    claim = ("KL at the end over the least KL, the least median over n: %s"):format(case.label),
    measured = inside and measured or 1, interval = inside and interval or nil, seeds = settings.seeds,
    note = ("the least over n is at n = %d"):format(worst.n),
  }
end
for index, case in ipairs(cases) do
  case.slopes, case.error_slopes = slopes(case, "least"), slopes(case, "least_error")
  local measured, interval = estimate(case.slopes)
  list:add{
    id = "8" .. ("abcd"):sub(index, index), source = "published", expected = -0.4, tolerance = "at most",
    claim = ("slope of ln(least KL) against ln n: %s"):format(case.label),
    measured = measured, interval = interval, seeds = settings.seeds,
    note = ("of the least score error %.2f, of the least KL(q ‖ p) %.2f; features trained on the law itself: "
      .. "least KL %.3f"):format(median(case.error_slopes), median(slopes(case, "least_reverse")), median(case.ideal)),
  }
end

-- Row 9 is algebra: the bound τ⁴/(mn) + τ³/m² + 1/τ with m = n at τ = n^(2/5), and the τ that makes it least.

local function bound(tau, n) return tau^4 / n^2 + tau^3 / n^2 + 1 / tau end
local function best_tau(n)
  local low, high = 0, 2 * math.log(n)
  for _ = 1, 200 do
    local a, b = low + (high - low) / 3, high - (high - low) / 3
    if bound(math.exp(a), n) < bound(math.exp(b), n) then high = b else low = a end
  end
  return math.exp(low)
end
local function exponent(f) return math.log(f(1e40) / f(1e30)) / math.log(1e10) end
for _, row in ipairs{
  {"9a", "exponent of τ⁴/(mn) and of 1/τ at τ = n^(2/5), m = n", -0.4,
    exponent(function(n) return n^(8 / 5) / n^2 + n^(-2 / 5) end)},
  {"9b", "exponent of τ³/m² at τ = n^(2/5), m = n", -0.8, exponent(function(n) return n^(6 / 5) / n^2 end)},
  {"9c", "exponent of the τ that makes the bound least", 0.4, exponent(best_tau)},
} do
  list:add{
    id = row[1], claim = row[2], source = "published", expected = row[3], tolerance = 1e-3, measured = row[4],
  }
end

-- Figure: the courses at m fixed, and the least KL against n

local COLORS = {"blue", "vermillion", "green", "purple", "orange", "sky", "black", "yellow"}
local figure = plot.figure{size = {9.2, 2.9}}
for column, index in ipairs{1, 3} do
  local case = cases[index]
  figure:panel(1, column, {
    title = case.label, x = "training time τ", y = column == 1 and "KL(target ‖ learned)" or nil, log = "xy",
    legend = column == 2 and "best" or "none",  -- there the dip leaves room for it
  })
  for place, at in ipairs(case.ns) do
    local middle = {}
    for k = 1, #tau_list do
      local values = {}
      for seed, one in ipairs(at.runs) do values[seed] = one.kl[k] end
      middle[k] = median(values)
    end
    figure:line(tau_list, middle, {label = ("n = %d"):format(at.n), color = COLORS[(place - 1) % #COLORS + 1]})
  end
end
figure:panel(1, 3, {title = "where it is least", x = "n", y = "least KL", log = "xy", legend = "best"})
for index, case in ipairs(cases) do
  local middle, low, high = {}, {}, {}
  for place, at in ipairs(case.ns) do
    local quartiles = metric.quantiles(at.least, {0.25, 0.5, 0.75})
    low[place], middle[place], high[place] = quartiles[1], quartiles[2], quartiles[3]
  end
  figure:line(settings.ns, middle, {label = case.label, color = COLORS[index]})
  figure:band(settings.ns, low, high, {color = COLORS[index]})
end
local from = median(cases[1].ns[1].least)
local rate = {}
for place, n in ipairs(settings.ns) do rate[place] = from * (n / settings.ns[1])^-0.4 end
figure:line(settings.ns, rate, {label = "n^(-2/5)", color = "black", style = "dashed"})
record:save_figure(figure, "early_stopping")

figure:show()
print(list)

local results = {tau = tau_list, cases = {}}
for index, case in ipairs(cases) do
  local rows = {}
  for place, at in ipairs(case.ns) do
    local courses = {}
    for k, one in ipairs(at.runs) do
      courses[k] = {kl = one.kl, reverse_kl = one.reverse_kl, train = one.train, test = one.test, rank = one.rank}
    end
    local best = {}
    for k, place_of in ipairs(at.best) do best[k] = tau_list[place_of] end
    rows[place] = {n = at.n, width = at.width, least_kl = at.least, best_tau = best, rise = at.rise, runs = courses}
  end
  results.cases[index] = {label = case.label, ideal_kl = case.ideal, ideal_error = case.ideal_error, slopes = case.slopes, error_slopes = case.error_slopes, n = rows}
end
record:finish{results = results, claims = list}
