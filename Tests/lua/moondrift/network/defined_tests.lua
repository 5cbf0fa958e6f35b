-- moondrift.network.defined: a network and what is read of it say the same, errors are in the words of who asks.
local check = require "check"
local defined = require "moondrift.network.defined"

local function forward(l, x) return l.a(x) end
local function options(data)
  return {name = "own", shape = {2}, layers = {a = nn.linear{2, 2}}, forward = forward, sde = sde.edm(), data = data, seed = 1}
end
local x = random.stream(1):normal{6, 2}
local model = defined.make("own.network", options(x))
check.equal(model.predicts, "edm")
model:save("own.safetensors")
assert(defined.load("own.load", "own.safetensors", forward):denoise(x, 0.5):equal(model:denoise(x, 0.5)):all():item())

check.raises("own.network: data must hold points, got none", defined.make, "own.network", options(tensor.zeros{0, 2}))
check.raises("own.network: the spread of data must be a positive number, got nan", defined.make, "own.network",
  options(x * (0 / 0)))
local passed, message = pcall(defined.make, "own.network", options("x"))
assert(not passed and message:find("^own%.network: data must be "), message)
check.raises("own.load: own.safetensors holds another network", defined.load, "own.load", "own.safetensors",
  function(l, y) return l.b(y) end)
check.raises("own.load: cannot read none.safetensors: No such file or directory", defined.load, "own.load",
  "none.safetensors", forward)
