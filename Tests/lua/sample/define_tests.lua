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
