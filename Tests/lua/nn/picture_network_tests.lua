-- Networks for pictures: files, training to the same bits, what does not fit, classes, and their tables.
local check = require "check"

local function fails(part, f, ...)
  local passed, message = pcall(f, ...)
  assert(not passed, "no error, expected " .. part)
  check.contains(message, part)
end

-- Each with a size of pictures that it takes, small.
local networks = {
  {name = "bf_cnn", side = 8, options = {width = 16, depth = 5, sde = sde.ve()}},
  {name = "unet", side = 8, options = {blocks = 1, width = 16, sde = sde.ve()}},
  {name = "score_net", side = 17, options = {channels = {8, 16, 16, 16}, embedding = 32, sde = sde.ve_power{base = 25}}},
  {name = "local_cnn", side = 8, options = {width = 16, layers = 2, sde = sde.edm()}},
  {name = "ddpmpp", side = 8, options = {channels = 8, multipliers = {1, 2}, blocks = 1, attention = {4},
    sigma_data = 0.5, sde = sde.edm()}},
  {name = "residual_mlp", side = 8, options = {width = 32, blocks = 1, sigma_data = 0.5, sde = sde.edm()}},
}

local function make(network, shape, seed)
  local options = {shape = shape, seed = seed}
  for key, value in pairs(network.options) do options[key] = value end
  return nn[network.name](options)
end

for _, network in ipairs(networks) do
  local side = network.side
  local x = random.stream(1):uniform{6, 1, side, side}
  local blind = make(network, {1, side, side}, 1).predicts == "residual"
  local function denoised(model, points)
    if blind then return model:denoise(points) end
    return model:denoise(points, 0.5)
  end
  -- The same seed gives the same training, in one go and resumed from a file.
  local options = {steps = 12, batch = 4, seed = 2, progress = false, optimizer = optim.adam{rate = 2e-3},
    loss = blind and loss.blind() or nil}
  local a, b = make(network, {1, side, side}, 1), make(network, {1, side, side}, 1)
  train(a, x, options)
  local fit = train.start(b, x, options)
  fit:advance(5)
  fit:save("run.checkpoint")
  local resumed = train.resume("run.checkpoint", x)
  resumed:finish()
  check.equal(denoised(resumed.model, x):table(), denoised(a, x):table())
  assert(denoised(a, x):is_finite():all():item(), network.name)
  -- A file keeps it to the bit.
  a:save("net.safetensors")
  check.equal(denoised(nn.load("net.safetensors"), x):table(), denoised(a, x):table())
  -- Points without an axis of channels are pictures of one.
  local flat = make(network, {side, side}, 1)
  local rgb = make(network, {3, side, side}, 1)
  check.equal(denoised(flat, x:reshape{6, side, side}).shape, {6, side, side})
  check.equal(denoised(rgb, tensor.ones{2, 3, side, side}).shape, {2, 3, side, side})
  -- A row does not depend on the others in evaluation.
  local all, one = denoised(a, x), denoised(a, x[{{1, 1}}])
  assert((all[{{1, 1}}] - one):abs():max():item() < 2e-5, network.name)
  -- What does not fit
  fails("expected", function() return denoised(a, tensor.ones{2, 3, side, side}) end)
  fails("expected", function() return denoised(a, tensor.ones{2, 1, side + 1, side}) end)
  -- A table with all parameters
  local s = a:summary()
  local count = 0
  for _, line in ipairs(s.layers) do count = count + line.parameters end
  check.equal(count, a.parameter_count)
  check.equal(s.parameters, a.parameter_count)
end

-- Errors name what is wrong.
fails("shape must have a height and a width that are multiples of 2^blocks = 8, which are halved 3 times, got 12×16",
  nn.unet, {shape = {1, 12, 16}, sde = sde.ve()})
fails("shape must have a height and a width of 17 or more for 4 convolutions, got 16×16", nn.score_net,
  {shape = {16, 16}, sde = sde.ve()})
fails("multiples of 2^(multipliers - 1) = 4", nn.ddpmpp, {shape = {1, 6, 8}, predicts = "noise", sde = sde.vp()})
fails("channels must be a list of one positive integer or more", nn.score_net,
  {shape = {1, 28, 28}, channels = {}, sde = sde.ve()})
fails("multipliers must be a list", nn.ddpmpp,
  {shape = {1, 8, 8}, multipliers = {1, 0}, predicts = "noise", sde = sde.vp()})
fails("heads must divide channels", nn.ddpmpp,
  {shape = {1, 8, 8}, channels = 8, heads = 3, predicts = "noise", sde = sde.vp()})
for _, name in ipairs{"unet", "score_net", "local_cnn", "ddpmpp", "bf_cnn"} do
  local prediction = name == "ddpmpp" and "noise" or nil
  fails("shape is required", nn[name], {sde = sde.ve(), predicts = prediction})
  fails("shape must be", nn[name], {dimension = 64, sde = sde.ve(), predicts = prediction})
  local huge = {shape = {1, 1024, 1024}, sde = sde.ve(), predicts = prediction}
  if name == "score_net" then huge.channels = {1 << 18, 1 << 18}
  else huge[name == "ddpmpp" and "channels" or "width"] = 1 << 18 end
  fails("not enough memory", nn[name], huge)
end

-- Classes
for _, name in ipairs{"local_cnn", "ddpmpp"} do
  local m = nn[name]{shape = {1, 8, 8}, classes = 3, predicts = "noise", sde = sde.vp(), seed = 1,
    [name == "ddpmpp" and "channels" or "width"] = 8}
  local x = random.stream(1):normal{6, 1, 8, 8}
  local labels = tensor({0, 1, 2, 0, 1, 2}, {dtype = "int64"})
  fails("labels are required", function() return m:noise(x, 0.5) end)
  train(m, x, {steps = 30, seed = 1, labels = labels, progress = false, optimizer = optim.adam{rate = 1e-2}})
  local first = m:noise(x, 0.5, {labels = labels})
  assert((first - m:noise(x, 0.5, {labels = labels * 0})):abs():max():item() > 1e-5, name)
end
