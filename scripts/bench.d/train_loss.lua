-- Microseconds an update of `train` at width 16, batch 32, with denoising score matching built in and
-- written in Lua, eagerly and through grad.compile.
local steps = tonumber(arg[1]) or 20000

local stream = random.stream(1)
local examples = tensor.concatenate{stream:normal{500, 1} - 3, stream:normal{500, 1} + 3}

local function denoising(score, batch)
  local sigma = rawget(batch, "sigma") or batch.std  -- programs before the name changed
  local residual = sigma:unsqueeze(2) * score(batch.noised, batch.t) + batch.noise
  return (batch.weight * (residual^2):sum(2)):mean()
end

local function microseconds(loss, count)
  local model = nn.score_mlp{dimension = 1, width = 16, sde = sde.ve_power{base = 25}, seed = 2}
  local fit = train(model, examples, {steps = count, batch = 32, seed = 3, loss = loss,
    optimizer = optim.sgd{rate = 0.5}, progress = false})
  return fit.seconds / fit.steps * 1e6
end

microseconds(nil, steps)
print("built_in", microseconds(nil, 10 * steps))
print("eager", microseconds(denoising, steps // 4))
print("compiled", microseconds(grad.compile(denoising), steps))
