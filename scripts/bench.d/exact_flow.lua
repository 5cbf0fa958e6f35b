-- The flows of generalization/early_stopping.lua for the mixture at its default size, with the KL at each training
-- time: for each n with m = 200 and m = n features, three seeds. Prints seconds, `flow`; and milliseconds of
-- metric.kl_of_score 60 times on a model of 200 features, `kl_60`.
local process = sde.ou()
local mix = target.gaussian_mixture{means = {-3, 3}}
local taus = {}
for k = 1, 55 do taus[k] = 10^(3 + 9 * (k - 1) / 54) end
local double = tensor(taus, {dtype = "float64"})

local start = moondrift.seconds()
local noised = mix:noised(process, 0.05)
local log_p
local model
for _, n in ipairs{10, 30, 100, 300, 1000} do
  for _, width in ipairs{200, n} do
    for seed = 1, 3 do
      local flow = theory.gradient_flow(nn.random_features{width = width, sde = process, seed = seed},
        mix:sample(n, {seed = seed}), {time = {0.05, 3}, test = mix})
      for _, tau in ipairs(taus) do
        model = flow:model(tau)
        local x, q = metric.density_of_score(model, {range = {-15, 15}, time = 0.05})
        log_p = log_p or noised:log_density(x:reshape{#x, 1})
        local _ = (log_p:exp() * (log_p - q:maximum(1e-300):log())):sum():item()
      end
      flow:score_error(double)
    end
  end
end
print("flow", moondrift.seconds() - start)

local flow = theory.gradient_flow(nn.random_features{width = 200, sde = process, seed = 1},
  mix:sample(100, {seed = 1}), {time = {0.05, 3}})
model = flow:model(1e7)
start = moondrift.seconds()
for _ = 1, 60 do metric.kl_of_score(mix, model, {time = 0.065}) end
print("kl_60", 1e3 * (moondrift.seconds() - start))
