-- Milliseconds of a training step and of a forward pass of an image network, medians of 7; of BF-CNN the same composed
-- of layers, of the U-Net a step of sampling 64 pictures.
-- usage: denoisers.lua bf_cnn|unet|score_net
local which = arg[1] or "bf_cnn"

local function median(count, body)
  body()
  local times = {}
  for k = 1, count do
    local start = moondrift.seconds()
    body()
    times[k] = (moondrift.seconds() - start) * 1e3
  end
  table.sort(times)
  return times[count // 2 + 1]
end

local function measure(model, pictures, options, prefix)
  local batch = pictures.shape[1]
  local fit = train.start(model, pictures, {steps = 100, batch = batch, seed = 1, loss = options.loss, progress = false,
    optimizer = optim.adam{rate = 1e-3}})
  print(prefix .. "train_ms", median(7, function() fit:advance(1) end))
  print(prefix .. "infer_ms", median(7, function() options.infer(model, pictures) end))
end

local function composed()
  local layers = {nn.conv2d{1, 64, bias = false}}
  for _ = 1, 19 do
    layers[#layers + 1] = nn.conv2d{64, 64, bias = false}
    layers[#layers + 1] = nn.bias_free_norm{64}
    layers[#layers + 1] = nn.relu()
  end
  layers[#layers + 1] = nn.conv2d{64, 1, bias = false}
  return nn.define{shape = {1, 80, 80}, layers = nn.sequential(layers), sde = sde.ve(), predicts = "residual",
    seed = 1}
end

local blind = {loss = loss.blind(), infer = function(model, x) model:denoise(x) end}
local photographs = random.stream(1):uniform{8, 1, 80, 80}

if which == "bf_cnn" then
  measure(nn.bf_cnn{shape = {1, 80, 80}, sde = sde.ve(), seed = 1}, photographs, blind, "")
  measure(composed(), photographs, blind, "composed_")
elseif which == "unet" then
  local model = nn.unet{shape = {1, 80, 80}, sde = sde.ve(), seed = 1}
  measure(model, photographs, blind, "")
  local steps = 2
  print("sample_ms", median(3, function()
    sample.euler(model, {count = 64, steps = steps, seed = 1, progress = false})
  end) / steps)
else
  local digits = random.stream(1):uniform{32, 1, 28, 28}
  measure(nn.score_net{shape = {1, 28, 28}, sde = sde.ve_power{base = 25}, seed = 1}, digits, {
    infer = function(model, x) model:score(x, 0.5) end}, "")
end
