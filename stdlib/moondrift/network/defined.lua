-- Networks that a file of this library makes of layers and a function of its own: made by nn.define, read by nn.load, with
-- errors in the words of that file.
--
--   local defined = require "moondrift.network.defined"
--   local model = defined.make("plane_unet.network", {name = "u_net", shape = shape, layers = layers, forward = forward,
--     sde = process, data = x, seed = 1})
--   model = defined.load("plane_unet.load", "run.safetensors", forward)
--
-- Errors have no line (level 0): who calls adds that of its own caller.

local M = {}

--- A network that predicts as in Karras et al. 2022, for points with the spread of `data`.
---@param where string what errors begin with
---@param options {name: string, shape: integer[], layers: table, forward: function, sde: any, data: any, seed: integer}
---@return moondrift.model
function M.make(where, options)
  local is_made, model = pcall(nn.define, {name = options.name, shape = options.shape, layers = options.layers,
    forward = options.forward, sde = options.sde, predicts = "edm", sigma_data = options.data, seed = options.seed})
  if is_made then return model end
  local reason = tostring(model):gsub("^.-nn%.define: ", "")
    :gsub("^sigma_data must not be empty data", "data must hold points, got none")
    :gsub("^sigma_data must be a positive number", "the spread of data must be a positive number")
    :gsub("^sigma_data", "data")
  error(where .. ": " .. reason, 0)
end

--- Reads such a network.
---@param where string what errors begin with
---@param path string
---@param forward function
---@return moondrift.model
function M.load(where, path, forward)
  local is_read, model = pcall(nn.load, path, {forward = forward})
  if is_read then return model end
  local reason, count = tostring(model):gsub("^.-nn%.load: ", "")
  -- Where no error of nn.load is the reason, the function does not fit the layers of the file.
  error(("%s: %s"):format(where, count > 0 and reason or path .. " holds another network"), 0)
end

return M
