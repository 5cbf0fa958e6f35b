-- moondrift.sweep.hash: the published values of Fowler, Noll & Vo, and texts longer than a part.
local check = require "check"
local hash = require "moondrift.sweep.hash"

check.equal(hash(""), "cbf29ce484222325")
check.equal(hash("a"), "af63dc4c8601ec8c")
check.equal(hash("foobar"), "85944171f73967e8")
local long = ("x"):rep(10000)
assert(hash(long) ~= hash(long:sub(2) .. "y") and #hash(long) == 16)
