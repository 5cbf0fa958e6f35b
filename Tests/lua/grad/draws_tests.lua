-- Random numbers inside grad.checkpoint, grad.rule and grad.compile: a gradient is that of the numbers
-- that were drawn, and streams end where one run of the function leaves them.
local check = require "check"

local function same(got, wanted)
  check.equal(got:to("float64"):reshape{-1}:table(), wanted:to("float64"):reshape{-1}:table())
end

local draws = {
  normal = function(s) return s:normal(3) end,
  uniform = function(s) return s:uniform(3) end,
  exponential = function(s) return s:exponential(3) end,
  gamma = function(s) return s:gamma(3, 2.5) end,
  beta = function(s) return s:beta(3, 2, 2) end,
  student = function(s) return s:student(3, 4) end,
  bernoulli = function(s) return s:bernoulli(3, 0.5):to("float32") end,
  poisson = function(s) return s:poisson(3, 3):to("float32") end,
  permutation = function(s) return s:permutation(3):to("float32") end,
  integers = function(s) return s:integers(3, 1, 100):to("float32") end,
  choice = function(s) return s:choice(3, 100):to("float32") end,
  categorical = function(s) return s:categorical(tensor.ones{3, 50}):to("float32") end,
  sobol = function(s) return s:sobol(3, 1):reshape{3} end,
  multivariate = function(s) return s:multivariate_normal(1, tensor.zeros(3), tensor.eye(3))[1] end,
}

-- The gradient of <x, numbers> is the numbers, whichever law they come from; the stream is an upvalue.
for name, draw in pairs(draws) do
  local s, reference = random.stream(4), random.stream(4)
  local first, second = draw(reference), draw(reference)
  local g = grad.grad(function(x)
    return grad.checkpoint(function(x) return (x * draw(s)):sum() end, x)
  end)
  same(g(tensor.ones(3)), first)
  same(draw(s), second)
  check.equal(tostring(s), tostring(reference))
end

-- Several streams, checkpoints inside each other, and draws before, between and after them.
do
  local s, r = random.stream(1), random.stream(2)
  local s2, r2 = random.stream(1), random.stream(2)
  local function plain(keep)
    return function(x)
      local a, b = keep == grad.checkpoint and s or s2, keep == grad.checkpoint and r or r2
      local y = x * a:normal(3)
      y = keep(function(y)
        local z = y:sin() * a:normal(3)
        z = keep(function(z) return z:exp() * b:uniform(3) * a:normal(3) end, z)
        return z * b:normal(3)
      end, y)
      return (y * b:normal(3) * a:uniform(3)):sum()
    end
  end
  local function direct(f, x) return f(x) end
  local x = tensor({0.3, 0.5, 0.7}, {dtype = "float64"})
  local checkpointed, wanted = plain(grad.checkpoint), plain(direct)
  same(grad.grad(checkpointed)(x), grad.grad(wanted)(x))
  check.equal(tostring(s), tostring(s2))
  check.equal(tostring(r), tostring(r2))
  -- Second order, and along a direction.
  local v = tensor({1, -2, 0.5}, {dtype = "float64"})
  local a, b = grad.hvp(checkpointed, x, v), grad.hvp(wanted, x, v)
  check.near((a - b):abs():max():item(), 0, 1e-12)
  local _, p = grad.jvp(checkpointed, x, v)
  local _, q = grad.jvp(wanted, x, v)
  check.near((p - q):abs():max():item(), 0, 1e-12)
  check.equal(tostring(s), tostring(s2))
  check.equal(tostring(r), tostring(r2))
end

-- The value of a derivative along a direction and its tangent are of one run.
do
  local s = random.stream(3)
  local y, t = grad.jvp(function(x) return x * s:normal(2) end, tensor.ones(2), tensor.ones(2))
  same(y, t)
  check.equal(tostring(s), "stream(seed 3, 1 draws)")
end

-- Seeds of the session, which nobody names.
do
  local drawn
  local g = grad.grad(function(x)
    return grad.checkpoint(function(x)
      drawn = drawn or random.stream():normal(2)
      return (x * random.stream():normal(2)):sum()
    end, x)
  end)
  local numbers
  local plain = grad.grad(function(x)
    return grad.checkpoint(function(x)
      local n = random.stream():normal(2)
      numbers = numbers or n
      return (x * n):sum()
    end, x)
  end)
  same(plain(tensor.ones(2)), numbers)
end

-- A tensor that the function captures has its gradient too.
do
  local s = random.stream(6)
  local n = random.stream(6):normal(2)
  local g = grad.grad(function(w)
    return grad.checkpoint(function(x) return (x * w * s:normal(2)):sum() end, w * 2)
  end)
  same(g(tensor{1, 2}), 4 * tensor{1, 2} * n)
  check.equal(tostring(s), "stream(seed 6, 1 draws)")
  check.raises("forward uses a differentiated tensor that is not among its arguments; make it one, or "
    .. "use its detach()", function()
    grad.grad(function(w)
      return grad.rule(function(x) return x * w end, function(x, y, g) return g end)(w):sum()
    end)(tensor{1, 2})
  end)
end

-- An error in the function leaves streams as they are.
do
  local s = random.stream(7)
  local runs = 0
  pcall(grad.grad(function(x)
    return grad.checkpoint(function(x)
      runs = runs + 1
      local y = (x * s:normal(2)):sum()
      if runs == 2 then error("no") end
      return y
    end, x)
  end), tensor{1, 2})
  check.equal(tostring(s), "stream(seed 7, 1 draws)")
end

-- grad.rule: backward runs once for all inputs, so that its draws are of one run.
do
  local s = random.stream(8)
  local noisy = grad.rule(function(a, b) return a * b end, function(a, b, y, g)
    local n = s:normal(2)
    return {g * n, g * n}
  end)
  local gradients = grad.grad(function(p) return noisy(p.a, p.b):sum() end)({a = tensor{1, 2}, b = tensor{3, 4}})
  same(gradients.a, gradients.b)
  same(gradients.a, random.stream(8):normal(2))
  check.equal(tostring(s), "stream(seed 8, 1 draws)")
end

-- grad.compile draws anew in each call, with a checkpoint inside as without.
do
  for _, keep in ipairs{grad.checkpoint, function(f, x) return f(x) end} do
    local s = random.stream(9)
    local reference = random.stream(9)
    local compiled = grad.compile(function(x, s)
      return grad.grad(function(x)
        return keep(function(x) return (x * s:normal(2)):sum() end, x)
      end)(x)
    end)
    for _ = 1, 3 do same(compiled(tensor{1, 2}, s), reference:normal(2)) end
    check.equal(tostring(s), tostring(reference))
  end
end
