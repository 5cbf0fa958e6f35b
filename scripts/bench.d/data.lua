-- Seconds in which data.images reads the pictures of a folder; the same folder as peers/images_pillow.py.
-- Run: scripts/moondrift scripts/bench.d/data.lua FOLDER
local folder = assert(arg[1], "a folder of pictures")

local function round()
  local start = moondrift.seconds()
  data.images(folder)
  return moondrift.seconds() - start
end

round()
local times = {}
for i = 1, 3 do times[i] = round() end
table.sort(times)
print("s", times[2])
