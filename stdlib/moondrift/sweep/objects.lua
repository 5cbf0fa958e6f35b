-- What an object of Moondrift is, as a text that tells it from others of its kind: of a tensor all elements, of a network its
-- diffusion and parameters, of a law some draws and, where they are few, its points, of an exact model what it says of some
-- points. Not in it is the function of nn.define.

local hash = require "moondrift.sweep.hash"
local option = require "moondrift.options"

--- Numbers of a law's points that are looked at at most.
local MOST_NUMBERS <const> = 1 << 20

local function try(f)
  local passed, result = pcall(f)
  return passed and result or nil
end

--- Adds the checksums of the tensors in a table, in the order of their names.
local function add_checksums(item, list)
  if option.is_tensor(item) then
    list[#list + 1] = item:checksum()
  elseif type(item) == "table" then
    local names = {}
    for name in pairs(item) do names[#names + 1] = name end
    table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
    for _, name in ipairs(names) do add_checksums(item[name], list) end
  end
end

--- Texts of laws, which never change.
local law_texts = setmetatable({}, {__mode = "k"})

--- A law with its points where they are few, and some draws; nil of what is none.
local function text_of_law(value)
  if law_texts[value] then return law_texts[value] end
  if not try(function() return value.has_support and value.sample end) then return nil end
  local numbers = {}
  local function add(f) add_checksums(try(f), numbers) end
  add(function() return value:sample(4, {seed = 1}) end)
  if try(function() return value:support_size() * value.dimension <= MOST_NUMBERS end) then
    add(function() return value:enumerate() end)
    add(function() return value:log_probability(value:enumerate()) end)
  end
  law_texts[value] = ("%s %s"):format(value, hash(table.concat(numbers, " ")))
  return law_texts[value]
end

--- A model with its diffusion, and its parameters or, without any, what it says of some points; nil of what is none.
local function text_of_model(value)
  -- A fit is its model: how long it took does not count.
  local model = try(function() return value.model.sde and value.step and value.model end) or value
  local process = try(function() return model.sde and model.denoise and model.sde end)
  if not process then return nil end
  local numbers = {}
  add_checksums(try(function() return model:parameters() end), numbers)
  if #numbers == 0 then
    add_checksums(try(function()
      local x = random.stream(1):normal{4, table.unpack(model.shape)}
      return model:denoise(x, try(function() return process:time_of_log_snr(0) end) or 0.5)
    end), numbers)
  end
  return ("%s, %s %s"):format(model, process, hash(table.concat(numbers, " ")))
end

--- What an object of Moondrift is, in words, with a hash of its numbers.
---@param value userdata
---@return string
return function(value)
  if option.is_tensor(value) then
    return ("%s [%s] %s"):format(value.dtype, table.concat(value.shape, " "), value:checksum())
  end
  return text_of_model(value) or text_of_law(value) or tostring(value)
end
