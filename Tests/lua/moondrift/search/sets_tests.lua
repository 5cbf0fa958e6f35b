-- moondrift.search.sets: crossing keeps what both parents have, mutation keeps the size, and no place comes twice.
local check = require "check"
local sets = require "moondrift.search.sets"

local stream = random.stream(1)
local function is_set(set, size, pool)
  assert(#set == size)
  for k, item in ipairs(set) do
    assert(math.type(item) == "integer" and item >= 1 and item <= pool, item)
    assert(k == 1 or set[k - 1] < item, "not in order, or twice")
  end
end

check.equal(sets.sorted{3, 1, 2}, {1, 2, 3})
check.equal(sets.text{1, 2, 30}, "1 2 30")
for _ = 1, 50 do
  local a, b = sets.random(stream, 20, 6), sets.random(stream, 20, 6)
  is_set(a, 6, 20)
  local in_a, in_b, in_child = {}, {}, {}
  for k = 1, 6 do in_a[a[k]], in_b[b[k]] = true, true end
  local child = sets.crossed(stream, a, b)
  is_set(child, 6, 20)
  for _, item in ipairs(child) do
    assert(in_a[item] or in_b[item], "an item of neither parent")
    in_child[item] = true
  end
  for item in pairs(in_a) do assert(not in_b[item] or in_child[item], "what both have is lost") end
  is_set(sets.mutated(stream, a, 20, 0.5), 6, 20)
  check.equal(sets.mutated(stream, a, 20, 0), a)
end
check.equal(sets.crossed(stream, {1, 5}, {1, 5}), {1, 5})
-- Where all are chosen nothing can be exchanged.
check.equal(sets.mutated(stream, {1, 2, 3}, 3, 1), {1, 2, 3})
-- With probability 1 each item goes for one that is not there: of 3 of 6 none stays.
local changed = sets.mutated(random.stream(2), {1, 2, 3}, 100, 1)
is_set(changed, 3, 100)
check.rejects("no mutation", function() check.equal(changed, {1, 2, 3}) end)
