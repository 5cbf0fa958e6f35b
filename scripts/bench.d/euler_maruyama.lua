-- Seconds of Euler–Maruyama in d = 1 through nn.score_mlp, 500 steps of 10,000 samples; and of the noise
-- alone, drawn by the same keys. The same as peers/euler_maruyama_jax.py. The best of several rounds.
-- usage: euler_maruyama.lua width
local width = math.tointeger(tonumber(arg[1]))
local STEPS <const>, COUNT <const>, ROUNDS <const> = 500, 10000, 3
local model = nn.score_mlp{dimension = 1, width = width, sde = sde.ve_power{base = 25}, seed = 2}

local function seconds(body)
  body()
  local best = math.huge
  for _ = 1, ROUNDS do
    local start = moondrift.seconds()
    body()
    best = math.min(best, moondrift.seconds() - start)
  end
  return best
end

print("s", seconds(function()
  sample.euler_maruyama(model, {count = COUNT, steps = STEPS, seed = 3, progress = false})
end))
print("noise", seconds(function()
  local stream = random.stream(3)
  for _ = 1, STEPS do stream:normal{COUNT, 1} end
end))
