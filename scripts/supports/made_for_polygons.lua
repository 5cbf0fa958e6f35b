-- question: Do models made for polygons learn them where a generic network does not, by the same training?
-- source:   research plan of this project, fourth experiment; the equivariant machine: Kamb, Ganguli 2025
--           (arXiv 2412.20292), Thm B.2
-- run:      scripts/moondrift scripts/supports/made_for_polygons.lua
-- time:     about seven minutes on 2 cores; --long about an hour on one, half of it for all shifts of 1,024 pictures
-- expect:   From 16 pentagons a network of vertices draws new ones nearly every time; the equivariant machine draws the same
--           ones at other places; a generic network of pictures copies, and from 256 draws polygons that are not quite the law's.
--
-- Definitions and thresholds, set before the run. The law: pentagons whose vertices lie on a circle, at angles between 0.54 and
-- 1.86 times one another; 12×12 pixels of 4×4 points. Three models learn from the same n pentagons:
-- - vertices: moondrift.vertex_net, which sees the vertices; rotations, reflections and the first vertex change nothing for it;
-- - shifts: the exact model of all translates of the pictures around their edges (nn.score_machine, equivariant), untrained;
-- - generic: the U-Net of supports/polygons.lua, which sees the pictures.
-- Vertices and generic train by the same loss, rule and sampler. What they draw is judged as a picture, moved around its edges
-- until its mass is in the middle: valid where the pentagon fitted to it leaves at most `tolerance` (root mean square), has
-- five vertices, whose distances to the centre of the best circle deviate by at most `round` of their mean, and whose angles
-- are at most `angles` times one another. Memorized: the nearest training picture, moved likewise, is three times as near as
-- the next. Novel: valid and not memorized. Each share is the median over seeds at the last update.
-- Expected: vertices: novel at least 0.8 from the fewest; shifts: valid at least 0.8, novel at most 0.1; generic: novel at
-- most half of that of vertices, at the fewest and at the most pentagons. The test tells such pentagons from others: at least
-- 0.95 of fresh ones pass, at most 0.3 of those whose vertices are up to 20 % inside of the circle.
-- Chosen in a trial with one seed: the updates of vertices, after 500 of which all its samples of any pentagons were polygons,
-- which is why the law has more to it than five vertices. Those of generic are what supports/polygons.lua needs to copy few.

local args = require "moondrift.args"
local claims = require "moondrift.claims"
local plane_unet = require "moondrift.plane_unet"
local run = require "moondrift.run"
local vertex_net = require "moondrift.vertex_net"

local settings = args{
  ns = {16, 256},       -- training pentagons
  seeds = 3,            -- training sets and networks of each
  seed = 1,             -- of the first; the others count on
  size = 12,            -- of the pictures, a multiple of 4
  updates = 1000,       -- of the network of vertices
  generic = 3000,       -- updates of the generic network
  batch = 16,           -- pictures of an update of the generic network; of vertices 64
  rate = 2e-3,          -- of Adam; falls to 0 over the second half
  width = 16,           -- of the generic network
  samples = 200,        -- of each model
  levels = 18,          -- of Heun's sampler
  tolerance = 0.06,     -- of what is left by the fit
  round = 0.04,         -- of the distances to the centre
  angles = 2.2,         -- ratio of the largest to the least
  fresh = 500,          -- pictures of each seed for what passes as valid
  smoke = {ns = {4}, seeds = 1, updates = 8, generic = 8, batch = 4, width = 8, samples = 6, levels = 3, fresh = 20},
  long = {ns = {16, 128, 1024}, size = 16, updates = 2000, generic = 4000},
}
for _, name in ipairs{"seeds", "batch", "levels", "updates", "generic", "fresh"} do
  args.demand(settings[name] > 0, "--%s must be a positive integer, got %d", name, settings[name])
end
args.demand(settings.samples > 1, "--samples must be 2 or more, got %d", settings.samples)
args.demand(settings.size >= 12 and settings.size % 4 == 0, "--size must be a multiple of 4 from 12 on, got %d", settings.size)
args.demand(settings.width > 0 and settings.width % 8 == 0, "--width must be a multiple of 8, got %d", settings.width)
for _, n in ipairs(settings.ns) do args.demand(n > 1, "--ns must be 2 or more each, got %d", n) end

local record <close> = run.open(settings)
local SIDE <const>, V <const> = settings.size, 5
local LAW <const> = {vertices = V, spread = 0, radius = {0.6, 0.9}}
local corners = target.polygon_vertices(LAW)
local function pictures(vertices) return target.rasterize(vertices, {size = SIDE}) end

-- Validity

local angle_of_place = (tensor.arange(0, SIDE - 1):to("float64") + 0.5) * (2 * math.pi / SIDE)

--- Where the mass of each picture is along an axis that is a circle.
local function middle(mass)
  local along = mass:to("float64")
  return tensor.atan2((along * angle_of_place:sin()):sum(2), (along * angle_of_place:cos()):sum(2)):table()
end

--- Each picture moved around its edges by whole pixels until its mass is in the middle.
local function centred(x)
  local rows, columns, moved = middle(x:sum(3)), middle(x:sum(2)), {}
  for k = 1, #x do
    local function places(angle)
      return math.floor(SIDE / 2 - (angle == angle and angle % (2 * math.pi) or math.pi) * SIDE / (2 * math.pi) + 0.5)
    end
    moved[k] = x[k]:roll(places(rows[k]), 1):roll(places(columns[k]), 2)
  end
  return tensor.stack(moved, 1)
end

--- Which pictures, in the middle, are of the law.
local function is_valid(x)
  local vertices, rest, count = target.fit_polygons(x, {vertices = V})
  local p = vertices:to("float64")
  p = tensor.where(p:is_nan(), 0, p)
  -- The circle |p|² = 2 c·p + k of least squares (Kåsa 1976).
  local a = tensor.concatenate({2 * p, tensor.ones({#p, V, 1}, {dtype = "float64"})}, 3)
  local at = a:permute{1, 3, 2}
  local circle = linalg.solve(at:matmul(a) + 1e-9 * tensor.eye(3, {dtype = "float64"}),
    at:matmul((p * p):sum(3):unsqueeze(3))):squeeze(3)
  local off = p - circle[{ {}, {1, 2} }]:unsqueeze(2)
  local distances = (off * off):sum(3):sqrt()
  local angle = tensor.atan2(off[{ {}, {}, 1 }], off[{ {}, {}, 2 }]):sort(2)
  local gaps = tensor.concatenate({angle[{ {}, {2, V} }], angle[{ {}, {1, 1} }] + 2 * math.pi}, 2) - angle
  local passed = rest:less_equal(settings.tolerance):to("float32") * count:equal(V):to("float32")
  passed = passed * distances:std(2):less_equal(settings.round * distances:mean(2)):to("float32")
  return passed * gaps:max(2):less_equal(settings.angles * gaps:min(2)):to("float32")
end

local function share(marks) return marks:to("float32"):mean():item() end
--- Shares of fresh pictures of another law that pass as valid, one of each seed.
local function fresh_shares(options)
  local of, shares = {}, {}
  for name, value in pairs(LAW) do of[name] = value end
  for name, value in pairs(options) do of[name] = value end
  for k = 1, settings.seeds do
    local vertices = target.polygon_vertices(of):sample(settings.fresh, {seed = settings.seed + 1000 * k})
    shares[k] = share(is_valid(centred(pictures(vertices))))
  end
  return shares
end
local controls = {
  {"fresh pentagons", fresh_shares{}}, {"vertices up to 20 % inside", fresh_shares{spread = 0.2}},
  {"vertices up to 40 % inside", fresh_shares{spread = 0.4}}, {"four vertices", fresh_shares{vertices = 4}},
  {"six vertices", fresh_shares{vertices = 6}},
}
for _, control in ipairs(controls) do
  print(("pass as valid: %s %.3f"):format(control[1], metric.quantiles(control[2], {0.5})[1]))
end

-- Models

local function trained(models, sets, steps, batch, noises, seeds, draw_levels)
  local fits = train.start(models, sets, {
    steps = steps, batch = batch, noises = noises, seed = seeds, progress = false,
    optimizer = optim.adam{rate = function(step) return settings.rate * math.min(1, step / 20, 2 - 2 * step / steps) end},
    loss = loss.denoising{weight = "edm"}, time = draw_levels, ema = optim.ema{half_life = 30, warm_up = 0.1}})
  fits[1]:advance(steps)
  local averages = {}
  for k, fit in ipairs(fits) do averages[k] = fit.ema_model end
  return averages
end
local function drawn(model, process, seed)
  return sample.heun(model, {count = settings.samples, seed = seed, progress = false,
    times = schedule.karras(process, settings.levels)})
end

-- Vertices have a deviation of about a half, pictures in [-1, 1] of about one.
local of_vertices, of_pictures = sde.edm{sigma_min = 0.005, sigma_max = 10}, sde.edm{sigma_min = 0.02, sigma_max = 20}

--- Pictures, from 0 to 1, that each model draws after learning from n pentagons, a list over seeds.
local MODELS <const> = {"vertices", "shifts", "generic"}
local draws = {
  vertices = function(n, sets, seeds)
    local models = {}
    for k, x in ipairs(sets) do models[k] = vertex_net.network{vertices = V, sde = of_vertices, data = x, seed = seeds[k]} end
    local batch = math.min(n, 64)
    models = trained(models, sets, settings.updates, batch, math.max(1, 64 // batch), seeds,
      draw.log_normal{mean = -1.5, std = 1.2})
    local found = {}
    for k, model in ipairs(models) do found[k] = pictures(drawn(model, of_vertices, seeds[k]):clamp(-4, 4)) end
    return found
  end,
  shifts = function(_, sets, seeds)
    local found = {}
    for k, x in ipairs(sets) do
      local model = nn.score_machine{data = 2 * pictures(x) - 1, sde = of_pictures, kind = "equivariant"}
      found[k] = (drawn(model, of_pictures, seeds[k]) + 1) / 2
    end
    return found
  end,
  generic = function(n, sets, seeds)
    local models, shown = {}, {}
    for k, x in ipairs(sets) do
      shown[k] = (2 * pictures(x) - 1):unsqueeze(2)
      models[k] = plane_unet.network{size = SIDE, width = settings.width, sde = of_pictures, data = shown[k], seed = seeds[k]}
    end
    models = trained(models, shown, settings.generic, math.min(n, settings.batch), 1, seeds,
      draw.log_normal{mean = -0.4, std = 1.2})
    local found = {}
    for k, model in ipairs(models) do found[k] = (drawn(model, of_pictures, seeds[k]):squeeze(2) + 1) / 2 end
    return found
  end,
}

local results, galleries = {}, {}
for _, n in ipairs(settings.ns) do
  local sets, seeds = {}, {}
  for k = 1, settings.seeds do
    seeds[k] = settings.seed + k - 1
    sets[k] = corners:sample(n, {seed = seeds[k]})
  end
  for _, name in ipairs(MODELS) do
    local here = {model = name, n = n, valid = {}, novel = {}, memorized = {}}
    for k, y in ipairs(draws[name](n, sets, seeds)) do
      local x = centred(y:clamp(0, 1))
      local known = centred(pictures(sets[k]))
      local _, _, distances = metric.memorized_fraction(x:reshape{#x, -1}, known:reshape{n, -1}, {ratio = 1 / 3})
      local copied = (distances[{ {}, 1 }] * 3):less(distances[{ {}, 2 }]):to("float32")
      local valid = is_valid(x)
      here.valid[k], here.memorized[k], here.novel[k] = share(valid), share(copied), share(valid * (1 - copied))
      if k == 1 and n == settings.ns[1] then galleries[#galleries + 1] = y:clamp(0, 1)[{ {1, math.min(10, #y)} }] end
    end
    results[#results + 1] = here
    local function median(what) return metric.quantiles(here[what], {0.5})[1] end
    print(("%s, n = %d: valid %.2f, novel %.2f, memorized %.2f"):format(name, n, median("valid"), median("novel"),
      median("memorized")))
  end
end

-- Claims

local function of(name, n, what)
  for _, here in ipairs(results) do
    if here.model == name and here.n == n then return here[what] end
  end
end
local list = claims.new{smoke = settings.smoke}
local function add(id, claim, expected, tolerance, values, note)
  local middle_value, low, high = metric.bootstrap(values, {seed = settings.seed})
  list:add{id = id, claim = claim, source = "derived", expected = expected, tolerance = tolerance, measured = middle_value,
    interval = {low, high}, seeds = settings.seeds, note = note}
end
local few, most = settings.ns[1], settings.ns[#settings.ns]
add("48a", ("from %d pentagons, by their vertices: share of novel samples"):format(few), 0.8, "at least",
  of("vertices", few, "novel"))
add("48b", ("from %d pentagons, all their shifts: share of valid samples"):format(few), 0.8, "at least",
  of("shifts", few, "valid"))
add("48c", ("from %d pentagons, all their shifts: share of novel ones, where shifts are the same"):format(few), 0.1, "at most",
  of("shifts", few, "novel"))
for place, n in ipairs{few, most} do
  local ratios = {}
  for k, value in ipairs(of("generic", n, "novel")) do ratios[k] = value / math.max(of("vertices", n, "novel")[k], 1e-9) end
  add(place == 1 and "48d" or "48e", ("from %d pentagons: novel samples, generic over vertices"):format(n), 0.5, "at most", ratios)
end
add("48f", "fresh pentagons that pass as valid", 0.95, "at least", controls[1][2])
add("48g", "pentagons with vertices up to 20 % inside that pass", 0.3, "at most", controls[2][2])

-- Figure

local shown = plot.images(tensor.concatenate(galleries, 1), {columns = #galleries[1], range = {0, 1},
  title = ("samples of models of %d pentagons: by vertices, by shifts, generic"):format(few)})
record:save_figure(shown, "made_for_polygons")
shown:show()
print(list)
print("the network of vertices saw vertices; the machine of shifts and the generic network saw pictures")
record:finish{results = {models = results, controls = controls}, claims = list}
