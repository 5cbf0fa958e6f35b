-- question: Does every sampler have the order that its paper claims, and how far from the exact law does it end
--           after so many calls of the model?
-- source:   Song et al. 2021 (arXiv 2011.13456); Karras et al. 2022 (2206.00364), Table 1; Lu et al. 2022
--           (2206.00927, 2211.01095); the orders are those of the paper of each sampler
-- run:      scripts/moondrift scripts/samplers/orders.lua
-- time:     about four minutes on 2 cores
-- expect:   Fitted orders within 0.15 of the claimed on Gaussian data. At 20 calls the methods of the
--           log-SNR are the best: ahead of Heun's and of Runge and Kutta's in the time. With noise, 160 calls come
--           to the floor of the sample.

local args = require "moondrift.args"
local claims = require "moondrift.claims"
local run = require "moondrift.run"

local settings = args{
  seed = 1,                     -- of everything random
  samples = 5000,               -- for the errors along the flow
  law_samples = 20000,          -- for the distances of laws
  simulated = 1000000,          -- paths of the forward SDE
  simulated_steps = 500,        -- steps of each
  calls = {10, 20, 40, 80},     -- of the model, without noise
  noisy_calls = {20, 40, 80, 160},  -- with noise
  certify = true,               -- whether to fit the orders, which takes most of the time
  smoke = {samples = 100, law_samples = 200, simulated = 500, simulated_steps = 50, calls = {10, 20},
    noisy_calls = {20, 40}, certify = false},
  long = {samples = 50000, law_samples = 200000, simulated = 10000000},
}
for _, name in ipairs{"samples", "law_samples", "simulated", "simulated_steps"} do
  args.demand(settings[name] > 0, "--%s must be a positive integer, got %d", name, settings[name])
end
local SAMPLES, LAW_SAMPLES = settings.samples, settings.law_samples
local record <close> = run.open(settings)
local list = claims.new{smoke = settings.smoke}

-- Exact numbers: linear maps on Gaussian data (row 40)

local function power_grid(first, last, levels, rho)
  local grid = {}
  for i = 0, levels - 1 do
    local a, b = first ^ (1 / rho), last ^ (1 / rho)
    grid[i + 1] = (a + i / (levels - 1) * (b - a)) ^ rho
  end
  grid[levels + 1] = 0
  return grid
end

local function uniform(first, last, steps, step)
  local grid = {}
  for i = 0, steps do grid[i + 1] = first - (step or (first - last) / steps) * i end
  return grid
end

local function std_of(name, levels)
  return sample.gaussian_law(name, {
    sde = sde.edm(), variance = 0.25, start = 6400, times = power_grid(80, 0.002, levels, 7),
  }).variance ^ 0.5
end

--- The loop of the tutorial of Song et al.: all steps have one length, the last from the last time on.
local tutorial = sample.define{name = "tutorial", weak_order = 1, start = function(run)
  local dt = (1 - 1e-3) / 499
  return function(x, t)
    local g = run.sde:diffusion(t)
    return x + run:score(x, t) * (g * g * dt) + run:normal(x) * (g * dt ^ 0.5)
  end
end}
local loop = uniform(1, 1e-3, 499)
loop[501] = 1e-4
list:add{id = "40a", claim = "variance after 500 steps of Euler-Maruyama, base 25, from 96.93", source = "derived",
  expected = 0.9978, tolerance = 1e-4,
  measured = sample.gaussian_law(tutorial, {sde = sde.ve_power{base = 25}, start = 96.93, times = loop}).variance}
local ve = sde.ve_power{base = 25}
local fine = sample.gaussian_law("rk4", {sde = ve, start = 96.93, times = schedule.log_snr(ve, 2000)}).variance
list:add{id = "40b", claim = "variance along the exact flow, base 25, from 96.93", source = "derived",
  expected = 0.99078, tolerance = 1e-4, measured = fine}
list:add{id = "40c", claim = "variance after 1000 steps of Euler-Maruyama, VP", source = "derived",
  expected = 1.0013, tolerance = 1e-4,
  measured = sample.gaussian_law("euler_maruyama", {start = 1, times = uniform(1, 1e-3, 1000)}).variance}
list:add{id = "40d", claim = "EDM's Heun on std 0.5, 18 levels: std", source = "derived",
  expected = 0.52763, tolerance = 1e-4, measured = std_of("heun", 18)}
for place, known in ipairs{{20, 0.02183}, {40, 0.00489}, {80, 0.00116}, {160, 0.00028}} do
  list:add{id = "40e" .. place, claim = ("EDM's Heun, %d levels: error of the std"):format(known[1]),
    source = "derived", expected = known[2], tolerance = 1e-4, measured = std_of("heun", known[1]) - 0.5}
end
for place, known in ipairs{{20, 0.0695}, {40, 0.0351}, {80, 0.0177}, {160, 0.0089}} do
  list:add{id = "40f" .. place, claim = ("Euler's method there, %d levels: error of the std"):format(known[1]),
    source = "derived", expected = known[2], tolerance = 1e-4, measured = 0.5 - std_of("euler", known[1])}
end

-- The forward SDE against its kernel (row 41)

--- The largest relative difference of the standard deviation of x_t given x_0 = 0 on the way, and its error.
local function simulated(process, seed)
  local stream, steps = random.stream(seed), settings.simulated_steps
  local first, last = 0, process.time_max
  local x = tensor.zeros{settings.simulated, 1}
  local most = 0
  for k = 1, steps do
    -- The noise of a step enters in its middle: an error of second order, 3e-5 of sigma in 500 steps.
    local t, dt = first + (k - 0.5) / steps * (last - first), (last - first) / steps
    local half = math.exp(process:drift(t) * dt / 2)
    x = x * (half * half) + half * process:diffusion(t) * dt ^ 0.5 * stream:normal(x.shape)
    if k % (steps // 5) == 0 then
      local now = first + k / steps * (last - first)
      most = math.max(most, math.abs((x ^ 2):mean():item() ^ 0.5 / process:sigma(now) - 1))
    end
  end
  return most
end
for place, process in ipairs{sde.vp(), sde.sub_vp(), sde.ve_power{base = 25}} do
  local most = simulated(process, settings.seed + place)
  local noise = 3 / (2 * settings.simulated) ^ 0.5
  list:add{id = "41" .. ("abc"):sub(place, place), source = "published",
    claim = ("standard deviation of the simulated %s beside its kernel"):format(process), expected = 0,
    tolerance = {-0.01, 0.01}, measured = most, interval = {math.max(0, most - noise), most + noise}}
end

-- All samplers

--- Those that are told other options, too; and those that draw no noise.
local VARIANTS = {
  {"ddim", {eta = 1}, "eta = 1"}, {"ddpm", {variance = "posterior"}, "variance = 'posterior'"},
  {"lms", {order = 2}, "order = 2"}, {"unipc", {order = 3}, "order = 3"},
}
local ADAPTIVE = {rk45 = true, adaptive_sde = true}
local OTHERS = {define = true, certify = true, gaussian_law = true, brownian = true, coarse_to_fine = true,
  -- Exact on Gaussian data alone, which these targets are not.
  gaussian_step = true}
local entries = {}
for name, method in pairs(sample) do
  if type(method) == "function" and not OTHERS[name] then
    entries[#entries + 1] = {name = name, options = {}, title = name}
  end
end
for _, known in ipairs(VARIANTS) do
  entries[#entries + 1] = {name = known[1], options = known[2], title = known[1] .. " " .. known[3]}
end
table.sort(entries, function(a, b) return a.title < b.title end)

local process = sde.vp()
local TARGETS = {
  {name = "two modes, d = 1", target = target.gaussian_mixture{means = {-2, 1}, stds = 0.5, weights = {0.3, 0.7}}},
  {name = "eight modes, d = 2"}, {name = "four modes, d = 16"},
}
do
  local ring, corners = {}, {}
  for k = 1, 8 do ring[k] = {2 * math.cos(k * math.pi / 4), 2 * math.sin(k * math.pi / 4)} end
  for k = 1, 4 do
    corners[k] = {}
    for i = 1, 16 do corners[k][i] = (i % 4 + 1 == k) and 1.5 or -0.5 end
  end
  TARGETS[2].target = target.gaussian_mixture{means = ring, stds = 0.3}
  TARGETS[3].target = target.gaussian_mixture{means = corners, stds = 0.6}
end
for place, of in ipairs(TARGETS) do
  of.model = of.target:model(process)
  of.start = random.stream(settings.seed + 10 + place):normal({SAMPLES, of.target.dimension}, {dtype = "float64"})
  of.exact = sample.rk45(of.model, {start = of.start, rtol = 1e-9, atol = 1e-9})
  of.law = of.target:sample(LAW_SAMPLES, {seed = settings.seed + 20})
  of.law_start = process:alpha(1) * of.target:sample(LAW_SAMPLES, {seed = settings.seed + 30})
    + process:sigma(1) * random.stream(settings.seed + 31):normal{LAW_SAMPLES, of.target.dimension}
  local directions = random.stream(settings.seed + 40):normal{of.target.dimension, 16}
  of.directions = directions / directions:norm(2, 1, {keepdim = true})
end

--- The distance of two laws: of the sorted samples along 16 directions, on the average (sliced Wasserstein).
local function law_distance(of, x)
  local a, b = of.law:matmul(of.directions), x:matmul(of.directions)
  return (a:sort(1) - b:sort(1)):abs():mean():item()
end

--- Runs a sampler with at most so many calls: the most steps that keep to it.
local function with_calls(entry, of, calls, start)
  local options = {start = start, seed = settings.seed, info = true}
  for key, value in pairs(entry.options) do options[key] = value end
  local steps = math.max(1, calls // math.max(1, entry.evaluations // 1))
  local y, info
  repeat
    options.times = schedule.log_snr(process, steps)
    y, info = sample[entry.name](of.model, options)
    steps = steps - 1
  until info.evaluations <= calls or steps == 0
  return y, info.evaluations
end

local passed, certified = 0, 0
for _, entry in ipairs(entries) do
  -- Calls of a step, and whether there is noise, from a run of its own.
  local few = {start = TARGETS[1].start[{ {1, 2} }], times = schedule.log_snr(process, 8), info = true, seed = 1}
  for key, value in pairs(entry.options) do few[key] = value end
  local first, info = sample[entry.name](TARGETS[1].model, few)
  few.seed = 2
  entry.noisy = (sample[entry.name](TARGETS[1].model, few) - first):abs():max():item() > 0
  entry.adaptive = ADAPTIVE[entry.name] or false
  entry.evaluations = info.evaluations / 8
  if settings.certify then
    local found = sample.certify(entry.title)
    entry.certificate = found
    certified = certified + 1
    if found.passed then passed = passed + 1 end
  end
  entry.errors, entry.distances = {}, {}
  for place, of in ipairs(TARGETS) do
    entry.errors[place], entry.distances[place] = {}, {}
    if not entry.adaptive then
      for k, calls in ipairs(entry.noisy and settings.noisy_calls or settings.calls) do
        local y = with_calls(entry, of, calls, entry.noisy and of.law_start or of.start)
        if entry.noisy then
          entry.distances[place][k] = law_distance(of, y)
        else
          entry.errors[place][k] = ((y - of.exact) ^ 2):mean():item() ^ 0.5
        end
      end
    end
  end
end
--- An adaptive sampler has tolerances in place of steps.
for _, entry in ipairs(entries) do
  if entry.adaptive then
    for _, tolerance in ipairs(entry.noisy and {0.05, 0.01} or {1e-2, 1e-3, 1e-4, 1e-5}) do
      local row = {tolerance = tolerance, calls = {}, errors = {}, distances = {}}
      for place, of in ipairs(TARGETS) do
        local y, info = sample[entry.name](of.model, {rtol = tolerance, atol = tolerance, seed = settings.seed,
          start = entry.noisy and of.law_start or of.start, info = true})
        row.calls[place] = info.evaluations
        if entry.noisy then
          row.distances[place] = law_distance(of, y)
        else
          row.errors[place] = ((y - of.exact) ^ 2):mean():item() ^ 0.5
        end
      end
      entry.tolerances = entry.tolerances or {}
      table.insert(entry.tolerances, row)
    end
  end
end

list:add{id = "40g", claim = "samplers whose fitted orders are as claimed, of all", source = "derived",
  expected = #entries, tolerance = 0, measured = settings.certify and passed or nil}

-- Tables

local function order_text(entry)
  local c = entry.certificate and entry.certificate.claimed
  if not c then return "–", "–" end
  local found, mixture = entry.certificate, entry.certificate.mixture
  local function number(value) return value and ("%.2f"):format(value) or "–" end
  if c.order then return ("%g"):format(c.order), number(found.weak_order or mixture.path_order) end
  if c.weak then
    return (c.strong and "%g strong, " or "%s"):format(c.strong or "") .. ("%g weak"):format(c.weak),
      (c.strong and number(found.strong_order or mixture.strong_order) .. ", " or "")
        .. number(found.weak_order or mixture.weak_order)
  end
  return c.tolerance and "tolerance" or "none", number(mixture.tolerance_order)
end

local function cells(values)
  local pieces = {}
  for k, value in ipairs(values) do pieces[k] = ("%.2g"):format(value) end
  return table.concat(pieces, ", ")
end

local function show(title, noisy, calls)
  print(("\n%s at %s calls"):format(title, args.literal(calls)))
  print("| sampler | calls a step | order claimed | fitted | " .. TARGETS[1].name .. " | " .. TARGETS[2].name .. " | "
    .. TARGETS[3].name .. " |")
  print("|---|---|---|---|---|---|---|")
  for _, entry in ipairs(entries) do
    if entry.noisy == noisy and not entry.adaptive then
      local values = noisy and entry.distances or entry.errors
      local claimed, fitted = order_text(entry)
      print(("| `%s` | %.3g | %s | %s | %s | %s | %s |"):format(entry.title, entry.evaluations, claimed, fitted,
        cells(values[1]), cells(values[2]), cells(values[3])))
    end
  end
end
show("Root mean square distance to the exact flow", false, settings.calls)
show("Distance of the law, with noise,", true, settings.noisy_calls)
for _, entry in ipairs(entries) do
  for _, row in ipairs(entry.tolerances or {}) do
    print(("`%s` at %g: calls %s, error %s"):format(entry.title, row.tolerance, args.literal(row.calls),
      cells(entry.noisy and row.distances or row.errors)))
  end
end
local floors = {}
for place, of in ipairs(TARGETS) do
  floors[place] = law_distance(of, of.target:sample(LAW_SAMPLES, {seed = settings.seed + 21}))
end
print("two sets of the exact law: " .. cells(floors))

-- Figure

local figure = plot.figure{size = {7.2, 2.7}}
local SHOWN = {"euler", "heun", "ddim", "dpm_solver_pp_2m", "dpm_solver_3", "unipc"}
for place, of in ipairs(TARGETS) do
  figure:panel(1, place, {title = of.name, x = "calls of the model", y = place == 1 and "error" or nil, log = "xy",
    legend = place == 1 and "bottom_left" or "none"})
  for _, name in ipairs(SHOWN) do
    for _, entry in ipairs(entries) do
      if entry.title == name then figure:line(settings.calls, entry.errors[place], {label = name}) end
    end
  end
end
record:save_figure(figure, "orders")

local rows = {}
for place, entry in ipairs(entries) do
  rows[place] = {sampler = entry.title, evaluations = entry.evaluations, noisy = entry.noisy, errors = entry.errors,
    distances = entry.distances, tolerances = entry.tolerances, certificate = entry.certificate}
end
print(list)
record:finish{results = {samplers = rows, floors = floors, calls = settings.calls, noisy_calls = settings.noisy_calls},
  claims = list}
