-- moondrift.denoisers: what is measured against closed forms, and training that goes on where it was stopped.
local check = require "check"
local denoisers = require "moondrift.denoisers"

--- A linear denoiser y − F(y) of pictures [1, side, side].
local function linear(side, noise_of)
  return nn.define{name = "linear", shape = {1, side, side}, sde = denoisers.levels, predicts = "residual",
    parameters = {}, forward = function(_, y) return noise_of(y) end}
end

-- Straight lines and decibels
check.near(denoisers.slope({0, 1, 3}, {1, 3, 7}), 2, 1e-12)
check.near(denoisers.slope({0, 1, 2}, {0, 0, 3}), 1.5, 1e-12)
check.near(denoisers.psnr(0.01), 20, 1e-12)

-- Of black pictures half of the noise is left: 6.02 dB at every level, and as many dB as were there of the noisy ones.
do
  local black = tensor.zeros{1, 1, 16, 16}
  local curve = denoisers.curve(linear(16, function(y) return y / 2 end), black, {0.5, 0.1, 0.02}, {seed = 1, rows = 300})
  for k, psnr in ipairs{6.0206, 20, 33.9794} do
    check.near(curve.psnr_in[k], psnr, 1e-3)
    check.near(curve.psnr_out[k] - psnr, 6.0206, 0.05)
  end
  -- One seed, one noise; a function in place of the model.
  local again = denoisers.curve(function(y) return y / 2 end, black, {0.5, 0.1, 0.02}, {seed = 1, rows = 300})
  check.near(again.psnr_out[2], curve.psnr_out[2], 1e-5)
  assert(denoisers.curve(function(y) return y / 2 end, black, {0.5}, {seed = 2}).psnr_out[1] ~= curve.psnr_out[1])
  check.rejects("noise that is left whole", function()
    check.near(denoisers.curve(function(y) return y end, black, {0.5}, {seed = 1}).psnr_out[1], 12.04, 0.5)
  end)
end

-- Many pictures go through the network some at a time.
do
  local y = random.stream(1):normal{300, 1, 4, 4}
  check.near((denoisers.denoised(linear(4, function(x) return x / 4 end), y) - 0.75 * y):abs():max():item(), 0, 1e-6)
end

-- Similarity does not feel brightness or contrast.
do
  local x = random.stream(2):uniform{5, 1, 6, 6}
  check.near((denoisers.correlation(x, 0.3 * x + 2) - 1):abs():max():item(), 0, 1e-5)
  check.near((denoisers.correlation(x, 1 - x) + 1):abs():max():item(), 0, 1e-5)
  local nearest, places = denoisers.nearest(x:take{4, 2}, x)
  check.equal(places:table(), {4, 2})
  check.near((nearest - 1):abs():max():item(), 0, 1e-5)
end

-- The eigenvalues of a mask, and of a shift by one pixel, whose symmetric part has cosines.
do
  local keep = tensor.zeros{1, 1, 4, 4}
  keep[{1, 1, 2}] = 1
  local y = random.stream(3):normal{1, 4, 4}
  local masked = denoisers.spectrum(linear(4, function(x) return x * (1 - keep) end), y)
  for k, value in ipairs(masked.values) do check.near(value, k <= 4 and 1 or 0, 1e-6) end
  check.near(masked.asymmetry, 0, 1e-6)
  check.near(masked.vectors[1][{2}]:square():sum():item(), 1, 1e-6)
  local shifted = denoisers.spectrum(linear(4, function(x) return x - x:roll(1, 4) end), y)
  local expected = {1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1}
  for k, value in ipairs(shifted.values) do check.near(value, expected[k], 1e-5) end
  check.near(shifted.asymmetry, 2 ^ 0.5, 1e-5)
end

-- Pictures of a law, and of a folder: the first and the last, without near duplicates.
do
  local law = target.disks{size = 8, radius = {1, 3}}
  check.equal(denoisers.pictures(law, 8, 3, {seed = 4}):squeeze(2):table(), law:sample(3, {seed = 4}):table())
  local folder = os.tmpname() .. ".d"
  file.make_directory(folder)
  local x = random.stream(5):uniform{5, 8, 8}
  for k = 1, 5 do data.save_image(("%s/%d.png"):format(folder, k), x[k]) end
  data.save_image(folder .. "/6.png", x[5])
  local first = denoisers.pictures(folder, 8, 2, {seed = 1})
  local last = denoisers.pictures(folder, 8, 2, {seed = 1, last = true})
  check.near((first:squeeze(2) - x[{{1, 2}}]):abs():max():item(), 0, 0.003)
  check.near((last:squeeze(2) - x[{{4, 5}}]):abs():max():item(), 0, 0.003)
  check.raises(("two sets of 3 pictures are wanted, %s has 5 that are no near duplicates"):format(folder),
    denoisers.pictures, folder, 8, 3, {seed = 1})
end

-- Training: the same numbers from the same seeds, alone, as a twin, and from a checkpoint of a run that was stopped.
local settings = {size = 8, blocks = 1, width = 4, steps = 30, batch = 8, rate = 2e-3, halvings = 10}
local pictures = target.disks{size = 8, radius = {1, 3}}:sample(20, {seed = 1}):unsqueeze(2)
local sets = {pictures[{{1, 10}}], pictures[{{11, 20}}]}
do
  local twins = denoisers.twins(denoisers.unet(settings, 3), sets, settings, 7)
  local pair = {denoisers.unet(settings, 3), denoisers.unet(settings, 3)}
  local fits = denoisers.train(pair, sets, settings, {7, 7})
  for k = 1, 2 do
    check.equal(fits[k].step, 30)
    check.equal(fits[k].model:denoise(pictures):table(), twins[k].model:denoise(pictures):table())
  end
  -- Halved each tenth of the run
  check.near(fits[1].rate, 2e-3 / 2 ^ 9, 1e-12)

  local kept = {checkpoints = os.tmpname() .. ".d"}
  for name, value in pairs(settings) do kept[name] = value end
  file.make_directory(kept.checkpoints)
  for k = 1, 2 do
    local begun = train.start(denoisers.unet(settings, 3), sets[k], denoisers.recipe(settings, 7))
    begun:advance(11):save(("%s/stopped.%d"):format(kept.checkpoints, k))
  end
  local resumed = denoisers.twins(denoisers.unet(settings, 3), sets, kept, 7, "stopped")
  for k = 1, 2 do
    check.equal(resumed[k].step, 30)
    check.equal(resumed[k].model:denoise(pictures):table(), twins[k].model:denoise(pictures):table())
  end
  -- What is done is not done again.
  local done = denoisers.twins(denoisers.unet(settings, 99), sets, kept, 7, "stopped")
  check.equal(done[2].model:denoise(pictures):table(), twins[2].model:denoise(pictures):table())
  local alone = denoisers.train({denoisers.unet(settings, 3)}, {sets[1]}, kept, {7}, "alone")[1]
  local again = denoisers.train({denoisers.unet(settings, 99)}, {sets[1]}, kept, {7}, "alone")[1]
  check.equal(alone.model:denoise(pictures):table(), twins[1].model:denoise(pictures):table())
  check.equal(again.model:denoise(pictures):table(), alone.model:denoise(pictures):table())
  check.raises("denoisers.train: networks, sets and seeds must be as many, got 2, 2 and 1",
    denoisers.train, pair, sets, settings, {7})
end

-- A network that saw one picture knows it far better than others; samples end where the noise is small.
do
  local long = setmetatable({steps = 600, width = 8, rate = 1e-2, halvings = 4}, {__index = settings})
  local one = sets[1][{{1, 1}}]
  local fit = denoisers.train({denoisers.unet(long, 3)}, {one}, long, {1})[1]
  local own = denoisers.curve(fit.model, one, {0.3}, {seed = 1, rows = 64}).psnr_out[1]
  local other = denoisers.curve(fit.model, sets[2], {0.3}, {seed = 1, rows = 64}).psnr_out[1]
  assert(own - other > 3, ("gap of %.2f dB"):format(own - other))
  local y = denoisers.sample(fit.model, 12, {seed = 1})
  check.equal(y.shape, {12, 1, 8, 8})
  assert(metric.quantiles(denoisers.nearest(y, one), {0.5})[1] > 0.85)
  -- A denoiser that sees noise everywhere never comes to an end: its samples are no numbers.
  local never = denoisers.sample(linear(8, function(x) return 0 * x + 1 end), 2, {seed = 1})
  check.equal({never.shape, never:is_nan():all():item()}, {{2, 1, 8, 8}, true})
end

-- What a large run takes is said, and refused where there is no room.
do
  local plan = {trainings = 2, at_once = 2, pictures = 100, folder = "."}
  local small = denoisers.announce(settings, plan)
  assert(small.seconds > 0 and small.memory > 0 and small.disk > 0)
  -- At least three times 7·4·64 + 2·8·16 numbers for each of 8 pictures, for both networks.
  assert(small.memory > 2 * 8 * 12 * 2048)
  local huge = setmetatable({batch = 1 << 40}, {__index = settings})
  local passed, message = pcall(denoisers.announce, huge, plan)
  assert(not passed)
  check.contains(message, "GB of memory, ")
  check.contains(message, "are free; --batch or --width makes it smaller")
end

-- Eigenvectors as pictures: the largest number of each is 1 or -1, whatever its length was.
do
  local vectors = tensor{{{2, -4}, {0, 1}}, {{0.5, 0.25}, {0, 0}}, {{9, 9}, {9, 9}}}
  local pictures, captions = denoisers.eigenvectors({vectors = vectors, values = {1.004, 0.5, 0.1}}, 2)
  check.equal(pictures:table(), {{{0.5, -1.0}, {0.0, 0.25}}, {{1.0, 0.5}, {0.0, 0.0}}})
  check.equal(captions, {"1.00", "0.50"})
end

-- The loss `even` leaves less error at weak noise; both are small trainings of one network on one set.
do
  local at = {}
  for _, name in ipairs{"blind", "even"} do
    local own = {steps = 60, batch = 32, rate = 1e-2, halvings = 4, loss = name}
    local fit = denoisers.train({denoisers.unet(settings, 3)}, {pictures}, own, {7})[1]
    at[name] = denoisers.curve(fit.model, pictures, {0.01}, {seed = 1, rows = 100}).psnr_out[1]
  end
  assert(at.even > at.blind + 3, ("even: %.1f dB, blind: %.1f dB"):format(at.even, at.blind))
  check.raises("--loss must be blind or even, got 'l1'", denoisers.recipe,
    {steps = 4, batch = 2, rate = 1e-2, halvings = 4, loss = "l1"}, 1)
end
