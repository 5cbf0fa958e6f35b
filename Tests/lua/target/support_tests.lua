-- Laws on finitely many points: membership, size, enumeration, projection, and what a ledger says of samples of them.
local check = require "check"

local function double(x) return x:to("float64") end
local dots, bits = target.dots{size = {4, 6}, amplitude = 2}, target.binary{dimension = 10}
local die = target.finite{points = {1, 2, 3, 4, 5, 6}}
local laws = {
  {dots, 24}, {bits, 1024}, {die, 6},
  {target.product({die, target.finite{points = {-1, 1}}}, {count = 2}), 144},
  {target.empirical(tensor{{0, 0}, {1, 0}, {0, 0}}), 2},
  {target.binary{shape = {2, 3}}, 64}, {target.dots{size = {3, 4}, count = 3, amplitude = 2}, 220},
  {target.dots{size = 3, count = 8}, 9}, {target.dots{size = 2, count = 4}, 1},
  {target.cantor{depth = 1, dimension = 5}, 32},
}
for _, case in ipairs(laws) do
  local law, size = table.unpack(case)
  check.equal(law:has_support(), true)
  check.equal(law:support_size(), size)
  check.near(law:support_bits(), math.log(size, 2), 1e-12)
  -- All points, each once, and each of the support.
  local all = law:enumerate()
  check.equal(all.shape[1], size)
  assert(law:contains(all, {tolerance = 0}):all():item())
  local apart = linalg.distances(all:reshape{size, -1}, all:reshape{size, -1}) + tensor.eye(size)
  assert(apart:min():item() > 0.5, tostring(law))
  local report = metric.ledger(all, {target = law, training = all})
  check.equal({report.covered.value, report.valid.value, report.memorized.value, report.novel.value, report.duplicates.value},
    {1.0, 1.0, 1.0, 0.0, 0.0})
  -- Samples are points, moved ones are none, and go back to where they were.
  local x = double(law:sample(50, {seed = 1}))
  assert(law:contains(x, {tolerance = 0}):all():item())
  local moved = x + random.stream(2):normal(x.shape, {dtype = "float64"}) * 0.05
  assert(not law:contains(moved):any():item())
  assert((law:project(moved) - x):abs():max():item() == 0)
  local share = metric.ledger(moved, {target = law, training = x, tolerance = 0.5})
  check.equal({share.memorized.value, share.novel.value}, {1.0, 0.0})
end

-- Cantor's dust: of what is left of [0, 1] after k steps the k ternary digits of each middle are 0 and 2, each its own.
do
  local dust = target.cantor{depth = 4, dimension = 1}
  check.equal(dust:support_size(), 16)
  check.equal(target.cantor{}:support_bits(), 10.0)
  local seen = {}
  for _, x in ipairs(dust:enumerate():column(1):table()) do
    local rest, digits = (x + 1) / 2, {}
    for k = 1, 4 do
      rest = rest * 3
      digits[k] = math.floor(rest)
      rest = rest - digits[k]
      assert(digits[k] ~= 1, x)
    end
    check.near(rest, 0.5, 1e-4)
    seen[table.concat(digits)] = true
  end
  local count = 0
  for _ in pairs(seen) do count = count + 1 end
  check.equal(count, 16)
  -- As a fractal: a third of the width holds half of the points.
  local x = target.cantor{depth = 8, dimension = 1}:enumerate()
  for k = 1, 4 do check.near(x:less(-1 + 2 / 3^k):to("float64"):mean():item(), 2^-k, 1e-12) end
  -- What is farther than half an interval from all of it is none of it.
  local plane = target.cantor{depth = 3}
  check.equal(plane:contains(tensor{{0, 0}, {-1 + 1 / 27, 1 - 1 / 27}}, {tolerance = 1 / 27}):table(), {false, true})
  check.raises("target.cantor: depth must be an integer from 1 to 16, got 17", target.cantor, {depth = 17})
  check.equal(metric.nearest(target.cantor{depth = 16, dimension = 1}:enumerate(), target.cantor{depth = 16, dimension = 1}:enumerate(), {k = 2}):column(2):min():item() > 0, true)
end

-- A set of pictures of one's own: those, up to a tolerance of grey, and no others of their kind.
do
  local digits = data.mnist{count = 400}
  local own = target.finite{points = digits[{{1, 200}}]}
  local function share(x) return own:contains(x, {tolerance = 0.2}):to("float32"):mean():item() end
  check.equal(share(digits[{{1, 200}}]), 1.0)
  check.equal(share(digits[{{1, 200}}] + 0.03 * random.stream(1):normal{200, 28, 28}), 1.0)
  check.equal(share(digits[{{201, 400}}]), 0.0)
  check.equal(share(digits[{{1, 200}}]:roll(1, 3)), 0.0)
end

-- The nearest point, by looking at all of them.
local three = target.dots{size = {3, 4}, count = 3, amplitude = 2}
for _, law in ipairs{dots, bits, three, target.product{die, target.finite{points = {{0, 0}, {3, 1}}}}} do
  local all = law:enumerate():reshape{law:support_size(), -1}
  local x = random.stream(3):normal{30, law.dimension} * 3
  local _, places = metric.nearest(x, all)
  local shape = {30, table.unpack(law.shape)}
  local got = law:project(x:reshape(shape)):reshape(x.shape)
  assert((got - all[places:column(1)]):abs():max():item() == 0, tostring(law))
end

-- Exact under noise: the same as the finite law of all points, in far fewer steps.
for _, law in ipairs{dots, target.binary{dimension = 8}, three, target.dots{size = 3, count = 8}} do
  local slow = target.finite{points = law:enumerate()}
  for _, t in ipairs{0.01, 0.3, 2} do
    local x = double(law:noised(sde.ou(), t):sample(20, {seed = 4}))
    local fast, m = law:model(sde.ou()), slow:model(sde.ou())
    local size = m:score(x, t):abs():max():item()
    assert((fast:score(x, t) - m:score(x, t)):abs():max():item() < 1e-9 * size)
    assert((fast:denoise(x, t) - m:denoise(x, t)):abs():max():item() < 1e-9)
    assert((fast:log_density(x, t) - m:log_density(x, t)):abs():max():item() < 1e-8)
    -- A law that has noise already.
    local twice = law:noised(sde.ou(), t):model(sde.ou())
    local want = slow:noised(sde.ou(), t):model(sde.ou())
    assert((twice:score(x, 0.1) - want:score(x, 0.1)):abs():max():item() < 1e-8 * size)
    assert((twice:denoise(x, 0.1) - want:denoise(x, 0.1)):abs():max():item() < 1e-8)
  end
end

-- What n draws cover of S equally likely points: 1 − (1 − 1/S)^n, which is the floor; and the interval holds it.
local n, size = 40, 24
local want = 1 - (1 - 1 / size)^n
local total, inside = 0, 0
for seed = 1, 400 do
  local r = metric.ledger(dots:sample(n, {seed = seed}), {target = dots, training = dots:sample(6, {seed = 1000})})
  total = total + r.covered.value
  if r.covered.low <= want and want <= r.covered.high then inside = inside + 1 end
  check.near(r.covered.floor, want, 1e-12)
  check.equal(r.counts.valid, n)
  check.equal(r.counts.distinct + r.counts.duplicates, n)
  check.equal(r.counts.memorized + r.counts.novel, n)
  check.near(r.novel.floor, 1 - r.counts.training / size, 1e-12)
end
check.near(total / 400, want, 0.01)
assert(inside > 340, inside)

-- In 4,096 dimensions: no overflow, and as a probe it stands for the share of novel samples.
local wide = target.binary{dimension = 4096}
check.equal(wide:support_size(), math.huge)
check.equal(wide:support_bits(), 4096.0)
local r = metric.ledger(wide:sample(20, {seed = 1}), {target = wide, training = wide:sample(5, {seed = 2})})
check.equal({r.novel.value, r.counts.distinct, r.covered.value}, {1.0, 20, 0.0})
local fit = train(nn.score_mlp{dimension = 2, width = 4, sde = sde.vp(), seed = 1}, target.binary{dimension = 2}:sample(8, {seed = 1}),
  {steps = 2, seed = 1, probe = {every = 1, novel = function()
    return metric.ledger(tensor{{1, 1}, {0, 3}}, {target = target.binary{dimension = 2}, training = tensor{{-1, 1}}})
  end}})
check.equal(fit.log.novel[1]:item(), 0.5)

-- Several dots: each set of pixels as often as any other, and how many sets there are.
do
  local counts, law = {}, target.dots{size = {2, 3}, count = 2}
  for _, row in ipairs(law:sample(15000, {seed = 5}):reshape{15000, 6}:table()) do
    local key = table.concat(row, " ")
    counts[key] = (counts[key] or 0) + 1
  end
  local kinds, statistic = 0, 0
  for _, count in pairs(counts) do kinds, statistic = kinds + 1, statistic + (count - 1000)^2 / 1000 end
  check.equal(kinds, 15)
  assert(statistic < 40, statistic) -- χ² with 14 degrees of freedom: above 36 once in a thousand
  check.equal(target.dots{size = 8, count = 5}:support_size(), 7624512)
  check.equal(target.dots{size = 64, count = 2000}:support_size(), math.huge)
  local many = target.dots{size = 32, count = 300}
  local x = many:noised(sde.ou(), 0.2):sample(3, {seed = 1}):to("float64")
  check.near((many:model(sde.ou()):denoise(x, 0.2):reshape{3, -1}:sum(2) - 300):abs():max():item(), 0, 1e-8)
  check.raises("target 'dots' must have at most 2^24 points to list them, got 74974368",
    function() target.dots{size = 8, count = 6}:enumerate() end)
  check.raises("target.dots: count must be at most h·w = 4, got 5", function() target.dots{size = 2, count = 5} end)
end

-- What is not finite is neither valid nor a point.
local broken = tensor{{1, 0 / 0}, {1, -1}}
check.equal(metric.ledger(broken, {target = target.binary{dimension = 2}}).counts.valid, 1)
check.equal(target.binary{dimension = 2}:contains(broken):table(), {false, true})

-- What is missing is named.
check.raises("target 'moons' has no support of finitely many known points", function() target.moons():enumerate() end)
check.raises("target 'moons' has no support of finitely many known points",
  function() metric.ledger(tensor.zeros{2, 2}, {target = target.moons()}) end)
check.raises("target 'product' has no support of finitely many known points",
  function() target.product{die, target.uniform()}:support_size() end)
check.raises("target 'binary' must have at most 2^24 points to list them, got 2^4096", function() wide:enumerate() end)
check.raises("target 'dots' has no density without noise; its noised marginals have",
  function() dots:log_density(tensor.zeros{1, 4, 6}) end)
check.raises("metric.ledger: training must be points of dots(4×6, amplitude 2), got another in row 2",
  function() metric.ledger(dots:enumerate(), {target = dots, training = tensor.concatenate({dots:sample(1), tensor.ones{1, 4, 6}}, 1)}) end)
check.raises("metric.ledger: samples must not be empty, got shape [0, 4, 6]",
  function() metric.ledger(tensor.zeros{0, 4, 6}, {target = dots}) end)
check.raises("target.dots: size must be a positive integer or two, {h, w}, got a table", function() target.dots{size = {4}} end)
check.raises("target.binary: dimension is required: a positive integer; or shape", function() target.binary{} end)

-- Gradients pass, and a recorded function gives the same: the slope of ln p is the score, that of the score by differences.
for _, law in ipairs{target.dots{size = 3}, target.binary{dimension = 9}} do
  local m = law:model(sde.ou())
  local x = random.stream(1):normal({2, table.unpack(law.shape)}, {dtype = "float64"})
  local v, h = random.stream(2):normal(x.shape, {dtype = "float64"}), 1e-5
  local function along(y) return (m:score(y, 0.5) * v):sum() end
  local slope = (grad.grad(along)(x) * v):sum():item()
  check.near(slope, ((along(x + v * h) - along(x - v * h)) / (2 * h)):item(), 1e-7 * math.abs(slope))
  local score = grad.grad(function(y) return m:log_density(y, 0.5):sum() end)(x)
  assert((score - m:score(x, 0.5)):abs():max():item() < 1e-12)
  assert((grad.compile(function(y) return m:score(y, 0.5) end)(x) - m:score(x, 0.5)):abs():max():item() == 0)
end
