-- The values of a search's sets: each asked for once, kept in memory and, with `out`, on disk; and the ranks of a
-- generation, over stages.

local fingerprint = require "moondrift.sweep.fingerprint"
local folder = require "moondrift.sweep.folder"
local grid = require "moondrift.sweep.grid"
local sets_of = require "moondrift.search.sets"

local function demand(where, passed, message, ...)
  if not passed then error(("search.%s: " .. message):format(where, ...), 0) end
end

--- What gives the values of sets: from memory, from the folder, or by the fitness.
---@param plan table the options of a search, and `where`, its name in errors
---@return table
local function evaluator(plan)
  local where, known, rows = plan.where, {}, {}
  local state = {calls = 0, evaluated = {}}
  if plan.out then
    local print_of = fingerprint.of(plan.fitness)
    for _, name in ipairs{"pool", "size", "seeds", "seed", "population", "elite", "tournament", "mutation", "candidates"} do
      if plan[name] then print_of.captured[name] = plan[name] end
    end
    print_of.captured.stages = table.concat(plan.stages, " ")
    local opened, store = pcall(folder.open, plan.out, print_of, "1/1", {"set", "seed", "stage"})
    if not opened then demand(where, false, "out: %s", (tostring(store):gsub("^sweep: ", ""))) end
    state.store, rows = store, store.rows
  end

  --- Values of sets with one seed at one stage.
  local function at(sets, seed, stage, generation)
    local keys, missing = {}, {}
    for k, set in ipairs(sets) do
      local configuration = {set = sets_of.text(set), seed = seed, stage = stage}
      local key = grid.key(configuration)
      keys[k] = key
      if known[key] == nil and rows[key] then
        known[key], state.calls = rows[key].result.value, state.calls + 1
      elseif known[key] == nil then
        known[key] = false
        missing[#missing + 1] = {set = set, key = key, configuration = configuration}
      end
    end
    if #missing > 0 then
      local fresh = {}
      -- Copies: what a fitness does to its sets stays there.
      for k, item in ipairs(missing) do fresh[k] = {table.unpack(item.set)} end
      local start = moondrift.seconds()
      local passed, values = pcall(plan.fitness, fresh, seed, stage)
      local function forget() for _, item in ipairs(missing) do known[item.key] = nil end end
      if not passed then
        forget()
        error((type(values) ~= "string" or values:find("interrupted", 1, true)) and values
          or ("search.%s: generation %d, seed %d, stage %g: %s"):format(where, generation, seed, stage, values), 0)
      end
      if type(values) ~= "table" or #values ~= #fresh then
        forget()
        demand(where, false, "the fitness must return a list of %d numbers, got %s", #fresh,
          type(values) == "table" and #values or type(values))
      end
      local bad
      for k, item in ipairs(missing) do
        local value = values[k]
        if math.type(value) == nil or value ~= value then
          known[item.key], bad = nil, bad or {set = item.set, value = value}
        else
          known[item.key], state.calls = value, state.calls + 1
          if state.store then
            state.store:write{configuration = item.configuration, result = {value = value}, memory = 0,
              seconds = (moondrift.seconds() - start) / #missing}
          end
        end
      end
      if bad then
        demand(where, false, "generation %d, seed %d: the fitness of {%s} must be a number, got %s", generation, seed,
          table.concat(bad.set, ", "), tostring(bad.value))
      end
    end
    local list = {}
    for k, key in ipairs(keys) do list[k] = known[key] end
    return list
  end

  --- {set, stage, value, values} of each set: those that go at a stage have its place as `stage`.
  function state.rank(sets, generation)
    local ranked, left = {}, {}
    for k, set in ipairs(sets) do left[k] = {set = set, place = k} end
    for place, stage in ipairs(plan.stages) do
      local here = {}
      for k, item in ipairs(left) do here[k] = item.set end
      for _, item in ipairs(left) do item.values, item.value, item.stage = {}, 0, place end
      for k = 1, plan.seeds do
        for j, value in ipairs(at(here, plan.seed + k - 1, stage, generation)) do
          left[j].values[k], left[j].value = value, left[j].value + value / plan.seeds
        end
      end
      table.sort(left, function(a, b) return a.value > b.value or a.value == b.value and a.place < b.place end)
      local stay = place == #plan.stages and 0 or math.max(1, (#left + 1) // 2)
      if place == #plan.stages then
        for _, item in ipairs(left) do state.evaluated[sets_of.text(item.set)] = true end
      end
      for k = #left, stay + 1, -1 do table.insert(ranked, 1, table.remove(left, k)) end
    end
    table.sort(ranked, function(a, b)
      if a.stage ~= b.stage then return a.stage > b.stage end
      return a.value > b.value or a.value == b.value and a.place < b.place
    end)
    return ranked
  end

  function state.count()
    local count = 0
    for _ in pairs(state.evaluated) do count = count + 1 end
    return count
  end
  return state
end

return evaluator
