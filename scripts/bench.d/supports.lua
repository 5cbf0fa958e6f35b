-- Of scripts/supports: `raster` is the processor seconds of 5,000 polygons at 16×16 pixels of 4×4 points, `trainings` the
-- trainings per second of supports/training_set_search.lua, 16 sets of eight dots side by side, 200 updates each.
local ROUNDS <const> = 5

local vertices = target.polygon_vertices{}:sample(5000, {seed = 1})
target.rasterize(vertices, {size = 16})
local seconds = {}
for round = 1, ROUNDS do
  local start = os.clock()
  target.rasterize(vertices, {size = 16})
  seconds[round] = os.clock() - start
end
print("raster", metric.quantiles(seconds, {0.5})[1])

local SETS <const>, UPDATES <const> = 16, 200
local law, process = target.dots{size = 8, amplitude = 8}, sde.vp()
local dots = law:enumerate()

local function start(round)
  local models, sets, seeds = {}, {}, {}
  for k = 1, SETS do
    seeds[k] = round
    models[k] = nn.local_cnn{shape = {1, 8, 8}, width = 8, layers = 1, sde = process, predicts = "clean", seed = round}
    local set = random.stream(round * SETS + k):choice(8, #dots, {replace = false})
    sets[k] = dots[set]:unsqueeze(2)
  end
  return train.start(models, sets, {batch = 8, noises = 2, optimizer = optim.adam{rate = 4e-3}, seed = seeds, progress = false})
end

local rates = {}
for round = 1, ROUNDS do
  local before = moondrift.seconds()
  start(round)[1]:advance(UPDATES)
  rates[round] = SETS / (moondrift.seconds() - before)
end
print("trainings", metric.quantiles(rates, {0.5})[1])
