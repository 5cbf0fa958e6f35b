-- The score of 10,000 points in 1,024 axes at 64 points, beside the two float64 products of that size.
-- Prints milliseconds: `low` at noise 0.002, `middle` at 20, `high` at 80, and `products`.
local n, d, batch = 10000, 1024, 64
local data = random.stream(1):normal{n, d}
local m = target.empirical(data):model(sde.edm())

local function milliseconds(call)
  call()
  local times = {}
  for i = 1, 7 do
    local start = moondrift.seconds()
    call()
    times[i] = 1000 * (moondrift.seconds() - start)
  end
  table.sort(times)
  return times[4]
end

for name, t in pairs{low = 0.002, middle = 20, high = 80} do
  local x = data[{ {1, batch} }] + t * random.stream(2):normal{batch, d}
  print(name, milliseconds(function() return m:score(x, t) end))
end
local x, y = random.stream(3):normal({batch, d}, {dtype = "float64"}), data:to("float64")
local across, weights = y:transpose():copy(), random.stream(4):uniform({batch, n}, {dtype = "float64"})
print("products", milliseconds(function()
  x:matmul(across)
  weights:matmul(y)
end))
