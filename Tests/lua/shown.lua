-- What the prompt shows of results, and whether a document says the same.

local M = {}

--- A value as the prompt shows it: of tables, lists alone.
local function text(value)
  if type(value) ~= "table" or getmetatable(value) then return tostring(value) end
  local pieces = {}
  for index, element in ipairs(value) do pieces[index] = tostring(element) end
  return "{" .. table.concat(pieces, ", ") .. "}"
end

--- The results of a call (`table.pack`) as the prompt shows them.
function M.text(results)
  local pieces = {}
  for index = 1, results.n do pieces[index] = text(results[index]) end
  return table.concat(pieces, "\n")
end

--- The rows below the first line of a tensor, as `1 2 / 3 4`.
local function rows(text)
  local pieces = {}
  for line in text:gmatch("\n%s*([^\n]+)") do pieces[#pieces + 1] = line:gsub("%s+", " ") end
  return table.concat(pieces, " / ")
end

--- Whether a text is what is shown, its first line, or the rows of a tensor parted by `/`.
function M.agrees(expected, text)
  return expected == text or expected == text:match("^[^\n]*") or expected == rows(text)
end

return M
