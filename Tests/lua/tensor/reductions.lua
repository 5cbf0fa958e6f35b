-- Reductions over axes, orders and counts, by hand; and what their errors say.

local function numbers(x)
  local out = {}
  for i, value in ipairs(x:reshape{-1}:table()) do
    out[i] = type(value) == "number" and string.format("%.6g", value):gsub("-nan", "nan") or tostring(value)
  end
  return table.concat(x.shape, "x") .. ": " .. table.concat(out, " ")
end
local function expect(got, wanted)
  if got ~= wanted then error("got " .. tostring(got) .. ", wanted " .. wanted, 2) end
end
local function expect_error(f, wanted)
  local ok, message = pcall(f)
  if ok or not tostring(message):find(wanted, 1, true) then
    error("got " .. tostring(message) .. ", wanted " .. wanted, 2)
  end
end
local nan, inf = 0/0, 1/0
local x = tensor.arange(1, 24):reshape{2, 3, 4}

expect(numbers(x:sum{1, 3}), "3: 68 100 132")
expect(numbers(x:sum({1, 3}, {keepdim = true})), "1x3x1: 68 100 132")
expect(numbers(x:sum({3, 2, 1})), ": 300")
expect(numbers(x:mean({2, 3})), "2: 6.5 18.5")
expect(numbers(x:max{1, 2}), "4: 21 22 23 24")
expect(numbers(tensor({2, 3, 4}, {dtype = "int64"}):prod()), ": 24")
expect(numbers(tensor.zeros{0, 3}:prod(1)), "3: 1 1 1")
expect(numbers(x:var({1, 2}, {correction = 0})), "4: 46.6667 46.6667 46.6667 46.6667")
expect(numbers(x:greater(22):any({2, 3})), "2: false true")
expect(numbers(tensor.zeros{0, 2}:all(1)), "2: true true")
expect(numbers(x:argmax()), ": 24")
expect(numbers(tensor{{1, 5, 5}, {7, nan, 9}}:argmax(2)), "2: 2 2")
expect(numbers(tensor{{1, 5, 0}, {7, nan, 9}}:argmin(2)), "2: 3 2")
expect(numbers(tensor{4, 1, 3, 2}:median()), ": 2.5")
expect(numbers(tensor{4, 1, nan, 2}:median()), ": nan")
expect(numbers(tensor{1, inf}:quantile(0)), ": 1")
expect(numbers(tensor{{1, 2}, {3, 4}}:quantile({0, 0.5, 1}, 1)), "3x2: 1 2 2 3 3 4")
expect(numbers(tensor{1000, 1000}:logsumexp()), ": 1000.69")
expect(numbers(tensor{3, -4}:norm()), ": 5")
expect(numbers(tensor{3, -4}:norm(inf)), ": 4")
expect(numbers(tensor{3, 0, -4}:norm(0)), ": 2")
expect(numbers(tensor.zeros(2):norm()), ": 0")
expect(numbers(select(2, grad.vjp(function(v) return v:norm() end, tensor.zeros(2)))), "2: 0 0")
expect(numbers(tensor{{1, 2}, {3, 4}}:cumsum(1)), "2x2: 1 2 4 6")
expect(numbers(tensor{2, 3, 0, 5}:cumprod()), "4: 2 6 0 0")

-- Sorting: stable, NaN last, both directions, short and long rows, every type.
local values, places = tensor{3, nan, 1, -0.0, 0, -inf, inf}:sort()
expect(numbers(places), "7: 6 4 5 3 1 7 2")
values, places = tensor{3, nan, 1, 3, -1}:sort(1, {descending = true})
expect(numbers(values), "5: 3 3 1 -1 nan")
expect(numbers(places), "5: 1 4 3 5 2")
expect(numbers(tensor{{3, 1}, {2, 4}}:sort(1)), "2x2: 2 1 3 4")
expect(numbers(tensor({5, -7, 5}, {dtype = "int64"}):argsort()), "3: 2 1 3")
expect(numbers(tensor{true, false, true}:sort()), "3: false true true")
for _, dtype in ipairs{"float32", "float64", "int64"} do
  for _, descending in ipairs{false, true} do
    local y = (random.stream(3):normal({2, 5000}, {dtype = "float64"}) * 300):floor():to(dtype)
    local sorted, order = y:sort(2, {descending = descending})
    for row = 1, 2 do
      assert(sorted[row]:equal(y[row][order[row]]):all():item())
      local t, o = sorted[row]:table(), order[row]:table()
      for i = 2, #t do
        local rises = descending and t[i - 1] > t[i] or not descending and t[i - 1] < t[i]
        assert(rises or t[i - 1] == t[i] and o[i - 1] < o[i], dtype)
      end
    end
  end
end
values, places = tensor{{3, 1, 2}}:topk(2)
expect(numbers(values) .. " / " .. numbers(places), "1x2: 3 2 / 1x2: 1 3")
expect(numbers(tensor{3, 1, 2}:topk(2, 1, {largest = false})), "2: 1 2")
local counts
values, counts = tensor{{2, 1}, {2, 3}}:unique()
expect(numbers(values) .. " / " .. numbers(counts), "3: 1 2 3 / 3: 1 2 1")
local edges
counts, edges = tensor{0, 1, 1, 2, 4, nan}:histogram(2, {range = {0, 2}})
expect(numbers(counts) .. " / " .. numbers(edges), "2: 1 3 / 3: 0 1 2")
expect(numbers(tensor{5, 5}:histogram(1)), "1: 2")

-- Elementwise.
expect(numbers(tensor{-7, 7, -7}:mod(tensor{3, -3, -3})), "3: 2 -2 -1")
expect(numbers(tensor({-7, 7, 5}, {dtype = "int64"}):mod(tensor({3, -3, 5}, {dtype = "int64"}))),
  "3: 2 -2 0")
expect(numbers(tensor{-7, 7, -7} // tensor{3, -3, -3}), "3: -3 -3 2")
expect(numbers(tensor{0.5, 1.5, 2.5, -0.5}:round()), "4: 0 2 2 -0")
expect(numbers(tensor{1, nan, inf}:is_finite()), "3: true false false")
expect(numbers(tensor{-2, nan, 2}:clamp(-1, 1)), "3: -1 nan 1")
expect(numbers(tensor{-1000, 1000}:softplus()), "2: 0 1000")
expect(numbers(tensor{-1000, 0}:logaddexp(0)), "2: 0 0.693147")
expect(numbers(tensor{1000, 1000}:softmax()), "2: 0.5 0.5")
expect(numbers(tensor{-inf, -inf}:logaddexp(-inf)), "2: -inf -inf")

-- Errors.
expect_error(function() x:sum{1, 1} end, "tensor.sum: axis 1 is named twice in {1, 1}")
expect_error(function() x:sum(4) end, "axis must be from 1 to 3 or from -3 to -1, got 4, for shape [2, 3, 4]")
expect_error(function() x:sum{keepdm = true} end, "tensor.sum: unknown option 'keepdm' (did you mean keepdim?)")
expect_error(function() tensor.zeros{0, 3}:max(1) end, "tensor.max: max over an empty axis 1 of shape [0, 3]")
expect_error(function() tensor.zeros{0, 3}:argmax(1) end, "no largest element over an empty axis 1 of shape [0, 3]")
expect_error(function() tensor.zeros(0):median() end, "quantile over an empty axis 1 of shape [0]")
expect_error(function() x:quantile(1.5) end, "tensor.quantile: q must be from 0 to 1, got 1.5")
expect_error(function() x:topk(9) end, "k must be at most 4, got 9, for axis 3 of shape [2, 3, 4]")
expect_error(function() x:clamp(2, 1) end, "low must be at most high")
expect_error(function() tensor{1, nan}:histogram(2) end, "x must be finite where no range is given")
expect_error(function() x:histogram(2, {range = {2, 1}}) end, "range must be {first, last} with first below last")
expect_error(function() tensor{1, 2, 3}:atan2(tensor{1, 2}) end, "shapes [3] and [2] do not broadcast")
