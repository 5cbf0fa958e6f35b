-- question: Does every network for images copy its training set where it holds one picture, and where it holds ten?
-- source:   Kadkhodaie et al., ICLR 2024 (arXiv 2310.02557), Fig. 1, N = 1 and 10; Yoon et al. 2023 for the measure
-- run:      scripts/moondrift scripts/memorization/few_pictures.lua
-- time:     about 45 minutes on 2 cores, reckoned from runs of one network each
-- expect:   Every network draws its one picture again, and nearly all samples of a network trained on ten are copies of
--           one of them. It is the positive control of every claim that a network of this kind generalizes.
--
-- Definitions and thresholds, set before the first run. Of ten pictures a sample is a copy where its nearest training
-- picture is three times as near as the next; it passes with a share of copies of 0.9 or more. Of one picture it is a copy
-- where the root mean square of the difference is below a tenth of the range, and the same share passes. unet and bf_cnn, which
-- are blind and know a picture up to its contrast, learn from the published loss, and their samples are
-- compared by directions: a copy of one picture has a correlation above 0.95 with it. Changed after a first run, in which
-- the blind networks trained at a tenth of the rate, were compared as they are, and carried samples away; after a
-- second, of few updates in batches of 32, in which shares of copies of ten pictures were 0.09 (unet), 0.00 (bf_cnn) and
-- 0.40 (score_net), when the gradient of score_net's noise level was wrong; and after a third, in which local_cnn and bf_cnn,
-- which see 17×17 and 21×21 pixels, copied 0.00 and 0.11 of ten pictures of 16×16: theirs have 8×8 pixels since, so that they
-- see them whole.
-- Shares of copies of one and of ten since then, a network at a time: unet 1.00 and 0.99, score_net 1.00 and 0.93, ddpmpp
-- 1.00 and 1.00, local_cnn 1.00 and 0.98, residual_mlp 1.00 and 0.96, bf_cnn 1.00 and 0.73, short of 0.9. Its samples that
-- were no copies had a seventh of the contrast of the others, below the noise at which the sampler ends: contrast drifts with
-- the noise that each step puts back, since a network without biases takes a faded picture for as good as any. With
-- less of it (`beta` 0.5 in place of 0.1, chosen for that) 0.94, 0.93 and 0.96 of the samples of that network are copies,
-- with three seeds of the sampler; the whole script was not run again with it.

local args = require "moondrift.args"
local denoisers = require "moondrift.denoisers"
local run = require "moondrift.run"

local NAMES = {"unet", "bf_cnn", "score_net", "ddpmpp", "local_cnn", "residual_mlp"}
local settings = args{
  networks = table.concat(NAMES, ","),  -- which, by name
  seed = 1,          -- of the weights, the noise and the samples
  few = 10,          -- training pictures of the second run
  effort = 1.0,      -- share of the updates below that are made
  rate = 0.002,      -- of Adam; falls to 0 over the second half
  samples = 100,     -- drawn from each network
  levels = 20,       -- noise levels of Heun's sampler
  smoke = {networks = "unet,residual_mlp", effort = 0.001, samples = 2, levels = 3},
}
for _, name in ipairs{"samples", "levels"} do
  args.demand(settings[name] > 0, "--%s must be a positive integer, got %d", name, settings[name])
end
args.demand(settings.effort > 0, "--effort must be positive, got %g", settings.effort)
args.demand(settings.few > 1 and settings.few <= 10, "--few must be from 2 to 10, got %d", settings.few)

local record <close> = run.open(settings)

-- The first digit of each class in [-1, 1]: halved to 14×14 and framed with paper to 16×16, or halved again, to 8×8.
local all, classes = data.mnist{count = 200, scale = {-1, 1}}
local first, seen = {}, {}
for place, class in ipairs(classes:table()) do
  if not seen[class] then
    seen[class] = true
    first[#first + 1] = all[place]
  end
end
local half = nn.average_pool2d{2}(tensor.stack(first, 1):unsqueeze(2))
local function framed(x, before, after)
  return x:pad({{0, 0}, {0, 0}, {before, after}, {before, after}}, {value = -1})
end
local DIGITS = {[16] = framed(half, 1, 1), [8] = framed(nn.average_pool2d{2}(half), 0, 1)}

-- The networks. Those that are told the noise level train and draw by the recipe of Karras et al.; those that are not, by
-- that of Kadkhodaie et al., on pictures from 0 to 1.

local levels = sde.edm{sigma_min = 0.02, sigma_max = 20}
local function told(x, options)
  options.shape, options.sigma_data = {1, x.shape[3], x.shape[4]}, x
  options.seed, options.sde, options.predicts = settings.seed, levels, "edm"
  return options
end
local make = {
  unet = function(x) return denoisers.unet({size = x.shape[3], blocks = 2, width = 16}, settings.seed) end,
  bf_cnn = function(x)
    return nn.bf_cnn{shape = {1, x.shape[3], x.shape[4]}, depth = 10, width = 32, sde = denoisers.levels,
      seed = settings.seed}
  end,
  score_net = function(x) return nn.score_net(told(x, {channels = {32, 64, 64}, embedding = 64, scale = 1})) end,
  ddpmpp = function(x) return nn.ddpmpp(told(x, {channels = 32, multipliers = {1, 2}, blocks = 1, attention = {8}})) end,
  local_cnn = function(x) return nn.local_cnn(told(x, {width = 48})) end,
  residual_mlp = function(x) return nn.residual_mlp(told(x, {width = 256})) end,
}

-- Updates on ten pictures, a third as many on one, examples of each, and the side of the pictures: of the two networks
-- that see a neighbourhood alone (17×17 and 21×21 pixels) one that they see from every pixel. Steps of the sampler do not grow
-- for bf_cnn, and put less noise back.
local PLAN = {
  unet = {steps = 2000, batch = 128, side = 16}, bf_cnn = {steps = 24000, batch = 64, side = 8, grows = false, beta = 0.5},
  score_net = {steps = 2500, batch = 32, side = 16}, ddpmpp = {steps = 2500, batch = 32, side = 16},
  local_cnn = {steps = 15000, batch = 32, side = 8}, residual_mlp = {steps = 8000, batch = 32, side = 16},
}

--- A rate that rises in 20 updates and falls to 0 over the second half.
local function rising_and_falling(rate, steps)
  return optim.adam{rate = function(step) return rate * math.min(1, step / 20, 2 - 2 * step / steps) end}
end

--- Samples of a network that was trained on x, as rows that are compared with those of x.
local function blind(model, x, steps, plan)
  local fit = train(model, (x + 1) / 2, {
    steps = steps, batch = plan.batch, seed = settings.seed, log_every = math.max(1, steps // 50),
    loss = loss.blind(), time = draw.power(), optimizer = rising_and_falling(1e-2, steps),
    ema = optim.ema{half_life = math.max(1, steps // 50), warm_up = 0.1}, progress = false,
  })
  local y = denoisers.sample(fit.ema_model, settings.samples, {seed = settings.seed, grows = plan.grows, beta = plan.beta})
  return fit, denoisers.directions(y), denoisers.directions(x), 2 * y - 1
end

local function told_levels(model, x, steps, plan)
  local fit = train(model, x, {
    steps = steps, batch = plan.batch, seed = settings.seed, log_every = math.max(1, steps // 50),
    loss = loss.denoising{weight = "edm"}, time = draw.log_normal{mean = -0.4, std = 1.2},
    optimizer = rising_and_falling(settings.rate, steps),
    ema = optim.ema{half_life = math.max(1, steps // 30), warm_up = 0.1}, progress = false,
  })
  local y = sample.heun(fit.ema_model, {count = settings.samples, seed = settings.seed, progress = false,
    times = schedule.karras(levels, settings.levels)})
  return fit, y:reshape{#y, -1}, x:reshape{#x, -1}, y
end

local results, galleries = {}, {}
for name in settings.networks:gmatch("[^,]+") do
  args.demand(make[name], "--networks must be of %s, got '%s'", table.concat(NAMES, ", "), name)
  local found = {network = name}
  for _, count in ipairs{1, settings.few} do
    local plan, fit, rows, known, samples = PLAN[name]
    local x = DIGITS[plan.side][{{1, count}}]
    local model = make[name](x)
    local steps = math.ceil(plan.steps * settings.effort / (count == 1 and 3 or 1))
    if model.predicts == "residual" then
      fit, rows, known, samples = blind(model, x, steps, plan)
    else
      fit, rows, known, samples = told_levels(model, x, steps, plan)
    end
    local copied
    if count > 1 then
      copied = metric.memorized_fraction(rows, known, {ratio = 1 / 3})
      local shown = math.min(10, settings.samples)
      local _, nearest = metric.memorized_fraction(rows[{{1, shown}}], known)
      local beside = x:take(nearest:maximum(1))
      local pairs_of = tensor.concatenate({samples[{{1, shown}}], beside}, 1)
      galleries[#galleries + 1] = plan.side == 16 and pairs_of or nn.upsample2d{2}(pairs_of)
    elseif model.predicts == "residual" then
      copied = (rows * known):sum(2):greater(0.95):to("float32"):mean():item()
    else
      copied = ((rows - known)^2):mean(2):sqrt():less(0.2):to("float32"):mean():item()
    end
    found[count == 1 and "one" or "few"] = copied
    found.parameters, found.seconds = model.parameter_count, (found.seconds or 0) + fit.seconds
    print(("%s, %d parameters, %d pictures: %.2f of the samples are copies; loss %.4g; %.0f s"):format(
      name, model.parameter_count, count, copied, fit.log.loss[#fit.log.loss]:item(), fit.seconds))
  end
  results[#results + 1] = found
end

for _, found in ipairs(results) do
  print(("| %s | %d | %.2f | %.2f |"):format(found.network, found.parameters, found.one, found.few))
end
local shown = math.min(10, settings.samples)
local figure = plot.images(tensor.concatenate(galleries, 1):reshape{#galleries * 2 * shown, 16, 16}, {
  columns = shown, range = {-1, 1},
  title = "by rows of two: samples, the nearest of ten training pictures",
})
record:save_figure(figure, "few_pictures")
figure:show()
record:finish{results = results}
