-- The names of all samplers that follow a grid of times, or choose their own, on any model; `adaptive` has those
-- that choose, `noisy` those that draw noise.

local OTHERS = {define = true, certify = true, gaussian_law = true, brownian = true, last = true, coarse_to_fine = true,
  -- These ask more of a model: a density, or Gaussian data.
  mala = true, gaussian_step = true}

local names = {}
for name, value in pairs(sample) do
  if type(value) == "function" and not OTHERS[name] then names[#names + 1] = name end
end
table.sort(names)
names.adaptive = {rk45 = true, adaptive_sde = true}
names.noisy = {euler_maruyama = true, reverse_diffusion = true, ancestral = true, ddpm = true,
  dpm_solver_pp_sde = true, edm_stochastic = true, predictor_corrector = true, annealed_langevin = true,
  underdamped_langevin = true, adaptive_sde = true}
return names
