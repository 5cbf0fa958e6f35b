-- grad.rule and grad.checkpoint run the user's function once a sweep, and fused programs of any shape have
-- the bits of the function itself.
local check = require "check"

-- A rule with three inputs: its backward runs once for one gradient.
do
  local runs = 0
  local f = grad.rule(
    function(a, b, c) return a * b + c end,
    function(a, b, c, y, g)
      runs = runs + 1
      return {g * b, g * a, g}
    end)
  local g = grad.grad(function(p) return f(p.a, p.b, p.c):sum() end)
  local found = g{a = tensor{1, 2}, b = tensor{3, 4}, c = tensor{5, 6}}
  check.equal(found.a:table(), {3.0, 4.0})
  check.equal(found.b:table(), {1.0, 2.0})
  check.equal(found.c:table(), {1.0, 1.0})
  check.equal(runs, 1)
end

-- A checkpoint of two inputs: the function runs once forward and once in the sweep.
do
  local runs = 0
  local g = grad.grad(function(p)
    return grad.checkpoint(function(a, b)
      runs = runs + 1
      return (a * b):exp()
    end, p.a, p.b):sum()
  end)
  local found = g{a = tensor{0, 0}, b = tensor{2, 3}}
  check.equal(found.a:table(), {2.0, 3.0})
  check.equal(runs, 2)
end

-- Programs of random operations: chains, products, transposes, sums and slices in any order. What Fusion
-- moves must not change a bit.
local function random_program(seed, operations)
  local stream = random.stream(seed)
  local choice = stream:integers(operations * 4, 1, 1000):reshape{operations, 4}:table()
  return function(x, w)
    local values = {x, w, x + w}
    local function pick(number) return values[#values - number % math.min(#values, 9)] end
    for _, c in ipairs(choice) do
      local a, b = pick(c[2]), pick(c[3])
      local kind, y = c[1] % 10, nil
      if kind < 3 then y = a * 0.5 + b * 0.25
      elseif kind < 5 then y = (a - b):tanh()
      elseif kind == 5 then y = a:matmul(b) * 0.1
      elseif kind == 6 then y = a:transpose() * 1.5
      elseif kind == 7 then y = a + b:mean(1)
      elseif kind == 8 then y = a:square() - b:sum(2, {keepdim = true}) * 0.01
      else y = a:exp():clamp(-2, 2) end
      values[#values + 1] = y
    end
    local total = values[#values]
    for k = #values - 4, #values - 1 do total = total + values[k] end
    return total, values[#values - 6]
  end
end

local tried = 0
for seed = 1, 40 do
  local f = random_program(seed, 20 + 5 * seed)
  local compiled = grad.compile(f)
  local stream = random.stream(100 + seed)
  for _ = 1, 3 do
    local x, w = stream:normal{6, 6} * 0.3, stream:normal{6, 6} * 0.3
    local a, b = f(x, w)
    local c, d = compiled(x, w)
    check.equal(c:table(), a:table())
    check.equal(d:table(), b:table())
    tried = tried + 1
  end
end
check.equal(tried, 120)
