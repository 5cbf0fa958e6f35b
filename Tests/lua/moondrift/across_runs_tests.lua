local check = require "check"
local across = require "moondrift.across_runs"

local NAN = 0 / 0

local function fit(kl, loss, diverged)
  return {
    log = {step = {0, 8, 16, 24}, epoch = tensor{0, 1, 2, 3}, kl = kl, loss = loss},
    diverged = diverged,
  }
end

local fits = {
  fit({8, 4, 2, 3}, {NAN, 1, 2, 3}),
  fit({6, 5, 4, 1}, {NAN, 3, 4, 5}),
  fit({9, NAN, NAN, NAN}, {NAN, NAN, NAN, NAN}, {step = 3, quantity = "loss"}),
}

local runs = across.collect(fits)
check.equal(runs.epochs, {0.0, 1.0, 2.0, 3.0})
check.equal(runs.count, 3)
check.equal(runs.values.kl[2], {6, 5, 4, 1})
check.equal(runs.diverged, {{run = 3, step = 3, quantity = "loss"}})
check.equal(across.at(runs, "kl", 0), {8, 6, 9})
check.equal(across.at(runs, "kl", 7), {NAN, NAN, NAN})
check.equal(across.last(runs, "kl"), {3, 1, NAN})
check.equal(across.argmin(runs, "kl"), {2.0, 3.0, NAN})
check.equal(across.over_epochs(runs, "kl", 1, 2, "mean"), {3.0, 4.5, NAN})
check.equal(across.over_epochs(runs, "kl", 1, 3), {3.0, 4.0, NAN})
check.equal(across.ratio({1, 4}, {2, 2}), {0.5, 2.0})
local middle, low, high = across.quartiles(runs, "kl")
check.equal(middle, {8.0, 4.5, 3.0, 2.0})
check.equal(low[2], 4.25)
check.equal(high[2], 4.75)

across.derive(runs, "half", "kl", function(kl) return kl / 2 end)
check.equal(runs.values.half[1], {4.0, 2.0, 1.0, 1.5})
check.equal(across.last(runs, "half"), {1.5, 0.5, NAN})

-- Every second epoch, counted from the first pass; losses are averaged over the rows between.
local kept = across.collect(fits, {every = 2, from = 1, first = 2, last = 2})
check.equal(kept.epochs, {0.0, 2.0})
check.equal(kept.values.kl, {{5, 1}})
check.equal(kept.values.loss, {{3.0, 4.5}})
check.equal(across.collect(fits, {every = 2}).values.loss[1], {NAN, 1.5})

check.raises("across_runs.collect: there are no fits 1 to 9 of 3", across.collect, fits, {last = 9})
check.raises("across_runs: nothing was logged as 'k'", across.last, runs, "k")
