-- Exact steps on Gaussian data: the law is right in any number of steps, one included.
local check = require "check"

local covariance = tensor({{2, 0.8}, {0.8, 0.5}}, {dtype = "float64"})
local mean = tensor({1, -2}, {dtype = "float64"})
local process = sde.vp()
-- −(α² C + σ²)⁻¹ (x − α m), as a score in Lua.
local model = nn.define{name = "gaussian", dimension = 2, sde = process, score = function(_, x, t)
  local rows = {}
  for i = 1, x.shape[1] do
    local alpha, sigma = process:alpha(t[i]:item()), process:sigma(t[i]:item())
    local total = alpha ^ 2 * covariance + sigma ^ 2 * tensor.eye(2, {dtype = "float64"})
    rows[i] = -linalg.solve(total, (x[i]:to("float64") - alpha * mean):unsqueeze(2)):reshape{1, 2}
  end
  return tensor.concatenate(rows, 1):to(x.dtype)
end}

local n = 40000
local start = random.stream(1):normal({n, 2}, {dtype = "float64"})
local function law(x)
  local centered = x - x:mean(1)
  return x:mean(1), centered:transpose():matmul(centered) / n
end
for _, steps in ipairs{1, 3, 40} do
  for _, options in ipairs{{mean = mean, covariance = covariance}, {}} do
    options.start, options.steps, options.seed, options.final, options.info = start, steps, 2, "state", true
    local x, info = sample.gaussian_step(model, options)
    local m, c = law(x)
    check.equal((m - mean):abs():max():item() < 5.5 * (2 / n) ^ 0.5, true)
    check.equal((c - covariance):abs():max():item() < 5.5 * (8 / n) ^ 0.5, true)
    check.equal(info.evaluations, options.mean and 0 or 1)
  end
end

-- Two steps are one in law, and in the paths of a linear map: Chapman and Kolmogorov.
check.equal(sample.gaussian_law("gaussian_step", {steps = 1, start = 3.2, final = "state"}).draws, 1)
for _, variance in ipairs{0.25, 3} do
  local alpha, sigma = process:alpha(1), process:sigma(1)
  local whole = alpha ^ 2 * variance + sigma ^ 2
  for _, steps in ipairs{1, 2, 7} do
    local found = sample.gaussian_law("gaussian_step", {steps = steps, variance = variance, start = whole, final = "state"})
    check.near(found.variance / found.exact, 1, 1e-9)
  end
end

local function fails(part, options, of)
  local passed, message = pcall(sample.gaussian_step, of or model, options)
  check.equal(passed, false)
  check.contains(message, part)
end
fails("give mean and covariance, or neither", {mean = mean, count = 2})
fails("mean must have shape [d] and covariance [d, d] with d = 2, got [3] and [2, 2]",
  {mean = tensor.zeros{3}, covariance = covariance, count = 2})
fails("covariance must be symmetric", {mean = mean, covariance = tensor{{1, 0.5}, {0, 1}}, count = 2})
fails("the covariance must have no negative eigenvalue", {mean = mean, covariance = tensor{{1, 2}, {2, 1}}, count = 2})
fails("model must have a score that is linear in x", {count = 2},
  target.gaussian_mixture{means = {{-3, 0}, {3, 0}}}:model(process))
