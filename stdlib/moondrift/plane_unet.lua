-- A small U-Net that is told the noise level as one more channel, the same at every pixel: trained in seconds to minutes.
--
--   local plane_unet = require "moondrift.plane_unet"
--   local model = plane_unet.network{size = 16, width = 16, sde = sde.edm(), data = x, seed = 1}
--   model:save("pictures.safetensors")
--   model = plane_unet.load("pictures.safetensors")
--
-- Three sizes of maps, two convolutions of 3×3 with group norms at each on the way down and up, and skips beside them. It predicts as
-- in Karras et al. 2022. Experiments that train many networks use it.

local defined = require "moondrift.network.defined"
local option = require "moondrift.options"

local M = {}

local GROUPS <const> = 8

local function convolutions(inputs, outputs, last)
  local layers = {}
  for k = 1, 2 do
    layers[#layers + 1] = nn.conv2d{k == 1 and inputs or outputs, outputs, bias = false}
    layers[#layers + 1] = nn.group_norm{GROUPS, outputs}
    layers[#layers + 1] = nn.relu()
  end
  if last then layers[#layers + 1] = nn.conv2d{outputs, last} end
  return nn.sequential(layers)
end

--- What the network does to pictures at a level, with its layers.
local function forward(l, y, level)
  local plane = level:reshape{#y, 1, 1, 1}:broadcast{#y, 1, y.shape[3], y.shape[4]}
  return l.whole(tensor.concatenate({y, plane}, 2))
end

local KINDS = {size = "integer", width = "integer", sde = "sde", data = "tensor", seed = "integer"}

local function fail(message, ...) error(("plane_unet.network: " .. message):format(...), 3) end

--- A network for pictures [1, size, size].
---@param options {size: integer, width: integer, sde: moondrift.sde, data: moondrift.tensor, seed: integer}
---@return moondrift.model
function M.network(options)
  local passed, message = pcall(option.check, "plane_unet.network", options, KINDS)
  if not passed then error(message, 2) end
  for _, name in ipairs{"size", "width", "sde", "data", "seed"} do
    if options[name] == nil then fail("%s is required", name) end
  end
  local size, width = options.size, options.width
  if size < 4 or size % 4 ~= 0 then fail("size must be a multiple of 4, got %d", size) end
  if width < 1 or width % GROUPS ~= 0 then fail("width must be a multiple of %d, got %d", GROUPS, width) end
  local a, b, c = width, 3 * width, 6 * width
  local small = nn.sequential{nn.average_pool2d{2}, convolutions(b, c), nn.conv_transpose2d{c, b}}
  local middle = nn.sequential{
    nn.average_pool2d{2}, convolutions(a, b), nn.skip(small), convolutions(2 * b, b), nn.conv_transpose2d{b, a}}
  local is_made, model = pcall(defined.make, "plane_unet.network", {
    name = "u_net", shape = {1, size, size}, forward = forward, sde = options.sde, data = options.data, seed = options.seed,
    layers = {whole = nn.sequential{convolutions(2, a), nn.skip(middle), convolutions(2 * a, a, 1)}},
  })
  if not is_made then error(model, 2) end
  return model
end

--- Reads a network that its `save` wrote.
---@param path string
---@return moondrift.model
function M.load(path)
  local is_read, model = pcall(defined.load, "plane_unet.load", path, forward)
  if not is_read then error(model, 2) end
  return model
end

return M
