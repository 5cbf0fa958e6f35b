-- Files that PyTorch wrote (Tests/References/torch_files.py). In an empty current folder.
local check = require "check"
local folder = arg[0]:match("^(.*)Tests/lua/") .. "Tests/References/torch/"
local values = file.load(folder .. "values.npz")

local function same(name, got)
  local count = 0
  for key, wanted in pairs(values) do
    local own = key:sub(1, #name + 1) == name .. "/" and key:sub(#name + 2)
    if own then
      count = count + 1
      local x = own == "" and got or got[own]
      assert(x, key)
      check.equal(x.dtype, wanted.dtype)
      check.equal(x.shape, wanted.shape)
      assert(x:equal(wanted):all():item(), key)
    end
  end
  assert(count > 0, name)
end

-- Every type of elements, in every form, has the numbers that PyTorch wrote
for _, name in ipairs{"types.pt", "old_types.pt", "protocol4.pt", "views.pt", "old_views.pt", "tensor.pt"} do
  same(name, file.load(folder .. name))
end
check.rejects("another file's numbers", same, "types.pt", file.load(folder .. "views.pt"))

-- Tensors of one storage share it here too
local views = file.load(folder .. "views.pt")
views.whole[1][2] = 77
check.equal(views.transposed[2][1]:item(), 77.0)

-- A checkpoint keeps its nesting, its numbers and its integer keys
local checkpoint = file.load(folder .. "denoiser_checkpoint.pt")
check.equal(checkpoint.epoch, 3)
check.equal(checkpoint.loss, 0.5)
check.equal(checkpoint.model["0.weight"].shape, {8, 1, 3, 3})
check.equal(checkpoint.optimizer.state[0].exp_avg.shape, {8, 1, 3, 3})
check.equal(checkpoint.optimizer.param_groups[1].lr, 1e-3)

-- Nothing is run: what asks for more than tensors is refused by its name
for _, name in ipairs{"malicious.pt", "malicious_old.pt"} do
  local passed, message = pcall(file.load, folder .. name)
  assert(not passed)
  check.contains(message, name)
  check.contains(message, "asks for posix.system, which makes no table or tensor; it was not run")
end
check.equal(file.kind("ran"), nil)
check.contains(select(2, pcall(file.load, folder .. "module.pt")), "asks for torch.nn.modules.linear.Linear")

-- Files cut at every length, or with a byte changed, give an error that names the file, or numbers
local function damaged(bytes)
  -- Without the wait for the disk that file.write_text has
  os.remove("damaged.pt")
  local out = io.open("damaged.pt", "wb")
  out:write(bytes)
  out:close()
  return pcall(file.load, "damaged.pt")
end
for _, name in ipairs{"tensor.pt", "old_views.pt", "malicious_old.pt"} do
  local bytes = file.read_text(folder .. name)
  for length = 0, #bytes - 1 do
    local passed, message = damaged(bytes:sub(1, length))
    assert(not passed, length)
    check.contains(message, "damaged.pt")
  end
  for place = 1, #bytes do
    local byte = ({0, 0xFF, (bytes:byte(place) + 1) % 256})[place % 3 + 1]
    local passed, message = damaged(bytes:sub(1, place - 1) .. string.char(byte) .. bytes:sub(place + 1))
    if not passed then check.contains(message, "damaged.pt") end
  end
end

-- Pickles that would take memory without end, or nest without end, are refused
local start = "\x80\x02\x8A\x0Al\xFC\x9CF\xF9 j\xA8P\x19.\x80\x02M\xE9\x03.\x80\x02}."
local function refused(program, reason)
  local passed, message = damaged(start .. program .. "]q\0.")
  assert(not passed)
  check.contains(message, reason)
end
local storage = "(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0aX\3\0\0\0cpuJ\xFF\xFF\xFF\x7FtQ"
refused("ctorch._utils\n_rebuild_tensor\n(" .. storage .. "K\0K\2\x85K\1\x85tR.", "is not in the file")
refused("N" .. ("\x85"):rep(1e6) .. ".", "too deeply")
refused("]q\0" .. "h\0a.", "too deeply")
local doubling = "]q\0"
for i = 1, 60 do doubling = doubling .. "h" .. string.char(i - 1) .. "h" .. string.char(i - 1) .. "\x86q" .. string.char(i) end
refused(doubling .. ".", "too often")
refused("NNa.", "appends to what is no list")
refused("0.", "takes more from its stack than there is")
refused("X\xFF\xFF\xFF\x7F.", "claims 2147483647 bytes")
refused("Vtext\n.", "has the opcode 86")

-- safetensors with half precision and bfloat16, as models are passed on
local header = [[{"a": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}, ]]
  .. [["b": {"dtype": "F16", "shape": [2], "data_offsets": [4, 8]}}]]
file.write_text("halves.safetensors", string.pack("<s8", header) .. "\xC0\x3F\x20\xC0" .. "\x00\x3E\x00\xC1")
local halves = file.load("halves.safetensors")
check.equal({halves.a.dtype, halves.b.dtype}, {"float32", "float32"})
check.equal(halves.a:table(), {1.5, -2.5})
check.equal(halves.b:table(), {1.5, -2.5})
