-- moondrift.ledger: numbers of points behind samples, against published values and on laws that are known.
local check = require "check"
local ledger = require "moondrift.ledger"

-- The published program EstimateS gives 9.75 and the interval 9.07 to 17.45 for ten kinds seen 0 1 1 4 2 5 2 4 1 2 times.
do
  local r = ledger.chao1(9, 3, 3)
  check.near(r.value, 9.75, 1e-12)
  -- Its interval is wider here, where fewer than two kinds are missing.
  check.equal(r.low, 9.0)
  assert(r.high > 17.45, r.high)
  check.rejects("twice for once", function() check.near(ledger.chao1(9, 3, 2).value, 9.75, 1e-2) end)
  -- At most 3.689 kinds are to be seen once where none was, by Poisson's law: −ln 0.025.
  local all_seen = ledger.chao1(4, 0, 0)
  check.equal({all_seen.value, all_seen.low}, {4.0, 4.0})
  check.near(all_seen.high, 4 + math.log(0.025)^2 / 2, 0.1)
  check.equal(ledger.chao1(0, 0, 0), {value = 0.0, low = 0.0, high = math.huge})
  check.equal(ledger.chao1(4, 1, 2).value, 4.0)
end
-- The lognormal interval, by its formula, where 23.75 are missing.
do
  local missing, once, twice = 23.75, 20, 7
  local variance = missing + once * 39^2 / (4 * 64) + once^2 * twice * 19^2 / (4 * 8^4)
  local factor = math.exp(1.959963984540054 * math.log(1 + variance / missing^2)^0.5)
  check.near(ledger.chao1(50, once, twice).low, 50 + missing / factor, 1e-9)
  check.near(ledger.chao1(50, once, twice).high, 50 + missing * factor, 1e-9)
end
-- Where nothing was caught again there is no upper bound.
check.equal(ledger.chapman(3, 2, 0).high, math.huge)
check.equal(ledger.chapman(3, 2, 0).low, 5.0)
check.raises("ledger.chao1: seen must be an integer of 0 or more, got nan", ledger.chao1, 0 / 0, 0, 0)
-- Numbers beyond integers.
check.near(ledger.chapman(1 << 62, 1 << 62, 1).value / 2^123, 1, 1e-9)

-- Chapman's own form for 24 marked, 10 caught and 5 of them marked.
check.near(ledger.chapman(24, 10, 5).value, 25 * 11 / 6 - 1, 1e-12)
check.near(ledger.chapman(24, 10, 5).high - ledger.chapman(24, 10, 5).value,
  1.959963984540054 * (25 * 11 * 19 * 5 / (36 * 7))^0.5, 1e-9)

-- A law on S points of which so many are likely, written as a product of coordinates ±1 is not: points on a line.
local function points(weights)
  local x = {}
  for k = 1, #weights do x[k] = {k, 0} end
  return target.finite{points = x, weights = weights}
end

-- Uniform on S points, n draws: both estimates are right on average, and the intervals hold S in nine of ten runs and more.
local S, runs = 200, 60
local equal = points((function() local w = {} for k = 1, S do w[k] = 1 end return w end)())
do
  local chao, chapman, held, seen = 0, 0, 0, 0
  for seed = 1, runs do
    local book = ledger.open{target = equal}:add(equal:sample(300, {seed = seed}))
    local a, b = book:chao1(), book:recapture()
    chao, chapman, seen = chao + a.value / runs, chapman + b.value / runs, seen + book:seen() / runs
    if a.low <= S and S <= a.high then held = held + 1 end
  end
  check.near(chao, S, 8)
  check.near(chapman, S, 8)
  check.near(seen, S * (1 - (1 - 1 / S)^300), 4)
  check.rejects("what was seen in place of the estimate", check.near, seen, S, 8)
  assert(held >= 51, held)
end

-- Nearly all seen: the interval holds the number, and no number passes that of the law's points.
for _, case in ipairs{{500, 45}, {600, 45}, {800, 45}} do
  local law, held = points((function() local w = {} for k = 1, 100 do w[k] = 1 end return w end)()), 0
  for seed = 1, 50 do
    local a = ledger.open{target = law}:add(law:sample(case[1], {seed = seed})):chao1()
    assert(a.low <= a.value and a.value <= a.high and a.high <= 100, a.high)
    if a.low <= 100 and 100 <= a.high then held = held + 1 end
  end
  assert(held >= case[2], held)
end

-- What is done to tensors afterwards changes nothing.
do
  local x, known = equal:sample(20, {seed = 1}), equal:sample(20, {seed = 2})
  local book = ledger.open{target = equal, training = known}:add(x)
  local before = tostring(book:shares().counts.distinct)
  x:fill(0)
  known:fill(0)
  check.equal(tostring(book:shares().counts.distinct), before)
  check.equal(book:shares().valid.value, 1.0)
end

-- Zipf's law: more than was seen, and not more than there are.
do
  local weights = {}
  for k = 1, S do weights[k] = 1 / k end
  local law = points(weights)
  local chao, chapman, seen = 0, 0, 0
  for seed = 1, runs do
    local book = ledger.open{target = law}:add(law:sample(300, {seed = seed}))
    chao, chapman, seen = chao + book:chao1().value / runs, chapman + book:recapture().value / runs,
      seen + book:seen() / runs
  end
  assert(seen < 0.6 * S and chao > 1.2 * seen and chao < S, ("%g seen, %g of %d"):format(seen, chao, S))
  assert(chapman < chao, ("%g, %g"):format(chapman, chao)) -- unequal chances hide more from recaptures
end

-- A model that has learned a part of the support: the estimate is of its own points.
do
  local law = target.binary{dimension = 10}
  local known = law:sample(100, {seed = 1})
  local copies = target.empirical(known)
  local book = ledger.open{target = law, training = known}
  for seed = 1, 3 do book:add(copies:sample(100, {seed = seed}) + 0.02 * random.stream(seed):normal{100, 10}) end
  local r = book:shares()
  check.equal({r.valid.value > 0.99, r.novel.value, r.counts.samples}, {true, 0.0, 300})
  local own = copies:support_size()
  check.near(book:chao1().value, own, 12)
  check.equal(book:seen(), r.counts.distinct)
  assert(book:completeness() > 0.85)
  check.contains(tostring(book), "ledger(300 samples of binary: ")
  -- What is no point of the law does not count.
  local before = book:seen()
  book:add(tensor.full({5, 10}, 0.3)):add(tensor.full({1, 10}, 0 / 0))
  check.equal(book:seen(), before)
  check.equal(book:shares().counts.samples, 306)
end

-- A law whose points cannot be listed: a model that copies 40 polygons up to grey, and one that draws fresh ones.
do
  local law = target.polygons{size = 12}
  local known = law:sample(40, {seed = 1})
  local copies = target.empirical(known)
  local book = ledger.open{target = law, training = known, tolerance = 0.05}
  for seed = 1, 3 do
    book:add(copies:sample(60, {seed = seed}) + 0.02 * random.stream(seed):normal{60, 12, 12})
  end
  local r = book:shares()
  check.equal({r.memorized.value, r.novel.value, r.covered, r.counts.valid}, {1.0, 0.0, nil, 180})
  check.equal(r.counts.distinct, book:seen())
  local all = book:chao1()
  assert(all.low <= 40 and 40 <= all.high and book:seen() <= 40, tostring(book))
  check.near(book:recapture().value, 40, 4)
  -- The same by looking at each pair.
  local marks = {}
  for seed = 1, 3 do
    local x = copies:sample(60, {seed = seed})
    local _, place = metric.nearest(x, known)
    for _, k in ipairs(place:column(1):table()) do marks[k] = true end
  end
  local count = 0
  for _ in pairs(marks) do count = count + 1 end
  check.equal(book:seen(), count)
  local fresh = ledger.open{target = law, training = known, tolerance = 0.05}:add(law:sample(50, {seed = 9}))
  local of = fresh:shares()
  check.equal({of.memorized.value, of.valid.value, of.duplicates.value}, {0.0, 1.0, 0.0})
  assert(fresh:chao1().value > 500, fresh:chao1().value)
  -- Without a training set, samples that are alike are one point; what is no polygon is none.
  local twice = known[{{1, 10}}]
  local alone = ledger.open{target = law}:add(tensor.concatenate({twice, twice, tensor.zeros{5, 12, 12}}, 1)):add(twice)
  check.equal({alone:seen(), alone:shares().counts.duplicates, alone:shares().novel}, {10, 20, nil})
  check.equal(alone:shares().counts.samples, 35)
  -- Many at once, in blocks, as one after another.
  local options = {target = law, training = known, tolerance = 0.05}
  local many, few = ledger.open(options), ledger.open(options)
  local x = tensor.concatenate({copies:sample(1200, {seed = 7}), law:sample(20, {seed = 8}), law:sample(20, {seed = 8})}, 1)
  many:add(x)
  for first = 1, #x, 40 do few:add(x[{{first, math.min(#x, first + 39)}}]) end
  check.equal({many:seen()}, {few:seen()})
  check.equal(many:shares().counts.duplicates, 1200 + 40 - many:seen())
  -- Training points that are none.
  check.raises("ledger.open: training has shape [4, 9, 9], expected [n 12 12]",
    function() ledger.open{target = law, training = tensor.zeros{4, 9, 9}} end)
  check.raises("got another in row 2", function()
    ledger.open{target = law, training = tensor.concatenate({known[{{1, 1}}], tensor.full({1, 12, 12}, 0 / 0)}, 1)}
  end)
  local none = ledger.open{target = law, training = known[{ {1, 0} }]}:add(known)
  check.equal({none:shares().novel.value, (none:seen())}, {1.0, 40})
end

-- Bad input.
check.raises("ledger.open: target must live on finitely many known points or tell which are its own, got moons(2 curves, std 0.1)",
  function() ledger.open{target = target.moons()} end)
check.raises("ledger.open: target is required: a law with a test of membership", function() ledger.open{} end)
check.raises("ledger.open: unknown option 'level' (known: target, tolerance, training)", function() ledger.open{target = equal, level = 1} end)
check.raises("ledger.chao1: once and twice must be at most seen = 2 in all, got 2 and 1", function() ledger.chao1(2, 2, 1) end)
check.raises("ledger.chao1: once must be an integer of 0 or more, got -1", function() ledger.chao1(2, -1, 1) end)
check.raises("ledger.chao1: seen must be an integer of 0 or more, got nil", function() ledger.chao1() end)
check.raises("ledger.open: target must be a target, got number", function() ledger.open{target = 3} end)
check.raises("ledger.open: training must be a tensor, got string", function() ledger.open{target = equal, training = "x"} end)
check.raises("ledger.open: tolerance must be a number of 0 or more, got -1", function() ledger.open{target = equal, tolerance = -1} end)
check.raises("ledger.add: samples must be a tensor, got number", function() ledger.open{target = equal}:add(3) end)
-- At the line of the caller.
assert(select(2, pcall(function() ledger.open{target = equal, training = tensor.zeros{2, 7}} end)):match(
  "^[^\n]*ledger_tests%.lua:%d+: ledger%.open: training has shape "))
assert(select(2, pcall(function() ledger.chao1() end)):match("^[^\n]*ledger_tests%.lua:%d+: ledger%.chao1: "))
check.near(ledger.chao1(10^10 // 1 | 0, 10^10 // 1 | 0, 0).value, 10^10 + 10^10 * (10^10 - 1) / 2, 1e10)
check.raises("ledger.chapman: both must be at most 3, got 4", function() ledger.chapman(3, 5, 4) end)
check.raises("ledger.shares: there must be samples, got none", function() ledger.open{target = equal}:shares() end)
