-- Buffers of nn.define: running statistics that training writes and calls only read.
local check = require "check"

local data = 3 + 2 * random.stream(1):normal{400, 2}
local function make(compiled)
  local function forward(p, x, t)
    local mean, square = p.buffers.mean, p.buffers.square
    local new
    if p.training then
      local m, s = x:mean(1), (x^2):mean(1)
      new = {mean = 0.9 * mean + 0.1 * m, square = 0.9 * square + 0.1 * s}
      mean, square = m, s
    end
    local scale = (square - mean^2):clamp(1e-3, 1e6):sqrt()
    return ((x - mean) / scale):matmul(p.w) + p.b, new
  end
  return nn.define{dimension = 2, sde = sde.vp(), predicts = "noise",
    forward = compiled and grad.compile(forward) or forward,
    parameters = {w = tensor.eye(2) * 0.5, b = tensor.zeros{2}},
    buffers = {mean = tensor.zeros{2}, square = tensor.ones{2}}}
end

local settings = {steps = 60, batch = 50, seed = 2, progress = false, ema = 0.9}
local m = make()
check.equal(m.parameter_count, 6)
check.equal(m:parameters().buffers.mean:table(), {0.0, 0.0})
m:score(data, 0.3)  -- a call changes nothing
check.equal(m:parameters().buffers.mean:table(), {0.0, 0.0})
local fit = train(m, data, settings)
local mean = m:parameters().buffers.mean
check.near(mean[1]:item(), 1.6, 0.6)  -- of x_t over all times; the data have 3
check.equal((fit.ema_model:parameters().buffers.mean - mean):abs():max():item(), 0.0)
-- calls use them, each row by itself
check.near((m(data[{{1, 1}}], 0.3) - m(data, 0.3)[{{1, 1}}]):abs():max():item(), 0, 1e-5)

-- The same through a loss of Lua's own and through plans
settings.loss = function(score, batch)
  return ((batch.sigma:unsqueeze(2) * score(batch.noised, batch.t) + batch.noise)^2):sum(2):mean()
end
local by_loss = make()
train(by_loss, data, settings)
check.near((by_loss:parameters().buffers.mean - mean):abs():max():item(), 0, 1e-5)
settings.loss = grad.compile(settings.loss)
local by_plan = make()
train(by_plan, data, settings)
check.near((by_plan:parameters().buffers.mean - mean):abs():max():item(), 0, 1e-5)
settings.loss = nil

-- Saved, loaded, copied, stopped and resumed with the same bits
m:save "m"
local back = nn.load("m", {forward = function(p, x, t) return x:matmul(p.w), {} end})
check.equal((back:parameters().buffers.square - m:parameters().buffers.square):abs():max():item(), 0.0)
check.equal((m:copy()(data, 0.2) - m(data, 0.2)):abs():max():item(), 0.0)
local part = train.start(make(), data, settings)
part:advance(23)
part:save "c"
local resumed = train.resume("c", data, {model = make()}):finish()
check.equal((resumed.model:parameters().buffers.mean - mean):abs():max():item(), 0.0)
check.equal((resumed.model:parameters().w - m:parameters().w):abs():max():item(), 0.0)
check.equal((resumed.ema_model:parameters().buffers.mean - mean):abs():max():item(), 0.0)

-- What does not end well leaves them as they were
local wild = nn.define{dimension = 1, sde = sde.vp(), parameters = {a = tensor{0}}, buffers = {n = tensor{0}},
  predicts = "noise", forward = function(p, x)
    return x * p.a, {n = p.buffers.n:item() < 3 and p.buffers.n + 1 or p.buffers.n / 0}
  end}
check.raises("train: buffer is not finite at step 4; the model has the parameters before it", train, wild, data[{{}, {1, 1}}], {steps = 10, progress = false})
check.equal(wild:parameters().buffers.n:item(), 3.0)

local function fails(message, buffers, forward)
  check.raises("nn.define: " .. message, nn.define, {dimension = 1, sde = sde.vp(), predicts = "noise",
    parameters = {a = tensor{0}}, buffers = buffers, forward = forward or function(p, x) return x * p.a, {} end})
end
fails("buffers must be a table of tensors by name", {tensor{1}})
fails("buffers.n must be a float32 tensor, got 3", {n = 3})
check.raises("nn.define: parameters must not have the name buffers, which buffers have", nn.define,
  {dimension = 1, sde = sde.vp(), parameters = {buffers = tensor{0}}, score = function(p, x) return x end})
local function trained(forward)
  return function()
    train(nn.define{dimension = 1, sde = sde.vp(), predicts = "noise", parameters = {a = tensor{0}},
      buffers = {n = tensor{0}}, forward = forward}, data[{{}, {1, 1}}], {steps = 1, progress = false})
  end
end
check.raises("train: forward must return a table of buffers second where p.training is true",
  trained(function(p, x) return x * p.a end))
check.raises("train: unknown buffer 'm' (did you mean n?)", trained(function(p, x) return x * p.a, {m = p.buffers.n} end))
check.raises("train: the buffer buffers.n must stay of shape [1], got tensor 2 float32 [mean 1, std 0]",
  trained(function(p, x) return x * p.a, {n = tensor.ones(2)} end))
