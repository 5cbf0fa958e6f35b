-- grad.compile: what is replayed is what the function gives, what cannot be replayed is refused, and
-- plans are made, kept and dropped as documented.
local check = dofile(arg[0]:match("^(.*/)") .. "../check.lua")

local stream = random.stream(1)

-- Equal to the last bit, NaN equal to NaN.
local function same(got, wanted)
  check.equal(got.dtype, wanted.dtype)
  check.equal(got.shape, wanted.shape)
  check.equal(got:table(), wanted:table())
end

-- The function and what is compiled of it, on several arguments of the same kind.
local function agree(f, arguments)
  local g = grad.compile(f)
  for _ = 1, 3 do
    local given = arguments()
    local got, wanted = {g(table.unpack(given))}, {f(table.unpack(given))}
    check.equal(#got, #wanted)
    for i, x in ipairs(wanted) do same(got[i], x) end
  end
  check.equal(#g:plans(), 1)
  return g:plans()[1]
end
local function normal(...)
  local shapes = {...}
  return function()
    local out = {}
    for i, shape in ipairs(shapes) do out[i] = stream:normal(shape) end
    return out
  end
end

-- Chains: one instruction, whatever broadcasts into them, at sizes around those of the blocks.
for _, n in ipairs{0, 1, 2047, 2048, 2049, 32768, 70001} do
  local plan = agree(function(x, y) return ((x * 2 + y):exp() - x / y):tanh() end, normal({n}, {n}))
  check.equal(plan.instructions, n == 0 and 0 or 1)
  check.equal(plan.buffer_bytes, 0)
end
local plan = agree(
  function(x, row, column, number) return (x * row + column):sigmoid() * number - row end,
  normal({300, 70}, {70}, {300, 1}, {}))
check.equal(plan, {instructions = 1, chains = 1, buffer_bytes = 0})
agree(function(x, y) return x:transpose() * y + y:transpose():exp():transpose() end,
  normal({5, 7}, {7, 5}))
agree(function(x) return (x:exp() + x:exp():transpose()):log() end, normal({33, 33}))
agree(function(x) return x:permute{3, 1, 2} * x:sum{1, 3}:reshape{1, 1, 4} end,
  normal({3, 4, 5}))
agree(function(x) return x:flip(1) + x[{ {2, -1} }]:mean() * x[{ {1, 40, 3} }]:sum() end, normal({50}))
agree(function(x)
  return tensor.where(x:greater(0) & x:less(1), x, -x), x:relu(), x:is_finite(), x:abs():to("float64")
end, normal({4, 9}))

-- Reductions and products, at sizes that are cut for several threads.
for _, shape in ipairs{{5}, {40000}, {3, 20000}, {300, 200}, {2, 3, 4}, {5, 40000}} do
  agree(function(x) return (x * x):sum(), x:mean(1), (x + 1):max(-1), x:exp():sum(1) end, normal(shape))
end
for _, shape in ipairs{{7}, {70001}, {900, 70}, {2, 40000}, {33, 1}} do
  local plan = agree(function(x) return (x:exp() * x + 1):mean() end, normal(shape))
  check.equal(plan, {instructions = 2, chains = 2, buffer_bytes = 4})
  agree(function(x) return (x:exp() * x + 1):mean(), (x * x):max() end, normal(shape))
  agree(function(x) return (x:exp() + 1):sum(-1), x:to("float64"):sin():min(-1) end, normal(shape))
end
agree(function(a, b) return a:matmul(b), b:transpose():matmul(a:transpose()) end,
  normal({40, 30}, {30, 20}))
agree(function(a, b) return (a:matmul(b) + 1):sum(1) end, normal({6, 4, 3}, {6, 3, 5}))
agree(function(a, b) return a:matmul(b) end, normal({3, 0}, {0, 2}))

-- Everything else falls back to its own function.
agree(function(x)
  local sorted, places = x:sort()
  return sorted, places, x:cumsum(), x:argmax(1), x:softmax(1), x:tile{2, 1}, x:rfft(),
    x:quantile(0.3, 2), x:logsumexp(2)
end, normal({6, 8}))
agree(function(x)
  local a = x:transpose():matmul(x) + tensor.eye(4)
  return linalg.cholesky(a), linalg.inv(a), linalg.logdet(a), linalg.solve(a, x:transpose())
end, normal({9, 4}))

-- Numbers that choose elements may be arguments.
local function drawn_places()
  return {stream:normal{6, 3}, stream:integers(4, 1, 6), stream:integers(6, 1, 3):reshape{6, 1}}
end
local function choosing(x, rows, column)
  return x[rows], x:take(rows), x:gather(2, column), tensor.one_hot(rows, 6),
    tensor.zeros{6, 3}:scatter_add(1, rows:reshape{4, 1}, x[{ {1, 4}, {1, 1} }])
end
agree(choosing, drawn_places)
agree(function(x, rows, column)
  return grad.grad(function(x) return (x[rows]^2):sum() + x:gather(2, column):exp():sum() end)(x)
end, drawn_places)
check.raises("index 7 is out of range for axis 1 of shape [6, 3]", function()
  local g = grad.compile(function(x, rows) return x[rows] end)
  g(stream:normal{6, 3}, tensor({1, 2}, {dtype = "int64"}))
  g(stream:normal{6, 3}, tensor({1, 7}, {dtype = "int64"}))
end)

-- Element types.
agree(function(k) return k + 1, k * k, k / 2, k:greater(3), -k, k:max() end,
  function() return {stream:integers(9, -5, 5)} end)
agree(function(b) return ~b, b & b, b:any(), b:to("float32") end,
  function() return {stream:bernoulli({7}, 0.5)} end)
agree(function(x) return x:exp() * 0.1, x:to("float32") + 1 end,
  function() return {stream:normal({7}, {dtype = "float64"})} end)

-- Views and arguments that do not lie densely; an argument that comes back is itself.
agree(function(x, y) return x * y + x[1], x:sum(1) end,
  function() return {stream:normal{5, 4}:transpose(), stream:normal{4, 10}[{ {}, {1, 10, 2} }]} end)
local back = grad.compile(function(x, p) return p.w, x[2], {x, "text", 3} end)
for _ = 1, 2 do
  local x, w = stream:normal{3, 1}, stream:normal{2}
  local first, second, list = back(x, {w = w})
  check.equal({list[2], list[3]}, {"text", 3})
  first[1], second[1] = 5, 6
  check.equal({w[1]:item(), x[2][1]:item(), list[1][2][1]:item()}, {5.0, 6.0, 6.0})
end

-- Results share no memory with each other or with arguments unless they are views.
local apart = grad.compile(function(x) return x:copy(), x * 2, x * 2, x * 1, x:sum(1) end)
for _ = 1, 3 do
  local x = stream:normal{1, 4}
  local before, results = x:copy(), {apart(x)}
  for i, y in ipairs(results) do
    for k = i + 1, #results do check.equal(results[k]:max():item() ~= 50, true) end
    y:fill(50)
  end
  same(x, before)
end

-- Gradients inside, of any order, over tables of tensors.
local function loss(p, x, y) return ((x:matmul(p.w) + p.b):tanh():matmul(p.v[1]) - y)^2 end
local function mean_loss(p, x, y) return loss(p, x, y):mean() end
local function step(p, x, y)
  local value, g = grad.value_and_grad(mean_loss)(p, x, y)
  return value, {w = p.w - 0.1 * g.w, b = p.b - 0.1 * g.b, v = {p.v[1] - 0.1 * g.v[1]}}
end
local compiled = grad.compile(step)
local p = {w = stream:normal{3, 8}, b = tensor.zeros(8), v = {stream:normal{8, 1}}}
local q = p
for _ = 1, 20 do
  local x, y = stream:normal{32, 3}, stream:normal{32, 1}
  local wanted, got
  wanted, p = step(p, x, y)
  got, q = compiled(q, x, y)
  same(got, wanted)
  same(q.w, p.w) same(q.b, p.b) same(q.v[1], p.v[1])
end
agree(function(x)
  local g = grad.grad(function(x) return (x:sin() * x:exp()):sum() end)
  return grad.grad(function(x) return (g(x)^2):sum() end)(x), grad.jacobian(function(x) return x^3 end, x)
end, normal({5}))
agree(function(x)
  return grad.checkpoint(function(x) return x:exp():sin() end, x),
    grad.rule(function(x) return x:minimum(1) end, function(x, y, g) return g end)(x)
end, normal({5}))

-- Differentiated from outside f itself runs, so that every order is right.
local cube = grad.compile(function(x) return (x^3):sum() end)
cube(tensor{1, 2})
same(grad.grad(cube)(tensor{1, 2}), tensor{3, 12})
same(grad.grad(function(x) return grad.grad(cube)(x):sum() end)(tensor{1, 2}), tensor{6, 12})
local scale
local scaled = grad.compile(function(x) return (x * scale):sum() end)
same(grad.grad(function(s)
  scale = s
  return scaled(tensor{1, 2})
end)(tensor(3)), tensor(3))
check.equal(#scaled:plans(), 0)

-- Models and diffusions take times that are not known yet.
local ve = sde.ve_power{base = 25}
for _, m in ipairs{
  nn.score_mlp{dimension = 2, width = 8, sde = ve, seed = 1},
  nn.random_features{dimension = 2, width = 8, sde = ve, seed = 1},
  nn.residual_mlp{dimension = 2, width = 8, sde = ve, seed = 1, sigma_data = 1},
} do
  agree(function(x, t) return m:score(x, t), m:score(x, t[1]) end,
    function() return {stream:normal{5, 2}, stream:uniform{5}} end)
end
local mixture = target.gaussian_mixture{means = {-3, 3}, stds = 1}
local exact = mixture:model(sde.vp())
agree(function(x, t) return exact:score(x, t), sde.vp():sigma(t), sde.edm():alpha(t) end,
  function() return {stream:normal{5, 1}, stream:uniform{5}} end)
agree(function(x) return mixture:log_density(x), mixture:score(x) end, normal({5, 1}))

-- What is trained further is recorded anew.
local m = nn.score_mlp{dimension = 1, width = 4, sde = sde.vp(), seed = 1}
local scores = grad.compile(function(x) return m:score(x, 0.5) end)
for _ = 1, 2 do
  same(scores(tensor{{1}, {2}}), m:score(tensor{{1}, {2}}, 0.5))
  train(m, mixture:sample(64, {seed = 1}), {steps = 3, seed = 1})
end

-- Two buffers are enough for a sequence, however long.
plan = agree(function(x, w)
  for _ = 1, 20 do x = x:matmul(w):tanh() end
  return x
end, normal({30, 30}, {30, 30}))
check.equal(plan, {instructions = 40, chains = 20, buffer_bytes = 2 * 30 * 30 * 4})

-- Random numbers go on as if f itself drew them, from captured streams and from arguments.
local inside = random.stream(5)
local noisy = grad.compile(function(x, s) return x + s:normal{3} * inside:uniform{3} end)
local ours, other, mirror = random.stream(7), random.stream(5), random.stream(7)
for i = 1, 3 do
  if i == 3 then ours, mirror = random.stream(8), random.stream(8) end
  same(noisy(tensor.zeros(3), ours), mirror:normal{3} * other:uniform{3})
end
check.equal(#noisy:plans(), 1)
same(grad.compile(function(x) return x + random.stream(3):normal{2} end)(tensor.zeros(2)),
  random.stream(3):normal{2})

-- What Lua would see is refused at the line that looks.
local function refused(message, f, ...)
  local g = grad.compile(f)
  check.raises(message, g, ...)
  check.raises(message, g, ...)
end
local x = tensor{1, 2, 3}
local unknown = "a tensor that grad.compile records has no value yet"
refused("tensor.item: " .. unknown, function(x) return x[1]:item() end, x)
refused("tensor.table: " .. unknown, function(x) return x:table() end, x)
refused("tensor: " .. unknown, function(x) return x[1] < 1 end, x)
refused("tensor: " .. unknown, function(x) return x[1] <= x[2] end, x)
refused("tensor: " .. unknown, function(x) return tostring(x) end, x)
refused("tensor: " .. unknown, function(x) return x[x:greater(1)] end, x)
refused("tensor.nonzero: " .. unknown, function(x) return x:nonzero() end, x)
refused("tensor.unique: " .. unknown, function(x) return x:unique() end, x)
refused("tensor.histogram: " .. unknown, function(x) return x:histogram(2) end, x)
refused("tensor.item: " .. unknown, function(x) return (x * 2 + 1):sum():item() end, x)
local writing = "a tensor cannot be written to while grad.compile records; build the result instead"
refused("tensor.fill: " .. writing, function(x) return x:fill(0) end, x)
refused("tensor.assign: " .. writing, function(x) return x:assign(x * 2) end, x)
refused("tensor.axpy: " .. writing, function(x) return x:axpy(2, x) end, x)
refused("tensor: " .. writing, function(x) x[1] = 0 return x end, x)
refused("tensor: " .. writing, function(x) local y = tensor.zeros(3) y[1] = x[1] return y end, x)
local draws = "only normal and uniform numbers of a stream from outside can be drawn while "
  .. "grad.compile records; draw others before and pass them as an argument"
refused("grad.compile: " .. draws, function(x, s) return x + s:permutation(3) end, x, random.stream(1))
refused("grad.compile: " .. draws, function(x) return x + inside:exponential{3} end, x)
refused("grad.compile: a seed that grad.compile would freeze: name the seed, or pass a stream as an "
  .. "argument", function(x) return x + random.stream():normal{3} end, x)
local passed, message = pcall(grad.compile(function(x) return x[1]:item() end), x)
assert(not passed and message:find("compile.lua:%d+: tensor.item"), message)

-- A failure leaves the function usable.
local wrong = true
local fragile = grad.compile(function(x)
  if wrong then error("not yet") end
  return x * 2
end)
passed, message = pcall(fragile, x)
assert(message:find("compile.lua:%d+: not yet"), message)
wrong = false
same(fragile(x), x * 2)
same(fragile(x), x * 2)
same(x + 1, tensor{2, 3, 4})

-- What is not a tensor tells plans apart; they are bounded, the least used goes first.
local kinds = grad.compile(function(x, how)
  if type(how) == "function" then return how(x) end
  if type(how) == "table" then return x * (how.scale or #how) end
  return how and x * (tonumber(how) or 2) or x
end)
local double, triple = function(x) return x * 2 end, function(x) return x * 3 end
for _ = 1, 2 do
  same(kinds(x, 2), x * 2) same(kinds(x, 2.5), x * 2.5) same(kinds(x, "7"), x * 7)
  same(kinds(x, true), x * 2) same(kinds(x, nil), x) same(kinds(x), x)
  same(kinds(x, double), x * 2) same(kinds(x, triple), x * 3)
  same(kinds(x, {scale = 4}), x * 4) same(kinds(x, {scale = 5}), x * 5)
  same(kinds(x, {1, 1}), x * 2) same(kinds(x, {1, 1, 1}), x * 3)
  same(kinds(x:to("float64"), 2), x:to("float64") * 2) same(kinds(tensor{1, 2}, 2), tensor{2, 4})
end
check.equal(#kinds:plans(), 14)
for n = 1, 20 do kinds(x, 100 + n) end
check.equal(#kinds:plans(), 16)
assert(tostring(kinds):find("grad.compile(function, 16 plans, ", 1, true), tostring(kinds))
check.equal(tostring(grad.compile(print)), "grad.compile(function)")

-- Captured tensors are constants; one that was written to is recorded anew.
local captured = tensor{1, 1, 1}
local holding = grad.compile(function(x) return x * captured end)
same(holding(x), x)
captured:fill(2)
same(holding(x), x * 2)
check.equal(#holding:plans(), 1)

-- A compiled function inside another is a part of it; one may call itself.
local inner = grad.compile(function(x) return x:exp() end)
agree(function(x) return inner(x) * 2 end, normal({5}))
check.equal(#inner:plans(), 1)
local power
power = grad.compile(function(x, n) if n == 0 then return x * 0 + 1 end return x * power(x, n - 1) end)
same(power(x, 3), tensor{1, 8, 27})
same(power(x, 3), tensor{1, 8, 27})

-- `check` finds what was frozen.
local factor = 1
local careless = grad.compile(function(x, p) return x, {p.w * factor} end, {check = 2})
careless(x, {w = x})
careless(x, {w = x})
careless(x, {w = x})
factor = 3
careless(x, {w = x})
check.raises("grad.compile: output 2 differs from the function's own by 6 at element 3: 3, expected 9; "
  .. "what the function captures must not change", careless, x, {w = x})
local careful = grad.compile(function(x) return x + inside:normal{3} end, {check = 1})
for _ = 1, 3 do careful(x) end
check.raises("grad.compile: check must be a positive integer, got 0", grad.compile, print, {check = 0})
check.raises("grad.compile: f must be a function, got 3", grad.compile, 3)

-- Tables with a list and names beside it, and integer keys beyond it, keep their kinds of key.
local function mixed(p)
  local at = p.deep[10]
  return ((p[1] * p[2]):sum() * p.scale + p.deep[1] * 3 + at * at):sum(), {at, last = p[2]}
end
local mixed_slope = grad.value_and_grad(function(p) return (mixed(p)) end)
local parameters = {
  tensor{1, 2}, tensor{3, 4}, scale = tensor(2), deep = {tensor{1}, name = "deep", [10] = tensor{5}},
}
local value, slope = mixed_slope(parameters)
check.equal(value:item(), 50.0)
check.equal(slope[1]:table(), {6.0, 8.0})
check.equal(slope.scale:item(), 11.0)
check.equal(slope.deep[10]:table(), {10.0})
check.equal(slope.deep.name, "deep")
check.equal(#slope, 2)
check.equal(slope["1"], nil)
local mixed_compiled = grad.compile(function(p)
  local _, slope = mixed_slope(p)
  return slope, select(2, mixed(p))
end)
for _ = 1, 3 do
  local got, parts = mixed_compiled(parameters)
  check.equal(got[2]:table(), {2.0, 4.0})
  check.equal(got.deep[10]:table(), {10.0})
  check.equal(parts[1]:table(), {5.0})
  check.equal(parts.last:table(), {3.0, 4.0})
end
check.equal(#mixed_compiled:plans(), 1)

-- The slope of x^0 is 0 at 0, and that of x^1 is 1.
check.equal(grad.grad(function(x) return (x ^ 0):sum() end)(tensor{0, 2}):table(), {0.0, 0.0})
check.equal(grad.grad(function(x) return (x ^ 1):sum() end)(tensor{0, 2}):table(), {1.0, 1.0})
