-- Clusters of pictures, and the pairs of them that are nearest and farthest: targets whose modes are near or far.
-- As Li et al. 2023, Appendix: standardised pixels, 100 principal components, k-means.

local M = {}

---@class clusters.pair
---@field first integer the place of a cluster, from 1
---@field second integer
---@field distance number between the centres
---@field x tensor pictures of both, shuffled, for training
---@field held tensor the rest of them
---@field labels integer tensor [n] of x: 0 of the first cluster, 1 of the second
---@field held_labels tensor

local function places(labels, cluster)
  local found = {}
  for i, label in ipairs(labels) do if label == cluster then found[#found + 1] = i end end
  return found
end

--- The first so many of a list in an order that follows from the stream.
local function some(list, count, stream)
  local order, kept = stream:permutation(#list):table(), {}
  for i = 1, math.min(count, #list) do kept[i] = list[order[i]] end
  return kept
end

--- The pictures of two clusters, at most `total` of them, cut into training and held-out ones.
local function pair(x, labels, first, second, distance, total, share, seed)
  local stream = random.stream(seed)
  local a, b = places(labels, first), places(labels, second)
  local all, owner = {}, {}
  for _, i in ipairs(a) do all[#all + 1] = i owner[i] = 0 end
  for _, i in ipairs(b) do all[#all + 1] = i owner[i] = 1 end
  local kept = some(all, total, stream)
  local count = math.max(1, math.min(#kept - 1, math.floor(share * #kept + 0.5)))
  local result = {first = first, second = second, distance = distance}
  for name, range in pairs{x = {1, count}, held = {count + 1, #kept}} do
    local rows, classes = {}, {}
    for i = range[1], range[2] do rows[#rows + 1] = kept[i] classes[#classes + 1] = owner[kept[i]] end
    result[name] = x[tensor(rows, {dtype = "int64"})]
    result[name == "x" and "labels" or "held_labels"] = tensor(classes, {dtype = "int64"})
  end
  return result
end

--- Clusters of pictures and the pairs of nearest and farthest centres, with equally many pictures in both pairs.
---
--- Distances are between the centres brought back from principal components to standardised pixels; the radius of a
--- cluster is a quantile of the distances of its points to its centre.
---@param x tensor pictures [n, h, w] or points [n, d]
---@param options table|nil clusters = 30, components = 100, seed = 42, restarts = 10, share = 0.8 (of training pictures),
---  quantile = 0.9 (radius), smallest = 10 (fewer pictures make no pair)
---@return table nearest, farthest: clusters.pair; kmeans, pca, standardization; centres [k, d], distances [k, k], radii [k]
function M.pairs(x, options)
  local o = {clusters = 30, components = 100, seed = 42, restarts = 10, share = 0.8, quantile = 0.9, smallest = 10}
  for name, value in pairs(options or {}) do
    if o[name] == nil then error(("clusters.pairs: unknown option '%s'"):format(name), 2) end
    o[name] = value
  end
  if not (type(o.share) == "number" and o.share > 0 and o.share < 1) then
    error(("clusters.pairs: share must be a number between 0 and 1, got %s"):format(o.share), 2)
  end
  local z, scale = data.standardize(x)
  local flat = z:reshape{x.shape[1], -1}
  local most = math.min(o.components, flat.shape[1] - 1, flat.shape[2])
  local p = data.pca(flat, {components = most})
  local y = p:transform(flat)
  local k = data.kmeans(y, {clusters = o.clusters, seed = o.seed, restarts = o.restarts})
  local centres = p:inverse(k.centres)
  local distances = linalg.distances(centres, centres)
  local labels, counts = k.labels:table(), k.counts:table()

  -- Distances of points to their own centre.
  local _, squares = k:assign(y)
  local lengths, radii = squares:sqrt():table(), {}
  for cluster = 1, o.clusters do
    local own = {}
    for i, label in ipairs(labels) do if label == cluster then own[#own + 1] = lengths[i] end end
    radii[cluster] = tensor(own):quantile(o.quantile):item()
  end

  local nearest, farthest
  local d = distances:table()
  for i = 1, o.clusters do
    for j = i + 1, o.clusters do
      if counts[i] >= o.smallest and counts[j] >= o.smallest then
        if not nearest or d[i][j] < nearest[3] then nearest = {i, j, d[i][j]} end
        if not farthest or d[i][j] > farthest[3] then farthest = {i, j, d[i][j]} end
      end
    end
  end
  if not nearest then
    error(("clusters.pairs: no two clusters have %s points; take fewer clusters or a smaller smallest"):format(o.smallest), 2)
  end
  local function count(found) return counts[found[1]] + counts[found[2]] end
  local total = math.min(count(nearest), count(farthest))
  local function made(found)
    return pair(x, labels, found[1], found[2], found[3], total, o.share, o.seed)
  end
  return {nearest = made(nearest), farthest = made(farthest), kmeans = k, pca = p, standardization = scale,
    centres = centres, distances = distances, radii = tensor(radii)}
end

return M
