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
