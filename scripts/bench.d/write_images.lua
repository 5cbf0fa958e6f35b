-- Writes pictures of 80 × 80 pixels in colour, smooth with some noise, as photographs are: COUNT files into FOLDER.
local folder, count = arg[1], tonumber(arg[2])
local KINDS = 50

local stream = random.stream(1)
local ramp = tensor.linspace(0, 6, 80)
local contents = {}
for kind = 1, KINDS do
  local a, b = 0.5 + (kind % 7) / 7, 0.5 + (kind % 11) / 11
  local smooth = 0.5 + 0.2 * (ramp * a):sin():unsqueeze(2) + 0.2 * (ramp * b):cos():unsqueeze(1)
  local name = folder .. "/kind.png"
  data.save_image(name, smooth + 0.02 * stream:normal{3, 80, 80})
  contents[kind] = file.read_text(name)
  os.remove(name)
end
-- Not by data.save_image, which waits for the disk each time.
for i = 1, count do
  local out = assert(io.open(("%s/%05d.png"):format(folder, i), "wb"))
  out:write(contents[(i - 1) % KINDS + 1])
  out:close()
end
