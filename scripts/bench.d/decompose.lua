-- eigh or svd of an n × n float32 matrix, `loops` times; the same as peers/decompose_torch.py.
-- usage: decompose.lua eigh|svd n loops
local name, n, loops = arg[1], tonumber(arg[2]), tonumber(arg[3])
local x = random.stream(1):normal{n, n}
if name == "eigh" then
  x = x + x:transpose()
end
for _ = 1, loops do
  linalg[name](x)
end
