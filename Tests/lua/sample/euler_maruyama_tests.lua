local check = require "check"

-- Through a built-in network a step is one pass over the rows; the same step in tensors gives the same.
local plain = sample.define{name = "plain", start = function(run)
  return function(x, t, u)
    local f, g, dt = run.sde:drift(t), run.sde:diffusion(t), t - u
    return x * (1 - f * dt) + run:score(x, t) * (g * g * dt) + run:normal(x) * (g * dt ^ 0.5)
  end
end}

for dimension = 1, 3 do
  local model = nn.score_mlp{dimension = dimension, width = 20, sde = sde.vp(), seed = 1}
  local options = {count = 3000, steps = 10, seed = 4, info = true}
  local x, info = sample.euler_maruyama(model, options)
  local y, other = plain(model, options)
  check.equal((x - y):abs():max():item() < 1e-4 * y:abs():max():item(), true)
  check.equal(info.evaluations, other.evaluations)
  -- A sample is the same among few and among many.
  options.count = 7
  check.equal((sample.euler_maruyama(model, options) - x[{ {1, 7} }]):abs():max():item(), 0.0)
end
