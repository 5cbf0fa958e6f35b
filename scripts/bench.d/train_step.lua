-- Microseconds a training step of the main job: the one-hidden-layer score network of width 16 on
-- the two-mode mixture, 1000 examples, batch 32, SGD 0.5, shuffled each epoch.
local epochs = tonumber(arg[1]) or 2001
local batch, count = 32, 1000
local steps_per_epoch = math.ceil(count / batch)

local mixture = target.gaussian_mixture{means = {-3, 3}, stds = 1}
local examples = mixture:sample(count, {seed = 1})

local function microseconds(epochs)
  local model = nn.score_mlp{dimension = 1, width = 16, sde = sde.ve_power{base = 25}, seed = 2}
  local start = os.clock()
  train(model, examples, {epochs = epochs, batch = batch, optimizer = optim.sgd{rate = 0.5}, seed = 3})
  return (os.clock() - start) / (epochs * steps_per_epoch) * 1e6
end

microseconds(epochs // 10)
print("us", microseconds(epochs))
