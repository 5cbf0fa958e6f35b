-- Milliseconds of a training step and of a forward pass of BF-CNN on 8 pictures of 80×80, built in and composed
-- of layers: medians of 7.
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

local pictures = random.stream(1):uniform{8, 1, 80, 80}

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

local function measure(model, prefix)
  local fit = train.start(model, pictures, {steps = 100, batch = 8, seed = 1, loss = loss.blind(), progress = false,
    optimizer = optim.adam{rate = 1e-3}})
  print(prefix .. "train_ms", median(7, function() fit:advance(1) end))
  print(prefix .. "infer_ms", median(7, function() model:denoise(pictures) end))
end

measure(nn.bf_cnn{shape = {1, 80, 80}, sde = sde.ve(), seed = 1}, "")
measure(composed(), "composed_")
