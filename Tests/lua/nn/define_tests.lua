-- nn.define, in an empty current folder.
local check = require "check"

local process = sde.ve_power{base = 25}

-- nn.random_features written in Lua: the same score from the same numbers, as float32 and float64
local built_in = nn.random_features{dimension = 2, width = 30, sde = process, seed = 1}
local frozen = built_in:parameters()
local function features(p, x, t)
  local turns = t:unsqueeze(2) * frozen.omega * (2 * math.pi)
  local e = tensor.concatenate({turns:sin(), turns:cos(), tensor.ones{#x, 1}:to(x.dtype)}, 2)
  local hidden = x:matmul(frozen.w:transpose()) + e:matmul(frozen.u:transpose())
  return hidden:relu():matmul(p.a:transpose()) / 30
end
local function in_lua()
  return nn.define{name = "features", dimension = 2, sde = process, score = features,
    parameters = {a = tensor.zeros{2, 30}}}
end
local m = in_lua()
check.equal(tostring(m), "features(2 → 2 in Lua, 60 parameters)")
check.equal(m.parameter_count, 60)
check.equal(m.dimension, 2)
check.equal(tostring(m.sde), "sde.ve_power{}")

-- trained, it takes the course of the built-in one
local points = random.stream(2):normal{200, 2}
local settings = {steps = 150, batch = 16, optimizer = optim.sgd{rate = 2}, seed = 3, progress = false,
  ema = 0.9, log_every = 30}
local fit, other = train(m, points, settings), train(built_in, points, settings)
for row = 1, 5 do check.near(fit.log.loss[row]:item() / other.log.loss[row]:item(), 1, 1e-5) end
local scale = built_in:parameters().a:abs():max():item()
check.near((m:parameters().a - built_in:parameters().a):abs():max():item() / scale, 0, 1e-4)
check.near((fit.ema_model:parameters().a - other.ema_model:parameters().a):abs():max():item() / scale,
  0, 1e-4)
assert((fit.ema_model:parameters().a - m:parameters().a):abs():max():item() > 1e-3 * scale)

-- with a compiled score too, which then calls Lua a few times only
local calls = 0
local compiled = nn.define{dimension = 2, sde = process, parameters = {a = tensor.zeros{2, 30}},
  score = grad.compile(function(p, x, t)
    calls = calls + 1
    return features(p, x, t)
  end)}
calls = 0
train(compiled, points, settings)
check.equal(calls, 2)
check.near((compiled:parameters().a - built_in:parameters().a):abs():max():item() / scale, 0, 1e-4)
check.near((compiled(points, 0.3) - built_in(points, 0.3)):abs():max():item(), 0, 1e-3)

-- samplers and metrics take it
local y = sample.euler_maruyama(m, {count = 20, steps = 30, seed = 4})
local z = sample.euler_maruyama(built_in, {count = 20, steps = 30, seed = 4})
check.near((y - z):abs():max():item(), 0, 1e-3)
check.near((m:denoise(points, 0.3) - built_in:denoise(points, 0.3)):abs():max():item(), 0, 1e-3)
local mix = target.gaussian_mixture{means = {-3, 3}}
local exact = mix:model(process)
local wrapped = nn.define{dimension = 1, sde = process, score = function(_, x, t) return exact(x, t) end}
check.equal(tostring(wrapped), "custom(1 → 1 in Lua, 0 parameters)")
check.equal(metric.kl_of_score(mix, wrapped), metric.kl_of_score(mix, exact))

-- gradients pass through, in points and in parameters
local w = tensor{{1, 0.5}, {-0.25, 2}}
local linear = nn.define{dimension = 2, sde = process, parameters = {layers = {{w = w}, {w = w}}},
  score = function(p, x, t) return -x:matmul(p.layers[1].w):matmul(p.layers[2].w) end}
local x = tensor{{1, 2}}
local g = grad.grad(function(v) return linear(v, 0.5):sum() end)(x)
check.near((g + w:matmul(w):sum(2):reshape{1, 2}):abs():max():item(), 0, 1e-6)
check.near(grad.divergence(function(v) return linear(v, 0.5) end, x):item(),
  -w:matmul(w):diag():sum():item(), 1e-6)

-- The parameters are the model's own, nested as they were given; a copy has its own again
local p = linear:parameters()
check.equal(p.layers[2].w:table(), w:table())
p.layers[2].w[1] = 0
check.equal(w[1]:table(), {1.0, 0.5})
local twin = linear:copy()
p.layers[1].w[2] = 7
check.equal(twin:parameters().layers[1].w[2]:table(), {-0.25, 2.0})
check.equal(twin:parameters().layers[2].w[1]:table(), {0.0, 0.0})

-- Several side by side, among them a compiled one: as one after another
local function three()
  return {in_lua(), nn.random_features{dimension = 2, sde = process, seed = 5}, in_lua()}
end
local together, alone = three(), three()
train(together, points, {steps = 20, seed = {1, 2, 3}, progress = false})
for index, model in ipairs(alone) do
  train(model, points, {steps = 20, seed = index, progress = false, log_every = 7})
  check.equal((model:parameters().a - together[index]:parameters().a):abs():max():item(), 0.0)
end

-- Saved and loaded: with the function
linear:save "linear"
local back = nn.load("linear", {score = function(q, v, t)
  return -v:matmul(q.layers[1].w):matmul(q.layers[2].w)
end})
check.equal(back(x, 0.5):table(), linear(x, 0.5):table())
check.equal(back:parameters().layers[1].w:table(), p.layers[1].w:table())
check.equal(tostring(back), "custom(2 → 2 in Lua, 8 parameters)")
check.raises("nn.load: linear: 'custom' is a model of nn.define, whose function no file holds; give it as"
  .. " nn.load(path, {score = f})", nn.load, "linear")
check.raises("nn.load: linear: score must return a tensor of shape [4, 2], as x, got [4]", nn.load,
  "linear", {score = function(q, v) return v:column(1) end})
built_in:save "features"
check.raises("nn.load: features: score is for models of nn.define, the file holds random_features",
  nn.load, "features", {score = features})
check.raises("model.save: custom has no parameters, so there is nothing to save; it is made again from"
  .. " what it was made of", wrapped.save, wrapped, "x")
check.raises("train: model must have parameters to train, got custom(1 → 1 in Lua, 0 parameters)", train,
  wrapped, tensor.zeros{3, 1}, {steps = 1})

-- What cannot be a model
local function fails(message, options, parameters)
  if type(options) == "function" then options = {score = options, parameters = parameters} end
  options.dimension, options.sde = options.dimension or 2, options.sde or process
  check.raises(message, nn.define, options)
end
local some = {w = tensor{1, 2}}
fails("nn.define: score is required: a function; or forward, with predicts", {})
fails("nn.define: score must be a function, got 3", {score = 3})
fails("nn.define: dimension must be a positive integer, got 0", {score = features, dimension = 0})
fails("nn.define: score must return a tensor, got nil; is a 'return' missing?", function() end)
fails("nn.define: score must return a tensor of shape [4, 2], as x, got [4]",
  function(_, v) return v:column(1) end)
fails("nn.define: score must return a tensor of shape [4, 2], as x, got [4, 2] bool",
  function(_, v) return v:less(0) end)
fails("nn.define: score must be finite, got nan in row 1, at t = 0.1259",
  function(_, v, t) return v * (t:unsqueeze(2) - 1):log() end)
fails("nn.define: score must treat each row by itself: row 1 of a batch gives -0.1378, alone it gives 0",
  function(_, v) return v - v:mean(1) end)
fails("nn.define: score must depend on the tensors of p by tensor operations, so that it has a gradient",
  function(q, v) return v * q.w:copy():table()[1] end, some)
fails("nn.define: parameters.w must be float32, got float64",
  features, {w = tensor({1}, {dtype = "float64"})})
fails("nn.define: parameters.layers.2.n must be a float32 tensor or a table of them, got 3",
  features, {layers = {some, {n = 3}}})
fails("nn.define: parameters must be a list or have names as keys, got the key 1 as well",
  features, {w = some.w, some.w})
fails("nn.define: parameters have two tensors with the path a.b",
  features, {["a.b"] = some.w, a = {b = some.w}})
fails("nn.define: parameters must be a float32 tensor or a table of them, got 3", features, 3)
-- at the line that called; errors inside keep theirs
local function here() return ("define_tests.lua:%d: "):format(debug.getinfo(2, "l").currentline) end
local line
local passed, message = pcall(function()
  line = here() nn.define{dimension = 1, sde = process, score = function() end}
end)
check.equal(passed, false)
check.contains(message, line .. "nn.define: score must return a tensor, got nil")
passed, message = pcall(nn.define, {dimension = 1, sde = process, score = function(_, v)
  line = here() return v:nonsense()
end})
check.contains(message, line .. "tensor has no member 'nonsense'")
-- later failures name the call in which they came
local fickle = nn.define{dimension = 1, sde = process,
  score = function(_, v) return #v > 4 and v:column(1) or -v end}
check.raises("sample.euler_maruyama: score must return a tensor of shape [5, 1], as x, got [5]",
  sample.euler_maruyama, fickle, {count = 5, steps = 2})

-- Points and levels have one type in training, float32, so that a function that mixes them stays fast.
for _, predicts in ipairs{"edm", "gaussian", "noise", "score"} do
  for _, layered in ipairs{true, false} do
    local seen = {}
    local scaled = predicts == "edm" or predicts == "gaussian"
    local points = random.stream(1):normal{10, 2}
    local m = nn.define{
      dimension = 2, sde = scaled and sde.edm() or sde.vp(), predicts = predicts, seed = 1,
      sigma_data = scaled and points or nil, layers = layered and {a = nn.linear{2, 2}} or nil,
      parameters = not layered and {w = tensor.ones{2, 2}} or nil,
      forward = function(p, x, level)
        seen[x.dtype .. " " .. level.dtype] = true
        return (layered and p.a(x) or x:matmul(p.w)) * level:unsqueeze(2)
      end}
    seen = {}
    train(m, points, {steps = 1, seed = 1})
    local kinds = {}
    for kind in pairs(seen) do kinds[#kinds + 1] = kind end
    check.equal(kinds, {"float32 float32"})
  end
end
