-- moondrift.score_map.options: names that are none and numbers that are not finite are refused, the rest passes.
local check = require "check"
local options = require "moondrift.score_map.options"

local KINDS = {factor = "number", by = "name"}
options.check("tau_gen", {}, KINDS)
options.check("tau_gen", {factor = 1.5, by = "gap"}, KINDS)
check.raises("score_map.tau_gen: options must be a table, got number", options.check, "tau_gen", 3, KINDS)
check.raises("score_map.tau_gen: unknown option 'factr' (did you mean factor?)", options.check, "tau_gen", {factr = 2}, KINDS)
for shown, value in pairs{["nan"] = 0 / 0, ["inf"] = 1 / 0, ["string"] = "2"} do
  check.raises("score_map.tau_gen: factor must be a finite number, got " .. (shown == "nan" and tostring(0 / 0) or shown),
    options.check, "tau_gen", {factor = value}, KINDS)
end
