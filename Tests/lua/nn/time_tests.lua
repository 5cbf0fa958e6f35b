-- Slopes in the time of models and of what a diffusion has at each time: against differences, as a
-- derivative along a direction, and to second order.
local check = require "check"

local double = {dtype = "float64"}
local function at(value) return tensor({value}, double) end

local function with_last_layer(m, name)
  local w = m:parameters()[name]
  w:assign(random.stream(3):normal(w.shape))
  return m
end

local mixture = target.gaussian_mixture{means = {{0, 0}, {1, 1}}, stds = {0.5, 1}}
local points = random.stream(9):normal{10, 2}
local models = {
  mixture_vp = mixture:model(sde.vp()), mixture_edm = mixture:model(sde.edm()),
  empirical = target.empirical(points):model(sde.ve_power()),
  empirical_wide = target.empirical(random.stream(1):normal{5, 20}):model(sde.vp()),
  score_mlp = nn.score_mlp{sde = sde.ve_power(), dimension = 2, feature_scale = 2, seed = 1},
  random_features = with_last_layer(
    nn.random_features{sde = sde.vp(), dimension = 2, feature_scale = 2, activation = "tanh", seed = 1}, "a"),
  residual_mlp = with_last_layer(
    nn.residual_mlp{sde = sde.edm(), dimension = 2, width = 8, sigma_data = 0.5, seed = 1}, "w_out"),
  residual_gaussian = with_last_layer(nn.residual_mlp{sde = sde.edm(), dimension = 2, width = 8,
    sigma_data = points, predicts = "gaussian", seed = 1}, "w_out"),
  defined = nn.define{sde = sde.vp(), dimension = 2, score = function(p, x, t)
    return -x * (1 + t:unsqueeze(2):sin())
  end},
}

for name, m in pairs(models) do
  local x = random.stream(2):normal({3, m.dimension}, double)
  for _, quantity in ipairs{"score", "denoise"} do
    local place = name .. ":" .. quantity
    local function value(t) return m[quantity](m, x, t):sum() end
    local slope = grad.grad(value)
    local function near(got, wanted, bound)
      if not (math.abs(got - wanted) <= bound * math.max(1, math.abs(wanted))) then
        error(("%s: got %.9g, wanted %.9g"):format(place, got, wanted), 2)
      end
    end
    -- One time for each point, and a lone one for all.
    local t, h = tensor({0.3, 0.4, 0.5}, double), 1e-5
    local gradient = slope(t)
    for i = 1, 3 do
      local function moved(by)
        local other = t:copy()
        other[i] = other[i]:item() + by
        return value(other):item()
      end
      near(gradient[i]:item(), (moved(h) - moved(-h)) / (2 * h), 1e-6)
    end
    local lone = tensor(0.3, double)
    local here = slope(lone):item()
    near(here, (value(tensor(0.3 + h, double)):item() - value(tensor(0.3 - h, double)):item()) / (2 * h), 1e-6)
    assert(here ~= 0 and slope(lone).rank == 0, place)
    -- Along a direction, and once more.
    local _, along = grad.jvp(function(t) return m[quantity](m, x, t) end, lone, tensor(1, double))
    near(along:sum():item(), here, 1e-10)
    local second = grad.grad(slope)(lone):item()
    near(second, (slope(tensor(0.3 + h, double)):item() - slope(tensor(0.3 - h, double)):item()) / (2 * h), 1e-5)
    -- Compiled alike, in the type of the data.
    local compiled = grad.compile(slope)
    compiled(tensor(0.5, double))
    near(compiled(lone):item(), here, 1e-12)
    local single = m[quantity](m, x:to("float32"), tensor{0.3, 0.4, 0.5})
    check.equal(single.dtype, "float32")
    local g32 = grad.grad(function(t) return m[quantity](m, x:to("float32"), t):sum() end)(tensor{0.3, 0.4, 0.5})
    check.equal(g32.dtype, "float32")
    for i = 1, 3 do near(g32[i]:item(), gradient[i]:item(), 2e-4) end
  end
end

for _, process in ipairs{sde.vp(), sde.edm(), sde.ve_power{base = 5}, sde.sub_vp()} do
  for _, name in ipairs{"drift", "diffusion", "alpha", "sigma", "log_snr"} do
    local function value(t) return process[name](process, t) end
    local slope = grad.grad(function(t) return value(t):sum() end)
    for _, t in ipairs{0.05, 0.3, 0.9} do
      local h = 1e-5
      check.near(slope(at(t)):item(), (value(t + h) - value(t - h)) / (2 * h), 1e-5)
      local second = grad.grad(function(t) return slope(t):sum() end)(at(t)):item()
      check.near(second, (slope(at(t + h)):item() - slope(at(t - h)):item()) / (2 * h), 2e-2)
    end
    check.equal(value(tensor{0.1}).dtype, "float32")
    check.equal(value(at(0.1)).dtype, "float64")
  end
end
check.equal(grad.grad(function(t) return sde.edm():sigma(t):sum() end)(at(0)):item(), 1.0)
check.equal((tensor{1} * sde.vp():sigma(tensor{0.1})).dtype, "float32")
