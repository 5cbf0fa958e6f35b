-- Statistics where plain formulas overflow, cancel or divide by nothing.
local inf, nan = 1/0, 0/0
local function expect(got, wanted, tolerance)
  local values = type(wanted) == "table" and wanted or {wanted}
  local found = got:reshape{-1}:table()
  assert(#found == #values, ("%d numbers, wanted %d"):format(#found, #values))
  for i, value in ipairs(values) do
    local same = found[i] == value or found[i] ~= found[i] and value ~= value
      or math.abs(found[i] - value) <= (tolerance or 3e-7) * math.abs(value)
    if not same then error(("got %s, wanted %s"):format(found[i], value), 2) end
  end
end
--- A function of a tensor, and its gradient, as they stand and compiled.
local function both(f, x, value, slope)
  for _, body in ipairs{f, grad.compile(f)} do expect(body(x), value) end
  if not slope then return end
  local g = grad(function(x) return f(x):sum() end)
  for _, body in ipairs{g, grad.compile(function(x) return g(x) end)} do expect(body(x), slope) end
end

-- Variance of nothing or of too few is nan, never negative.
expect(tensor.zeros{0}:var(), nan)
expect(tensor.zeros{0, 2}:std(1), {nan, nan})
expect(tensor{1, 2}:var(1, {correction = 3}), nan)
expect(tensor{1, 2}:std(1, {correction = 2}), nan)
expect(tensor{1}:var(1, {correction = 2}), nan)
expect(tensor{1}:var(), nan)
expect(tensor{1}:var(1, {correction = 0}), 0)

-- Squares leave the range of the type where the result does not.
local function std(x) return x:std() end
local function norm(x) return x:norm() end
both(std, tensor{1e30, -1e30, 2e30}, 1.52752523e30)
both(std, tensor{1e20, 2e20}, 7.07106781e19, {-0.70710678, 0.70710678})
both(std, tensor{1e-30, 2e-30, 3e-30}, 1e-30, {-0.5, 0, 0.5})
both(std, 3e37 * ((tensor.arange(0, 1023) / 64):floor() % 2 * 2 - 1), 3.00146656e37)
both(norm, tensor{3e-30, 4e-30}, 5e-30, {0.6, 0.8})
both(norm, tensor{3e30, 4e30}, 5e30, {0.6, 0.8})
both(norm, tensor({3e200, 4e200}, {dtype = "float64"}), 5e200, {0.6, 0.8})
both(function(x) return x:norm(2, 2) end, tensor{{3e30, 4e30}, {3, 4}, {0, 0}, {3e-30, 4e-30}},
  {5e30, 5, 0, 5e-30}, {0.6, 0.8, 0.6, 0.8, 0, 0, 0.6, 0.8})
both(linalg.norm, tensor{{3e30, 0}, {0, 4e30}}, 5e30, {0.6, 0, 0, 0.8})
expect(tensor{inf, 1}:norm(), inf)
expect(tensor{nan, 1}:norm(), nan)
expect(tensor{3e38, 3e38}:mean(), 3e38)
expect(tensor{{3e38, 3e38}, {1, 2}}:mean(2), {3e38, 1.5})

-- The slope of a standard deviation of equal numbers is 0.
both(std, tensor{1, 1, 1}, 0, {0, 0, 0})
both(function(x) return x:std(1, {correction = 0}) end, tensor{1}, 0, {0})
local function standardised(x)
  return ((x - x:mean(1)) / (x:std(1) + 1e-5) * tensor{1, 3}:unsqueeze(2)):sum()
end
both(function(x) return standardised(x) end, tensor{{1}, {1}}, 0, {-1e5, 1e5})
local slopes = grad(standardised)(tensor{{1, 2}, {1, 4}})
expect(slopes:is_finite():all():to("float32"), 1)

-- Order statistics of infinities, and of numbers whose difference overflows.
local function median(x) return x:median() end
both(median, tensor{1, inf, inf, inf}, inf)
both(median, tensor{-inf, -inf, 3, 4}, -inf)
both(median, tensor{-inf, inf}, nan)
both(median, tensor{-3e38, 3e38}, 0, {0.5, 0.5})
both(median, tensor.where(tensor.arange(1, 20000):less(8000), tensor(1), tensor(inf)), inf)
both(median, tensor.where(tensor.arange(1, 20000):less_equal(10000), tensor(-3e38), tensor(3e38)), 0)
both(function(x) return x:quantile(0.25) end, tensor{-3e38, 3e38}, -1.5e38, {0.75, 0.25})
both(function(x) return x:median(2) end, tensor{{1, 2}, {-inf, 2}, {inf, inf}}, {1.5, -inf, inf})
local q = metric.quantiles({1, inf, inf, inf}, {0.5})
assert(q[1] == inf)
assert(metric.quantiles({-inf, -inf, 3, 4}, {0.5})[1] == -inf)
assert(metric.quantiles({-1.7e308, 1.7e308}, {0.5})[1] == 0)
assert(metric.interval{-inf, -inf, 3, 4} == -inf)
local middle, low, high = metric.bootstrap({1, inf, inf, inf, inf, inf, inf}, {seed = 1})
assert(middle == inf and low == inf and high == inf)

-- Softmax and its logarithm are normalised however large the logits.
expect(tensor{-5e7, -5e7}:log_softmax(), {-0.693147182, -0.693147182})
both(function(x) return x:log_softmax():exp():sum() end, tensor{1e6, 1e6, 1e6 - 1}, 1)
both(function(x) return x:log_softmax(1):exp():sum(1) end, tensor{{1e8, -3e37}, {1e8, -3e37}}, {1, 1})
both(function(x) return x:log_softmax()[1] end, tensor{1e6, 1e6}, -0.693147182, {0.5, -0.5})
