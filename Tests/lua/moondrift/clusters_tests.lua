-- Pairs of clusters: on groups whose distances are known, and on digits.
local check = require "check"
local clusters = require "moondrift.clusters"

-- Four groups on a line, in 3 dimensions of which two never change: 1 and 2 are the nearest, 1 and 4 the farthest.
local places = {0, 1, 4, 9}
local x = tensor.zeros{160, 3}
local noise = random.stream(1):normal(160) * 0.05
for i = 1, 160 do x[i] = tensor{places[(i - 1) % 4 + 1] + noise[i]:item(), 0, 0} end
local found = clusters.pairs(x, {clusters = 4, seed = 1})
local middle = found.kmeans.labels:table()
local function groups(pair) return {middle[1] == pair.first or middle[1] == pair.second, middle[2] == pair.first or middle[2] == pair.second} end
check.equal(groups(found.nearest), {true, true})
local last = {middle[1], middle[4]}
table.sort(last)
check.equal({found.farthest.first, found.farthest.second}, last)
assert(found.nearest.distance < found.farthest.distance)
check.near(found.farthest.distance / found.nearest.distance, 9, 1)
for _, pair in ipairs{found.nearest, found.farthest} do
  check.equal({pair.x.shape, pair.held.shape, pair.labels.shape}, {{64, 3}, {16, 3}, {64}})
  -- Each point is one of x, none twice, and its class is that of its group.
  local all = tensor.concatenate{pair.x, pair.held}
  assert(metric.nearest(all, x):max():item() == 0)
  assert((linalg.distances(all, all) + tensor.eye(80)):min():item() > 0)
  local means = {}
  for class = 0, 1 do means[class] = pair.x[pair.labels:equal(class)]:mean(1)[1]:item() end
  assert(math.abs(means[0] - means[1]) > 0.5)
end
check.equal(found.radii.shape, {4})

-- Digits: clusters of the farthest pair are farther apart than those of the nearest, and the shape stays.
local digits = data.mnist{count = 800}
local pairs_of = clusters.pairs(digits, {clusters = 8, components = 30, restarts = 2})
assert(pairs_of.farthest.distance > 1.5 * pairs_of.nearest.distance)
check.equal(pairs_of.nearest.x.shape[2], 28)
check.equal(pairs_of.nearest.x.shape, pairs_of.farthest.x.shape)
check.near(pairs_of.nearest.x.shape[1] / (pairs_of.nearest.x.shape[1] + pairs_of.nearest.held.shape[1]), 0.8, 0.02)

check.raises("clusters.pairs: unknown option 'cluster'", clusters.pairs, x, {cluster = 3})
check.raises("clusters.pairs: share must be a number between 0 and 1, got 1", clusters.pairs, x, {share = 1})
check.raises("clusters.pairs: no two clusters have 90 points; take fewer clusters or a smaller smallest",
  clusters.pairs, x, {clusters = 4, smallest = 90})
