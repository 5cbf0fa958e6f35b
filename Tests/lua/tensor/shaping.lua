-- Cutting, repeating, grids, einsum and Fourier transforms, by hand; and what their errors say.

local function numbers(x)
  local out = {}
  for i, value in ipairs(x:reshape{-1}:table()) do
    -- No "-0", which depends on rounding.
    if type(value) == "number" and math.abs(value) < 1e-6 then value = 0 end
    out[i] = type(value) == "number" and string.format("%.6g", value) or tostring(value)
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
local function integers(values) return tensor(values, {dtype = "int64"}) end

local x = tensor.arange(1, 6):reshape{2, 3}
expect(numbers(x:split(2, 2)[2]), "2x1: 3 6")
expect(numbers(x:split({0, 3}, -1)[2]), "2x3: 1 2 3 4 5 6")
expect(numbers(tensor.arange(1, 7):chunk(3)[2]), "2: 4 5")
expect(numbers(tensor{1, 2}:tile{2, 2}), "2x4: 1 2 1 2 1 2 1 2")
expect(numbers(x:tile(2)), "2x6: 1 2 3 1 2 3 4 5 6 4 5 6")
expect(numbers(x:repeat_interleave({1, 0, 2}, 2)), "2x3: 1 3 3 4 6 6")
expect(numbers(x:pad({{0, 1}, {1, 0}}, {value = 9})), "3x4: 9 1 2 3 9 4 5 6 9 9 9 9")
expect(numbers(integers{1}:pad(1)), "3: 0 1 0")
local v = tensor{1, 2, 3}
expect(numbers(v:pad(4, {mode = "reflect"})), "11: 1 2 3 2 1 2 3 2 1 2 3")
expect(numbers(v:pad({{2, 1}}, {mode = "replicate"})), "6: 1 1 1 2 3 3")
expect(numbers(v:pad({{2, 4}}, {mode = "circular"})), "9: 2 3 1 2 3 1 2 3 1")
expect(numbers(tensor{5}:pad(1, {mode = "reflect"})), "3: 5 5 5")
expect(numbers(integers{1, 2}:pad(1, {mode = "constant", value = 7})), "4: 7 1 2 7")
expect(numbers(tensor.zeros{0, 2}:pad({{0, 0}, {1, 0}}, {mode = "circular"})), "0x3: ")
expect_error(function() tensor.zeros{0, 2}:pad(1, {mode = "replicate"}) end,
  "tensor.pad: axis 1 of shape [0, 2] has no elements to fill its border with")
expect_error(function() v:pad(1, {mode = "edge"}) end,
  "tensor.pad: mode must be 'constant' or 'reflect' or 'replicate' or 'circular', got 'edge'")
expect_error(function() v:pad(1, {mode = "reflect", value = 2}) end,
  "tensor.pad: value must be absent where mode is 'reflect', got 2")
expect_error(function() v:pad({{1, -1}}, {mode = "reflect"}) end,
  "tensor.pad: widths must be {before, after} of 0 or more for each axis, got {{1, -1}} for shape [3]")
expect_error(function() v:pad(2^45 // 1, {mode = "circular"}) end, "tensor.pad: not enough memory")
expect(numbers(x:roll(1, 2)), "2x3: 3 1 2 6 4 5")
expect(numbers(x:roll(-7, 1)), "2x3: 4 5 6 1 2 3")
expect(numbers(x:flip{1, -1}), "2x3: 6 5 4 3 2 1")
expect(numbers((x:flip(2) + x):matmul(x:flip(1):transpose())), "2x2: 60 24 150 60")
expect(numbers(tensor.zeros{1, 2, 1}:squeeze()), "2: 0 0")
expect(table.concat(tensor.zeros{2, 3}:unsqueeze(-1).shape, " "), "2 3 1")
expect(numbers(tensor.stack({tensor{1, 2}, tensor{3, 4}}, 2)), "2x2: 1 3 2 4")
expect(numbers(x:diag(1)), "2: 2 6")
expect(numbers(tensor{1, 2}:diag(-1)), "3x3: 0 0 0 1 0 0 0 2 0")
expect(numbers(x:diag(-9)), "0: ")
expect(numbers(x:tril()), "2x3: 1 0 0 4 5 0")
expect(numbers(x:triu(1)), "2x3: 0 2 3 0 0 6")
expect(numbers(tensor.eye(2, 3)), "2x3: 1 0 0 0 1 0")
expect(numbers(tensor.one_hot(integers{3, 1}, 3)), "2x3: 0 0 1 1 0 0")
expect(numbers(tensor.one_hot(integers{0, 2}, 3, {first = 0, dtype = "bool"})),
  "2x3: true false false false false true")
local grid = tensor.meshgrid{tensor{1, 2}, tensor{5, 6, 7}}
expect(numbers(grid[1]) .. " / " .. numbers(grid[2]), "2x3: 1 1 1 2 2 2 / 2x3: 5 6 7 5 6 7")
expect(numbers(tensor.logspace(0, 3, 4)), "4: 1 10 100 1000")
expect(numbers(tensor.logspace(0, 3, 4, {base = 2})), "4: 1 2 4 8")
expect(numbers(tensor.logspace(0, 3, 1)), "1: 1")
expect(numbers(tensor.linspace(-1, 1, 5)), "5: -1 -0.5 0 0.5 1")
expect(numbers(tensor.linspace(-1, 1, 1)), "1: -1")
local double = {dtype = "float64"}
expect(numbers(tensor.linspace(-1.5e308, 1.5e308, 4, double)),
  "4: -1.5e+308 -5e+307 5e+307 1.5e+308")
expect(numbers(tensor.linspace(1.7e308, -1.7e308, 3, double)), "3: 1.7e+308 0 -1.7e+308")
expect(numbers(tensor.linspace(-1.7e308, 1.7e308, 1, double)), "1: -1.7e+308")
expect(numbers(tensor.linspace(-1.7e308, 1.7e308, 2, double)), "2: -1.7e+308 1.7e+308")
expect_error(function() tensor.linspace(0, 1 / 0, 3) end,
  "tensor.linspace: last must be a finite number, got inf")
expect_error(function() tensor.logspace(0 / 0, 1, 3) end,
  "tensor.logspace: first must be a finite number, got")
expect_error(function() tensor(1):sum(1) end,
  "tensor.sum: axis must be absent for a tensor without axes, got 1")
expect(numbers(tensor{1, 2}:dot(tensor{3, 4})), ": 11")
expect(numbers(tensor{1, 2}:outer(tensor{3, 4})), "2x2: 3 4 6 8")

-- Products over several axes.
expect(numbers(x:tensordot(x, {{1, 2}, {1, 2}})), ": 91")
expect(numbers(x:tensordot(x)), ": 91")
expect(numbers(x:tensordot(tensor{1, 0, 1}, 1)), "2: 4 10")
expect(numbers(integers{1, 2}:tensordot(integers{3, 4}, 0)), "2x2: 3 4 6 8")
expect_error(function() x:tensordot(x, 1) end,
  "tensor.tensordot: axis 2 of shape [2, 3] and axis 1 of shape [2, 3] have different lengths")
expect_error(function() x:tensordot(x, 3) end,
  "tensor.tensordot: axes must be from 0 to 2, got 3, for shapes [2, 3] and [2, 3]")
expect_error(function() x:tensordot(x, {{1}, {1, 2}}) end,
  "tensor.tensordot: axes must be two lists of one length, got {{1}, {1, 2}}")
expect_error(function() x:tensordot(x, {{1, 1}, {1, 1}}) end,
  "tensor.tensordot: axes must not name an axis twice, got {{1, 1}, {1, 1}}")
expect_error(function() x:tensordot(x, {{3}, {1}}) end,
  "tensor.tensordot: axes must be from 1 to 2 or from -2 to -1, got 3, for shape [2, 3]")
local wide = tensor.zeros{1, 1, 1, 1, 1}
expect_error(function() wide:tensordot(wide, 0) end,
  "tensor.tensordot: shape must have at most 8 axes, got 10")
expect(numbers(tensor.eye(2):kron(tensor{{1, 2}})), "2x4: 1 2 0 0 0 0 1 2")
expect(numbers(tensor{1, 10}:kron(tensor{{1}, {2}})), "2x2: 1 10 2 20")
expect(numbers(tensor(2):kron(tensor(3))), ": 6")
expect_error(function() wide:kron(x) end,
  "tensor.kron: a and b must have at most 4 axes, got shapes [1, 1, 1, 1, 1] and [2, 3]")

-- einsum.
local a, b = tensor.arange(1, 6):reshape{2, 3}, tensor.arange(1, 12):reshape{3, 4}
expect(numbers(tensor.einsum("ij,jk->ki", a, b)), numbers(a:matmul(b):transpose()))
expect(numbers(tensor.einsum("ij,jk", a, b)), numbers(a:matmul(b)))
expect(numbers(tensor.einsum("ij->", a)), ": 21")
expect(numbers(tensor.einsum("ii", tensor.eye(3))), ": 3")
expect(numbers(tensor.einsum("i,j->ij", tensor{1, 2}, tensor{3, 4})), "2x2: 3 4 6 8")
expect(numbers(tensor.einsum("ij,ij->i", a, a)), "2: 14 77")

-- Fourier.
expect(numbers(tensor{1, 0, 0, 0}:rfft()), "3x2: 1 0 1 0 1 0")
expect(numbers(tensor{1, 2, 3, 4}:rfft()), "3x2: 10 0 -2 2 -2 0")
expect(numbers(tensor{1, 2, 3, 4, 5}:rfft():irfft(5)), "5: 1 2 3 4 5")
expect(numbers(tensor{{1, 2}, {3, 4}}:rfft2()), "2x2x2: 10 0 -2 0 -4 0 0 0")
expect(numbers(tensor{{1, 2, 5}, {3, 4, 6}}:rfft2():irfft2(3)), "2x3: 1 2 5 3 4 6")
expect(numbers(tensor{{1, 0}, {0, 1}, {2, 0}}:fft():ifft()), "3x2: 1 0 0 1 2 0")
expect(numbers(tensor.fftfreq(4)), "4: 0 0.25 -0.5 -0.25")
expect(numbers(tensor.fftfreq(5, 0.5)), "5: 0 0.4 0.8 -0.8 -0.4")
expect(numbers(tensor.fftfreq(4, 1, {real = true})), "3: 0 0.25 0.5")
for _, dtype in ipairs{"float32", "float64"} do
  local y = random.stream(1):normal({3, 20, 7}, {dtype = dtype})
  local energy = y:square():sum():item()
  local spectrum = y:transpose():copy():transpose():rfft2()
  expect(spectrum.dtype, dtype)
  assert((spectrum:irfft2(7) - y):abs():max():item() < (dtype == "float32" and 1e-6 or 1e-14))
  local pairs_ = tensor.stack({y, y * 0}, 4)
  -- Parseval, and the half spectrum is the beginning of the whole.
  assert(math.abs(pairs_:fft():square():sum():item() / 7 - energy) < 1e-4 * energy)
  assert((pairs_:fft()[{ {}, {}, {1, 4} }] - y:rfft()):abs():max():item() < 1e-5)
end

-- Errors.
expect_error(function() x:split({1, 1}, 2) end, "tensor.split: sizes must add up to 3, got {1, 1}, for axis 2 of shape [2, 3]")
expect_error(function() x:split(0) end, "sizes must be a positive length, got 0")
expect_error(function() x:chunk(3) end, "count must be at most 2, got 3, for axis 1 of shape [2, 3]")
expect_error(function() x:tile{2^40, 2^40} end, "has more elements than memory can hold")
expect_error(function() tensor{1}:tile(2^40) end, "tensor.tile: ")
expect_error(function() tensor{1}:repeat_interleave(2^40) end, "tensor.repeat_interleave: ")
expect_error(function() tensor{1}:pad(2^40) end, "tensor.pad: ")
expect_error(function() tensor.eye(2^20) end, "tensor.eye: ")
expect_error(function() tensor.one_hot(integers{1}, 2^40) end, "tensor.one_hot: ")
expect_error(function() tensor.logspace(0, 1, 2^40) end, "tensor.logspace: ")
expect_error(function() tensor.fftfreq(2^40) end, "tensor.fftfreq: ")
expect_error(function() tensor{1}:diag(2^40) end, "tensor.diag: ")
expect_error(function() tensor{1}:diag(math.mininteger) end, "tensor.diag: ")
expect_error(function() x:tile(-1) end, "counts must be 0 or more, got {-1}")
expect_error(function() x:repeat_interleave{1, 2, 3} end, "counts must have 2 numbers, got 3, for axis 1 of shape [2, 3]")
expect_error(function() x:pad{{1, 1}} end, "widths must be {before, after} of 0 or more for each axis, got {{1, 1}} for shape [2, 3]")
expect_error(function() x:pad(2^45) end, "more elements than memory can hold")
expect_error(function() x:squeeze(1) end, "axis 1 of shape [2, 3] has length 2, not 1")
expect_error(function() tensor.stack{tensor.zeros(2), tensor.zeros(3)} end, "parts must have one shape, got [2] and [3]")
expect_error(function() tensor.zeros{1, 1, 1}:diag() end, "x must have 1 or 2 axes, got shape [1, 1, 1]")
expect_error(function() tensor.one_hot(integers{4}, 3) end, "index must hold numbers from 1 to 3, got 4")
expect_error(function() tensor.meshgrid{x} end, "axes must have 1 axis each, got shape [2, 3] at 1")
expect_error(function() tensor{1, 2}:dot(tensor{1}) end, "a and b must be vectors of one length, got [2] and [1]")
expect_error(function() tensor.einsum("ij,jk->ik", a, a) end,
  "tensor.einsum: 'j' has length 3 in operand 1 and 2 in operand 2")
expect_error(function() tensor.einsum("ij,jk->ik", a) end, "form has 2 operands, got 1 tensors")
expect_error(function() tensor.einsum("ijk->i", a) end, "operand 1 is named 'ijk' and has shape [2, 3]")
expect_error(function() tensor.einsum("ij->k", a) end, "'k' stands in the result of 'ij->k' and in no operand")
expect_error(function() tensor.einsum("ij->ii", a) end, "'i' stands twice in the result of 'ij->ii'")
expect_error(function() tensor.einsum("i1->i", a) end, "form must name axes by letters, got '1' in 'i1->i'")
expect_error(function() x:fft() end, "tensor.fft: x must be complex, of shape [..., n, 2] and not empty, got shape [2, 3]")
expect_error(function() tensor.zeros(0):rfft() end, "x must have a last axis that is not empty, got shape [0]")
expect_error(function() tensor.zeros{3, 2}:irfft(7) end, "count must be 4 or 5 for 3 frequencies, got 7")

-- A stack without elements is not walked through, however many matrices it counts.
for _, name in ipairs{"eigh", "cholesky", "qr", "svd", "inv"} do
  assert(linalg[name](tensor.zeros{1 << 40, 0, 0}).shape[1] == 1 << 40)
end

-- Nor are rows without elements.
local rows = tensor.zeros{1 << 40, 0}
for _, name in ipairs{"tril", "triu"} do assert(rows[name](rows).shape[1] == 1 << 40) end
for _, dtype in ipairs{"float32", "float64", "int64", "bool"} do
  local x = rows:to(dtype)
  assert(x:cumsum(2).shape[1] == 1 << 40)
  assert(x:sum(1).shape[1] == 0)
  assert(x:any(1).shape[1] == 0)
end
assert(linalg.trace(rows):item() == 0)
assert(rows:mean(1).shape[1] == 0 and rows:logsumexp(1).shape[1] == 0)
