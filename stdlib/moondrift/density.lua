-- Densities of learned scores on a grid in one or two dimensions, with what each may be wrong by, and divergences.
--
--   local density = require "moondrift.density"
--   local grid = density.grid{{-10, 10}, points = 401}                   -- or {{-5, 5}, {-5, 5}, points = 81}
--   local p = density.of_target(mix, model.sde, grid, 0.1)               -- of the noised target
--   local q = density.of_score(model, grid, 0.1)                         -- the density whose score it is
--   local f = density.of_flow(model, grid, 0.1)                          -- that of its probability flow
--   print(density.kl(p, q), density.kl(q, p), density.compare(q, f))     -- a value and an error each
--   print(density.kl_of_flow(mix, model, 0.1, {count = 1000, seed = 1})) -- by points, in any dimension
--
-- of_score integrates s over x (Li et al. 2023, Eq. 11); of_flow carries ln p along the probability flow with
-- its exact divergence (Song et al. 2021, Appendix D.2). For the exact score of a target they agree; a learned
-- one has two densities. In two dimensions a score need not be a gradient: of_score is the mean over two paths,
-- and half of what they differ by is part of its error.

local M = {}

---@class moondrift.Grid
---@field axes tensor[] the nodes along each axis, equally spaced
---@field step number[] between two nodes
---@field shape integer[]
---@field points tensor [n, d], the last axis fastest
---@field weights tensor [n], of the trapezoidal rule

---@class moondrift.Density
---@field grid moondrift.Grid
---@field log_density tensor [n]
---@field mass number by the trapezoidal rule
---@field error number what ln q may be wrong by, in its mean under q
---@field latent tensor? of a flow: where the points end, at the last time, where σ is `sigma`
---@field sigma number?
---@field curl number? of a score in two dimensions: the part of it that two paths differ by

---@class moondrift.GridRange
---@field points integer? nodes along each axis, odd; 401, in two dimensions 81, where absent

local DOUBLE = {dtype = "float64"}

local function fail(name, message, ...) error(("density.%s: " .. message):format(name, ...), 3) end

--- A grid whose ranges and number of nodes are known to be right.
local function build(ranges, count)
  local grid = {axes = {}, step = {}, shape = {}}
  for axis, ends in ipairs(ranges) do
    grid.axes[axis] = tensor.linspace(ends[1], ends[2], count, DOUBLE)
    grid.step[axis], grid.shape[axis] = (ends[2] - ends[1]) / (count - 1), count
  end
  grid.points = M.points(grid.axes)
  local ends = tensor.ones({count}, DOUBLE)
  ends[1], ends[count] = 0.5, 0.5
  if #ranges == 1 then
    grid.weights = ends * grid.step[1]
  else
    grid.weights = (ends:reshape{count, 1} * ends):reshape{-1} * (grid.step[1] * grid.step[2])
  end
  return grid
end

--- Every second node of values on a grid, along each axis.
local function halved(values, shape)
  local places = {}
  for k = 1, (shape[1] + 1) // 2 do places[k] = 2 * k - 1 end
  local picks = tensor(places, {dtype = "int64"})
  if #shape == 1 then return values[picks] end
  local rows = values:reshape(shape)[picks]
  return rows:transpose():copy()[picks]:transpose():copy():reshape{-1}
end

--- Equally spaced nodes on {first, last}, or on a rectangle {first, last}, {first, last}.
---@param range moondrift.GridRange
---@return moondrift.Grid
function M.grid(range)
  if type(range) ~= "table" or type(range[1]) ~= "table" or #range > 2 then
    fail("grid", "one or two {first, last} are expected, as {{-10, 10}, points = 401}")
  end
  local count = range.points or (#range == 1 and 401 or 81)
  if math.type(count) ~= "integer" or count < 5 or count % 2 == 0 then
    fail("grid", "points must be an odd integer of 5 or more, got %s", count)
  end
  local ranges = {}
  for axis, ends in ipairs(range) do
    local first, last = ends[1], ends[2]
    if not (type(first) == "number" and type(last) == "number" and first < last and last - first < math.huge) then
      fail("grid", "axis %d must be {first, last} with first < last", axis)
    end
    ranges[axis] = {first, last}
  end
  return build(ranges, count)
end

--- All points whose coordinates come from these axes, the last axis fastest.
---@param axes tensor[]
---@return tensor
function M.points(axes)
  if #axes == 1 then return axes[1]:reshape{-1, 1} end
  local a, b = #axes[1], #axes[2]
  local x = axes[1]:reshape{a, 1, 1} + tensor.zeros({a, b, 1}, DOUBLE)
  local y = axes[2]:reshape{1, b, 1} + tensor.zeros({a, b, 1}, DOUBLE)
  return tensor.concatenate({x, y}, 3):reshape{a * b, 2}
end

--- Throws where a density does not vanish at the border of its grid, since then it need not integrate.
local function check_border(name, grid, log_density)
  local top = log_density:max():item()
  local values = log_density:reshape(grid.shape)
  local border = -math.huge
  for axis = 1, #grid.shape do
    for _, place in ipairs{1, -1} do
      local part = #grid.shape == 1 and values[place] or axis == 1 and values[place] or values:column(place)
      border = math.max(border, part:max():item())
    end
  end
  if not (top - border > math.log(1e3)) then
    fail(name, "the density does not integrate on this range: at its border it is %.2g of its greatest value",
      math.exp(border - top))
  end
end

--- Checks model and grid against each other.
local function check_model(name, model, grid)
  if model.dimension ~= #grid.axes then
    fail(name, "model must have dimension %d as the grid has, got %d", #grid.axes, model.dimension)
  end
end

--- A density that is normalised on its grid.
local function normalised(grid, log_density)
  local top = log_density:max():item()
  local mass = ((log_density - top):exp() * grid.weights):sum():item()
  return log_density - (top + math.log(mass))
end

--- E_q |a − b|.
local function gap(grid, log_q, a, b)
  local difference = (a - b):abs()
  local weights = log_q:exp() * grid.weights
  -- Where nothing lies both may be −∞.
  local kept = weights:greater(1e-300)
  return (weights[kept] * difference[kept]):sum():item()
end

--- The noised law of a target at a time, on a grid.
---@param law target
---@param process sde
---@param grid moondrift.Grid
---@param time number
---@return moondrift.Density
function M.of_target(law, process, grid, time)
  if law.dimension ~= #grid.axes then
    fail("of_target", "target must have dimension %d as the grid has, got %d", #grid.axes, law.dimension)
  end
  local log_p = law:noised(process, time):log_density(grid.points)
  check_border("of_target", grid, log_p)
  local mass = (log_p:exp() * grid.weights):sum():item()
  return {grid = grid, log_density = log_p, mass = mass, error = math.abs(mass - 1)}
end

--- ∫ s along one axis from its start, by Simpson's rule over each cell: s at nodes and at the middles between them.
local function integral(nodes, middles, step, axis)
  local count = nodes.shape[axis]
  local function part(first, last)
    if nodes.rank == 1 then return nodes[{{first, last}}] end
    return axis == 1 and nodes[{{first, last}, {}}] or nodes[{{}, {first, last}}]
  end
  local cells = (part(1, count - 1) + middles * 4 + part(2, count)) * (step / 6)
  local start = part(1, 1) * 0
  return tensor.concatenate({start, cells:cumsum(axis)}, axis)
end

--- The middles between the nodes of an axis.
local function between(nodes) return (nodes[{{1, #nodes - 1}}] + nodes[{{2, #nodes}}]) / 2 end

--- ln q up to a constant on the nodes of these axes, and in two dimensions half of what two paths differ by.
local function potential(model, axes, step, time, base)
  if #axes == 1 then
    local s = model:score(M.points(axes), time):reshape{-1}
    local middles = model:score(M.points{between(axes[1])}, time):reshape{-1}
    return integral(s, middles, step[1], 1)
  end
  local a, b = #axes[1], #axes[2]
  local s = model:score(M.points(axes), time)
  local across = model:score(M.points{between(axes[1]), axes[2]}, time):column(1):reshape{a - 1, b}
  local along = model:score(M.points{axes[1], between(axes[2])}, time):column(2):reshape{a, b - 1}
  local x = integral(s:column(1):reshape{a, b}, across, step[1], 1)
  local y = integral(s:column(2):reshape{a, b}, along, step[2], 2)
  local i, j = (base - 1) // b + 1, (base - 1) % b + 1
  -- From the base along x and then y, and the other way about.
  local one = x:column(j):reshape{a, 1} - x[{i, j}] + y - y:column(j):reshape{a, 1}
  local two = y[i]:reshape{1, b} - y[{i, j}] + x - x[i]:reshape{1, b}
  return ((one + two) / 2):reshape{-1}, ((one - two) / 2):reshape{-1}
end

--- The density whose score a model has at a time: ln q = ∫ s dx, normalised on the grid.
---@param model model
---@param grid moondrift.Grid
---@param time number
---@return moondrift.Density
function M.of_score(model, grid, time)
  check_model("of_score", model, grid)
  local is_plane = #grid.axes == 2
  local base = (grid.shape[1] // 2) * (grid.shape[2] or 1) + (grid.shape[2] or 1) // 2 + 1
  local log_q, curl = potential(model, grid.axes, grid.step, time, base)
  if is_plane then
    -- Both paths begin where most lies, so that they lead as little as can be through what a network never saw.
    base = log_q:argmax():item()
    log_q, curl = potential(model, grid.axes, grid.step, time, base)
  end
  if not log_q:is_finite():all():item() then fail("of_score", "the score is not finite on the grid") end
  check_border("of_score", grid, log_q)
  log_q = normalised(grid, log_q)

  -- The same on half of the nodes: the rule is of order 4, so that this is more than what the fine one is off by.
  local ranges = {}
  for axis, nodes in ipairs(grid.axes) do ranges[axis] = {nodes[1]:item(), nodes[-1]:item()} end
  local half = build(ranges, (grid.shape[1] + 1) // 2)
  local fine = normalised(half, halved(log_q, grid.shape))
  local coarse = normalised(half, (potential(model, half.axes, half.step, time, fine:argmax():item())))
  local result = {grid = grid, log_density = log_q, mass = 1, error = gap(half, fine, fine, coarse)}
  if is_plane then
    result.curl = gap(grid, log_q, curl, curl * 0)
    result.error = result.error + result.curl
  end
  return result
end

---@class moondrift.FlowOptions
---@field tolerance number? rtol and atol; 1e-6 where absent

--- The density of the law of a model's probability flow at a time.
---@param model model
---@param grid moondrift.Grid
---@param time number
---@param options moondrift.FlowOptions?
---@return moondrift.Density
function M.of_flow(model, grid, time, options)
  check_model("of_flow", model, grid)
  local tolerance = options and options.tolerance or 1e-6
  local span = {time, model.sde.time_max}
  local function solve(size)
    return likelihood.ode(model, grid.points, {times = span, rtol = size, atol = size, info = true})
  end
  local log_q, info = solve(tolerance)
  local rough = solve(10 * tolerance)
  check_border("of_flow", grid, log_q)
  local mass = (log_q:exp() * grid.weights):sum():item()
  return {
    grid = grid, log_density = log_q, mass = mass,
    error = gap(grid, log_q, log_q, rough) + math.abs(mass - 1),
    latent = info.latent, sigma = model.sde:sigma(span[2]),
  }
end

--- The mean of |ln p_T − ln π| that a flow's density leaves out, told by where points of another density of the
--- model end: of the size of √(2 KL(p_T ‖ π)), with p_T taken as normal.
local function prior_part(flow, other)
  if not flow.latent then return 0 end
  local weights = other.log_density:exp() * flow.grid.weights
  weights = (weights / weights:sum()):reshape{-1, 1}
  local mean = (flow.latent * weights):sum(1)
  local ratio = ((flow.latent - mean)^2 * weights):sum(1) / flow.sigma^2
  local kl = ((ratio + (mean / flow.sigma)^2 - 1 - ratio:log()) / 2):sum():item()
  return math.sqrt(2 * math.max(kl, 0))
end

local function check_pair(name, a, b)
  if a.grid ~= b.grid then fail(name, "both densities must be on the same grid") end
end

--- KL(p ‖ q) by the trapezoidal rule, and what it may be wrong by: the errors of both, and what half the nodes change.
---@param p moondrift.Density
---@param q moondrift.Density
---@return number value in nats
---@return number error
function M.kl(p, q)
  check_pair("kl", p, q)
  local grid = p.grid
  local mass = p.log_density:exp() * grid.weights
  local kept = mass:greater(1e-300)
  local terms = tensor.where(kept, mass * (p.log_density - q.log_density), mass * 0)
  local value = terms:sum():item()
  local coarse = halved(terms, grid.shape):sum():item() * 2^#grid.shape
  -- The ends of the rule weigh half in both, and nothing lies there.
  return value, math.abs(value - coarse) + p.error + q.error
end

--- What two densities of one model differ by in the mean of ln q, what their errors and the prior of a flow explain,
--- and whether that is enough.
---@param a moondrift.Density
---@param b moondrift.Density
---@return number difference
---@return number bound
---@return boolean agree
function M.compare(a, b)
  check_pair("compare", a, b)
  local difference = gap(a.grid, a.log_density, a.log_density, b.log_density)
  local bound = a.error + b.error + prior_part(a, b) + prior_part(b, a) + 1e-9
  return difference, bound, difference <= bound
end

---@class moondrift.PointOptions
---@field count integer? points; 1000 where absent
---@field seed integer? of the points
---@field tolerance number? rtol and atol of the flow; 1e-6 where absent

--- KL(p_t ‖ q_t) and KL(q_t ‖ p_t) of a noised target and a model's probability flow by points of each, in any
--- dimension where the exact divergence is affordable.
---@param law target
---@param model model
---@param time number
---@param options moondrift.PointOptions?
---@return table {forward, forward_error, reverse, reverse_error}: means over the points, and their standard errors
function M.kl_of_flow(law, model, time, options)
  options = options or {}
  local count, tolerance = options.count or 1000, options.tolerance or 1e-6
  if math.type(count) ~= "integer" or count < 2 then fail("kl_of_flow", "count must be an integer above 1, got %s", count) end
  local noised = law:noised(model.sde, time)
  local last = model.sde.time_max
  local solver = {times = {time, last}, rtol = tolerance, atol = tolerance}
  local function mean(values) return values:mean():item(), values:std():item() / math.sqrt(count) end
  local x = noised:sample(count, {seed = options.seed}):to("float64")
  local forward, forward_error = mean(noised:log_density(x) - likelihood.ode(model, x, solver))
  local y = sample.rk45(model, {
    count = count, seed = options.seed, times = {last, time}, rtol = tolerance, atol = tolerance, final = "state",
    progress = false,
  }):to("float64")
  local reverse, reverse_error = mean(likelihood.ode(model, y, solver) - noised:log_density(y))
  return {forward = forward, forward_error = forward_error, reverse = reverse, reverse_error = reverse_error}
end

return M
