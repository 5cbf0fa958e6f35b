-- Sums keep their digits over any axis of any layout: every reduction of float32 data against the same
-- one of the same numbers in float64, within a few units in the last place (6e-8 each).
local stream = random.stream(1)
local function double(x) return x:to("float64") end

--- The largest |got − expected| over the largest |expected|.
local function difference(got, expected)
  local size = expected:abs():max():item()
  return (double(got) - expected):abs():max():item() / (size > 0 and size or 1)
end
local function expect(got, expected, tolerance, what)
  local found = difference(got, expected)
  if not (found <= tolerance) then
    error(("%s: off by %.3g, allowed %.3g"):format(what, found, tolerance), 2)
  end
end

-- Numbers that do not vanish on the average, so that errors add up.
local data = (stream:uniform{40, 3000, 5} + 0.1):to("float32")
local LAYOUTS = {
  dense = data,
  transposed = data:transpose(),
  turned = data:permute{2, 3, 1},
  strided = (stream:uniform{41, 6001, 5} + 0.1)[{ {2, 41}, {2, 3001}, {} }],
  repeated = tensor.meshgrid{stream:uniform{4000} + 0.1, stream:uniform{300}}[1],
  tall = stream:uniform{200000, 2} + 0.1,
  wide = stream:uniform{70, 1500} + 0.1,
  constant = tensor.full({300000, 3}, 0.1),
}
local TOLERANCE = {
  sum = 4e-7, mean = 4e-7, var = 2e-6, std = 1e-6, norm = 4e-7, logsumexp = 4e-7, prod = 1e-6,
}
local count = 0
for layout, x in pairs(LAYOUTS) do
  for name, tolerance in pairs(TOLERANCE) do
    local axes = {false}
    for axis = 1, x.rank do axes[#axes + 1] = axis end
    if x.rank == 3 then axes[#axes + 1], axes[#axes + 2] = {1, 2}, {1, 3} end
    for _, axis in ipairs(axes) do
      -- Factors near 1, so that products stay in range.
      local y = name == "prod" and ((x - 0.6) * 1e-4 + 1) or x
      local given = axis or nil
      local function reduce(z)
        if name == "norm" then return tensor.norm(z, 2, given) end
        return tensor[name](z, given)
      end
      if not (layout == "constant" and (name == "var" or name == "std")) then
        local what = ("%s of %s over %s"):format(name, layout, type(axis) == "table" and "two" or axis or "all")
        expect(reduce(y), reduce(double(y)), tolerance, what)
        expect(grad.compile(reduce)(y), reduce(double(y)), tolerance, "compiled " .. what)
        count = count + 1
      end
    end
  end
end
assert(count > 180, count)
expect(tensor.full({300000, 2}, 0.1):var(1), double(tensor.zeros{2}), 1e-14, "variance of a constant")

-- Ten million rows of one.
assert(tensor.ones{20000000, 2}:sum(1):equal(20000000):all():item())
assert(tensor.ones{20000000, 2}:mean(1):equal(1):all():item())

-- Gradients of operands that were repeated, and of elements chosen often.
local x = stream:uniform{300000, 4} + 0.1
local function both(f, z, tolerance, what)
  local expected = grad(f)(double(z))
  expect(grad(f)(z), expected, tolerance, what)
  expect(grad.compile(function(z) return grad(f)(z) end)(z), expected, tolerance, "compiled " .. what)
end
both(function(b) return ((x:to(b.dtype) + b):square()):sum() end, tensor{1, 2, 3, 4}, 4e-7, "a bias")
both(function(b) return (x:to(b.dtype) * b):sum() end, tensor{1, 2, 3, 4}, 4e-7, "a gain")
both(function(b) return (x:to(b.dtype) * b):sum() end, tensor(3), 4e-7, "a scale")
local places = (stream:uniform{500000} * 3):floor():to("int64") + 1
both(function(b) return (b[places] * 0.1):sum() end, tensor{1, 2, 3}, 4e-7, "chosen elements")
local ones = tensor.ones{20000000}
assert(tensor.zeros{1}:scatter_add(1, tensor.ones({20000000}, {dtype = "int64"}), ones)[1]:item() == 2e7)
