import Runtime
import Tensors

// Layer normalisation over the last axis, x of shape [n, d]:
//
// y = gain (x − ⟨x⟩)/√(var x + ε) + bias,  var with divisor d   (Ba, Kiros and Hinton 2016, Eq. 4).
//
// With x̂ = (x − ⟨x⟩)/√(var x + ε) and u = gain dy the derivatives are dx = (u − ⟨u⟩ − x̂⟨u x̂⟩)/√(…),
// dgain = Σ x̂ dy, dbias = Σ dy. One pass over memory forward and one backward; where the derivative is
// itself differentiated it is written in traced operations.

/// Keeps the square root away from 0, as in PyTorch.
private let epsilon = 1e-5

/// - Parameters: `x` of shape [n, d]; `gain` and `bias` of shape [d].
/// - Returns: of the wider of their floating-point types.
public func layerNorm(_ x: Tensor, gain: Tensor, bias: Tensor) throws -> Tensor {
  let flow = LayerNormFlow()
  let type = DType.promoted(x.dtype, DType.promoted(gain.dtype, bias.dtype))
  return try record(
    "layer_norm", [x, gain, bias].map { try convert($0, to: type) },
    forward: { try flow.forward($0[0], $0[1], $0[2]) },
    pullbacks: (0..<3).map { place in { inputs, _, g in try flow.backward(inputs, g)[place] } })
}

/// What the reverse sweep keeps of one call: the statistics of each row, and the three derivatives,
/// which come in one pass and are asked for one after the other.
private final class LayerNormFlow {
  private var statistics: [(mean: Double, inverse: Double)] = []
  private var derivatives: (cotangent: Tensor, flows: [Tensor])?

  func forward(_ x: Tensor, _ gain: Tensor, _ bias: Tensor) throws -> Tensor {
    if let recording = Recording.current {
      return try recording.note(
        general: "layer_norm", [x, gain, bias],
        one: { try LayerNormFlow().forward($0[0], $0[1], $0[2]) })
    }
    if x.dtype == .float64 { return try forward(Double.self, x, gain, bias) }
    return try forward(Float.self, x, gain, bias)
  }

  func backward(_ inputs: [Tensor], _ cotangent: Tensor) throws -> [Tensor] {
    if inputs.contains(where: \.isRecorded) || cotangent.isRecorded {
      return try tracedFlows(inputs[0], inputs[1], cotangent)
    }
    if let known = derivatives, known.cotangent === cotangent { return known.flows }
    let flows = try flows(inputs[0].value, inputs[1].value, cotangent.value)
    derivatives = (cotangent, flows)
    return flows
  }

  private func flows(_ x: Tensor, _ gain: Tensor, _ g: Tensor) throws -> [Tensor] {
    if let recording = Recording.current {
      // A program keeps no statistics between two operations: they are made again.
      return try recording.note(general: "layer_norm", [x, gain, g]) {
        let flow = LayerNormFlow()
        _ = try flow.forward($0[0], $0[1], $0[1])
        return try flow.flows($0[0], $0[1], $0[2])
      }
    }
    return try x.dtype == .float64
      ? fusedFlows(Double.self, x, gain, g) : fusedFlows(Float.self, x, gain, g)
  }

  private func tracedFlows(_ x: Tensor, _ gain: Tensor, _ dy: Tensor) throws -> [Tensor] {
    let centered = try x - mean(x, axis: 1, keepingAxis: true)
    let inverse = try reciprocal(
      sqrt(mean(square(centered), axis: 1, keepingAxis: true) + epsilon))
    let normal = try centered * inverse
    let u = try gain * dy
    let along = try mean(u * normal, axis: 1, keepingAxis: true)
    let dx = try (u - mean(u, axis: 1, keepingAxis: true) - normal * along) * inverse
    return [dx, try sum(normal * dy, axis: 0), try sum(dy, axis: 0)]
  }

  // MARK: The fused passes

  private func forward<T: NormElement>(
    _ type: T.Type, _ x: Tensor, _ gain: Tensor, _ bias: Tensor
  ) throws -> Tensor {
    let (n, d) = (x.shape[0], x.shape[1])
    let source = try x.densified()
    let (gain, bias) = (try gain.densified(), try bias.densified())
    let result = try Tensor(uninitialized: x.shape, T.dtype)
    statistics = Array(repeating: (0, 0), count: n)
    try statistics.withUnsafeMutableBufferPointer { rows in
      nonisolated(unsafe) let rows = rows
      try WorkerPool.shared.run(count: n, grain: rowGrain(d)) { range in
        for row in range {
          let (mean, inverse) = T.layerNorm(
            source.pointer(T.self) + row * d, gain.pointer(T.self), bias.pointer(T.self),
            T(epsilon), result.pointer(T.self) + row * d, d)
          rows[row] = (Double(mean), Double(inverse))
        }
      }
    }
    return result
  }

  private func fusedFlows<T: NormElement>(
    _ type: T.Type, _ x: Tensor, _ gain: Tensor, _ dy: Tensor
  ) throws -> [Tensor] {
    let (n, d) = (x.shape[0], x.shape[1])
    let (x, gain, dy) = (try x.densified(), try gain.densified(), try dy.densified())
    let grain = rowGrain(d)
    let chunks = max(1, (n + grain - 1) / grain)
    let dx = try Tensor(uninitialized: x.shape, T.dtype)
    // Partial sums of a few rows each, added in order: the same bits at any thread count, and errors
    // that do not grow with the number of rows.
    let few = min(grain, rowsOfPartialSum)
    let parts = (n + few - 1) / few
    let dGain = try Tensor.zeros([parts, d], T.dtype)
    let dBias = try Tensor.zeros([parts, d], T.dtype)
    try WorkerPool.shared.run(chunks: chunks) { index in
      for row in index * grain..<min(n, (index + 1) * grain) {
        let chunk = row / few * d
        let known = statistics[row]
        T.layerNormBackward(
          x.pointer(T.self) + row * d, T(known.mean), T(known.inverse), gain.pointer(T.self),
          dy.pointer(T.self) + row * d, dx.pointer(T.self) + row * d,
          dGain.pointer(T.self) + chunk, dBias.pointer(T.self) + chunk, d)
      }
    }
    return [dx, try dGain.reduced(.sum, axis: 0), try dBias.reduced(.sum, axis: 0)]
  }

  /// Rows of a chunk; a multiple of `rowsOfPartialSum` where it is above.
  private func rowGrain(_ d: Int) -> Int {
    let rows = max(1, (1 << 14) / max(d, 1))
    return rows < rowsOfPartialSum ? rows : rows / rowsOfPartialSum * rowsOfPartialSum
  }

  private var rowsOfPartialSum: Int { 16 }
}

/// The two precisions of the fused kernels.
private protocol NormElement: Element, BinaryFloatingPoint {
  static func layerNorm(
    _ x: UnsafePointer<Self>, _ gain: UnsafePointer<Self>, _ bias: UnsafePointer<Self>,
    _ epsilon: Self, _ y: UnsafeMutablePointer<Self>, _ n: Int
  ) -> (Self, Self)
  static func layerNormBackward(
    _ x: UnsafePointer<Self>, _ mean: Self, _ inverse: Self, _ gain: UnsafePointer<Self>,
    _ dy: UnsafePointer<Self>, _ dx: UnsafeMutablePointer<Self>,
    _ dGain: UnsafeMutablePointer<Self>, _ dBias: UnsafeMutablePointer<Self>, _ n: Int)
}

extension Float: NormElement {
  fileprivate static func layerNorm(
    _ x: UnsafePointer<Float>, _ gain: UnsafePointer<Float>, _ bias: UnsafePointer<Float>,
    _ epsilon: Float, _ y: UnsafeMutablePointer<Float>, _ n: Int
  ) -> (Float, Float) {
    kernels.layerNorm(x, gain: gain, bias: bias, epsilon: epsilon, y, n)
  }

  fileprivate static func layerNormBackward(
    _ x: UnsafePointer<Float>, _ mean: Float, _ inverse: Float, _ gain: UnsafePointer<Float>,
    _ dy: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
    _ dGain: UnsafeMutablePointer<Float>, _ dBias: UnsafeMutablePointer<Float>, _ n: Int
  ) {
    kernels.layerNormBackward(
      x, mean: mean, inverse: inverse, gain: gain, dy, dx, dGain: dGain, dBias: dBias, n)
  }
}

extension Double: NormElement {
  fileprivate static func layerNorm(
    _ x: UnsafePointer<Double>, _ gain: UnsafePointer<Double>, _ bias: UnsafePointer<Double>,
    _ epsilon: Double, _ y: UnsafeMutablePointer<Double>, _ n: Int
  ) -> (Double, Double) {
    kernels.layerNorm(x, gain: gain, bias: bias, epsilon: epsilon, y, n)
  }

  fileprivate static func layerNormBackward(
    _ x: UnsafePointer<Double>, _ mean: Double, _ inverse: Double, _ gain: UnsafePointer<Double>,
    _ dy: UnsafePointer<Double>, _ dx: UnsafeMutablePointer<Double>,
    _ dGain: UnsafeMutablePointer<Double>, _ dBias: UnsafeMutablePointer<Double>, _ n: Int
  ) {
    kernels.layerNormBackward(
      x, mean: mean, inverse: inverse, gain: gain, dy, dx, dGain: dGain, dBias: dBias, n)
  }
}
