-- The module `plot` as Lua sees it, in an empty current folder.
local check = require "check"

local function fails(f, words)
  local succeeded, message = pcall(f)
  assert(not succeeded, "no error")
  check.contains(message, words)
end

local function bytes(path)
  local handle <close> = assert(io.open(path, "rb"))
  return handle:read "a"
end

-- One argument is the heights at 1, 2, 3, …, with and without options
local text = plot.line({1, 2, 3}, {4, 5, 6}):text{width = 40}
check.equal(plot.line({4, 5, 6}):text{width = 40}, text)
check.equal(plot.line(tensor{4, 5, 6}):text{width = 40}, text)
check.equal(plot.figure():line({4, 5, 6}):text{width = 40}, text)
check.contains(plot.line({4, 5, 6}, {title = "heights"}):text{}, "heights")
check.contains(plot.scatter({4, 5, 6}, {title = "points"}):text{}, "points")
fails(function() plot.line({4, 5, 6}, {titel = "t"}) end, "unknown option 'titel'")
fails(function() plot.line({1, 2}, {4, 5, 6}) end, "x and y must have the same length")

-- An option table that stands where an argument may be left out
check.equal(tostring(tensor{{1, 2}}:sum({keepdim = true})), tostring(tensor{{1, 2}}:sum(nil, {keepdim = true})))

-- save returns nothing, so that the prompt shows nothing
check.equal(select("#", plot.line({1, 2}):save("a.svg")), 0)

-- Words of an SVG: outlines, or letters that can be searched
local figure = plot.line({1, 2}, {3, 4}, {title = "a < b & c", x = "x_{1}", label = "up"})
figure:save("outlines.svg")
figure:save("letters.svg", {text = "letters"})
assert(not bytes "outlines.svg":find("<text", 1, true))
check.contains(bytes "letters.svg", ">a &lt; b &amp; c</text>")
check.contains(bytes "letters.svg", ">up</text>")
check.contains(bytes "letters.svg", ">1</tspan></text>")
fails(function() figure:save("a.png", {text = "letters"}) end,
  "text = \"letters\" is for .svg, got 'a.png'")

-- Images in colours: three numbers along the last of four axes, else along the second
local red = tensor{{{{1, 0, 0}}}}
plot.images(red, {range = {0, 1}, path = "last.png"})
plot.images(red:reshape{1, 3, 1, 1}, {range = {0, 1}, path = "second.png"})
plot.images(tensor{{1, 0, 0}}, {shape = {1, 1, 3}, range = {0, 1}, path = "row.png"})
assert(bytes "second.png" == bytes "last.png")
assert(bytes "row.png" == bytes "last.png")
plot.images(tensor.zeros{2, 4, 4, 1})
plot.images(tensor.zeros{2, 1, 4, 4})
fails(function() plot.images(tensor.zeros{2, 4, 4, 2}) end, "images has shape [2, 4, 4, 2]")
fails(function() plot.images(tensor.zeros{2, 12}, {shape = {2, 2}}) end,
  "shape [2, 2] does not fit images of shape [2, 12]")

-- Lines of equal value, by colour or in one; levels that are chosen are round
local square = tensor{{0, 1, 0}, {1, 2, 1}, {0, 1, 0}}
local lines = plot.contours(square, {levels = {0.5, 1.5}, x_extent = {-1, 1}, y_extent = {-1, 1}})
check.contains(lines:text{width = 40}, "⡠")
lines:heat(square, {x_extent = {-1, 1}, y_extent = {-1, 1}}):contours(square, {color = "white", label = "levels"})
check.contains(lines:text{width = 60}, "levels")
for _, ending in ipairs{"svg", "pdf", "png"} do lines:save("lines." .. ending) end
check.contains(plot.contours(tensor.full({4, 4}, 0 / 0)):text{}, "┤")
plot.contours(tensor{{1}}):text{}
fails(function() plot.contours(tensor{1, 2}) end, "plot.contours: values has shape [2], expected [rows columns]")
fails(function() plot.contours(square, {levels = {1, 0 / 0}}) end, "levels must be finite numbers, got nan")

-- Colours that are even in the logarithms; what has none is grey, and the ends must have one
local wide = tensor{{1e-6, 1e-3}, {1, 0}}
plot.heat(wide, {value_scale = "log"}):save("wide.svg", {text = "letters"})
check.contains(bytes "wide.svg", "−6")
plot.scatter({1, 2}, {1, 2}, {value = {1e-3, 10}, value_scale = "log", range = {1e-3, 10}}):text{}
fails(function() plot.heat(wide, {value_scale = "log", range = {0, 1}}) end,
  "plot.heat: range must be positive on a log scale, got 0 to 1")
fails(function() plot.scatter({1}, {1}, {value = {1}, value_scale = "log", range = {-1, 1}}) end,
  "plot.scatter: range must be positive on a log scale, got -1 to 1")

-- Nothing to show is said, and what is not finite is left out: every kind of mark, on every surface
local none, odd = {}, {0 / 0, 1 / 0, -1 / 0}
for name, values in pairs{none = none, odd = odd} do
  local figure = plot.figure{title = name}
  figure:panel(1, 1):line(values, values):steps(values, values):scatter(values, values):band(values, values, values)
  figure:panel(1, 2):errors(values, values, values, values):arrows(values, values, values, values):histogram(values)
  figure:panel(2, 1, {log = "xy"}):line(values, values, {label = "l"})
  figure:panel(2, 2):heat(tensor.full({2, 2}, 0 / 0)):scatter(values, values, {value = values})
  for _, ending in ipairs{"svg", "pdf", "png"} do figure:save(name .. "." .. ending) end
  check.contains(figure:text{width = 100}, "no data")
  check.contains(figure:text{width = 100}, "no positive data")
end

-- The time to draw grows as the number of marks: many short lines are not compared with each other
local function seconds(n)
  local y = random.stream(1):normal{n}
  local start = moondrift.seconds()
  plot.figure():errors(tensor.linspace(0, 1, n), y, y - 1, y + 1):save("errors.png")
  return moondrift.seconds() - start
end
seconds(100)
local few, many = math.min(seconds(2000), seconds(2000)), seconds(20000)
assert(many < 40 * few + 1, ("%.2f s and %.2f s"):format(few, many))

-- Bins by their edges
check.contains(plot.histogram({1, 2, 2, 9}, {edges = {0, 2, 10}}):text{width = 40}, "█")
fails(function() plot.histogram({1}, {edges = {0, 1}, bins = 3}) end,
  "edges stand in place of bins and range")
assert(plot.histogram({5e-324, 0}):text{}:find "█")

-- Limits on a log axis
plot.line({1, 2}, {1, 2}, {log = "y", y_limits = {5e-324, 1e308}}):text{}
fails(function() plot.line({1, 2}, {1, 2}, {log = "y", y_limits = {-1, 1e308}}):text{} end,
  "limits of y must be positive on a log scale, got -1")

-- Colours by value
fails(function() plot.scatter({1, 2}, {1, 2}, {value = {1}}) end,
  "x and value must have the same length, got 2 and 1")
plot.scatter({1, 2}, {1, 2}, {value = tensor{0.1, 0.9}, value_label = "t", map = "grey"}):save("v.svg")

-- Bins of tensors that are alike and large, or as far apart as numbers can be
check.equal(tensor({1e17, 1e17}, {dtype = "float64"}):histogram(3):table(), {0, 2, 0})
check.equal(tensor{1e30}:histogram():sum():item(), 1)
local counts, edges = tensor({0, 1}, {dtype = "float64"}):histogram(2, {range = {-1.7e308, 1.7e308}})
check.equal(counts:table(), {0, 2})
check.equal(edges:table(), {-1.7e308, 0.0, 1.7e308})

-- Samples beside their nearest data
local data = random.stream(1):uniform{20, 4, 4}
local shown = tensor.concatenate({data[{ {3, 3} }], data[{ {5, 5} }] + 0.01}, 1)
local text = plot.pairs(shown, data, {range = {0, 1}}):text{width = 60}
check.contains(text, "0.00")
plot.pairs(shown:reshape{2, 16}, data:reshape{20, 16}, {shape = {4, 4}, range = {0, 1}, title = "t"})
fails(function() plot.pairs(shown, data:reshape{20, 16}) end, "data has shape [20, 16]")
fails(function() plot.pairs(shown, data, {captions = {"a"}}) end, "captions are the ratios")

-- Pictures [n, h, w], [n, 1, h, w] and as rows are one figure, and so are [n, 3, h, w] and [n, h, w, 3]
local grey = random.stream(1):uniform{4, 5, 6}
local shown = plot.images(grey):text{width = 40}
check.equal(plot.images(grey:reshape{4, 1, 5, 6}):text{width = 40}, shown)
check.equal(plot.images(grey:reshape{4, 30}, {shape = {5, 6}}):text{width = 40}, shown)
-- One image in colours, with its shape; without, three grey ones
local one = random.stream(4):uniform{3, 5, 6}
plot.images(one, {shape = {3, 5, 6}}):save("one.svg")
plot.images(one:reshape{1, 3, 5, 6}):save("first.svg")
check.equal(bytes "one.svg", bytes "first.svg")
check.contains(tostring(plot.images(one)), "3 images")
fails(function() plot.images(one, {shape = {5, 6}}) end,
  "plot.images: shape [5, 6] does not fit images of shape [3, 5, 6]")
-- The extent of each image is its own, and 0 is white where colours diverge
fails(function() plot.images(one, {range = {0, 1}, scale_each = true}) end,
  "plot.images: scale_each must be false beside a range, got true")
local unlike = tensor{{0.0, 0.5, 1.0}, {0.0, 5.0, 10.0}}:reshape{2, 1, 3}
plot.images(unlike, {scale_each = true}):save("each.svg")
plot.images(unlike / tensor{1, 10}:reshape{2, 1, 1}):save("scaled.svg")
check.equal(bytes "each.svg", bytes "scaled.svg")
plot.images(one - 0.25, {map = "diverging"}):save("diverging.svg")
local most = (one - 0.25):abs():max():item()
plot.images(one - 0.25, {map = "diverging", range = {-most, most}}):save("symmetric.svg")
check.equal(bytes "diverging.svg", bytes "symmetric.svg")

local planar = random.stream(2):uniform{4, 3, 5, 6}
plot.images(planar):save("planar.svg")
plot.images(planar:permute{1, 3, 4, 2}):save("interleaved.svg")
check.equal(bytes "planar.svg", bytes "interleaved.svg")
local data = random.stream(3):uniform{6, 3, 5, 6}
plot.pairs(planar, data):save("pairs.svg")
plot.pairs(planar:reshape{4, 90}, data:reshape{6, 90}, {shape = {3, 5, 6}}):save("row_pairs.svg")
check.equal(bytes "pairs.svg", bytes "row_pairs.svg")
fails(function() plot.pairs(planar, data:reshape{6, 5, 6, 3}) end, "data has shape [6, 5, 6, 3], expected")
-- Pairs in a panel beside axes; no row parts a pair
fails(function() plot.pairs(planar, data, {columns = 3}) end, "plot.pairs: columns must be a multiple of 2, got 3")
local figure = plot.figure{title = "copies"}
figure:panel(1, 1, {title = "loss"}):line({3, 2, 1})
figure:panel(1, 2, {title = "samples"}):pairs(planar, data)
figure:save("panel.png")
check.contains(figure:text{width = 100}, "samples")
check.contains(tostring(figure), "8 images")
fails(function() figure:pairs(planar, data, {captions = {"a"}}) end,
  "captions are the ratios of distances and cannot be given")
-- The ratio is the distance to the nearest over that to the next; of what is not finite it is nan
local line = plot.pairs(tensor{{1.0, 0}}, tensor{{0.0, 0}, {5, 0}, {9, 0}}, {shape = {1, 2}, range = {0, 9}}):text{width = 40}
check.contains(line, "0.25")
check.contains(plot.pairs(tensor{{0 / 0, 0}}, tensor{{0.0, 0}, {5, 0}}, {shape = {1, 2}}):text{width = 40}, "nan")
