-- The photographs that come with the program, against the numbers that Pillow reads.
local check = require "check"

local names = {"astronaut", "brick", "camera", "chelsea", "coffee", "grass", "gravel", "rocket"}
local shapes = {{256, 256}, {256, 256}, {256, 256}, {150, 225}, {200, 300}, {256, 256}, {256, 256}, {213, 320}}
local means = {0.453002, 0.43756, 0.506604, 0.468987, 0.406956, 0.464116, 0.49674, 0.239408}
-- Of row 11, column 21, in parts of 255.
local pixels = {146, 116, 201, 99, 29, 118, 113, 34}
local all = data.photographs()
check.equal(#all, #names)
for i, x in ipairs(all) do
  check.equal({x.shape, x.dtype}, {shapes[i], "float32"})
  check.near(x:mean():item(), means[i], 1e-6)
  check.near(x[11][21]:item(), pixels[i] / 255, 1e-7)
  assert(x:min():item() >= 0 and x:max():item() <= 1)
end
local two = data.photographs{names = {"rocket", "camera"}}
check.equal({#two, (two[1] - all[8]):abs():max():item(), (two[2] - all[3]):abs():max():item()}, {2, 0.0, 0.0})
check.raises("data.photographs: names: unknown photograph 'camra' (did you mean camera?)",
  data.photographs, {names = {"camra"}})
local law = target.patches(all, {size = {24, 30}})
check.equal(law:sample(3, {seed = 1}).shape, {3, 24, 30})
