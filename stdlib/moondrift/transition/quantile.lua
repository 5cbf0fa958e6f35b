-- Distribution functions and quantiles of the normal law and of Student's t, for intervals from few values.
--
--   local quantile = require "moondrift.transition.quantile"
--   quantile.normal(0.975)        -- 1.95996
--   quantile.student(0.975, 2)    -- 4.30265

local M = {}

local SQRT_2PI = math.sqrt(2 * math.pi)

--- φ(x).
function M.normal_density(x) return math.exp(-x * x / 2) / SQRT_2PI end

--- (1 − Φ(x))/φ(x) for x > 3, by its continued fraction (Abramowitz & Stegun 26.2.14).
local function tail_ratio(x)
  local value = x
  for k = 100, 1, -1 do value = x + k / value end
  return 1 / value
end

--- φ(x)/Φ(x), also where both are 0 as numbers.
function M.inverse_mills(x)
  if x < -3 then return 1 / tail_ratio(-x) end
  return M.normal_density(x) / M.normal_cdf(x)
end

--- Φ(x): ½ + φ(x)(x + x³/3 + x⁵/(3·5) + …), and by the tail where that is small.
function M.normal_cdf(x)
  if x > 3 then return 1 - M.normal_cdf(-x) end
  if x < -3 then return M.normal_density(x) * tail_ratio(-x) end
  local term, sum, k = x, x, 1
  while math.abs(term) > 1e-17 do
    k = k + 2
    term = term * x * x / k
    sum = sum + term
  end
  return 0.5 + M.normal_density(x) * sum
end

--- ln Φ(x), also where Φ(x) is 0 as a number.
function M.log_normal_cdf(x)
  if x < -3 then return -x * x / 2 - math.log(SQRT_2PI) + math.log(tail_ratio(-x)) end
  return math.log(M.normal_cdf(x))
end

--- P(T ≤ t) with ν degrees of freedom, by the finite sums in θ = atan(t/√ν) (Abramowitz & Stegun 26.7.3 and 26.7.4).
---@param t number
---@param freedom integer
---@return number
function M.student_cdf(t, freedom)
  local angle = math.atan(t / math.sqrt(freedom))
  local cosine, inside = math.cos(angle), 0
  if freedom % 2 == 1 then
    local term = cosine
    for k = 3, freedom, 2 do
      inside = inside + term
      term = term * (k - 1) / k * cosine * cosine
    end
    return 0.5 + (angle + math.sin(angle) * inside) / math.pi
  end
  local term = 1
  for k = 2, freedom, 2 do
    inside = inside + term
    term = term * (k - 1) / k * cosine * cosine
  end
  return 0.5 + math.sin(angle) * inside / 2
end

--- Where an increasing function passes p, from 0 outwards.
local function inverse(cdf, p)
  if p < 0.5 then return -inverse(cdf, 1 - p) end
  local low, high = 0, 1
  while cdf(high) < p and high < 1e300 do low, high = high, 2 * high end
  for _ = 1, 80 do
    local middle = (low + high) / 2
    if cdf(middle) < p then low = middle else high = middle end
  end
  return (low + high) / 2
end

---@param p number from 0 to 1
---@return number
function M.normal(p) return inverse(M.normal_cdf, p) end

---@param p number from 0 to 1
---@param freedom integer 1 or more
---@return number
function M.student(p, freedom)
  return inverse(function(t) return M.student_cdf(t, freedom) end, p)
end

return M
