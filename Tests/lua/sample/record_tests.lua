-- What record keeps: states, posterior means, norms of the score; whole or as far as a run came.
local check = require "check"

local mix = target.gaussian_mixture{means = {{-2, 0}, {2, 1}}, stds = 0.5}
local process = sde.vp()
local exact = mix:model(process)
local fields = {"x", "clean", "score_norm"}
for _, name in ipairs{"euler_maruyama", "heun", "dpm_solver_pp_2m", "rk45"} do
  local options = {count = 4, seed = 1, times = schedule.uniform(process, 6), record = 2, fields = fields}
  local y, info = sample[name](exact, options)
  check.equal(info.x.shape, {4, 4, 2})
  check.equal(info.clean.shape, {4, 4, 2})
  check.equal(info.score_norm.shape, {4, 4})
  check.equal((info.x[4] - y):abs():max():item(), 0.0)
  for place = 1, 4 do
    local x, t = info.x[place], info.recorded_times[place]:item()
    check.near((info.clean[place] - exact:denoise(x, t)):abs():max():item(), 0, 1e-4)
    local norm = (exact:score(x, t)^2):sum(2):sqrt()
    check.near((info.score_norm[place] / norm - 1):abs():max():item(), 0, 1e-4)
  end
  -- asking for them changes no sample; the calls are counted
  local plain, few = sample[name](exact, {count = 4, seed = 1, times = schedule.uniform(process, 6), info = true})
  check.equal((plain - y):abs():max():item(), 0.0)
  assert(info.evaluations > few.evaluations, name)
end

-- one alone, pictures, and many rows in blocks
local _, info = sample.heun(exact, {count = 5000, seed = 2, steps = 4, record = 4, fields = {"score_norm"}})
check.equal(info.score_norm.shape, {2, 5000})
check.equal(rawget(info, "x"), nil)
local blank = nn.define{shape = {2, 3}, sde = process, score = function(_, x) return -x end}
_, info = sample.heun(blank, {count = 3, seed = 2, steps = 4, record = 4, fields = {"score_norm", "clean"}})
check.equal(info.clean.shape, {2, 3, 2, 3})

-- a blind sampler has posterior means and no score
local blind = nn.define{dimension = 2, sde = sde.edm(), predicts = "residual", forward = function(_, y) return y * 0.5 end}
_, info = sample.coarse_to_fine(blind, {count = 3, seed = 1, record = 5, fields = {"x", "clean"}})
check.near((info.clean - info.x * 0.5):abs():max():item(), 0, 1e-6)
check.raises("sample.coarse_to_fine: fields must not have score_norm for a sampler without times",
  sample.coarse_to_fine, blind, {count = 3, record = 5, fields = {"score_norm"}})

-- kept when a run fails
local calls = 0
local failing = nn.define{dimension = 1, sde = process, score = function(_, x, t)
  calls = calls + 1
  if calls > 12 then error "enough" end
  return -x
end}
calls = 0
check.equal(pcall(sample.euler_maruyama, failing, {count = 2, steps = 50, seed = 1, record = 1, fields = {"x", "clean"}}), false)
local last = sample.last
assert(last.step > 2 and last.clean.shape[1] >= last.step)
check.equal(last.x.shape, last.clean.shape)

for _, wrong in ipairs{{"y"}, {"x", "x"}, {}} do
  check.raises("sample.heun: fields must be a list of 'x', 'clean', 'score_norm', each once, got a table", sample.heun,
    exact, {record = 1, fields = wrong})
end
