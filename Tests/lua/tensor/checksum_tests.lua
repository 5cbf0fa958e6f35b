-- tensor:checksum: equal for equal elements in one order, whatever their layout; another for any bit that differs.
local check = require "check"

local x = random.stream(1):normal{20, 30}
check.equal(x:checksum(), x:copy():checksum())
check.equal(x:permute{2, 1}:copy():permute{2, 1}:checksum(), x:checksum())
check.equal(x:reshape{600}:checksum(), x:checksum())
assert(x:permute{2, 1}:checksum() ~= x:checksum())

-- By its definition, of three numbers.
local function expected(words, type)
  local first, second = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F + (type or 0)
  for _, word in ipairs(words) do
    first = (first ~ word) * 0x100000001B3
    first = first ~ (first >> 29)
    second = (second + word) * 0xFF51AFD7ED558CCD
    second = second ~ (second >> 33)
  end
  return ("%x-%x"):format(first, second)
end
check.equal(tensor({1, -2, 3}, {dtype = "int64"}):checksum(), expected{1, -2, 3})
check.equal(tensor{1, -0.0}:checksum(), expected{0x3F800000, 0x80000000})
check.equal(tensor({1, 0.5}, {dtype = "float64"}):checksum(), expected({0x3FF0000000000000, 0x3FE0000000000000}, 1))
check.equal(tensor{1, 2}:equal(2):checksum(), expected({0, 1}, 2))
assert(tensor{0}:checksum() ~= tensor({0}, {dtype = "float64"}):checksum())
check.equal(tensor.zeros{0}:checksum(), expected{})

-- Every element counts, and every bit.
for _, place in ipairs{1, 299, 600} do
  local y = x:copy():reshape{600}
  y[place] = y[place] * (1 + 2^-23)
  assert(y:checksum() ~= x:checksum(), place)
end
assert(tensor{0.0}:checksum() ~= tensor{-0.0}:checksum())
