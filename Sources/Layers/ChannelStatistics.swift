import Autodiff
import Tensors

// Statistics of channels: over all points and all places of a batch [n, c, …].

/// Mean and variance (divisor: how many) of each channel, shape [1, c, 1, …].
func channelMoments(_ x: Tensor) throws -> (mean: Tensor, variance: Tensor) {
  let shape = Array(x.shape)
  let ones = [1, shape[1]] + Array(repeating: 1, count: shape.count - 2)
  let places = x.elementCount / max(shape[0] * shape[1], 1)
  func overAll(_ x: Tensor) throws -> Tensor {
    let flat = try reshape(x, to: [shape[0], shape[1], places])
    return try reshape(mean(mean(flat, axis: 2), axis: 0), to: ones)
  }
  let center = try overAll(x)
  return (center, try overAll(square(x - center)))
}

/// A number for each channel beside a batch [n, c, …].
func perChannel(_ values: Tensor, like x: Tensor) throws -> Tensor {
  try reshape(values, to: [1, x.shape[1]] + Array(repeating: 1, count: x.rank - 2))
}

/// How many numbers of a batch belong to one channel.
func numbersOfAChannel(_ x: Tensor) -> Int { x.elementCount / max(x.shape[1], 1) }
