-- What x[i] reads of a vector is a number of its own: writing into it would change nothing else, so it
-- is an error that says what to write. Rows are views and are written to.

local function refused(f)
  local passed, message = pcall(f)
  if passed then error("no error", 2) end
  local said = "x is an element that was read from a tensor, a number of its own: write v[i] = value into "
    .. "the tensor itself, or write to x:copy()"
  if tostring(message):sub(-#said) ~= said then error("got: " .. tostring(message), 2) end
end

for _, dtype in ipairs{"float32", "float64", "int64", "bool"} do
  local v = tensor({1, 1, 1}, {dtype = dtype})
  local m = v:reshape{1, 3}
  refused(function() v[1]:fill(0) end)
  refused(function() v[-1]:fill(0) end)
  refused(function() v[{2}]:fill(0) end)
  refused(function() m[{1, 2}]:fill(0) end)
  refused(function() m[1][2]:assign(v[3]) end)
  refused(function() v[1]:reshape{1}[{ {} }] = 0 end)
  refused(function() for _, element in ipairs(v) do element:fill(0) end end)
  if dtype:sub(1, 5) == "float" then refused(function() v[1]:axpy(2, v[2]) end) end
  assert(v:to("float64"):sum():item() == 3)
  -- What is meant to be written to is.
  m[1]:fill(0)
  assert(v:to("float64"):sum():item() == 0)
  v[{ {2, 2} }]:fill(1)
  v[1] = v[2]
  assert(v:to("float64"):sum():item() == 2)
  local own = v[1]:copy()
  own:fill(0)
  assert(own:to("float64"):item() == 0 and v[1]:to("float64"):item() == 1)
  tensor(1):fill(2)
end
