-- Slopes at special points: what PyTorch gives, 0 where a norm is 0, and no NaN where the limit is
-- finite; numbers of the references are PyTorch's.

local inf, nan = 1/0, 0/0
local function list(x)
  local pieces = {}
  for i, value in ipairs(x:reshape{-1}:table()) do
    pieces[i] = value ~= value and "nan" or ("%.4g"):format(value):gsub("^%-0$", "0")
  end
  return table.concat(pieces, " ")
end
local function expect(got, wanted)
  if got ~= wanted then error("got " .. tostring(got) .. ", wanted " .. tostring(wanted), 2) end
end
local function slope(f) return grad.grad(function(x) return f(x):sum() end) end
local function slopes(f, order, x)
  for _ = 1, order do f = slope(f) end
  return list(f(x))
end

for _, dtype in ipairs{"float32", "float64"} do
  local function t(values) return tensor(values, {dtype = dtype}) end

  -- Powers with tensor exponents, and a number to a tensor.
  local base = t{0, 2, 0, 0}
  expect(slopes(function(b) return base ^ b end, 1, t{1, 1, 0, -1}), "0 1.386 0 -inf")
  local exponents = t{0, 2, 3, 1, 0.5}
  expect(slopes(function(a) return a ^ exponents end, 1, t{0, 0, -2, 0, 0}), "0 0 12 1 inf")
  expect(slopes(function(b) return 0 ^ b end, 1, t{2, 0.5}), "0 0")
  expect(slopes(function(b) return base ^ b end, 2, t{1, 1, 0, -1}), "0 0.9609 0 inf")
  for order, value in ipairs{"0", "0", "0", "24", "0", "0"} do
    local four = t{4}
    expect(slopes(function(x) return x ^ four end, order, t{0}), value)
    expect(slopes(function(x) return x ^ 4 end, order, t{0}), value)
  end
  for _, c in ipairs{0, 1} do
    local b = t{c}
    expect(slopes(function(x) return x ^ b end, 2, t{0}), "0")
    expect(slopes(function(x) return x ^ b end, 3, t{0}), "0")
  end
  -- Away from 0 nothing is cut off: d²/da db aᵇ at b = 0 is 1/a.
  local mixed = grad.grad(function(b)
    return grad.grad(function(a) return (a ^ b):sum() end)(t{2}):sum()
  end)
  expect(list(mixed(t{0})), "0.5")

  -- Norms, of vectors and of matrices.
  expect(slopes(function(x) return x:norm(0.5) end, 1, t{0, 1, 4}), "0 3 1.5")
  for _, p in ipairs{0.5, 1, 1.5, 2, 3, inf} do
    expect(slopes(function(x) return x:norm(p) end, 1, t{0, 0}), "0 0")
    if p >= 1 then
      expect(slopes(function(x) return linalg.norm(x, p) end, 1, t{0, 0}), "0 0")
    end
  end
  expect(slopes(function(x) return x:norm(-1) end, 1, t{0, 1}), "0 0")
  expect(list(t{0, 2}:norm(-1)), "0")
  expect(slopes(function(x) return x:norm(-1) end, 1, t{2, 2}), "0.25 0.25")
  for _, order in ipairs{1, 2, "inf", "fro", "nuc"} do
    expect(slopes(function(x) return linalg.norm(x, order) end, 1, t{{0, 0}, {0, 0}}), "0 0 0 0")
  end
  expect(slopes(function(x) return linalg.norm(x, "nuc") end, 1, t{{3, 0}, {0, 0}}), "1 0 0 0")

  -- The determinant of a singular matrix, by the adjugate.
  local det = function(x) return linalg.det(x) end
  expect(slopes(det, 1, t{{1, 2}, {2, 4}}), "4 -2 -2 1")
  expect(slopes(det, 1, t{{0, 0}, {0, 0}}), "0 0 0 0")
  expect(slopes(det, 1, t{{1, 0, 0}, {0, 2, 0}, {0, 0, 0}}), "0 0 0 0 0 0 0 0 2")
  expect(slopes(det, 1, t{{{1, 2}, {2, 4}}, {{2, 0}, {0, 3}}}), "4 -2 -2 1 3 0 0 2")
  expect(slopes(det, 1, t{{0}}), "1")
  expect(list(grad.hvp(det, t{{1, 2}, {2, 4}}, t{{1, 0}, {0, 0}})), "0 0 0 1")

  -- Infinities.
  expect(slopes(function(x) return x:logsumexp(2) end, 1, t{{-inf, -inf}, {-inf, 0}}), "0 0 0 1")
  local below = t{-inf, inf, -inf, 1}
  expect(slopes(function(x) return x:logaddexp(below) end, 1, t{-inf, inf, 0, -inf}), "0.5 0.5 1 0")
  for name, wanted in pairs{
    exp = "0 inf", expm1 = "0 inf", tanh = "0 0", sigmoid = "0 0", erf = "0 0", erfc = "0 0", atan = "0 0",
    softplus = "0 1", gelu = "0 1", relu = "0 1", abs = "-1 1", reciprocal = "0 0",
  } do
    expect(slopes(function(x) return x[name](x) end, 1, t{-inf, inf}), wanted)
  end
  for _, name in ipairs{"erf", "erfc", "gelu"} do
    expect(slopes(function(x) return x[name](x) end, 2, t{-inf, inf}), "0 0")
  end

  -- Zeros and ties.
  for name, wanted in pairs{
    abs = "0", relu = "0", sign = "0", floor = "0", ceil = "0", round = "0", sqrt = "inf", log = "inf",
    square = "0", sin = "1", tan = "1", asin = "1", atan = "1", sinh = "1", cosh = "0", log1p = "1",
    silu = "0.5", gelu = "0.5", softplus = "0.5", erf = "1.128",
  } do
    expect(slopes(function(x) return x[name](x) end, 1, t{0}), wanted)
  end
  local twos = t{2, 2}
  expect(slopes(function(x) return x:maximum(twos) end, 1, t{2, 3}), "0.5 1")
  expect(slopes(function(x) return x:max() end, 1, t{3, 3, 1}), "0.5 0.5 0")
  expect(slopes(function(x) return x:prod() end, 1, t{0, 2, 3}), "6 0 0")
  expect(slopes(function(x) return x:prod() end, 1, t{0, 0, 3}), "0 0 0")
  expect(slopes(function(x) return x:cumprod() end, 1, t{0, 2, 3}), "9 0 0")
  expect(slopes(function(x) return x // 2 end, 1, t{3, 4}), "0 0")

  -- Angles of points whose squares leave the type.
  local small, large = dtype == "float32" and 1e-30 or 1e-200, dtype == "float32" and 1e30 or 1e200
  local function near(got, wanted)
    if not (math.abs(got / wanted - 1) < 1e-6) then error(got .. " is not " .. wanted, 2) end
  end
  for _, size in ipairs{small, large} do
    local other = t{size}
    near(grad.grad(function(x) return x:atan2(other):sum() end)(t{size}):item(), 0.5 / size)
    near(grad.grad(function(x) return other:atan2(x):sum() end)(t{size}):item(), -0.5 / size)
  end
end

-- Uniform numbers over a range whose width no number of the type holds.
for dtype, most in pairs{float32 = 3e38, float64 = 1.7e308} do
  local x = random.stream(1):uniform(1000, {low = -most, high = most, dtype = dtype})
  assert(x:is_finite():all():item())
  assert(x:min():item() < -0.9 * most and x:max():item() > 0.9 * most)
  local middle = (x / most):mean():item()
  assert(math.abs(middle) < 0.1, middle)
end
local ok, message = pcall(function() return random.stream(1):uniform(2, {high = 1e39}) end)
assert(not ok and message:find("stream.uniform: high must fit in float32, got 1e+39", 1, true), message)
