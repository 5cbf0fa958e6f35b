import Autodiff
import KernelsBase
import Runtime
import Tensors

extension ScoreMLP {
  /// Data points up to this long go through the kernel, row by row; longer ones through matrix products.
  private static let kernelDimension = 8

  /// F/divisor in one pass without a trace: what samplers ask for. The part of the first layer that
  /// depends on time alone, b₁ + b_E + E γ(t), is made once; rows are shared out over the threads.
  package func output(_ x: Tensor, at t: Double, dividedBy sigma: Double) throws -> Tensor? {
    let d = dimension
    guard d <= ScoreMLP.kernelDimension, x.dtype == .float32, x.rank == 2, x.shape[1] == d,
      x.shape[0] > 0
    else { return nil }
    let count = x.shape[0]
    var time = Float(t)
    let divisors = try Tensor.full([count], Double(Float(sigma) * Float(options.divisor)))
    let weights = weights(at: &time)
    let shape = ScoreMLPShape(
      dimension: d, width: options.width.value, features: 0,
      activation: isReLU ? .relu : .swish)
    let points = try x.densified()
    let result = try Tensor(uninitialized: x.shape)
    let (from, to) = (points.pointer(Float.self), result.pointer(Float.self))
    try weights.withUnsafeBufferPointer { weights in
      guard let weights = weights.baseAddress else { return }
      try WorkerPool.shared.run(count: count, grain: 512) { rows in
        withUnsafeTemporaryAllocation(of: Float.self, capacity: shape.workspaceCount) { scratch in
          guard let scratch = scratch.baseAddress else { return }
          let first = from + rows.lowerBound * d
          let inputs = ScoreMLPInputs(
            x: first, gamma: first, divisor: divisors.pointer(Float.self) + rows.lowerBound,
            count: rows.count)
          kernels.scoreMLPForward(
            weights, shape, inputs, workspace: scratch, to + rows.lowerBound * d)
        }
      }
    }
    return result
  }

  /// W₁, b₁ + b_E + E γ(t), 0, W₂, b₂: the network at one time, without features of time.
  private func weights(at t: UnsafePointer<Float>) -> [Float] {
    let (d, m, e) = (dimension, options.width.value, options.time.features.value)
    let all = parameters.flat.pointer(Float.self)
    var gamma = [Float](repeating: 0, count: e)
    kernels.fourierFeatures(
      t, frequencies.pointer(Float.self), &gamma, count: 1, frequencies: e / 2)
    let (b1, rows) = (all + m * d, all + m * d + m)
    let bE = rows + m * e
    var weights = Array(UnsafeBufferPointer(start: all, count: m * d))
    for k in 0..<m {
      let product = (0..<e).reduce(Float(0)) { $0 + rows[k * e + $1] * gamma[$1] }
      weights.append(b1[k] + bE[k] + product)
    }
    weights += [Float](repeating: 0, count: m)
    weights += UnsafeBufferPointer(start: bE + m, count: d * m + d)
    return weights
  }
}
