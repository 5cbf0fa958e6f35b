-- Microseconds a training step of the main job: the one-hidden-layer score network of width 16 on
-- the two-mode mixture, 1000 examples, batch 32, SGD 0.5, shuffled each epoch.
local epochs = tonumber(arg[1]) or 2001

local stream = random.stream(1)
local examples = tensor.concatenate{stream:normal{500, 1} - 3, stream:normal{500, 1} + 3}

local function microseconds(epochs)
  local model = nn.score_mlp{dimension = 1, width = 16, sde = sde.ve_power{base = 25}, seed = 2}
  local fit = train(model, examples,
    {epochs = epochs, batch = 32, optimizer = optim.sgd{rate = 0.5}, seed = 3})
  return fit.seconds / fit.steps * 1e6
end

microseconds(epochs // 10)
print("us", microseconds(epochs))
