-- question: Does a generic network learn to draw polygons from a finite set of them, as it learns disks?
-- source:   research plan of this project, second experiment: a support can be learned where it has a finite volume and is locally
--           convex; polygons of few vertices are not, nor is a fractal
-- run:      scripts/moondrift scripts/supports/polygons.lua
-- time:     about ten minutes on 2 cores; --long about twenty
-- expect:   Against the plan, polygons are drawn anew nearly as well as disks, and better than chance disks whose centres lie on
--           a fractal: at the end of training on hundreds, or before copying begins where there are few. At 16×16 pixels
--           (--long) exact polygons come less than half as often as exact disks, and disks on the fractal half as often.
--
-- Definitions and thresholds, set before the run. Pictures have 12×12 pixels (16×16 with --long), of 4×4 points each.
-- Polygons: 3 to 6 vertices.
-- Disks: centre and radius uniform. Dust: the same disks, each coordinate of the centre on Cantor's set to depth 3 (gaps of a
-- third). A sample is valid where the root mean square of what is left of it, clamped to [0, 1], by the nearest member is at
-- most `tolerance`: members are polygons of at most 6 vertices (target.fit_polygons), or disks (least squares of centre and
-- radius), for dust with a centre at most `near` pixels from the set in each coordinate. Memorized: the nearest training
-- picture is three times as near as the next. Novel: valid and not memorized. Exact: novel with a tolerance of `exact`. What
-- counts of each n is the median over seeds of the best look in training.
-- Expected from the plan: polygons: novel at most 0.2 at every n and time. Disks, with as many pictures and updates: novel
-- at least 0.5 at the most pictures. Dust over disks: at most 0.5 of that share, where chance gives the share of fresh disks that
-- are valid as dust. Polygons over disks: at most 0.5 of the share of exact ones. Positive control: at the fewest pictures at
-- least 0.8 of the samples are memorized at the last look.
-- Chosen in trials with one seed by whether few pictures are copied: network, rate, updates; fully connected networks copied 34 %
-- of 16 polygons after 4,000 updates and drew no valid sample. In the last trial, of 2,000 updates, 0.80 of the samples of 512
-- polygons were novel, 0.90 of disks, and 0.69 of those of 16 polygons were copies: so updates are 3,000, and the exact ones
-- are counted too. What else passes is printed: means of two, and polygons of 12 vertices.

local args = require "moondrift.args"
local claims = require "moondrift.claims"
local plane_unet = require "moondrift.plane_unet"
local run = require "moondrift.run"

local settings = args{
  ns = {16, 512},       -- training pictures
  seeds = 3,            -- training sets and networks of each
  seed = 1,             -- of the first; the others count on
  size = 12,            -- of the pictures, a multiple of 4
  updates = 3000,       -- of a training; looks at 1/8, 1/4, 1/2 and all of them
  batch = 16,           -- pictures of an update
  rate = 2e-3,          -- of Adam; falls to 0 over the second half
  width = 16,           -- of the network
  samples = 200,        -- of a look
  levels = 18,          -- of Heun's sampler
  tolerance = 0.06,     -- root mean square of a valid sample
  exact = 0.03,         -- the same of an exact one
  near = 0.25,          -- pixels from the dust
  fresh = 500,          -- pictures for what passes as valid
  smoke = {ns = {4}, seeds = 1, updates = 8, batch = 4, width = 8, samples = 6, levels = 3, fresh = 20},
  long = {ns = {16, 128, 1024}, size = 16},
}
for _, name in ipairs{"seeds", "batch", "levels", "fresh"} do
  args.demand(settings[name] > 0, "--%s must be a positive integer, got %d", name, settings[name])
end
args.demand(settings.updates >= 8, "--updates must be 8 or more, got %d", settings.updates)
args.demand(settings.samples > 1, "--samples must be 2 or more, got %d", settings.samples)
args.demand(settings.size >= 12 and settings.size % 4 == 0, "--size must be a multiple of 4 from 12 on, got %d", settings.size)
args.demand(settings.width > 0 and settings.width % 8 == 0, "--width must be a multiple of 8, got %d", settings.width)
args.demand(settings.tolerance > 0 and settings.near > 0, "--tolerance and --near must be positive")
for _, n in ipairs(settings.ns) do args.demand(n > 1, "--ns must be 2 or more each, got %d", n) end

local record <close> = run.open(settings)
local SIDE <const> = settings.size
local process = sde.edm{sigma_min = 0.02, sigma_max = 20}

-- Laws

local around = tensor.linspace(0, 2 * math.pi, 33)[{ {1, 32} }]
local circle = tensor.stack({around:sin(), around:cos()}, 2):unsqueeze(1)

--- Pictures of disks as polygons of 32 vertices.
local function disks(centres, radii)
  return target.rasterize(centres:unsqueeze(2) + circle * radii:reshape{-1, 1, 1}, {size = SIDE})
end

--- The ends of the intervals of Cantor's set on [-1/2, 1/2] to a depth.
local function cantor(depth)
  local x = {-0.5}
  for k = 1, depth do
    for j = 1, #x do x[#x + 1] = x[j] + 2 / 3^k end
  end
  return tensor(x) + 0.5 / 3^depth
end
local DUST <const> = cantor(3)

local function radii_of(n, stream) return stream:uniform({n}, {low = 0.25, high = 0.45}) end

--- The disk that a picture is most like: centre, radius and what is left, by Gauss-Newton steps of three differences.
local function disk_of(x)
  local n, grid = #x, (tensor.arange(0, SIDE - 1):to("float32") + 0.5) * 2 / SIDE - 1
  local inside = x:greater(0.5):to("float32")
  local area = inside:reshape{n, -1}:sum(2):clamp(1, SIDE * SIDE)
  local at = tensor.stack({(inside:sum(3) * grid):sum(2) / area, (inside:sum(2) * grid):sum(2) / area,
    (area * 4 / SIDE^2 / math.pi):sqrt()}, 2)
  local function left(p) return (disks(p[{ {}, {1, 2} }], p[{ {}, 3 }]:clamp(0.01, 4)) - x):reshape{n, -1} end
  local rest = left(at)
  local cost = (rest^2):mean(2)
  for _, shift in ipairs{0.3, 0.2, 0.1, 0.05, 0.05} do
    local slopes = {}
    for k = 1, 3 do
      local step = tensor.zeros{1, 3}
      step[{1, k}] = shift * 2 / SIDE
      slopes[k] = (left(at + step) - left(at - step)) / (shift * 4 / SIDE)
    end
    local j = tensor.stack(slopes, 2):to("float64")
    local square = j:matmul(j:permute{1, 3, 2}) + tensor.eye(3, {dtype = "float64"}) * 1e-2
    local pull = j:matmul(rest:to("float64"):unsqueeze(3))
    local moved = at - linalg.solve(square, pull):squeeze(3):to("float32"):clamp(-0.1, 0.1)
    local other = left(moved)
    local there = (other^2):mean(2)
    local better = there:less(cost):unsqueeze(2)
    at, rest, cost = tensor.where(better, moved, at), tensor.where(better, other, rest), tensor.minimum(cost, there)
  end
  return at, cost:sqrt()
end

local polygons = target.polygons{size = SIDE}
--- What is left of pictures by the nearest member of each law; infinite of a disk whose centre is off the dust.
local function rest_of_disk(x) return (select(2, disk_of(x))) end
local function rest_of_dust(x)
  local at, rest = disk_of(x)
  local off = (at[{ {}, {1, 2} }]:unsqueeze(3) - DUST):abs():min(3):max(2)
  return tensor.where(off:less_equal(settings.near * 2 / SIDE), rest, math.huge)
end
local LAWS = {
  {name = "polygons", sample = function(n, seed) return polygons:sample(n, {seed = seed}) end,
    rest = function(x) return (select(2, target.fit_polygons(x))) end},
  {name = "disks", rest = rest_of_disk, sample = function(n, seed)
    local stream = random.stream(seed)
    return disks(stream:uniform({n, 2}, {low = -0.5, high = 0.5}), radii_of(n, stream))
  end},
  {name = "dust", rest = rest_of_dust, sample = function(n, seed)
    local stream = random.stream(seed)
    return disks(DUST[stream:integers(2 * n, 1, #DUST)]:reshape{n, 2}, radii_of(n, stream))
  end},
}
local function share(marks) return marks:to("float32"):mean():item() end
local function valid(rest, tolerance) return share(rest:less_equal(tolerance or settings.tolerance)) end

-- What passes as valid: fresh draws, and pictures that are none.
local FRESH <const> = settings.fresh
for _, law in ipairs(LAWS) do
  local x = law.sample(FRESH, settings.seed + 1000)
  local y = law.sample(FRESH, settings.seed + 2000)
  law.fresh, law.mixed = valid(law.rest(x)), valid(law.rest((x + y) / 2))
end
local corners = target.polygon_vertices{vertices = 12, radius = {0.8, 0.9}, spread = 0.2}:sample(FRESH, {seed = settings.seed})
local twelve = valid(LAWS[1].rest(target.rasterize(corners, {size = SIDE})))
local chance = valid(rest_of_dust(LAWS[2].sample(FRESH, settings.seed + 1000)))
print(("valid: fresh polygons %.3f, disks %.3f, dust %.3f; means of two %.3f, %.3f, %.3f; polygons of 12 vertices %.3f; "
  .. "fresh disks as dust %.3f"):format(LAWS[1].fresh, LAWS[2].fresh, LAWS[3].fresh, LAWS[1].mixed, LAWS[2].mixed,
  LAWS[3].mixed, twelve, chance))

-- Training

--- All seeds at one n, side by side: shares at each look.
local function runs_at(law, n)
  local sets, models, seeds = {}, {}, {}
  for k = 1, settings.seeds do
    seeds[k] = settings.seed + k - 1
    sets[k] = (2 * law.sample(n, seeds[k]) - 1):unsqueeze(2)
    models[k] = plane_unet.network{size = SIDE, width = settings.width, sde = process, data = sets[k], seed = seeds[k]}
  end
  local steps = settings.updates
  local fits = train.start(models, sets, {
    steps = steps, batch = settings.batch, seed = seeds, progress = false,
    optimizer = optim.adam{rate = function(step) return settings.rate * math.min(1, step / 20, 2 - 2 * step / steps) end},
    loss = loss.denoising{weight = "edm"}, time = draw.log_normal{mean = -0.4, std = 1.2},
    ema = optim.ema{half_life = 30, warm_up = 0.1}})
  local at, before = {n = n, looks = {}}, 0
  for place = 1, 4 do
    local updates = steps >> (4 - place)
    fits[1]:advance(updates - before)
    before = updates
    local seen = {updates = updates, valid = {}, novel = {}, exact = {}, memorized = {}}
    for k, fit in ipairs(fits) do
      local y = sample.heun(fit.ema_model, {count = settings.samples, seed = seeds[k], progress = false,
        times = schedule.karras(process, settings.levels)})
      local rows, known = y:reshape{#y, -1}, sets[k]:reshape{n, -1}
      local rest = law.rest(((y:squeeze(2) + 1) / 2):clamp(0, 1))
      local _, _, distances = metric.memorized_fraction(rows, known, {ratio = 1 / 3})
      local copied = (distances[{ {}, 1 }] * 3):less(distances[{ {}, 2 }])
      local new_rest = tensor.where(copied, math.huge, rest)
      seen.valid[k], seen.memorized[k] = valid(rest), share(copied)
      seen.novel[k], seen.exact[k] = valid(new_rest), valid(new_rest, settings.exact)
      at.picture = at.picture or {}
      at.picture[place] = k == 1 and y:squeeze(2)[{ {1, math.min(10, #y)} }] or at.picture[place]
    end
    at.looks[place] = seen
    local function median(name) return metric.quantiles(seen[name], {0.5})[1] end
    print(("%s, n = %d, %d updates: valid %.2f, novel %.2f, exact %.2f, memorized %.2f"):format(law.name, n, updates,
      median("valid"), median("novel"), median("exact"), median("memorized")))
  end
  at.best, at.best_exact = {}, {}
  for k = 1, settings.seeds do
    at.best[k], at.best_exact[k] = 0, 0
    for _, seen in ipairs(at.looks) do
      at.best[k], at.best_exact[k] = math.max(at.best[k], seen.novel[k]), math.max(at.best_exact[k], seen.exact[k])
    end
  end
  return at
end

for _, law in ipairs(LAWS) do
  law.runs = {}
  for place, n in ipairs(settings.ns) do law.runs[place] = runs_at(law, n) end
end

-- Claims

local list = claims.new{smoke = settings.smoke}
local function add(id, claim, expected, tolerance, values, note)
  local middle, low, high = metric.bootstrap(values, {seed = settings.seed})
  list:add{id = id, claim = claim, source = "derived", expected = expected, tolerance = tolerance, measured = middle,
    interval = {low, high}, seeds = settings.seeds, note = note}
end
local few, most = settings.ns[1], settings.ns[#settings.ns]
local shapes, round, dust = table.unpack(LAWS)
local top = shapes.runs[1]
for _, at in ipairs(shapes.runs) do
  if metric.quantiles(at.best, {0.5})[1] > metric.quantiles(top.best, {0.5})[1] then top = at end
end
add("46a", "polygons: share of novel samples, the best of all n and times", 0.2, "at most", top.best,
  ("n = %d; %.3f of polygons of 12 vertices pass as valid"):format(top.n, twelve))
add("46b", ("disks: share of novel samples of %d pictures, the best of all times"):format(most), 0.5, "at least",
  round.runs[#round.runs].best)
--- Of a law over disks at the most pictures, a seed at a time.
local function over_disks(law, name)
  local ratios = {}
  for k, value in ipairs(law.runs[#law.runs][name]) do ratios[k] = value / math.max(round.runs[#round.runs][name][k], 1e-9) end
  return ratios
end
add("46c", ("dust over disks: share of novel samples of %d pictures"):format(most), 0.5, "at most", over_disks(dust, "best"),
  ("%.3f of fresh disks are valid as dust"):format(chance))
local copied = shapes.runs[1].looks[4].memorized
for _, law in ipairs(LAWS) do
  local here = law.runs[1].looks[4].memorized
  if metric.quantiles(here, {0.5})[1] < metric.quantiles(copied, {0.5})[1] then copied = here end
end
add("46d", ("share of copies of %d pictures at the last look, the least of all laws"):format(few), 0.8, "at least", copied)

add("46e", ("polygons over disks: share of exact novel samples of %d pictures"):format(most), 0.5, "at most",
  over_disks(shapes, "best_exact"))

-- Figures

local COLORS <const> = {"blue", "orange", "green", "vermillion"}
local figure = plot.figure{size = {8, 4.6}}
local function draw_looks(row, column, law, name)
  figure:panel(row, column, {title = row == 1 and law.name or nil, x = row == 2 and "updates" or nil,
    y = column == 1 and name or nil, log = "x", y_limits = {-0.02, 1.02}, legend = column == 3 and "right" or "none"})
  for place, at in ipairs(law.runs) do
    local x, y = {}, {}
    for k, seen in ipairs(at.looks) do x[k], y[k] = seen.updates, metric.quantiles(seen[name], {0.5})[1] end
    figure:line(x, y, {color = COLORS[(place - 1) % #COLORS + 1], marker = "circle", label = ("n = %d"):format(at.n)})
  end
end
for column, law in ipairs(LAWS) do
  draw_looks(1, column, law, "novel")
  draw_looks(2, column, law, "memorized")
end
record:save_figure(figure, "polygons")
local rows = {}
for _, law in ipairs(LAWS) do rows[#rows + 1] = law.runs[#law.runs].picture[4] end
record:save_figure(plot.images(tensor.concatenate(rows, 1), {columns = #rows[1], range = {-1, 1},
  title = ("samples after %d updates on %d pictures: polygons, disks, dust"):format(settings.updates, most)}), "samples")
figure:show()
print(list)
local results = {}
for place, law in ipairs(LAWS) do
  for _, at in ipairs(law.runs) do at.picture = nil end
  results[place] = {name = law.name, fresh = law.fresh, mixed = law.mixed, runs = law.runs}
end
record:finish{results = {laws = results, twelve = twelve, chance = chance}, claims = list}
