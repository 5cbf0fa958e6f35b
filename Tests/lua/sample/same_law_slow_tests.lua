-- With an exact score the samplers that take thousands of calls end at the target as well.
local known = require "known_law"
local process = sde.vp()

known.check("adaptive_sde", process, {rtol = 0.02, atol = 0.02})
-- Langevin steps must outrun the levels: so many at each that the law of the last follows.
for name, options in pairs{
  annealed_langevin = {times = schedule.log_snr(process, 100), ratio = 0.5, corrections = 20},
  underdamped_langevin = {times = schedule.log_snr(process, 100), ratio = 0.3, corrections = 15},
  mala = {times = schedule.log_snr(process, 30), corrections = 20},
} do
  known.check(name, process, options)
end
