-- The gradient of training is that of its loss, for the parameters behind the noise level too: in the networks for pictures they
-- give numbers for each channel, in float64 where the prediction scales the level in float64.
local check = require "check"

local pictures = random.stream(1):normal{6, 1, 12, 12}
local RATE, STEP = 1, 1e-3

--- The loss of one update and the gradient that it went by, at parameters moved along a direction.
local function update(make, direction, step)
  local m = make()
  local before = {}
  for name, p in pairs(m:parameters()) do
    if direction then p:assign(p + step * direction[name]) end
    before[name] = p:to("float64")
  end
  local fit = train.start(m, pictures, {batch = 6, seed = 1, progress = false, log_every = 1, optimizer = optim.sgd{rate = RATE},
    time = function(n) return tensor.full({n}, 0.5) end})
  fit:advance(1)
  local gradient = {}
  for name, p in pairs(m:parameters()) do gradient[name] = (before[name] - p:to("float64")) / RATE end
  return fit.log.loss[#fit.log.loss]:item(), gradient
end

local function agree(name, make)
  local stream, direction = random.stream(7), {}
  local names = {}
  for parameter in pairs(make():parameters()) do names[#names + 1] = parameter end
  table.sort(names)
  for _, parameter in ipairs(names) do
    local p = make():parameters()[parameter]
    -- Of the time alone: the other gradients are far larger.
    local is_of_time = parameter:find("dense") or parameter:find("affine") or parameter:find("embed") or parameter:find("map_layer")
    direction[parameter] = is_of_time and not parameter:find("frequencies") and stream:normal(p.shape) or tensor.zeros(p.shape)
  end
  local _, gradient = update(make)
  local along = 0
  for _, parameter in ipairs(names) do along = along + (gradient[parameter] * direction[parameter]:to("float64")):sum():item() end
  local differences = (update(make, direction, STEP) - update(make, direction, -STEP)) / (2 * STEP)
  if not (math.abs(along - differences) <= 0.03 * math.abs(differences) + 0.02) then
    error(("%s: the gradient is %g, differences of the loss say %g"):format(name, along, differences), 2)
  end
end

for _, predicts in ipairs{"score", "noise", "edm"} do
  local function with(options)
    options.shape, options.seed, options.predicts = {1, 12, 12}, 1, predicts
    options.sde = sde.edm{sigma_min = 0.02, sigma_max = 20}
    options.sigma_data = predicts == "edm" and 0.5 or nil
    return options
  end
  agree("score_net, " .. predicts, function() return nn.score_net(with{channels = {8, 16}, embedding = 8, scale = 1}) end)
  agree("local_cnn, " .. predicts, function() return nn.local_cnn(with{width = 8}) end)
  agree("ddpmpp, " .. predicts, function()
    return nn.ddpmpp(with{channels = 8, multipliers = {1, 2}, blocks = 1, attention = {}})
  end)
end

-- A score_net of one convolution has nothing to skip.
agree("score_net of one convolution", function()
  return nn.score_net{shape = {1, 12, 12}, channels = {8}, embedding = 8, scale = 1, seed = 1, sde = sde.ve_power{}}
end)
