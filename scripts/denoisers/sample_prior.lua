-- question: What pictures does a blind denoiser take for likely, and what does it fill in where a picture is known in part?
-- source:   Kadkhodaie and Simoncelli, NeurIPS 2021 (arXiv 2007.13640), Algorithms 1 and 2; Kadkhodaie et al., ICLR 2024
--           (arXiv 2310.02557), Alg. 1
-- run:      scripts/moondrift scripts/denoisers/sample_prior.lua
-- time:     about a minute on 2 cores
-- expect:   Samples have edges and smooth parts as photographs have. In every linear inverse problem what is filled in lies
--           nearer to the picture than the least-squares answer A⁺b, and agrees with what is known of it.
--
-- Definitions, set before the first run. A is a mask or has orthonormal rows, and is the same for all pictures. The gain is
-- the PSNR of the mean of the samples minus that of A⁺b (with the picture's mid-grey where nothing is known); it counts as
-- one where the 95 % interval of its mean over the pictures lies above 0. A run with these settings found gains of 9.7 dB
-- [3.0, 16.1] for the hole, 13.5 [7.3, 19.8] for scattered pixels, 5.8 [2.7, 8.7] for random directions, and losses of 1.9
-- [0.03, 5.4] for means of 4×4 pixels and of 2.3 [0.3, 6.2] for low cosines: where A⁺b is smooth, as the darkest patches
-- are, what the network adds to it is wrong.

local args = require "moondrift.args"
local run = require "moondrift.run"

local settings = args{
  network = "unet",    -- unet or bf_cnn, of nn.pretrained
  pictures = 6,        -- held-out patches of each problem
  draws = 4,           -- samples of each
  samples = 24,        -- from the prior
  beta = 0.3,          -- how fast the noise falls; smaller is slower and draws finer
  sigma_end = 0.02,
  seed = 1,
  smoke = {pictures = 1, draws = 1, samples = 2, beta = 1, sigma_end = 0.5},
  long = {pictures = 24, draws = 8, beta = 0.05, sigma_end = 0.01},
}
for _, name in ipairs{"pictures", "draws", "samples"} do
  args.demand(settings[name] > 0, "--%s must be a positive integer, got %d", name, settings[name])
end
local record <close> = run.open(settings)
local SIDE = 40
local model = nn.pretrained(settings.network)
local stream = random.stream(settings.seed)

local function ascend(count, seed, options)
  options = options or {}
  options.count, options.seed, options.beta, options.sigma_end = count, seed, settings.beta, settings.sigma_end
  options.center, options.progress = 0.5, false
  return sample.coarse_to_fine(model, options)
end

local prior = ascend(settings.samples, settings.seed)

-- What is known of a picture x, as a matrix with orthonormal rows or a mask

--- Means of blocks of `width` by `width` pixels, times their width.
local function blocks(width)
  local along = tensor.eye(SIDE // width):repeat_interleave(width, 2) / math.sqrt(width)
  return tensor.kron(along, along)
end
--- Cosines of the lowest frequencies, by rows and by columns.
local function low_frequencies(count)
  local k = tensor.arange(0, count - 1):to("float64"):reshape{count, 1}
  local place = (tensor.arange(0, SIDE - 1):to("float64") + 0.5):reshape{1, SIDE}
  local along = (k * place * (math.pi / SIDE)):cos() * math.sqrt(2 / SIDE)
  along[1]:assign(tensor.full({SIDE}, math.sqrt(1 / SIDE), {dtype = "float64"}))
  return tensor.kron(along, along)
end
local function random_directions(count)
  local q = linalg.qr(stream:normal({SIDE * SIDE, count}, {dtype = "float64"}))
  return q:transpose()
end
local hole = tensor.ones{SIDE, SIDE}
hole[{{15, 26}, {15, 26}}]:fill(0)
local kept = stream:uniform{SIDE, SIDE}:less(0.3)

local PROBLEMS = {
  {name = "inpainting, 12×12 missing", mask = hole:greater(0.5)},
  {name = "30 % of the pixels", mask = kept},
  {name = "means of 4×4 pixels", matrix = blocks(4)},
  {name = "lowest 10×10 cosines", matrix = low_frequencies(10)},
  {name = "160 random directions", matrix = random_directions(160)},
}
local held_out = target.patches({table.unpack(data.photographs(), 7, 8)}, {size = SIDE}):sample(
  settings.pictures, {seed = settings.seed + 1})

local function psnr(x, y) return -10 * ((x - y)^2):mean():log():item() / math.log(10) end

local rows = {}
local results = {}
for _, problem in ipairs(PROBLEMS) do
  local gains, off, before = {}, 0, {}
  for k = 1, settings.pictures do
    local x = held_out[k]
    local measurement, observed, simple
    if problem.mask then
      measurement, observed = problem.mask:reshape{1, SIDE, SIDE}, x:reshape{1, SIDE, SIDE}
      simple = tensor.where(problem.mask, x, tensor.full({SIDE, SIDE}, 0.5))
    else
      measurement = problem.matrix:to("float32")
      observed = measurement:matmul(x:reshape{SIDE * SIDE})
      local grey = tensor.full({SIDE * SIDE}, 0.5)
      simple = (grey + measurement:transpose():matmul(observed - measurement:matmul(grey))):reshape{SIDE, SIDE}
    end
    local drawn = ascend(settings.draws, settings.seed + k, {measurement = measurement, observed = observed})
    local mean = drawn:mean(1):reshape{SIDE, SIDE}
    before[k] = psnr(simple, x)
    gains[k] = psnr(mean, x) - before[k]
    local seen = problem.mask and (drawn:reshape{settings.draws, SIDE, SIDE} - x) * problem.mask:to("float32")
      or drawn:reshape{settings.draws, SIDE * SIDE}:matmul(measurement:transpose()) - observed
    off = math.max(off, seen:abs():max():item())
    if k == 1 then
      rows[#rows + 1] = tensor.stack({x, simple, drawn[1]:reshape{SIDE, SIDE}, mean}, 1)
    end
  end
  local gain, low, high = metric.bootstrap(gains, {statistic = "mean", seed = settings.seed})
  results[#results + 1] = {problem = problem.name, gain = gain, interval = {low, high}, gains = gains, simple = before,
    constraint = off}
  print(("%-26s PSNR higher by %.2f dB [%.2f, %.2f]; what is known is off by %.1g at most"):format(
    problem.name, gain, low, high, off))
end

local samples = plot.images(prior:reshape{settings.samples, SIDE, SIDE}, {columns = 8, range = {0, 1},
  title = ("samples of the prior of %s"):format(settings.network)})
local solved = plot.images(tensor.concatenate(rows, 1), {columns = 4, range = {0, 1},
  title = "picture, A⁺b, a sample, mean of the samples"})
record:save_figure(samples, "prior")
record:save_figure(solved, "inverse_problems")
samples:show()
record:finish{results = results}
