-- moondrift.wilson: against published numbers, at the ends, and by how often the interval holds.
local check = require "check"
local wilson = require "moondrift.wilson"

-- Newcombe 1998, Table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
for _, case in ipairs{{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}} do
  local r = wilson.share(case[1], case[2])
  check.near(r.low, case[3], 5e-5)
  check.near(r.high, case[4], 5e-5)
  check.equal({r.value, r.n}, {case[1] / case[2], case[2]})
end
check.equal(wilson.share(7, 7).high, 1.0)

-- 2,000 runs of 30 draws of p = 0.1: the interval holds p in about 95 %.
local held, draws = 0, random.stream(1):uniform{2000, 30}:less(0.1):to("float32"):sum(2):table()
for _, hits in ipairs(draws) do
  local r = wilson.share(math.tointeger(hits), 30)
  if r.low <= 0.1 and 0.1 <= r.high then held = held + 1 end
end
assert(held >= 1860 and held <= 1990, held)

check.raises("wilson.share: n must be a positive integer, got 0", wilson.share, 0, 0)
check.raises("wilson.share: hits must be an integer from 0 to 3, got 4", wilson.share, 4, 3)
