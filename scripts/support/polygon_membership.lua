-- Which pictures target.polygons' test of membership takes for polygons of at most six vertices, filled and outlines of a
-- pixel: the tables of docs/supports.md.
--
-- run: scripts/moondrift scripts/support/polygon_membership.lua

local COUNT <const> = 500

local function disks(n, size)
  local around = tensor.linspace(0, 2 * math.pi, 33)[{ {1, 32} }]
  local stream = random.stream(3)
  local radii = stream:uniform({n, 1, 1}, {low = 0.5, high = 0.9})
  local centres = stream:uniform({n, 1, 2}, {low = -1, high = 1}) * (1 - radii)
  return target.rasterize(centres + tensor.stack({around:sin(), around:cos()}, 2):unsqueeze(1) * radii, {size = size})
end

--- One pixel of each picture inverted.
local function flipped(x)
  local stream = random.stream(4)
  local y, rows, columns = x:copy(), stream:integers(#x, 1, x.shape[2]):table(), stream:integers(#x, 1, x.shape[3]):table()
  for k = 1, #x do y[{k, rows[k], columns[k]}] = 1 - y[{k, rows[k], columns[k]}]:item() end
  return y
end

local function blurred(x)
  local wide = x:pad({{0, 0}, {1, 1}, {1, 1}})
  local sum = 0
  for i = 1, 3 do
    for j = 1, 3 do sum = sum + wide[{ {}, {i, i + x.shape[2] - 1}, {j, j + x.shape[3] - 1} }] end
  end
  return sum / 9
end

local HEAD <const> = "| pictures | 12×12, 0.03 | 12×12, 0.06 | 16×16, 0.03 | 16×16, 0.06 |\n|---|---|---|---|---|"
local is_filled = true
local function line(name, make)
  local cells = {}
  for _, size in ipairs{12, 16} do
    local _, rest = target.fit_polygons(make(size), {vertices = 6, filled = is_filled})
    for _, tolerance in ipairs{0.03, 0.06} do
      cells[#cells + 1] = ("%.3f"):format(rest:less_equal(tolerance):to("float32"):mean():item())
    end
  end
  print(("| %s | %s |"):format(name, table.concat(cells, " | ")))
end
local function fresh(seed)
  return function(size) return target.polygons{size = size, filled = is_filled}:sample(COUNT, {seed = seed}) end
end
local function of_vertices(v)
  return function(size)
    local vertices = target.polygon_vertices{vertices = v}:sample(COUNT, {seed = 5})
    return target.rasterize(vertices, {size = size, filled = is_filled})
  end
end
local function of_noise(noise)
  return function(size)
    local x = fresh(1)(size)
    return x + noise * random.stream(6):normal(x.shape)
  end
end

print(HEAD)
line("fresh polygons of 3 to 6 vertices", fresh(1))
line("polygons of 8 vertices", of_vertices(8))
line("polygons of 12 vertices", of_vertices(12))
line("disks", function(size) return disks(COUNT, size) end)
line("means of two polygons", function(size) return (fresh(1)(size) + fresh(2)(size)) / 2 end)
line("polygons, one pixel inverted", function(size) return flipped(fresh(1)(size)) end)
line("polygons, blurred over 3×3 pixels", function(size) return blurred(fresh(1)(size)) end)
for _, noise in ipairs{0.03, 0.05, 0.1} do line(("polygons under noise of %g"):format(noise), of_noise(noise)) end

is_filled = false
print("\n" .. HEAD)
line("fresh outlines of 3 to 6 vertices", fresh(1))
line("outlines of 8 vertices", of_vertices(8))
line("outlines of 12 vertices", of_vertices(12))
line("filled polygons", function(size) return target.polygons{size = size}:sample(COUNT, {seed = 1}) end)
line("two outlines in one picture", function(size) return (fresh(1)(size) + fresh(2)(size)):clamp(0, 1) end)
line("outlines, one pixel inverted", function(size) return flipped(fresh(1)(size)) end)
line("outlines, blurred over 3×3 pixels", function(size) return blurred(fresh(1)(size)) end)
for _, noise in ipairs{0.03, 0.05, 0.1} do line(("outlines under noise of %g"):format(noise), of_noise(noise)) end
