-- What is made of a model without a gradient, as samples and metrics, is refused in a loss: the gradient
-- would lack that part without a word.
local check = require "check"

local mix = target.gaussian_mixture{means = {-3, 3}}
local data = mix:sample(8, {seed = 1})
local calls = {
  kl_at_time = function(s) return metric.kl_at_time(mix, s) end,
  kl_of_score = function(s) return metric.kl_of_score(mix, s) end,
  density_of_score = function(s) return metric.density_of_score(s, {range = {-1, 1}}) end,
}
for _, name in ipairs(require "samplers") do
  calls[name] = function(s) return sample[name](s, {count = 4, steps = 3, seed = 1}) end
end
assert(calls.euler_maruyama)

for name, call in pairs(calls) do
  for _, wrap in ipairs{function(f) return f end, grad.compile} do
    local m = nn.score_mlp{sde = sde.vp(), dimension = 1, seed = 1}
    local loss = wrap(function(score, batch)
      call(score)
      return (score(batch.noised, batch.t)^2):sum()
    end)
    local passed, message = pcall(train, m, data, {steps = 1, loss = loss, progress = false})
    if passed then error(name .. " in a loss: no error") end
    check.contains(message, "model must not be differentiated here")
  end
  call(nn.score_mlp{sde = sde.vp(), dimension = 1, seed = 1})
end
