-- sde.define: processes of one's own, in an empty current folder.
local check = require "check"

local function near(got, expected, tolerance) assert((got - expected):abs():max():item() <= tolerance) end

local function close(a, b, tolerance, what)
  assert(math.abs(a - b) <= tolerance * math.abs(b), ("%s: %.17g, %.17g"):format(what, a, b))
end

-- Each built-in process, defined again by its kernel and by its equation, has the same alpha and sigma to
-- 1e-9 from the lowest training time up.
local cases = {
  {"vp", sde.vp(), function(t) return (-4.975 * t^2 - 0.05 * t):exp() end,
    function(t) return (-((-9.95 * t^2 - 0.1 * t):expm1())):sqrt() end,
    function(t) return (t * 19.9 + 0.1) * -0.5 end, function(t) return (t * 19.9 + 0.1):sqrt() end},
  {"ou", sde.ou{rate = 2, end_time = 4}, function(t) return (-2 * t):exp() end,
    function(t) return (-((-4 * t):expm1())):sqrt() end,
    function(t) return t * 0 - 2 end, function(t) return t * 0 + 2 end, last = 4},
  {"edm", sde.edm{sigma_max = 9}, function(t) return t * 0 + 1 end, function(t) return t end,
    function(t) return t * 0 end, function(t) return (2 * t):sqrt() end, last = 9},
  {"ve", sde.ve(), function(t) return tensor.ones(t.shape, {dtype = "float64"}) end,
    function(t) return 0.01 * (t * math.log(5000)):exp() end, function(t) return t * 0 end,
    function(t) return 0.01 * (t * math.log(5000)):exp() * math.sqrt(2 * math.log(5000)) end,
    sigma_0 = 0.01},
  {"ve_power", sde.ve_power(), function(t) return t * 0 + 1 end,
    function(t) return ((2 * math.log(25) * t):expm1() / (2 * math.log(25))):sqrt() end,
    function(t) return t * 0 end, function(t) return (math.log(25) * t):exp() end},
  {"flow", sde.linear_flow(), function(t) return 1 - t end, function(t) return t end},
  {"cosine", sde.vp_cosine(),
    function(t) return ((1 - t) * (math.pi / 2 / 1.008)):sin() / math.cos(math.pi / 2 * 0.008 / 1.008) end,
    function(t)
      local speed, start = math.pi / 2 / 1.008, math.pi / 2 * 0.008 / 1.008
      return ((t * speed):sin() * (t * speed + 2 * start):sin()):sqrt() / math.cos(start)
    end},
}
for _, case in ipairs(cases) do
  local name, built_in, alpha, sigma, drift, diffusion = table.unpack(case)
  local last = case.last or 1
  local forms = {kernel = sde.define{name = name, time = {0, last}, alpha = alpha, sigma = sigma}}
  if drift then
    forms.equation = sde.define{name = name, time = {0, last}, drift = drift, diffusion = diffusion,
      sigma_0 = case.sigma_0}
  end
  for form, p in pairs(forms) do
    local where = name .. " by " .. form
    for _, share in ipairs{1e-5, 1.7e-5, 3e-4, 0.0123, 0.2, 0.5, 0.77, 0.999} do
      local t = share * last
      close(p:alpha(t), built_in:alpha(t), 1e-9, where .. " alpha")
      close(p:sigma(t), built_in:sigma(t), 1e-9, where .. " sigma")
      if t > 1e-3 then
        close(p:diffusion(t), built_in:diffusion(t), 1e-5, where .. " diffusion")
        close(p:log_snr(t), built_in:log_snr(t), 1e-7, where .. " log_snr")
      end
    end
    -- σ² follows its power below the first node, and the ends are exact
    close(p:sigma(1e-6 * last), built_in:sigma(1e-6 * last), 1e-3, where .. " below")
    assert(p:sigma(0) == built_in:sigma(0) or math.abs(p:sigma(0) - built_in:sigma(0)) < 1e-12)
    -- Tensors and slopes of any order
    local t = tensor({0.1, 0.6}, {dtype = "float64"}) * last
    local slope = grad.grad(function(t) return p:sigma(t):sum() end)
    local exact = grad.grad(function(t) return built_in:sigma(t):sum() end)
    near(slope(t), exact(t), 1e-5 * exact(t):abs():max():item())
    local twice = grad.grad(function(t) return slope(t):sum() end)
    assert(twice(t):is_finite():all():item())
    for i = 1, 2 do close(p:alpha(t)[i]:item(), p:alpha(t[i]:item()), 1e-12, where) end
  end
end

-- A form that cancels at small t is kept as well as it is given
local slow = sde.define{alpha = function(t) return (-t^2):exp() end,
  sigma = function(t) return (1 - (-2 * t^2):exp()):sqrt() end}
for _, t in ipairs{1e-5, 1e-3, 0.1, 1} do close(slow:sigma(t), math.sqrt(1 - math.exp(-2 * t^2)), 1e-5, "slow") end

-- A power of the time that is not whole
local p = sde.define{alpha = function(t) return t * 0 + 1 end, sigma = function(t) return t^0.75 end}
for _, t in ipairs{0, 1e-9, 1e-6, 1e-5, 0.3} do
  assert(math.abs(p:sigma(t) - t^0.75) <= 1e-8 * t^0.75, t)
end

-- It is not called again, serves models and samplers, and is saved and loaded without its Lua
local calls = 0
local process = sde.define{name = "mine", alpha = function(t) calls = calls + 1 return (-t^2):exp() end,
  sigma = function(t) return (-((-2 * t^2):expm1())):sqrt() end}
local before = calls
local m = nn.score_mlp{sde = process, width = 4, seed = 1}
train(m, random.stream(1):normal{64, 1}, {steps = 5, seed = 1, progress = false})
local y = sample.euler_maruyama(m, {count = 5, steps = 10, seed = 1})
local mix = target.gaussian_mixture{means = {-3, 3}}
assert(mix:model(process)(tensor{{1}}, 0.5):is_finite():all():item())
check.equal(calls, before)
check.equal(tostring(process), 'sde.define{name = "mine"}')
check.equal(process.name, "mine")
m:save "m"
local back = nn.load "m"
check.equal(tostring(back.sde), tostring(process))
for _, t in ipairs{0, 1e-6, 0.01, 0.5, 1} do check.equal(back.sde:sigma(t), process:sigma(t)) end
check.equal((sample.euler_maruyama(back, {count = 5, steps = 10, seed = 1}) - y):abs():max():item(), 0.0)

-- What is no process
local function one(t) return t * 0 + 1 end
local function fails(message, options)
  check.raises("sde.define: " .. message, sde.define, options)
end
fails("give alpha and sigma, or drift and diffusion", {})
fails("give alpha and sigma, or drift and diffusion", {alpha = one})
fails("give alpha and sigma, or drift and diffusion", {alpha = one, diffusion = one})
fails("give alpha and sigma, or drift and diffusion", {alpha = one, sigma = one, drift = one})
fails("time must be two times, the first of 0 or more and below the second, got {1, 0}",
  {alpha = one, sigma = one, time = {1, 0}})
local function message(options)
  local passed, text = pcall(sde.define, options)
  assert(not passed)
  return text
end
check.contains(message{alpha = one, sigma = function(t) return 1 - t end}, "log-SNR must fall with t: g² is -")
check.contains(message{alpha = one, sigma = one}, "log-SNR must fall with t")
check.contains(message{alpha = function(t) return 1 - 2 * t end, sigma = function(t) return t end},
  "alpha must be above 0 before the last time, got ")
check.contains(message{alpha = one, sigma = function(t) return (t - 0.5):relu() end},
  "sigma must be above 0 after the first time, got 0 at t = ")
check.contains(message{alpha = function(t) return tensor{1} end, sigma = one},
  "alpha must return a float tensor of shape [")
check.contains(message{alpha = function(t) return 0 / t end, sigma = one}, "alpha must be finite, got ")
check.contains(message{drift = function(t) return -1 / (1 - t) end, diffusion = one}, "drift must be finite, got -inf")
check.contains(message{alpha = function(t) return tensor(t:table(), {dtype = "float64"}) * -1 + 2 end, sigma = one},
  "alpha must depend on t by tensor operations")
check.contains(message{alpha = one, sigma = function(t) return t + ((1e5 * t):sin() + 2) * 1e-3 end}, "g² is")

-- Names that changed
check.raises("sde has no member 'std': write p:sigma(t)", function() return process.std end)
check.raises("sde has no member 'mean': write p:alpha(t)", function() return process.mean end)
