-- The rows of a sweep as files: csv, json and npz. A writer takes the rows, the names of the columns of numbers and texts
-- (those of errors, which are long, are for json), and the path.

local M = {}

--- Without a sign, which 0 / 0 has on some machines and `tostring` shows.
local NAN = string.unpack("<d", "\0\0\0\0\0\0\xF8\x7F")

local function csv_field(value)
  if value == nil then return "" end
  if type(value) == "number" then
    if value ~= value then return "nan" end
    return math.type(value) == "integer" and ("%d"):format(value) or ("%.17g"):format(value)
  end
  local text = type(value) == "table" and file.json_text(value, {nan = "python"}) or tostring(value)
  return text:find('[",\r\n]') and '"' .. text:gsub('"', '""') .. '"' or text
end

--- What a row has in a column.
local function field(row, name)
  if name == "failed" then return row.error and 1 or 0 end
  return row[name]
end

function M.csv(rows, columns, path)
  local lines = {table.concat(columns, ",")}
  for place, row in ipairs(rows) do
    local fields = {}
    for column, name in ipairs(columns) do fields[column] = csv_field(field(row, name)) end
    lines[place + 1] = table.concat(fields, ",")
  end
  file.write_text(path, table.concat(lines, "\n") .. "\n")
end

function M.json(rows, _, path)
  local plain = {}
  for place, row in ipairs(rows) do
    plain[place] = {}
    for name, value in pairs(row) do plain[place][name] = value end
  end
  file.save_json(path, plain)
end

--- Numbers of a column as a tensor, int64 where all are integers; nil where some are no numbers.
local function tensor_of(rows, name)
  local values, are_integers = {}, true
  for place, row in ipairs(rows) do
    local value = field(row, name)
    if value == nil then value = NAN end
    if type(value) == "boolean" then value = value and 1 or 0 end
    if type(value) ~= "number" then return nil end
    are_integers = are_integers and math.type(value) == "integer"
    values[place] = value
  end
  return tensor(values, {dtype = are_integers and "int64" or "float64"})
end

function M.npz(rows, columns, path)
  local tensors, left_out = {}, {}
  for _, name in ipairs(columns) do
    tensors[name] = tensor_of(rows, name)
    if not tensors[name] then left_out[#left_out + 1] = name end
  end
  file.save(path, tensors)
  if #left_out > 0 then return left_out end
end

return M
