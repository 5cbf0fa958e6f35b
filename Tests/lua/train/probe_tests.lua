-- What a probe is given and what it may return.

local check = require "check"

local function log_of(probe)
  local model = nn.score_mlp{dimension = 1, width = 2, sde = sde.vp(), seed = 1}
  return train(model, tensor.ones{4, 1}, {steps = 2, seed = 1, probe = {every = 1, q = probe}}).log.q
end

-- A number, an integer or a boolean, also in a tensor without axes, is a number of the log.
local numbers = log_of(function(s) return s.step / 2 end)
check.equal(numbers:table(), {0.0, 0.5, 1.0})
check.equal(log_of(function(s) return tensor(s.step / 2) end):table(), {0.0, 0.5, 1.0})
check.equal(log_of(function(s) return tensor(s.step, {dtype = "int64"}) end):table(), {0.0, 1.0, 2.0})
check.equal(log_of(function(s) return tensor(s.step):greater(0) end), {false, true, true})
-- Other values are kept as they are.
check.equal(log_of(function(s) return "step " .. s.step end), {"step 0", "step 1", "step 2"})
check.equal(#log_of(function() return tensor{1, 2} end)[1], 2)

-- What a probe is given.
local seen = {}
log_of(function(s)
  seen[#seen + 1] = {s.step, s.epoch, s.index, s.seed, s.model:score(tensor{{0}}, 0.5).rank, tostring(s)}
  return s.loss
end)
check.equal(seen[1], {0, 0.0, 1, 1, 2, "state(step 0, epoch 0, loss nan)"})
check.equal(seen[3][1], 2)

-- Nothing is an error, and so is a member that a state does not have.
check.raises("probe_tests.lua:7: train: probe q must return a value, got nil; is a 'return' missing?",
  function()
    local _ = log_of(function(s) local _ = s.step end)
  end)
check.raises("state has no member 'modle' (did you mean model?)",
  log_of, function(s) return s.modle end)
