-- Update rules and learning rates against PyTorch (Tests/References/optimizers.py).
local check = require "check"

local folder = debug.getinfo(1, "S").source:match("^@(.*)/lua/optim/")
local wanted = {}
for line in io.lines(folder .. "/References/optimizers.txt") do
  local case, name, numbers = line:match("^(%d+) (%S+) %d+ : (.*)$")
  local values = {}
  for number in numbers:gmatch("%S+") do values[#values + 1] = tonumber(number) end
  case = math.tointeger(tonumber(case))
  wanted[case] = wanted[case] or {}
  wanted[case][name] = tensor(values, {dtype = "float64"})
end

local i = tensor.arange(0, 36):to("float64")
local a = (0.1 + 0.05 * i):to("float32")

--- The largest error relative to 1 after 1, 10 and 60 updates.
local function error_of(rule, case)
  local x, state, worst = (1 - 0.07 * i):to("float32"), nil, 0
  for step = 1, 60 do
    x, state = rule:update(x, a * x, state)
    local expected = wanted[case]["step_" .. step]
    if expected then worst = math.max(worst, (x:to("float64") - expected):abs():max():item()) end
  end
  return worst
end

-- Sixty updates in float32 beside float64.
local rules = {
  [0] = {optim.adamw{rate = 0.01, weight_decay = 0.05}, optim.adamw{rate = 0.01, weight_decay = 0.04}},
  {optim.sgd{rate = 0.02, momentum = 0.9, nesterov = true}, optim.sgd{rate = 0.02, momentum = 0.9}},
  {optim.adamw{rate = rate.cosine{rate = 0.01, steps = 60, final = 1e-3}}, optim.adamw{rate = 0.01}},
  {optim.sgd{rate = rate.step_decay{rate = 0.02, every = 10}, momentum = 0.9}, optim.sgd{rate = 0.02, momentum = 0.9}},
}
for case, pair in pairs(rules) do
  local right, wrong = error_of(pair[1], case), error_of(pair[2], case)
  assert(right < 2e-6, ("%s: %s"):format(pair[1], right))
  check.rejects("another rule: " .. tostring(pair[2]), function() assert(wrong < 2e-6) end)
end

-- Rates by the step.
local schedules = {
  [4] = rate.step_decay{rate = 0.1, every = 7, factor = 0.3},
  [5] = rate.exponential{rate = 0.1, factor = 0.97},
  [6] = rate.cosine{rate = 0.1, steps = 40, final = 0.01},
  [7] = rate.sequence{rates = {rate.warm_up{rate = 0.1, steps = 10}, rate.cosine{rate = 0.1, steps = 50}}, steps = {10}},
  [8] = rate.warm_up{steps = 8, rate = rate.inverse_sqrt{rate = 0.1, reference = 20}},
}
local function gap(r, case)
  local worst = 0
  for step = 1, 60 do worst = math.max(worst, math.abs(r(step) - wanted[case].rates[step]:item())) end
  return worst
end
for case, r in pairs(schedules) do
  assert(gap(r, case) < 1e-12, tostring(r))
  check.rejects("a rate one step late", function()
    assert(gap(function(step) return r(step + 1) end, case) < 1e-12)
  end)
end

-- They print as they are written, and take one another, numbers and functions.
check.equal(tostring(rate.warm_up{steps = 5, rate = rate.cosine{rate = 0.1, steps = 10}}),
  "rate.warm_up{rate = rate.cosine{rate = 0.1, steps = 10}, steps = 5}")
check.equal(tostring(optim.adamw{rate = rate.inverse_sqrt()}), "optim.adamw{rate = rate.inverse_sqrt{}}")
check.equal(optim.adamw().weight_decay, 0.01)
check.equal(rate.cosine{steps = 10}.steps, 10)
local doubled = rate.warm_up{steps = 4, rate = function(step) return 2 * step end}
check.equal({doubled(1), doubled(2), doubled(5)}, {0.5, 2.0, 10.0})
check.equal(rate.step_decay{rate = 1, every = 2}(5), 0.25)

check.raises("rate.cosine: steps is required: a positive integer", rate.cosine, {})
check.raises("rate.sequence: steps must be one less than the rates, got 1 beside 1 rates", rate.sequence, {rates = {0.1}, steps = {3}})
check.raises("rate.warm_up: rate must be a number of 0 or more, a rate, or a function of the step, got -1",
  rate.warm_up, {rate = -1, steps = 3})
check.raises("optim.sgd: rate must be a number of 0 or more, a rate, or a function of the step, got optim.adam{}",
  optim.sgd, {rate = optim.adam()})
check.raises("optim.sgd: nesterov needs a momentum above 0, got 0", optim.sgd, {rate = 1, nesterov = true})
check.raises("rate must return a number of 0 or more, got -2 at step 1", function()
  rate.warm_up{steps = 1, rate = function() return -2 end}(1)
end)

-- An average's memory, and what must not be given together.
check.equal(tostring(optim.ema{half_life = 100, warm_up = 0.05}), "optim.ema{half_life = 100, warm_up = 0.05}")
check.raises("optim.ema: give one of decay, half_life and half_life_examples, got 0", optim.ema, {})
check.raises("optim.ema: give one of decay, half_life and half_life_examples, got 2", optim.ema, {decay = 0.5, half_life = 3})
check.raises("optim.power_ema: std must be a number above 0 and below 1/√12 = 0.2887, got 0.3", optim.power_ema, {std = 0.3})
check.raises("optim.posthoc_ema: every is required: a positive integer", optim.posthoc_ema, {folder = "x"})
