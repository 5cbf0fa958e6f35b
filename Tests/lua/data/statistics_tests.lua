-- Standardised points, principal components, k-means and permuted pixels, against scikit-learn (Tests/References/statistics.py)
-- and closed forms.
local check = require "check"

local folder = debug.getinfo(1, "S").source:match("^@(.*)/lua/data/")

--- Cases of a file of references: tensors by name.
local function references(name)
  local cases = {}
  for line in io.lines(folder .. "/References/" .. name .. ".txt") do
    local head, tail = line:match("^(.-) : (.*)$")
    local words, values, shape = {}, {}, {}
    for word in head:gmatch("%S+") do words[#words + 1] = word end
    for value in tail:gmatch("%S+") do values[#values + 1] = tonumber(value) end
    for i = 3, #words do shape[#shape + 1] = math.tointeger(tonumber(words[i])) end
    local case = math.tointeger(tonumber(words[1])) + 1
    cases[case] = cases[case] or {}
    cases[case][words[2]] = tensor(values, {dtype = "float64"}):reshape(shape)
  end
  return cases
end

--- Numbers from −1/2 to 1/2 that follow from a number k and their places, as in statistics.py.
local function counter(k, count)
  local values = {}
  for i = 0, count - 1 do
    local u = (i * 2654435761 + k * 97531 + 12345) & 0xFFFFFFFF
    u = ((u ~ (u >> 15)) * 2246822519) & 0xFFFFFFFF
    u = u ~ (u >> 13)
    values[i + 1] = u / 2^32 - 0.5
  end
  return tensor(values, {dtype = "float64"})
end

local function gap(a, b) return (a - b):abs():max():item() end

for case, r in ipairs(references("statistics")) do
  local n, d, groups, k = table.unpack(r.settings:to("int64"):table())
  local middles = (3 * counter(10 * (case - 1), groups * d)):reshape{groups, d}
  local x = counter(10 * (case - 1) + 1, n * d):reshape{n, d}
  for i = 1, n do x[i] = x[i] + middles[(i - 1) % groups + 1] end

  local z, scale = data.standardize(x)
  assert(gap(z[{ {1, 5} }], r.standardized) < 1e-12)
  assert(gap(scale:inverse(z), x) < 1e-12)
  assert(gap(scale:transform(x), z) == 0)

  local p = data.pca(x, {components = #r.variances})
  assert(gap(p.components, r.components) < 1e-8)
  assert(gap(p.variances, r.variances) < 1e-10)
  check.near(p.share, r.share:item(), 1e-10)
  assert(gap(p:transform(x)[{ {1, 5} }], r.transformed) < 1e-8)
  assert(gap(p.components:matmul(p.components:transpose()), tensor.eye(#p.variances)) < 1e-6)
  check.rejects("a component of the other sign", function()
    assert(gap(-p.components, r.components) < 1e-8)
  end)
  -- What the components leave out is what the shares say.
  local left = ((p:inverse(p:transform(x)) - x)^2):sum():item() / ((x - x:mean(1))^2):sum():item()
  check.near(left, 1 - p.share, 1e-9)

  local c = data.kmeans(x, {clusters = k, centres = x[{ {1, k} }]})
  check.near(c.inertia / r.inertia:item(), 1, 1e-5)
  assert(gap(c.centres, r.centres) < 1e-9)
  assert(c.labels:equal(r.labels:to("int64")):all():item())
  local best = data.kmeans(x, {clusters = k, seed = 1})
  assert(best.inertia <= r.best:item() * 1.01, best.inertia .. " " .. r.best:item())
  -- Labels, counts and inertia agree with the centres.
  local labels, squares = best:assign(x)
  assert(labels:equal(best.labels):all():item())
  check.near(squares:sum():item() / best.inertia, 1, 1e-9)
  check.equal(best.counts:sum():item(), n)
end

-- Pictures keep their shape, and the type of the data stays.
local pictures = random.stream(1):uniform{20, 4, 5}
local z, scale = data.standardize(pictures)
check.equal({z.shape, scale.mean.shape, z.dtype}, {{20, 4, 5}, {4, 5}, "float32"})
local p = data.pca(pictures, {components = 3})
check.equal({p.components.shape, p.mean.shape, p:transform(pictures).shape}, {{3, 4, 5}, {4, 5}, {20, 3}})
check.equal(p:inverse(p:transform(pictures)).shape, {20, 4, 5})
check.equal(data.pca(pictures).variances.shape, {19})
check.near(data.pca(pictures).share, 1, 1e-12)
check.equal(data.kmeans(pictures, {clusters = 3, seed = 1}).centres.shape, {3, 4, 5})

-- A coordinate that never changes is shifted only, whatever its size.
local constant = tensor{{0.1, 1}, {0.1, 2}, {0.1, 6}}
z, scale = data.standardize(constant)
check.equal({z:column(1):abs():max():item(), scale.std[1]:item()}, {0.0, 1.0})
assert(gap(scale:inverse(z), constant) < 1e-6)

-- Points that repeat: as many clusters as distinct points have an inertia of 0, one more is an error.
local repeated = tensor{{0, 0}, {1, 0}, {0, 3}, {0, 0}, {1, 0}, {0, 3}}
local three = data.kmeans(repeated, {clusters = 3, seed = 2})
check.equal(three.inertia, 0.0)
check.equal(three.counts:table(), {2, 2, 2})
check.raises("data.kmeans: clusters must be at most 3, the number of distinct points, got 4",
  data.kmeans, repeated, {clusters = 4, seed = 1})
check.raises("data.kmeans: clusters must be at most 6, the number of points, got 7",
  data.kmeans, repeated, {clusters = 7, seed = 1})
-- Two starts at one place: one cluster is empty at first, and gets a point of its own.
local line = tensor{{0}, {1}, {10}, {11}}
local two = data.kmeans(line, {clusters = 2, centres = {{100}, {100}}})
check.equal({two.inertia, two.counts:table()}, {1.0, {2, 2}})
local one = data.kmeans(tensor{{1, 2}}, {clusters = 1, seed = 1})
check.equal({one.inertia, one.centres:table(), one.iterations}, {0.0, {{1.0, 2.0}}, 1})

-- The same seed gives the same clusters; far from 0 they are as good as near it.
local x = random.stream(3):normal{300, 4}
local a, b = data.kmeans(x, {clusters = 5, seed = 4}), data.kmeans(x, {clusters = 5, seed = 4})
assert(gap(a.centres, b.centres) == 0 and a.inertia == b.inertia)
local far = data.kmeans(x:to("float64") + 1e6, {clusters = 5, seed = 4})
check.near(far.inertia / a.inertia, 1, 1e-6)

check.raises("data.kmeans: x must be finite, got nan or inf in row 2", data.kmeans, tensor{{1}, {0/0}}, {clusters = 1})
check.raises("data.pca: x must be finite, got nan or inf in row 1", data.pca, tensor{{1/0}, {1}})
check.raises("data.standardize: x must be a batch of points, [n, d] or [n] and the shape of a picture, got shape [3]",
  data.standardize, tensor{1, 2, 3})
check.raises("data.pca: x must be 2 points or more, [n, d] or [n] and the shape of a picture, got shape [1, 2]",
  data.pca, tensor{{1, 2}})
check.raises("data.pca: components must be at most 2, for 3 points of 2 numbers, got 3", data.pca, constant, {components = 3})
check.raises("pca.transform: x has shape [3, 3], expected [n 4 5]", function() p:transform(tensor.ones{3, 3}) end)
check.raises("data.kmeans: centres must be 2, as clusters says, got 1", data.kmeans, line, {clusters = 2, centres = {{1}}})
check.raises("x must not be differentiated here; use its detach()", function()
  grad(function(v) return data.standardize(v):sum() end)(x)
end)

-- A permutation of pixels and its inverse; that of target.shuffled.
local mixed = data.shuffled_pixels(pictures, {seed = 3})
assert(gap(data.shuffled_pixels(mixed, {seed = 3, inverse = true}), pictures) == 0)
assert(gap(mixed, pictures) > 0.1)
local law = target.finite{points = pictures[{ {1, 1} }]}
assert(gap(target.shuffled(law, {seed = 3}):sample(1), mixed[{ {1, 1} }]) == 0)
