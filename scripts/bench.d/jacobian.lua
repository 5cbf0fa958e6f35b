-- Seconds for the 20 leading eigenpairs of the Jacobian of a U-Net at a noisy picture of 80 × 80, and how many products
-- they take. The network is trained for a minute on patches of photographs, once; the folder keeps it for the peer too.
-- usage: jacobian.lua FOLDER [BLOCK]
local folder = assert(arg[1], "usage: jacobian.lua FOLDER [BLOCK]")
local function place(name) return folder .. "/" .. name end

local function make()
  return nn.unet{shape = {1, 80, 80}, blocks = 3, width = 64, sde = sde.ve{sigma_min = 0.01, sigma_max = 1}, seed = 1}
end

if not io.open(place("network.npz")) then
  local photographs = data.photographs()
  local patches = target.patches({table.unpack(photographs, 1, 6)}, {size = 80}):sample(1000, {seed = 1}):unsqueeze(2)
  local held_out = target.patches({table.unpack(photographs, 7, 8)}, {size = 80}):sample(1, {seed = 2}):unsqueeze(2)
  local m = make()
  train(m, patches, {steps = 300, batch = 4, seed = 1, progress = false, loss = loss.blind(),
    time = draw.power{exponent = -0.5, sigma_max = 1}, optimizer = optim.adam{rate = 1e-3}})
  nn.save_state(m, place("network.npz"))
  file.save(place("picture.npy"), held_out[{1}] + 0.15 * random.stream(3):normal{1, 80, 80})
end

local m = make()
nn.load_state(m, place("network.npz"))
local y = file.load(place("picture.npy"))
local times, e = {}, nil
for k = 1, 3 do
  local start = moondrift.seconds()
  e = m:jacobian_eigenpairs(y, {k = 20, tolerance = 1e-3, seed = k, block = tonumber(arg[2])})
  times[k] = moondrift.seconds() - start
  assert(e.residuals:max():item() <= 1e-3, tostring(e))
end
table.sort(times)
print("s", times[2])
print("products", e.products)
if arg[2] then io.stderr:write(tostring(e), "\n") end
