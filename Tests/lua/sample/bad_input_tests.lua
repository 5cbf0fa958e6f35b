-- What goes wrong in the middle of a run, by every sampler: the error says where, and the points are kept.
local check = require "check"
local samplers = require "samplers"

local process = sde.vp()
local start = tensor{{-2}, {-1}, {0}, {1}, {2}, {3}}
local ADAPTIVE = samplers.adaptive

local function run(name, model, options)
  options = options or {}
  options.start, options.seed = options.start or start, 2
  if not ADAPTIVE[name] then options.steps = 10 end
  return pcall(sample[name], model, options)
end

for _, name in ipairs(samplers) do
  -- No number where x is large, below a time.
  local lost = nn.define{dimension = 1, sde = process, score = function(_, x, t)
    local bad = t:unsqueeze(2):less(0.45) & x:greater(0.3)
    return tensor.where(bad, 0 * x / 0, -x)
  end}
  local passed, message = run(name, lost)
  check.equal(passed, false)
  if ADAPTIVE[name] then
    check.contains(message, "of 6 samples shrank to nothing at t = 0.4")
  else
    check.contains(message, "in step ")
    check.contains(message, " of 10, from t = ")
    check.contains(message, " of 6 samples")
  end
  local last = sample.last
  check.equal(last.points.shape, {6, 1})
  check.equal(last.points:is_finite():all():item(), true)
  check.equal(last.message:find("samples", 1, true) ~= nil, true)
  if not ADAPTIVE[name] then check.equal(last.step > 2 and last.step < 9, true) end

  -- A score that raises after a few calls.
  local calls = 0
  local raising = nn.define{dimension = 1, sde = process, score = function(_, x)
    calls = calls + 1
    if calls > 9 then error("the well is dry") end
    return -x
  end}
  calls = 0
  passed, message = run(name, raising)
  check.equal(passed, false)
  check.contains(message, "the well is dry")
  check.equal(sample.last.points.shape, {6, 1})

  -- One that returns another shape after a few calls.
  local shapes = 0
  local odd = nn.define{dimension = 1, sde = process, score = function(_, x)
    shapes = shapes + 1
    return shapes > 9 and x:reshape{x.shape[1]} or -x
  end}
  shapes = 0
  passed, message = run(name, odd)
  check.equal(passed, false)
  check.contains(message, "score must return")
  check.contains(message, "[6]")

  -- The start is left as it was, and seeds do not matter where no noise is drawn.
  local copy = start:copy()
  local exact = target.gaussian_mixture{means = {-1, 1}}:model(process)
  local _, first = run(name, exact)
  check.equal((start - copy):abs():max():item(), 0.0)
end

-- Without noise the seed does not matter; with noise it does.
local exact = target.gaussian_mixture{means = {-1, 1}, stds = 0.5}:model(process)
for _, name in ipairs(samplers) do
  local ends = {}
  for seed = 1, 2 do
    ends[seed] = sample[name](exact, {start = start, seed = seed, times = not ADAPTIVE[name] and schedule.log_snr(process, 8) or nil})
  end
  check.equal((ends[1] - ends[2]):abs():max():item() > 0, samplers.noisy[name] or false)
end

-- Options out of range.
local raises = check.raises
local function fails(part, f, ...)
  local passed, message = pcall(f, ...)
  check.equal(passed, false)
  check.contains(message, part)
end
raises("sample.ddim: eta must be a number from 0 to 1, got 1.5", sample.ddim, exact, {eta = 1.5})
raises("sample.ddim: eta must be a number from 0 to 1, got -0.1", sample.ddim, exact, {eta = -0.1})
raises("sample.lms: order must be an integer from 1 to 4, got 5", sample.lms, exact, {order = 5})
raises("sample.unipc: order must be an integer from 1 to 3, got 0", sample.unipc, exact, {order = 0})
raises("sample.ddpm: variance must be 'forward' or 'posterior', got 'learned'",
  sample.ddpm, exact, {variance = "learned"})

-- What a process or a model cannot serve, by name.
local flow = sde.linear_flow()
local score_on_flow = nn.define{dimension = 1, sde = flow, score = function(_, x) return -x end}
raises("sample.ddim: no clean sample follows from the score at t = 1, where alpha is 0", sample.ddim, score_on_flow, {times = {1, 0.5}, count = 2})
raises("sample.euler_maruyama: the drift of sde.linear_flow{} is infinite at t = 1, so the reverse SDE cannot start there; start below it, or use sample.heun", sample.euler_maruyama, score_on_flow,
  {times = {1, 0.5}, count = 2})
fails("2 of 2 samples have made max_steps = 5 steps", sample.rk45, exact, {count = 2, max_steps = 5, rtol = 1e-9})

-- Models that predict the clean sample or the velocity go from no signal to no noise.
for _, predicts in ipairs{"clean", "velocity"} do
  local m = nn.define{dimension = 1, sde = flow, predicts = predicts, forward = function(_, x) return x / 2 end}
  for _, name in ipairs{"euler", "ddim", "dpm_solver_1", "dpm_solver_2", "dpm_solver_3", "dpm_solver_pp_2s",
    "dpm_solver_pp_2m", "dpm_solver_pp_3m", "dpm_solver_pp_sde", "unipc", "lms", "heun", "rk4", "ancestral", "ddpm",
    "flow_euler", "flow_midpoint"} do
    local y = sample[name](m, {times = {1, 0.8, 0.5, 0.2, 0}, start = start})
    check.equal(y:is_finite():all():item(), true)
  end
end

check.raises("sample.gaussian_law: steps must be a positive integer, got -1", function()
  return sample.gaussian_law("euler", {steps = -1})
end)
