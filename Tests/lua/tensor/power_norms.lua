-- Norms with p other than 1, 2 and inf keep their digits where the powers leave the range of the type,
-- and so do their gradients, also in compiled functions.

local function near(got, wanted, tolerance)
  if not (math.abs(got - wanted) <= tolerance * math.abs(wanted)) then
    error(("got %s, wanted %s"):format(got, wanted), 2)
  end
end

local function norm_of(p)
  return function(x) return x:norm(p) end
end
local scales = {float32 = {2^-100, 2^-30, 1, 2^30, 2^100}, float64 = {2^-900, 1, 2^900}}
local compared = 0
for dtype, list in pairs(scales) do
  local tolerance = dtype == "float32" and 2e-6 or 1e-14
  for _, p in ipairs{0.5, 1.5, 3, 7.5, 40, -2, -30} do
    local total, numbers = 0, {3, 4, 1}
    for _, a in ipairs(numbers) do total = total + a^p end
    local y = total^(1 / p)
    for _, s in ipairs(list) do
      local x = tensor(numbers, {dtype = dtype}) * s
      near(x:norm(p):item(), y * s, tolerance)
      near(grad.compile(norm_of(p))(x):item(), y * s, tolerance)
      near(tensor.stack{x, x}:norm(p, 2)[2]:item(), y * s, tolerance)
      local slopes = grad(norm_of(p))(x)
      for i, a in ipairs(numbers) do
        if (a / y)^(p - 1) > 1e-30 then
          near(slopes[i]:item(), (a / y)^(p - 1), 20 * tolerance)
          compared = compared + 1
        end
      end
    end
  end
end
assert(compared > 150, compared)

-- Small powers, whose root is beyond the type although the norm is not.
near((tensor.ones(2) * 2^-120):norm(0.01):item(), 2^-20, 1e-5)

-- Zeros: slope 0, and with p < 0 a norm of 0.
local function list(x) return table.concat(x:table(), " ") end
assert(list(grad(norm_of(3))(tensor{0, 0})) == "0.0 0.0")
assert(list(grad(norm_of(0.5))(tensor{0, 1, 4})) == "0.0 3.0 1.5")
assert(tensor{0, 3}:norm(-2):item() == 0)
assert(list(grad(norm_of(-2))(tensor{0, 3})) == "0.0 0.0")
-- Along an axis each row has its own scale.
local rows = tensor{{3e-30, 4e-30}, {3e30, 4e30}, {0, 0}}:norm(3, 2)
near(rows[1]:item(), 91^(1 / 3) * 1e-30, 2e-6)
near(rows[2]:item(), 91^(1 / 3) * 1e30, 2e-6)
assert(rows[3]:item() == 0)
-- The second derivative is that of the definition: x{1, 2}, p = 3.
local h = grad.jacobian(grad(norm_of(3)), tensor({1, 2}, {dtype = "float64"}))
local y = 9^(1 / 3)
near(h[{1, 1}]:item(), 2 / y^2 - 2 / y^5, 1e-12)
near(h[{1, 2}]:item(), -2 * 4 / y^5, 1e-12)
-- What is not finite.
assert(tensor{1 / 0, 1}:norm(3):item() == 1 / 0)
assert(tensor{0 / 0, 1}:norm(3):item() ~= tensor{1}:norm(3):item())
