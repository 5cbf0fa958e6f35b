-- A network for polygons as lists of vertices: what it predicts turns, shifts and reverses with them.
--
--   local vertex_net = require "moondrift.vertex_net"
--   local x = target.polygon_vertices{vertices = 5}:sample(256, {seed = 1})
--   local model = vertex_net.network{vertices = 5, sde = sde.edm(), data = x, seed = 1}
--   model:save("pentagons.safetensors")
--   model = vertex_net.load("pentagons.safetensors")
--
-- A point is [v, 2]. A rotation or reflection of the plane, another first vertex and the other sense of going around do to
-- the prediction what they do to the point, so a network learns each polygon in all these forms at once. It trains and
-- draws as any other, and target.rasterize makes pictures of what it draws.
--
-- Features of a vertex are numbers that none of these changes: squared distances to the centroid, to the other vertices by
-- how far along the polygon they are, and of the centroid to the middle of the picture; messages between vertices change
-- them (Satorras, Hoogeboom, Welling 2021). What comes out are multiples of the vectors to the centroid, to the other
-- vertices and from the middle of the picture to the centroid.

local defined = require "moondrift.network.defined"
local option = require "moondrift.options"

local M = {}

local KINDS = {vertices = "integer", width = "integer", layers = "integer", sde = "sde", data = "tensor", seed = "integer"}

local function fail(message, ...) error(("vertex_net.network: " .. message):format(...), 3) end

local function along_last(...) return tensor.concatenate({...}, 3) end

--- Other vertices: by how many places, and in which senses. Opposite ones are counted once.
local function others(v)
  local list = {}
  for offset = 1, v // 2 do list[offset] = 2 * offset == v and {offset} or {offset, -offset} end
  return list
end

local function mlp(inputs, width, outputs)
  return nn.sequential{nn.linear{inputs, width}, nn.silu(), nn.linear{width, outputs}}
end

--- What the network does to points at a level, with its layers.
local function forward(l, x, level)
  local n, v = #x, x.shape[2]
  local senses = others(v)
  local function at_each(values) return values:reshape{n, 1, 1}:broadcast{n, v, 1} end
  local middle = x:mean(2)
  local r = x - middle:unsqueeze(2)
  local function squared(y) return (y * y):sum(3):unsqueeze(3) end
  local h = l.first(along_last(squared(r), at_each((middle * middle):sum(2)), at_each(level))):silu()
  --- Sums over the other vertices, of what f makes of both ends' features, their squared distance and the vector between.
  local function sum_of_others(f)
    local sum
    for offset, places in ipairs(senses) do
      for _, place in ipairs(places) do
        local between = r:roll(place, 2) - r
        local part = f(offset, along_last(h, h:roll(place, 2), squared(between)), between)
        sum = sum and sum + part or part
      end
    end
    return sum
  end
  local round = 1
  while l["update_" .. round] do
    local messages = sum_of_others(function(offset, ends) return l[("message_%d_%d"):format(round, offset)](ends) end)
    local all = h:mean(2):unsqueeze(2):broadcast{n, v, h.shape[3]}
    h = h + l["update_" .. round](along_last(h, messages, all))
    round = round + 1
  end
  return l.radial(h) * r
    + sum_of_others(function(offset, ends, between) return l["pull_" .. offset](ends) * between end)
    + (l.shift(h:mean(2)) * middle):unsqueeze(2)
end

--- A network for polygons of exactly so many vertices. It predicts as in Karras et al. 2022.
---@param options table vertices, sde, seed; data: training points [n, v, 2]; width = 64 features of a vertex; layers = 3 rounds
---  of messages
---@return moondrift.model
function M.network(options)
  local passed, message = pcall(option.check, "vertex_net.network", options, KINDS)
  if not passed then error(message, 2) end
  for _, name in ipairs{"vertices", "sde", "data", "seed"} do
    if options[name] == nil then fail("%s is required", name) end
  end
  local v, width, rounds = options.vertices, options.width or 64, options.layers or 3
  if v < 3 or v > 64 then fail("vertices must be from 3 to 64, got %d", v) end
  if width < 1 then fail("width must be a positive integer, got %d", width) end
  if rounds < 1 then fail("layers must be a positive integer, got %d", rounds) end
  local shape = options.data.shape
  if #shape ~= 3 or shape[2] ~= v or shape[3] ~= 2 then
    fail("data must be vertices [n, %d, 2], got shape [%s]", v, table.concat(shape, ", "))
  end

  local senses = others(v)
  local layers = {first = nn.linear{3, width}, shift = nn.linear{width, 1}, radial = nn.linear{width, 1}}
  for offset in ipairs(senses) do
    layers["pull_" .. offset] = mlp(2 * width + 1, width, 1)
    for round = 1, rounds do layers[("message_%d_%d"):format(round, offset)] = mlp(2 * width + 1, width, width) end
  end
  for round = 1, rounds do layers["update_" .. round] = mlp(3 * width, width, width) end

  local is_made, model = pcall(defined.make, "vertex_net.network", {name = "vertex_net", shape = {v, 2}, layers = layers,
    forward = forward, sde = options.sde, data = options.data, seed = options.seed})
  if not is_made then error(model, 2) end
  return model
end

--- Reads a network that its `save` wrote.
---@param path string
---@return moondrift.model
function M.load(path)
  local is_read, model = pcall(defined.load, "vertex_net.load", path, forward)
  if not is_read then error(model, 2) end
  return model
end

return M
