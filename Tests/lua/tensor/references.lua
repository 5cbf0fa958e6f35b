-- Compares operations of `tensor` with the numbers of NumPy and SciPy in Tests/References.
-- Argument: the file of numbers.

local types = {f = "float32", d = "float64", i = "int64", b = "bool"}
local relative = {float32 = 4e-6, float64 = 1e-11, int64 = 0, bool = 0}
-- What counts as 0: denormals may be flushed.
local smallest = {float32 = 1.2e-38, float64 = 1e-300, int64 = 0, bool = 0}
local cases, bad = {}, 0

local function reversed(rank)
  local order = {}
  for i = 1, rank do order[i] = rank + 1 - i end
  return order
end

-- A tensor of the numbers; a view that is not contiguous where `view` is given.
local function make(type, shape, values, view)
  local x = tensor(values, {dtype = types[type]}):reshape(shape)
  if not view then return x end
  local order = reversed(#shape)
  return x:permute(order):copy():permute(order)
end

local function number(v) return v == true and 1 or v == false and 0 or v end

local function difference(got, wanted, scale)
  if got.dtype ~= wanted.dtype then return "dtype " .. got.dtype .. ", not " .. wanted.dtype end
  local a, b = table.concat(got.shape, " "), table.concat(wanted.shape, " ")
  if a ~= b then return "shape [" .. a .. "], not [" .. b .. "]" end
  local x, y = got:reshape{-1}:table(), wanted:reshape{-1}:table()
  for i = 1, #y do
    local p, q = number(x[i]), number(y[i])
    local limit = relative[wanted.dtype] * math.max(math.abs(q), scale) + smallest[wanted.dtype]
    if not (p == q or (p ~= p and q ~= q) or math.abs(p - q) <= limit) then
      return string.format("element %d is %.9g, not %.9g", i, p, q)
    end
  end
end

local function case(name, arguments, wanted, scale)
  cases[name] = (cases[name] or 0) + 1
  local results
  if name == "index" then
    results = {arguments[1][arguments[2]]}
  else
    local count = 0
    for i in pairs(arguments) do count = math.max(count, i) end
    results = {tensor[name](table.unpack(arguments, 1, count))}
  end
  if type(results[1]) == "table" then results = results[1] end
  for i, expected in ipairs(wanted) do
    local text = difference(results[i], expected, scale)
    if text then
      bad = bad + 1
      if bad <= 40 then io.stderr:write(name, " case ", cases[name], " result ", i, ": ", text, "\n") end
    end
  end
end

assert(loadfile(arg[1]))(make, case, 1/0, 0/0)

-- The comparison itself refuses another number, shape and type.
for _, wrong in ipairs{tensor{1, 2.001}, tensor{{1, 2}}, tensor({1, 2}, {dtype = "float64"}), tensor{1, 0/0}} do
  if not difference(wrong, tensor{1, 2}, 0) then
    bad = bad + 1
    io.stderr:write("a planted mistake was not found\n")
  end
end
for name, count in pairs(cases) do
  if count < 20 then
    bad = bad + 1
    io.stderr:write("only ", count, " cases of ", name, "\n")
  end
end
os.exit(bad == 0)
