-- question: Does a trained denoiser find that pictures lie on a surface of few dimensions, and how far is it from the
--           best denoiser there?
-- source:   Kadkhodaie, Guth, Simoncelli, Mallat, ICLR 2024 (arXiv 2310.02557), Figs. 5, 19, 20
-- run:      scripts/moondrift scripts/denoisers/low_dimensional.lua
-- time:     about two minutes on 2 cores
-- expect:   The Jacobian of the network at a noisy picture has about as many eigenvalues near 1 as the pictures have
--           dimensions: five for disks, one for a ray, two for sines. Behind them the best denoiser has zeros and the
--           network a tail, so that it gains less than 10 log10(pixels/dimensions) dB, which the exact denoiser does.
--
-- Definitions and thresholds, set before the first run. Counted are eigenvalues above 0.8 of the symmetric part, at
-- noise of 0.04 (disks, ray) and 0.08 (sines), the mean over pictures well inside of the law: disks whose contrast is
-- 0.3 or more, brightness of the ray from 0.4 to 1, amplitudes of the sines from 0.2 to 0.5. They agree within 1. The
-- next eigenvalue behind those of the disks' five is 0.2 or more, and the slope of the output's PSNR against the
-- input's from 20 to 40 dB, which is 1 for the best denoiser, 0.95 or less. The gain in PSNR at these noise levels is
-- at most that of a plane of as many dimensions; exact denoisers of the ray and the sines reach it within 0.2 dB. The
-- sines have the mean 0: a network without biases is homogeneous, so that the picture itself is among its eigenvectors
-- with eigenvalue 1, and of waves around a grey of 0.5 it counts three. Width, updates and rates were chosen in trials
-- with one seed by what is left of the noise.

local args = require "moondrift.args"
local claims = require "moondrift.claims"
local denoisers = require "moondrift.denoisers"
local run = require "moondrift.run"

local settings = args{
  seeds = 3,               -- networks for each law
  seed = 1,                -- of the first; the others count on
  size = 16,               -- of a side, in pixels
  count = 10000,           -- training pictures
  blocks = 2,              -- of the U-Net: how often it halves a picture
  width = 8,               -- channels at the size of the picture
  steps = 4000,            -- updates
  batch = 16,              -- pictures of an update
  rate = 1e-2,             -- of Adam
  halvings = 4,            -- of the rate, in equal parts of the updates
  loss = "blind",          -- as published; even: errors of weak noise count as well
  jacobians = 6,           -- noisy pictures at which the eigenvalues are taken, for each network
  rows = 512,              -- noisy pictures for the PSNR at each level
  checkpoints = "",        -- a folder from which a run that was stopped goes on
  smoke = {seeds = 1, size = 12, count = 16, width = 4, steps = 5, batch = 4, jacobians = 1, rows = 8, blocks = 1},
  long = {size = 32, width = 16, steps = 12000, blocks = 3},
  paper = {seeds = 1, size = 80, count = 100000, blocks = 3, width = 64, steps = 489000, batch = 512, rate = 1e-3,
    halvings = 10, jacobians = 1, checkpoints = "runs/low_dimensional.checkpoints"},
}
for _, name in ipairs{"seeds", "size", "count", "width", "steps", "batch", "jacobians", "rows"} do
  args.demand(settings[name] > 0, "--%s must be a positive integer, got %d", name, settings[name])
end
args.demand(settings.size >= 9, "--size must be 9 or more, got %d", settings.size)

local PSNR_IN = {0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40}
local SIGMAS = {}
for place, psnr in ipairs(PSNR_IN) do SIGMAS[place] = 10 ^ (-psnr / 20) end
local NEAR_ONE, CONTRAST = 0.8, 0.3
local EXACT_ROWS = settings.smoke and 64 or 8192

local record <close> = run.open(settings)
if settings.paper then
  denoisers.announce(settings, {trainings = 3 * settings.seeds, at_once = math.min(settings.seeds, 2),
    pictures = settings.seeds * settings.count, folder = record.folder})
end

-- The laws, and pictures well inside of them

local size = settings.size
local picture = target.c_alpha{alpha = 2, size = size}:sample(1, {seed = settings.seed})[1]
local LAWS = {
  {name = "disks", dimensions = 5, sigma = 0.04, law = target.disks{size = size, supersampling = 2},
    inside = function(count, seed)
      local drawn, some = target.disks{size = size, supersampling = 2}:sample(20 * count, {seed = seed}), {}
      for place = 1, #drawn do
        local one = drawn[place]
        if #some < count and (one:max() - one:min()):item() >= CONTRAST then some[#some + 1] = one end
      end
      return tensor.stack(some, 1)
    end},
  {name = "ray", dimensions = 1, sigma = 0.04, law = target.ray{image = picture}, is_exact = true,
    inside = function(count, seed)
      return target.ray{image = picture, brightness = {0.4, 1}}:sample(count, {seed = seed})
    end},
  {name = "sines", dimensions = 2, sigma = 0.08, law = target.sines{size = size, mean = 0}, is_exact = true,
    inside = function(count, seed)
      return target.sines{size = size, mean = 0, intensity = {0.2, 0.5}}:sample(count, {seed = seed})
    end},
}

-- Networks and what they do

local function train_on(of)
  local networks, sets, seeds = {}, {}, {}
  for k = 1, settings.seeds do
    seeds[k] = settings.seed + k - 1
    networks[k] = denoisers.unet(settings, seeds[k])
    sets[k] = of.law:sample(settings.count, {seed = seeds[k]}):unsqueeze(2)
  end
  return denoisers.train(networks, sets, settings, seeds, of.name)
end

--- Eigenvalues above 0.8 and the means of the leading ones, over noisy pictures.
local function spectra(model, of, seed)
  local clean = of.inside(settings.jacobians, random.derived_seed(seed, 1)):unsqueeze(2)
  local noisy = clean + of.sigma * random.stream(random.derived_seed(seed, 2)):normal(clean.shape)
  local found = {count = 0, values = {}, asymmetry = 0}
  for place = 1, settings.jacobians do
    local one = denoisers.spectrum(model, noisy[place])
    for k, value in ipairs(one.values) do
      if value > NEAR_ONE then found.count = found.count + 1 / settings.jacobians end
      found.values[k] = (found.values[k] or 0) + value / settings.jacobians
    end
    found.asymmetry = found.asymmetry + one.asymmetry / settings.jacobians
    found.vectors, found.noisy = found.vectors or one.vectors, found.noisy or noisy[{{place, place}}]
  end
  return found
end

--- Where a noise level is on the diffusion's times.
local function time_of(sigma)
  local least, most = denoisers.levels:sigma(0), denoisers.levels:sigma(1)
  return math.log(sigma / least) / math.log(most / least)
end

for _, of in ipairs(LAWS) do
  of.count, of.tail, of.gain, of.slope, of.curves = {}, {}, {}, {}, {}
  local held_out = of.law:sample(settings.rows, {seed = random.derived_seed(settings.seed, 3)}):unsqueeze(2)
  local levels = {of.sigma, table.unpack(SIGMAS)}
  for k, fit in ipairs(train_on(of)) do
    local found = spectra(fit.model, of, settings.seed + k - 1)
    local curve = denoisers.curve(fit.model, held_out, levels, {seed = settings.seed})
    of.count[k], of.tail[k] = found.count, found.values[of.dimensions + 1]
    of.gain[k] = curve.psnr_out[1] - curve.psnr_in[1]
    of.curves[k] = {table.unpack(curve.psnr_out, 2)}
    of.slope[k] = denoisers.slope({table.unpack(PSNR_IN, 6)}, {table.unpack(of.curves[k], 6)})
    of.spectrum = of.spectrum or found
  end
  if of.is_exact then
    local model = of.law:model(denoisers.levels)
    of.exact = denoisers.curve(function(y, sigma)
      return model:denoise(y:squeeze(2), time_of(sigma)):unsqueeze(2)
    end, held_out, levels, {seed = settings.seed, rows = EXACT_ROWS})
    of.exact_gain = of.exact.psnr_out[1] - of.exact.psnr_in[1]
  end
  of.most = 10 * math.log(size^2 / of.dimensions, 10)
  print(("%s: %s eigenvalues above 0.8, the next is %.2f; gain %.2f dB of %.2f at most"):format(of.name,
    args.literal(of.count), of.tail[1], of.gain[1], of.most))
end

-- Claims

local list = claims.new{smoke = settings.smoke}
local function add(id, text, expected, tolerance, values)
  local middle, low, high, missing = metric.bootstrap(values, {seed = settings.seed})
  list:add{id = id, claim = text, source = "published", expected = expected, tolerance = tolerance, measured = middle,
    interval = {low, high}, seeds = settings.seeds, diverged = missing}
end
for place, of in ipairs(LAWS) do
  add("18" .. ("abc"):sub(place, place), ("eigenvalues of the Jacobian above 0.8, %s"):format(of.name), of.dimensions, 1,
    of.count)
end
add("18d", "the sixth eigenvalue, disks (0 for the best denoiser)", 0.2, "at least", LAWS[1].tail)
add("18e", "slope of the PSNR from 20 to 40 dB, disks (1 for the best denoiser)", 0.95, "at most", LAWS[1].slope)
local ORDER = {2, 3, 1}
for place, index in ipairs(ORDER) do
  local of = LAWS[index]
  add("19" .. ("abc"):sub(place, place), ("gain in PSNR at noise of %g, dB, %s"):format(of.sigma, of.name), of.most,
    "at most", of.gain)
end
for place = 1, 2 do
  local of = LAWS[ORDER[place]]
  list:add{id = "19" .. ("de"):sub(place, place), source = "derived", expected = of.most, tolerance = 0.2,
    claim = ("the same of the exact denoiser, %s"):format(of.name), measured = of.exact_gain}
end

-- Figures

local COLORS = {"blue", "vermillion", "green"}
local SHOWN = math.min(24, size^2)
local figure = plot.figure{size = {7.2, 2.7}}
figure:panel(1, 1, {x = "k", y = "eigenvalue", legend = "top_right"})
for place, of in ipairs(LAWS) do
  figure:line({table.unpack(of.spectrum.values, 1, SHOWN)}, {color = COLORS[place], marker = "circle", marker_size = 2.5,
    label = ("%s, %d"):format(of.name, of.dimensions)})
end
figure:reference{y = NEAR_ONE, style = "dotted"}
figure:panel(1, 2, {x = "PSNR of the noisy picture, dB", y = "PSNR of the denoised one, dB", legend = "top_left"})
for place, of in ipairs(LAWS) do
  local best = {}
  for k, psnr in ipairs(PSNR_IN) do best[k] = psnr + of.most end
  figure:line(PSNR_IN, of.curves[1], {color = COLORS[place], marker = "circle", marker_size = 2.5, label = of.name})
  figure:line(PSNR_IN, best, {color = COLORS[place], style = "dashed"})
end
record:save_figure(figure, "low_dimensional")

--- The noisy picture and leading eigenvectors of each law.
local VECTORS = math.min(8, size^2)
local shown, captions = {}, {}
for _, of in ipairs(LAWS) do
  local noisy = of.spectrum.noisy:reshape{1, size, size}:to("float64") - 0.5
  shown[#shown + 1] = noisy / noisy:abs():max()
  captions[#captions + 1] = of.name
  local vectors, values = denoisers.eigenvectors(of.spectrum, VECTORS)
  shown[#shown + 1] = vectors
  table.move(values, 1, VECTORS, #captions + 1, captions)
end
record:save_figure(plot.images(tensor.concatenate(shown, 1), {
  columns = VECTORS + 1, range = {-1, 1}, map = "diverging", captions = captions}), "eigenvectors")

figure:show()
print(list)
local results = {}
for place, of in ipairs(LAWS) do
  results[place] = {name = of.name, count = of.count, tail = of.tail, gain = of.gain, slope = of.slope,
    psnr_out = of.curves, exact = of.exact, most = of.most, eigenvalues = of.spectrum.values,
    asymmetry = of.spectrum.asymmetry}
end
record:finish{results = {psnr_in = PSNR_IN, laws = results}, claims = list}
