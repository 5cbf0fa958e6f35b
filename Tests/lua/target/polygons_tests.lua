-- Pictures of polygons, their vertices, and the test whether a picture is one.
local check = require "check"

-- Against points tested one by one: inside where an odd number of edges lies left (Shimrat 1962), in plain Lua.

local function by_points(vertices, size, a)
  local x = {}
  for i = 1, size do
    x[i] = {}
    for j = 1, size do
      local count = 0
      for p = 1, a do
        for q = 1, a do
          local row, column = i - 1 + (p - 0.5) / a, j - 1 + (q - 0.5) / a
          local inside, last = false, vertices[#vertices]
          for _, next in ipairs(vertices) do
            local r0, c0 = (last[1] + 1) / 2 * size, (last[2] + 1) / 2 * size
            local r1, c1 = (next[1] + 1) / 2 * size, (next[2] + 1) / 2 * size
            if (r0 <= row) ~= (r1 <= row) and column >= c0 + (row - r0) * (c1 - c0) / (r1 - r0) then inside = not inside end
            last = next
          end
          if inside then count = count + 1 end
        end
      end
      x[i][j] = count / a^2
    end
  end
  return tensor(x)
end

local corners = target.polygon_vertices{}:sample(12, {seed = 1})
check.equal(corners.shape, {12, 6, 2})
for a = 1, 4, 3 do
  local pictures = target.rasterize(corners, {size = 10, subsamples = a})
  for k = 1, 12 do
    assert(pictures[k]:equal(by_points(corners[k]:table(), 10, a)):all():item(), ("polygon %d, %d points"):format(k, a))
  end
end
check.rejects("rows for columns", function()
  local turned = target.rasterize(corners:flip(3), {size = 10, subsamples = 1})
  assert(turned[1]:equal(by_points(corners[1]:table(), 10, 1)):all():item())
end)

-- Exact areas, at a size that is no square, and beyond the edges.

local square = tensor{{{-0.5, -0.5}, {-0.5, 0.5}, {0.5, 0.5}, {0.5, -0.5}}}
check.near(target.rasterize(square, {size = {8, 12}}):sum():item(), 8 * 12 / 4, 1e-6)
check.near(target.rasterize(square * 8, {size = 8}):sum():item(), 64, 1e-6)
check.equal(target.rasterize(square + 9, {size = 8}):sum():item(), 0.0)
-- An outline of thickness 1 around 4×4 pixels: four sides, and quarters of a circle at the corners.
local outline = target.rasterize(square, {size = 8, filled = false, subsamples = 32})
check.near(outline:sum():item(), 16 - 1 + math.pi / 4, 0.02)
-- Repeated vertices change nothing; crossing edges leave out what is enclosed twice.
local triangle = tensor{{{-0.7, 0}, {0.5, -0.6}, {0.4, 0.8}}}
local again = tensor.concatenate({triangle, triangle[{{}, {3, 3}}], triangle[{{}, {3, 3}}]}, 2)
assert(target.rasterize(again, {size = 16}):equal(target.rasterize(triangle, {size = 16})):all():item())
check.equal(target.rasterize(tensor.concatenate({square, square}, 2), {size = 8}):sum():item(), 0.0)

-- The law: pictures are those of the vertices of the same seed; each is simple, in the picture, and of a number of vertices as
-- likely as another.

for _, options in ipairs{{}, {vertices = 4, radius = {0.3, 0.9}, spread = 0}, {vertices = {5, 8}, spread = 0.2}} do
  local of = {size = 24}
  for name, value in pairs(options) do of[name] = value end
  local x = target.polygons(of):sample(50, {seed = 3})
  local v = target.polygon_vertices(options):sample(50, {seed = 3})
  assert(x:equal(target.rasterize(v, {size = 24})):all():item())
end
local many = target.polygon_vertices{}:sample(2000, {seed = 2})
assert(many:abs():max():item() <= 1)
do
  local counts, simple = {}, true
  local function side(a, b, c) return (b[1] - a[1]) * (c[2] - a[2]) - (b[2] - a[2]) * (c[1] - a[1]) end
  for _, polygon in ipairs(many:table()) do
    local n = 6
    while n > 3 and polygon[n][1] == polygon[n - 1][1] and polygon[n][2] == polygon[n - 1][2] do n = n - 1 end
    counts[n] = (counts[n] or 0) + 1
    for i = 1, n do
      for j = i + 2, n - (i == 1 and 1 or 0) do
        local a, b, c, d = polygon[i], polygon[i % n + 1], polygon[j], polygon[j % n + 1]
        if side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0 then simple = false end
      end
    end
  end
  assert(simple)
  for n = 3, 6 do assert(math.abs(counts[n] / 2000 - 0.25) < 0.04, counts[n]) end
end

-- Membership: fresh polygons are polygons, of the number of vertices that they were drawn with; other pictures are not.

local law = target.polygons{size = 16}
local fresh = law:sample(200, {seed = 5})
local function share(x) return law:contains(x):to("float32"):mean():item() end
assert(share(fresh) >= 0.99, share(fresh))
local vertices, rest, count = target.fit_polygons(fresh, {vertices = 6})
assert(metric.quantiles(rest, {0.98})[1] < 0.02, metric.quantiles(rest, {0.98})[1])
assert(((target.rasterize(vertices, {size = 16}) - fresh)^2):mean():sqrt():item() < 0.03)
check.equal(count.shape[1], 200)
local drawn = target.polygon_vertices{vertices = 3}:sample(100, {seed = 6})
local _, _, three = target.fit_polygons(target.rasterize(drawn, {size = 16}))
assert(three:equal(3):to("float32"):mean():item() > 0.85)
-- The vertices of a triangle come back, in an order of their own.
local found = target.fit_polygons(target.rasterize(triangle, {size = 32, subsamples = 16}), {vertices = 3})
for _, corner in ipairs(triangle[1]:table()) do
  local least = math.huge
  for _, other in ipairs(found[1]:table()) do
    least = math.min(least, math.max(math.abs(corner[1] - other[1]), math.abs(corner[2] - other[2])))
  end
  assert(least < 0.01, least)
end
assert(share((fresh[{{1, 100}}] + fresh[{{101, 200}}]) / 2) < 0.05)                              -- two at once
assert(share(fresh[{{1, 60}}] + 0.1 * random.stream(1):normal{60, 16, 16}) == 0)                 -- noise
local circle = tensor.linspace(0, 2 * math.pi, 33)[{{1, 32}}]
local round = tensor.stack({circle:sin(), circle:cos()}, 2):unsqueeze(1) * 0.8
check.equal(share(target.rasterize(round, {size = 16})), 0.0)
check.equal(law:contains(tensor.zeros{1, 16, 16}):item(), false)
check.equal(law:contains(tensor.full({1, 16, 16}, 0 / 0)):item(), false)
assert(law:contains(fresh[{{1, 5}}] * 0.9, {tolerance = 0.2}):all():item())
check.equal(target.fit_polygons(tensor.zeros{0, 8, 8}).shape, {0, 6, 2})

-- Errors.

check.raises("target.polygons: vertices must have room: an edge of 12 vertices may be 0.3506 pixels long, which must be 1 or "
  .. "more; fewer vertices, a larger size or radius, or less spread make room", target.polygons, {size = 8, vertices = 12})
check.raises("target.polygons: vertices must be a number or {least, most} with 3 <= least <= most <= 64, got {6, 3}",
  target.polygons, {size = 16, vertices = {6, 3}})
check.raises("target.polygon_vertices: radius must be {least, most} with 0 < least <= most <= 1, half the side, got {0.5, 2}",
  target.polygon_vertices, {radius = {0.5, 2}})
check.raises("target.rasterize: vertices must have shape [n, v, 2] with 3 or more each, got [4, 2]",
  target.rasterize, square[1], {size = 8})
check.raises("target.rasterize: vertices must be finite", target.rasterize, square / 0, {size = 8})
check.raises("target.fit_polygons: x must be pictures [n, h, w] of 2×2 pixels or more, got shape [4, 2]",
  target.fit_polygons, square[1])
check.raises("target.fit_polygons: thickness must be a positive number, got 0",
  target.fit_polygons, square, {filled = false, thickness = 0})

-- Outlines: the vertices of a triangle come back from its outline too.

local lines = target.rasterize(triangle, {size = 32, subsamples = 16, filled = false, thickness = 1.5})
local from_lines, left = target.fit_polygons(lines, {vertices = 3, filled = false, thickness = 1.5})
assert(left:item() < 0.02, left:item())
for _, corner in ipairs(triangle[1]:table()) do
  local least = math.huge
  for _, other in ipairs(from_lines[1]:table()) do
    least = math.min(least, math.max(math.abs(corner[1] - other[1]), math.abs(corner[2] - other[2])))
  end
  assert(least < 0.02, least)
end
check.rejects("a filled fit", function()
  local _, rest = target.fit_polygons(lines, {vertices = 3})
  assert(rest:item() < 0.02)
end)

-- Fresh ones of several thicknesses are outlines, with the number of vertices that they were drawn with; filled ones are not.
for _, thickness in ipairs{0.5, 1, 2} do
  local own = target.polygons{size = 16, filled = false, thickness = thickness}
  local drawn_lines = own:sample(100, {seed = 5})
  local function share_of(x) return own:contains(x):to("float32"):mean():item() end
  assert(share_of(drawn_lines) >= 0.97, share_of(drawn_lines))
  local filled, few = share_of(fresh[{{1, 40}}]), drawn_lines[{{1, 30}}]
  assert(filled <= 0.25, filled)
  assert(share_of((few + drawn_lines[{{31, 60}}]):clamp(0, 1)) <= 0.04)
  assert(share_of(few + 0.1 * random.stream(1):normal(few.shape)) == 0)
  check.equal(share(few), 0.0)
end
local of_lines = target.rasterize(drawn[{{1, 40}}], {size = 16, filled = false})
local _, _, three_lines = target.fit_polygons(of_lines, {filled = false})
assert(three_lines:equal(3):to("float32"):mean():item() > 0.85)
for _, filled in ipairs{true, false} do
  local v, rest, count = target.fit_polygons(tensor.zeros{2, 8, 8}, {filled = filled})
  check.equal({rest:min():item(), count:table(), v:is_nan():all():item()}, {math.huge, {0, 0}, true})
  v, rest, count = target.fit_polygons(tensor.full({2, 8, 8}, 0 / 0), {filled = filled})
  check.equal({rest:is_nan():all():item(), count:table(), v:is_nan():all():item()}, {true, {0, 0}, true})
end
for _, of in ipairs{{"target.polygons", target.polygons},
  {"target.rasterize", function(o) return target.rasterize(tensor.zeros{1, 3, 2}, o) end}} do
  check.raises(of[1] .. ": thickness must be at most the picture's diagonal, 22.63 pixels, got 1000000000", of[2],
    {size = 16, filled = false, thickness = 1e9})
end
check.raises("target.fit_polygons: thickness must be at most the picture's diagonal, 45.25 pixels, got 1e+300",
  target.fit_polygons, lines, {filled = false, thickness = 1e300})
local refusal = "target.contains: target 'polygons' has no test of membership: pixels must have 4 or more subsamples, and an "
  .. "outline half a pixel or more"
for _, coarse in ipairs{{size = 16, subsamples = 2}, {size = 16, filled = false, thickness = 0.2}} do
  check.raises(refusal, function() target.polygons(coarse):contains(fresh) end)
end
