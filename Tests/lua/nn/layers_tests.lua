-- Layers in Lua: described once, made into networks by nn.define, trained, saved, and refused where they do not fit.
local check = require "check"

-- Options by name or in the order that help says.
check.equal(tostring(nn.linear{2, 16}), "nn.linear{2, 16}")
check.equal(tostring(nn.linear{inputs = 2, outputs = 16, bias = false}), "nn.linear{2, 16, bias = false}")
check.equal(tostring(nn.relu()), "nn.relu()")
check.equal(tostring(nn.sequential{nn.linear{2, 3}, nn.tanh()}), "nn.sequential{linear{2, 3}, tanh()}")
check.raises("nn.linear: inputs is given twice, by name and in place 1",
  nn.linear, {2, 3, inputs = 4})
check.raises("nn.linear: outputs is required: a positive integer", nn.linear, {2})
check.raises("nn.linear: outputs must be a positive integer, got -1", nn.linear, {2, -1})
check.raises("nn.group_norm: groups must divide channels, got 3 groups of 4 channels", nn.group_norm, {3, 4})

-- A layer alone has parameters of its own, the same in each call.
do
  local layer = nn.linear{2, 3}
  local x = tensor.ones{4, 2}
  check.equal(layer(x):table(), layer(x):table())
  check.equal(layer:parameters().weight.shape, {3, 2})
  local by_hand = x:matmul(layer:parameters().weight:transpose()) + layer:parameters().bias
  check.equal(layer(x):table(), by_hand:table())
  check.raises("layer: linear: x must have 2 features last, got points of shape [3]", layer, tensor.ones{4, 3})
end

-- A network of layers alone, blind: predicts the noise.
local law = target.gaussian{mean = {1, -1}}
local data = law:sample(256, {seed = 1})
local function net(seed)
  return nn.sequential{nn.linear{2, 16}, nn.silu(), nn.linear{16, 2}}
end
do
  local m = nn.define{dimension = 2, layers = net(), sde = sde.ve(), predicts = "residual", seed = 3}
  check.equal(m.parameter_count, 2 * 16 + 16 + 16 * 2 + 2)
  check.equal(m:parameters()["1.weight"].shape, {16, 2})
  local again = nn.define{dimension = 2, layers = net(), sde = sde.ve(), predicts = "residual", seed = 3}
  check.equal(m:parameters()["1.weight"]:table(), again:parameters()["1.weight"]:table())
  local before = m:parameters()["1.weight"]:copy()
  train(m, data, {steps = 20, batch = 32, seed = 1, progress = false})
  assert((m:parameters()["1.weight"] - before):abs():max():item() > 1e-4)
  -- A file has the layers, and gives them back.
  m:save("layers.safetensors")
  local loaded = nn.load("layers.safetensors")
  check.equal(loaded(data, 0.3):table(), m(data, 0.3):table())
end

-- A function of layers, points and times.
local function timed(seed)
  return nn.define{
    dimension = 2, sde = sde.vp(), predicts = "noise", seed = seed,
    layers = {time = nn.fourier_embedding{8, scale = 1}, up = nn.linear{2, 24}, film = nn.film{8, 24},
      down = {nn.linear{24, 24}, nn.linear{24, 2}}},
    forward = function(l, x, t)
      local h = l.film(l.up(x), l.time(t)):silu()
      return l.down[2](l.down[1](h):silu())
    end}
end
do
  local m = timed(5)
  local names = {}
  for name in pairs(m:parameters()) do names[#names + 1] = name end
  table.sort(names)
  check.equal(names, {"down.1.bias", "down.1.weight", "down.2.bias", "down.2.weight", "film.bias", "film.weight",
    "time.frequencies", "up.bias", "up.weight"})
  -- Trained in one plan, it has the bits of a run that stops and goes on.
  local options = {steps = 30, batch = 32, seed = 2, progress = false}
  train(m, data, options)
  local other = timed(5)
  local fit = train.start(other, data, options)
  fit:advance(11)
  fit:advance(19)
  check.equal(other(data, 0.5):table(), m(data, 0.5):table())
  m:save("timed.safetensors")
  local loaded = nn.load("timed.safetensors", {forward = function(l, x, t)
    local h = l.film(l.up(x), l.time(t)):silu()
    return l.down[2](l.down[1](h):silu())
  end})
  check.equal(loaded(data, 0.3):table(), m(data, 0.3):table())
end

-- Dropout draws from (seed, example, layer): a resumed run has the bits of an uninterrupted one, and evaluation
-- draws nothing.
do
  local function dropped(seed)
    return nn.define{dimension = 2, sde = sde.ve(), predicts = "residual", seed = 1,
      layers = nn.sequential{nn.linear{2, 32}, nn.dropout{0.5}, nn.linear{32, 2}}}
  end
  local function trained(cuts, seed)
    local m = dropped()
    local fit = train.start(m, data, {steps = 20, batch = 16, seed = seed, progress = false})
    for _, steps in ipairs(cuts) do fit:advance(steps) end
    return m
  end
  local whole, cut, other = trained({20}, 1), trained({7, 13}, 1), trained({20}, 2)
  check.equal(cut(data, 0.5):table(), whole(data, 0.5):table())
  assert((other(data, 0.5) - whole(data, 0.5)):abs():max():item() > 0)
  check.equal(whole(data, 0.5):table(), whole(data, 0.5):table())
end

-- Running statistics of a plan are those of an eager step: momentum over the batches of two steps.
do
  local m = nn.define{shape = {2, 4, 4}, sde = sde.ve(), predicts = "residual", seed = 1,
    layers = nn.sequential{nn.batch_norm{2}, nn.tanh()}}
  local images = random.stream(1):normal{8, 2, 4, 4}
  train(m, images, {steps = 3, batch = 8, seed = 1, progress = false})
  local p = m:parameters()
  assert((p.running_mean or p["1.running_mean"]):abs():max():item() > 0)
end

-- Bad input
local shared = nn.linear{2, 2}
check.raises("nn.define: layers must not hold one layer twice, as a and b; call it twice in forward, or make two",
  nn.define, {dimension = 2, layers = {a = shared, b = shared}, sde = sde.vp(), forward = function(l, x) return x end})
check.raises("nn.define: layers must be a layer, or a table of layers, got 3 at b",
  nn.define, {dimension = 2, layers = {a = nn.relu(), b = 3}, sde = sde.vp(), forward = function(l, x) return x end})
check.raises("nn.define: forward is required where layers are a table",
  nn.define, {dimension = 2, layers = {a = nn.relu()}, sde = sde.vp(), predicts = "residual"})
check.raises("nn.define: layers give points of shape [3], expected [2]",
  nn.define, {dimension = 2, layers = nn.linear{2, 3}, sde = sde.vp(), predicts = "residual"})
check.raises("nn.define: layers take the place of parameters, buffers and score; give forward beside them",
  nn.define, {dimension = 2, layers = nn.linear{2, 2}, parameters = {}, sde = sde.vp(), forward = function(l, x) return x end})
check.raises("nn.define: layers must not have two parameters with the path a.b.weight",
  nn.define, {dimension = 2, layers = {["a.b"] = nn.linear{2, 2}, a = {b = nn.linear{2, 2}}}, sde = sde.vp(),
    predicts = "noise", forward = function(l, x) return x end})
-- A table may have the names that files use.
check.equal(nn.define{dimension = 2, layers = {layer = nn.linear{2, 2}, options = nn.tanh()}, sde = sde.vp(),
  predicts = "noise", forward = function(l, x) return l.options(l.layer(x)) end}.parameter_count, 6)
for name, make in pairs{
  sequential = function() return nn.sequential{nn.relu(), nn.film{2, 3}} end,
  residual = function() return nn.residual(nn.film{2, 3}) end,
  shortcut = function() return nn.residual(nn.relu(), {shortcut = nn.film{2, 3}}) end,
  skip = function() return nn.skip(nn.film{2, 3}) end,
} do
  local ok, message = pcall(make)
  assert(not ok, name)
  check.contains(message, "film takes x, e; a layer within another takes points alone: call it in forward")
end
do
  local kept
  local ok, message = pcall(nn.define, {dimension = 2, layers = {a = nn.linear{2, 3}}, sde = sde.vp(),
    predicts = "noise", forward = function(l, x, t) kept = l return l.a(x) end})
  assert(not ok)
  check.contains(message, "forward must return a tensor of shape [4, 2], as x, got [4, 3]")
  ok, message = pcall(kept.a, tensor.ones{1, 2})
  assert(not ok)
  check.contains(message, "layer a (linear) belongs to a call of its network that is over")
  ok, message = pcall(nn.define, {dimension = 2, layers = {a = nn.linear{5, 3}}, sde = sde.vp(),
    predicts = "noise", forward = function(l, x, t) return l.a(x) end})
  assert(not ok)
  check.contains(message, "layer a (linear): x must have 5 features last, got points of shape [2]")
  ok, message = pcall(nn.define, {dimension = 2, layers = {a = nn.film{2, 2}}, sde = sde.vp(),
    predicts = "noise", forward = function(l, x, t) return l.a(x) end})
  assert(not ok)
  check.contains(message, "layer a (film) takes x, e, got 1 argument")
end
