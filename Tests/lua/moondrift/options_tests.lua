-- moondrift.options: names that are none, values of another kind and numbers that are not finite are refused, the rest passes.
local check = require "check"
local options = require "moondrift.options"

local KINDS = {factor = "number", count = "integer", on = "boolean", by = "string", draw = "function", x = "tensor", law = "target"}
options.check("m.f", {}, KINDS)
options.check("m.f", {factor = 1.5, count = 2, on = false, by = "gap", draw = print, x = tensor{1}, law = 3}, KINDS)
check.raises("m.f: options must be a table, got number", options.check, "m.f", 3, KINDS)
check.raises("m.f: unknown option 'factr' (did you mean factor?)", options.check, "m.f", {factr = 2}, KINDS)
check.raises("m.f: unknown option 'level' (known: seed)", options.check, "m.f", {level = 2}, {seed = "integer"})
for _, value in ipairs{0 / 0, 1 / 0, -1 / 0} do
  check.raises("m.f: factor must be a finite number, got " .. options.shown(value), options.check, "m.f", {factor = value}, KINDS)
end
local wrong = {factor = {"2", "a number", "string"}, count = {2.5, "an integer", "2.5"}, on = {1, "a boolean", "number"},
  by = {2, "a string", "number"}, draw = {"f", "a function", "string"}, x = {{1}, "a tensor", "table"}}
for name, case in pairs(wrong) do
  check.raises(("m.f: %s must be %s, got %s"):format(name, case[2], case[3]), options.check, "m.f", {[name] = case[1]}, KINDS)
end
assert(options.is_tensor(tensor{1}) and not options.is_tensor({}) and not options.is_tensor(sde.vp()))
