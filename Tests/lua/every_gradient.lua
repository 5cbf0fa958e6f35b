-- Every tensor that an entry of the catalog takes is differentiated: the calls that the entries' own
-- examples make are caught and made again in float64, away from kinks, and the gradient with respect to
-- each floating-point tensor among the arguments is held against central differences. An argument
-- without a rule must be refused with an error; a gradient of 0 for what does change the result is a
-- deviation, and so is an object that keeps a differentiated tensor without a word.
--
-- run: moondrift every_gradient.lua ENTRIES
-- ENTRIES is a Lua file that returns a list of
--   {module, name, kind = "function", "call", "method" or "metamethod", event, type, example,
--    takes = {[position or name] = whether a tensor may stand there}}
-- Exit code 1 and a line for each deviation; the last line on stdout counts what was compared.

local step, tolerance = 1e-5, 2e-5
-- No more numbers of one tensor than this are moved.
local most = 8

-- What is constant by its meaning, and drawings, which end in no number.
local constant = {["tensor.detach"] = true, ["grad.stop"] = true}
local drawings = {figure = true}
-- What reads one triangle, with the gradient of a symmetric matrix.
local symmetric = {
  ["linalg.cholesky"] = true, ["linalg.eigh"] = true, ["linalg.eigvalsh"] = true, ["linalg.sqrtm"] = true,
}
-- How an argument is refused.
local refusals = {"must not be differentiated", "has no gradient", "would lose its gradient", "live tape"}

local function kind_of(value)
  if type(value) ~= "userdata" then return type(value) end
  return (debug.getmetatable(value) or {}).__name
end
local function is_float(value)
  return kind_of(value) == "tensor" and value.dtype:sub(1, 5) == "float"
end

-- The value with f applied to what is neither a table nor a function, tables copied.
local function map(value, f, depth)
  if type(value) ~= "table" or (depth or 0) > 4 or getmetatable(value) then return f(value) end
  local copy = {}
  for key, item in pairs(value) do copy[key] = map(item, f, (depth or 0) + 1) end
  return copy
end

local deviations, compared, refused, in_float32 = {}, 0, 0, {}
local function deviate(label, text)
  deviations[#deviations + 1] = label .. ": " .. tostring(text)
end

local function is_refusal(message)
  for _, part in ipairs(refusals) do if tostring(message):find(part, 1, true) then return true end end
  return false
end

-- The leaves of a call: floating-point tensors, in a fixed order of being met.
local function leaves_of(arguments)
  local leaves = {}
  map(arguments, function(value)
    if is_float(value) then leaves[#leaves + 1] = value end
    return value
  end)
  return leaves
end

-- The arguments with other tensors for the leaves, and every stream at its start.
local function with_leaves(arguments, leaves, others)
  return map(arguments, function(value)
    if kind_of(value) == "stream" then return random.stream(5) end
    for i, leaf in ipairs(leaves) do if rawequal(value, leaf) then return others[i] end end
    return value
  end)
end

local weights = random.stream(77):normal({4096}, {dtype = "float64"})

-- <v, all floating-point results>, how many there are, and the name of an object among the results.
local function total_of(results)
  local total, count, object = nil, 0, nil
  map(results, function(value)
    if is_float(value) then
      local flat = value:reshape{-1}
      local size = math.min(flat.count, 4096)
      if size > 0 then
        local part = (flat[{ {1, size} }] * weights[{ {1, size} }]):sum()
        total = total and total + part or part
        count = count + 1
      end
    elseif type(value) == "userdata" and kind_of(value) ~= "tensor" and not drawings[kind_of(value)] then
      object = kind_of(value)
    end
    return value
  end)
  return total, count, object
end

local function moved_inwards(x, seed)
  local u = random.stream(seed):uniform(x.shape, {dtype = "float64"})
  local w = random.stream(seed + 1):uniform(x.shape, {dtype = "float64"})
  return x:to("float64"):detach() * (0.9 + 0.05 * u) + 0.02 * w
end

-- One leaf of one call against central differences.
local function check_leaf(label, f, arguments, leaves, points, place, rough)
  local function results(x)
    if symmetric[label] then x = (x + x:transpose()) / 2 end
    local others = table.move(points, 1, #points, 1, {})
    others[place] = x
    local call = with_leaves(arguments, leaves, others)
    return table.pack(f(table.unpack(call, 1, arguments.n)))
  end
  local _, count, object = total_of(results(points[place]))
  if count == 0 and not object then return end
  local passed, gradient = pcall(function()
    return grad.grad(function(x)
      local out = results(x)
      return (total_of(out)) or x:sum() * 0
    end)(points[place])
  end)
  if not passed then
    if is_refusal(gradient) then refused = refused + 1 else deviate(label, gradient) end
    return
  end
  if object then
    return deviate(label, "argument " .. place .. " goes into a " .. object .. " without a word")
  end
  local h = rough and 1e-2 or step
  local bound = rough and 3e-2 or tolerance
  local flat = points[place]:copy():reshape{-1}
  compared = compared + 1
  for e = 1, math.min(flat.count, most) do
    local old = flat[e]:item()
    local function at(shift)
      flat[e] = old + shift
      local value = (total_of(results(flat:reshape(points[place].shape):copy()))):item()
      flat[e] = old
      return value
    end
    local slope = (at(h) - at(-h)) / (2 * h)
    local got = gradient:reshape{-1}[e]:item()
    if not (math.abs(got - slope) <= bound * math.max(1, math.abs(slope))) then
      return deviate(label, ("argument %d, element %d: gradient %.9g, slope %.9g"):format(
        place, e, got, slope))
    end
  end
end

-- - may_fail: what cannot be called at all with these arguments is left out.
local function check_call(label, f, arguments, may_fail)
  local leaves = leaves_of(arguments)
  if #leaves == 0 or constant[label] then return end
  local points, rough = {}, false
  for i, leaf in ipairs(leaves) do
    points[i] = moved_inwards(leaf, 10 * i)
    if symmetric[label] then points[i] = (points[i] + points[i]:transpose()) / 2 end
  end
  local function runs()
    return pcall(function()
      local call = with_leaves(arguments, leaves, points)
      f(table.unpack(call, 1, arguments.n))
    end)
  end
  if not runs() then
    for i, leaf in ipairs(leaves) do points[i] = leaf:detach():copy() end
    rough = true
    in_float32[label] = true
    local passed, message = runs()
    if not passed and may_fail then return end
    if not passed then return deviate(label, "cannot be called again: " .. tostring(message)) end
  end
  for place in ipairs(leaves) do check_leaf(label, f, arguments, leaves, points, place, rough) end
end

-- A call, and once more for each number in it where a tensor may stand, with that tensor.
local function variants(entry, call)
  local list = {call.arguments}
  local function add(place, name)
    local copy = map(call.arguments, function(value) return value end)
    local holder = name and copy[place] or copy
    holder[name or place] = tensor(holder[name or place])
    list[#list + 1] = copy
  end
  for place = 1, call.arguments.n do
    local value = call.arguments[place]
    if type(value) == "number" and entry.takes[place] then add(place) end
    if type(value) == "table" then
      for name, item in pairs(value) do
        if type(name) == "string" and type(item) == "number" and entry.takes[name] then add(place, name) end
      end
    end
  end
  return list
end

-- Runs an example and returns the calls it makes of the entry.
local function calls_of(entry)
  local calls = {}
  local function wrapped(f)
    return function(...)
      if #calls < 4 then calls[#calls + 1] = {f = f, arguments = table.pack(...)} end
      return f(...)
    end
  end
  local environment = setmetatable({}, {__index = _G})
  local real = _G[entry.module]
  environment[entry.module] = setmetatable({}, {
    __index = function(_, key)
      local value = real[key]
      return key == entry.name and entry.kind == "function" and wrapped(value) or value
    end,
    __call = function(_, ...)
      if entry.kind == "call" then return wrapped(real)(...) end
      return real(...)
    end,
  })
  local class, saved
  if entry.type then
    class = debug.getmetatable(entry.make())
    if entry.kind == "metamethod" and entry.event ~= "__index" then
      saved = {key = entry.event, value = class[entry.event]}
      class[entry.event] = wrapped(saved.value)
    else
      saved = {key = "__index", value = class.__index}
      local index = saved.value
      class.__index = function(object, key)
        if entry.event == "__index" then
          if type(key) == "string" then return index(object, key) end
          return wrapped(index)(object, key)
        end
        local value = index(object, key)
        return key == entry.name and type(value) == "function" and wrapped(value) or value
      end
    end
  end
  local code = load("return " .. entry.example, "example", "t", environment)
    or load(entry.example, "example", "t", environment)
  local passed, message = pcall(code)
  if saved then class[saved.key] = saved.value end
  if not passed then deviate(entry.module .. "." .. entry.name, "example: " .. tostring(message)) end
  return calls
end

-- The check sees a rule that is missing, one that is wrong, and an object that keeps a tensor.
local function found(f)
  local before = #deviations
  check_call("planted", f, {tensor{0.5, 1}, n = 1})
  local seen = #deviations > before
  deviations[before + 1] = nil
  return seen
end
assert(found(function(x) return x:detach():sin() end), "a missing rule passed")
assert(found(function(x) return x * x:detach() end), "a wrong rule passed")
assert(found(function(x) return tensor.where(tensor{true, false}, x, x:detach()) end), "half a rule passed")
assert(found(function(x) return x, optim.sgd{rate = 0.1} end), "an object with a tensor passed")
assert(not found(function(x) return x:sin() end), "a right rule failed")
assert(not found(function(x) return (x:unique()) end), "a refusal failed")
compared, refused = 0, 0

local seen = 0
for _, entry in ipairs(dofile(arg[1])) do
  local label = (entry.kind == "method" or entry.kind == "metamethod") and entry.type or entry.module
  label = label .. "." .. (entry.kind == "call" and "call" or entry.event or entry.name)
  local calls = calls_of(entry)
  if #calls > 0 then seen = seen + 1 end
  for _, call in ipairs(calls) do
    for number, arguments in ipairs(variants(entry, call)) do
      check_call(label, call.f, arguments, number > 1)
    end
  end
end

for _, line in ipairs(deviations) do io.stderr:write(line, "\n") end
print(("%d entries called, %d gradients compared, %d refused"):format(seen, compared, refused))
os.exit(#deviations == 0)
