-- A child of scripts/fuzz: random calls over the whole catalog. Each case makes a pool of values, odd and
-- hostile ones among them, and calls functions, methods, operators and properties on it; results join
-- the pool. What is right is not looked at: a call may succeed or raise an error, but must return.

local folder = arg[0]:match("^(.*)/[^/]*$")
package.path = folder .. "/?.lua;" .. package.path
local child = require "trial_child"
local members = require "catalog_stubs"(folder .. "/../../stdlib/types/moondrift.lua")

local CALLS_IN_A_CASE = 60
local MOST_IN_POOL = 120
local random = math.random

local function pick(list) return list[random(#list)] end

local dtypes = {"float32", "float64", "int64", "bool"}
local numbers = {
  0, 1, 2, 3, -1, 0.5, 1e-3, 0.0, -0.0, 2.5, 0/0, 1/0, -1/0, 1e300, -1e300, 5e-324, 1e38, 3.5e38, 1e-45,
  2^31, 2^32, 2^53, 2^63, 1e17, 100, 0.999999, 1e16,
}
local integers = {
  0, -1, 1, 2, 3, 4, 7, 8, 31, -2, 1 << 31, 1 << 32, 1 << 40, 1 << 53, 1 << 62, math.maxinteger,
  math.mininteger, (1 << 31) - 1, 1 << 24,
}
local names = {
  "", "x", "float32", "float64", "int64", "bool", "y", "log", "xy", "svg", "gaussian", "x.npy", "x.npz",
  "x.csv", "x.json", "x.safetensors", "x.svg", "x.pdf", "x.png", "x.txt", "none/x.npy", ".", "\0", "\xff",
  "ij,jk->ik", "ij->ji", "i,j", "...", ",", "->", "fro", "nuc", "reduced", "complete", "silu", "gelu",
  "tanh", "relu", "linear", "red", "#12", "solid", "o", "-1", "nan", ("x"):rep(300), "constant", "exact",
}

-- Makers of values by the type that the catalog names.
local make = {}

function make.number() return random(3) == 1 and pick(numbers) or random() * 4 - 1 end
function make.integer() return random(4) == 1 and pick(integers) or random(0, 5) end
function make.boolean() return random(2) == 1 end
function make.string() return pick(names) end

local function shape()
  local lengths = {}
  for i = 1, random(0, 3) do lengths[i] = random(5) == 1 and pick{0, 1, 17} or random(1, 4) end
  if random(40) == 1 then lengths = {1, 1, 1, 1, 1, 1, 1, 2} end
  return lengths
end

local function count_of(lengths)
  local count = 1
  for _, length in ipairs(lengths) do count = count * length end
  return count
end

local function dense()
  local lengths, dtype = shape(), random(3) == 1 and pick(dtypes) or "float32"
  local values = {}
  local hostile = random(4) == 1
  for i = 1, count_of(lengths) do
    local value = hostile and pick(numbers) or random() * 6 - 3
    if dtype == "int64" then value = hostile and pick(integers) or random(-3, 5) end
    if dtype == "bool" then value = random(2) == 1 end
    values[i] = value
  end
  if #values == 0 then return tensor.zeros(lengths, {dtype = dtype}) end
  local flat = tensor(values, {dtype = dtype})
  return flat:reshape(lengths)
end

function make.tensor()
  local kind = random(12)
  local x = dense()
  if kind == 1 then return x:transpose() end
  if kind == 2 then return x:reshape{-1} end
  if kind == 3 then return x[1] end
  if kind == 4 then return x:broadcast{pick{2, 3, 1 << 20, 1 << 40}, table.unpack(x.shape)} end
  if kind == 5 then
    x:free()
    return x
  end
  if kind == 6 then return x[{ {1, 1} }] end
  if kind == 7 then return tensor.zeros{2, 0, 3} end
  if kind == 8 then return tensor(random()) end
  return x
end

local streams = moondrift.random
function make.stream() return streams.stream(random(3)) end
function make.sde() return pick{sde.vp, sde.edm, sde.ve_power}() end

function make.target()
  local kind = random(4)
  if kind == 1 then return target.empirical(tensor{{0, 1}, {1, 0}, {1, 1}}) end
  if kind == 2 then
    return target.define{name = "own", dimension = 1, sample = function(n, s) return s:normal(n, 1) end}
  end
  return target.gaussian_mixture{means = {-random(4), random(4)}, stds = 1}
end

function make.model()
  local kind = random(5)
  if kind == 1 then return make.target():model(make.sde()) end
  if kind == 2 then return nn.residual_mlp{sde = make.sde(), dimension = 2, width = 4, blocks = 1, sigma_data = 1} end
  if kind == 3 then
    return nn.define{name = "own", dimension = 1, sde = make.sde(), parameters = {a = tensor.ones{1}},
      score = function(p, x, t) return -x * p.a end}
  end
  return nn.score_mlp{dimension = random(2), width = 4, sde = make.sde(), seed = 1}
end

make["function"] = function()
  return pick{
    function(x) return x end, function() error("raised by a callback", 0) end, function() return nil end,
    function(x) return (x^2):sum() end, function() return tensor{1, 2} end, function() return 1 end,
    function(x) x:free() return x end, function(x) return x:sum() end, function() return {} end,
    function(n, s) return s:normal(n, 1) end, function(x) x:fill(3) return x end,
  }
end

function make.transform()
  return pick{grad.grad, grad.value_and_grad}(make["function"]())
end
function make.compiled() return grad.compile(make["function"]()) end
function make.optimizer()
  return pick{function() return optim.sgd{rate = 0.1} end, function() return optim.adam{} end,
    function() return optim.sgd{rate = function(step) return 1 / step end} end}()
end
function make.figure() return plot.line({1, 2, 3}, {3, 1, 2}) end
function make.fit()
  -- One that diverged, so that no number of updates takes long.
  pcall(train, nn.score_mlp{dimension = 1, width = 2, sde = sde.vp(), seed = 1}, tensor.full({4, 1}, 1e30), {steps = 2})
  return train.last
end
function make.table()
  return pick{function() return {} end, function() return {1, 2} end, function() return {{1, 2}, {3, 4}} end,
    function() return {a = tensor{1}, b = 2} end, function() return {make.integer(), make.integer()} end,
    function() return {every = 1, kl = function() return 1 end} end, function() return {{}} end,
    function() return {make.tensor(), make.tensor()} end,
    function() return {1, nil, 3} end}()
end
make["nil"] = function() return nil end
function make.coroutine() return coroutine.create(print) end

local kinds = {}
for kind in pairs(make) do kinds[#kinds + 1] = kind end
table.sort(kinds)
make.any = function() return make[pick(kinds)]() end

--- The alternatives of a type: `number|fun(step: integer): number` gives number and function.
local function alternatives(text)
  local list = {}
  for part in (text:gsub("fun%b()[^|]*", "function") .. "|"):gmatch("([^|]*)|") do
    part = part:gsub("%?$", "")
    if part ~= "" then list[#list + 1] = part end
  end
  return list
end

local pool

--- A value for a type, and how a call is written with it.
local function value_of(text)
  if random(12) == 1 then return make.any() end
  if random(2) == 1 then
    local known = pool[text]
    if known and #known > 0 then return pick(known) end
  end
  local kind = pick(alternatives(text)) or "any"
  local element = kind:match("^(.*)%[%]$")
  if element then
    local list = {}
    for i = 1, random(0, 3) do list[i] = (make[element] or make.any)() end
    return list
  end
  if kind:match('^"') then return random(6) == 1 and make.string() or kind:match('^"(.*)"$') end
  return (make[kind] or make.any)()
end

local function shown(value)
  local kind = type(value)
  if kind == "string" then return string.format("%q", value):gsub("\n", "n") end
  if kind == "number" then
    return math.type(value) == "integer" and tostring(value) or string.format("%.17g", value)
  end
  if kind == "table" then
    local parts = {}
    for key, part in pairs(value) do
      parts[#parts + 1] = "[" .. tostring(key) .. "] = " .. (type(part) == "table" and "{…}" or shown(part))
    end
    return "{" .. table.concat(parts, ", ") .. "}"
  end
  if kind == "userdata" then
    local ok, text = pcall(tostring, value)
    return ok and "<" .. text:sub(1, 80):gsub("%s+", " ") .. ">" or "<userdata>"
  end
  return kind
end

local function class_of(value)
  local metatable = debug.getmetatable(value)
  return type(value) == "userdata" and metatable and metatable.__name or type(value)
end

local in_pool
local function keep(value)
  if value == nil then return end
  local kind = class_of(value)
  pool[kind] = pool[kind] or {}
  if in_pool < MOST_IN_POOL then
    table.insert(pool[kind], value)
    in_pool = in_pool + 1
  elseif #pool[kind] > 0 then
    pool[kind][random(#pool[kind])] = value
  end
end

local operations = {
  ["#a"] = function(a) return #a end, ["-a"] = function(a) return -a end, ["~a"] = function(a) return ~a end,
  ["a + b"] = function(a, b) return a + b end, ["a - b"] = function(a, b) return a - b end,
  ["a * b"] = function(a, b) return a * b end, ["a / b"] = function(a, b) return a / b end,
  ["a ^ b"] = function(a, b) return a ^ b end, ["a % b"] = function(a, b) return a % b end,
  ["a & b"] = function(a, b) return a & b end, ["a | b"] = function(a, b) return a | b end,
  ["a ~ b"] = function(a, b) return a ~ b end,
}

--- Reading and writing by an index, which no stub lists.
local indexing = {
  {"x[i]", function(x, i) return x[i] end}, {"x[i] = v", function(x, i, v) x[i] = v end},
  {"tostring(x)", function(x) return tostring(x) end}, {"x == v", function(x, _, v) return x == v end},
  {"x < v", function(x, _, v) return x < v end}, {"x .. v", function(x, _, v) return x .. v end},
}

local function index()
  local kind = random(5)
  if kind == 1 then return make.tensor() end
  if kind == 2 then return {make.integer(), {make.integer(), make.integer()}} end
  if kind == 3 then return {{}, make.integer()} end
  if kind == 4 then return make.any() end
  return make.integer()
end

local function call(text, f, ...)
  local arguments = table.pack(...)
  local shown_arguments = {}
  for i = 1, arguments.n do shown_arguments[i] = shown(arguments[i]) end
  child.note(text .. " with " .. table.concat(shown_arguments, ", "))
  local results = table.pack(pcall(f, table.unpack(arguments, 1, arguments.n)))
  child.count(results[1] and "values" or "errors")
  if not results[1] then return end
  for i = 2, results.n do keep(results[i]) end
end

local function arguments_of(member)
  local list, count = {}, 0
  for _, parameter in ipairs(member.parameters) do
    count = count + 1
    list[count] = value_of(parameter.type)
  end
  if member.options and random(3) > 1 then
    local options = {}
    for _, option in ipairs(member.options) do
      if random(3) == 1 or option.name == "steps" or option.name == "epochs" then
        options[option.name] = value_of(option.type)
      end
    end
    count = count + 1
    list[count] = options
  end
  if random(30) == 1 then count = math.max(0, count - 1) end
  return list, count
end

local function lookup(name)
  local value = moondrift
  for part in name:gmatch("[%w_]+") do
    if part ~= "moondrift" then value = value[part] end
  end
  return value
end

local function step()
  local member = pick(members)
  if random(12) == 1 then
    local chosen = pick(indexing)
    call(chosen[1], chosen[2], value_of("tensor"), index(), make.any())
  elseif member.kind == "function" then
    local list, count = arguments_of(member)
    call(member.name, lookup(member.name), table.unpack(list, 1, count))
  elseif member.kind == "operator" then
    local a, b = value_of(member.class), value_of(pick{"tensor", "number", "any"})
    if random(2) == 1 then a, b = b, a end
    call(member.name, operations[member.name], a, b)
  else
    local object = value_of(member.class)
    if member.kind == "property" then
      call(member.class .. "." .. member.name, function(x) return x[member.name] end, object)
    else
      local list, count = arguments_of(member)
      call(member.class .. ":" .. member.name, function(x, ...) return x[member.name](x, ...) end, object,
        table.unpack(list, 1, count))
    end
  end
end

child.work(function()
  pool, in_pool = {}, 0
  for _ = 1, CALLS_IN_A_CASE do
    -- Making a value may fail too, as an error.
    local ok = pcall(step)
    if not ok then child.count("unmade") end
  end
  if random(4) == 1 then collectgarbage() end
end)
