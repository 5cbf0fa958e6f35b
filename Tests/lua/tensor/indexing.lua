-- What x[...] reads and writes, and what its errors say.

local function numbers(x)
  local out = {}
  for i, value in ipairs(x:reshape{-1}:table()) do out[i] = string.format("%g", value) end
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
local function integers(values) return tensor(values, {dtype = "int64"}) end

local x = tensor.arange(1, 12):reshape{3, 4}

-- Reading.
expect(numbers(x[{ {1, 3, 2}, {4, 1, -3} }]), "2x2: 4 1 12 9")
expect(numbers(x[{ {3, 1, -1} }]), "3x4: 9 10 11 12 5 6 7 8 1 2 3 4")
expect(numbers(x[{ {2, 1, 1} }]), "0x4: ")
expect(numbers(x[integers{3, -3}]), "2x4: 9 10 11 12 1 2 3 4")
expect(numbers(x[integers{{1, 2}, {3, 1}}]:column(1)), "2x2: 1 5 9 1")
expect(numbers(x[{ 2, integers{4, 4, 1} }]), "3: 8 8 5")
expect(numbers(x[{ integers{1, 3}, integers{2, 4} }]), "2x2: 2 4 10 12")
expect(numbers(x[{ tensor{true, false, true}, {1, 2} }]), "2x2: 1 2 9 10")
expect(numbers(x[x:greater(9)]), "3: 10 11 12")
expect(numbers(x[tensor{false, false, false}]), "0x4: ")
expect(numbers(x:take({-1, 1}, 2)), "3x2: 4 1 8 5 12 9")
expect(numbers(x:transpose()[integers{2}]), "1x3: 2 6 10")
expect(numbers(x:greater(10):nonzero()), "2x2: 3 3 3 4")

-- Writing.
local y = x:copy()
y[y:greater(10)] = 0
expect(numbers(y[3]), "4: 9 10 0 0")
y[{ {1, 3, 2}, {1, 1} }] = -1
expect(numbers(y:column(1)), "3: -1 5 -1")
y[integers{2, 3}] = tensor{{1, 2, 3, 4}, {5, 6, 7, 8}}
expect(numbers(y[{ {2, 3} }]), "2x4: 1 2 3 4 5 6 7 8")
y[{ {}, integers{1, 4} }] = tensor{{10}, {20}, {30}}
expect(numbers(y), "3x4: 10 2 3 10 20 2 3 20 30 6 7 30")
y:transpose()[integers{2}] = tensor{{7, 8, 9}}
expect(numbers(y:column(2)), "3: 7 8 9")
y[y:less(9) & y:greater(7)] = tensor{0.5}
expect(numbers(y:column(2)), "3: 7 0.5 9")
y[{ {1, 3, 2} }]:fill(1)
expect(numbers(y), "3x4: 1 1 1 1 20 0.5 3 20 1 1 1 1")
y:column(1):assign(tensor{4, 5, 6}):axpy(2, tensor{1, 1, 1})
expect(numbers(y:column(1)), "3: 6 7 8")
local z = tensor.arange(1, 6)
z[{ {2, 6} }]:axpy(1, z[{ {1, 5} }])
expect(numbers(z), "6: 1 3 5 7 9 11")
z:assign(z[{ {6, 1, -1} }])
expect(numbers(z), "6: 11 9 7 5 3 1")

-- where, gather, scatter_add.
expect(numbers(tensor.where(x:less(3), 0, x)[1]), "4: 0 0 3 4")
expect(tensor.where(tensor{true}, tensor(1, {dtype = "float64"}), 0).dtype, "float64")
expect(numbers(x:gather(2, integers{{4}, {1}, {-2}})), "3x1: 4 5 11")
expect(numbers(tensor.zeros{2, 3}:scatter_add(2, integers{{1, 1}, {3, 2}}, tensor{{1, 2}, {3, 4}})),
  "2x3: 3 0 0 0 4 3")

-- Errors name both shapes.
expect_error(function() return x[tensor{true, false}] end,
  "a mask of shape [2] does not fit axis 1 of shape [3, 4]")
expect_error(function() return x[tensor{1, 2}] end, "an index tensor must be bool or int64, got float32")
expect_error(function() return x[{ {1, 4, 1} }] end, "index 4 is out of range for axis 1 of shape [3, 4]")
expect_error(function() return x[{ {1, 2, 0} }] end,
  "the step of a slice must be an integer other than 0, got 0")
expect_error(function() return x[{ {1} }] end, "must hold an integer, {first, last}")
expect_error(function() return x[integers{0}] end, "index 0 is out of range for axis 1")
expect_error(function() y[integers{1, 2}] = tensor.zeros{3, 4} end,
  "shape [3, 4] does not broadcast to [2, 4]")
expect_error(function() return tensor.where(x, 1, 2) end, "tensor.where: mask must be a bool tensor, got tensor 3×4")
expect_error(function() return tensor.where(x:less(2), tensor.zeros(3), 0) end,
  "tensor.where: shapes [3, 4] and [3] do not broadcast")
expect_error(function() return x:gather(1, integers{1}) end,
  "index of shape [1] does not fit in a tensor of shape [3, 4] along axis 1")
expect_error(function() return x:gather(1, x) end, "tensor.gather: index must be an int64 tensor, got")
expect(numbers(tensor{7, 8, 9}:scatter(1, integers{3, 1, 3}, tensor{1, 2, 3})), "3: 2 8 3")
expect(numbers(tensor.zeros{2, 3}:scatter(2, integers{{-1}, {1}}, tensor{{5}, {6}})), "2x3: 0 0 5 6 0 0")
expect_error(function() return x:scatter(1, integers{{4}}, tensor{{1}}) end,
  "tensor.scatter: index 4 is out of range for axis 1 of shape [3, 4]")
expect_error(function() return x:scatter(1, integers{{1}}, tensor{1}) end,
  "tensor.scatter: source must have the shape of index, got [1] and [1, 1]")
expect_error(function() return x:scatter_add(1, integers{{1}}, tensor{1}) end,
  "source must have the shape of index, got [1] and [1, 1]")
expect_error(function() return x:take({5}, 2) end, "tensor.take: index 5 is out of range for axis 2")
expect_error(function() integers{1}:axpy(1, tensor{1}) end, "x must be float32 or float64, got int64")
expect_error(function()
  grad.vjp(function(v) v:fill(0) return v:sum() end, tensor{1, 2})
end, "a tensor on a live tape cannot be written to")
expect_error(function()
  local w = tensor{1, 2}
  grad.vjp(function(v) local s = (v * w):sum() w:fill(0) return s end, tensor{1, 2})
end, "was written to before its gradient was taken")

-- A single element is a number of its own, so that what is written for lists works.
local v = tensor{1, 2, 3}
v[1], v[2] = v[2], v[1]
expect(numbers(v), "3: 2 1 3")
local before = v[3]
v[3] = 10
expect(tostring(before:item()), "3.0")
v[{3}], v[{1}] = v[{1}], v[{3}]
expect(numbers(v), "3: 10 1 2")
local w = tensor{{1, 2}, {3, 4}}
w[{1, 1}], w[{2, 2}] = w[{2, 2}], w[{1, 1}]
expect(numbers(w), "2x2: 4 2 3 1")
w[1][1], w[2][1] = w[2][1], w[1][1]
expect(numbers(w), "2x2: 3 2 4 1")
for _, dtype in ipairs{"float32", "float64", "int64"} do
  local list = tensor({3, 1, 2, 5, 4}, {dtype = dtype})
  table.sort(list)
  expect(numbers(list), "5: 1 2 3 4 5")
  table.sort(list, function(a, b) return a > b end)
  expect(numbers(list), "5: 5 4 3 2 1")
end
-- A row is a view.
local row = w[1]
row[1] = 7
expect(numbers(w), "2x2: 7 2 4 1")

-- Index #x + 1 is nil, by which ipairs ends; any other is out of range.
local seen = {}
for i, element in ipairs(tensor{1, 2, 3}) do seen[i] = element:item() end
expect(table.concat(seen, " "), "1.0 2.0 3.0")
local rows = 0
for _, part in ipairs(w) do rows = rows + #part end
expect(tostring(rows), "4")
expect(tostring(w[3]), "nil")
expect(tostring(tensor.zeros{0}[1]), "nil")
expect_error(function() return w[4] end, "index 4 is out of range for axis 1 of shape [2, 2]")
expect_error(function() return w[{3}] end, "index 3 is out of range for axis 1 of shape [2, 2]")
expect_error(function() return w[1][-3] end, "index -3 is out of range for axis 1 of shape [2]")
expect_error(function() w[3] = 1 end, "index 3 is out of range for axis 1 of shape [2, 2]")
expect_error(function() return w[math.maxinteger] end, "is out of range for axis 1")

-- Gradients pass through elements, on tapes in tapes and in compiled functions.
local function f(x) return x[1] * x[2] + x[{3}]^3 end
local g = grad(f)
local at = tensor{2, 3, 4}
expect(numbers(g(at)), "3: 3 2 48")
expect(numbers(grad(function(x) return g(x)[3] end)(at)), "3: 0 0 24")
local compiled = grad.compile(g)
for _ = 1, 3 do expect(numbers(compiled(at)), "3: 3 2 48") end
local first = grad.compile(function(x) return x[1] end)
for _ = 1, 3 do
  local x = tensor{5, 6}
  local element = first(x)
  x[1] = 0
  expect(tostring(element:item()), "5.0")
end

-- == compares 0-d tensors by their numbers, others by identity.
expect(tostring(at[1] == tensor(2)), "true")
expect(tostring(at[1] == at[2]), "false")
expect(tostring(tensor(0/0) == tensor(0/0)), "false")
expect(tostring(at == at:copy()), "false")
expect(tostring(at == sde.vp()), "false")
expect(tostring(tensor(3) == tensor(3, {dtype = "int64"})), "true")
