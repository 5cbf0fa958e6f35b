-- Conversions in float32: an error of at most 4 units in the last place times their condition number
-- (|a x| + |b p|)/|q| for q = a x + b p, as the table in docs/models.md has them; none for what is given directly.
local check = require "check"

local mix = target.gaussian_mixture{means = {{-1, 0}, {1, 0.5}}, stds = {0.4, 0.7}, weights = {0.3, 0.7}}
local kinds = {"score", "noise", "clean", "velocity", "v"}
local ULP = 2.0^-24  -- half a unit in the last place of 1 ≤ x < 2

--- (c_0, c_z) with quantity = c_0 x_0 + c_z z, float64 columns.
local function parts(kind, m)
  local one, zero = m.alpha * 0 + 1, m.alpha * 0
  if kind == "score" then return zero, -1 / m.sigma
  elseif kind == "noise" then return zero, one
  elseif kind == "clean" then return one, zero
  elseif kind == "velocity" then return m.alpha_slope, m.sigma_slope
  else return -m.sigma, m.alpha end
end

local checked, worst = 0, 0
for _, process in ipairs{sde.vp(), sde.vp_cosine(), sde.sub_vp(), sde.edm(), sde.ve_power(), sde.linear_flow(), sde.ou()} do
  local first, last = process.time_min, math.min(process.time_max, 80)
  local shares = tensor({0.001, 0.01, 0.1, 0.3, 0.6, 0.9}, {dtype = "float64"})
  local times = (first + (last - first) * shares):to "float32":to "float64"
  local n = #times
  -- f and g² give the slopes: α′ = f α, (σ²)′ = 2 f σ² + g²
  local function column(name) return process[name](process, times):unsqueeze(2) end
  local m = {alpha = column "alpha", sigma = column "sigma"}
  m.alpha_slope = column "drift" * m.alpha
  m.sigma_slope = (2 * column "drift" * m.sigma^2 + column "diffusion"^2) / (2 * m.sigma)
  for trial = 1, 20 do
    local stream = random.stream(trial)
    local x = (m.alpha * mix:sample(n, {seed = trial}):to "float64" + m.sigma * stream:normal{n, 2}:to "float64")
    x = x:to "float32":to "float64"
    local clean = mix:model(process):denoise(x, times)
    local noise = (x - m.alpha * clean) / m.sigma
    for _, kind in ipairs(kinds) do
      local c0, cz = parts(kind, m)
      -- what is given, rounded to float32
      local given = (c0 * clean + cz * noise):to "float32":to "float64"
      local model = nn.define{dimension = 2, sde = process, predicts = kind,
        forward = function(_, y, t) return #y == n and given:to(y.dtype) or y * 0 end}
      for quantity, method in pairs{score = "score", noise = "noise", clean = "denoise", velocity = "velocity"} do
        local got = model[method](model, x:to "float32", times:to "float32"):to "float64"
        if quantity == kind then
          check.equal((got - given):abs():max():item(), 0.0)
        else
          local w0, wz = parts(quantity, m)
          local determinant = m.alpha * cz - m.sigma * c0
          local a = (w0 * cz - wz * c0) / determinant * x
          local b = (m.alpha * wz - m.sigma * w0) / determinant * given
          local bound = (a:abs() + b:abs()) * 8 * ULP
          local share = ((got - (a + b)):abs() / bound):max():item()
          worst, checked = math.max(worst, share), checked + 1
          assert(share <= 1, ("%s from %s on %s: %.2f of the bound"):format(quantity, kind, process, share))
        end
      end
    end
  end
end
assert(checked > 2000)
assert(worst > 0.05, "the bound would hold for anything")
