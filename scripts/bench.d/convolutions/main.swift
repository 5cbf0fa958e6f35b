// Milliseconds of the three passes of one convolution on blocked maps, minima of 9:
//
//   convolution-bench INPUTS OUTPUTS SIZE KERNEL STRIDE PADDING TRANSPOSED BATCH
//
// prints the lines `forward ms`, `data ms`, `weights ms`. What a network costs is measured from Lua; this shows
// which layers it owes to. Run by scripts/bench convolutions.
import Runtime
import Tensors

private func fastest(_ body: () throws -> Void) rethrows -> Double {
  try body()
  var best = Double.infinity
  for _ in 0..<9 {
    let clock = ContinuousClock()
    let time = try clock.measure(body)
    best = min(best, Double(time.components.attoseconds) * 1e-15)
  }
  return best
}

/// Numbers in [−½, ½) without a pattern that a cache could profit from.
private func numbers(_ shape: Shape) throws -> Tensor {
  var state: UInt64 = 5
  return try Tensor(
    (0..<shape.elementCount).map { _ -> Float in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(Double(state >> 40) / 16_777_216 - 0.5)
    }, shape: shape)
}

private func run(_ sizes: [Int]) throws {
  var options = ConvolutionOptions(padding: sizes[5])
  options.stride = (sizes[4], sizes[4])
  options.isTransposed = sizes[6] == 1
  let shape = try ConvolutionShape(
    batch: sizes[7], channels: (sizes[0], sizes[1]), size: (sizes[2], sizes[2]),
    kernel: (sizes[3], sizes[3]), options)
  let plan = try ConvolutionPlan(shape)
  let (x, y) = try (FeatureMap(numbers(shape.inputShape)), FeatureMap(numbers(shape.outputShape)))
  let (dx, dy) = try (FeatureMap(numbers(shape.inputShape)), FeatureMap(numbers(shape.outputShape)))
  let (weights, slopes) = try (numbers(shape.weightShape), numbers(shape.weightShape))
  print("forward", try fastest { try plan.forward(.plain(x), weights: weights, into: y) })
  print("data", try fastest { try plan.backwardData(.plain(dy), weights: weights, into: dx) })
  print("weights", try fastest { try plan.backwardWeights(.plain(x), .plain(dy), into: slopes) })
}

let sizes = CommandLine.arguments.dropFirst().compactMap { Int($0) }
guard sizes.count == 8 else {
  print("usage: convolution-bench INPUTS OUTPUTS SIZE KERNEL STRIDE PADDING TRANSPOSED BATCH")
  throw CancellationError()
}
try run(sizes)
