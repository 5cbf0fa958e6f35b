-- A fitness of training runs, for races: what a set's run has learned by a stage is kept, and goes on from there at the
-- next one; runs of sets that a race has dropped make no more updates.

local option = require "moondrift.options"
local sets_of = require "moondrift.search.sets"

local KINDS <const> = {start = "function", value = "function", updates = "integer"}

--- Brings a fit, and with it those of its list, to a number of updates. One that diverged stays where it is.
local function advance(fit, updates)
  if fit.step >= updates or fit.diverged then return end
  local passed, failure = pcall(fit.advance, fit, updates - fit.step)
  local has_diverged = type(failure) == "string" and failure:find("is not finite at step", 1, true)
  if not passed and not (fit.diverged and has_diverged) then error(failure, 0) end
end

--- The fits of new sets.
local function started(options, sets, seed)
  local fits = options.start(sets, seed)
  if type(fits) ~= "table" or #fits ~= #sets then
    error(("search.of_fits: start must return a list of %d fits, got %s"):format(#sets,
      type(fits) == "table" and #fits or type(fits)), 0)
  end
  for k, fit in ipairs(fits) do
    if not pcall(function() return fit.diverged, fit.step + 0 end) then
      error(("search.of_fits: start must return fits, got %s at position %d"):format(type(fit), k), 0)
    end
  end
  return fits
end

---@param options {start: function, value: function, updates: integer}
---@return function
return function(options)
  option.check("search.of_fits", options, KINDS)
  for _, name in ipairs{"start", "value", "updates"} do
    if options[name] == nil then error(("search.of_fits: %s is required"):format(name), 0) end
  end
  if options.updates < 1 then
    error(("search.of_fits: updates must be a positive integer, got %d"):format(options.updates), 0)
  end
  -- Fits by seed and set, of one generation. With a metatable they are no setting of a search.
  local kept = setmetatable({}, {__name = "kept fits"})

  return function(sets, seed, stage)
    stage = stage or 1
    local updates = math.max(1, math.floor(stage * options.updates + 0.5))
    local before = kept[seed]
    -- No later stage: another generation, whose sets are new.
    if not before or stage <= before.stage then before = {stage = stage, fits = {}} end
    local here, new, fits = {stage = stage, fits = {}}, {}, {}
    for k, set in ipairs(sets) do
      fits[k] = before.fits[sets_of.text(set)]
      if not fits[k] then new[#new + 1] = {set = {table.unpack(set)}, place = k} end
      here.fits[sets_of.text(set)] = fits[k]
    end
    for text, fit in pairs(before.fits) do
      if not here.fits[text] then fit:leave() end
    end
    if #new > 0 then
      local fresh = {}
      for k, item in ipairs(new) do fresh[k] = item.set end
      for k, fit in ipairs(started(options, fresh, seed)) do
        fits[new[k].place], here.fits[sets_of.text(sets[new[k].place])] = fit, fit
      end
    end
    kept[seed] = here
    local values = {}
    for _, fit in ipairs(fits) do advance(fit, updates) end
    for k, fit in ipairs(fits) do
      values[k] = fit.diverged and -math.huge or options.value(fit, {table.unpack(sets[k])}, seed)
    end
    return values
  end
end
