-- A share of n with its 95 % interval (Wilson 1927), which holds also where the share is 0 or 1.
--
--   local wilson = require "moondrift.wilson"
--   wilson.share(3, 20)               -- {value = 0.15, low = 0.0524, high = 0.3604, n = 20}

local M = {}

local Z <const> = 1.959963984540054

--- A share and its interval.
---@param hits integer how many of n
---@param n integer
---@return {value: number, low: number, high: number, n: integer}
function M.share(hits, n)
  if math.type(n) ~= "integer" or n < 1 then error(("wilson.share: n must be a positive integer, got %s"):format(n), 2) end
  if math.type(hits) ~= "integer" or hits < 0 or hits > n then
    error(("wilson.share: hits must be an integer from 0 to %d, got %s"):format(n, hits), 2)
  end
  local p, z2 = hits / n, Z * Z / n
  local middle, half = (p + z2 / 2) / (1 + z2), Z * math.sqrt(p * (1 - p) / n + z2 / (4 * n)) / (1 + z2)
  return {value = p, low = math.max(0.0, middle - half), high = math.min(1.0, middle + half), n = n}
end

return M
