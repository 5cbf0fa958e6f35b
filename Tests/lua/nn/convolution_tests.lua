-- Convolutional networks in Lua: BF-CNN built in and composed of layers, and what does not fit.
local check = require "check"

local function composed(depth, width, shape, seed)
  local layers = {nn.conv2d{shape[1], width, bias = false, initial = "kaiming_normal"}}
  for _ = 2, depth - 1 do
    layers[#layers + 1] = nn.conv2d{width, width, bias = false, initial = "kaiming_normal"}
    layers[#layers + 1] = nn.bias_free_norm{width}
    layers[#layers + 1] = nn.relu()
  end
  layers[#layers + 1] = nn.conv2d{width, shape[1], bias = false, initial = "kaiming_normal"}
  return nn.define{shape = shape, layers = nn.sequential(layers), sde = sde.ve(), predicts = "residual", seed = seed}
end

-- The same seed gives the same weights, the same outputs and the same training, bit by bit.
do
  local shape = {1, 10, 7}
  local built = nn.bf_cnn{shape = shape, depth = 5, width = 20, sde = sde.ve(), seed = 4}
  local own = composed(5, 20, shape, 4)
  check.equal(own.parameter_count, built.parameter_count)
  local x = random.stream(1):normal{4, 1, 10, 7}
  check.equal(own:denoise(x):table(), built:denoise(x):table())
  local options = {steps = 6, batch = 3, seed = 2, progress = false, loss = loss.blind()}
  train(built, x, options)
  train(own, x, options)
  check.equal(own:denoise(x):table(), built:denoise(x):table())
  check.equal(own:parameters()["3.running_sd"]:table(), built:parameters()["3.running_sd"]:table())
  assert((built:parameters()["3.running_sd"] - 1):abs():max():item() > 1e-3)
  -- Files keep weights and running deviations.
  built:save("bf_cnn.safetensors")
  check.equal(nn.load("bf_cnn.safetensors"):denoise(x):table(), built:denoise(x):table())
  own:save("own.safetensors")
  check.equal(nn.load("own.safetensors"):denoise(x):table(), own:denoise(x):table())
end

-- Layers alone
do
  local x = tensor.arange(1, 16):to("float32"):reshape{1, 1, 4, 4}
  check.equal(nn.max_pool2d{2}(x):reshape{4}:table(), {6.0, 8.0, 14.0, 16.0})
  check.equal(nn.average_pool2d{2}(x):reshape{4}:table(), {3.5, 5.5, 11.5, 13.5})
  check.equal(nn.upsample2d{2}(x).shape, {1, 1, 8, 8})
  check.equal(nn.conv2d{1, 3, stride = 2}(x).shape, {1, 3, 2, 2})
  check.equal(nn.conv_transpose2d{1, 2}(x).shape, {1, 2, 8, 8})
  check.equal(nn.conv2d{1, 3, padding = 0, kernel = 4}(x).shape, {1, 3, 1, 1})
end

-- What does not fit
local x = tensor.ones{2, 3, 5, 5}
local function fails(part, f, ...)
  local passed, message = pcall(f, ...)
  assert(not passed, "no error, expected " .. part)
  check.contains(message, part)
end
fails("x must have 4 channels, got points of shape [3, 5, 5]", nn.conv2d{4, 8}, x)
fails("kernel", nn.conv2d{3, 8, kernel = 9, padding = 0}, x)
fails("kernel must fit the padded image: it is 7×7, the image 5×5", nn.average_pool2d{7}, x)
fails("nn.conv2d: groups must divide inputs and outputs, got 2 groups of 3 and 4 channels", nn.conv2d, {3, 4, groups = 2})
fails("nn.conv2d: padding is required for an even kernel, got kernel = 2", nn.conv2d, {3, 4, kernel = 2})
fails("nn.conv2d: padding_mode must be", nn.conv2d, {3, 4, padding_mode = "mirror"})
fails("shape must be {channels, height, width} or {height, width}, got [4]", nn.bf_cnn, {dimension = 4, sde = sde.ve()})
fails("shape is required: {channels, height, width} of the pictures", nn.bf_cnn, {sde = sde.ve()})
fails("kernel must be a positive odd integer, got 4", nn.bf_cnn, {shape = {1, 4, 4}, kernel = 4, sde = sde.ve()})
fails("x must have shape [n c h w], got points of shape [3]", nn.conv2d{3, 8}, tensor.ones{2, 3})
fails("layers give points of shape [2, 6, 6], expected [1, 6, 6]", nn.define,
  {shape = {1, 6, 6}, layers = nn.sequential{nn.conv2d{1, 2}}, sde = sde.ve(), predicts = "residual"})
fails("not enough memory", nn.bf_cnn, {shape = {1, 4, 4}, depth = 1000000000, sde = sde.ve()})

-- One number a channel has no variance, in a stack as in a layer alone.
for _, layers in ipairs{
  {nn.batch_norm{1}},
  {nn.conv2d{1, 5, bias = false}, nn.batch_norm{5}, nn.relu(), nn.conv2d{5, 1}},
} do
  local model = nn.define{shape = {1, 1, 1}, layers = nn.sequential(layers), sde = sde.ve(), predicts = "residual", seed = 1}
  fails("(batch_norm) needs more than one number a channel in training", train, model, tensor.ones{1, 1, 1, 1},
    {steps = 1, batch = 1, progress = false})
end
