-- What a search found: the place, its interval, the points behind it; as a table, a sentence and a picture.

local M = {}

---@class moondrift.Transition
---@field variable string
---@field value number where the curve crosses the level; nan where it does not in the range
---@field low number of the interval; 0 where that reaches below the range
---@field high number inf where it reaches beyond the range
---@field outcome "inside"|"below"|"above"|"none" where the place lies: in the range, below or above it, nobody knows
---@field direction "rising"|"falling"|nil
---@field bracket {low: number?, high: number?} the nearest points that are decided to lie on either side
---@field points moondrift.SearchPoint[]
---@field fit "isotonic"|"logistic"|"probit"
---@field curve moondrift.Curve
---@field width number? factor in x within which the curve goes from a quarter to three quarters
---@field evaluations integer
---@field ended "tolerance"|"budget"|"ends" what ended the search
---@field level number
---@field confidence number
---@field seeds integer how many were used
local Transition = {}
Transition.__index = Transition
Transition.__name = "transition"

local function text(x)
  if x == math.huge then return "inf" end
  return (("%.4g"):format(x))
end

--- What was found, in a sentence.
---@return string
function Transition:verdict()
  local name, way = self.variable .. "*", self.direction
  if self.outcome == "none" then
    return ("%s is not found: the criterion is %s %s at both ends, and they do not tell in which direction it crosses")
      :format(name, self.points[1] and self.points[1].side ~= "undecided" and self.points[1].side or "undecided about", text(self.level))
  elseif self.outcome == "below" then
    return ("%s is below %s (at most %s), %s through %s"):format(
      name, text(self.range[1]), text(self.high), way, text(self.level))
  elseif self.outcome == "above" then
    return ("%s is above %s (at least %s), %s through %s"):format(
      name, text(self.range[2]), text(self.low), way, text(self.level))
  end
  return ("%s = %s [%s, %s], %s through %s"):format(
    name, text(self.value), text(self.low), text(self.high), way, text(self.level))
end

local function pad(piece, width) return (" "):rep(width - utf8.len(piece)) .. piece end

local ENDINGS = {budget = ", ended by the budget", ends = "", tolerance = ""}

--- The points as a table, and the sentence above it.
function Transition:__tostring()
  local rows = {{self.variable, "mean", "low", "high", "seeds", "side"}}
  for _, point in ipairs(self.points) do
    rows[#rows + 1] = {
      text(point.x), text(point.mean), text(point.low), text(point.high), tostring(#point.values), point.side}
  end
  local widths, lines = {}, {self:verdict(), ("%s%s; %d points, %d evaluations, %d seed%s%s"):format(
    self.fit, self.width and (", a quarter to three quarters within a factor of %s"):format(text(self.width)) or "",
    #self.points, self.evaluations, self.seeds, self.seeds == 1 and "" or "s", ENDINGS[self.ended])}
  for _, row in ipairs(rows) do
    for column, piece in ipairs(row) do widths[column] = math.max(widths[column] or 0, utf8.len(piece)) end
  end
  for _, row in ipairs(rows) do
    local pieces = {}
    for column, piece in ipairs(row) do pieces[column] = pad(piece, widths[column]) end
    lines[#lines + 1] = table.concat(pieces, "  ")
  end
  return table.concat(lines, "\n")
end

--- The criterion against x, with the curve, the level, and the interval shaded. Options are those of `plot.figure`.
---@param options table?
---@return figure
function Transition:plot(options)
  local axes = {x = self.variable, y = "criterion", log = "x"}
  for name, value in pairs(options or {}) do axes[name] = value end
  local passed, figure = pcall(plot.figure, axes)
  if not passed then error(figure, 2) end
  local xs, means, lows, highs = {}, {}, {}, {}
  for place, point in ipairs(self.points) do
    xs[place], means[place], lows[place], highs[place] = point.x, point.mean, point.low, point.high
  end
  local bottom, top = math.min(self.level, table.unpack(lows)), math.max(self.level, table.unpack(highs))
  if self.outcome == "inside" then
    local ends = {math.max(self.low, self.range[1]), math.min(self.high, self.range[2])}
    figure:band(ends, {bottom, bottom}, {top, top}, {color = "grey", opacity = 0.3,
      label = ("%.4g %% interval"):format(100 * self.confidence)})
  end
  local grid, heights = {}, {}
  for k = 0, 200 do
    grid[k + 1] = self.range[1] * (self.range[2] / self.range[1]) ^ (k / 200)
    heights[k + 1] = self.curve:at(grid[k + 1])
  end
  figure:line(grid, heights, {color = "blue", label = self.fit})
  figure:line({self.range[1], self.range[2]}, {self.level, self.level}, {color = "black", style = "dotted", label = "level"})
  return figure:errors(xs, means, lows, highs, {color = "vermillion", label = "mean over seeds"})
end

--- Gives a table of the fields its methods.
---@param fields table
---@return moondrift.Transition
function M.new(fields) return setmetatable(fields, Transition) end

return M
