-- `a + b` on 32 × 16 float32 tensors in a Lua loop; the same loop as peers/tensor_add_torch.py.
local loops = tonumber(arg[1]) or 200000
local stream = random.stream(1)
local a, b = stream:normal{32, 16}, stream:normal{32, 16}

local function loop(count)
  local c
  local start = moondrift.seconds()
  for _ = 1, count do
    c = a + b
  end
  return (moondrift.seconds() - start) / count
end

loop(loops // 10)
print("us", loop(loops) * 1e6)
