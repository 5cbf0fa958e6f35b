-- Runs the ```lua blocks of a Markdown file as the prompt would, all in one session, and checks what
-- stands behind a statement: `-- → value` (what the prompt shows, its first line, or the rows of a
-- tensor parted by `/`) and `-- error: words` (in the message).
--
-- run: moondrift run_document.lua FILE
-- Exit code 1 and a line for each deviation. A block that begins with `-- not run` is left alone.

local shown = require "shown"

local path = arg[1]
local deviations, statements, checks = 0, 0, 0

local function report(line, ...)
  deviations = deviations + 1
  io.stderr:write(("%s:%d: %s\n"):format(path, line, string.format(...)))
end

--- The compiled statement or expression; nil and whether more lines could complete it.
local function compile(text)
  local chunk = load("return " .. text, "=document") or load(text, "=document")
  if chunk then return chunk end
  local _, message = load(text, "=document")
  return nil, message:match("<eof>") ~= nil, message
end

local function run(chunk, line, comment)
  statements = statements + 1
  local results = table.pack(xpcall(chunk, debug.traceback))
  local expected = comment:match("→%s*(.-)%s*$")
  local words = comment:match("^error:%s*(.-)%s*$")
  if not results[1] then
    checks = checks + 1
    local message = tostring(results[2])
    if not words then return report(line, "%s", message) end
    if not message:find(words, 1, true) then
      report(line, "the error is %q, not %q", message:match("^[^\n]*"), words)
    end
    return
  end
  if words then return report(line, "no error, expected %q", words) end
  if not expected then return end
  checks = checks + 1
  local text = shown.text{n = results.n - 1, table.unpack(results, 2, results.n)}
  if not shown.agrees(expected, text) then report(line, "shows %q, not %q", text, expected) end
end

local function run_block(block, first_line)
  local text, from = "", nil
  for offset, line in ipairs(block) do
    from = from or first_line + offset - 1
    text = text .. line .. "\n"
    local comment = line:match("%-%-%s+(.*)$") or ""
    local chunk, is_incomplete, message = compile(text)
    if chunk then
      run(chunk, from, comment)
      text, from = "", nil
    elseif not is_incomplete or offset == #block then
      report(from, "%s", message)
      text, from = "", nil
    end
  end
end

local block, first_line
local number = 0
for line in io.lines(path) do
  number = number + 1
  if line:match("^```lua") then
    block, first_line = {}, number + 1
  elseif line:match("^```") and block then
    if not (block[1] or ""):match("^%-%- not run") then run_block(block, first_line) end
    block = nil
  elseif block then
    block[#block + 1] = line
  end
end
if block then report(number, "a block is not closed") end
print(("%s: %d statements, %d checked"):format(path, statements, checks))
os.exit(deviations == 0)
