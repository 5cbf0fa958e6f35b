local check = require "check"
local args = require "moondrift.args"

local function declared()
  return {
    seed = 1, rate = 0.5, name = "a", fast = false, mus = {3, 15}, rates = {0.1, 0.5},
    smoke = {seed = 9, mus = {1}},
  }
end

local function parse(...) return args.parse(declared(), {...}) end

local function plain(settings)
  local copy = {}
  for key, value in pairs(settings) do copy[key] = value end
  return copy
end

-- Defaults, and each type
check.equal(plain(parse()), {
  seed = 1, rate = 0.5, name = "a", fast = false, mus = {3, 15}, rates = {0.1, 0.5},
  smoke = false, long = false, help = false,
})
check.equal(parse("--seed=7").seed, 7)
check.equal(parse("--seed=-7").seed, -7)
check.equal(parse("--seed=1e3").seed, 1000)
check.equal(parse("--seed", "7", "--fast").seed, 7)
check.equal(parse("--rate", "-2", "--mus", "3,-4").mus, {3, -4})
check.equal(parse("--fast", "--out", "here").out, "here")
check.equal(parse("--seed=1", "--seed=2").seed, 2)
check.equal(parse("--rate=2").rate, 2.0)
check.equal(parse("--rate=1e-3").rate, 1e-3)
check.equal(parse("--name=").name, "")
check.equal(parse("--name=x=y").name, "x=y")
check.equal(parse("--fast").fast, true)
check.equal(parse("--fast=true").fast, true)
check.equal(parse("--fast=false").fast, false)
check.equal(parse("--mus=3").mus, {3})
check.equal(parse("--mus=3,-4,5").mus, {3, -4, 5})
check.equal(parse("--rates=1,2.5").rates, {1.0, 2.5})
check.equal(parse("--out=here").out, "here")
check.equal(parse().out, nil)
check.equal(parse("--help").help, true)

-- Smoke: its settings, but what is asked for wins
check.equal(parse("--smoke").seed, 9)
check.equal(parse("--smoke").mus, {1})
check.equal(parse("--smoke").rate, 0.5)
check.equal(parse("--smoke").smoke, true)
check.equal(parse("--smoke", "--seed=4").seed, 4)
check.equal(parse("--smoke=false").seed, 1)

-- Long likewise, where the script has it
local two = declared()
two.long = {seed = 100}
check.equal(args.parse(two, {"--long"}).seed, 100)
check.equal(args.parse(two, {"--long"}).long, true)
check.equal(args.parse(two, {"--long", "--seed=4"}).seed, 4)
check.equal(select(2, args.parse(two, {"--long", "--smoke"})), "--smoke and --long do not go together")
check.equal(select(2, parse("--long")), "this script has no --long run")
check.contains(args.help(two, ""), "[long: 100]")
check.contains(select(2, args.parse(two, {"--x=1"})), "--help, --long, --out, --smoke")
check.raises("args: long has 'sede', which is no setting (did you mean seed?)", args.parse, {seed = 1, long = {sede = 2}}, {})

check.equal(args.size(args.parse(two, {"--long"})), "long")

-- And paper, the published size
two.paper = {seed = 7, rate = 2}
check.equal({args.parse(two, {"--paper"}).seed, args.parse(two, {"--paper"}).rate}, {7, 2.0})
check.equal({args.parse(two, {"--paper"}).paper, args.parse(two, {}).paper, parse().paper}, {true, false, nil})
check.equal(args.parse(two, {"--paper", "--seed=4"}).seed, 4)
check.equal(args.size(args.parse(two, {"--paper"})), "paper")
check.equal(args.size(args.parse(two, {"--paper", "--seed=4"})), "own")
check.equal(select(2, args.parse(two, {"--paper", "--long"})), "--long and --paper do not go together")
check.equal(select(2, args.parse(two, {"--paper", "--smoke"})), "--smoke and --paper do not go together")
check.equal(select(2, parse("--paper")), "this script has no --paper run")
check.equal(select(2, parse("--paper=1")), "--paper must be true or false, got '1'")
check.contains(args.help(two, ""), "[paper: 7]")
check.contains(args.help(two, ""), "--paper")
check.contains(select(2, args.parse(two, {"--x=1"})), "--help, --long, --out, --paper, --smoke, --fast")
check.raises("args: paper has 'sede', which is no setting (did you mean seed?)",
  args.parse, {seed = 1, paper = {sede = 2}}, {})
check.equal(args.size(parse("--smoke", "--out=here")), "smoke")
check.equal(args.size(parse()), "default")
check.equal(args.size(parse("--seed=1")), "own")

-- Every message
local function refused(message, ...)
  local settings, got = parse(...)
  check.equal(settings, nil)
  check.equal(got, message)
end

refused("unknown setting --seds (did you mean --seed?)", "--seds=3")
refused("unknown setting --log-every (known: --help, --out, --smoke, --fast, --mus, --name, --rate,"
  .. " --rates, --seed)", "--log-every=3")
refused("unknown setting --hlep (did you mean --help?)", "--hlep")
refused("unknown setting -- (known: --help, --out, --smoke, --fast, --mus, --name, --rate,"
  .. " --rates, --seed)", "--")
refused("unexpected argument 'seed=3' (settings are written --name=value)", "seed=3")
refused("unexpected argument '-s' (settings are written --name=value)", "-s")
refused("--seed must be an integer, got '2.5'", "--seed=2.5")
refused("--seed must be an integer, got ''", "--seed=")
refused("--seed must be an integer, got 'nan'", "--seed=nan")
refused("--rate must be a number, got 'fast'", "--rate=fast")
refused("--fast must be true or false, got 'yes'", "--fast=yes")
refused("--smoke must be true or false, got '1'", "--smoke=1")
refused("--mus must be integers joined by commas, got '3,x'", "--mus=3,x")
refused("--mus must be integers joined by commas, got '3,2.5'", "--mus=3,2.5")
refused("--mus must be integers joined by commas, got '3,'", "--mus=3,")
refused("--rates must be numbers joined by commas, got ''", "--rates=")
refused("--out must be the name of a folder, got ''", "--out=")
refused("--seed needs a value: --seed=1", "--seed")
refused("--seed must be an integer, got 'x'", "--seed", "x")
refused("--mus needs a value: --mus=3,15", "--mus", "--fast")
refused("--out needs a value: --out=DIR", "--out")

-- Declarations that are the script's mistake
check.raises("args: a table of settings is expected, got nil", args.parse, nil, {})
check.raises("args: a setting must be named in lower case, got 'Seed'", args.parse, {Seed = 1}, {})
check.raises("args: a setting must be named in lower case, got '1'", args.parse, {3}, {})
check.raises("args: 'out' is a setting every script has already", args.parse, {out = "x"}, {})
check.raises("args: the default of 'f' must be a number, a string, a boolean or a list of numbers,"
  .. " got function", args.parse, {f = print}, {})
check.raises("args: the default of 'l' must be a number, a string, a boolean or a list of numbers,"
  .. " got table", args.parse, {l = {}}, {})
check.raises("args: smoke has 'sed', which is no setting (did you mean seed?)",
  args.parse, {seed = 1, smoke = {sed = 2}}, {})
check.raises("args: smoke must give 'seed' an integer, got 2.5",
  args.parse, {seed = 1, smoke = {seed = 2.5}}, {})
check.equal(args.parse({rate = 0.5, smoke = {rate = 1}}, {"--smoke"}).rate, 1.0)

-- Reading what was not declared
check.raises("no setting 'sede' (did you mean seed?)", function() return parse().sede end)

-- Help
local source = "#!/usr/bin/env moondrift\n-- question: why\n--   more\n\n-- not this\n"
  .. "local settings = args{\n  rate = 0.5,  -- of SGD\n  seed = 1,\n  seeds = 3, -- runs\n}\n"
check.equal(args.head(source), "question: why\n  more")
check.equal(args.help({seed = 1, seeds = 3, rate = 0.5, smoke = {seeds = 1}}, source), [[
question: why
  more

settings, with their defaults:
  --rate=0.5  of SGD
  --seed=1
  --seeds=3   runs  [smoke: 1]
  --out=DIR   folder of the run; a new one under runs/ where absent
  --smoke     a run of seconds that shows that everything works]])

-- What a script demands of its settings
args.demand(true, "never")
check.raises("args_tests.lua: --seeds must be positive, got -1",
  args.demand, false, "--seeds must be positive, got %d", -1)

-- A script that sweeps has more settings, which say how it runs and not how large it is
local sweeping = declared()
sweeping.sweep = true
local function swept(...) return args.parse(sweeping, {...}) end
check.equal({swept().jobs, swept().shard, swept().retry, swept().estimate}, {1, "1/1", false, false})
check.equal({swept("--jobs=4").jobs, swept("--jobs", "cores").jobs}, {4, "cores"})
check.equal({swept("--shard=2/5").shard, swept("--retry").retry, swept("--estimate").estimate}, {"2/5", true, true})
check.equal(args.size(swept("--jobs=4", "--shard=1/2")), "default")
check.equal(args.size(swept("--jobs=4", "--seed=2")), "own")
check.equal(select(2, swept("--jobs=0")), "--jobs must be a positive integer or cores, got '0'")
check.equal(select(2, swept("--jobs")), "--jobs needs a value: --jobs=1")
for _, text in ipairs{"3/2", "0/2", "1", "a/b", "1/2/3"} do
  check.equal(select(2, swept("--shard=" .. text)), "--shard must be k/n with k from 1 to n, got '" .. text .. "'")
end
check.equal(select(2, swept("--job=2")), "unknown setting --job (did you mean --jobs?)")
check.equal(select(2, parse("--jobs=2")), "unknown setting --jobs (known: --help, --out, --smoke, --fast, --mus,"
  .. " --name, --rate, --rates, --seed)")
check.contains(args.help(sweeping, ""), "--jobs=N")
assert(not args.help(declared(), ""):find("--jobs", 1, true))
sweeping.jobs = 2
check.raises("args: 'jobs' is a setting every sweep has already", args.parse, sweeping, {})
check.equal({args.is_settings(swept), args.is_settings(parse())}, {false, true})
check.equal({args.is_built_in "jobs", args.is_built_in "smoke", args.is_built_in "seed"}, {true, true, false})
check.equal({args.read_shard "2/5"}, {2, 5})
