-- Microseconds a training step whose loss and update are written in Lua: the one-hidden-layer score
-- network of width 16, batch 32, SGD 0.5, as peers/rf_train_torch.py and peers/rf_train_jax.py have
-- it. The same function eagerly and through grad.compile.
local steps = tonumber(arg[1]) or 50000

local stream = random.stream(1)
local data = tensor.concatenate{stream:normal{500, 1} - 3, stream:normal{500, 1} + 3}
local frequencies = stream:normal{1, 2} * 30

local function std(t) return (((2 * math.log(25)) * t):exp() - 1):sqrt() * (2 * math.log(25)) ^ -0.5 end

local function network(p, x, t, s)
  local q = t * frequencies * (2 * math.pi)
  local h = x:matmul(p.d1w) + p.d1b
    + tensor.concatenate({q:sin(), q:cos()}, 2):matmul(p.ew) + p.eb
  return (h:silu():matmul(p.d2w) + p.d2b) / 16 / s
end

local function loss(p, x)
  local n = x.shape[1]
  local t = stream:uniform{n, 1} * (1 - 1e-5) + 1e-5
  local z = stream:normal{n, 1}
  local s = std(t)
  return ((network(p, x + z * s, t, s) * s + z) ^ 2):sum(2):mean()
end

local slope = grad.value_and_grad(loss)

local function step(p, x)
  local value, g = slope(p, x)
  local moved = {}
  for name, w in pairs(p) do moved[name] = w - 0.5 * g[name] end
  return value, moved
end

local function microseconds(step, count)
  local p = {
    d1w = stream:normal{1, 16}, d1b = tensor.zeros(16), ew = stream:normal{4, 16} * 0.5,
    eb = tensor.zeros(16), d2w = stream:normal{16, 1} * 0.25, d2b = tensor.zeros(1),
  }
  local value
  local start = moondrift.seconds()
  for i = 0, count - 1 do
    local first = (i * 32) % 992
    value, p = step(p, data[{ {first + 1, first + 32} }])
  end
  assert(value:item() < 10)
  return (moondrift.seconds() - start) / count * 1e6
end

local compiled = grad.compile(step)
microseconds(step, 200)
microseconds(compiled, 200)
print("eager", microseconds(step, steps // 10))
print("compiled", microseconds(compiled, steps))
