import KernelsBase
import Layers
import Tensors

extension ScoreMLP {
  /// Data points up to this long go through the kernel, row by row; longer ones through matrix products.
  private static let kernelDimension = 8

  /// F without a trace, as samplers ask for it. What depends on time alone, b₁ + b_E + E γ(t), is made once
  /// for all rows.
  package func rowOutput(at t: Double) -> RowFunction? {
    guard dimension <= ScoreMLP.kernelDimension else { return nil }
    var time = Float(t)
    let features = options.time.features.value
    let shape = ScoreMLPShape(
      dimension: dimension, width: options.width.value, features: features,
      activation: isReLU ? .relu : .swish)
    let (flat, frequencies) = (parameters.flat, frequencies)
    let units = [Float](unsafeUninitializedCapacity: shape.unitCount) { units, count in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: features) { gamma in
        guard let units = units.baseAddress, let gamma = gamma.baseAddress else { return }
        kernels.fourierFeatures(
          &time, frequencies.pointer(Float.self), gamma, count: 1, frequencies: features / 2)
        kernels.scoreMLPUnits(flat.pointer(Float.self), shape, gamma: gamma, units)
        count = shape.unitCount
      }
    }
    let scale = Float(1 / options.divisor)
    return RowFunction { x, keep, factor, out, rows in
      units.withUnsafeBufferPointer { units in
        withUnsafeTemporaryAllocation(of: Float.self, capacity: shape.forwardWorkspaceCount) {
          guard let units = units.baseAddress, let workspace = $0.baseAddress else { return }
          kernels.scoreMLPForward(
            units, shape, x, keep: keep, factor: factor * scale, workspace: workspace, out,
            count: rows)
        }
      }
    }
  }

  /// F with its trace, each row at a time of its own.
  package func rowTrace() -> RowTrace? {
    guard dimension <= ScoreMLP.kernelDimension else { return nil }
    let features = options.time.features.value
    let shape = ScoreMLPShape(
      dimension: dimension, width: options.width.value, features: features,
      activation: isReLU ? .relu : .swish)
    let (flat, frequencies) = (parameters.flat, frequencies)
    let scale = Float(1 / options.divisor)
    return RowTrace { x, t, out, trace, rows in
      let count = rows * features + shape.traceWorkspaceCount
      withUnsafeTemporaryAllocation(of: Float.self, capacity: count) {
        guard let gamma = $0.baseAddress else { return }
        kernels.fourierFeatures(
          t, frequencies.pointer(Float.self), gamma, count: rows, frequencies: features / 2)
        kernels.scoreMLPTrace(
          flat.pointer(Float.self), shape, x, gamma: gamma, workspace: gamma + rows * features,
          out, trace: trace, count: rows)
      }
      for i in 0..<rows * shape.dimension { out[i] *= scale }
      for i in 0..<rows { trace[i] *= scale }
    }
  }
}
