-- Sums over pairs of points go block by block, and each pair is formed once: with more points than a block of rows they are
-- those of the whole matrix.
local check = require "check"

local stream = random.stream(1)
local x = stream:normal({700, 2}, {dtype = "float64"})
local y = stream:normal({900, 2}, {dtype = "float64"}) * 1.2 + 0.3
local plain = {seed = 1, floors = 0}
local n, m = #x, #y

--- Means over pairs of different points of one sample, and over all pairs of two.
local function means(of)
  local xx, yy, xy = of(x, x):sum():item(), of(y, y):sum():item(), of(x, y):mean():item()
  local own = of(x[{{1, 1}}], x[{{1, 1}}]):item()
  return (xx - n * own) / (n * (n - 1)), (yy - m * own) / (m * (m - 1)), xy, xx / n^2, yy / m^2
end

local function distance(a, b) return linalg.distances(a, b) end
local within_x, within_y, between = means(distance)
local energy = metric.energy_distance(x, y, plain)
check.near(energy.value, 2 * between - within_x - within_y, 1e-12)

local function kernel(a, b) return (-linalg.distances(a, b)^2 / (2 * 0.7^2)):exp() end
local kx, ky, kxy, all_x, all_y = means(kernel)
check.near(metric.mmd(x, y, {bandwidths = {0.7}, seed = 1, floors = 0}).value, kx + ky - 2 * kxy, 1e-12)
check.near(metric.mmd(x, y, {bandwidths = {0.7}, biased = true, seed = 1, floors = 0}).value, all_x + all_y - 2 * kxy, 1e-12)

--- The interval is that of the influences: of a point, from its sums in rows and in columns alike.
local function deviation(v) return ((v - v:mean())^2):sum():item() / (#v - 1) / #v end
local function influences(a, b)
  return 2 * (distance(a, b):mean(2) - distance(a, a):sum(2) / (#a - 1))
end
local error = (deviation(influences(x, y)) + deviation(influences(y, x)))^0.5
check.near((energy.high - energy.low) / 2, 1.959964 * error, 1e-6)
check.rejects("pairs behind a block counted once", function()
  check.near(energy.value, 2 * between - within_x * 0.99 - within_y, 1e-12)
end)
