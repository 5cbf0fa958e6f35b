-- Every target against its own density: the score by central differences of ln p along random directions, with
-- and without noise, the posterior mean by Tweedie's formula, and samples against the score by Stein's identity.
local check = require "check"

local function double(x) return x:to("float64") end
local function dot(a, b) return (a * b):reshape{a.shape[1], -1}:sum(2) end

-- What each constructor makes. A constructor that is missing here is an error below.
local makers = {
  gaussian = function() return target.gaussian{mean = {0, 1}, covariance = {{2, 1}, {1, 2}}} end,
  gaussian_mixture = function() return target.gaussian_mixture{means = {{-2, 0}, {2, 1}}, stds = {1, 0.5}} end,
  empirical = function() return target.empirical(random.stream(1):normal{5, 3}) end,
  finite = function() return target.finite{points = {-1, 0, 3}, weights = {0.2, 0.5, 0.3}} end,
  product = function() return target.product({target.uniform(), target.moons()}, {count = 2}) end,
  mixture = function()
    return target.mixture({target.product(target.raised_cosine{means = {1}}, {count = 2}), target.rings()}, {weights = {1, 3}})
  end,
  raised_cosine = function()
    return target.raised_cosine{means = {-3, 3, 3.5}, half_widths = {1, 0.5, 1}, weights = {0.2, 0.3, 0.5}}
  end,
  uniform = function() return target.uniform{low = {-1, 2}, high = {0, 4}} end,
  checkerboard = function() return target.checkerboard() end,
  define = function()
    return target.define{name = "quartic", dimension = 1, energy = function(x)
      local a = x:column(1)
      return a^4 - 2 * a^2 + 0.3 * a
    end}
  end,
  rings = function() return target.rings{radii = {1, 2}, std = 0} end,
  moons = function() return target.moons{std = 0.1} end,
  spiral = function() return target.spiral{arms = 3, std = 0.05} end,
  dots = function() return target.dots{size = {2, 3}, amplitude = 2} end,
  ising_chain = function() return target.ising_chain{length = 4, coupling = 0.6, field = 0.2, closed = true} end,
  potts_chain = function() return target.potts_chain{length = 3, states = 2} end,
  binary = function() return target.binary{shape = {2, 2}} end,
  cantor = function() return target.cantor{depth = 2} end,
  subspace = function() return target.subspace(target.moons{std = 0}, {dimension = 5, mean = {1, 0, 0, 0, 2}}) end,
  gaussian_process = function() return target.gaussian_process{points = 6, kernel = "matern32"} end,
  swiss_roll = function() return target.swiss_roll{height = 2} end,
  sines = function() return target.sines{size = {3, 4}, frequency = {1, 1}, intensity = {0.3, 1}} end,
  ray = function() return target.ray{image = {{1, 0.5, 0}, {0, 2, -1}}, brightness = {0.2, 1}} end,
  shuffled = function() return target.shuffled(target.subspace(target.rings{std = 0}, {dimension = 6}), {seed = 2}) end,
}
-- Those of which only the procedure that draws them is known.
local drawn = {
  c_alpha = function() return target.c_alpha{alpha = 1, size = 6} end,
  disks = function() return target.disks{size = 10} end,
  patches = function() return target.patches({tensor.ones{5, 6}}, {size = 3}) end,
  polygons = function() return target.polygons{size = 16} end,
  polygon_vertices = function() return target.polygon_vertices{vertices = 4} end,
}
-- Functions that make no target.
local others = {rasterize = true, fit_polygons = true}
for name, make in pairs(drawn) do
  check.contains(select(2, pcall(function() return make():model(sde.ou()) end)), "only the procedure that draws it is known")
  check.contains(tostring(make()), name)
end

-- Slopes of ln p along random directions, and those that the score gives.
local function slopes(log_density, score, x, h)
  local v = random.stream(7):normal(x.shape, {dtype = "float64"})
  local by_density = (log_density(x + v * h) - log_density(x - v * h)) / (2 * h)
  return by_density, dot(score(x), v)
end

-- Throws where a score is not the gradient of the density at these points, up to a share of its size.
local function is_gradient(log_density, score, x, h, tolerance, what)
  local a, b = slopes(log_density, score, x, h)
  local size = 1 + a:abs():max():item()
  local apart = (a - b):abs():max():item()
  if not (apart <= tolerance * size) then error(("%s: score is off by %g of %g"):format(what, apart, size)) end
end

local process = sde.ou()
for name, make in pairs(makers) do
  local law = make()
  local m = law:model(process)
  for _, t in ipairs{0.01, 0.1, 0.5, 2} do
    local sigma, alpha = process:sigma(t), process:alpha(t)
    local clean = double(law:sample(40, {seed = 1}))
    local x = clean * alpha + random.stream(2):normal(clean.shape, {dtype = "float64"}) * sigma
    local what = ("%s at t = %g"):format(law, t)
    local function log_density(y) return m:log_density(y, t) end
    local function score(y) return m:score(y, t) end
    is_gradient(log_density, score, x, 1e-4 * sigma, 1e-4, what)
    -- The check sees a score that is off by a hundredth, and one with a wrong sign.
    check.equal(pcall(is_gradient, log_density, function(y) return score(y) * 1.01 end, x, 1e-4 * sigma, 1e-4, what), false)
    check.equal(pcall(is_gradient, log_density, function(y) return -score(y) end, x, 1e-4 * sigma, 1e-4, what), false)
    local tweedie = (x + score(x) * sigma^2) / alpha
    assert((m:denoise(x, t) - tweedie):abs():max():item() < 1e-6 * tweedie:abs():max():item(), what)
    local noised = law:noised(process, t)
    assert((noised:score(x) - score(x)):abs():max():item() < 1e-6 * score(x):abs():max():item(), what)
    assert((noised:log_density(x) - log_density(x)):abs():max():item() < 1e-6, what)
  end
  if law:has_score() and law:has_log_density() then
    local x = double(law:sample(40, {seed = 3}))
    is_gradient(function(y) return law:log_density(y) end, function(y) return law:score(y) end, x, 1e-6, 1e-3, tostring(law))
  end
  -- E[s·x] = −d under the noised law, of samples drawn from it.
  local t, n = 0.5, 4000
  local x = double(law:noised(process, t):sample(n, {seed = 4}))
  local products = dot(m:score(x, t), x)
  local mean, error_of_mean = products:mean():item(), products:std():item() / n^0.5
  assert(math.abs(mean + law.dimension) < 5 * error_of_mean, ("%s: E[s·x] = %g ± %g"):format(law, mean, error_of_mean))
end

for name in pairs(moondrift.target) do assert(makers[name] or drawn[name] or others[name], "no target is made by target." .. name) end

-- Densities on the line integrate to 1, noised or not.
local function integral(law, low, high, count)
  local x = tensor.arange(0, count - 1, {dtype = "float64"}) * ((high - low) / count) + low + (high - low) / count / 2
  return (law:log_density(x:reshape{-1, 1}):exp():sum() * ((high - low) / count)):item()
end
check.near(integral(makers.raised_cosine(), -5, 6, 110000), 1, 1e-8)
check.near(integral(makers.uniform(), -3, 5, 80000), 1, 1e-3)
for _, name in ipairs{"raised_cosine", "uniform"} do
  check.near(integral(makers[name]():noised(process, 0.05), -8, 8, 100000), 1, 1e-9)
end
