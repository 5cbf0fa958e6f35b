-- States of networks from PyTorch (Tests/References/torch_files.py) and back. In an empty current folder.
local check = require "check"
local folder = arg[0]:match("^(.*)Tests/lua/") .. "Tests/References/torch/"
local values = file.load(folder .. "values.npz")

local function denoiser(seed, width)
  return nn.bf_cnn{shape = {1, 12, 12}, width = width or 8, depth = 4, seed = seed}
end
-- PyTorch counts from 0
local function counted(name) return (name:gsub("%d+", function(i) return i + 1 end)) end

-- Files in every form give the outputs that PyTorch has
for _, name in ipairs{
  "denoiser.pt", "denoiser_old.pth", "denoiser_half.pt", "denoiser_bfloat16.pt", "denoiser_parallel.pt",
  "denoiser_checkpoint.pt",
} do
  local net = denoiser(1)
  local report = nn.load_state(net, folder .. name, {map = counted})
  check.equal(#report.loaded, 8)
  local wanted = values[name .. "/output"]
  check.near((net(values.pictures) - wanted):abs():max():item(), 0, 1e-4 * wanted:abs():max():item())
end
check.rejects("no map", nn.load_state, denoiser(1), folder .. "denoiser.pt")
nn.load_state(denoiser(1), folder .. "denoiser_checkpoint.pt", {map = counted, key = "model"})
check.raises("denoiser_checkpoint.pt: unknown key 'modle' (did you mean model?)", nn.load_state, denoiser(1),
  folder .. "denoiser_checkpoint.pt", {key = "modle"})

-- Batch norm and transposed convolutions too; PyTorch's names of running moments are understood
local plain = nn.define{shape = {1, 12, 12}, layers = nn.sequential{
  nn.conv2d{1, 6}, nn.batch_norm{6}, nn.relu(), nn.conv_transpose2d{6, 1, kernel = 3, stride = 1, padding = 1}},
  predicts = "residual", seed = 1}
nn.load_state(plain, folder .. "plain.pt", {map = counted})
local wanted = values["plain.pt/output"]
check.near((plain(values.pictures) - wanted):abs():max():item(), 0, 1e-4 * wanted:abs():max():item())

-- A U-Net whose blocks PyTorch counts from 0, with the transposed convolutions within the decoder
local unet = nn.unet{shape = {1, 16, 16}, blocks = 2, width = 4, seed = 1}
nn.load_state(unet, folder .. "unet.pt", {map = function(name)
  local b, rest = name:match("^decoder%.(%d+)%.(.*)")
  if b and rest:find("^0") then return ("up.%d.weight"):format(b + 1) end
  if b then name = "decoder." .. b .. rest:sub(2) end
  return counted(name)
end})
local wanted = values["unet.pt/output"]
check.near((unet(values.large) - wanted):abs():max():item(), 0, 1e-4 * wanted:abs():max():item())

-- What does not fit is told by name, and changes nothing
local net = denoiser(2)
local before = net:parameters()["1.weight"]:copy()
local hint = "; layers are counted from 1 here: map = function(name) return (name:gsub(\"%d+\", function(i) return "
  .. "i + 1 end)) end"
check.raises(
  "denoiser.pt does not fit bf_cnn: missing: 1.weight, 3.weight, 6.weight, 8.weight, 3.running_sd, 6.running_sd; "
    .. "unexpected: 0.weight, 2.running_sd, 7.weight; misshapen: 2.weight has shape [1, 8, 1, 1], expected "
    .. "[8, 8, 3, 3], 5.weight has shape [1, 8, 1, 1], expected [8, 8, 3, 3]" .. hint,
  nn.load_state, net, folder .. "denoiser.pt",
  {map = {["1.weight"] = false, ["4.weight"] = false, ["5.running_sd"] = false}})
check.raises(
  "denoiser.pt does not fit bf_cnn: missing: 1.weight (the file has 1.wieght), 8.weight; unexpected: 1.wieght (did "
    .. "you mean 1.weight?)",
  nn.load_state, net, folder .. "denoiser.pt", {map = function(name)
    return name == "0.weight" and "1.wieght" or name ~= "7.weight" and counted(name)
  end})
check.contains(select(2, pcall(nn.load_state, denoiser(1, 4), folder .. "denoiser.pt", {map = counted})),
  "misshapen: 1.weight has shape [8, 1, 3, 3], expected [4, 1, 3, 3], ")
assert(net:parameters()["1.weight"]:equal(before):all():item())

-- `partial` loads what fits, and says what does not
local report = nn.load_state(net, folder .. "denoiser.pt", {partial = true, map = {["0.weight"] = "1.weight", ["1.weight"] = "x"}})
check.equal(report.loaded, {"1.weight"})
check.equal(report.missing, {"3.weight", "6.weight", "8.weight", "3.running_sd", "6.running_sd"})
check.equal(report.unexpected, {"x", "2.running_sd", "4.weight", "5.running_sd", "7.weight"})
check.equal(report.misshapen, {"2.weight", "5.weight"})
assert(not net:parameters()["1.weight"]:equal(before):all():item())
check.raises("denoiser.pt: map: unknown tensor '0.wieght' (did you mean 0.weight?)", nn.load_state, net,
  folder .. "denoiser.pt", {map = {["0.wieght"] = "1.weight"}})
check.raises("map gives the name 'a' to two tensors", nn.load_state, net, folder .. "denoiser.pt",
  {map = function() return "a" end})

-- Names that count layers of a kind by themselves, and norms of shape [1, c, 1, 1] (docs/data.md)
local published = {}
for k, layer in ipairs{1, 2, 5, 8} do
  published[("module.conv_layers.%d.weight"):format(k - 1)] = net:parameters()[layer .. ".weight"]
end
for k, layer in ipairs{3, 6} do
  published[("module.gammas.%d"):format(k - 1)] = net:parameters()[layer .. ".weight"]:reshape{1, 8, 1, 1}
  published[("module.running_sd.%d"):format(k - 1)] = net:parameters()[layer .. ".running_sd"]:reshape{1, 8, 1, 1}
end
file.save("published.npz", published)
local other = denoiser(5)
nn.load_state(other, "published.npz", {map = function(name)
  local kind, k = name:match("([%a_]+)%.(%d+)")
  k = math.tointeger(k)
  if kind == "conv_layers" then return (k == 0 and 1 or 3 * k - 1) .. ".weight" end
  return 3 * (k + 1) .. (kind == "gammas" and ".weight" or ".running_sd")
end})
assert(other(values.pictures):equal(net(values.pictures)):all():item())

-- The way back: the same bits, by the same names, of a network and of a model
local x = values.pictures
for _, ending in ipairs{"npz", "safetensors"} do
  local from = nn.model{network = net, predicts = "residual", sde = sde.ve()}
  nn.save_state(from, "state." .. ending)
  check.equal(file.load("state." .. ending)["1.weight"].shape, {8, 1, 3, 3})
  local other = denoiser(3)
  nn.load_state(other, "state." .. ending)
  assert(other(x):equal(net(x)):all():item())
end
check.raises("path must end in .safetensors, .npz, got 'state.pt'", nn.save_state, net, "state.pt")
check.raises("path must end in .pt, .pth, .safetensors, .npz, got 'state.npy'", nn.load_state, net, "state.npy")

-- A network whose outputs are remembered sees the new parameters
local score = nn.score_mlp{dimension = 1, width = 4, sde = sde.vp(), seed = 1}
local other = nn.score_mlp{dimension = 1, width = 4, sde = sde.vp(), seed = 2}
nn.save_state(other, "score.npz")
local f = grad(function(x) return score(x, 0.5):sum() end)
local points = tensor{{0.3}, {-1}}
f(points)
nn.load_state(score, "score.npz")
assert(score(points, 0.5):equal(other(points, 0.5)):all():item())
