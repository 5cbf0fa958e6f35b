-- The third term of DPM-Solver++(3M): with half of it, as in the code of the paper, the order is 2.
local check = require "check"

local process = sde.ve_power{base = 25}

--- The step by divided differences, with the third term times a factor, after a start that keeps the order.
local function with_third_term(factor)
  return sample.define{name = "third", start = function(run)
    local means, lambdas = {}, {}
    return function(x, t, u)
      local p = run.sde
      local function lambda(time) return math.log(p:alpha(time) / p:sigma(time)) end
      local h = lambda(u) - lambda(t)
      table.insert(means, 1, run:denoise(x, t))
      table.insert(lambdas, 1, lambda(t))
      local k, decay = p:sigma(u) / p:sigma(t), 1 - math.exp(-h)
      if #means == 1 then
        -- A single step of order 2 by the mean in its middle.
        local low, high = u, t
        for _ = 1, 200 do
          local middle = (low + high) / 2
          if lambda(middle) > lambdas[1] + h / 2 then low = middle else high = middle end
        end
        local s = high
        local y = p:sigma(s) / p:sigma(t) * x + p:alpha(s) * (1 - math.exp(-h / 2)) * means[1]
        return k * x + p:alpha(u) * decay * run:denoise(y, s)
      end
      local first = (means[1] - means[2]) / ((lambdas[1] - lambdas[2]) / h)
      local phi2 = 1 - decay / h
      local y = k * x + p:alpha(u) * decay * means[1]
      if #means == 2 then return y + p:alpha(u) * phi2 * first end
      local r0, r1 = (lambdas[1] - lambdas[2]) / h, (lambdas[2] - lambdas[3]) / h
      local second = (means[2] - means[3]) / r1
      local d1 = first + (first - second) * (r0 / (r0 + r1))
      local d2 = (first - second) * (1 / (r0 + r1))
      return y + p:alpha(u) * (phi2 * d1 + factor * (0.5 - phi2 / h) * d2)
    end
  end}
end

local function order(sampler)
  local errors = {}
  for place, steps in ipairs{400, 1600} do
    local law = sample.gaussian_law(sampler, {sde = process, variance = 2, start = 2 + process:sigma(1) ^ 2,
      times = schedule.log_snr(process, steps)})
    errors[place] = math.abs(law.variance - law.exact)
  end
  return math.log(errors[1] / errors[2]) / math.log(4)
end

check.near(order("dpm_solver_pp_3m"), 3, 0.2)
check.near(order(with_third_term(2)), 3, 0.2)
check.near(order(with_third_term(1)), 2, 0.2)
local here = sample.gaussian_law("dpm_solver_pp_3m", {sde = process, steps = 40}).variance
local there = sample.gaussian_law(with_third_term(2), {sde = process, steps = 40}).variance
check.near(here / there, 1, 1e-9)
