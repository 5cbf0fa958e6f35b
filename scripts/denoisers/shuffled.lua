-- question: Does a convolutional denoiser lose where the pixels of all pictures are permuted alike, which leaves the
--           best denoiser as good as it was, and does a fully connected one?
-- source:   Kadkhodaie, Guth, Simoncelli, Mallat, ICLR 2024 (arXiv 2310.02557), Fig. 21
-- run:      scripts/moondrift scripts/denoisers/shuffled.lua
-- time:     about three minutes on 2 cores
-- expect:   The U-Net loses decibels on shuffled pictures, the fully connected network loses nothing.
--
-- Definitions and thresholds, set before the first run. PSNR on held-out pictures at noise of 0.3, as published. The
-- U-Net loses 1 dB or more, and the slope of its output's PSNR against the input's from 5 to 25 dB is lower; the fully
-- connected network loses 0 within 0.3 dB. The same permutation serves all pictures of a seed. Width, updates and
-- rates were chosen in trials with one seed by what is left of the noise.

local args = require "moondrift.args"
local claims = require "moondrift.claims"
local denoisers = require "moondrift.denoisers"
local run = require "moondrift.run"

local settings = args{
  seeds = 3,               -- permutations and networks
  seed = 1,                -- of the first; the others count on
  size = 16,               -- of a side, in pixels
  alpha = 2.0,             -- regularity of the pictures, which are C^alpha
  pictures = "",           -- a folder of pictures in their place: the first of it, and as many held out
  count = 10000,           -- training pictures
  blocks = 2,              -- of the U-Net: how often it halves a picture
  width = 8,               -- channels at the size of the picture
  hidden = 512,            -- units of the fully connected network
  steps = 4000,            -- updates
  batch = 16,              -- pictures of an update
  rate = 1e-2,             -- of Adam
  halvings = 4,            -- of the rate, in equal parts of the updates
  loss = "blind",          -- as published; even: errors of weak noise count as well
  hidden_rate = 1e-3,      -- the same for the fully connected network
  rows = 512,              -- noisy pictures for the PSNR at each level
  checkpoints = "",        -- a folder from which a run that was stopped goes on
  smoke = {seeds = 1, size = 8, count = 16, width = 4, hidden = 16, steps = 5, batch = 4, rows = 8, blocks = 1},
  long = {size = 32, width = 16, steps = 20000, blocks = 3, hidden = 1024},
  paper = {seeds = 1, size = 80, count = 100000, blocks = 3, width = 64, hidden = 4096, steps = 489000, batch = 512,
    rate = 1e-3, halvings = 10, hidden_rate = 1e-4, checkpoints = "runs/shuffled.checkpoints"},
}
for _, name in ipairs{"seeds", "size", "count", "width", "hidden", "steps", "batch", "rows"} do
  args.demand(settings[name] > 0, "--%s must be a positive integer, got %d", name, settings[name])
end

local PUBLISHED_SIGMA = 0.3
local PSNR_IN = {0, 5, 10, 15, 20, 25, 30}
local SIGMAS = {PUBLISHED_SIGMA}
for place, psnr in ipairs(PSNR_IN) do SIGMAS[place + 1] = 10 ^ (-psnr / 20) end

local record <close> = run.open(settings)
if settings.paper then
  denoisers.announce(settings, {trainings = 4 * settings.seeds, at_once = 2,
    pictures = 2 * settings.seeds * settings.count, folder = record.folder})
end
local size = settings.size
local law = settings.pictures ~= "" and settings.pictures or target.c_alpha{alpha = settings.alpha, size = size}

-- Pictures and networks

local function shuffled(x, seed) return data.shuffled_pixels(x:squeeze(2), {seed = seed}):unsqueeze(2) end

local function fully_connected(seed)
  return nn.residual_mlp{shape = {1, size, size}, width = settings.hidden, blocks = 2, predicts = "residual",
    sde = denoisers.levels, seed = seed}
end

local NETWORKS = {
  {name = "U-Net", make = function(seed) return denoisers.unet(settings, seed) end, rate = settings.rate},
  {name = "fully connected", make = fully_connected, rate = settings.hidden_rate},
}

local function curve_of(fit, x)
  local found = denoisers.curve(fit.model, x, SIGMAS, {seed = settings.seed}).psnr_out
  return {at = found[1], curve = {table.unpack(found, 2)},
    slope = denoisers.slope({table.unpack(PSNR_IN, 2, 6)}, {table.unpack(found, 3, 7)})}
end

for _, of in ipairs(NETWORKS) do
  of.plain, of.shuffled, of.loss, of.slope_loss = {}, {}, {}, {}
  for k = 1, settings.seeds do
    local seed = settings.seed + k - 1
    local x = denoisers.pictures(law, size, settings.count, {seed = seed})
    local held_out = denoisers.pictures(law, size, math.min(settings.rows, settings.count),
      {seed = random.derived_seed(seed, 1), last = true})
    local own = setmetatable({rate = of.rate, checkpoints = settings.checkpoints}, {__index = settings})
    local fits = denoisers.train({of.make(seed), of.make(seed)}, {x, shuffled(x, seed)}, own, {seed, seed},
      ("%s-seed%d"):format(of.name:gsub(" ", "_"), seed))
    of.plain[k], of.shuffled[k] = curve_of(fits[1], held_out), curve_of(fits[2], shuffled(held_out, seed))
    of.loss[k] = of.plain[k].at - of.shuffled[k].at
    of.slope_loss[k] = of.plain[k].slope - of.shuffled[k].slope
    of.held_out = of.held_out or {held_out, shuffled(held_out, seed)}
    of.models = of.models or {fits[1].model, fits[2].model}
    print(("%s, seed %d: PSNR %.2f dB, shuffled %.2f"):format(of.name, seed, of.plain[k].at, of.shuffled[k].at))
  end
end

-- Claims

local list = claims.new{smoke = settings.smoke}
local function add(id, text, source, expected, tolerance, values)
  local middle, low, high, missing = metric.bootstrap(values, {seed = settings.seed})
  list:add{id = id, claim = text, source = source, expected = expected, tolerance = tolerance, measured = middle,
    interval = {low, high}, seeds = settings.seeds, diverged = missing}
end
local LOSS = "PSNR on pictures over that on shuffled ones at noise of 0.3, dB, %s"
add("20a", LOSS:format(NETWORKS[1].name), "published", 1, "at least", NETWORKS[1].loss)
add("20b", "slope of the PSNR on pictures less that on shuffled ones, U-Net", "published", 0, "at least",
  NETWORKS[1].slope_loss)
add("20c", LOSS:format(NETWORKS[2].name), "derived", 0, 0.3, NETWORKS[2].loss)

-- Figures

local figure = plot.figure{x = "PSNR of the noisy picture, dB", y = "PSNR of the denoised one, dB", legend = "top_left",
  size = {4.2, 3}}
for place, of in ipairs(NETWORKS) do
  local color = place == 1 and "vermillion" or "blue"
  figure:line(PSNR_IN, of.plain[1].curve, {color = color, marker = "circle", label = of.name})
  figure:line(PSNR_IN, of.shuffled[1].curve, {color = color, marker = "circle", style = "dashed",
    label = of.name .. ", shuffled"})
end
record:save_figure(figure, "shuffled")

--- Clean, noisy and denoised pictures, those of shuffled ones with their pixels put back.
local unshuffle = function(x) return data.shuffled_pixels(x, {seed = settings.seed, inverse = true}) end
local rows, captions = {}, {}
for _, of in ipairs(NETWORKS) do
  for which = 1, 2 do
    local clean = of.held_out[which][{{1, 1}}]
    local noisy = clean + PUBLISHED_SIGMA * random.stream(settings.seed):normal(clean.shape)
    for place, one in ipairs{clean, noisy, of.models[which]:denoise(noisy)} do
      rows[#rows + 1] = which == 1 and one:squeeze(2) or unshuffle(one:squeeze(2))
      captions[#captions + 1] = ({"clean", "noisy", of.name})[place]
    end
  end
end
record:save_figure(plot.images(tensor.concatenate(rows, 1):clamp(0, 1), {columns = 6, range = {0, 1},
  captions = captions}), "denoised")

figure:show()
print(list)
local results = {}
for place, of in ipairs(NETWORKS) do
  results[place] = {name = of.name, plain = of.plain, shuffled = of.shuffled, loss = of.loss, slope_loss = of.slope_loss}
end
record:finish{results = {psnr_in = PSNR_IN, networks = results}, claims = list}
