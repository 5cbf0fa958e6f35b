-- A comparison with a number of Lua is one in the type of the tensor, as arithmetic is: what was made
-- of a number equals that number. Compiled functions compare alike.

local function list(x)
  local pieces = {}
  for i, value in ipairs(x:reshape{-1}:table()) do pieces[i] = tostring(value) end
  return table.concat(pieces, " ")
end
local function expect(got, wanted)
  if got ~= wanted then error("got " .. tostring(got) .. ", wanted " .. tostring(wanted), 2) end
end

-- c, and its neighbours below and above in the type.
local function around(c, dtype)
  local gap = dtype == "float32" and 2^-23 or 2^-52
  return tensor({c * (1 - gap), c, c * (1 + gap)}, {dtype = dtype})
end
local wanted = {
  less = "true false false", less_equal = "true true false", greater = "false false true",
  greater_equal = "false true true", equal = "false true false", not_equal = "true false true",
}
for _, dtype in ipairs{"float32", "float64"} do
  for _, c in ipairs{0.1, 0.3, 0.7, 1e-5, 123.456, 1/3} do
    local x = around(c, dtype)
    for name, result in pairs(wanted) do
      expect(list(x[name](x, c)), result)
      local compiled = grad.compile(function(x) return x[name](x, c) end)
      expect(list(compiled(x * 2)), list((x * 2)[name](x * 2, c)))
      expect(list(compiled(x)), result)
    end
    expect(list(tensor.full({2}, c, {dtype = dtype}):equal(c)), "true true")
    local middle = x[2]
    assert(not (middle < c) and middle <= c and not (middle > c) and middle >= c and not (c < middle))
    assert(x[1] < c and c < x[3])
  end
end

-- After clamp, maximum and where the bound is met.
local x = tensor{0.05, 0.1, 0.5, 0.7, 0.9}
expect(list(x:clamp(0.1, 0.7):equal(0.1)), "true true false false false")
expect(list(x:minimum(0.7):less(0.7)), "true true true false false")
expect(list(tensor.where(x:greater(0.3), x, 0.3):equal(0.3)), "true true false false false")
local slope = grad.grad(function(x) return x:clamp(0.3, 0.7):sum() end)
expect(list(slope(tensor{0.3, 0.7, 0.2})), "1.0 1.0 0.0")

expect(list((tensor{0.3, 0.1}:histogram(1, {range = {0.1, 0.3}}))), "2")

-- Two tensors of different types are compared exactly, and so is an integer with any number.
expect(list(tensor{0.1}:equal(tensor({0.1}, {dtype = "float64"}))), "false")
local k = tensor({1, 2}, {dtype = "int64"})
expect(list(k:less(1.5)), "true false")
expect(list(k:equal(1 + 1e-12)), "false false")
expect(list(tensor{1/0, 3e38}:equal(1e300)), "true false")
expect(list(tensor{0.1, 0/0}:not_equal(0/0)), "true true")
