local check = require "check"
local estimates = require "moondrift.sweep.estimate"

check.equal({estimates.clock(59.6), estimates.clock(3600), estimates.clock(7265)}, {"1:00", "1:00:00", "2:01:05"})
-- Seven runs left, two at a time, are four rounds; what failed says nothing of the time, but of the memory.
local rows = {a = {seconds = 2, memory = 1 << 20}, b = {seconds = 5, memory = 3 << 20},
  c = {seconds = 0.1, memory = 8 << 20, error = "no luck"}}
local found = estimates.of(rows, 7, 2)
check.equal({found.left, found.jobs, found.memory}, {7, 2, 8 << 20})
check.equal(found.seconds, {8, 20})
check.contains(tostring(found), "7 runs are left, 2 at a time: 0:08 to 0:20; a run takes up to 8 MB")
check.equal(estimates.of({}, 3, 1).seconds, {0, 0})
