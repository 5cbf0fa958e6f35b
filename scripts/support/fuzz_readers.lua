-- Damaged files of every format, and whether what is saved loads again: a child of scripts/fuzz (see
-- trial_child.lua).
--
-- A damaged file must give a value or an error that names the file, within seconds, and no more memory
-- than its bytes justify. A valid value that is saved must load as the same value, bit for bit. A case is
-- one damaged file, and every fourth one valid value as well.

local here = debug.getinfo(1, "S").source:match("^@(.*/)")
package.path = here .. "?.lua;" .. package.path
local child = require "trial_child"
local random = math.random

-- A case that is run again gets a folder, which stays.
local FOLDER = "./"
if child.options.only then
  FOLDER = os.tmpname() .. ".d/"
  file.make_directory(FOLDER)
  io.stderr:write("the files are in ", FOLDER, "\n")
end

-- Deflate packs at most 1032 to 1, eight pixels of three colours to a byte; a byte becomes an int64 at most.
local MOST_WIDENED = 8
local MOST_MEMORY = 1 << 20 -- kilobytes that the program may hold at any time

-- What is tried

local FORMATS = {"csv", "npy", "npz", "safetensors", "json", "idx", "gz", "model", "pt", "png", "jpg"}
local PACKED = {npz = 1032, gz = 1032, png = 1032 * 24, jpg = 1024 * 3}

local function pick(list) return list[random(#list)] end

local function random_bytes(count)
  local bytes = {}
  for i = 1, count do bytes[i] = string.char(random(0, 255)) end
  return table.concat(bytes)
end

--- Any double but NaN, of which there are many: plain numbers, extremes, random bits.
local EDGES = {0.0, -0.0, 1.0, -1.0, 0.1, 1 / 0, -1 / 0, 5e-324, 1.7976931348623157e308, 2^53, 2^53 + 2,
  16777217.0, 1e15, 1e16, 123456.789}
local function random_double()
  local kind = random(3)
  if kind == 1 then return pick(EDGES) end
  if kind == 2 then return (random() - 0.5) * 10.0 ^ random(-6, 6) end
  local value = string.unpack("d", random_bytes(8))
  return value == value and value or 0.5
end

local function random_integer()
  local kind = random(3)
  if kind == 1 then return pick{0, 1, -1, math.maxinteger, math.mininteger, 1 << 53, (1 << 53) + 1} end
  if kind == 2 then return random(-1000, 1000) end
  return random(0)
end

local DTYPES = {"float32", "float64", "int64", "bool"}
local function random_tensor(dtype, shape)
  dtype = dtype or pick(DTYPES)
  if not shape then
    shape = {}
    for axis = 1, random(0, 3) do shape[axis] = random(0, 4) end
  end
  local count = 1
  for _, length in ipairs(shape) do count = count * length end
  local values = {}
  for i = 1, count do
    if dtype == "int64" then
      values[i] = random_integer()
    elseif dtype == "bool" then
      values[i] = random(2) == 1
    else
      values[i] = random(20) == 1 and 0 / 0 or random_double()
    end
  end
  if count == 0 then return tensor.zeros(shape):to(dtype) end
  local x = tensor(values, {dtype = dtype}):reshape(shape)
  return random(4) == 1 and #shape == 2 and x:transpose() or x
end

local LETTERS = {"a", "B", "_", "0", "7", " ", ".", "/", "-", ",", ";", "\"", "'", "#", "\n", "\r", "\t",
  "\u{feff}", "é", "e\u{301}", "日", "🌙", "\\", "{", "\127"}
local function random_name()
  local letters = {}
  for i = 1, random(0, 6) do letters[i] = pick(LETTERS) end
  return table.concat(letters)
end

local function random_names(count, taken)
  local names = {}
  while #names < count do
    local name = random_name()
    if not taken[name] then
      taken[name] = true
      names[#names + 1] = name
    end
  end
  return names
end

local function random_table()
  local value = {}
  for _, name in ipairs(random_names(random(0, 4), {__metadata__ = true})) do
    value[name] = random_tensor()
  end
  return value
end

--- A value that JSON holds: no NaN but in lists and objects that are written as Python's.
local function random_json(depth)
  local kind = random(depth > 0 and 7 or 5)
  if kind == 1 then return random(2) == 1 end
  if kind == 2 then return random_integer() end
  if kind == 3 then return random_double() end
  if kind == 4 then return random_name() end
  if kind == 5 then return 0 / 0 end
  local value = {}
  if kind == 6 then
    for i = 1, random(0, 5) do value[i] = random_json(depth - 1) end
  else
    for _, name in ipairs(random_names(random(1, 4), {})) do value[name] = random_json(depth - 1) end
  end
  return value
end

-- Comparing

local function same_number(a, b)
  if a ~= a or b ~= b then return a ~= a and b ~= b end
  return a == b and (a ~= 0 or 1 / a == 1 / b)
end

local function same(a, b)
  if type(a) ~= type(b) then return false, ("%s for %s"):format(b, a) end
  if type(a) == "number" then return same_number(a, b), ("%s for %s"):format(b, a) end
  if type(a) == "table" then
    for key, value in pairs(a) do
      local equal, why = same(value, b[key])
      if not equal then return false, ("%s: %s"):format(key, why) end
    end
    for key in pairs(b) do if a[key] == nil then return false, ("%s came in addition"):format(key) end end
    return true
  end
  return a == b, ("%s for %s"):format(b, a)
end

local function same_tensor(a, b)
  if a.dtype ~= b.dtype then return false, ("%s for %s"):format(b.dtype, a.dtype) end
  local equal, why = same(a.shape, b.shape)
  if not equal then return false, "shape " .. why end
  if a.count == 0 then return true end
  return same(a:reshape{-1}:table(), b:reshape{-1}:table())
end

local function same_tensors(a, b)
  for name, x in pairs(a) do
    if b[name] == nil then return false, ("%q is missing"):format(name) end
    local equal, why = same_tensor(x, b[name])
    if not equal then return false, ("%q: %s"):format(name, why) end
  end
  for name in pairs(b) do if a[name] == nil then return false, ("%q came in addition"):format(name) end end
  return true
end

-- Saving and loading: each saves a random value and tells whether it came back

local round = {}

function round.npy()
  local x = random_tensor()
  file.save(FOLDER .. "round.npy", x)
  return same_tensor(x, file.load(FOLDER .. "round.npy"))
end

for _, format in ipairs{"npz", "safetensors"} do
  round[format] = function()
    local value = random_table()
    file.save(FOLDER .. "round." .. format, value)
    return same_tensors(value, (file.load(FOLDER .. "round." .. format)))
  end
end

function round.csv()
  if random(2) == 1 then
    local dtype = pick{"float32", "float64", "int64"}
    local x = random_tensor(dtype, {random(0, 5), random(1, 4)})
    file.save(FOLDER .. "round.csv", x)
    return same_tensor(x, (file.load(FOLDER .. "round.csv", {dtype = dtype})))
  end
  local rows, value = random(1, 5), {}
  local names = random_names(random(1, 4), {})
  for _, name in ipairs(names) do value[name] = random_tensor(pick{"float64", "int64"}, {rows}) end
  local saved, message = pcall(file.save, FOLDER .. "round.csv", value, {columns = names})
  if not saved then
    -- The names that would be read as numbers are refused, and nothing else is.
    assert(message:find("would be read as a number", 1, true), message)
    return true
  end
  return same_tensors(value, (file.load(FOLDER .. "round.csv", {columns = true})))
end

function round.json()
  local value = random_json(4)
  file.save(FOLDER .. "round.json", value, {nan = "python"})
  return same(value, file.load(FOLDER .. "round.json"))
end

local function random_model()
  local kind = random(3)
  if kind == 1 then return nn.score_mlp{sde = sde.vp(), width = random(1, 9), seed = random(100)} end
  if kind == 2 then
    return nn.residual_mlp{sde = sde.edm(), dimension = random(1, 3), width = random(1, 8), blocks = 1,
      sigma_data = 1, seed = random(100)}
  end
  return nn.random_features{sde = sde.ve_power{base = 25}, dimension = 1, width = random(1, 20),
    seed = random(100)}
end

function round.model()
  local m = random_model()
  m:save(FOLDER .. "round.model")
  local back = nn.load(FOLDER .. "round.model")
  return same_tensors(m:parameters(), back:parameters())
end

-- Damaging

--- Whole files of a format to start from.
local function originals()
  local files = {csv = {}, npy = {}, npz = {}, safetensors = {}, json = {}, idx = {}, gz = {}, model = {},
    pt = {}, png = {}, jpg = {}}
  local function keep(format) table.insert(files[format], file.read_text(FOLDER .. "original." .. format)) end
  for _ = 1, 12 do
    file.save(FOLDER .. "original.npy", random_tensor())
    keep "npy"
    for _, format in ipairs{"npz", "safetensors"} do
      file.save(FOLDER .. "original." .. format, random_table())
      keep(format)
    end
    file.save(FOLDER .. "original.csv", random_tensor("float64", {random(0, 6), random(1, 4)}))
    keep "csv"
    file.save(FOLDER .. "original.json", random_json(5), {nan = "python"})
    keep "json"
    random_model():save(FOLDER .. "original.model")
    keep "model"
  end
  for _, text in ipairs{"a,b\n1,2\n3,4\n", "\u{feff}a;\"b\"\"c\"\r\n1;\"2\"\r\n", "# c\n1 2\n\n3 4\n",
    "1\t\t3\n4\tNA\t6\n", "1,5;2,5\n", "\"two\nlines\",b\n1,2\n"} do
    table.insert(files.csv, text)
  end
  for _, axes in ipairs{{3}, {2, 2}, {1, 2, 3}} do
    for _, kind in ipairs{{8, 1}, {9, 1}, {11, 2}, {12, 4}, {13, 4}, {14, 8}} do
      local header, count = string.char(0, 0, kind[1], #axes), 1
      for _, length in ipairs(axes) do
        header, count = header .. string.pack(">I4", length), count * length
      end
      table.insert(files.idx, header .. random_bytes(count * kind[2]))
    end
  end
  local root = debug.getinfo(1, "S").source:match("^@(.*)/scripts/support/")
  local references = root .. "/Tests/References/"
  for _, name in ipairs{"types.pt", "old_types.pt", "views.pt", "old_views.pt", "denoiser_checkpoint.pt"} do
    table.insert(files.pt, file.read_text(references .. "torch/" .. name))
  end
  for _, name in ipairs(file.list(references .. "pictures")) do
    local format = name:match("%.(%a+)$")
    if files[format] and format ~= "npz" then
      table.insert(files[format], file.read_text(references .. "pictures/" .. name))
    end
  end
  table.insert(files.gz, file.read_text(root .. "/stdlib/data/mnist-4k-labels-idx1-ubyte.gz"))
  return files
end

local WORDS = {"0", "-1", "9223372036854775807", "18446744073709551616", "1e999", "nan", "inf", "null",
  "NaN", "[", "]", "{", "}", "\"", "'", ",", ";", "\n", "\r", "\t", "\0", "\xff", "\u{feff}", ":", "(", ")",
  "\\u0000", "#", "data_offsets", "shape", "descr", "True", "(1,)", "__metadata__"}

local damage = {}
function damage.cut(text) return text:sub(1, random(0, #text)) end
function damage.flip(text)
  local place = random(1, math.max(1, #text))
  local byte = (text:byte(place) or 0) ~ (1 << random(0, 7))
  return text:sub(1, place - 1) .. string.char(byte) .. text:sub(place + 1)
end
function damage.overwrite(text)
  local place, count = random(1, math.max(1, #text)), random(1, 8)
  return text:sub(1, place - 1) .. random_bytes(count) .. text:sub(place + count)
end
function damage.number(text)
  local place = random(1, math.max(1, #text))
  local value = pick{0, 1, -1, 0x7FFFFFFF, math.maxinteger, math.mininteger, 1 << 32, 1 << 62}
  local size = pick{1, 2, 4, 8}
  local packed = string.pack(pick{"<i8", ">i8"}, value):sub(1, size)
  return text:sub(1, place - 1) .. packed .. text:sub(place + size)
end
function damage.word(text)
  local place = random(0, #text)
  return text:sub(1, place) .. pick(WORDS) .. text:sub(place + random(1, 4))
end
function damage.digits(text)
  local first, last = text:find("%d+", random(1, math.max(1, #text)))
  if not first then return damage.word(text) end
  return text:sub(1, first - 1) .. pick(WORDS) .. text:sub(last + 1)
end
function damage.remove(text)
  local place = random(1, math.max(1, #text))
  return text:sub(1, place - 1) .. text:sub(place + random(1, 16))
end
function damage.double(text)
  local first = random(1, math.max(1, #text))
  local last = math.min(#text, first + random(1, 200))
  return text:sub(1, last) .. text:sub(first, last):rep(random(1, 20)) .. text:sub(last + 1)
end
local DAMAGES = {}
for name in pairs(damage) do DAMAGES[#DAMAGES + 1] = name end
table.sort(DAMAGES)

-- Checking one damaged file

local function write(path, text)
  local handle = assert(io.open(path, "wb"))
  assert(handle:write(text))
  handle:close()
end

--- Bytes of all tensors in a value.
local SIZES = {float32 = 4, float64 = 8, int64 = 8, bool = 1}
local function size_of(value, seen)
  if type(value) == "userdata" then
    local known, dtype = pcall(function() return value.dtype end)
    return known and SIZES[dtype] and value.count * SIZES[dtype] or 0
  end
  if type(value) ~= "table" then return 0 end
  seen = seen or {}
  if seen[value] then return 0 end
  seen[value] = true
  local total = 0
  for _, part in pairs(value) do total = total + size_of(part, seen) end
  return total
end

local function peak_memory()
  return tonumber(file.read_text("/proc/self/status"):match("VmHWM:%s*(%d+)")) or 0
end

local function load_options(format)
  if format == "csv" then
    return {columns = random(3) == 1, missing = random(2) == 1,
      dtype = pick{"float64", "float32", "int64"}}
  end
  if format == "json" and random(2) == 1 then return {null = false} end
  return {}
end

local function load(format, path)
  if format == "model" then return nn.load(path) end
  if format == "png" or format == "jpg" then return data.images(path) end
  if format == "idx" or format == "gz" then return data.idx(path) end
  return file.load(path, load_options(format))
end

local function check_damaged(format, text)
  local path = FOLDER .. "case." .. format
  write(path, text)
  child.note("loading a damaged file, case." .. format)
  local loaded, value, more = pcall(load, format, path)
  child.count(format .. " files")
  if not loaded then
    child.count(format .. " files refused")
    value = tostring(value)
    if value:find("interrupted!", 1, true) or value:find("not enough memory", 1, true) then return end
    assert(value:find("case." .. format, 1, true), "the error does not name the file: " .. value)
    return
  end
  local most = #text * MOST_WIDENED * (PACKED[format] or 1) + (1 << 16)
  -- A tensor of PyTorch may repeat elements, and takes no memory for it.
  local size = format == "pt" and 0 or size_of{value, more}
  if size > most then
    error(("%s of %d bytes gives tensors of %d bytes"):format(path, #text, size))
  end
end

local function check_round(format)
  child.note("saving and loading a valid value, round." .. format)
  local equal, why = round[format]()
  child.count(format .. " values kept")
  assert(equal, why)
end

local ROUNDS = {"csv", "npy", "npz", "safetensors", "json", "model"}

math.randomseed(child.options.seed)
local files = originals()
child.work(function(case)
  local format = FORMATS[(case - 1) % #FORMATS + 1]
  local text = pick(files[format])
  for _ = 1, random(1, 4) do text = damage[pick(DAMAGES)](text) end
  check_damaged(format, text)
  if case % 4 == 0 then check_round(ROUNDS[case // 4 % #ROUNDS + 1]) end
  if case % 256 == 0 then
    collectgarbage()
    assert(peak_memory() < MOST_MEMORY, "the program held more memory than all files justify")
  end
end)
