-- A time outside the diffusion is an error however a model is called: at once, under a gradient, in a
-- compiled function when it is recorded and when its plan is replayed.
local check = require "check"

local x = tensor{{1}, {2}}
local models = {
  nn.score_mlp{sde = sde.vp(), dimension = 1, seed = 1},
  target.gaussian_mixture{means = {-3, 3}}:model(sde.vp()),
}
for _, m in ipairs(models) do
  for _, call in ipairs{"score", "denoise"} do
    local function value(t) return m[call](m, x, t):sum() end
    local ways = {value, grad(value), grad.compile(value), grad.compile(grad(value))}
    for _, f in ipairs(ways) do
      -- Recorded with a wrong time, recorded with a right one, and replayed.
      check.raises("t must lie from 0 to time_max = 1, got 50 at position 1", f, tensor{50, 0.5})
      local first = f(tensor{0.5, 0.25})
      check.equal(f(tensor{0.5, 0.25}):reshape{-1}:table(), first:reshape{-1}:table())
      check.raises("t must lie from 0 to time_max = 1, got -1 at position 2", f, tensor{0.5, -1})
      check.raises("got nan at position 2", f, tensor{0.5, 0 / 0})
      f(tensor(0.5))
      local passed, message = pcall(f, tensor(7))
      assert(not passed)
      check.contains(message, "t must lie from 0 to time_max = 1, got 7")
    end
    local compiled, plain = ways[4](tensor{0.5, 0.25}), ways[2](tensor{0.5, 0.25})
    check.near((compiled - plain):abs():max():item(), 0, 1e-6)
  end
end
