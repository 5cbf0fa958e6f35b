-- A child of scripts/sweep: the examples of the reference with one literal replaced. A case is one
-- literal of one example and one value in its place. Each runs alone in a fresh environment: it may
-- succeed or raise an error, but must return.
--
-- What is reported beside the counts: an example that gave finite numbers and, with a finite number in
-- place of another, gives some that are not.

local folder = arg[0]:match("^(.*)/[^/]*$")
package.path = folder .. "/?.lua;" .. package.path
local child = require "trial_child"
local reference = folder .. "/../../docs/reference/"

local replacements = {
  "2147483648", "4294967296", "9007199254740992", "4611686018427387904", "math.maxinteger",
  "math.mininteger", "-1", "0", "0.5", "(0/0)", "(1/0)", "(-1/0)", "1e300", "-1e300", "5e-324", '""',
  "{}", "nil", "true", "tensor{1, 2}", "tensor.zeros{0}", "tensor{{0/0}}", "random.stream(1)", "sde.vp()",
  "print", '"x"', "{{1}, {2}}",
}
-- Those that are finite in float32 too, and not so large that a power of them is not.
local finite_numbers = {[7] = true, [8] = true, [9] = true, [15] = true}

--- The Lua blocks of a page, which are signatures and examples.
local function blocks(path)
  local list, block = {}, nil
  for line in io.lines(path) do
    if line == "```lua" then
      block = {}
    elseif line == "```" and block then
      list[#list + 1] = table.concat(block, "\n")
      block = nil
    elseif block then
      block[#block + 1] = line
    end
  end
  return list
end

--- Compiles code, an expression or statements.
local function compiled(code, environment)
  local f = load("return " .. code, "=example", "t", environment)
  return f or load(code, "=example", "t", environment)
end

--- Where the literals of some code are: {first, last} of numbers, strings, booleans and nil.
local function literals(code)
  local list, place = {}, 1
  while place <= #code do
    local first, last
    for _, pattern in ipairs{
      "^%-%-[^\n]*", "^%[%[.-%]%]", '^"[^"\n]*"', "^'[^'\n]*'", "^[%a_][%w_]*", "^%.%.+",
      "^0[xX]%x+", "^%d+%.?%d*[eE][+-]?%d+", "^%d+%.%d+", "^%d+",
    } do
      first, last = code:find(pattern, place)
      if first then break end
    end
    if not first then
      place = place + 1
    else
      local text = code:sub(first, last)
      local is_word = text:match("^[%a_]") and text ~= "true" and text ~= "false" and text ~= "nil"
      if not is_word and not text:match("^%-%-") and not text:match("^%.%.") then
        list[#list + 1] = {first, last}
      end
      place = last + 1
    end
  end
  return list
end

local pages = {"data", "file", "grad", "linalg", "metric", "moondrift", "nn", "optim", "plot", "random",
  "sample", "sde", "target", "tensor", "train"}
local cases = {}
for _, page in ipairs(pages) do
  for _, code in ipairs(blocks(reference .. page .. ".md")) do
    if compiled(code, {}) and not code:find("os.exit", 1, true) then
      for _, literal in ipairs(literals(code)) do
        for value = 1, #replacements do cases[#cases + 1] = {page, code, literal, value} end
      end
    end
  end
end

--- Whether all numbers in a value are finite; nil where there are none to look at.
local function is_finite(value, depth)
  if type(value) == "number" then return value - value == 0 end
  if type(value) == "table" and depth < 3 then
    local found
    for _, part in pairs(value) do
      local finite = is_finite(part, depth + 1)
      if finite == false then return false end
      if finite then found = true end
    end
    return found
  end
  local metatable = debug.getmetatable(value)
  if type(value) == "userdata" and metatable.__name == "tensor" and value.count > 0 and value.count < 1e5 then
    return (value:to("float64") - value:to("float64")):abs():sum():item() == 0
  end
end

local function run(code)
  local environment = setmetatable({}, {__index = _G})
  local f = compiled(code, environment)
  if not f then return false end
  return pcall(f)
end

local was_finite = {}
local function example_is_finite(code)
  if was_finite[code] == nil then
    local ok, result = run(code)
    local checked, finite = pcall(is_finite, result, 0)
    was_finite[code] = ok and checked and finite == true
  end
  return was_finite[code]
end

-- The cases in an order that jumps over the whole list, so that a part of it is a sample.
local count = #cases
local jump = count * 618 // 1000 | 1
local function divisor(a, b) return b == 0 and a or divisor(b, a % b) end
while divisor(jump, count) ~= 1 do jump = jump + 2 end

if child.options.only == nil and child.options.first == 1 then print("count in all " .. count) end

child.work(function(number)
  local page, code, literal, value = table.unpack(cases[(number * jump + child.options.seed * 7919) % count + 1])
  local changed = code:sub(1, literal[1] - 1) .. replacements[value] .. code:sub(literal[2] + 1)
  child.note(page .. ": " .. changed:gsub("\n", "; "))
  local ok, result = run(changed)
  child.count(ok and "values" or "errors")
  if ok and finite_numbers[value] then
    local checked, finite = pcall(is_finite, result, 0)
    if checked and finite == false and example_is_finite(code) then
      child.count("not finite")
      child.report("not finite: " .. page .. ": " .. changed)
    end
  end
end, count)
