-- Positive control: networks for pictures learn one picture, and the fully connected one ten, by heart.

-- Products of waves, of standard deviation 1.
local function pictures(count, side)
  local stream, places = random.stream(7), tensor.arange(1, side):to("float32") / side * math.pi
  local x = tensor.zeros{count, 1, side, side}
  for i = 1, count do
    local a, b = stream:uniform(2):table(), stream:uniform(2):table()
    local rows, columns = (places * (1 + 3 * a[1]) + 6 * a[2]):sin(), (places * (1 + 3 * b[1]) + 6 * b[2]):sin()
    x[i] = (rows:unsqueeze(2) * columns:unsqueeze(1)):unsqueeze(1)
  end
  return x / x:std():item()
end

local function options(steps, rate, batch)
  return {steps = steps, batch = batch, seed = 1, progress = false,
    optimizer = optim.adam{rate = function(s) return rate * math.min(1, s / 20, 2 * (steps - s) / steps) end}}
end

-- Samples of the probability flow, trained as in Karras et al. 2022.
local process = sde.edm()
local function copies(model, x, steps, rate, batch)
  local o = options(steps, rate, batch)
  o.time = function(n, stream) return (-0.5 + 1.2 * stream:normal(n)):exp():minimum(80) end
  o.weight = function(sigma) return sigma^2 * (sigma^2 + 1) end
  train(model, x, o)
  return sample.heun(model, {count = 32, times = schedule.karras(process, 18), seed = 3, progress = false})
end

local function small(name, more)
  more.sde, more.predicts, more.sigma_data, more.seed = process, "edm", 1, 1
  return nn[name](more)
end

for _, case in ipairs{
  {small("score_net", {shape = {1, 17, 17}, channels = {16, 32, 32, 32}, embedding = 32, scale = 1}), 300, 5e-3},
  {small("ddpmpp", {shape = {1, 8, 8}, channels = 16, multipliers = {1, 2}, blocks = 1, attention = {4}}), 100, 5e-3},
  {small("local_cnn", {shape = {1, 8, 8}, width = 32, layers = 3}), 1200, 3e-3},
} do
  local model, steps, rate = table.unpack(case)
  local x = pictures(1, model.shape[2])
  local apart = ((copies(model, x, steps, rate, 16) - x)^2):mean():sqrt():item()
  assert(apart < 0.4, tostring(model) .. ": " .. apart)
end

do
  local x = pictures(10, 8)
  local y = copies(small("residual_mlp", {shape = {1, 8, 8}, width = 128, blocks = 2}), x, 3000, 3e-3, 64)
  local share = metric.memorized_fraction(y, x)
  assert(share > 0.8, share)
end

-- A blind denoiser without biases knows a picture but for its scale: what is left of the noise is far below what a
-- mean over neighbours leaves.
for _, model in ipairs{
  nn.unet{shape = {1, 8, 8}, blocks = 2, width = 16, sde = sde.ve{sigma_max = 1}, seed = 1},
  nn.bf_cnn{shape = {1, 8, 8}, width = 32, depth = 7, sde = sde.ve{sigma_max = 1}, seed = 1},
} do
  local x = pictures(1, 8)
  local o = options(500, 3e-3, 16)
  o.loss = loss.blind()
  train(model, x, o)
  local y = x + 0.3 * random.stream(5):normal{64, 1, 8, 8}
  local left = ((model:denoise(y) - x)^2):mean():sqrt():item()
  assert(left < 0.12, tostring(model) .. ": " .. left)
end
