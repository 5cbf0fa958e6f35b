-- Measurements have orthonormal rows and say what they say; coarse_to_fine keeps to them, and refuses what is none.
local check = require "check"

local function orthonormal(a)
  local wide = a:to("float64")
  local unit = tensor.eye(a.shape[1], {dtype = "float64"})
  check.equal((wide:matmul(wide:transpose()) - unit):abs():max():item() < 1e-6, true)
end

for _, shape in ipairs{{12}, {6, 8}, {3, 6, 8}} do
  local d = 1
  for _, length in ipairs(shape) do d = d * length end
  orthonormal(measurement.super_resolution(shape, {factor = 2}))
  orthonormal(measurement.random_projections(shape, {count = 5, seed = 1}))
  for cutoff = 0, 4 do orthonormal(measurement.low_pass(shape, {cutoff = cutoff})) end
  -- All frequencies: the whole space.
  check.equal(measurement.low_pass(shape, {cutoff = 10}).shape, {d, d})
end

local picture = tensor.arange(1, 48):reshape{6, 8}
local blocks = measurement.super_resolution({6, 8}, {factor = 2}):matmul(picture:reshape{48})
check.near(blocks[1]:item(), 2 * (1 + 2 + 9 + 10) / 4, 1e-4)
check.near(blocks[12]:item(), 2 * (39 + 40 + 47 + 48) / 4, 1e-4)
-- A wave of two turns passes the cutoff of 2 and not that of 1.
local wave = (tensor.arange(0, 7) * (2 * math.pi * 2 / 8)):cos():reshape{1, 8} + tensor.zeros{6, 8}
local function kept(cutoff)
  local a = measurement.low_pass({6, 8}, {cutoff = cutoff})
  return (a:matmul(wave:reshape{48}) ^ 2):sum():item() / (wave ^ 2):sum():item()
end
check.near(kept(1), 0, 1e-6)
check.near(kept(2), 1, 1e-5)

local hole = measurement.inpainting({3, 6, 8}, {rows = {2, 4}, columns = {3, 8}})
check.equal({hole.dtype, (~hole):to("float32"):sum():item()}, {"bool", 3.0 * 3 * 6})
check.equal({hole[1][1][3]:item(), hole[3][2][3]:item(), hole[2][4][2]:item()}, {true, false, true})
local pixels = measurement.random_pixels({3, 10, 10}, {share = 0.2, seed = 1})
check.equal(pixels:to("float32"):sum():item(), 60.0)
check.equal((pixels[1]:to("float32") - pixels[3]:to("float32")):abs():max():item(), 0.0)
check.equal(measurement.random_pixels({10}, {share = 0.3}):to("float32"):sum():item(), 3.0)

-- A sample that is measured has what was measured.
local shape = {4, 6}
local blind = nn.define{shape = shape, sde = sde.edm(), predicts = "residual",
  forward = function(_, y) return y * 0.7 end}
local truth = random.stream(3):normal(shape)
for _, a in ipairs{measurement.super_resolution(shape, {factor = 2}), measurement.low_pass(shape, {cutoff = 1}),
    measurement.random_projections(shape, {count = 4, seed = 1})} do
  local b = a:matmul(truth:reshape{24})
  local x = sample.coarse_to_fine(blind, {count = 3, seed = 1, measurement = a, observed = b, h = 0.2})
  check.equal((a:matmul(x:reshape{3, 24}:transpose()) - b:unsqueeze(2)):abs():max():item() < 1e-3, true)
end
for _, mask in ipairs{measurement.inpainting(shape, {rows = {1, 2}}), measurement.random_pixels(shape, {share = 0.5, seed = 2})} do
  local x = sample.coarse_to_fine(blind, {count = 3, seed = 1, measurement = mask, observed = truth, h = 0.2})
  check.equal(((x - truth) * mask:to("float32")):abs():max():item() < 1e-3, true)
end

local function fails(part, f, ...)
  local passed, message = pcall(f, ...)
  check.equal(passed, false)
  check.contains(message, part)
end
local seen = tensor.zeros{24}
seen[7] = 1
local function solve(m, mt)
  return sample.coarse_to_fine(blind, {count = 2, seed = 1, measurement = {m, mt}, observed = tensor{0.8}})
end
local function pick(x) return x:reshape{x.shape[1], 24}:column(7):unsqueeze(2) end
local function put(b) return (b * seen:to(b.dtype)):reshape{b.shape[1], 4, 6} end
solve(pick, put)
fails("the first of measurement must be linear", solve, function(x) return pick(x) + 0 * x:reshape{x.shape[1], 24}:column(3):unsqueeze(2) ^ 2
  + (pick(x) - 0.8) * (x:reshape{x.shape[1], 24}:column(3):unsqueeze(2)) end, put)
fails("the second of measurement must be the transpose of the first", solve, pick, function(b)
  local off = seen:copy()
  off[8] = 0.5
  return (b * off:to(b.dtype)):reshape{b.shape[1], 4, 6}
end)
fails("measurement.super_resolution: factor must divide the sides of [6, 8], got 4", measurement.super_resolution, {6, 8}, {factor = 4})
fails("measurement.inpainting: rows must be {first, last} within 1 and 6, got {0, 3}", measurement.inpainting, {6, 8}, {rows = {0, 3}})
fails("measurement.inpainting: give rows or columns", measurement.inpainting, {6, 8})
fails("measurement.random_projections: count must be from 1 to 48, the numbers of a point, got 49", measurement.random_projections, {6, 8}, {count = 49})
fails("measurement.random_pixels: share must be a number from 0 to 1, got 2", measurement.random_pixels, {6, 8}, {share = 2})
fails("measurement.low_pass: shape must be that of a point", measurement.low_pass, {1, 2, 3, 4})
