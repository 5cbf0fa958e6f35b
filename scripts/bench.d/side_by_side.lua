-- Milliseconds an update of the networks of memorization/memorization_time.lua, for all of them together: `seeds_3`
-- are the networks of one number of points there, one for each seed, `seeds_8` is what more seeds would be. Side by
-- side by train.start, and with `_alone` behind the name each for itself, in turn: medians of rounds that alternate.
-- Both make the same updates of the same compiled step and end with the same parameters, which is checked.
local ROUNDS <const> = 9
local steps = tonumber(arg[1]) or 100  -- of a round
local process = sde.vp()
local minus, plus = {}, {}
for k = 1, 8 do minus[k], plus[k] = -1, 1 end
local mix = target.gaussian_mixture{means = {minus, plus}}
local N <const> = 128

local function networks(count)
  local models, sets, seeds = {}, {}, {}
  for k = 1, count do
    seeds[k] = k
    sets[k] = mix:sample(N, {seed = k})
    models[k] = nn.residual_mlp{dimension = 8, width = 64, sde = process, predicts = "noise", seed = k}
  end
  return models, sets, seeds
end

local function options(seed)
  return {batch = N, optimizer = optim.adam{rate = 6e-4}, seed = seed, progress = false}
end

--- Milliseconds an update of one round of these runs, one after another.
local function milliseconds(fits)
  local start = moondrift.seconds()
  for _, fit in ipairs(fits) do fit:advance(steps) end
  return 1e3 * (moondrift.seconds() - start) / steps
end

for _, count in ipairs{3, 8} do
  local models, sets, seeds = networks(count)
  local together, others, alone = train.start(models, sets, options(seeds)), networks(count), {}
  for k, model in ipairs(others) do alone[k] = train.start(model, sets[k], options(k)) end
  local first, second = {}, {}
  for round = 0, ROUNDS do  -- round 0 records the steps
    local a, b = milliseconds{together[1]}, milliseconds(alone)
    if round > 0 then first[round], second[round] = a, b end
  end
  print(("seeds_%d"):format(count), metric.quantiles(first, {0.5})[1])
  print(("seeds_%d_alone"):format(count), metric.quantiles(second, {0.5})[1])
  local x = mix:sample(64, {seed = 100})
  for k, model in ipairs(others) do
    local difference = (model:score(x, 0.3) - models[k]:score(x, 0.3)):abs():max():item()
    assert(difference == 0, "side by side and alone differ")
  end
end
