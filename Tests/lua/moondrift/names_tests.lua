local check = require "check"
local names = require "moondrift.names"

-- Edit distances by hand; neighbours that changed places count once.
check.equal(names.edit_distance("", ""), 0)
check.equal(names.edit_distance("", "abc"), 3)
check.equal(names.edit_distance("abc", ""), 3)
check.equal(names.edit_distance("kitten", "sitting"), 3)
check.equal(names.edit_distance("epohcs", "epochs"), 1)
check.equal(names.edit_distance("ca", "abc"), 3)

check.equal(names.nearest("seds", {"seed", "seeds", "epochs"}), "seeds")
check.equal(names.nearest("quux", {"seed", "seeds"}), nil)
-- Of two as near, the first in the alphabet, so that messages do not change from start to start.
check.equal(names.nearest("cat", {"rat", "bat"}), "bat")

check.equal(names.suggestion("rat", {"rate"}, "--"), " (did you mean --rate?)")
check.equal(names.suggestion("zzz", {"a", "b"}, "--"), " (known: --a, --b)")
