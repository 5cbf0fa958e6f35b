-- Mistyped names: the nearest of those there are, as the errors of the built-in functions give it.

local M = {}

--- Edit distance with transpositions of neighbours (Damerau 1964, optimal string alignment).
---@param a string
---@param b string
---@return integer
function M.edit_distance(a, b)
  local rows = {}
  for i = 0, #a do
    rows[i] = {[0] = i}
    for j = 1, #b do
      if i == 0 then
        rows[0][j] = j
      else
        local cost = a:byte(i) == b:byte(j) and 0 or 1
        local best = math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + cost)
        if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
          best = math.min(best, rows[i - 2][j - 2] + cost)
        end
        rows[i][j] = best
      end
    end
  end
  return rows[#a][#b]
end

--- The known name nearest to a mistyped one, when it is near enough to suggest: one letter in three may
--- be another, and one more of a short name where the first two agree.
---@param name string
---@param known string[]
---@return string?
function M.nearest(name, known)
  local limit = math.max(1, #name // 3)
  local best, distance
  for _, candidate in ipairs(known) do
    local d = M.edit_distance(name, candidate)
    local is_like = #name < 6 and candidate:sub(1, 2) == name:sub(1, 2)
    local allowed = limit + (is_like and 1 or 0)
    if d <= allowed and (not distance or d < distance or d == distance and candidate < best) then
      best, distance = candidate, d
    end
  end
  return best
end

--- What an error says behind an unknown name: the nearest one, or the whole list.
---@param name string
---@param known string[]
---@param prefix string what stands before a name, `--`
---@return string
function M.suggestion(name, known, prefix)
  local near = M.nearest(name, known)
  if near then return (" (did you mean %s%s?)"):format(prefix, near) end
  return (" (known: %s%s)"):format(prefix, table.concat(known, ", " .. prefix))
end

return M
