-- Milliseconds an update of nn.residual_mlp, 3 blocks of 1,024, batches of 256 points of 784 numbers,
-- Adam: with the built-in loss, which runs as a plan, and with the same loss written in Lua, eagerly.
local steps = tonumber(arg[1]) or 20
local stream = random.stream(1)
local examples = stream:normal{1024, 784} * 0.5

local function denoising(score, batch)
  local residual = batch.sigma:unsqueeze(2) * score(batch.noised, batch.t) + batch.noise
  return (batch.weight * (residual^2):sum(2)):mean()
end

local function milliseconds(loss, count)
  local model = nn.residual_mlp{dimension = 784, width = 1024, blocks = 3, sigma_data = 0.5,
    sde = sde.edm(), seed = 2}
  local fit = train(model, examples, {steps = count, batch = 256, seed = 3, loss = loss,
    optimizer = optim.adam{rate = 1e-4}, progress = false})
  return fit.seconds / fit.steps * 1e3
end

milliseconds(nil, 3)
print("plan", milliseconds(nil, steps))
milliseconds(denoising, 3)
print("eager", milliseconds(denoising, steps))
