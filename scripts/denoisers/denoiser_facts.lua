-- question: Do blind denoisers, their sampler and the formulas for their error have the properties that they are used for?
-- source:   Kadkhodaie et al., ICLR 2024 (arXiv 2310.02557), appendix A (homogeneity, Table 1), Alg. 1 and appendix D
--           (Miyasawa, SURE); Stein 1981
-- run:      scripts/moondrift scripts/denoisers/denoiser_facts.lua
-- time:     about half a minute on 2 cores
-- expect:   Networks without biases are homogeneous of degree one. They have the published numbers of parameters. With an
--           ideal denoiser the sampler needs the derived numbers of steps. Stein's estimate of the squared error needs no
--           clean point and agrees with the error, and that of the posterior mean is sigma^2 times the trace of its
--           Jacobian.
--
-- Tolerances, set before the first run: 1e-5 of the output for homogeneity in float32, 1e-12 in float64; 2 % of the steps;
-- 1 % of the squared error. Changed after the first run: 128×128 pixels for 64×64, where the scatter of the levels ended
-- the longest ascent 2 % early; f itself for y minus the denoised point, where what is compared cancels; 100 updates for 30.

local args = require "moondrift.args"
local claims = require "moondrift.claims"
local run = require "moondrift.run"

local settings = args{
  seed = 1,
  pictures = 4,          -- for homogeneity, 40×40
  ascents = 64,          -- of the sampler
  side = 128,            -- of its pictures: the levels of large ones scatter less
  points = 20000,        -- of each estimate of an error
  repeats = 10,          -- estimates, with noise of their own
  smoke = {pictures = 1, ascents = 2, side = 16, points = 200, repeats = 3},
}
for _, name in ipairs{"pictures", "ascents", "side", "points", "repeats"} do
  args.demand(settings[name] > 0, "--%s must be a positive integer, got %d", name, settings[name])
end
local record <close> = run.open(settings)
local list = claims.new{smoke = settings.smoke}
local results = {}

-- f(c y) = c f(y). Running deviations are those of a short training, since the first are all one.

local levels = sde.ve{sigma_min = 0.01, sigma_max = 1}
local pictures = target.patches(data.photographs(), {size = 40}):sample(64, {seed = settings.seed}):unsqueeze(2)
local nets = {
  nn.unet{shape = {1, 40, 40}, blocks = 2, width = 16, sde = levels, seed = settings.seed},
  nn.bf_cnn{shape = {1, 40, 40}, depth = 10, width = 32, sde = levels, seed = settings.seed},
}
local FACTORS = {1e-3, 0.3, 0.5, 2, 10, 1000}
local worst = {float32 = 0, float64 = 0}
for _, net in ipairs(nets) do
  local fit = train(net, pictures, {steps = settings.smoke and 2 or 100, batch = 8, loss = loss.blind(), seed = settings.seed,
    time = draw.power{exponent = -0.5, sigma_max = 1}, progress = false})
  local y = pictures[{{1, settings.pictures}}] + 0.1 * random.stream(settings.seed):normal{settings.pictures, 1, 40, 40}
  for dtype in pairs(worst) do
    local x = y:to(dtype)
    local function residual(v) return fit.model:noise(v, 1) end  -- where sigma is 1
    local once = residual(x)
    for _, factor in ipairs(FACTORS) do
      local off = (residual(factor * x) / factor - once):norm():item() / once:norm():item()
      worst[dtype] = math.max(worst[dtype], off)
    end
  end
end
print(("largest |f(c y) - c f(y)| / |c f(y)|: float32 %.2g, float64 %.2g"):format(worst.float32, worst.float64))
results.homogeneity = worst
list:add{id = "11a", claim = "|f(c y) − c f(y)| / |c f(y)|, UNet and BF-CNN, float32", source = "published", expected = 1e-5,
  tolerance = "at most", measured = worst.float32}
list:add{id = "11b", claim = "the same in float64", source = "derived", expected = 1e-12, tolerance = "at most",
  measured = worst.float64}

-- Parameters

local COUNTS = {366080, 1825024, 7659264, 30993152}
results.parameters = {}
for blocks, known in ipairs(COUNTS) do
  local side = 10 * 2^blocks
  local count = nn.unet{shape = {1, side, side}, blocks = blocks, seed = 1}.parameter_count
  results.parameters[blocks] = count
  list:add{id = "12" .. ("abcd"):sub(blocks, blocks), claim = ("parameters of the UNet with %d blocks"):format(blocks),
    source = "published", expected = known, tolerance = 0, measured = count}
end
results.parameters[5] = nn.bf_cnn{shape = {1, 40, 40}, seed = 1}.parameter_count
list:add{id = "12e", claim = "parameters of BF-CNN", source = "published", expected = 702784, tolerance = 0,
  measured = results.parameters[5]}

-- Steps of the coarse-to-fine sampler. A denoiser that knows that every picture is black takes all of y for noise.

local ideal = nn.define{name = "black", shape = {settings.side, settings.side}, sde = sde.edm(), predicts = "residual",
  parameters = {}, forward = function(_, y) return y end}
local STEPS = {
  {"a", 0.1, 0.05, false, 2995}, {"b", 0.1, 0.05, true, 97}, {"c", 1, 0.05, false, 299}, {"d", 1, 0.05, true, 25},
  {"e", 0.01, 0.01, true, 661},
}
results.steps = {}
for place, of in ipairs(STEPS) do
  local letter, beta, sigma_end, grows, known = table.unpack(of)
  local _, info = sample.coarse_to_fine(ideal, {count = settings.ascents, h = 0.01, beta = beta, sigma_end = sigma_end,
    grows = grows, seed = settings.seed, info = true})
  local mean, low, high = metric.bootstrap(info.steps:table(), {statistic = "mean", seed = settings.seed})
  results.steps[place] = {beta = beta, sigma_end = sigma_end, grows = grows, mean = mean, interval = {low, high}}
  list:add{id = "15" .. letter, source = "derived", expected = known, tolerance = 0.02 * known, measured = mean,
    interval = {low, high}, seeds = settings.ascents,
    claim = ("steps with β = %g down to σ = %g, h %s"):format(beta, sigma_end, grows and "growing" or "fixed")}
end

-- The squared error without clean points: SURE = 2 σ² tr ∇f + |y − f(y)|² − σ² d, for a denoiser that is far from the best;
-- and that of the best, σ² tr ∇f*.

local DIMENSION, SIGMA = 8, 0.7
local plus, minus = {}, {}
for k = 1, DIMENSION do plus[k], minus[k] = 1, -1 end
local mix = target.gaussian_mixture{means = {minus, plus}, stds = 0.5}
local process = sde.edm()
local best = mix:model(process)
local errors = {sure = {}, mse = {}, trace = {}, mmse = {}}
local function row_sum(x) return (x^2):sum(2) end
for k = 1, settings.repeats do
  local x = mix:sample(settings.points, {seed = settings.seed + k})
  local y = x + SIGMA * random.stream(settings.seed + 1000 + k):normal(x.shape)
  local function poor(v) return (0.6 * v):tanh() end
  local guess = poor(y)
  local trace = grad.divergence(poor, y)
  errors.sure[k] = (2 * SIGMA^2 * trace + row_sum(y - guess) - SIGMA^2 * DIMENSION):mean():item()
  errors.mse[k] = row_sum(guess - x):mean():item()
  local function posterior_mean(v) return best:denoise(v, SIGMA) end
  errors.trace[k] = SIGMA^2 * grad.divergence(posterior_mean, y):mean():item()
  errors.mmse[k] = row_sum(posterior_mean(y) - x):mean():item()
end
results.errors = errors
for _, pair in ipairs{{"21a", "sure", "mse", "SURE over the squared error of a poor denoiser"},
                      {"21b", "trace", "mmse", "σ² tr ∇f* over the squared error of the posterior mean"}} do
  local id, of, beside, claim = table.unpack(pair)
  local ratios = {}
  for k, value in ipairs(errors[of]) do ratios[k] = value / errors[beside][k] end
  local mean, low, high = metric.bootstrap(ratios, {statistic = "mean", seed = settings.seed})
  list:add{id = id, claim = claim, source = "published", expected = 1, tolerance = 0.01, measured = mean,
    interval = {low, high}, seeds = settings.repeats}
end

print(list)
record:finish{results = results, claims = list}
