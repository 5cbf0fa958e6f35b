local check = require "check"

local exact = target.gaussian_mixture{means = {-3, 3}}:model(sde.vp())

-- A method of the user's own gives what the same one here gives.
local euler = sample.define{name = "euler", weak_order = 1, strong_order = 1, start = function(run)
  return function(x, t, u)
    local f, g, dt = run.sde:drift(t), run.sde:diffusion(t), t - u
    return x * (1 - f * dt) + run:score(x, t) * (g * g * dt) + run:normal(x) * (g * dt ^ 0.5)
  end
end}
local options = {count = 5000, steps = 20, seed = 4, info = true}
local x, info = euler(exact, options)
local y, other = sample.euler_maruyama(exact, options)
check.equal((x - y):abs():max():item() < 1e-5, true)
check.equal(info.evaluations, other.evaluations)
check.equal(tostring(euler), "sampler(euler)")

-- One result unless more is asked for.
check.equal(select("#", euler(exact, {count = 2, steps = 2})), 1)
plot.histogram(sample.euler_maruyama(exact, {count = 5, steps = 2}))

-- What a step remembers are locals of the start: two-step Adams–Bashforth.
local adams = sample.define{name = "adams", order = 2, start = function(run)
  local before, width
  return function(x, t, u)
    local v = run:velocity(x, t)
    local h = u - t
    local slope = before and v * (1 + h / (2 * width)) - before * (h / (2 * width)) or v
    before, width = v, h
    return x + h * slope
  end
end}
local found = sample.certify(adams)
check.equal(found.flaws, {})
check.equal(found.passed, true)
check.equal(found.evaluations, 1.0)

-- A claim that is not so.
local boast = sample.define{name = "boast", order = 2, start = function(run)
  return function(x, t, u) return x + (u - t) * run:velocity(x, t) end
end}
check.equal(sample.certify(boast).passed, false)

-- A failure keeps the state before it.
local fails = sample.define{name = "fails", start = function(run)
  return function(x, t, u) if u < 0.5 then error("too late") end return x * 0.5 end
end}
local passed, message = pcall(fails, exact, {count = 3, times = {1, 0.8, 0.6, 0.4}, seed = 2})
check.contains(message, "too late")
check.equal({sample.last.step, sample.last.time, sample.last.points.shape[1]}, {2, 0.6, 3})

check.raises("name is required: a string", sample.define, {})
check.raises("strong_order needs weak_order",
  sample.define, {name = "a", start = print, strong_order = 1})
check.raises("start must return a function, got nil; is a 'return' missing?",
  sample.define{name = "a", start = function() end}, exact)
check.raises("step of a must return a tensor of shape [2, 1], as x, got [2]",
  sample.define{name = "a", start = function() return function(x) return x:reshape{2} end end},
  exact, {count = 2})
check.raises("sample.certify: unknown sampler 'huen' (did you mean heun?)", sample.certify, "huen")

-- A sampler of the user's own whose samples choose their steps: the tolerance is the user's.
local function apart(tolerance)
  return sample.define{name = "apart", error_order = 2, start = function(run)
    return function(x, t, u)
      local h = (u - t):unsqueeze(2)
      local v = run:velocity(x, t)
      local euler = x + h * v
      local heun = x + h * (v + run:velocity(euler, u)) / 2
      return heun, (heun - euler):norm(2, 2) / tolerance
    end
  end}
end
check.equal(sample.certify(apart(1e-3)).flaws, {})
local given = {start = random.stream(1):normal({50, 1}, {dtype = "float64"}), info = true}
local right = sample.rk45(exact, {start = given.start, rtol = 1e-9, atol = 1e-9})
local rough, roughly = apart(1e-2)(exact, given)
local fine, finely = apart(1e-4)(exact, given)
check.equal((fine - right):abs():max():item() < (rough - right):abs():max():item() / 5, true)
check.equal(finely.accepted:min():item() > roughly.accepted:max():item(), true)
check.equal(finely.accepted:min():item() < finely.accepted:max():item(), true)
-- Each sample alone.
local alone = apart(1e-2)(exact, {start = given.start[{ {1, 2} }]})
check.equal((alone - rough[{ {1, 2} }]):abs():max():item(), 0.0)
check.raises("error_order stands alone: the error follows the tolerance",
  sample.define, {name = "a", start = print, error_order = 2, order = 1})
check.raises("step of a must return a state and its errors, a tensor [n] with n = 2, got tensor 2×1 float64 [mean 1, std 0]",
  sample.define{name = "a", error_order = 2, start = function()
    return function(x) return tensor.ones({2, 1}, {dtype = "float64"}) end end}, exact, {count = 2})
