-- Seconds of a sweep over 8 runs of 1 s, one at a time, with rows on disk and 200 MB of data in the script, and
-- what the runs themselves took.
-- usage: sweep.lua FOLDER
local sweep = require "moondrift.sweep"
local data = random.stream(1):normal{50, 1000000}

local start = moondrift.seconds()
local runs = sweep{over = {seed = "1-8"}, out = arg[1], run = function(c)
  local start = moondrift.seconds()
  local sum = 0
  while moondrift.seconds() - start < 1 do sum = sum + data[c.seed][c.seed]:item() end
  return sum
end}
print("sweep", moondrift.seconds() - start)
local alone = 0
for _, row in ipairs(runs) do alone = alone + row.seconds end
print("runs", alone)
