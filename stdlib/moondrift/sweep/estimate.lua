-- What is left of a sweep, in time and memory, by what the runs that are there took.

local M = {}

--- Minutes and seconds, with hours where there are any.
---@param seconds number
---@return string
function M.clock(seconds)
  local whole = math.floor(seconds + 0.5)
  if whole < 3600 then return ("%d:%02d"):format(whole // 60, whole % 60) end
  return ("%d:%02d:%02d"):format(whole // 3600, whole // 60 % 60, whole % 60)
end

---@class moondrift.SweepEstimate
---@field left integer runs that have still to be made, by this process
---@field seconds {[1]: number, [2]: number} for all of them: if each took as long as the shortest, as the longest
---@field memory integer bytes that a run takes at most
---@field free integer? bytes that the machine has free
local Estimate = {__name = "estimate"}

local function bytes_text(bytes)
  if bytes >= 1 << 30 then return ("%.1f GB"):format(bytes / (1 << 30)) end
  return ("%d MB"):format(math.max(1, bytes // (1 << 20)))
end

function Estimate:__tostring()
  local text = ("%d runs are left, %d at a time: %s to %s; a run takes up to %s"):format(
    self.left, self.jobs, M.clock(self.seconds[1]), M.clock(self.seconds[2]), bytes_text(self.memory))
  if self.free and self.memory * self.jobs > self.free then
    text = ("%s, %d take %s, and %s are free"):format(
      text, self.jobs, bytes_text(self.memory * self.jobs), bytes_text(self.free))
  end
  return text
end

--- Bytes that the kernel would give away; nil where it does not say.
local function free_memory()
  local info = io.open("/proc/meminfo")
  if not info then return nil end
  local kilobytes = info:read("a"):match("MemAvailable:%s*(%d+)")
  info:close()
  return kilobytes and math.tointeger(tonumber(kilobytes)) * 1024
end

--- The estimate for runs that are left, from the rows of others.
---@param rows table<string, table>
---@param left integer
---@param jobs integer
---@return moondrift.SweepEstimate
function M.of(rows, left, jobs)
  local result = {left = left, jobs = jobs, seconds = {0, 0}, memory = 0, free = free_memory()}
  local shortest, longest = math.huge, 0
  for _, row in pairs(rows) do
    if not row.error then
      shortest, longest = math.min(shortest, row.seconds), math.max(longest, row.seconds)
    end
    result.memory = math.max(result.memory, row.memory)
  end
  if shortest <= longest then
    local rounds = math.ceil(left / jobs)
    result.seconds = {rounds * shortest, rounds * longest}
  end
  return setmetatable(result, Estimate)
end

return M
