-- Milliseconds of Heun's method and of DPM-Solver++ (2M) in d = 2 through nn.score_mlp of width 256: 20 steps,
-- even in log-SNR, of 10,000 samples. The same as peers/probability_flow_jax.py. The best of several rounds.
local STEPS <const>, COUNT <const>, ROUNDS <const> = 20, 10000, 20
local process = sde.vp()
local model = nn.score_mlp{dimension = 2, width = 256, sde = process, seed = 2}
local options = {count = COUNT, times = schedule.log_snr(process, STEPS), seed = 3, progress = false}

for _, name in ipairs{"heun", "dpm_solver_pp_2m"} do
  local method, best = sample[name], math.huge
  method(model, options)
  for _ = 1, ROUNDS do
    local start = moondrift.seconds()
    method(model, options)
    best = math.min(best, moondrift.seconds() - start)
  end
  print(name, 1e3 * best)
end
