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
  let type = DType.promoted(x.dtype, DType.promoted(gain.dtype, bias.dtype))
  return try perform(LayerNorm(), [x, gain, bias].map { try convert($0, to: type) })[0]
}

/// x, gain, bias → y, and of each row ⟨x⟩ and 1/√(var x + ε), which the derivatives need.
private struct LayerNorm: PlannedOperation, DifferentiableOperation {
  let name = "layer_norm"
  let saves = Saves(inputs: [0, 1], outputs: [1, 2])

  func results(of inputs: [TensorSpec]) -> [TensorSpec] {
    let row = TensorSpec([inputs[0].shape[0]], inputs[0].dtype)
    return [inputs[0], row, row]
  }

  func overwritten(by output: Int) -> Int? { output == 0 ? 0 : nil }

  func run(_ inputs: [Tensor], into outputs: [Tensor], workspace: UnsafeMutableRawPointer) throws {
    try inputs[0].dtype == .float64
      ? run(Double.self, inputs, outputs) : run(Float.self, inputs, outputs)
  }

  private func run<T: NormElement>(_ type: T.Type, _ inputs: [Tensor], _ outputs: [Tensor]) throws {
    let (n, d) = (inputs[0].shape[0], inputs[0].shape[1])
    let (x, gain, bias) = (
      inputs[0].pointer(T.self), inputs[1].pointer(T.self), inputs[2].pointer(T.self)
    )
    let y = outputs[0].pointer(T.self)
    let (means, inverses) = (outputs[1].pointer(T.self), outputs[2].pointer(T.self))
    try WorkerPool.shared.run(count: n, grain: rowGrain(d)) { range in
      for row in range {
        (means[row], inverses[row]) = T.layerNorm(
          x + row * d, gain, bias, T(epsilon), y + row * d, d)
      }
    }
  }

  func pullback(_ flow: JointFlow) throws -> [Tensor?] {
    let (x, gain, dy) = (flow.input(0), flow.input(1), try flow.cotangent(0))
    if [x, gain, dy].contains(where: \.isRecorded) { return try formula(x, gain, dy) }
    return try evaluate(
      LayerNormPullback(), [x.value, gain.value, flow.output(1), flow.output(2), dy.value])
  }

  private func formula(_ x: Tensor, _ gain: Tensor, _ dy: Tensor) throws -> [Tensor] {
    let centered = try x - mean(x, axis: 1, keepingAxis: true)
    let inverse = try reciprocal(
      sqrt(mean(square(centered), axis: 1, keepingAxis: true) + epsilon))
    let normal = try centered * inverse
    let u = try gain * dy
    let along = try mean(u * normal, axis: 1, keepingAxis: true)
    let dx = try (u - mean(u, axis: 1, keepingAxis: true) - normal * along) * inverse
    return [dx, try sum(normal * dy, axis: 0), try sum(dy, axis: 0)]
  }
}

/// x, gain, ⟨x⟩, 1/√(var x + ε), dy → dx, dgain, dbias in one pass.
private struct LayerNormPullback: PlannedOperation {
  let name = "layer_norm_pullback"

  func results(of inputs: [TensorSpec]) -> [TensorSpec] { [inputs[0], inputs[1], inputs[1]] }

  func overwritten(by output: Int) -> Int? { output == 0 ? 4 : nil }

  func workspaceByteCount(for inputs: [TensorSpec]) -> Int {
    2 * parts(inputs[0].shape) * inputs[1].shape.elementCount * inputs[0].dtype.byteCount
  }

  func run(_ inputs: [Tensor], into outputs: [Tensor], workspace: UnsafeMutableRawPointer) throws {
    try inputs[0].dtype == .float64
      ? run(Double.self, inputs, outputs, workspace) : run(Float.self, inputs, outputs, workspace)
  }

  private func run<T: NormElement>(
    _ type: T.Type, _ inputs: [Tensor], _ outputs: [Tensor], _ workspace: UnsafeMutableRawPointer
  ) throws {
    let (n, d) = (inputs[0].shape[0], inputs[0].shape[1])
    let (x, gain) = (inputs[0].pointer(T.self), inputs[1].pointer(T.self))
    let (means, inverses) = (inputs[2].pointer(T.self), inputs[3].pointer(T.self))
    let (dy, dx) = (inputs[4].pointer(T.self), outputs[0].pointer(T.self))
    // Partial sums of a few rows each, added in order: the same bits at any thread count, and errors
    // that do not grow with the number of rows.
    let (grain, few, parts) = (rowGrain(d), rowsOfPartialSum(d), parts(inputs[0].shape))
    let dGain = workspace.bindMemory(to: T.self, capacity: 2 * parts * d)
    dGain.initialize(repeating: 0, count: 2 * parts * d)
    let dBias = dGain + parts * d
    try WorkerPool.shared.run(chunks: max(1, (n + grain - 1) / grain)) { index in
      for row in index * grain..<min(n, (index + 1) * grain) {
        let part = row / few * d
        T.layerNormBackward(
          x + row * d, means[row], inverses[row], gain, dy + row * d, dx + row * d, dGain + part,
          dBias + part, d)
      }
    }
    for (sums, total) in [(dGain, outputs[1]), (dBias, outputs[2])] {
      let total = total.pointer(T.self)
      parts == 0 ? total.update(repeating: 0, count: d) : try T.sum(sums, total, parts, d)
    }
  }

  private func parts(_ shape: Shape) -> Int {
    let few = rowsOfPartialSum(shape[1])
    return (shape[0] + few - 1) / few
  }
}

/// Rows of a chunk; a multiple of those of a partial sum where it is above.
private func rowGrain(_ d: Int) -> Int {
  let rows = max(1, (1 << 14) / max(d, 1))
  return rows < 16 ? rows : rows / 16 * 16
}

private func rowsOfPartialSum(_ d: Int) -> Int { min(rowGrain(d), 16) }

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
  /// The sums of the columns of a matrix.
  static func sum(
    _ x: UnsafeMutablePointer<Self>, _ y: UnsafeMutablePointer<Self>, _ rows: Int, _ columns: Int)
    throws
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

  fileprivate static func sum(
    _ x: UnsafeMutablePointer<Self>, _ y: UnsafeMutablePointer<Self>, _ rows: Int, _ columns: Int
  ) throws {
    try ReductionKernel.sum.reduce(x, y, 1, rows, columns)
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

  fileprivate static func sum(
    _ x: UnsafeMutablePointer<Self>, _ y: UnsafeMutablePointer<Self>, _ rows: Int, _ columns: Int
  ) throws {
    try ReductionKernel.sum.reduce(x, y, 1, rows, columns)
  }
}
