-- Sources of points: in turn, changed at random, from disk; parts and near duplicates. In an empty current folder.
local check = require "check"
local function same(a, b)
  check.equal(a.shape, b.shape)
  assert(a:equal(b):all():item())
end
local x = random.stream(1):normal{10, 4, 6}

-- In turn
local tiled = data.tile(x, 25)
check.equal({#tiled, tiled.count, tiled.shape}, {25, 25, {4, 6}})
same(tiled:rows(), tensor.concatenate{x, x, x}[{{1, 25}}])
same(tiled:rows{1, 11, 25}, tensor.concatenate{x[{{1, 1}}], x[{{1, 1}}], x[{{5, 5}}]})
check.raises("data_source.rows: indices must be from 1 to 25, got 26", tiled.rows, tiled, {26})
check.raises(("data_source.rows: indices must be from 1 to 25, got %d"):format(math.mininteger), tiled.rows, tiled,
  {1, math.mininteger})
check.contains(tostring(tiled), "25 points of [4, 6], 10 in turn")

-- Labels in turn are a tensor again, which goes with the points
local labels = tensor({3, 5, 7}, {dtype = "int64"})
check.equal(data.tile(labels, 7):table(), {3, 5, 7, 3, 5, 7, 3})

-- Mirrored and moved: each picture is one of the possible ones, by the seed and its number
local function moved(picture, flip, down, right)
  local function places(length, by)
    local list = {}
    for i = 1, length do list[i] = math.max(1, math.min(length, i - by)) end
    return list
  end
  local rows, columns = places(4, down), places(6, right)
  if flip then for i, place in ipairs(columns) do columns[i] = 7 - place end end
  return picture[tensor(rows, {dtype = "int64"})]:transpose()[tensor(columns, {dtype = "int64"})]:transpose()
end
local many = data.tile(x, 400)
local changed = data.augment(many, {flip = true, shift = 1, seed = 3}):rows()
local seen = {}
for i = 1, 400 do
  local found
  for flip = 0, 1 do
    for down = -1, 1 do
      for right = -1, 1 do
        local candidate = moved(x[(i - 1) % 10 + 1], flip == 1, down, right)
        if candidate:equal(changed[i]):all():item() then found = ("%d %d %d"):format(flip, down, right) end
      end
    end
  end
  assert(found, i)
  seen[found] = (seen[found] or 0) + 1
end
local kinds = 0
for _, times in pairs(seen) do kinds = kinds + 1 assert(times > 5 and times < 50) end
check.equal(kinds, 18)
same(data.augment(many, {flip = true, shift = 1, seed = 3}):rows(), changed)
assert(not data.augment(many, {flip = true, shift = 1, seed = 4}):rows():equal(changed):all():item())
same(data.augment(x, {seed = 3}):rows(), x)
check.raises("shift must be less than the pictures are long, [4, 6], got 4", data.augment, x, {shift = 4})

-- Parts are disjoint, and the same for labels
local numbers = tensor.arange(0, 99)
local a, b = data.split(numbers, 0.8, {seed = 1})
check.equal({#a, #b}, {80, 20})
local all = tensor.concatenate{a, b}:sort()
same(all, numbers)
local c, d = data.split(numbers:reshape{100, 1}, {30, 20}, {seed = 1})
check.equal({#c, #d}, {30, 20})
same(c:reshape{30}, a[{{1, 30}}])
local e = data.split(numbers, {3}, {shuffle = false})
same(e, numbers[{{1, 3}}])
check.raises("data.split: parts must be counts that sum to at most 100, got {60, 60}", data.split, numbers, {60, 60})
check.raises("data.split: parts must be counts of 0 or more, got {3, -2, 0}", data.split, numbers, {3, -2, 0})
check.raises("data.split: parts must be a share between 0 and 1 or a list of counts, got 1.5", data.split, numbers, 1.5)

-- Near duplicates: the first of each stays, whatever its size and mean
local base = random.stream(2):normal{40, 8, 8}
local noise = random.stream(3):normal{40, 8, 8}
local twins = tensor.concatenate{base, base * 3 + 1, base + 0.1 * noise, base + 2 * noise}
local kept = data.distinct(twins, {indices = true})
local wanted = {}
for i = 1, 40 do wanted[i] = i end
for i = 121, 160 do wanted[#wanted + 1] = i end
check.equal(kept:table(), wanted)
same(data.distinct(twins), twins[kept])
check.equal(data.distinct(tensor.concatenate{tensor.zeros{2, 5}, tensor.ones{2, 5}, base[{{1, 1}, {1, 1}, {1, 5}}]:reshape{1, 5}}, {indices = true}):table(), {1, 5})
-- The same as by the definition, over several blocks and stripes
local points = random.stream(4):normal{1500, 3}
local unit = points - points:mean(2):unsqueeze(2)
unit = unit / (unit^2):sum(2):sqrt():unsqueeze(2)
local correlations = (unit:to("float64"):matmul(unit:to("float64"):transpose())):table()
local places = {}
for i = 1, 1500 do
  local row, isNew = correlations[i], true
  for _, j in ipairs(places) do if row[j] > 0.999 then isNew = false break end end
  if isNew then places[#places + 1] = i end
end
assert(#places > 60 and #places < 1000)
check.equal(data.distinct(points, {correlation = 0.999, indices = true}):table(), places)
-- Downsampled pictures
local blocks = data.distinct(tensor.concatenate{base, base + 0.0}, {size = 4, correlation = 0.99})
check.equal(#blocks, 40)
check.raises("data.distinct: size is for pictures [n h w] or [n c h w], x has shape [1500, 3]", data.distinct, points,
  {size = 4})

-- From disk: npy of several types, IDX, pictures
file.save("x.npy", x)
same(data.stream("x.npy"):rows(), x)
same(data.stream("x.npy", {scale = 2, shift = 1}):rows{3}, x[{{3, 3}}] * 2 + 1)
file.save("x.npy", x:to("float64"))
same(data.stream("x.npy"):rows{10, 1}, tensor.concatenate{x[{{10, 10}}], x[{{1, 1}}]})
local idx = "\0\0\8\3" .. string.pack(">I4I4I4", 3, 2, 2) .. string.char(0, 1, 2, 3, 250, 251, 252, 253, 254, 255, 9, 8)
file.write_text("x.idx", idx)
same(data.stream("x.idx"):rows(), data.idx("x.idx"))
file.write_text("short.idx", idx:sub(1, -2))
check.raises("data.stream: short.idx: shape [3, 2, 2] needs 12 bytes from byte 16 on, there are 11", data.stream,
  "short.idx")
file.write_text("empty.npy", "")
check.contains(select(2, pcall(data.stream, "empty.npy")), "empty.npy")
file.make_directory("some")
for i = 1, 5 do data.save_image(("some/%d.png"):format(i), (random.stream(i):uniform{8, 8})) end
same(data.stream("some"):rows(), data.images("some"))
same(data.stream("some", {size = 4}):rows{5}, data.images("some", {size = 4})[{{5, 5}}])
os.remove("some/3.png")
check.raises("data.stream: scale and shift are for npy and IDX files, the source is of pictures", data.stream, "some",
  {scale = 2})
check.raises("data.stream: grey, crop, size, resize and limit are for pictures, the source is 'x.npy'", data.stream,
  "x.npy", {grey = true})

-- Pictures without pixels have nothing to compare at another size.
do
  local passed, message = pcall(data.distinct, tensor.zeros{2, 0, 3}, {size = 8})
  assert(not passed)
  check.contains(message, "data.distinct: a picture of 0×3 pixels has nothing to resize to 8×8")
end

-- A correlation with nan is none.
check.raises("data.distinct: x must be finite, got nan or inf in row 2", data.distinct, tensor{{1, 2}, {0 / 0, 1}, {3, 4}})
