-- Chains of spins: partition functions against closed forms and sums over all states, samples against probabilities, the
-- posterior under noise against the finite law of all states.
local check = require "check"

local function double(x) return x:to("float64") end
local function largest(x) return x:abs():max():item() end

-- ln Z: open chains without a field, Z = 2^n cosh(J)^(n−1) and q (e^J + q − 1)^(n−1); closed ones, the sum of the powers of
-- the eigenvalues of the transfer matrix.
for _, case in ipairs{{1, 0.7}, {5, 0.7}, {40, -1.3}, {1000, 2}} do
  local n, coupling = table.unpack(case)
  local want = n * math.log(2) + (n - 1) * (coupling + math.log((1 + math.exp(-2 * coupling)) / 2))
  local function holds(J)
    local got = target.ising_chain{length = n, coupling = J}.log_partition
    assert(math.abs(got / want - 1) < 1e-12, ("%g is not %g"):format(got, want))
  end
  holds(coupling)
  if n > 1 then check.rejects("another coupling", holds, coupling + 1e-6) end
  check.near(target.potts_chain{length = n, coupling = coupling, states = 4}.log_partition,
    math.log(4) + (n - 1) * math.log(math.exp(coupling) + 3), 1e-9)
end
for _, case in ipairs{{3, 0.4, 0}, {12, 0.8, 0.3}, {25, -0.5, 0.2}} do
  local n, J, h = table.unpack(case)
  local root = (math.exp(2 * J) * ((math.exp(h) - math.exp(-h)) / 2)^2 + math.exp(-2 * J))^0.5
  local middle = math.exp(J) * (math.exp(h) + math.exp(-h)) / 2
  local Z = (middle + root)^n + (middle - root)^n
  check.near(target.ising_chain{length = n, coupling = J, field = h, closed = true}.log_partition, math.log(Z), 1e-10)
  local Q = (math.exp(J) + 2)^n + 2 * (math.exp(J) - 1)^n
  check.near(target.potts_chain{length = n, coupling = J, closed = true}.log_partition, math.log(Q), 1e-10)
end
-- Two states of a Potts chain are an Ising chain: δ(a, b) = (1 + s s′)/2.
local ising = target.ising_chain{length = 7, coupling = 0.45, field = 0.2, closed = true}
local potts = target.potts_chain{length = 7, coupling = 0.9, states = 2, field = {-0.2, 0.2}, closed = true}
local all = ising:enumerate()
local written = tensor.stack({(1 - all) / 2, (1 + all) / 2}, 3)
check.near(largest(ising:log_probability(all) - potts:log_probability(written)), 0, 1e-12)
check.equal(target.moons().log_partition, nil)

local laws = {
  target.ising_chain{length = 6, coupling = 0.7}, ising,
  target.ising_chain{length = 1, field = 0.4},
  target.potts_chain{length = 4, states = 3, coupling = 1.2, field = {0, 0.5, -0.3}},
  target.potts_chain{length = 4, states = 3, coupling = -0.8, field = {0.1, 0, 0}, closed = true},
}
for _, law in ipairs(laws) do
  local states = law:enumerate()
  local n = states.shape[1]
  check.equal(law:support_size(), n)
  check.near(law:support_bits(), math.log(n, 2), 1e-12)
  assert(law:contains(states, {tolerance = 0}):all():item())
  local p = law:log_probability(states):exp()
  check.near(p:sum():item(), 1, 1e-12)
  check.equal(law:log_probability(states * 0.9):table()[1], -math.huge)

  -- Draws have these probabilities: Pearson's statistic, whose mean is n − 1 and whose variance 2 (n − 1), or somewhat more.
  local draws = law:sample(20000, {seed = 3})
  local flat = states:reshape{n, -1}
  local _, places = metric.nearest(draws:reshape{20000, -1}, flat)
  local counts = tensor.zeros({n}, {dtype = "float64"}):table()
  for _, place in ipairs(places:column(1):table()) do counts[place] = counts[place] + 1 end
  local function statistic(share)
    local want = share * 20000
    return ((tensor(counts, {dtype = "float64"}) - want)^2 / want):sum():item()
  end
  local function fits(share)
    local deviation = (statistic(share) - (n - 1)) / (2 * (n - 1))^0.5
    assert(math.abs(deviation) < 5, ("%g standard deviations"):format(deviation))
  end
  fits(p)
  check.rejects("other probabilities", fits, (p^0.8) / (p^0.8):sum())

  -- Under noise: as of the finite law.
  local slow = target.finite{points = states, weights = p:table()}
  for _, t in ipairs{0.01, 0.3, 2} do
    local x = double(law:noised(sde.ou(), t):sample(20, {seed = 4}))
    local fast, m = law:model(sde.ou()), slow:model(sde.ou())
    local size = largest(m:score(x, t))
    assert(largest(fast:score(x, t) - m:score(x, t)) < 1e-9 * size)
    assert(largest(fast:denoise(x, t) - m:denoise(x, t)) < 1e-9)
    assert(largest(fast:log_density(x, t) - m:log_density(x, t)) < 1e-8)
    local twice, want = law:noised(sde.ou(), t):model(sde.ou()), slow:noised(sde.ou(), t):model(sde.ou())
    assert(largest(twice:score(x, 0.1) - want:score(x, 0.1)) < 1e-8 * size)
  end
end

-- ⟨s_i s_{i+k}⟩ = tanh(J)^k in an open chain, over 5,000 draws of 200 spins.
local long = target.ising_chain{length = 200, coupling = 0.9}:sample(5000, {seed = 5})
for k = 1, 4 do
  local got = (long[{{}, {1, 200 - k}}] * long[{{}, {1 + k, 200}}]):mean():item()
  local want = ((math.exp(1.8) - 1) / (math.exp(1.8) + 1))^k
  check.near(got, want, 0.006)
  check.rejects("a neighbour too many", check.near, got, want * 0.72, 0.006)
end

-- What is equally likely says so: only then are there floors.
local fair = target.ising_chain{length = 4, coupling = 0}
check.near(metric.ledger(fair:sample(30, {seed = 1}), {target = fair}).covered.floor, 1 - (15 / 16)^30, 1e-12)
check.equal(metric.ledger(ising:sample(3, {seed = 1}), {target = ising}).covered.floor, nil)

-- Long and strongly coupled: no overflow.
local strong = target.ising_chain{length = 3000, coupling = 300}
local x = strong:sample(3, {seed = 2})
check.equal(x:var(2):max():item(), 0.0)
assert(strong:model(sde.ou()):score(double(x), 0.01):is_finite():all():item())

-- ln p of other laws: of equal points that of all of them, of products the sum.
local die = target.finite{points = {1, 2, 2, 3}, weights = {1, 1, 2, 4}}
local pair = target.product({die, target.binary{dimension = 2}})
check.near(largest(pair:log_probability(tensor{{2, 1, -1}, {3, 1, 1}}):exp() - tensor{3 / 32, 4 / 32}), 0, 1e-12)
check.near(target.dots{size = 4}:log_probability(target.dots{size = 4}:sample(1)):item(), -math.log(16), 1e-12)

-- Bad input.
check.raises("target.ising_chain: length must be at least 3 where the chain is closed, got 2",
  function() target.ising_chain{length = 2, closed = true} end)
check.raises("target.ising_chain: field must be within ±700, got -1000", target.ising_chain, {length = 4, field = -1000})
check.raises("target.potts_chain: field[2] must be within ±700, got 1e+308", target.potts_chain,
  {length = 4, field = {1, 1e308, 0}})
check.near(target.ising_chain{length = 4, field = 700}.log_partition, 4 * 700 + 3, 1e-9)
check.raises("target.ising_chain: coupling must be within ±700, got 1000",
  function() target.ising_chain{length = 4, coupling = 1000} end)
check.raises("target.potts_chain: field must be a list of 3 finite numbers, got {1, 2}",
  function() target.potts_chain{length = 4, field = {1, 2}} end)
check.raises("target.potts_chain: states must be an integer from 2 to 256, got 1",
  function() target.potts_chain{length = 4, states = 1} end)
check.raises("target 'ising_chain' must have at most 2^24 points to list them, got 1099511627776",
  function() target.ising_chain{length = 40}:enumerate() end)
check.raises("target 'ising_chain' has no density without noise; its noised marginals have",
  function() ising:log_density(all) end)
check.raises("target 'ising_chain' must not be differentiated under noise: its posterior comes by a recursion over the spins, "
  .. "which passes no gradient; use detach()",
  grad(function(y) return ising:model(sde.ou()):score(y, 0.3):sum() end), double(all))
