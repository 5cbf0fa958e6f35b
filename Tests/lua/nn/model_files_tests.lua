-- m:save and nn.load, in an empty current folder.
local check = require "check"

local function bytes(path)
  local handle <close> = assert(io.open(path, "rb"))
  return handle:read "a"
end

local function write(path, text)
  local handle <close> = assert(io.open(path, "wb"))
  handle:write(text)
end

--- The header and the data of a safetensors file.
local function parts(path)
  local text = bytes(path)
  local length = string.unpack("<I8", text)
  return text:sub(9, 8 + length), text:sub(9 + length)
end

--- The same file with its header changed: each pattern must be there once.
local function changed(path, from, to)
  local header, data = parts(path)
  local text, count = header:gsub(from, to)
  assert(count == 1, ("%s is there %d times in %s"):format(from, count, header))
  write("changed", string.pack("<I8", #text) .. text .. data)
  return "changed"
end

-- Every network comes back with the same bits, options and diffusion, and gives the same score
local points = random.stream(5):normal{7, 2}
local times = random.stream(6):uniform{7} * 0.9 + 0.05
local networks = {
  nn.score_mlp{dimension = 2, width = 5, sde = sde.ve_power{base = 3.3}, seed = 1},
  nn.score_mlp{dimension = 2, activation = "relu", time_features = 6, feature_scale = 2.5, divisor = 1,
    sde = sde.vp{beta_min = 0.2, beta_max = 7}, seed = 2},
  nn.random_features{dimension = 2, width = 9, activation = "tanh", time_features = 2,
    feature_scale = 0.3, sde = sde.vp(), seed = 3},
  nn.residual_mlp{dimension = 2, width = 8, blocks = 2, embedding = 6, sigma_data = 0.37,
    sde = sde.edm{sigma_min = 0.01, sigma_max = 9.5, rho = 5}, seed = 4},
  nn.residual_mlp{dimension = 2, width = 4, blocks = 0, sigma_data = points, sde = sde.ve_power()},
  nn.residual_mlp{dimension = 2, width = 4, blocks = 1, sigma_data = points, sde = sde.edm(),
    predicts = "gaussian"},
  nn.residual_mlp{dimension = 2, width = 4, blocks = 1, sigma_data = tensor{{0, 1}, {2, 3}},
    predicts = "gaussian", sde = sde.edm()},
}
for index, m in ipairs(networks) do
  train(m, points, {steps = 3, seed = 1, progress = false})
  local path = ("m%d.safetensors"):format(index)
  m:save(path)
  local back = nn.load(path)
  check.equal(tostring(back), tostring(m))
  check.equal(tostring(back.sde), tostring(m.sde))
  for _, name in ipairs{"width", "activation", "time_features", "divisor", "blocks", "sigma_data"} do
    local has, value = pcall(function() return m[name] end)
    if has then check.equal(back[name], value) end
  end
  check.equal(back.parameter_count, m.parameter_count)
  check.equal((back(points, times) - m(points, times)):abs():max():item(), 0.0)
  back:save("again")
  assert(bytes "again" == bytes(path), tostring(m))
  for name, value in pairs(m:parameters()) do
    check.equal(file.load(path)[name]:table(), value:table())
  end
  -- it is a model of its own, and can be trained on
  local score = m(points, times)
  train(back, points, {steps = 1, seed = 2, progress = false})
  check.equal((m(points, times) - score):abs():max():item(), 0.0)
  assert((back(points, times) - score):abs():max():item() > 0)
end
check.equal(file.list("."), {"again", "m1.safetensors", "m2.safetensors", "m3.safetensors",
  "m4.safetensors", "m5.safetensors", "m6.safetensors", "m7.safetensors"})

-- A training run goes on from a loaded model as from the one that was saved; averages are saved alike
local m = nn.score_mlp{sde = sde.vp(), seed = 1}
local x = random.stream(1):normal{64, 1}
local fit = train(m, x, {steps = 20, ema = 0.9, seed = 1, progress = false})
m:save "m"
fit.ema_model:save "ema"
assert(bytes "m" ~= bytes "ema")
local back = nn.load "m"
train(m, x, {steps = 20, seed = 2, progress = false})
train(back, x, {steps = 20, seed = 2, progress = false})
m:save "m"
back:save "back"
assert(bytes "m" == bytes "back")

-- NaN and infinities are kept
m:parameters().w1[1] = 0 / 0
m:parameters().b1[2] = math.huge
m:save "m"
nn.load "m":save "back"
assert(bytes "m" == bytes "back")

-- What cannot be saved
local mix = target.gaussian_mixture{means = {-3, 3}}
check.raises("model.save: exact_score has no parameters, so there is nothing to save; it is made again from"
  .. " what it was made of", function() mix:model(sde.vp()):save "x" end)
check.raises("model.save: cannot write none/m: No such file or directory", m.save, m, "none/m")
check.equal(file.kind "x", nil)

-- What is no file of a model
local network = nn.score_mlp{dimension = 2, width = 3, sde = sde.vp(), seed = 1}
network:save "s"
local function fails(message, path) check.raises("nn.load: " .. message, nn.load, path) end
fails("cannot read nothing: No such file or directory", "nothing")
fails("cannot read .: Is a directory", ".")
write("text", "not a model at all")
fails("text: the header's length at byte 0 is 8029109312199880558, the file has 10 bytes after it", "text")
write("empty", "")
fails("empty: ends at byte 0, inside the header's length", "empty")
file.save("arrays.safetensors", {w1 = tensor{1}})
fails("arrays.safetensors is not a file of a model: its metadata have no format 'moondrift.model', which"
  .. " m:save writes", "arrays.safetensors")
fails("changed: version is '2', this program reads '1'", changed("s", '"version": "1"', '"version": "2"'))
fails("changed: the metadata have no 'network'", changed("s", '"network"', '"netwark"'))
fails("changed: unknown network 'score_mpl' (did you mean score_mlp?)",
  changed("s", '"score_mlp"', '"score_mpl"'))
fails("changed: __metadata__.version is 1, expected a string",
  changed("s", '"version": "1"', '"version": 1'))
for length = 0, #bytes "s" - 1, 37 do
  write("cut", bytes "s":sub(1, length))
  local passed, message = pcall(nn.load, "cut")
  assert(not passed)
  check.contains(message, "nn.load: cut: ")
end

-- Tensors that do not fit the options
fails("changed: unknown tensor 'w9' (did you mean w1?)", changed("s", '"w2"', '"w9"'))
fails("changed: w1 has shape [2, 3], expected [3, 2]", changed("s", "%[3, 2%]", "[2, 3]"))
local h, data = parts "s"
local few = h:gsub(',%s*"omega": (%b{})', "")
write("changed", string.pack("<I8", #few) .. few .. data:sub(1, -9))  -- its data are the last
fails("changed: the tensor 'omega' is missing", "changed")
fails("changed: b2 must be float32, got int64", changed("s", '("b2": {%s*"dtype": )"F32"', '%1"I32"'))

-- Options that are absent have their defaults, and names of earlier versions are known
check.equal(nn.load(changed("s", '\\"width\\": 3', '\\"width\\": 3')).time_features, 4)
check.equal(nn.load(changed("s", 'time_features', 'features')).time_features, 4)

-- Options and diffusions that cannot be
local function option(message, from, to) fails("changed: " .. message, changed("s", from, to)) end
option("options: width must be an integer from 1 to 16384, got 1000000000", 'width\\": 3',
  'width\\": 1000000000')
option("options: unknown option 'widht' (did you mean width?)", 'width\\"', 'widht\\"')
option("w1 has shape [3, 2], expected [4, 2]", 'width\\": 3', 'width\\": 4')
option("options: activation must be 'silu' or 'relu', got 'tanh'", "silu", "tanh")
option("options: divisor must be a positive number, got 0", 'divisor\\": 16', 'divisor\\": 0')
option("options: unknown option 'depth' (known: dimension, shape, width, activation, time_features,"
  .. " feature_scale, divisor, predicts, sigma_data)", '\\"width\\": 3', '\\"depth\\": 1, \\"width\\": 3')
option("options must be an object, got 1", '"options": "{.-}"', '"options": "1"')
option("options: line 1, column 1, byte 1: a value is expected, got 'x'", '"options": "{.-}"',
  '"options": "x"')
option("sde_options: unknown diffusion 'edn' (did you mean edm?)", '"vp"', '"edn"')
option("sde_options: beta_max must be a positive number, got 'x'", 'max\\": 20', 'max\\": \\"x\\"')
option("sde_options: unknown option 'base' (known: beta_min, beta_max)", '\\"beta_min', '\\"base\\": 1, \\"beta_min')
option("sde_options: beta_max must be at least beta_min = 0.1, got 0.01", 'max\\": 20', 'max\\": 0.01')
-- What it predicts had another name
nn.residual_mlp{dimension = 1, width = 2, blocks = 0, sigma_data = 1, sde = sde.edm()}:save "s"
check.equal(nn.load(changed("s", 'predicts', 'preconditioning')).predicts, "edm")

-- In half precision: half the size, each parameter off by at most 2^-11 of itself, and the same model otherwise.
do
  local whole = nn.residual_mlp{dimension = 3, width = 64, predicts = "noise", sde = sde.vp(), seed = 1}
  whole:save("whole")
  whole:save("half", {dtype = "float16"})
  local half = nn.load("half")
  check.equal(half.parameter_count, whole.parameter_count)
  assert(#file.read_text("half") < 0.6 * #file.read_text("whole"))
  local differs = 0
  local values = half:parameters()
  for name, value in pairs(whole:parameters()) do
    local gap = (value - values[name]):abs()
    assert((gap - value:abs() * 2^-11):max():item() <= 2^-25, name)
    differs = differs + gap:sum():item()
  end
  assert(differs > 0)
  half:save("again", {dtype = "float16"})
  assert(file.read_text("again") == file.read_text("half"))
  check.raises("model.save: dtype must be 'float32' or 'float16', got 'int8'", whole.save, whole, "x", {dtype = "int8"})
end
