-- Which runs of a sampler take a seed of the session: those that draw.
local check = require "check"
local mix = target.gaussian_mixture{means = {-3, 3}}
local model = mix:model(sde.vp())
local start = mix:sample(4, {seed = 1})

local function seed_of(sampler, options)
  options.info, options.steps, options.progress = true, 3, false
  local _, info = sampler(model, options)
  return rawget(info, "seed")
end

--- A draw of the session after a function was called, in a process of its own.
local function draw_after(f)
  local child = moondrift.start(function()
    f()
    return tostring(mix:sample(1):item())
  end, {seed = 7, threads = 1})
  moondrift.wait({child}, 30)
  return child.output
end
local untouched = draw_after(function() end)

local quiet = {
  heun = {sample.heun, {start = start}}, ddim = {sample.ddim, {start = start}},
  dpm_solver_pp_3m = {sample.dpm_solver_pp_3m, {start = start}},
}
local drawing = {
  ["heun from a start of its own"] = {sample.heun, {count = 4}},
  ["ddim with noise"] = {sample.ddim, {start = start, eta = 1}},
  euler_maruyama = {sample.euler_maruyama, {start = start}},
  adaptive_sde = {sample.adaptive_sde, {start = start}},
}
for name, case in pairs(quiet) do
  check.equal({name, seed_of(table.unpack(case))}, {name})
  check.equal({name, draw_after(function() seed_of(table.unpack(case)) end)}, {name, untouched})
  check.equal(sample.last.seed, nil)
end
for name, case in pairs(drawing) do
  check.equal({name, math.type(seed_of(table.unpack(case)))}, {name, "integer"})
  assert(draw_after(function() seed_of(table.unpack(case)) end) ~= untouched, name)
end

-- A run by the seed it says it took has the same numbers; a seed that is given stands.
local x, info = sample.euler_maruyama(model, {start = start, steps = 5, info = true})
local y = sample.euler_maruyama(model, {start = start, steps = 5, seed = info.seed})
check.equal((x - y):abs():max():item(), 0.0)
check.equal(seed_of(sample.heun, {start = start, seed = 5}), 5)
check.equal(seed_of(sample.euler_maruyama, {start = start, seed = 6}), 6)
check.equal(seed_of(sample.heun, {start = start, noise = sample.brownian{seed = 9}}), 9)
