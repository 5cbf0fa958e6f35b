-- One exact posterior mean, given in each parametrisation, is the same model.
local check = require "check"

local mix = target.gaussian_mixture{means = {{-1, 0}, {1, 0.5}}, stds = {0.4, 0.7}, weights = {0.3, 0.7}}
local kinds = {"score", "noise", "clean", "velocity", "v"}
local processes = {sde.vp(), sde.vp_cosine(), sde.sub_vp(), sde.edm{sigma_max = 5}, sde.ve_power(), sde.linear_flow(),
  sde.ou()}

--- The exact model, as one that predicts `kind`, in the type of x.
local function exact_as(kind, process)
  local exact = mix:model(process)
  local function column(name, t) return process[name](process, t):unsqueeze(2) end
  return nn.define{name = kind, dimension = 2, sde = process, predicts = kind, forward = function(_, x, t)
    local x64, t64 = x:to "float64", t:to "float64"
    local clean = exact:denoise(x64, t64)
    local alpha, sigma = column("alpha", t64), column("sigma", t64)
    local noise = (x64 - alpha * clean) / sigma
    local result
    if kind == "score" then result = -noise / sigma
    elseif kind == "noise" then result = noise
    elseif kind == "clean" then result = clean
    elseif kind == "v" then result = alpha * noise - sigma * clean
    else
      -- f x - g²s/2
      local f, g = column("drift", t64), column("diffusion", t64)
      result = f * x64 + 0.5 * g^2 * noise / sigma
    end
    return result:to(x.dtype)
  end}
end

for _, process in ipairs(processes) do
  local last = math.min(process.time_max, 3) * 0.95
  local times = tensor({0.05, 0.3, 0.7, 1}, {dtype = "float64"}) * last
  local x = random.stream(2):normal{4, 2}:to "float64"
  local reference = exact_as("clean", process)
  for _, kind in ipairs(kinds) do
    local m = exact_as(kind, process)
    check.equal(m.predicts, kind)
    for _, quantity in ipairs{"score", "denoise", "noise", "velocity"} do
      local got, expected = m[quantity](m, x, times), reference[quantity](reference, x, times)
      local scale = expected:abs():max():item() + 1
      local where = ("%s from %s, %s"):format(quantity, kind, process)
      local error = (got - expected):abs():max():item() / scale
      assert(error < 1e-9, ("%s: %.3g"):format(where, error))
      -- float32: a conversion may lose digits, what is given directly keeps them
      local got32 = m[quantity](m, x:to "float32", times:to "float32")
      check.equal(got32.dtype, "float32")
      local error32 = (got32:to "float64" - expected):abs():max():item() / scale
      assert(error32 < 1e-4, ("%s float32: %.3g"):format(where, error32))
    end
    local direct = kind == "clean" and "denoise" or kind
    if kind ~= "v" then
      local x32, t32 = x:to "float32", times:to "float32"
      local given = m[direct](m, x32, t32)
      local error = (given:to "float64" - reference[direct](reference, x32:to "float64", t32:to "float64"))
      assert(error:abs():max():item() <= 2e-6 * (1 + given:abs():max():item()), kind)
    end
  end
end

-- The same network learns in each parametrisation
local stream = random.stream(3)
local w = {stream:normal{3, 32} * 0.5, stream:normal{32} * 0.5, stream:normal{32, 2} * 0.1}
local function network(p, x, t)
  local inputs = tensor.concatenate({x, t:unsqueeze(2)}, 2)
  return (inputs:matmul(p[1]) + p[2]):silu():matmul(p[3])
end
local data = mix:sample(512, {seed = 1})
local losses = {}
for _, kind in ipairs{"noise", "clean", "v", "velocity"} do
  local m = nn.define{dimension = 2, sde = sde.vp(), predicts = kind, parameters = w, forward = network}
  local fit = train(m, data, {steps = 400, batch = 128, seed = 1, progress = false,
    optimizer = optim.adam{rate = 3e-3}, loss = grad.compile(function(score, batch)
      local residual = batch.sigma:unsqueeze(2) * score(batch.noised, batch.t) + batch.noise
      return (residual^2):sum(2):clamp(0, 50):mean()
    end)})
  local loss = fit.log.loss
  losses[#losses + 1] = loss[{{loss.count - 29, loss.count}}]:mean():item()
  -- saved and loaded with what it predicts
  m:save "m"
  local back = nn.load("m", {forward = network})
  check.equal(back.predicts, kind)
  check.equal((back(data, 0.5) - m(data, 0.5)):abs():max():item(), 0.0)
end

-- to losses of one size, well below that of no network (2, the dimension, for the noise); that of a clean
-- sample is divided by σ where the noise is small, and takes longer
assert(math.max(table.unpack(losses)) < 1.5 * math.min(table.unpack(losses)), table.concat(losses, " "))
assert(math.max(table.unpack(losses)) < 1, table.concat(losses, " "))

-- Refusals
local function define(options)
  options.dimension, options.sde = 1, options.sde or sde.vp()
  return nn.define(options)
end
check.raises("nn.define: predicts must be 'score' or 'noise' or 'clean' or 'velocity' or 'v' or 'edm' or 'gaussian' or "
  .. "'residual' or 'transport', got 'nose'"
  .. " (did you mean 'noise'?)", define, {predicts = "nose", forward = network})
check.raises("nn.define: give forward or score, not both", define, {score = network, forward = network})
check.raises("nn.define: predicts must be 'score' where score is given; give forward instead", define,
  {score = network, predicts = "noise"})
check.raises("nn.define: forward must return a tensor of shape [4, 1], as x, got [4]", define,
  {predicts = "noise", forward = function(_, x, t) return t end})
local m = define{sde = sde.linear_flow(), predicts = "noise", forward = function(_, x, t) return x end}
check.raises("model.denoise: no clean sample follows from the noise at t = 1, where alpha is 0",
  function() return m:denoise(tensor{{1}}, 1) end)
m = define{sde = sde.linear_flow(), predicts = "clean", forward = function(_, x, t) return x end}
check.equal(m:denoise(tensor{{1}}, 1):item(), 1.0)
