-- A bound function of two numbers beside a plain C function of two numbers, in the same run. The
-- cost of the empty loop is taken off both; the best of several is quoted, since noise only adds.
local loops = tonumber(arg[1]) or 2000000
local plain, bound = math.fmod, random.derived_seed

local function seconds(body)
  local best = math.huge
  for _ = 1, 7 do
    local start = os.clock()
    body()
    best = math.min(best, os.clock() - start)
  end
  return best
end

local empty = seconds(function() for i = 1, loops do local _ = i end end)

local function nanoseconds(f)
  local taken = seconds(function() for i = 1, loops do f(i, 3) end end)
  return (taken - empty) / loops * 1e9
end

print("plain", nanoseconds(plain))
print("bound", nanoseconds(bound))
