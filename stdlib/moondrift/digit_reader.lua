--- Reads handwritten digits, and says how sure it is: `local reader = require("moondrift.digit_reader").train()`.
--
-- A fully connected network of two hidden layers learns the labels of data.mnist, each batch moved by up to two
-- pixels and with a little noise. It has an eleventh class, for what is no digit: pictures of training digits
-- with their pixels in another order, and two digits of different classes laid over each other. Without it a
-- network of ten classes is sure of everything it sees.

local digit_reader = {}
local Reader = {}
Reader.__index = Reader

local SIDE, CLASSES, NO_DIGIT = 28, 11, 10

local function logits(p, images)
  local h = (images:reshape{-1, SIDE * SIDE}:matmul(p.w1) + p.b1):relu()
  h = (h:matmul(p.w2) + p.b2):relu()
  return h:matmul(p.w3) + p.b3
end

local function initial(stream, width)
  local function weight(inputs, outputs, gain) return gain * stream:normal{inputs, outputs} * math.sqrt(2 / inputs) end
  return {
    w1 = weight(SIDE * SIDE, width, 1), b1 = tensor.zeros{width},
    w2 = weight(width, width, 1), b2 = tensor.zeros{width},
    w3 = weight(width, CLASSES, 0.1), b3 = tensor.zeros{CLASSES},
  }
end

--- Moves each eighth of a batch by an own number of pixels.
local function moved(images, stream)
  local parts, size = {}, #images // 8
  for k = 1, 8 do
    local shift = stream:integers(2, -2, 2):table()
    parts[k] = images[{{(k - 1) * size + 1, k * size}}]:roll(shift[1], 2):roll(shift[2], 3)
  end
  return tensor.concatenate(parts, 1)
end

--- Pictures that are no digits: n with their pixels in another order, and n/4 of two digits.
local function impostors(images, labels, n, stream)
  local first, second = stream:integers(n, 1, #images):table(), {}
  for place, one in ipairs(first) do
    repeat second[place] = stream:integers(1, 1, #images):item() until labels[second[place]] ~= labels[one]
  end
  local a, b = images:take(first), images:take(second)
  local order = stream:permutation(SIDE * SIDE)
  local shuffled = a:reshape{n, SIDE * SIDE}:take(order, 2):reshape{n, SIDE, SIDE}
  return tensor.concatenate({shuffled, a:maximum(b)[{{1, n // 4}}]}, 1)
end

--- Trains a reader on the first `count` digits of data.mnist; the rest are held out.
---@param options table count = 3500, steps = 1500, width = 300, batch = 128, seed = 1
function digit_reader.train(options)
  local o = {count = 3500, steps = 1500, width = 300, batch = 128, seed = 1}
  for name, value in pairs(options or {}) do
    if o[name] == nil then error(("digit_reader.train: unknown option '%s'"):format(name), 2) end
    if name ~= "seed" and not (math.type(value) == "integer" and value > 0) then
      error(("digit_reader.train: %s must be a positive integer, got %s"):format(name, tostring(value)), 2)
    end
    o[name] = value
  end
  if o.batch % 64 ~= 0 then
    error(("digit_reader.train: batch must be a multiple of 64, got %d"):format(o.batch), 2)
  end
  local images, labels = data.mnist{count = o.count}
  local stream, known = random.stream(o.seed), labels:table()
  local wrong = o.batch // 16
  local slope = grad.compile(grad.value_and_grad(function(p, x, wanted)
    return -(logits(p, x):log_softmax(2) * wanted):sum(2):mean()
  end))
  local p, state = initial(stream, o.width), nil
  local optimizer = optim.adam{rate = function(step) return 2e-3 * math.min(1, 2 - 2 * step / o.steps) end}
  local none = tensor.full({wrong + wrong // 4}, NO_DIGIT):to("int64")
  for _ = 1, o.steps do
    local chosen = stream:integers(o.batch, 1, o.count)
    local x = tensor.concatenate({moved(images:take(chosen), stream), impostors(images, known, wrong, stream)}, 1)
    local wanted = tensor.one_hot(tensor.concatenate({labels:take(chosen), none}, 1), CLASSES, {first = 0})
    local _, g = slope(p, x + 0.1 * stream:normal(x.shape), wanted)
    p, state = optimizer:update(p, g, state)
  end
  return setmetatable({parameters = p}, Reader)
end

--- The most likely digit of each picture, and its probability.
-- @param images [n, 28, 28], from 0 for paper to 1 for ink
function Reader:read(images)
  local digits = logits(self.parameters, images):softmax(2)[{{}, {1, NO_DIGIT}}]
  return digits:argmax(2) - 1, digits:max(2)
end

--- The share of pictures that are read with a probability above `sure`, 0.9 where absent.
function Reader:share(images, sure)
  local _, confidence = self:read(images)
  return confidence:greater(sure or 0.9):to("float32"):mean():item()
end

return digit_reader
