-- A cell is the median over runs at the last look before it, of the nearest level.
local check = require "check"
local figure = require "moondrift.score_map.figure"

local function row(run, step, low, high)
  return {run = run, step = step,
    fresh = {to_population = {low, high}, to_empirical = {low, high}, mean = {to_population = low, to_empirical = low}},
    on_training = {to_population = {low, high}, to_empirical = {2 * low, 2 * high},
      mean = {to_population = low, to_empirical = low}}}
end
local map = {times = {0.01, 1}, rows = {
  row(1, 0, 9, 9), row(1, 1, 0.5, 0.1), row(2, 1, 0.7, 0.1), row(3, 1, 0.9, 0.1), row(1, 100, 0.2, 0.3), row(1, 10000, 0.4, 0.4)}}
local values, across, up = figure.grid(map, "to_population", "fresh")
check.equal({#values, #values[1]}, {figure.ROWS, figure.COLUMNS})
check.equal(across, {1, 10000})
check.equal(up, {0.01, 1})
-- The two levels share the height; steps 1 to 100 are half of the width on a logarithmic axis, and the last look has no width.
local half = figure.COLUMNS // 2
check.equal({values[1][1], values[1][half], values[1][half + 1], values[1][figure.COLUMNS]}, {0.7, 0.7, 0.2, 0.2})
check.equal({values[figure.ROWS // 2][1], values[figure.ROWS // 2 + 1][1], values[figure.ROWS][half + 1]}, {0.7, 0.1, 0.3})
check.equal(figure.grid(map, "to_empirical", "on_training")[1][1], 1.4)
assert(figure.draw(map, {tau_gen = 10, tau_mem = 1000}))
-- One look, one level
assert(figure.draw{times = {0.5}, rows = {{run = 1, step = 3, copied = 0.5, fresh = {}, on_training = {
  to_empirical = {1}, mean = {to_empirical = 1}}}}})
check.raises("score_map.figure: the map has no look after 0 updates yet", figure.draw, {times = {0.5}, rows = {}})
