-- How often the interval of ledger.chao1 holds the number of kinds, beside the lognormal one of Chao 1987: the table of
-- docs/targets.md. Kinds are equally likely; 1,500 catches of each size.
--
-- run: scripts/moondrift scripts/support/chao_intervals.lua

local ledger = require "moondrift.ledger"

local CATCHES <const>, KINDS <const> = 1500, 100
local Z <const> = 1.959963984540054

--- The lognormal interval, which is D alone where nothing is missing by the estimate.
local function lognormal(seen, once, twice)
  local missing = once * (once - 1) / (2 * (twice + 1))
  if missing == 0 then return seen, seen end
  local variance = missing + once * (2 * once - 1)^2 / (4 * (twice + 1)^2) + once^2 * twice * (once - 1)^2 / (4 * (twice + 1)^4)
  local factor = math.exp(Z * math.log(1 + variance / missing^2)^0.5)
  return seen + missing / factor, seen + missing * factor
end

print("| draws from 100 kinds | lognormal | ledger.chao1 |")
print("|---|---|---|")
for _, draws in ipairs{60, 150, 300, 400, 500, 600, 800} do
  local stream, plain, own = random.stream(draws), 0, 0
  for _ = 1, CATCHES do
    local counts, seen, once, twice = {}, 0, 0, 0
    for _, kind in ipairs(stream:integers(draws, 1, KINDS):table()) do counts[kind] = (counts[kind] or 0) + 1 end
    for _, count in pairs(counts) do
      seen, once, twice = seen + 1, once + (count == 1 and 1 or 0), twice + (count == 2 and 1 or 0)
    end
    local low, high = lognormal(seen, once, twice)
    plain = plain + (low <= KINDS and KINDS <= high and 1 or 0)
    local interval = ledger.chao1(seen, once, twice)
    own = own + (interval.low <= KINDS and KINDS <= interval.high and 1 or 0)
  end
  print(("| %d | %.2f | %.2f |"):format(draws, plain / CATCHES, own / CATCHES))
end
