-- moondrift.digit_reader: real digits are read, what is no digit is not.
local check = require "check"
local digit_reader = require "moondrift.digit_reader"

local images, labels = data.mnist()
local new, classes = images[{{3501, 4000}}], labels[{{3501, 4000}}]
local reader = digit_reader.train{steps = 900, width = 200}

local digits = reader:read(new)
local right = digits:equal(classes):to("float32"):mean():item()
assert(right > 0.95, "reads " .. right .. " of new digits")
assert(reader:share(new) > 0.75, "is sure of " .. reader:share(new))

-- Each picture with an order of pixels of its own, which training never showed
local stream, shuffled = random.stream(5), {}
for place = 1, 100 do
  shuffled[place] = new[place]:reshape{784}:take(stream:permutation(784)):reshape{28, 28}
end
assert(reader:share(tensor.stack(shuffled, 1)) < 0.05)

-- Samples of a fully connected network that no one in the team could read
local folder = package.path:match("([^;]*)/Tests/lua/%?%.lua")
local unreadable = file.load(folder .. "/Tests/References/unreadable_digits.npy"):to("float32") / 255
check.equal(unreadable.shape, {23, 28, 28})
assert(reader:share(unreadable) < 0.2, "is sure of unreadable " .. reader:share(unreadable))

-- The same seed gives the same reader.
local again = digit_reader.train{steps = 20, width = 20, seed = 3}
local other = digit_reader.train{steps = 20, width = 20, seed = 3}
check.equal(again.parameters.w1:table(), other.parameters.w1:table())

check.raises("digit_reader.train: unknown option 'epochs'", digit_reader.train, {epochs = 3})
check.raises("digit_reader.train: steps must be a positive integer, got 0", digit_reader.train, {steps = 0})
check.raises("digit_reader.train: batch must be a multiple of 64, got 100", digit_reader.train, {batch = 100})
