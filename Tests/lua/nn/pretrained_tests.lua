-- The denoisers that come with the program do better than means over pixels on patches that no training saw.
local check = require "check"

local photographs = data.photographs{names = {"gravel", "rocket"}}
local x = target.patches(photographs, {size = 40}):sample(24, {seed = 3}):unsqueeze(2)

--- Means over (2r + 1)² pixels, the best of several r: what needs no training.
local function best_blur(noisy)
  local best = math.huge
  for r = 0, 3 do
    local total = noisy * 0
    for i = -r, r do
      for j = -r, r do total = total + noisy:roll(i, 3):roll(j, 4) end
    end
    best = math.min(best, ((total / (2 * r + 1)^2 - x)^2):mean():item())
  end
  return best
end

for name, count in pairs{unet = 1825024, bf_cnn = 702784} do
  local m = nn.pretrained(name)
  check.equal(m.parameter_count, count)
  check.equal(m.shape, {1, 40, 40})
  for _, sigma in ipairs{0.05, 0.1, 0.2} do
    local noisy = x + sigma * random.stream(4):normal(x.shape)
    local error = ((m:denoise(noisy) - x)^2):mean():item()
    assert(error < best_blur(noisy), ("%s at sigma = %g: %g"):format(name, sigma, error))
  end
end
check.raises("nn.pretrained: name must be 'bf_cnn' or 'unet', got 'resnet'", nn.pretrained, "resnet")
