-- Seconds that a picture of 10⁴, 10⁵ and 10⁶ marks takes in each format, as a table in Markdown.
-- Run: scripts/moondrift scripts/bench.d/plots.lua [KIND …]

local FORMATS = {"svg", "pdf", "png", "terminal"}

local function normal(n, seed) return random.stream(seed):normal{n} end

local KINDS = {
  {"line", "a line along x", function(n)
    local x = tensor.linspace(0, 1, n)
    return plot.line(x, (x * 40):sin() + normal(n, 1) * 0.1)
  end},
  {"walk", "a line to and fro", function(n) return plot.line(normal(n, 1), normal(n, 2)) end},
  {"scatter", "points", function(n) return plot.scatter(normal(n, 1), normal(n, 2)) end},
  {"values", "points coloured by value", function(n)
    return plot.scatter(normal(n, 1), normal(n, 2), {value = normal(n, 3)})
  end},
  {"bars", "bars", function(n)
    return plot.figure():bars(tensor.linspace(0, 1, n + 1), (tensor.linspace(0, 1, n) * 40):sin() + 2)
  end},
  {"band", "a band", function(n)
    local x = tensor.linspace(0, 1, n)
    local y = (x * 40):sin()
    return plot.figure():band(x, y - 0.2, y + 0.2)
  end},
  {"errors", "error bars along x", function(n)
    local x = tensor.linspace(0, 1, n)
    local y = (x * 40):sin()
    return plot.figure():errors(x, y, y - 0.2, y + 0.2)
  end},
  {"cloud", "error bars anywhere", function(n)
    local y = normal(n, 2)
    return plot.figure():errors(normal(n, 1), y, y - 0.2, y + 0.2)
  end},
  {"arrows", "arrows", function(n)
    local x, y = normal(n, 1), normal(n, 2)
    return plot.figure():arrows(x, y, -x, -y)
  end},
  {"contours", "contours of a grid", function(n)
    local side = math.floor(n^0.5 + 0.5)
    local x = tensor.linspace(-3, 3, side)
    return plot.contours((-(x:reshape{1, side}^2 + x:reshape{side, 1}^2)):exp())
  end},
  {"heat", "a heat map", function(n)
    local side = math.floor(n^0.5 + 0.5)
    local x = tensor.linspace(-3, 3, side)
    return plot.heat((-(x:reshape{1, side}^2 + x:reshape{side, 1}^2)):exp())
  end},
}

local wanted = {}
for _, name in ipairs(arg) do wanted[name] = true end

local name = os.tmpname()
print("| | " .. table.concat(FORMATS, " | ") .. " |")
print("|---" .. ("|---"):rep(#FORMATS) .. "|")
for _, kind in ipairs(KINDS) do
  if #arg == 0 or wanted[kind[1]] then
    local cells = {}
    for _, n in ipairs{10000, 100000, 1000000} do
      local figure = kind[3](n)
      for place, format in ipairs(FORMATS) do
        local start = os.clock()
        if format == "terminal" then figure:text{width = 80} else figure:save(name .. "." .. format) end
        local text = ("%.2f"):format(os.clock() - start)
        cells[place] = cells[place] and cells[place] .. ", " .. text or text
        os.remove(name .. "." .. format)
      end
    end
    print(("| %s | %s |"):format(kind[2], table.concat(cells, " | ")))
  end
end
os.remove(name)
