-- Chains at a fixed noise level keep the law there: underdamped Langevin dynamics nearly, the Metropolis test exactly.
local check = require "check"

local mix = target.gaussian_mixture{means = {{-1, 0}, {1, 0.5}}, stds = {0.6, 0.4}, weights = {0.4, 0.6}}
local process = sde.vp()
local exact = mix:model(process)
local level, n = 0.2, 4000
local law = mix:noised(process, level)
local start = law:sample(n, {seed = 3})
local grid = {start = start, level = level, steps = 20, seed = 4, info = true}

--- Means and second moments within 5.5 standard errors of the law's.
local function keeps_law(x)
  local reference = law:sample(400000, {seed = 9})
  for _, power in ipairs{1, 2} do
    local a, b = x ^ power, reference ^ power
    local z = (a:mean(1) - b:mean(1)) / (b:std(1) / n ^ 0.5)
    check.equal(z:abs():max():item() < 5.5, true)
  end
end

local x, info = sample.mala(exact, grid)
keeps_law(x)
check.equal((x - start):abs():mean():item() > 0.3, true)
local rate = info.accepted:sum():item() / (info.accepted:sum():item() + info.rejected:sum():item())
check.equal(rate > 0.5 and rate < 0.99, true)
check.equal(info.evaluations, 20 * 6)
-- Also with steps that are far too long without the test.
grid.ratio = 2.5
local y, rough = sample.mala(exact, grid)
keeps_law(y)
check.equal(rough.accepted:sum():item() < info.accepted:sum():item(), true)

grid.ratio = nil
local v, told = sample.underdamped_langevin(exact, grid)
keeps_law(v)
check.equal((v - start):abs():mean():item() > 0.3, true)
check.equal(told.evaluations, 20 * 6)

-- The longer the friction, the more slowly the state moves.
local one = {start = start, level = level, steps = 1, corrections = 3, seed = 4}
one.friction = 0.1
local free = (sample.underdamped_langevin(exact, one) - start):norm(2, 2):mean():item()
one.friction = 50
local stuck = (sample.underdamped_langevin(exact, one) - start):norm(2, 2):mean():item()
check.equal(free > 1.2 * stuck, true)

local network = nn.score_mlp{sde = process, seed = 1}
local passed, message = pcall(sample.mala, network, {count = 2, steps = 2})
check.equal(passed, false)
check.contains(message, "sample.mala: model must have a density, as the exact scores of targets do, got score_mlp(")
passed, message = pcall(sample.underdamped_langevin, network, {count = 2, steps = 2, level = 3})
check.contains(message, "level must lie from 0 to time_max = 1, got 3")
