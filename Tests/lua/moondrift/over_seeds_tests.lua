local check = require "check"
local over_seeds = require "moondrift.over_seeds"

-- The seeds follow each other; the summary is that of the bootstrap from the first.
local seen = {}
local found = over_seeds({seed = 5, seeds = 4}, function(seed)
  seen[#seen + 1] = seed
  return seed^2
end)
check.equal(seen, {5, 6, 7, 8})
check.equal(found.values, {25.0, 36.0, 49.0, 64.0})
local middle, low, high = metric.bootstrap(found.values, {seed = 5})
check.equal({found.median, found.low, found.high}, {middle, low, high})
check.equal(found.median, 42.5)
check.equal(over_seeds({seed = 1, seeds = 1}, function() return 3 end).median, 3.0)

check.raises("over_seeds: seeds must be a positive integer, got 0", over_seeds, {seed = 1, seeds = 0}, print)
check.raises("over_seeds: the function must return a number, got a nil for seed 2", over_seeds,
  {seed = 2, seeds = 1}, function() end)
check.raises("no luck", over_seeds, {seed = 2, seeds = 1}, function() error("no luck", 0) end)
