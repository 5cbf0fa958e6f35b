-- Every differentiable operation of `tensor` against central differences in float64, and what
-- grad.compile replays of it, gradient included, against the operation itself.
-- Arguments: the names of all functions of the module that return tensors. Each must stand in the
-- table of cases below or in the list of those without a gradient.

local step = 1e-5

-- The largest relative difference between the reverse-mode gradient of <v, f(...)> and differences.
local function gradient_error(f, inputs)
  local value = f(table.unpack(inputs))
  local v = random.stream(77):normal(value.shape, {dtype = "float64"})
  local worst = 0
  for i, input in ipairs(inputs) do
    local function at(x)
      local moved = table.move(inputs, 1, #inputs, 1, {})
      moved[i] = x
      return f(table.unpack(moved))
    end
    local _, gradient = grad.vjp(at, input, v)
    assert(table.concat(gradient.shape, " ") == table.concat(input.shape, " "), "shape of gradient")
    local slopes = gradient:reshape{-1}
    local flat = input:copy():reshape{-1}
    for e = 1, input.count do
      local old = flat[e]:item()
      flat[e] = old + step
      local up = (at(flat:reshape(input.shape)) * v):sum():item()
      flat[e] = old - step
      local down = (at(flat:reshape(input.shape)) * v):sum():item()
      flat[e] = old
      local slope = (up - down) / (2 * step)
      local difference = math.abs(slope - slopes[e]:item()) / math.max(1, math.abs(slope))
      -- A NaN is as wrong as anything.
      worst = difference <= worst and worst or difference
    end
  end
  return worst
end

local function samples(shapes, range, seed)
  local inputs = {}
  for i, shape in ipairs(shapes) do
    local u = random.stream(i + (seed or 0)):uniform(shape, {dtype = "float64"})
    inputs[i] = u * (range[2] - range[1]) + range[1]
  end
  return inputs
end

-- The largest difference, against the largest number of a result, between f with its gradients and
-- what grad.compile makes of them from other inputs than these.
local function compiled_error(f, shapes, range)
  local inputs = samples(shapes, range, 100)
  local v = random.stream(77):normal(f(table.unpack(inputs)).shape, {dtype = "float64"})
  local function whole(...)
    local results = {f(...)}
    for i, input in ipairs{...} do
      local moved = {...}
      local _, gradient = grad.vjp(function(x)
        moved[i] = x
        return (f(table.unpack(moved)))
      end, input, v)
      results[#results + 1] = gradient
    end
    return table.unpack(results)
  end
  local compiled = grad.compile(whole)
  compiled(table.unpack(samples(shapes, range)))
  local got, wanted = {compiled(table.unpack(inputs))}, {whole(table.unpack(inputs))}
  assert(#compiled:plans() == 1 and #got == #wanted, "plans and results")
  local worst = 0
  for i, x in ipairs(wanted) do
    assert(table.concat(got[i].shape, " ") == table.concat(x.shape, " "), "shape of result " .. i)
    if x.count > 0 then
      local difference = ((got[i] - x):abs():max() / x:abs():max():maximum(1)):item()
      worst = difference <= worst and worst or difference
    end
  end
  return worst
end

local covered, bad = {}, {}

-- Positive numbers away from kinks, unless a range says otherwise.
local function case(name, shapes_list, f, range)
  covered[name] = true
  for _, shapes in ipairs(shapes_list) do
    local ok, difference = pcall(function()
      return gradient_error(f, samples(shapes, range or {0.3, 1.8}))
    end)
    local replayed, change = pcall(compiled_error, f, shapes, range or {0.3, 1.8})
    local texts = {}
    for i, shape in ipairs(shapes) do texts[i] = "{" .. table.concat(shape, ",") .. "}" end
    local place = name .. " at " .. table.concat(texts, " ") .. ": "
    if not ok or not (difference < 1e-7) then bad[#bad + 1] = place .. tostring(difference) end
    if not (replayed and change < 1e-13) then
      bad[#bad + 1] = place .. "compiled " .. tostring(change)
    end
  end
end

local one = {{{}}, {{5}}, {{2, 3}}, {{0}}, {{2, 0, 3}}}
local two = {
  {{4}, {4}}, {{3, 4}, {4}}, {{3, 1}, {1, 4}}, {{}, {2, 2}}, {{2, 1, 2}, {3, 1}}, {{0, 2}, {2}},
}
local matrix = {{{3, 4}}}
local function integers(...) return tensor({...}, {dtype = "int64"}) end

-- Elementwise, one tensor.
for _, name in ipairs{
  "negative", "abs", "exp", "expm1", "log", "log1p", "sqrt", "square", "reciprocal", "sin", "cos",
  "tanh", "sigmoid", "silu", "relu", "erf", "erfc", "lgamma", "digamma", "atan", "sinh", "cosh",
  "gelu", "softplus", "floor", "ceil", "round", "sign",
} do
  case(name, one, tensor[name])
end
for _, name in ipairs{"tan", "asin", "acos"} do case(name, one, tensor[name], {-0.9, 0.9}) end
case("lgamma", one, tensor.lgamma, {-1.8, -1.2})
case("digamma", one, tensor.digamma, {-1.8, -1.2})
case("clamp", {{{5}}, {{2, 3}}}, function(x) return x:clamp(0.7, 1.2) end)
case("clamp", {{{5}}, {{}}, {{0}}}, function(x) return x:clamp(nil, 1.2) end)
case("softmax", {{{5}}, {{2, 3}}, {{3, 0}}, {{0, 3}}}, function(x) return x:softmax() end)
case("softmax", {{{2, 3, 4}}}, function(x) return x:softmax(2) end)
case("log_softmax", {{{5}}, {{2, 3}}}, function(x) return x:log_softmax(1) end)
for _, name in ipairs{
  "negative", "abs", "exp", "expm1", "square", "sin", "cos", "tanh", "sigmoid", "silu", "relu",
  "erf", "erfc", "atan", "sinh", "gelu", "softplus", "sign",
} do
  case(name, one, tensor[name], {-1.8, -0.3})
end

-- Elementwise, two tensors.
for _, name in ipairs{
  "add", "subtract", "multiply", "divide", "power", "maximum", "minimum", "atan2",
  "logaddexp", "mod", "floor_divide",
} do
  case(name, two, tensor[name])
end

-- Reductions.
for _, name in ipairs{
  "sum", "mean", "prod", "max", "min", "median", "var", "std", "logsumexp", "norm",
} do
  local f = tensor[name]
  if name == "norm" then f = function(x, ...) return tensor.norm(x, 3, ...) end end
  case(name, {{{5}}, {{2, 3}}}, function(x) return f(x) end)
  case(name, {{{3, 4}}, {{3, 4, 2}}, {{0, 4}}}, function(x) return f(x, 2) end)
  case(name, matrix, function(x) return f(x, 1, {keepdim = true}) * x end)
  case(name, {{{2, 3, 2}}, {{2, 2, 2, 1}}}, function(x) return f(x, {1, 3}) end)
  case(name, {{{2, 3, 2}}}, function(x) return f(x, {-1, 2}, {keepdim = true}) * x end)
end
for _, p in ipairs{0.5, 1, 2, 3, math.huge, -math.huge} do
  case("norm", {{{5}}, {{3, 4}}}, function(x) return x:norm(p, 1) end)
end
case("quantile", {{{3, 5}}}, function(x) return x:quantile({0.1, 0.5, 1}, 2) end)
local function second(f)
  return function(x)
    local _, g = grad.vjp(function(y) return f(y) end, x,
      random.stream(5):normal(f(x).shape, {dtype = "float64"}))
    return g
  end
end
local holes = tensor({0, 1, 1, 0, 1}, {dtype = "float64"})
for _, name in ipairs{"cumsum", "cumprod"} do
  local f = tensor[name]
  case(name, {{{5}}, {{3, 4}}, {{0}}, {{2, 0}}}, function(x) return f(x) end)
  case(name, {{{3, 4, 2}}}, function(x) return f(x, 2) end)
  case(name, {{{5}}}, second(function(x) return f(x * holes) end))
end
case("prod", {{{5}}}, function(x) return (x * holes):prod() end)
case("prod", {{{5}}, {{1}}}, second(function(x) return (x * x):prod() end))
case("sort", {{{5}}, {{3, 4}}}, function(x) return (x:sort()) end)
case("sort", {{{3, 4, 2}}, {{3, 0}}}, function(x) return (x:sort(2, {descending = true})) end)
case("topk", {{{3, 4}}}, function(x) return (x:topk(2, 1)) end)

-- Shapes.
case("reshape", matrix, function(x) return x:reshape{2, 6} end)
case("transpose", {{{3, 4}}, {{2, 3, 0}}}, tensor.transpose)
case("permute", {{{2, 3, 4}}}, function(x) return x:permute{3, 1, 2} end)
case("column", matrix, function(x) return x:column(2) end)
case("expand", {{{}}, {{3, 4}}}, function(x) return x:expand(1) end)
case("broadcast", {{{3, 1}}, {{}}}, function(x) return x:broadcast{2, 3, 4} end)
case("concatenate", {{{2, 3}, {2, 1}}, {{2, 0}, {2, 1}}}, function(a, b)
  return tensor.concatenate({a, b}, 2)
end)
case("stack", {{{2, 3}, {2, 3}}}, function(a, b) return tensor.stack{a, b} end)
case("copy", matrix, tensor.copy)
case("to", matrix, function(x) return x:to("float64") end)

-- Products.
case("matmul", {
  {{3, 4}, {4, 2}}, {{4}, {4, 2}}, {{3, 4}, {4}}, {{2, 3, 4}, {4, 2}}, {{2, 3, 4}, {2, 4, 2}},
  {{4}, {4}}, {{1, 3, 4}, {5, 4, 2}},
}, tensor.matmul)

-- Choices.
local mask = tensor{{true, false, true}, {false, false, true}}
case("where", {{{2, 3}, {2, 3}}, {{3}, {2, 1}}, {{}, {2, 3}}}, function(a, b)
  return mask:where(a, b)
end)
case("index", {{{4, 3}}}, function(x) return x[integers(2, 4, 2)] end)
case("index", {{{4, 3}}}, function(x) return x[tensor({{1, 3}, {3, 1}}, {dtype = "int64"})] end)
case("index", {{{2, 3}}, {{2, 3, 2}}}, function(x) return x[mask] end)
case("index", {{{2, 3}}}, function(x) return x[{ {1, 2}, {-1, 1, -2} }] end)
case("index", {{{2, 3, 4}}}, function(x) return x[{ {}, integers(3, 3), {1, 4, 3} }] end)
case("gather", {{{4, 3}}, {{4, 3}}}, function(x)
  return x:gather(1, tensor({{1, 4}, {4, 4}}, {dtype = "int64"}))
end)
case("scatter_add", {{{4, 3}, {2, 2}}}, function(x, source)
  return x:scatter_add(1, tensor({{1, 4}, {4, 4}}, {dtype = "int64"}), source)
end)
case("scatter", {{{4, 3}, {2, 2}}}, function(x, source)
  return x:scatter(1, tensor({{1, 4}, {4, 4}}, {dtype = "int64"}), source)
end)
case("take", {{{3, 4}}}, function(x) return x:take({4, -1, 1}, 2) end)

-- Cutting, repeating, turning.
case("split", {{{7, 2}}}, function(x) return x:split(3)[3] * x:split{1, 4, 2}[1] end)
case("chunk", {{{2, 7}}}, function(x) return x:chunk(3, 2)[2] end)
case("tile", {{{2, 3}}, {{}}, {{2, 0}}}, function(x) return x:tile{2, 1, 3} end)
case("repeat_interleave", {{{3, 2}}, {{3, 0}}}, function(x) return x:repeat_interleave{2, 0, 1} end)
case("pad", {{{2, 3}}, {{0, 2}}}, function(x) return x:pad({{1, 0}, {2, 1}}, {value = 3}) end)
for _, mode in ipairs{"constant", "reflect", "replicate", "circular"} do
  case("pad", {{{2, 3}}, {{1, 4}}}, function(x) return x:pad({{1, 5}, {4, 0}}, {mode = mode}) end)
end
case("roll", {{{2, 3}}, {{2, 0}}}, function(x) return x:roll(-4, 2) end)
case("flip", {{{2, 3}}, {{2, 0}}}, function(x) return x:flip{1, 2} end)
case("squeeze", {{{1, 3, 1}}}, function(x) return x:squeeze() * x:squeeze(-1) end)
case("unsqueeze", {{{3}}, {{0, 2}}}, function(x) return x:unsqueeze(-1) end)
case("stack", {{{2, 3}, {2, 3}}}, function(a, b) return tensor.stack({a, b}, 3) end)
for _, k in ipairs{-2, 0, 1} do
  case("diag", {{{3, 4}}, {{3}}, {{0}}, {{0, 3}}}, function(x) return x:diag(k) end)
  case("tril", {{{3, 4}}, {{2, 3, 2}}, {{0, 2}}}, function(x) return x:tril(k) end)
  case("triu", {{{3, 4}}, {{2, 3, 2}}}, function(x) return x:triu(k) end)
end
case("meshgrid", {{{2}, {3}}, {{0}, {2}}}, function(a, b)
  local grid = tensor.meshgrid{a, b}
  return grid[1] * grid[2]
end)

-- Products by name.
case("dot", {{{3}, {3}}, {{0}, {0}}}, tensor.dot)
case("outer", {{{3}, {2}}, {{3}, {0}}}, tensor.outer)
case("tensordot", {{{2, 3, 2}, {3, 2, 2}}, {{3, 2}, {3, 2}}, {{2, 0}, {2, 0}}}, function(a, b)
  return a:tensordot(b, {{-1, -2}, {2, 1}})
end)
case("tensordot", {{{2, 3}, {3, 2}}, {{2}, {2, 3}}}, function(a, b) return a:tensordot(b, 1) end)
case("tensordot", {{{2, 3}, {2}}, {{}, {2}}}, function(a, b) return a:tensordot(b, 0) end)
case("kron", {{{2, 3}, {2, 2}}, {{2}, {3, 1, 2}}, {{}, {3}}, {{2, 0}, {2, 2}}}, tensor.kron)
for form, shapes in pairs{
  ["ij,jk->ik"] = {{2, 3}, {3, 4}}, ["bij,bjk->bik"] = {{2, 2, 3}, {2, 3, 2}}, ["ii->i"] = {{3, 3}},
  ["iij->j"] = {{2, 2, 3}}, ["ij,kl->ljik"] = {{2, 2}, {3, 1}}, ["i,i,i"] = {{3}, {3}, {3}},
  ["bi,bi->b"] = {{3, 2}, {3, 2}}, ["ab,bc,cd->ad"] = {{2, 3}, {3, 2}, {2, 2}},
  ["ba"] = {{2, 3}}, ["ij,jk"] = {{2, 0}, {0, 3}}, ["ijk->"] = {{2, 1, 3}},
} do
  case("einsum", {shapes}, function(...) return tensor.einsum(form, ...) end)
end

-- Fourier.
for _, name in ipairs{"fft", "ifft"} do
  case(name, {{{4, 2}}, {{3, 5, 2}}, {{0, 3, 2}}}, tensor[name])
end
for _, name in ipairs{"fft2", "ifft2"} do
  case(name, {{{3, 4, 2}}, {{2, 1, 3, 2}}, {{0, 2, 3, 2}}}, tensor[name])
end
case("rfft", {{{4}}, {{2, 5}}, {{1}}}, tensor.rfft)
case("rfft2", {{{4, 3}}, {{2, 3, 4}}}, tensor.rfft2)
for count, m in pairs{[4] = 3, [5] = 3, [1] = 1} do
  case("irfft", {{{m, 2}}, {{2, m, 2}}}, function(x) return x:irfft(count) end)
  case("irfft2", {{{3, m, 2}}, {{2, 2, m, 2}}}, function(x) return x:irfft2(count) end)
end
case("rfft", {{{5}}}, second(function(x) return tensor.rfft(x * x) end))

-- No gradient: new tensors, integer or boolean results, writes in place.
local without = [[
  zeros ones full linspace arange detach nonzero fill assign axpy
  any all argmax argmin argsort unique histogram is_nan is_inf is_finite
  eye one_hot logspace fftfreq
  less less_equal greater greater_equal equal not_equal
]]
local known = {}
for name in without:gmatch("%S+") do known[name] = true end
for _, name in ipairs(arg) do
  if not covered[name] and not known[name] then
    bad[#bad + 1] = "tensor." .. name .. " has neither a case here nor a place in the list without"
  end
end

-- The check itself rejects a rule that is wrong by a factor, by a sign, and in part.
local planted = {
  function(x) return x * x:detach() end,
  function(x) return (2 * x:detach()) - x end,
  function(x) return tensor.where(tensor{true, false, true}, x, x:detach()) end,
}
local count = 0
local counted = function(x)
  count = count + 1
  return x * count
end
if not (compiled_error(counted, {{3}}, {0.3, 1.8}) > 0.1) then
  bad[#bad + 1] = "a captured number that changes passed"
end
for i, f in ipairs(planted) do
  local difference = gradient_error(f, samples({{3}}, {0.3, 1.8}))
  if not (difference > 0.1) then bad[#bad + 1] = "planted rule " .. i .. " passed" end
end

for _, line in ipairs(bad) do io.stderr:write(line, "\n") end
os.exit(#bad == 0)
