-- Milliseconds of the distances between two sets of n points in d dimensions; the same as
-- peers/distances_torch.py and peers/distances_scipy.py.
-- usage: distances.lua n d
local n, d = tonumber(arg[1]), tonumber(arg[2])
local stream = random.stream(1)
local x, y = stream:normal{n, d}, stream:normal{n, d}

local function round(count)
  local start = moondrift.seconds()
  for _ = 1, count do linalg.distances(x, y) end
  return (moondrift.seconds() - start) / count
end
round(3)
local times = {}
for index = 1, 9 do times[index] = round(10) end
print("ms", metric.quantiles(times, {0.5})[1] * 1e3)
