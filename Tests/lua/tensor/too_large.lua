-- A request for 2^40 elements, by every function that could make so many, is an error and nothing else.
-- Arguments: the names of all functions and methods that return tensors. Each must stand in the table
-- of cases below or in the list of those that make no more than they are given.

local big, half = 1 << 40, 1 << 20
local s = random.stream(1)
-- Views of one element, which cost nothing.
local one, first = tensor.ones(1), tensor({1}, {dtype = "int64"})
local long, side = one:broadcast{big}, one:broadcast{half}
local square, places = one:broadcast{half, half}, first:broadcast{big}
local mask = tensor{true}:broadcast{big}
local pairs_of = one:broadcast{big, 2}

local bad, covered = {}, {}

local function case(name, f)
  covered[name] = true
  local ok, message = pcall(f)
  message = tostring(message):gsub("^[^ ]*%.lua:%d+: ", "")
  if ok or message:sub(1, #name + 2) ~= name .. ": " then bad[#bad + 1] = name .. ": " .. message end
end

-- Made from nothing.
for _, name in ipairs{"zeros", "ones"} do
  case("tensor." .. name, function() return tensor[name](big) end)
  case("tensor." .. name, function() return tensor[name]({half, half}, {dtype = "bool"}) end)
end
case("tensor.full", function() return tensor.full({half, half}, 1) end)
case("tensor.linspace", function() return tensor.linspace(0, 1, big) end)
case("tensor.logspace", function() return tensor.logspace(0, 1, big) end)
case("tensor.arange", function() return tensor.arange(1, big) end)
case("tensor.arange", function() return tensor.arange(1, 1e300) end)
case("tensor.eye", function() return tensor.eye(half) end)
case("tensor.one_hot", function() return tensor.one_hot(first, big) end)
case("tensor.fftfreq", function() return tensor.fftfreq(big) end)

-- Random numbers.
for _, name in ipairs{"normal", "uniform", "exponential"} do
  case("stream." .. name, function() return s[name](s, big) end)
  case("stream." .. name, function() return s[name](s, {half, half}, {dtype = "float64"}) end)
end
case("stream.exponential", function() return s:exponential(big, {rate = one}) end)
for _, name in ipairs{"gamma", "student", "bernoulli", "poisson"} do
  case("stream." .. name, function() return s[name](s, big, 0.5) end)
  case("stream." .. name, function() return s[name](s, big, one * 0.5) end)
end
case("stream.beta", function() return s:beta(big, 1, 1) end)
case("stream.integers", function() return s:integers(big, 1, 2) end)
case("stream.permutation", function() return s:permutation(big) end)
case("stream.choice", function() return s:choice(big, 10) end)
case("stream.choice", function() return s:choice(big, big, {replace = false}) end)
case("stream.choice", function() return s:choice(1, big, {weights = long}) end)
case("stream.categorical", function() return s:categorical(one:broadcast{big, 1}) end)
case("stream.multivariate_normal", function()
  return s:multivariate_normal(big, tensor{0}, tensor{{1}})
end)
case("stream.sobol", function() return s:sobol(1 << 32, 21) end)
case("random.sobol", function() return random.sobol(1 << 32, 21) end)

-- Grown from little.
case("tensor.tile", function() return one:tile{half, half} end)
case("tensor.repeat_interleave", function() return one:repeat_interleave(big) end)
for _, mode in ipairs{"constant", "reflect", "replicate", "circular"} do
  case("tensor.pad", function() return one:pad(big, {mode = mode}) end)
end
case("tensor.diag", function() return side:diag() end)
case("tensor.diag", function() return one:diag(half) end)
case("tensor.outer", function() return side:outer(side) end)
case("tensor.kron", function() return side:kron(side) end)
case("tensor.tensordot", function() return side:tensordot(side, 0) end)
case("tensor.einsum", function() return tensor.einsum("i,j->ij", side, side) end)
case("tensor.matmul", function() return side:reshape{half, 1}:matmul(side:reshape{1, half}) end)
case("tensor.add", function() return side:reshape{half, 1}:add(side) end)
case("tensor.take", function() return one:take(places) end)
case("tensor.gather", function() return one:gather(1, places) end)
case("tensor.copy", function() return tensor.meshgrid{side, side}[1]:copy() end)
case("grad.jacobian", function()
  return grad.jacobian(function(z) return z:broadcast{half, half} end, one)
end)

-- Of a long view: element by element, along it, cut, joined, written.
for _, name in ipairs{
  "negative", "abs", "exp", "expm1", "log", "log1p", "sqrt", "square", "reciprocal", "sin", "cos",
  "tanh", "sigmoid", "silu", "relu", "erf", "erfc", "lgamma", "digamma", "tan", "asin", "acos", "atan",
  "sinh", "cosh", "gelu", "softplus", "floor", "ceil", "round", "sign", "is_nan", "is_inf", "is_finite",
  "sum", "mean", "prod", "max", "min", "any", "all", "median", "var", "std", "logsumexp", "norm",
  "cumsum", "cumprod", "argmax", "argmin", "sort", "argsort", "unique", "histogram", "softmax",
  "log_softmax", "nonzero", "copy", "rfft", "item",
} do
  case("tensor." .. name, function() return tensor[name](long) end)
end
case("tensor.clamp", function() return long:clamp(0, 1) end)
for _, name in ipairs{
  "add", "subtract", "multiply", "divide", "power", "maximum", "minimum", "atan2", "mod",
  "floor_divide", "logaddexp",
  "less", "less_equal", "greater", "greater_equal", "equal", "not_equal", "dot",
} do
  case("tensor." .. name, function() return tensor[name](long, long) end)
end
case("tensor.to", function() return long:to("float64") end)
case("tensor.quantile", function() return long:quantile(0.5) end)
case("tensor.topk", function() return long:topk(1) end)
case("tensor.where", function() return mask:where(1, 0) end)
case("tensor.scatter", function() return one:scatter(1, places, long) end)
case("tensor.scatter", function() return long:scatter(1, first, one) end)
case("tensor.scatter_add", function() return one:scatter_add(1, places, long) end)
case("tensor.scatter_add", function() return long:scatter_add(1, first, one) end)
case("tensor.roll", function() return long:roll(1) end)
case("tensor.concatenate", function() return tensor.concatenate{long, long} end)
case("tensor.stack", function() return tensor.stack{long, long} end)
case("tensor.split", function() return long:split(1) end)
case("tensor.chunk", function() return long:chunk(big) end)
case("tensor.tril", function() return square:tril() end)
case("tensor.triu", function() return square:triu() end)
case("tensor.fill", function() return long:fill(1) end)
case("tensor.assign", function() return long:assign(one) end)
case("tensor.axpy", function() return long:axpy(1, one) end)
case("tensor.table", function() return long:table() end)
for _, name in ipairs{"fft", "ifft"} do
  case("tensor." .. name, function() return tensor[name](pairs_of) end)
end
for _, name in ipairs{"fft2", "ifft2"} do
  case("tensor." .. name, function() return tensor[name](one:broadcast{half, half, 2}) end)
end
case("tensor.rfft2", function() return square:rfft2() end)
case("tensor.irfft", function() return pairs_of:irfft(2 * big - 2) end)
case("tensor.irfft2", function() return one:broadcast{half, half, 2}:irfft2(2 * half - 2) end)
case("tensor", function() return tensor(long) end)
case("tensor", function() return long[mask] end)
case("tensor", function() return one[places] end)
case("tensor", function() return one[{places}] end)
case("tensor", function() return long + 1 end)
case("tensor", function() return -long end)

-- Views, and what asks for no more than it is given.
local without = [[
  tensor.reshape tensor.transpose tensor.permute tensor.column tensor.expand tensor.unsqueeze
  tensor.broadcast tensor.flip tensor.squeeze tensor.detach tensor.meshgrid
]]
local known = {}
for name in without:gmatch("%S+") do known[name] = true end
for _, name in ipairs(arg) do
  if not covered[name] and not known[name] then
    bad[#bad + 1] = name .. " has neither a case here nor a place in the list without"
  end
end
assert(tostring(long):find("tensor 1099511627776 float32", 1, true))

-- The check itself sees a call that goes well and an error of another name.
local count = #bad
case("tensor.zeros", function() return tensor.zeros(1) end)
case("tensor.zeros", function() return tensor.ones(big) end)
assert(#bad == count + 2)
bad[count + 1], bad[count + 2] = nil, nil

for _, line in ipairs(bad) do io.stderr:write(line, "\n") end
os.exit(#bad == 0)
