local check = require "check"
local crews = require "moondrift.sweep.crew"

--- A crew for these configurations, and how often it was finished.
local finished = 0
local function crew_for(run, grid)
  return crews.new({run = run, grid = grid, jobs = 1, seed = 0}, nil, function() finished = finished + 1 end)
end

-- A run is a process, and its row says what came of it.
do
  local crew <close> = crew_for(function(c) return {square = c.n^2} end, {{n = 3}, {n = "x"}})
  crew:start(1)
  moondrift.wait(crew.children, 30)
  local row = crew:take(1)
  check.equal({row.result.square, row.error}, {9})
  check.equal(row.configuration, {n = 3})
  assert(row.seconds >= 0 and row.memory > 0)
  crew:start(2)
  moondrift.wait(crew.children, 30)
  check.contains(crew:take(1).error, "attempt to pow")
  check.equal(finished, 0)
end
check.equal(finished, 1)

-- What still runs ends with the crew.
local start = moondrift.seconds()
do
  local crew <close> = crew_for(function() os.execute("sleep 30") end, {{n = 1}})
  crew:start(1)
end
assert(moondrift.seconds() - start < 10)
check.equal(finished, 2)
