-- Ctrl-C in a probe: the run stands before it, and goes on to the same numbers.
local check = require "check"

local points = random.stream(1):normal{100, 1}
local process = io.open("/proc/self/stat"):read("n")
local quick = true

local function run()
  return train(nn.score_mlp{sde = sde.ve_power(), seed = 1}, points, {steps = 60, seed = 3, progress = false,
    probe = {every = 20, value = function(s)
      if s.step == 40 and not quick then
        quick = true
        os.execute(("(sleep 0.05; kill -INT %d) &"):format(process))
        local start = os.clock()
        while os.clock() - start < 20 do end
      end
      return s.loss
    end}})
end

local function trace(fit)
  local log = fit.log
  return {log.step:table(), log.loss[{{2, 4}}]:table(), log.value[{{2, 4}}]:table(),
    fit.model(points, 0.5):reshape{-1}:table()}
end

local undisturbed = trace(run())
quick = false
local passed, message = pcall(run)
check.equal(passed, false)
check.contains(message, "interrupted!")
check.equal(train.last.step, 40)
check.equal(train.last.log.step:table(), {0.0, 20.0})
check.equal(trace(train.last:finish()), undisturbed)
