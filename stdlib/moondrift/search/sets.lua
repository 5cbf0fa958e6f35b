-- Sets of places in a pool, as sorted lists, and what a genetic search does to them.

local M = {}

--- The same set, its places in order.
---@param set integer[]
---@return integer[]
function M.sorted(set)
  table.sort(set)
  return set
end

--- So many different places of a pool.
function M.random(stream, pool, size) return M.sorted(stream:choice(size, pool, {replace = false}):table()) end

--- What both parents have, and the rest from what one of them has.
function M.crossed(stream, a, b)
  local in_a, child, rest = {}, {}, {}
  for _, item in ipairs(a) do in_a[item] = true end
  for _, item in ipairs(b) do
    if in_a[item] then child[#child + 1], in_a[item] = item, nil else rest[#rest + 1] = item end
  end
  for _, item in ipairs(a) do
    if in_a[item] then rest[#rest + 1] = item end
  end
  if #rest > 0 then
    local order = stream:permutation(#rest):table()
    for k = 1, #a - #child do child[#child + 1] = rest[order[k]] end
  end
  return M.sorted(child)
end

--- Each item is exchanged for one that is not there with a probability.
function M.mutated(stream, set, pool, probability)
  if #set == pool then return set end
  local has, changed = {}, {}
  for k, item in ipairs(set) do has[item], changed[k] = true, item end
  for k, is_hit in ipairs(stream:uniform{#set}:less(probability):table()) do
    if is_hit then
      local other
      repeat other = stream:integers(1, 1, pool):item() until not has[other]
      has[changed[k]], has[other], changed[k] = nil, true, other
    end
  end
  return M.sorted(changed)
end

--- The places in order, as text: equal for equal sets.
---@param set integer[]
---@return string
function M.text(set) return table.concat(set, " ") end

return M
