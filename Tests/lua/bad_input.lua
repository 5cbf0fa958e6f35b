-- Calls functions, methods and operators with what they do not want: receivers of another type, freed
-- ones, too few and too many arguments, and each argument and option in turn with values of every kind
-- beside plausible ones. Each call may only succeed or raise an error that starts with its own name.
--
-- run: moondrift bad_input.lua MEMBERS
-- MEMBERS is a Lua file that returns a list of
--   {name, prefix, make = function or nil, call = function(object), positional = {{type, required}, …},
--    options = {{name, type}, …}, has_rest}
-- The last line on stdout names the call that is running: the culprit of a crash.
-- Exit code 1 and a line for each deviation.

local members = dofile(arg[1])
local deviations, calls = 0, 0

local function deviate(name, case, text)
  deviations = deviations + 1
  if deviations <= 60 then io.stderr:write(name, " ", case, ": ", tostring(text), "\n") end
end

local function freed()
  local x = tensor{1}
  x:free()
  return x
end

-- A value that is right for a parameter of a type, as the catalog names it.
local plausible = {
  number = function() return 1 end, integer = function() return 1 end,
  boolean = function() return true end, string = function() return "x" end,
  table = function() return {} end, any = function() return 1 end,
  ["function"] = function() return function(x) return x end end,
  tensor = function() return tensor{{1, 2}, {3, 4}} end,
  stream = function() return random.stream(1) end,
  sde = function() return sde.vp() end,
  model = function() return nn.score_mlp{dimension = 1, width = 2, sde = sde.vp(), seed = 1} end,
  target = function() return target.gaussian_mixture{means = {-1, 1}, stds = 1} end,
  optimizer = function() return optim.sgd{rate = 0.1} end,
}

local function plausible_value(kind)
  local first = kind:match("^[^|]+"):gsub("%?$", "")
  if first:match("%[%]$") then return {plausible_value(first:sub(1, -3))} end
  if first:match('^"') then return first:sub(2, -2) end
  return (plausible[first] or plausible.any)()
end

-- What a callback raises goes on as it is.
local raised = "raised by a callback"
local function raise() error(raised, 0) end

-- Values for any parameter, made anew for each call. Those in `never` are right for none but `any`.
local never = {
  coroutine = function() return coroutine.create(print) end,
  file = function() return io.stdout end,
}
local bad = {
  ["true"] = function() return true end, ["''"] = function() return "" end,
  ["'x'"] = function() return "x" end, ["{}"] = function() return {} end,
  ["{{}}"] = function() return {{}} end, ["{{{1}}}"] = function() return {{{1}}} end,
  ["{-1}"] = function() return {-1} end, ["{nan}"] = function() return {0/0} end,
  ["{2^40}"] = function() return {1 << 40} end, ["{maxinteger}"] = function() return {math.maxinteger} end,
  ["{nonsense = 1}"] = function() return {nonsense = 1} end,
  ["print"] = function() return print end, ["error"] = function() return raise end,
  ["-1"] = function() return -1 end, ["0"] = function() return 0 end, ["2.5"] = function() return 2.5 end,
  ["nan"] = function() return 0/0 end, ["inf"] = function() return 1/0 end,
  ["-inf"] = function() return -1/0 end, ["1e300"] = function() return 1e300 end,
  ["2^40"] = function() return 1 << 40 end, ["2^53"] = function() return 2^53 end,
  ["mininteger"] = function() return math.mininteger end,
  ["maxinteger"] = function() return math.maxinteger end,
  ["no elements"] = function() return tensor.zeros{0} end,
  ["no columns"] = function() return tensor.zeros{2, 0} end,
  ["no axes"] = function() return tensor(1) end, ["vector"] = function() return tensor{1, 2, 3} end,
  ["eight axes"] = function() return tensor.zeros{1, 1, 1, 1, 1, 1, 1, 2} end,
  ["NaN"] = function() return tensor{0/0, 1/0} end,
  ["int64"] = function() return tensor({math.maxinteger, math.mininteger}, {dtype = "int64"}) end,
  ["bool"] = function() return tensor{true, false} end,
  ["of 2^40"] = function() return tensor.ones(1):broadcast{1 << 40} end,
  ["freed"] = freed,
}
for name, value in pairs(never) do bad[name] = value end
local names = {}
for name in pairs(bad) do names[#names + 1] = name end
table.sort(names)

local function try(member, case, must_fail, f, ...)
  calls = calls + 1
  io.stdout:write(member.name, " ", case, "\n")
  io.stdout:flush()
  local ok, message = pcall(f, ...)
  if ok and must_fail then
    deviate(member.name, case, "no error")
  elseif not ok and message ~= raised and tostring(message):sub(1, #member.prefix) ~= member.prefix then
    deviate(member.name, case, message)
  end
end

--- The arguments of a call that should work, but for its options.
local function arguments_of(member)
  local list = {}
  for i, parameter in ipairs(member.positional) do list[i] = plausible_value(parameter.type) end
  return list
end

local function is_wrong(value, kind) return never[value] ~= nil and not kind:find("any", 1, true) end

local function is_same_type(a, b)
  local first, second = debug.getmetatable(a), debug.getmetatable(b)
  return type(a) == "userdata" and first ~= nil and first == second
end

local function call_with(member, case, must_fail, list, count)
  local object = member.make and member.make()
  local f = member.call(object)
  if object ~= nil then
    try(member, case, must_fail, f, object, table.unpack(list, 1, count))
  else
    try(member, case, must_fail, f, table.unpack(list, 1, count))
  end
end

-- Lists of arguments that fit nothing in particular.
local lists = {
  function() return {nil, nil} end, function() return {"x", "x"} end, function() return {{}, {}} end,
  function() return {1, {nonsense = 1}} end, function() return {tensor.zeros{2, 3}, "x"} end,
  function() return {print, print} end, function() return {1, 1, 1, 1, 1, 1, 1, 1, 1} end,
}

local function check(member)
  for i, list in ipairs(lists) do call_with(member, "list " .. i, false, list(), i == 7 and 9 or 2) end
  local count = #member.positional
  local required = 0
  for i, parameter in ipairs(member.positional) do if parameter.required then required = i end end
  local needs = required > 0 and not member.positional[required].type:find("any", 1, true)
  if required > 0 then call_with(member, "nothing", needs, {}, 0) end
  if not member.has_rest then
    local list = arguments_of(member)
    for i = count + 1, count + 9 do list[i] = 1 end
    call_with(member, "too many", not member.is_operator, list, count + 9)
  end
  for i, parameter in ipairs(member.positional) do
    for _, value in ipairs(names) do
      local list = arguments_of(member)
      list[i] = bad[value]()
      call_with(member, "argument " .. i .. " = " .. value, is_wrong(value, parameter.type), list, count)
    end
    local list = arguments_of(member)
    list[i] = nil
    local must_fail = parameter.required and not parameter.type:find("any", 1, true)
    call_with(member, "argument " .. i .. " missing", must_fail, list, count)
  end
  for _, option in ipairs(member.options) do
    for _, value in ipairs(names) do
      local list = arguments_of(member)
      list[count + 1] = {[option.name] = bad[value]()}
      call_with(member, option.name .. " = " .. value, is_wrong(value, option.type), list, count + 1)
    end
  end
  if #member.options > 0 then
    local list = arguments_of(member)
    list[count + 1] = {no_such_option = 1}
    call_with(member, "unknown option", true, list, count + 1)
  end
  if member.make then
    local f = member.call(member.make())
    for _, value in ipairs(names) do
      local other = bad[value]()
      local must_fail = not member.is_operator and not is_same_type(other, member.make())
      try(member, "receiver " .. value, must_fail, f, other, table.unpack(arguments_of(member)))
    end
    local object = member.make()
    object:free()
    -- What is freed still says so of itself.
    try(member, "freed receiver", member.name:sub(-8) ~= "tostring", f, object, table.unpack(arguments_of(member), 1, count))
  end
end

for _, member in ipairs(members) do check(member) end
print(calls .. " calls")
os.exit(deviations == 0)
