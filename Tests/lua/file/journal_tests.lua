-- In an empty current folder.
local check = require "check"

-- Lines come one by one; the file is new and is held until it is closed
local journal = file.journal("a.lines")
check.equal(file.read_text("a.lines"), "")
journal:write("one")
check.equal(file.read_text("a.lines"), "one\n")
journal:write("\0\xFF")
check.equal(file.read_text("a.lines"), "one\n\0\xFF\n")
check.equal(tostring(journal), "journal a.lines, 2 lines")
check.equal(file.is_held("a.lines"), true)
check.raises("file.journal: cannot make a.lines: File exists", file.journal, "a.lines")
check.raises("line must be one line, got several", journal.write, journal, "a\nb")
journal:close()
journal:close()
check.equal(file.is_held("a.lines"), false)
check.equal(tostring(journal), "journal a.lines, 2 lines, closed")
check.raises("a.lines is closed", journal.write, journal, "x")
check.raises("file.journal: cannot make nowhere/a: No such file or directory", file.journal, "nowhere/a")
check.raises("file.is_held: cannot read nowhere: No such file or directory", file.is_held, "nowhere")

-- A process that is killed does not hold it any more, and leaves whole lines
file.write_text("child.lua", [[
local j = file.journal("b.lines")
for i = 1, 1e9 do j:write(("line " .. i .. " "):rep(20)) end
]])
os.execute(("timeout --foreground -s KILL 0.3 %s child.lua"):format(arg[-1]))
check.equal(file.is_held("b.lines"), false)
local text = file.read_text("b.lines")
assert(#text > 1000 and text:sub(-1) == "\n")
for line in text:gmatch("([^\n]*)\n") do
  assert(line == ("line " .. line:match("%d+") .. " "):rep(20), line)
end

-- JSON as text, and back
check.equal(file.json_text{b = {1, 2.5, 0 / 0}, a = "x\ny"}, '{"a": "x\\ny", "b": [1, 2.5, null]}')
check.equal(file.json_text({0 / 0, -math.huge}, {nan = "python"}), "[NaN, -Infinity]")
local value = file.parse_json(file.json_text({1, 0.1, 0 / 0, 1e300, "é"}, {nan = "python"}))
check.equal(value, {1, 0.1, 0 / 0, 1e300, "é"})
check.equal(file.parse_json('{"a": null}', {null = false}).a, false)
check.raises("file.parse_json: text: line 1, column 4, byte 4: a value is expected, got 'x'", file.parse_json, "[1,x]")
