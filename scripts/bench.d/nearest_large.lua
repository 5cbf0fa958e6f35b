-- Nearest neighbours of 10,000 queries among 100,000 points in 1,024 dimensions, as a share of the rate of a matrix product.
-- usage: scripts/moondrift scripts/bench.d/nearest_large.lua [n] [queries] [d]
local n, queries, d = tonumber(arg[1] or 100000), tonumber(arg[2] or 10000), tonumber(arg[3] or 1024)
local stream = random.stream(1)
local x, y = stream:normal{queries, d}, stream:normal{n, d}

local function seconds(f)
  local start = moondrift.seconds()
  f()
  return moondrift.seconds() - start
end

-- The product in blocks of points, as large as would fit anywhere.
local BLOCK <const> = math.min(n, 10000)
local block = y[{ {1, BLOCK} }]:transpose()
x:matmul(block)
local product = {}
for k = 1, 3 do product[k] = seconds(function() x:matmul(block) end) end
local rate = 2 * queries * BLOCK * d / metric.quantiles(product, {0.5})[1]
local whole = seconds(function() metric.nearest(x, y, {k = 1}) end)
local own = 2 * queries * n * d / whole
print(("%d queries, %d points, d = %d: %.2f s, %.1f GFLOP/s, %.0f %% of a product's %.1f GFLOP/s, %d threads, %s"):format(
  queries, n, d, whole, own / 1e9, 100 * own / rate, rate / 1e9, moondrift.version_info().threads, moondrift.version_info().cpu))
