-- Seconds of likelihood.ode with exact divergence for 1,000 points in d = 2 through nn.score_mlp of width 256 on
-- sde.vp, rtol = atol = 1e-5. The model is saved for peers/likelihood_jax.py, which does the same. The best of
-- several rounds.
-- usage: likelihood.lua MODEL
local ROUNDS <const> = 3
local model = nn.score_mlp{dimension = 2, width = 256, sde = sde.vp(), seed = 2}
model:save(arg[1])
local points = random.stream(3):normal{1000, 2}

local function round()
  local start = moondrift.seconds()
  likelihood.ode(model, points)
  return moondrift.seconds() - start
end

round()
local best = math.huge
for _ = 1, ROUNDS do best = math.min(best, round()) end
print("s", best)
