local check = require "check"

--- Starts a function and waits for its end.
local function ended(f, options)
  local child = moondrift.start(f, options)
  check.equal(moondrift.wait({child}, 60), 1)
  return child
end

-- What it returns comes back, byte for byte and of any length; what it changes does not
local long = ("\0\xFFab"):rep(1 << 20)
local changed = 1
local child = ended(function() changed = 2 return long end)
check.equal(child.ending, "finished")
assert(child.output == long)
check.equal(changed, 1)
assert(child.peak_bytes > 1 << 20)
check.contains(tostring(child), ", finished")

-- How else it may end
child = ended(function() error("no luck", 0) end)
check.equal({child.ending, child.output}, {"failed", "no luck"})
child = ended(function() end)
check.equal(child.ending, "failed")
check.contains(child.output, "f must return a string, got nil")
check.equal(ended(function() os.exit(7) end).ending, "exited with code 7")
check.equal(ended(function() os.execute("kill -15 $PPID; sleep 5") end).ending,
  "killed by signal 15 (Terminated)")

-- Several: the first that ends is found, and nothing where none does in time
local slow = moondrift.start(function() os.execute("sleep 5") return "" end)
local quick = moondrift.start(function() return "" end)
check.equal(moondrift.wait({slow, quick}, 60), 2)
check.equal(moondrift.wait({slow}, 0.05), nil)
check.equal(slow.ending, nil)
check.contains(tostring(slow), ", running")
slow:stop()
check.equal(slow.ending, "killed by signal 9 (Killed)")
slow:stop()
check.equal(moondrift.wait({}, 5), nil)

-- One that is not kept any more is ended; its own child too, and no child ends its siblings
do
  local long_one = moondrift.start(function() os.execute("sleep 0.4") return "whole" end)
  ended(function() long_one = nil collectgarbage() return "" end)
  check.equal(moondrift.wait({long_one}, 60), 1)
  check.equal(long_one.output, "whole")
end

-- The same numbers on any number of threads, in parallel loops that allocate
local mix = target.gaussian_mixture{means = {{-3, 0}, {3, 1}}, stds = 1}
local m = nn.residual_mlp{dimension = 2, sde = sde.edm(), sigma_data = 1, width = 32, blocks = 1, seed = 1}
local function work()
  local x = mix:sample(20000, {seed = 1})
  local y = sample.euler_maruyama(m, {count = 20000, steps = 4, seed = 2})
  local gram = x[{ {1, 600} }]:matmul(x[{ {1, 600} }]:transpose())
  local values = linalg.eigvalsh(gram)
  return file.json_text{y:sum():item(), values:sum():item(), metric.nearest(y[{ {1, 500} }], x):sum():item()}
end
local here = work()
for threads = 1, 4 do check.equal(ended(work, {threads = threads}).output, here) end
check.equal(ended(function() return tostring(moondrift.version_info().threads) end, {threads = 3}).output, "3")

-- Streams without a seed start from the one that is given
local function draw() return tostring(mix:sample(1)) end
check.equal(ended(draw, {seed = 5}).output, ended(draw, {seed = 5}).output)
assert(ended(draw, {seed = 5}).output ~= ended(draw, {seed = 6}).output)

-- A child of a child
check.equal(ended(function() return ended(function() return "deep" end).output end).output, "deep")

-- What is printed before is printed once, and standard input is left to the parent
local out = os.tmpname()
file.write_text(out .. ".lua", [[
io.write("before ")
local c = moondrift.start(function() io.write("inside ") return tostring(io.read("a")) end)
moondrift.wait({c}, 60)
io.write("after ", c.output, io.read("a"))
]])
os.execute(("echo line | %s %s.lua > %s"):format(arg[-1], out, out))
check.equal(file.read_text(out), "before inside after line\n")
