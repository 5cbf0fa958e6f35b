-- question: Is what a small convolutional network draws foretold, picture by picture, by the best score that is local and
--           equivariant, better than by the score that knows its training set without limits?
-- source:   Kamb and Ganguli, "An analytic theory of creativity in convolutional diffusion models", ICML 2025
--           (arXiv 2412.20292), §5, Table 2
-- run:      scripts/moondrift scripts/denoisers/local_scores.lua
-- time:     about five minutes on 2 cores
-- expect:   From the same noise the network and the equivariant local machine draw pictures that agree in most pixels, r²
--           0.85 or more in the median; with the ideal machine, which copies, they agree less. The patch that fits the
--           network's score best shrinks as the noise falls.
--
-- Definitions, set before the first run; r² of 0.85 and more with the equivariant local machine, and more than with the
-- ideal one, would reproduce Table 2. r² is the squared correlation of the pixels of two pictures. At each of the
-- sampler's times the width of the patch is the odd number from 3 to 13 whose score has the largest mean cosine with the
-- network's, on noised training pictures that the comparison does not use. Published for MNIST and a network without pooling:
-- .94, with 60,000 pictures of 32×32 and 300 epochs; here 200 of 14×14. Changed after a first run, in which the network
-- predicted the noise: where there is next to no signal its error is divided by that, and pictures came out white, r² 0.05.

local args = require "moondrift.args"
local claims = require "moondrift.claims"
local run = require "moondrift.run"

local settings = args{
  pictures = 200,     -- training digits, halved to 14×14
  seeds = 3,          -- networks, each with noise of its own
  seed = 1,           -- of the first
  steps = 1500,       -- updates
  batch = 32,
  rate = 1e-3,        -- of AdamW; falls to 0
  width = 48,         -- channels of the network
  samples = 16,       -- from each network and each machine, of the same starts
  sampler_steps = 20, -- of DDIM
  fitted = 8,         -- noised pictures by which the patch is chosen
  smoke = {pictures = 8, seeds = 1, steps = 4, batch = 4, width = 8, samples = 2, sampler_steps = 3, fitted = 2},
  long = {pictures = 2000, seeds = 5, steps = 20000, width = 96, samples = 100},
}
for _, name in ipairs{"pictures", "seeds", "steps", "batch", "width", "samples", "sampler_steps", "fitted"} do
  args.demand(settings[name] > 0, "--%s must be a positive integer, got %d", name, settings[name])
end
args.demand(settings.pictures <= 4000, "--pictures must be at most 4000, got %d", settings.pictures)
local record <close> = run.open(settings)

local SIDE = 14
local x = nn.average_pool2d{2}(data.mnist{count = settings.pictures, scale = {-1, 1}}:unsqueeze(2))  -- [n, 1, 14, 14]
local process = sde.vp_cosine{}
local times = schedule.uniform(process, settings.sampler_steps)
local WIDTHS = {3, 5, 7, 9, 11, 13}

local function machine(kind, patch)
  return nn.score_machine{data = x, kind = kind, patch = patch, border = "zero", sde = process}
end
local ideal = nn.score_machine{data = x, kind = "ideal", sde = process}
local of_width = {}
for place, width in ipairs(WIDTHS) do of_width[place] = machine("equivariant_local", width) end

local function flat(y) return y:to("float64"):reshape{#y, SIDE * SIDE} end
local function cosine(a, b)
  a, b = flat(a), flat(b)
  return ((a * b):sum(2) / ((a^2):sum(2) * (b^2):sum(2)):sqrt()):mean():item()
end
--- r² of the pixels, of each pair of pictures.
local function agreement(a, b)
  a, b = flat(a), flat(b)
  a, b = a - a:mean(2):unsqueeze(2), b - b:mean(2):unsqueeze(2)
  return ((a * b):sum(2)^2 / ((a^2):sum(2) * (b^2):sum(2))):table()
end

--- The width of the patch at each of the sampler's times, largest time first.
local function widths_of(model, seed)
  local stream, chosen = random.stream(seed), {}
  local clean = x[{{1, math.min(settings.fitted, #x)}}]
  for place, t in ipairs(times:table()) do
    if t > 0 then
      local noised = process:alpha(t) * clean + process:sigma(t) * stream:normal(clean.shape)
      local score, best = model:noise(noised, t), -math.huge
      for k, width in ipairs(WIDTHS) do
        local fit = cosine(score, of_width[k]:noise(noised, t))
        if fit > best then best, chosen[place] = fit, width end
      end
    end
  end
  return chosen
end

--- The fitted width at the time nearest to t.
local function patch_of(chosen)
  local list = times:table()
  return function(t)
    local nearest, distance = WIDTHS[1], math.huge
    for place, width in ipairs(chosen) do
      if math.abs(list[place] - t) < distance then nearest, distance = width, math.abs(list[place] - t) end
    end
    return nearest
  end
end

local KINDS = {"equivariant_local", "local", "ideal"}
local found = {r2 = {}, widths = {}, f_mem = {}, gain = {}}
for _, kind in ipairs(KINDS) do found.r2[kind] = {} end
local gallery
for k = 1, settings.seeds do
  local seed = settings.seed + k - 1
  local net = nn.local_cnn{shape = {1, SIDE, SIDE}, width = settings.width, sde = process, predicts = "v",
    seed = seed}
  local fit = train(net, x, {steps = settings.steps, batch = settings.batch, seed = seed,
    optimizer = optim.adamw{rate = function(step) return settings.rate * (1 - step / settings.steps) end},
    log_every = math.max(1, settings.steps // 50)})
  local model = fit.model
  local start = random.stream(seed + 500):normal{settings.samples, 1, SIDE, SIDE}
  local function draw(of)
    return sample.ddim(of, {start = start, times = times, progress = false}):reshape{settings.samples, SIDE, SIDE}
  end
  found.widths[k] = widths_of(model, seed + 900)
  local patch = patch_of(found.widths[k])
  local drawn = {network = draw(model), ideal = draw(ideal), ["local"] = draw(machine("local", patch)),
    equivariant_local = draw(machine("equivariant_local", patch))}
  for _, kind in ipairs(KINDS) do
    found.r2[kind][k] = agreement(drawn.network, drawn[kind])
  end
  found.f_mem[k] = metric.memorized_fraction(flat(drawn.network), flat(x))
  if k == 1 then
    local shown = math.min(10, settings.samples)
    local rows = {}
    for place, name in ipairs{"network", "equivariant_local", "local", "ideal"} do rows[place] = drawn[name][{{1, shown}}] end
    gallery = plot.images(tensor.concatenate(rows, 1), {columns = shown, range = {-1, 1},
      title = "network, equivariant local, local and ideal machine, from the same noise"})
  end
  print(("seed %d: patches %s; copies %.2f"):format(seed, table.concat(found.widths[k], " "), found.f_mem[k]))
end

-- Claims, of the medians of each network's pairs

local list = claims.new{smoke = settings.smoke}
local medians = {}
local function add(id, text, expected, name, values)
  local middle, low, high = metric.bootstrap(values, {seed = settings.seed})
  medians[name] = {middle, low, high}
  print(("%s: %.3f [%.3f, %.3f]"):format(text, middle, low, high))
  if not id then return end
  list:add{id = id, claim = text, source = "published", expected = expected, tolerance = "at least", measured = middle,
    interval = {low, high}, seeds = settings.seeds}
end
local function median(values) return (metric.bootstrap(values, {seed = settings.seed})) end
local TITLE = "median r² of pictures of the network and of the %s machine"
local IDS = {equivariant_local = "30a"}
for _, kind in ipairs(KINDS) do
  local of_seeds = {}
  for k, values in ipairs(found.r2[kind]) do of_seeds[k] = median(values) end
  add(IDS[kind], TITLE:format((kind:gsub("_", " "))), 0.85, kind, of_seeds)
end
for k, values in ipairs(found.r2.equivariant_local) do
  local gains = {}
  for place, value in ipairs(values) do gains[place] = value - found.r2.ideal[k][place] end
  found.gain[k] = median(gains)
end
add("30b", "median of r² with the equivariant local machine less that with the ideal one", 0, "gain", found.gain)
print(list)

local figure = plot.figure{size = {6.8, 2.7}}
figure:panel(1, 1, {x = "r² with the network", y = "samples", x_limits = {0, 1}, legend = "top_left"})
for _, kind in ipairs(KINDS) do
  local all = {}
  for _, values in ipairs(found.r2[kind]) do table.move(values, 1, #values, #all + 1, all) end
  figure:histogram(all, {bins = 20, range = {0, 1}, label = (kind:gsub("_", " "))})
end
figure:panel(1, 2, {x = "t", y = "width of the patch"})
local at = times:table()
for k, widths in ipairs(found.widths) do
  local ts = {}
  for place in ipairs(widths) do ts[place] = at[place] end
  figure:line(ts, widths, {label = ("seed %d"):format(settings.seed + k - 1)})
end
record:save_figure(figure, "local_scores")
record:save_figure(gallery, "pictures")
gallery:show()
record:finish{results = {r2 = found.r2, medians = medians, widths = found.widths, f_mem = found.f_mem, gain = found.gain},
  claims = list}
