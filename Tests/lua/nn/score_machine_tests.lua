-- Score machines: against loops over pixels and patches, the black/white toy in closed form, one dot.
local check = require "check"

local function double(x) return x:to("float64") end

-- The definition, pixel by pixel. Plain tables, 1-based.
local function naive(kind, data, x, r, s, patch, border)
  local n, c, h, w = table.unpack(data.shape)
  local phi, p0 = double(data):table(), double(x):table()
  local radius = patch and patch // 2
  local equivariant = kind:find("equivariant") ~= nil
  local function wrap(i, length) return (i - 1) % length + 1 end
  -- What of a patch lies inside, as a text to compare.
  local function cut(y, z)
    local rows = {}
    for o = -radius, radius do
      rows[#rows + 1] = (y + o >= 1 and y + o <= h) and "1" or "0"
      rows[#rows + 1] = (z + o >= 1 and z + o <= w) and "1" or "0"
    end
    return table.concat(rows)
  end
  local function distance(k, y, z, v, u)
    local total = 0
    local function add(dy, dz)
      local a, b, e, f = y + dy, z + dz, v + dy, u + dz
      if border == "zero" then
        if a < 1 or a > h or b < 1 or b > w then return end
      end
      a, b, e, f = wrap(a, h), wrap(b, w), wrap(e, h), wrap(f, w)
      for channel = 1, c do total = total + (p0[channel][a][b] - r * phi[k][channel][e][f])^2 end
    end
    if patch then
      for dy = -radius, radius do for dz = -radius, radius do add(dy, dz) end end
    else
      for dy = 0, h - 1 do for dz = 0, w - 1 do add(dy, dz) end end
    end
    return total
  end
  local result = tensor.zeros({c, h, w}, {dtype = "float64"})
  for y = 1, h do
    for z = 1, w do
      local list, least = {}, math.huge
      for k = 1, n do
        for v = 1, h do
          for u = 1, w do
            local fits = equivariant or (v == y and u == z)
            if fits and border == "zero" and equivariant then fits = cut(y, z) == cut(v, u) end
            if fits then
              local d = distance(k, y, z, v, u) / (2 * s^2)
              list[#list + 1], least = {d, k, v, u}, math.min(least, d)
            end
          end
        end
      end
      local total, sums = 0, {}
      for channel = 1, c do sums[channel] = 0 end
      for _, item in ipairs(list) do
        local share = math.exp(least - item[1])
        total = total + share
        for channel = 1, c do sums[channel] = sums[channel] + share * phi[item[2]][channel][item[3]][item[4]] end
      end
      for channel = 1, c do result[{channel, y, z}] = sums[channel] / total end
    end
  end
  return result
end

local data = random.stream(1):normal({3, 2, 5, 4}, {dtype = "float64"})
local x = random.stream(2):normal({2, 2, 5, 4}, {dtype = "float64"})
local process = sde.vp()
for _, case in ipairs{
  {"equivariant"}, {"local", 3, "circular"}, {"local", 3, "zero"}, {"local", 1, "zero"},
  {"equivariant_local", 3, "circular"}, {"equivariant_local", 3, "zero"}, {"equivariant_local", 1, "circular"},
} do
  local kind, patch, border = table.unpack(case)
  local m = nn.score_machine{data = data, kind = kind, patch = patch, border = border, sde = process}
  for _, t in ipairs{0.05, 0.3, 0.8} do
    local r, s = process:alpha(t), process:sigma(t)
    local mean, score = m:denoise(x, t), m:score(x, t)
    for row = 1, 2 do
      local want = naive(kind, data, x[row], r, s, patch, border)
      assert((mean[row] - want):abs():max():item() < 1e-10, kind)
      check.near((score[row] - (want * r - x[row]) / s^2):abs():max():item() * s^2, 0, 1e-10)
    end
    -- The comparison sees a wider patch.
    if patch == 1 and t == 0.3 then
      assert((mean[1] - naive(kind, data, x[1], r, s, 3, border)):abs():max():item() > 1e-3)
    end
  end
end

-- Without locality and translations it is the empirical model; with translates that of all of them.
local ideal = nn.score_machine{data = data, kind = "ideal", sde = process}
check.near((ideal:score(x, 0.4) - target.empirical(data):model(process):score(x, 0.4)):abs():max():item(), 0, 0)
local translates = {}
for k = 1, 3 do
  for dy = 0, 4 do
    for dx = 0, 3 do translates[#translates + 1] = data[k]:roll(dy, 2):roll(dx, 3) end
  end
end
local all = target.empirical(tensor.stack(translates)):model(process)
local es = nn.score_machine{data = data, kind = "equivariant", sde = process}
for _, t in ipairs{0.02, 0.4, 1} do
  check.near((es:denoise(x, t) - all:denoise(x, t)):abs():max():item(), 0, 1e-7)
  check.near((es:log_density(x, t) - all:log_density(x, t)):abs():max():item(), 0, 1e-6)
end
-- A translated picture has a translated score.
local moved = x:roll(2, 3):roll(1, 4)
check.near((es:score(moved, 0.3) - es:score(x, 0.3):roll(2, 3):roll(1, 4)):abs():max():item(), 0, 1e-9)

-- Far away the posterior mean stays in the hull, with duplicates too.
local twice = tensor.concatenate({data, data}, 1)
for _, kind in ipairs{"local", "equivariant_local"} do
  local m = nn.score_machine{data = twice, kind = kind, patch = 3, sde = sde.edm()}
  for _, size in ipairs{1, 1e4, 1e20} do
    local mean = m:denoise(x * size, 0.002)
    assert(mean:is_finite():all():item())
    assert(mean:max():item() <= data:max():item() + 1e-12 and mean:min():item() >= data:min():item() - 1e-12)
  end
end

-- The toy of black and white: E[x_0] = tanh(√ᾱ Σ_P x/(1 − ᾱ)), and a run ends where nearly each pixel agrees
-- with the majority of its neighbourhood.
local toy = tensor.stack{tensor.ones{16, 16}, -tensor.ones{16, 16}}
local cosine = sde.define{name = "cosine", alpha = function(t) return (t * (math.pi / 2 / 1.008)):cos() end,
  sigma = function(t) return (t * (math.pi / 2 / 1.008)):sin() end}
local machine = nn.score_machine{data = toy, kind = "equivariant_local", patch = 3, sde = cosine}
local function around(x)
  local total = x * 0
  for dy = -1, 1 do for dx = -1, 1 do total = total + x:roll(dy, 2):roll(dx, 3) end end
  return total
end
local pictures = random.stream(3):normal({4, 16, 16}, {dtype = "float64"})
for _, t in ipairs{0.1, 0.5, 0.95} do
  local a, s = cosine:alpha(t), cosine:sigma(t)
  check.near((machine:denoise(pictures, t) - (around(pictures) * (a / s^2)):tanh()):abs():max():item(), 0, 1e-9)
end

-- DDIM (Song et al. 2021): x_u = α_u E[x_0] + σ_u E[z], on equal steps of t from 1 to 0, with the closed form.
local function ddim(denoise, x, steps)
  for i = steps, 1, -1 do
    local t, u = i / steps * math.pi / 2 / 1.008, (i - 1) / steps * math.pi / 2 / 1.008
    local clean = denoise(x, i / steps, math.cos(t), math.sin(t))
    x = clean * math.cos(u) + (x - clean * math.cos(t)) * (math.sin(u) / math.sin(t))
  end
  return x
end
local function consistency(y) return (y * around(y:sign())):greater(0):to("float32"):mean():item() end
local function closed(x, _, a, s) return (around(x) * (a / s^2)):tanh() end
-- NumPy with its own normal numbers (Tests/References/local_pictures.py), 4,000 pictures (500 with 1,000 steps):
-- .98489 ± .00013, .99185 ± .00010, .99612 ± .00020. 400 pictures have standard errors of .0005 and less.
for steps, expected in pairs{[20] = 0.9849, [100] = 0.9919, [1000] = 0.9961} do
  local y = ddim(closed, random.stream(steps):normal{400, 16, 16}, steps)
  check.near(consistency(y), expected, 0.002)
end
-- The machine in the sampler of that name; a patch of one pixel has no majority to follow.
local start = random.stream(20):normal({8, 16, 16}, {dtype = "float64"})
local function sampled(m) return sample.ddim(m, {start = start, times = tensor.linspace(1, 0, 21)}) end
check.near((sampled(machine) - ddim(closed, start, 20)):abs():max():item(), 0, 1e-6)
local blind = nn.score_machine{data = toy, patch = 1, sde = cosine}
assert(consistency(sampled(blind)) < 0.8)

-- A patch by the time, and one time for each picture.
local by_time = nn.score_machine{data = data, patch = function(t) return t > 0.5 and 3 or 1 end, sde = process}
local three = nn.score_machine{data = data, patch = 3, sde = process}
local one = nn.score_machine{data = data, patch = 1, sde = process}
local mixed = by_time:score(x, tensor({0.8, 0.2}, {dtype = "float64"}))
check.near((mixed[1] - three:score(x, 0.8)[1]):abs():max():item(), 0, 0)
check.near((mixed[2] - one:score(x, 0.2)[2]):abs():max():item(), 0, 0)

-- One dot: the equivariant machine gives every place, about as often; the ideal one its own alone.
local dot = tensor.zeros{1, 4, 4}
dot[{1, 2, 3}] = 1
local function places(kind, count)
  local m = nn.score_machine{data = dot, kind = kind, sde = sde.edm()}
  local y = sample.heun(m, {count = count, steps = 30, seed = 5}):reshape{count, 16}
  check.near((y:max(2) - 1):abs():max():item(), 0, 0.02)
  local counts = {}
  for _, place in ipairs(y:argmax(2):table()) do counts[place] = (counts[place] or 0) + 1 end
  return counts
end
local counts, chi = places("equivariant", 800), 0
for place = 1, 16 do chi = chi + ((counts[place] or 0) - 50)^2 / 50 end
assert(chi < 39.3, chi)   -- 15 degrees of freedom: exceeded once in 1700
local own = places("ideal", 40)
check.equal(own, {[7] = 40})

-- Prints, and what is wrong is told by name.
check.equal(tostring(three), "score_machine(equivariant_local, 3 pictures of 2×5×4, patch 3)")
check.equal({es.has_log_density, three.has_log_density}, {true, false})
local function raises(message, options)
  options.data, options.sde = options.data or data, process
  check.raises("nn.score_machine: " .. message, function() return nn.score_machine(options) end)
end
raises("patch must be an odd number of 1 or more, got 2", {patch = 2})
raises("patch must be at most 4 for pictures of 5×4, got 5", {patch = 5})
raises("patch is required for kind = 'local': an odd number, or a function of t", {kind = "local"})
raises("patch must not be given for kind = 'ideal', which compares whole pictures", {kind = "ideal", patch = 3})
raises("border must be 'circular' for kind = 'equivariant', got 'zero'", {kind = "equivariant", border = "zero"})
raises("data must be finite", {data = data * (0/0), patch = 3})
raises("data must be floating-point pictures of shape [n, h, w] or [n, c, h, w], got float32 of shape [2, 3]", {data = tensor.zeros{2, 3}, patch = 3})
check.raises("model.score: patch must be an odd number of 1 or more, got 4", function()
  return nn.score_machine{data = data, patch = function() return 4 end, sde = process}:score(x, 0.5)
end)
check.raises("model.log_density: model score_machine of kind 'equivariant_local' has a score and no density: its score is no gradient",
  function() return three:log_density(x, 0.5) end)
