-- All that the catalog has, read from the editor stubs that are printed from it: functions, methods,
-- operators and properties, with the types of their arguments.
--
-- Returns a function of the path of the stubs; it gives a list of
--   {kind = "function"|"method"|"property"|"operator", name, class, parameters = {{name, type}, …},
--    options = {{name, type}, …} or nil}

--- `{ a?: integer, b: number|fun(x: integer): number }` as a list of names and types.
local function option_list(text)
  local list, depth, start = {}, 0, 1
  local inner = text:match("^%s*{(.*)}%s*$") .. ","
  for place = 1, #inner do
    local c = inner:sub(place, place)
    if c:match("[%(%{<]") then depth = depth + 1 end
    if c:match("[%)%}>]") then depth = depth - 1 end
    if c == "," and depth == 0 then
      local name, kind = inner:sub(start, place - 1):match("^%s*([%w_]+)%??:%s*(.-)%s*$")
      if name then list[#list + 1] = {name = name, type = kind} end
      start = place + 1
    end
  end
  return list
end

--- The type that stands first in a text: to the first space outside of brackets.
local function first_type(text)
  local depth = 0
  for place = 1, #text do
    local c = text:sub(place, place)
    if c:match("[%(%{<]") then depth = depth + 1 end
    if c:match("[%)%}>]") then depth = depth - 1 end
    if c == " " and depth == 0 and text:sub(place - 1, place - 1) ~= ":" then
      return text:sub(1, place - 1)
    end
  end
  return text
end

local operators = {
  len = "#a", unm = "-a", bnot = "~a", add = "a + b", sub = "a - b", mul = "a * b", div = "a / b",
  pow = "a ^ b", mod = "a % b", band = "a & b", bor = "a | b", bxor = "a ~ b",
}

return function(path)
  local members, parameters, class = {}, {}, nil
  local function add(kind, name)
    local member = {kind = kind, name = name, class = class, parameters = {}}
    for _, parameter in ipairs(parameters) do
      if parameter.name:match("^options") and parameter.type:match("^{") then
        member.options = option_list(parameter.type)
      else
        table.insert(member.parameters, parameter)
      end
    end
    members[#members + 1] = member
    parameters = {}
  end
  for line in io.lines(path) do
    local name, rest = line:match("^%-%-%-@param ([%w_%.]+)%??%s+(.*)$")
    local module_function = line:match("^function ([%w_%.]+)%(")
    local method = line:match("^function [%w_]+_object:([%w_]+)%(")
    if name then
      parameters[#parameters + 1] = {name = name, type = first_type(rest)}
    elseif line:match("^%-%-%-@class ") then
      class = line:match("^%-%-%-@class ([%w_%.]+)")
    elseif line:match("^%-%-%-@field ") and not class:match("^moondrift") then
      add("property", line:match("^%-%-%-@field ([%w_]+)"))
    elseif line:match("^%-%-%-@operator ") then
      local operator = operators[line:match("^%-%-%-@operator (%w+)")]
      if operator then add("operator", operator) end
    elseif line:match("^%-%-%-@overload fun%(") then
      for argument, kind in line:gmatch("([%w_]+)%??: ([%w|%[%]]+)") do
        if argument == "options" then break end
        if line:find(argument, 1, true) < (line:find("options", 1, true) or 1e9) then
          parameters[#parameters + 1] = {name = argument, type = kind}
        end
      end
      local table_text = line:match("options%??: (%b{})")
      if table_text then parameters[#parameters + 1] = {name = "options", type = table_text} end
      add("function", class:gsub("^moondrift%.", ""))
    elseif method then
      add("method", method)
    elseif module_function then
      add("function", module_function)
    end
  end
  return members
end
