-- Assertions of the tests in Lua. A failure names the line that asserted.

local M = {}

local function show(value)
  if type(value) == "string" then return ("%q"):format(value) end
  if type(value) ~= "table" then return tostring(value) end
  local keys, pieces = {}, {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  for index, key in ipairs(keys) do pieces[index] = ("%s = %s"):format(key, show(value[key])) end
  return "{" .. table.concat(pieces, ", ") .. "}"
end

local function is_equal(a, b)
  if type(a) == "table" and type(b) == "table" then
    for key, value in pairs(a) do if not is_equal(value, b[key]) then return false end end
    for key in pairs(b) do if a[key] == nil then return false end end
    return true
  end
  return a == b and math.type(a) == math.type(b) or a ~= a and b ~= b
end

--- Tables by content, numbers with their subtype, nan equal to nan.
function M.equal(got, expected)
  if not is_equal(got, expected) then
    error(("got %s, expected %s"):format(show(got), show(expected)), 2)
  end
end

function M.near(got, expected, tolerance)
  if not (math.abs(got - expected) <= tolerance) then
    error(("got %s, expected %s ± %s"):format(got, expected, tolerance), 2)
  end
end

function M.contains(text, part)
  if not tostring(text):find(part, 1, true) then
    error(("%q does not contain %q"):format(text, part), 2)
  end
end

--- The function raises an error whose message ends in these words.
function M.raises(message, f, ...)
  local passed, got = pcall(f, ...)
  if passed then error(("no error, expected %q"):format(message), 2) end
  got = tostring(got)
  if got:sub(-#message) ~= message then error(("got %q, expected %q"):format(got, message), 2) end
end

--- The function raises an error on a planted mistake, which shows that it would find one.
---@param mistake string what was planted
function M.rejects(mistake, f, ...)
  if pcall(f, ...) then error(("a planted mistake passed: %s"):format(mistake), 2) end
end

--- The same object, with another value of a field or another method.
function M.altered(object, name, value)
  return setmetatable({[name] = value}, {__index = function(_, key)
    local own = object[key]
    if type(own) ~= "function" then return own end
    return function(_, ...) return own(object, ...) end
  end})
end

return M
