-- The values of a search's sets: each asked for once, kept in memory and, with `out`, on disk; and the ranks of a
-- generation, over stages.

local fingerprint = require "moondrift.sweep.fingerprint"
local folder = require "moondrift.sweep.folder"
local grid = require "moondrift.sweep.grid"
local option = require "moondrift.options"
local sets_of = require "moondrift.search.sets"

local function demand(where, passed, message, ...)
  if not passed then error(("search.%s: " .. message):format(where, ...), 0) end
end

--- The fingerprint of a fitness and of the search's options.
local function with_options(own, plan)
  local all = {code = own.code, captured = {}}
  for name, value in pairs(own.captured) do all.captured[name] = value end
  -- No variable of a fitness has such a name.
  local function add(name, value) all.captured["option " .. name] = value end
  for _, name in ipairs{"pool", "size", "seeds", "seed", "population", "elite", "tournament", "mutation", "candidates"} do
    add(name, plan[name])
  end
  add("stages", table.concat(plan.stages, " "))
  local texts = {}
  for k, set in ipairs(plan.start or {}) do texts[k] = sets_of.text(set) end
  if #texts > 0 then add("start", table.concat(texts, ", ")) end
  return all
end

--- What gives the values of sets: from memory, from the folder, or by the fitness.
---@param plan table the options of a search, and `where`, its name in errors
---@return table
local function evaluator(plan)
  local where, known, rows = plan.where, {}, {}
  local state = {calls = 0, evaluated = {}, tried = {}}
  local own
  if plan.out then
    own = fingerprint.of(plan.fitness)
    local print_of = with_options(own, plan)
    local opened, store = pcall(folder.open, plan.out, print_of, "1/1", {"set", "seed", "stage"})
    if not opened then
      demand(where, false, "out: %s", (tostring(store):gsub("^sweep: ", ""):gsub("; wait for its end, or.*", "; wait for its end")))
    end
    state.store, rows = store, store.rows
  end

  --- Writes what a fitness gave, and names of what it has changed in its own variables.
  local function keep(items)
    if not state.store then return end
    -- Ctrl-C while the fingerprint is taken loses no row.
    local is_taken, now = pcall(fingerprint.of, plan.fitness)
    local passed, failure = pcall(function()
      if is_taken then state.store:note_changing(fingerprint.changes(own, now)) end
      for _, row in ipairs(items) do state.store:write(row) end
    end)
    if not passed then demand(where, false, "out: %s", folder.reason(failure)) end
    if not is_taken then error(now, 0) end
  end

  --- Values of sets with one seed at one stage.
  local function at(sets, seed, stage, generation)
    local keys, missing = {}, {}
    for k, set in ipairs(sets) do
      local configuration = {set = sets_of.text(set), seed = seed, stage = stage}
      local key = grid.key(configuration)
      keys[k] = key
      if known[key] == nil and rows[key] then
        demand(where, math.type(rows[key].result.value) ~= nil, "out: %s has a row for {%s} without a number; remove its file",
          tostring(plan.out), configuration.set)
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
      local count = #fresh
      local start = moondrift.seconds()
      local passed, values = pcall(plan.fitness, fresh, seed, stage)
      local function forget()
        for _, item in ipairs(missing) do known[item.key] = nil end
        -- The failure counts more than one of the disk.
        pcall(keep, {})
      end
      if not passed then
        forget()
        error((type(values) ~= "string" or values:find("interrupted!$")) and values
          or ("search.%s: generation %d, seed %d, stage %g: %s"):format(where, generation, seed, stage, values), 0)
      end
      if type(values) ~= "table" or #values ~= count then
        forget()
        local is_tensor = option.is_tensor(values)
        demand(where, false, "the fitness must return a list of %d numbers, got %s", count,
          type(values) == "table" and #values or is_tensor and "a tensor; x:table() is a list" or type(values))
      end
      local bad, fresh_rows = nil, {}
      for k, item in ipairs(missing) do
        local value = values[k]
        if math.type(value) == nil or value ~= value then
          known[item.key], bad = nil, bad or {set = item.set, value = value}
        else
          known[item.key], state.calls = value, state.calls + 1
          fresh_rows[#fresh_rows + 1] = {configuration = item.configuration, result = {value = value}, memory = 0,
            seconds = (moondrift.seconds() - start) / #missing}
        end
      end
      keep(fresh_rows)
      if bad then
        demand(where, false, "generation %d, seed %d: the fitness of {%s} must be a number, got %s", generation, seed,
          table.concat(bad.set, ", "), option.shown(bad.value))
      end
    end
    local list = {}
    for k, key in ipairs(keys) do list[k] = known[key] end
    return list
  end

  --- {set, stage, value, values} of each set: those that go at a stage have its place as `stage`. The first `staying` ones
  --- are tried to the last stage.
  function state.rank(sets, generation, staying)
    local ranked, left = {}, {}
    for k, set in ipairs(sets) do
      left[k] = {set = set, place = k, stays = k <= (staying or 0)}
      state.tried[sets_of.text(set)] = true
    end
    for place, stage in ipairs(plan.stages) do
      local here = {}
      for k, item in ipairs(left) do here[k] = item.set end
      for _, item in ipairs(left) do item.values, item.value, item.stage = {}, 0, place end
      for k = 1, plan.seeds do
        for j, value in ipairs(at(here, plan.seed + k - 1, stage, generation)) do
          left[j].values[k], left[j].value = value, left[j].value + value / plan.seeds
        end
      end
      for _, item in ipairs(left) do
        demand(where, item.value == item.value, "generation %d: the fitness of {%s} is inf with one seed and -inf with another",
          generation, table.concat(item.set, ", "))
      end
      table.sort(left, function(a, b) return a.value > b.value or a.value == b.value and a.place < b.place end)
      local stay = place == #plan.stages and 0 or math.max(1, (#left + 1) // 2)
      if place == #plan.stages then
        for _, item in ipairs(left) do state.evaluated[sets_of.text(item.set)] = true end
      end
      for k = #left, stay + 1, -1 do
        if stay == 0 or not left[k].stays then table.insert(ranked, 1, table.remove(left, k)) end
      end
    end
    table.sort(ranked, function(a, b)
      if a.stage ~= b.stage then return a.stage > b.stage end
      return a.value > b.value or a.value == b.value and a.place < b.place
    end)
    return ranked
  end

  --- How many different sets were tried to the last stage, and at all.
  function state.count()
    local counts = {0, 0}
    for place, sets in ipairs{state.evaluated, state.tried} do
      for _ in pairs(sets) do counts[place] = counts[place] + 1 end
    end
    return counts[1], counts[2]
  end
  return state
end

return evaluator
