-- Blind denoisers of pictures: trained and measured as in Kadkhodaie et al. 2024 (arXiv 2310.02557).
--
--   local denoisers = require "moondrift.denoisers"
--   local m = denoisers.unet(settings, 1)                        -- settings: size, blocks, width
--   denoisers.train({m}, {pictures}, settings, {1})              -- settings: steps, batch, rate, halvings
--   local curve = denoisers.curve(m, held_out, {0.05, 0.1, 0.2}, {seed = 1})
--   print(denoisers.slope(curve.psnr_in, curve.psnr_out))
--
-- Pictures are [n, 1, h, w], from 0 to 1. A network sees noise of every level and is told none: y = x + σ z, σ = u² with
-- u uniform, and what it learns is |σ z − f(y)|²; `loss = "even"` trains weak noise as well in less time. Adam's rate is halved so many times in a run, ten as published, and a
-- run has as many updates whatever the number of its pictures is.
--
-- A network without biases is homogeneous: it knows a picture up to its contrast, and samples have contrasts of their own.
-- So pictures are compared by directions, with their means taken away and scaled to length 1.

local args = require "moondrift.args"

local M = {}

--- The noise levels that networks are asked about.
M.levels = sde.ve{sigma_min = 1e-3, sigma_max = 1}

-- Networks and training

--- A bias-free U-Net.
---@param settings {size: integer, blocks: integer, width: integer}
---@param seed integer of its first parameters
---@return moondrift.model
function M.unet(settings, seed)
  return nn.unet{
    shape = {1, settings.size, settings.size}, blocks = settings.blocks, width = settings.width, sde = M.levels,
    seed = seed,
  }
end

--- How levels are drawn and what errors count. `blind`, as published, is |σ z − f(y)|² with σ = u²: nearly that of strong
--- noise alone, so that a training of minutes leaves weak noise as it was, or adds to it. `even` counts squared errors
--- divided by σ, at levels even in ln σ.
M.losses = {
  blind = {loss = loss.blind(), time = draw.power()},
  even = {
    -- The weight is that of the error in z, which is f(y)/σ; the function is given ln(1/σ²).
    loss = loss.denoising{weight = function(log_snr) return (log_snr / -2):exp() end},
    time = draw.power{exponent = -1, sigma_min = 0.005, sigma_max = 1},
  },
}

--- The options of `train`.
---@param settings {steps: integer, batch: integer, rate: number, halvings: integer, loss: string?}
---@param seed integer|integer[]
---@return table
function M.recipe(settings, seed)
  local name = settings.loss or "blind"
  local of = M.losses[name]
  args.demand(of, "--loss must be blind or even, got '%s'", name)
  return {
    steps = settings.steps, batch = settings.batch, loss = of.loss, time = of.time, seed = seed,
    optimizer = optim.adam{
      rate = rate.step_decay{rate = settings.rate, every = math.max(1, math.ceil(settings.steps / settings.halvings))}},
    log_every = math.max(1, settings.steps // 100), progress = false,
  }
end

--- Goes on from the checkpoints of a run that was stopped; nil where there are none. A single network has the path itself.
local function resumed(path, sets, checkpoint)
  local fits, own_path = {}, function(k) return #sets == 1 and path or ("%s.%d"):format(path, k) end
  for k = 1, #sets do
    if file.kind(own_path(k)) ~= "file" then return nil end
  end
  for k, set in ipairs(sets) do
    local own = own_path(k)
    fits[k] = train.resume(own, set, {checkpoint = {path = own, every = checkpoint.every}, progress = false}):finish()
  end
  return fits
end

--- Trains; with `settings.checkpoints`, the name of a folder, in a way that can be stopped and goes on.
local function trained(start, sets, settings, seed, name)
  local options = M.recipe(settings, seed)
  local folder = rawget(settings, "checkpoints") or ""
  if folder ~= "" then
    file.make_directory(folder)
    options.checkpoint = {path = folder .. "/" .. name, every = math.max(1, settings.steps // 1000)}
    local fits = resumed(options.checkpoint.path, sets, options.checkpoint)
    if fits then return fits end
  end
  return start(options)
end

--- Trains networks side by side, each on a set of its own.
---@param networks moondrift.model[]
---@param sets moondrift.tensor[]
---@param settings table steps, batch, rate, halvings, and perhaps loss and checkpoints
---@param seeds integer[]
---@param name string? of the checkpoints
---@return moondrift.fit[]
function M.train(networks, sets, settings, seeds, name)
  if #networks ~= #sets or #networks ~= #seeds then
    error(("denoisers.train: networks, sets and seeds must be as many, got %d, %d and %d"):format(
      #networks, #sets, #seeds), 2)
  end
  return trained(function(options) return train(networks, sets, options) end, sets, settings, seeds, name)
end

--- Trains two networks that differ by their pictures alone (`train.twins`).
---@param network moondrift.model
---@param sets moondrift.tensor[] two of one size
---@param settings table
---@param seed integer
---@param name string? of the checkpoints
---@return moondrift.fit[] two
function M.twins(network, sets, settings, seed, name)
  return trained(function(options) return {train.twins(network, sets, options)} end, sets, settings, seed, name)
end

-- Pictures

--- Pictures [n, 1, size, size] of a law; or of a folder, without near duplicates, the first n or with `last` the last n.
---@param law moondrift.target|string
---@param size integer
---@param n integer
---@param options {seed: integer, last: boolean?}
---@return moondrift.tensor
function M.pictures(law, size, n, options)
  if type(law) ~= "string" then return law:sample(n, {seed = options.seed}):unsqueeze(2) end
  local all = data.distinct(data.images(law, {grey = true, crop = "square", size = size}),
    {correlation = 0.95, size = math.min(size, 20)})
  args.demand(#all >= 2 * n, "two sets of %d pictures are wanted, %s has %d that are no near duplicates", n, law, #all)
  local first = options.last and #all - n + 1 or 1
  return all[{{first, first + n - 1}}]:unsqueeze(2)
end

--- At least so many rows: the pictures in turn.
local function at_least(x, count)
  if #x >= count then return x end
  return x:tile{(count + #x - 1) // #x, 1, 1, 1}
end

-- What a network does

local CHUNK = 128

--- The posterior mean of noisy pictures, some at a time.
---@param model moondrift.model
---@param y moondrift.tensor
---@return moondrift.tensor
function M.denoised(model, y)
  local parts = {}
  for first = 1, #y, CHUNK do
    parts[#parts + 1] = model:denoise(y[{{first, math.min(first + CHUNK - 1, #y)}}])
  end
  return #parts == 1 and parts[1] or tensor.concatenate(parts, 1)
end

--- Peak signal-to-noise ratio in dB of pictures from 0 to 1, by the mean of the squared errors of all of them.
---@param squared_error number a pixel
---@return number
function M.psnr(squared_error) return -10 * math.log(squared_error, 10) end

--- The PSNR of noisy pictures and of what a network makes of them, at each level: that of the mean squared error of all
--- pictures, where metric.psnr_curve has the mean of their PSNR. Each level has noise of its own, pictures may come in
--- turn, and a function may stand for the network. One seed gives all networks the same noise.
---@param denoise moondrift.model|fun(y: moondrift.tensor, sigma: number): moondrift.tensor
---@param x moondrift.tensor clean pictures
---@param sigmas number[]
---@param options {seed: integer, rows: integer?} rows: noisy pictures a level, at least
---@return {sigma: number[], psnr_in: number[], psnr_out: number[]}
function M.curve(denoise, x, sigmas, options)
  local of = type(denoise) == "function" and denoise or function(y) return M.denoised(denoise, y) end
  local found = {sigma = sigmas, psnr_in = {}, psnr_out = {}}
  x = at_least(x, options.rows or 1)
  for k, sigma in ipairs(sigmas) do
    local y = x + sigma * random.stream(random.derived_seed(options.seed, k)):normal(x.shape)
    found.psnr_in[k] = -20 * math.log(sigma, 10)
    found.psnr_out[k] = M.psnr(((of(y, sigma) - x)^2):mean():item())
  end
  return found
end

--- The slope of y against x by least squares.
---@param x number[]
---@param y number[]
---@return number
function M.slope(x, y)
  local n, sx, sy, sxx, sxy = #x, 0, 0, 0, 0
  for k = 1, n do sx, sy, sxx, sxy = sx + x[k], sy + y[k], sxx + x[k]^2, sxy + x[k] * y[k] end
  return (n * sxy - sx * sy) / (n * sxx - sx^2)
end

local SIGMA_END = 0.05

--- Draws from a blind denoiser from coarse to fine. A network that mistakes what it has not seen for noise may carry a
--- sample away for good, the farther the faster as it is homogeneous: what does not end in four times the usual number of
--- steps is nan.
---@param model moondrift.model
---@param count integer
---@param options {seed: integer, grows: boolean?, beta: number?} beta is 0.1 where absent
---@return moondrift.tensor
function M.sample(model, count, options)
  local grows = options.grows ~= false
  local ended, y = pcall(sample.coarse_to_fine, model, {
    count = count, seed = options.seed, center = 0.5, final = "state", h = 0.01, beta = options.beta or 0.1,
    sigma_end = SIGMA_END, grows = grows, max_steps = grows and 400 or 12000, progress = false,
  })
  if not ended then
    local message = tostring(y)
    if not message:find("max_steps", 1, true) and not message:find("became NaN", 1, true) then error(y, 0) end
    y = sample.last.points
  end
  local clean = M.denoised(model, y)
  local levels = ((clean - y)^2):reshape{count, model.dimension}:mean(2):sqrt()
  local is_done = levels:less_equal(1.001 * SIGMA_END):reshape{count, 1, 1, 1}
  return tensor.where(is_done, clean, 0 / 0)
end

--- Pictures as rows of length 1, their means taken away.
---@param x moondrift.tensor
---@return moondrift.tensor
function M.directions(x)
  local rows = x:reshape{#x, -1}
  rows = rows - rows:mean(2, {keepdim = true})
  return rows / (rows^2):sum(2, {keepdim = true}):sqrt():clamp(1e-12)
end

--- The correlation of each picture with that at the same place of others.
---@return moondrift.tensor
function M.correlation(x, y) return (M.directions(x) * M.directions(y)):sum(2) end

--- The correlation of each picture with the one of a set that it correlates with most, and its place.
---@return moondrift.tensor correlations
---@return moondrift.tensor places
function M.nearest(x, set)
  local all = M.directions(x):matmul(M.directions(set):transpose())
  return all:max(2), all:argmax(2)
end

--- The Jacobian of a blind denoiser at a noisy picture: eigenvalues of its symmetric part from large to small, vectors as
--- pictures, and how far it is from symmetric, |J − Jᵀ|/|J|.
---@param model moondrift.model
---@param y moondrift.tensor [1, h, w]
---@return {values: number[], vectors: moondrift.tensor, asymmetry: number}
function M.spectrum(model, y)
  local d = y.shape[2] * y.shape[3]
  local j = model:jacobian(y):to("float64")
  local values, vectors = linalg.eigh((j + j:transpose()) / 2)
  return {
    values = values:flip(1):table(), vectors = vectors:transpose():flip(1):reshape{d, y.shape[2], y.shape[3]},
    asymmetry = (linalg.norm(j - j:transpose()) / linalg.norm(j)):item(),
  }
end

--- Leading eigenvectors as pictures whose largest number is 1 or −1, and their eigenvalues as captions.
---@param spectrum {values: number[], vectors: moondrift.tensor} as of `spectrum`
---@param count integer
---@return moondrift.tensor pictures
---@return string[] captions
function M.eigenvectors(spectrum, count)
  local vectors = spectrum.vectors[{{1, count}}]
  local captions = {}
  for k = 1, count do captions[k] = ("%.2f"):format(spectrum.values[k]) end
  return vectors / vectors:reshape{count, -1}:abs():max(2):reshape{count, 1, 1}, captions
end

-- What a run of the published size takes

local UNITS = {{365.25 * 86400, "years"}, {86400, "days"}, {3600, "hours"}, {60, "minutes"}}

local function duration(seconds)
  for _, unit in ipairs(UNITS) do
    if seconds >= 2 * unit[1] then return ("%.0f %s"):format(seconds / unit[1], unit[2]) end
  end
  return ("%.0f seconds"):format(seconds)
end

--- A number behind a name in a file of Linux such as /proc/meminfo, in bytes; nil elsewhere.
local function kilobytes(path, name)
  local text = io.open(path)
  if not text then return nil end
  for line in text:lines() do
    local value = line:match("^" .. name .. ":%s*(%d+) kB")
    if value then
      text:close()
      return value * 1024
    end
  end
  text:close()
end

--- Free bytes of the disk that a folder is on; nil where it cannot be told.
local function free_disk(folder)
  local opened, pipe = pcall(io.popen, "df -Pk '" .. folder:gsub("'", "'\\''") .. "' 2>/dev/null")
  if not opened or not pipe then return nil end
  local text = pipe:read("a")
  pipe:close()
  local free = text:match("\n%S+%s+%d+%s+%d+%s+(%d+)")
  return free and free * 1024
end

--- Numbers that a U-Net makes of one picture: seven tensors at each size, and two in the middle.
local function activations(settings)
  local total, channels, pixels = 0, settings.width, settings.size^2
  for _ = 1, settings.blocks do
    total, channels, pixels = total + 7 * channels * pixels, 2 * channels, pixels / 4
  end
  return total + 2 * channels * pixels
end

--- Memory and seconds of an update for each picture of a batch, by two updates of 4 and two of 8 pictures. Memory that the
--- program had used before does not show: three times the activations, for values and gradients, are the least.
local function trial(settings)
  local function update(rows)
    local m = M.unet(settings, 1)
    local x = random.stream(1):uniform{rows, 1, settings.size, settings.size}
    local small = setmetatable({steps = 2, batch = rows, checkpoints = ""}, {__index = settings})
    local fit = M.train({m}, {x}, small, {1})[1]
    return fit.seconds / 2, kilobytes("/proc/self/status", "VmHWM") or 0, m.parameter_count
  end
  local _, before = update(4)
  local seconds, after, parameters = update(8)
  return {seconds = seconds / 8, memory = math.max((after - before) / 4, 12 * activations(settings)), parameters = parameters}
end

---@class moondrift.DenoiserPlan
---@field trainings integer networks in all
---@field at_once integer networks that are trained side by side
---@field pictures integer pictures that are in memory at a time
---@field folder string where files are written

--- Says what a run takes in time, memory and disk, measured on two small updates. What there is no room for is an error of
--- the command line.
---@param settings table size, blocks, width, batch, steps, rate
---@param plan moondrift.DenoiserPlan
---@return {seconds: number, memory: number, disk: number}
function M.announce(settings, plan)
  local one = trial(settings)
  local network = 4 * one.parameters
  local need = {
    seconds = one.seconds * settings.batch * settings.steps * plan.trainings,
    -- Parameters, gradients and two moments; sets are held twice while they are drawn.
    memory = (one.memory * settings.batch + 4 * network) * plan.at_once + 8 * plan.pictures * settings.size^2,
    -- A checkpoint holds parameters and two moments, and is written beside the one before.
    disk = 3 * network * (plan.trainings + 1) + 2^26,
  }
  local memory, disk = kilobytes("/proc/meminfo", "MemAvailable"), free_disk(plan.folder)
  print(("this run takes about %s on this machine (%d trainings of %d updates of %d pictures), %.1f GB of memory%s and "
    .. "%.1f GB of disk%s"):format(duration(need.seconds), plan.trainings, settings.steps, settings.batch,
      need.memory / 1e9, memory and (" of %.1f that are free"):format(memory / 1e9) or "", need.disk / 1e9,
      disk and (" of %.1f that are free"):format(disk / 1e9) or ""))
  args.demand(not memory or need.memory <= memory, "it needs %.1f GB of memory, %.1f are free; --batch or --width makes "
    .. "it smaller", need.memory / 1e9, (memory or 0) / 1e9)
  args.demand(not disk or need.disk <= disk, "it needs %.1f GB of disk in %s, %.1f are free", need.disk / 1e9,
    plan.folder, (disk or 0) / 1e9)
  return need
end

return M
