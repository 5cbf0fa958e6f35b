-- int64 is exact over its whole range, also where no double is, and takes integers alone.

local function integers(values) return tensor(values, {dtype = "int64"}) end
local function expect(got, wanted)
  if got ~= wanted or math.type(got) ~= math.type(wanted) then
    error("got " .. tostring(got) .. ", wanted " .. tostring(wanted), 2)
  end
end
local function expect_error(f, wanted)
  local ok, message = pcall(f)
  message = tostring(message):gsub("^[^ ]*:%d+: ", "")
  if ok or message ~= wanted then error("got " .. message .. ", wanted " .. wanted, 2) end
end
local function list(x)
  local pieces = {}
  for i, value in ipairs(x:reshape{-1}:table()) do pieces[i] = tostring(value) end
  return table.concat(pieces, " ")
end

-- In and out.
local big = 2^53 // 1 | 0
local edges = {big, big + 1, -big - 1, math.maxinteger, math.mininteger}
local x = integers(edges)
for i, value in ipairs(edges) do
  expect(x[i]:item(), value)
  expect(x:table()[i], value)
  assert(tostring(x[i]) == "tensor int64 " .. value)
end
expect(integers(math.maxinteger):item(), math.maxinteger)
expect(integers{{1, big + 1}}:table()[1][2], big + 1)
expect(tensor{big + 1}:item(), 2.0^53)

-- Comparisons, with tensors and with numbers of every kind.
local neighbours = integers{big, big + 1, big + 2}
expect(list(neighbours:equal(integers{big + 1, big + 1, big + 1})), "false true false")
expect(list(neighbours:less(big + 1)), "true false false")
expect(list(neighbours:less_equal(big + 1)), "true true false")
expect(list(neighbours:greater(2.0^53)), "false true true")
expect(list(neighbours:not_equal(tensor({2^53}, {dtype = "float64"}))), "false true true")
expect(list(tensor({2^53}, {dtype = "float64"}):less(neighbours)), "false true true")
expect(list(tensor({2^53}):greater_equal(neighbours)), "true false false")
expect(list(x:less(2.0^63)), "true true true true true")
expect(list(x:greater_equal(-2.0^63)), "true true true true true")
expect(list(x:greater(-2.0^63)), "true true true true false")
expect(list(x:less(1/0)), "true true true true true")
expect(list(x:less(0/0) | x:greater_equal(0/0) | x:equal(0/0)), "false false false false false")
expect(list(x:not_equal(0/0)), "true true true true true")
expect(list(integers{-2, -1, 0, 1}:less(-0.5)), "true true false false")
expect(list(integers{-2, -1, 0, 1}:greater_equal(0.5)), "false false false true")
expect(list(integers{0, 1}:equal(tensor{false, false})), "true false")
assert(integers(big) < integers(big + 1) and not (integers(big + 1) < integers(big)))
assert(integers(big + 1) > big and integers(big + 1) <= big + 1 and big < integers(big + 1))

-- Arithmetic and order.
expect((integers{big} + 1)[1]:item(), big + 1)
expect((integers{1} + big + (big + 1))[1]:item(), 2 * big + 2)
expect((integers{1} * (big + 1))[1]:item(), big + 1)
expect((integers{big + 1} - (big + 1))[1]:item(), 0)
expect(((big + 1) - integers{big})[1]:item(), 1)
expect((integers{7, -7} % 3):table()[2], 2)
expect((tensor{1} + (big + 1)).dtype, "float32")
expect(neighbours:max():item(), big + 2)
expect(neighbours:argmax():item(), 3)
expect(list((neighbours:flip(1):sort())), list(neighbours))
expect(neighbours:sum():item(), 3 * big + 3)
expect(neighbours:clamp(nil, big + 2):max():item(), big + 2)

-- Choosing keeps the type; numbers must be integers.
local mask = tensor{true, false, true}
expect(tensor.where(mask, neighbours, 0).dtype, "int64")
expect(list(tensor.where(mask, neighbours, big + 1)), list(neighbours))
expect(tensor.where(mask, 1, 2).dtype, "float32")
expect(tensor.where(mask, tensor{true, true, true}, 0.5).dtype, "float32")

-- Writing.
local y = integers{1, 2, 3}
y[1] = big + 1
y[2] = 4.0
expect(list(y), (big + 1) .. " 4 3")
y:fill(big + 1)
expect(y[3]:item(), big + 1)
y:assign(tensor{5, 6, 7})
expect(list(y), "5 6 7")
y[mask] = integers{big + 1, 8}
expect(list(y), (big + 1) .. " 6 8")
local cut = ' is not an integer and the tensor is int64: convert it first, x:to("float32")'
expect_error(function() y[1] = 2.7 end, "tensor: 2.7" .. cut)
expect_error(function() y[{ {1, 2} }] = tensor{1, 2.5} end, "tensor: 2.5" .. cut)
expect_error(function() y[mask] = 0/0 end, "tensor: nan" .. cut)
expect_error(function() y:fill(0.5) end, "tensor.fill: 0.5" .. cut)
expect_error(function() y:assign(tensor{1, 2, 1/0}) end, "tensor.assign: inf" .. cut)
expect_error(function() y:assign(1.5) end, "tensor.assign: 1.5" .. cut)
expect_error(function() y:assign(1e30) end, "tensor.assign: 1e+30 does not fit in an int64")
expect_error(function() tensor.where(mask, y, 0.5) end, "tensor.where: 0.5" .. cut)
expect_error(function() y:scatter_add(1, integers{1}, tensor{0.5}) end, "tensor.scatter_add: 0.5" .. cut)
expect_error(function() y:scatter(1, integers{1}, tensor{0.5}) end, "tensor.scatter: 0.5" .. cut)
expect_error(function() integers{1, 1.5} end, "tensor: values must be integers for int64, got 1.5")
expect_error(function() integers{2.0^63} end,
  "tensor: values must be integers for int64, got 9.223372036854776e+18")
expect(list(y), (big + 1) .. " 6 8")

-- An explicit conversion cuts.
expect(list(tensor{1.7, -1.7}:to("int64")), "1 -1")

-- What is an integer for integers stays int64, exactly; products go round at 2^64 as sums do.
local odd = integers{{2^26 + 1 | 0, 1}, {0, -3}}
expect(list(odd:matmul(odd)), "4503599761588225 67108862 0 9")
expect(list(odd:matmul(odd):equal(tensor.einsum("ij,jk->ik", odd, odd))), "true true true true")
expect(list(odd:tensordot(odd, 1)), list(odd:matmul(odd)))
expect(list(tensor.stack{odd, odd}:matmul(tensor.stack{odd, odd})[2]), list(odd:matmul(odd)))
expect(list(odd:transpose():matmul(odd[1])), "4503599761588225 67108862")
expect(odd:matmul(tensor.ones{2, 1}).dtype, "float32")
expect(list(odd:matmul(tensor{{true, false}, {true, true}})), "67108866 1 -3 -3")
expect(tensor.zeros({2, 0}, {dtype = "int64"}):matmul(tensor.zeros({0, 2}, {dtype = "int64"})):sum():item(), 0)
for _, name in ipairs{"floor", "ceil", "round"} do expect(list(odd[name](odd)), list(odd)) end
expect(list(odd:square()), "4503599761588225 1 0 9")
expect(list(odd ^ 2), list(odd:square()))
expect(list(odd:sign()), "1 1 0 -1")
expect(list(odd:relu()), "67108865 1 0 0")
expect(list(odd:abs()), "67108865 1 0 3")
expect(list(integers{3, -2} ^ integers{39, 5}), "4052555153018976267 -32")
expect(list(2 ^ integers{0, 62}), "1 4611686018427387904")
expect((odd ^ 0.5).dtype, "float32")
expect(list(integers{2, 4} ^ -1), "0.5 0.25")
expect(list(integers{7, -7, 7} // integers{2, 2, -2}), "3 -4 -4")
expect(list(integers{big + 1} // 1), tostring(big + 1))
expect(list(integers{math.mininteger} // -1), tostring(math.mininteger))
expect(list(tensor{7, -7} // 2), "3.0 -4.0")
expect(list(7 // tensor{2, 0}), "3.0 inf")
local x2 = grad.compile(function(a, b) return a % b, a // b, a:matmul(a), a ^ 2 end)
x2(odd, integers{5, 7})
local rest, whole, product, power = x2(odd, integers{2, 2})
expect(list(rest), "1 1 0 1")
expect(list(whole), "33554432 0 0 -2")
expect(list(product), list(odd:matmul(odd)))
expect(list(power), list(odd ^ 2))
expect_error(function() x2(odd, integers{2, 0}) end, "grad.compile: an integer modulo 0 has no value; the divisor is 0")
expect_error(function() return integers{1} % 0 end, "tensor: an integer modulo 0 has no value; the divisor is 0")
expect_error(function() return integers{1} // integers{0} end,
  "tensor: an integer divided by 0 has no integer; the divisor is 0")
expect_error(function() return integers{2} ^ integers{-1} end,
  "tensor: an int64 tensor to a negative power is no integer: convert it first, "
    .. 'x:to("float32"); the exponent is -1')

-- Statistics are float64, which a float32 would round.
local large = integers{1000000001, 1000000002, 1000000003}
for name, value in pairs{mean = 1000000002.0, median = 1000000002.0, std = 1.0, var = 1.0} do
  expect(large[name](large).dtype, "float64")
  expect(large[name](large):item(), value)
end
expect(large:quantile(0.75):item(), 1000000002.5)
local _, edges = large:histogram(2)
expect(list(edges), "1000000001.0 1000000002.0 1000000003.0")
expect(tensor{true, false}:mean().dtype, "float32")

-- Counting is exact, or an error where the type cannot tell neighbours apart.
expect(list(tensor.arange(big, big - 2, -1, {dtype = "int64"})), ("%d %d %d"):format(big, big - 1, big - 2))
expect(list(tensor.arange(16777215, 16777218, 1, {dtype = "int64"})), "16777215 16777216 16777217 16777218")
expect(tensor.arange(1, 3, 1, {dtype = "float64"}).dtype, "float64")
expect(#tensor.arange(16777215, 16777216), 2)
expect_error(function() tensor.arange(16777215, 16777217) end,
  'tensor.arange: step 1 is lost in float32 beside 16777216; use {dtype = "float64"}')
expect_error(function() tensor.arange(0, 1, 0.5, {dtype = "int64"}) end,
  "tensor.arange: step must be an integer from -2^53 to 2^53 for int64, got 0.5")
expect_error(function() tensor.arange(0, 0/0) end, "tensor.arange: last must be a finite number, got nan")
expect_error(function() tensor.arange(-1/0, 1) end, "tensor.arange: first must be a finite number, got -inf")
expect(#tensor.arange(1e308, 1e308, 1e-10, {dtype = "float64"}), 1)
expect(#tensor.arange(-1.5e308, 1.5e308, 1e308, {dtype = "float64"}), 4)
