-- Batches larger than the data, and several noises a point.
local check = require "check"

local four = tensor{{-3}, {-1}, {1}, {3}}

--- The batches of a run, as its loss gets them.
local function batches(points, options)
  local seen = {}
  options.progress, options.seed = false, 5
  options.loss = function(score, batch)
    seen[#seen + 1] = batch
    return (score(batch.noised, batch.t)^2):sum()
  end
  local fit = train(nn.score_mlp{sde = sde.vp(), seed = 1}, points, options)
  return seen, fit
end

-- As many as were asked for, each drawn by itself
local seen, fit = batches(four, {steps = 50, batch = 256})
check.equal(fit.batch, 256)
check.contains(tostring(fit), "256 of 4 points an update, drawn with replacement, 50 steps")
local counts, chi2 = {}, 0
for _, batch in ipairs(seen) do
  check.equal(batch.clean.shape, {256, 1})
  local values = batch.clean:reshape{-1}:table()
  for _, value in ipairs(values) do counts[value] = (counts[value] or 0) + 1 end
end
for _, value in ipairs{-3.0, -1.0, 1.0, 3.0} do chi2 = chi2 + (counts[value] - 3200)^2 / 3200 end
assert(chi2 < 16, chi2) -- of 3 degrees of freedom: 1 in 1000
assert((seen[1].clean - seen[2].clean):abs():max():item() > 0)
assert((seen[1].noise - seen[2].noise):abs():max():item() > 0)
-- successive draws are independent: pairs of neighbours, too
local pairs_seen = {}
for _, batch in ipairs(seen) do
  local v = batch.clean:reshape{-1}:table()
  for i = 1, 255 do
    local key = v[i] .. " " .. v[i + 1]
    pairs_seen[key] = (pairs_seen[key] or 0) + 1
  end
end
chi2 = 0
local expected = 50 * 255 / 16
for _, a in ipairs{-3.0, -1.0, 1.0, 3.0} do
  for _, b in ipairs{-3.0, -1.0, 1.0, 3.0} do
    chi2 = chi2 + ((pairs_seen[a .. " " .. b] or 0) - expected)^2 / expected
  end
end
assert(chi2 < 45, chi2)

-- Batches up to n take each point once an epoch
seen, fit = batches(four, {epochs = 3, batch = 3})
check.equal(#seen, 6)
check.equal(seen[2].clean.shape, {1, 1})
check.equal((seen[1].clean:sum() + seen[2].clean:sum()):item(), 0.0)
seen, fit = batches(four, {epochs = 2, batch = 4})
check.equal(#seen, 2)
check.equal(seen[1].clean:sum():item(), 0.0)
check.equal(tostring(fit):find("replacement"), nil)

-- Several noises a point
seen, fit = batches(four, {epochs = 2, batch = 3, noises = 5})
check.equal(fit.noises, 5)
check.equal(#seen, 4)
check.equal(seen[1].clean.shape, {15, 1})
check.equal(seen[2].clean.shape, {5, 1})
for point = 0, 2 do
  local rows = seen[1].clean[{{5 * point + 1, 5 * point + 5}}]
  check.equal((rows - rows[1]):abs():max():item(), 0.0)
end
check.equal(#seen[1].t:unique(), 15)
check.equal(#seen[1].noise:reshape{-1}:unique(), 15)
seen = batches(four, {epochs = 2, batch = 4})
local again = batches(four, {epochs = 2, batch = 4, noises = 1})
check.equal((again[2].noised - seen[2].noised):abs():max():item(), 0.0)

-- More than memory holds
check.raises("is more than 2^48", function() batches(four, {steps = 1, batch = 1 << 30, noises = 1 << 30}) end)
local passed, message = pcall(batches, four, {steps = 1, batch = 1 << 45})
check.equal(passed, false)
check.contains(message, "not enough memory")

-- Four points in batches of 256 are memorized as tiled data are
local ring = tensor{{2, 0}, {0, 2}, {-2, 0}, {0, -2}}
local function memorized(points, options)
  local model = nn.score_mlp{dimension = 2, width = 64, sde = sde.vp(), divisor = 1, seed = 1}
  options.steps, options.seed, options.progress, options.optimizer = 1500, 2, false, optim.adam{rate = 3e-3}
  train(model, points, options)
  local samples = sample.euler_maruyama(model, {count = 400, steps = 100, seed = 3})
  return metric.memorized_fraction(samples, ring)
end
local tiled = memorized(ring:tile{64, 1}, {batch = 256})
-- three standard errors of the difference of two fractions of 400 samples
local bound = 3 * math.sqrt(2 * tiled * (1 - tiled) / 400)
for _, options in ipairs{{batch = 256}, {batch = 4, noises = 64}} do
  check.near(memorized(ring, options), tiled, bound)
end
-- which the four points alone are not within
assert(math.abs(memorized(ring, {batch = 4}) - tiled) > bound)
