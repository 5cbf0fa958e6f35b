-- What each metric says of two independent samples of one law: the value of a perfect model, which falls with n. Medians of the
-- size over pairs of samples of N(0, I), as the rows of a table of docs/choosing_a_metric.md, with the CPU seconds of one value.
-- usage: metric_floors.lua [--dimensions=2,64] [--ns=100,1000,10000] [--pairs=5]

local args = require "moondrift.args"

local settings = args{
  seed = 1,
  dimensions = {2, 64},
  ns = {100, 1000, 10000},
  pairs = 5,             -- of samples, up to n = 1000; one above
  exact = 1000,          -- points at most for wasserstein and sinkhorn
  smoke = {ns = {20}, pairs = 1},
}

local plain = {seed = settings.seed, floors = 0}
local METRICS = {
  {"energy_distance", function(x, y) return metric.energy_distance(x, y, plain).value end},
  {"wasserstein", function(x, y) return metric.wasserstein(x, y, plain).value end, settings.exact},
  {"sliced_wasserstein", function(x, y) return metric.sliced_wasserstein(x, y, plain).value end},
  {"sinkhorn", function(x, y) return metric.sinkhorn(x, y, plain).value end, settings.exact},
  {"mmd", function(x, y) return metric.mmd(x, y, plain).value end},
  {"frechet", function(x, y) return metric.frechet(x, y, plain).value end},
  {"kid", function(x, y) return metric.kid(x, y, plain).value end},
  {"kl_gaussian", function(x, y) return metric.kl_gaussian(x, y, plain).value end},
  {"kl_nearest", function(x, y) return metric.kl_nearest(x, y, plain).value end},
  {"precision_recall: precision, recall, density, coverage", function(x, y)
    local found = {metric.precision_recall(x, y)}
    for k, r in ipairs(found) do found[k] = r.value end
    return table.unpack(found)
  end},
  {"memorized_fraction", function(x, y) return (metric.memorized_fraction(x, y)) end},
}

--- Medians of the sizes, and the CPU seconds of one value; nil where the metric refuses or takes too long.
local function measure(of, d, n)
  if of[3] and n > of[3] then return nil end
  local law = target.gaussian{mean = tensor.zeros{d}}
  local lists, start = {}, os.clock()
  local pairs_of = n > 1000 and 1 or settings.pairs
  for pair = 1, pairs_of do
    local seed = settings.seed + 2 * pair
    local x, y = law:sample(n, {seed = seed}), law:sample(n, {seed = seed + 1})
    local results = table.pack(pcall(of[2], x, y))
    if not results[1] then return nil, tostring(results[2]) end
    for k = 2, results.n do
      lists[k - 1] = lists[k - 1] or {}
      table.insert(lists[k - 1], math.abs(results[k]))
    end
  end
  local words = {}
  for k, list in ipairs(lists) do words[k] = ("%.2g"):format(metric.quantiles(list, {0.5})[1]) end
  return table.concat(words, ", "), (os.clock() - start) / pairs_of
end

for _, d in ipairs(settings.dimensions) do
  local head, rule = {"d = " .. d}, {"---"}
  for _, n in ipairs(settings.ns) do head[#head + 1], rule[#rule + 1] = "n = " .. n, "---" end
  print("| " .. table.concat(head, " | ") .. " | seconds at the largest n |")
  print("|" .. table.concat(rule, "|") .. "|---|")
  for _, of in ipairs(METRICS) do
    local row, last = {"`" .. of[1]:gsub(":", "`:", 1) .. (of[1]:find(":") and "" or "`")}, "–"
    for _, n in ipairs(settings.ns) do
      local text, seconds = measure(of, d, n)
      row[#row + 1] = text or "–"
      if text then last = ("%.2g"):format(seconds) end
    end
    print("| " .. table.concat(row, " | ") .. " | " .. last .. " |")
    io.stdout:flush()
  end
  print()
end
