-- Pictures against Pillow (Tests/References/pictures.py). In an empty current folder.
local check = require "check"
local folder = arg[0]:match("^(.*)Tests/lua/") .. "Tests/References/pictures/"
local values = file.load(folder .. "values.npz")

local function far(x, wanted)
  check.equal(x.shape, wanted.shape)
  return (x - wanted):abs():max():item()
end

-- Every form has Pillow's numbers: PNG to the bit, JPEG to one step of 255
local count = 0
for name, wanted in pairs(values) do
  if name:find("%.png$") and not name:find(" ") or name:find("jpe?g$") then
    count = count + 1
    local x = data.images(folder .. name)
    check.equal(x.dtype, "float32")
    check.near(far(x[1], wanted), 0, name:find("png$") and 1e-7 or 1.01 / 255)
  end
end
check.equal(count, 14)
check.rejects("another picture", function()
  assert(far(data.images(folder .. "grey.png")[1], values["bits.png"]) < 1e-7)
end)

-- Resized by both filters as Pillow does, but for its rounding to 8 bits twice
local colour = folder .. "colour.png"
for name, wanted in pairs(values) do
  local filter, height, width = name:match("^(%a+) (%d+) (%d+)$")
  if filter then
    local x = data.images(colour, {size = {tonumber(height), tonumber(width)}, resize = filter})
    assert(far(x[1], wanted) < 1 / 255, name)
  end
end
check.near(far(data.images(colour, {grey = true})[1], values["grey of colour.png"]), 0, 0.51 / 255)

-- The middle is cut out, then resized
local whole = values["colour.png"]
check.near(far(data.images(colour, {crop = 9})[1], whole[{{}, {7, 15}, {11, 19}}]), 0, 1e-7)
check.near(far(data.images(colour, {crop = {3, 30}})[1], whole[{{}, {10, 12}, {}}]), 0, 1e-7)
check.equal(data.images(colour, {crop = "square", size = 7}).shape, {1, 3, 7, 7})

-- Lists keep their order; grey pictures among colours have three equal channels, alone they have none
local both = {folder .. "grey.png", colour}
local x = data.images(both)
check.equal(x.shape, {2, 3, 21, 30})
check.near(far(x[{1, 2}], values["grey.png"]), 0, 1e-7)
check.equal(data.images(both, {grey = true}).shape, {2, 21, 30})
check.equal(data.images(both, {limit = 1}).shape, {1, 21, 30})

-- A folder gives its pictures by name; shuffled they are the same in another order, which the seed says
file.make_directory("some")
for i = 1, 30 do data.save_image(("some/%02d.png"):format(i), tensor.full({4, 5}, i / 255)) end
file.write_text("some/notes.txt", "no picture")
local function first(options) return (data.images("some", options):column(1):column(1) * 255 + 0.5):floor():table() end
local order = {}
for i = 1, 30 do order[i] = i + 0.0 end
check.equal(first{}, order)
local shuffled = first{shuffle = true, seed = 1}
check.equal(first{shuffle = true, seed = 1}, shuffled)
check.equal(first{shuffle = true, seed = 1, limit = 3}, {table.unpack(shuffled, 1, 3)})
assert(not pcall(check.equal, shuffled, order))
table.sort(shuffled)
check.equal(shuffled, order)

-- Patches of the files are those of the tensor, also of pictures of several sizes
local x = data.images(folder .. "grey.png")
local cut = data.patches(x, 5, {stride = 4})
check.equal(cut.shape, {5 * 7, 5, 5})
assert(cut[9]:equal(x[{1, {5, 9}, {5, 9}}]):all():item())
assert(data.images(folder .. "grey.png", {patches = 5, stride = 4}):equal(cut):all():item())
check.equal(data.images({"some/01.png", folder .. "grey.png"}, {patches = 4}).shape, {1 + 5 * 7, 4, 4})
check.equal(data.patches(data.images(both), 10).shape, {12, 3, 10, 10})

-- Mixed sizes, empty folders, broken files and what is no picture are errors that name them
check.raises(folder .. "grey.png has 21×30 pixels and some/01.png 4×5; crop or size makes them equal", data.images,
  {folder .. "grey.png", "some/01.png"})
check.equal(data.images({folder .. "grey.png", "some/01.png"}, {size = 3}).shape, {2, 3, 3})
file.make_directory("empty")
check.raises("data.images: empty has no files that end in .png, .jpg or .jpeg", data.images, "empty")
check.raises("data.images: cannot list nowhere: No such file or directory", data.images, "nowhere")
check.raises("cmyk.jpg: it has the colours CMYK; grey, RGB and YCbCr are read", data.images, folder .. "cmyk.jpg")
check.raises("some/notes.txt: it begins neither as a PNG nor as a JPEG file", data.images, {"some/notes.txt"})
check.raises("some/01.png has 4×5 pixels, fewer than crop = {5, 5}", data.images, "some/01.png", {crop = 5})
check.raises("some/01.png has 4×5 pixels, fewer than patches = 5", data.images, "some/01.png", {patches = 5})
check.raises("data.images: size must be a positive integer or {height, width}, got 'square'", data.images, "some",
  {size = "square"})
check.raises("data.images: stride is for patches, which are absent", data.images, "some", {stride = 2})

-- Cut at any length, or with a byte changed, a file is an error that names it, or a picture
local function damaged(name, bytes)
  os.remove(name)
  local out = io.open(name, "wb")
  out:write(bytes)
  out:close()
  local passed, message = pcall(data.images, name)
  if not passed then check.contains(message, name) end
  return passed
end
for _, name in ipairs{"bits.png", "palette_alpha.png", "grey.jpg", "progressive.jpeg"} do
  local bytes, own = file.read_text(folder .. name), "broken." .. name:match("%a+$")
  -- The last bytes of a JPEG say only that it ends
  for length = 0, #bytes - (name:find("png$") and 1 or 3) do assert(not damaged(own, bytes:sub(1, length)), length) end
  for place = 1, #bytes do
    damaged(own, bytes:sub(1, place - 1) .. string.char((bytes:byte(place) + 85) % 256) .. bytes:sub(place + 1))
  end
end
-- A header that claims more than the file can hold
local png = file.read_text(folder .. "bits.png")
local claim = png:sub(1, 16) .. string.pack(">I4I4", 900000, 900000) .. png:sub(25)
assert(not damaged("claim.png", claim))

-- `skip` leaves out what cannot be read, and says so
damaged("some/15.png", file.read_text("some/15.png"):sub(1, -20))
check.contains(select(2, pcall(data.images, "some")), "cannot read some/15.png: PNG: ")
local x, skipped = data.images("some", {skip = true})
check.equal(#x, 29)
check.equal(#skipped, 1)
check.equal(skipped[1].path, "some/15.png")
check.contains(skipped[1].error, "PNG: ")

-- What is written reads back to half a step
for _, shape in ipairs{{5, 7}, {1, 5, 7}, {3, 5, 7}} do
  local x = random.stream(1):uniform(shape)
  data.save_image("x.png", x)
  local y = data.images("x.png")[1]
  check.near((y - x:reshape(y.shape)):abs():max():item(), 0, 0.51 / 255)
end
data.save_image("x.png", tensor{{-3, -1, 0, 1, 2}}, {scale = {-1, 1}})
check.near((data.images("x.png")[1] - tensor{{0, 0, 0.5, 1, 1}}):abs():max():item(), 0, 0.51 / 255)
check.raises("data.save_image: x must have shape [h w], [1 h w] or [3 h w], got [2, 5, 7]", data.save_image, "x.png",
  tensor.zeros{2, 5, 7})
check.raises("data.save_image: x must have no NaN, got one at element 2", data.save_image, "x.png", tensor{{1, 0 / 0}})
