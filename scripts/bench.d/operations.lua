-- Microseconds of everyday operations on about `size` float32 elements, a line each: the same as
-- peers/operations_torch.py. Results are dropped as a script would drop them, so that the collector's
-- work is part of the figure.
-- usage: operations.lua size
local size = math.tointeger(tonumber(arg[1]))
local COLUMNS = 100
local rows = size // COLUMNS
local stream = random.stream(1)

local x = stream:normal{size}
local table_of = stream:normal{rows, COLUMNS}
local row = stream:normal{COLUMNS}
local w = stream:normal{COLUMNS, COLUMNS}
local left, right = stream:normal{size // 256, 16, 16}, stream:normal{size // 256, 16, 16}

local OPERATIONS = {
  exp = function() return x:exp() end,
  silu = function() return x:silu() end,
  tanh = function() return x:tanh() end,
  add_row = function() return table_of + row end,
  sum = function() return x:sum() end,
  softmax = function() return table_of:softmax(2) end,
  sort = function() return x:sort() end,
  layer = function() return tensor.matmul(table_of, w) + row end,
  matmul_16 = function() return tensor.matmul(left, right) end,
}

--- The median over rounds of about 50 ms each, of the mean in a round.
local function microseconds(body)
  local function round(count)
    local start = moondrift.seconds()
    for _ = 1, count do body() end
    return (moondrift.seconds() - start) / count
  end
  round(2)
  local count = math.max(1, math.ceil(0.05 / round(3)))
  local means = {}
  for index = 1, 7 do means[index] = round(count) end
  return metric.quantiles(means, {0.5})[1] * 1e6
end

for name, body in pairs(OPERATIONS) do print(name, microseconds(body)) end
