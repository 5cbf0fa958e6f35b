/// The score network of ScoreMLP.swift at the size of Li et al. 2023: x ∈ ℝ, 16 hidden units, four
/// time features. Parameters and gradients stay in registers, 16 units a vector.
#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

/// Parameters or gradients, one lane a hidden unit.
struct ScoreMLP16 {
  var w1: F16
  var bias: F16  // b1 + bE, whose gradients are equal
  var e: FourVectors
  var w2: F16
  var b2: Float

  /// Whether a network has this size.
  @inline(__always) static func fits(_ shape: ScoreMLPShape) -> Bool {
    shape.dimension == 1 && shape.width == 16 && shape.features == 4
  }

  /// All zero.
  @inline(__always) init() {
    let zero = F16()
    (w1, bias, w2, b2) = (zero, zero, zero, 0)
    e = FourVectors(v0: zero, v1: zero, v2: zero, v3: zero)
  }

  @inline(__always) init(_ parameters: FloatIn) {
    w1 = load(parameters, 0)
    bias = load(parameters, 16) + load(parameters, 96)
    e = FourVectors.loadInterleaved(parameters + 32)
    w2 = load(parameters, 112)
    b2 = parameters[128]
  }

  /// Writes gradients in the order of the parameters.
  @inline(__always) func storeGradient(_ out: FloatOut, firstLayer: Bool) {
    if firstLayer {
      store(w1, out, 0)
      store(bias, out, 16)
      e.storeInterleaved(out + 32)
      store(bias, out, 96)
    }
    store(w2, out, 112)
    out[128] = b2
  }

  /// The argument of the activation for one example.
  @inline(__always) func argument(_ x: Float, _ gamma: FloatIn) -> F16 {
    let first = fma(e.v0, F16(repeating: gamma[0]), fma(w1, F16(repeating: x), bias))
    let second = fma(e.v2, F16(repeating: gamma[2]), e.v1 * gamma[1])
    return fma(e.v3, F16(repeating: gamma[3]), first + second)
  }

  /// Up to 16 examples: φ(a), φ′(a) and the products W2 φ(a), one row an example.
  @inline(__always) func activate(
    _ inputs: ScoreMLPInputs, from start: Int, lanes: Int, _ rows: ScoreMLP16Rows,
    _ activation: (F16) -> (F16, F16)
  ) {
    for i in 0..<lanes {
      let example = start &+ i
      let (h, slope) = activation(argument(inputs.x[example], inputs.gamma + 4 &* example))
      store(h, rows.hidden, 16 &* i)
      store(slope, rows.slope, 16 &* i)
      store(w2 * h, rows.product, 16 &* i)
    }
    for i in lanes..<16 { store(F16(), rows.product, 16 &* i) }
  }

  /// The loss, and its gradient added to `sum`; 16 examples at a time.
  @inline(__always) func lossAndGradient(
    _ inputs: ScoreMLPInputs, z: FloatIn, weight: FloatIn, firstLayer: Bool, into sum: inout Self,
    _ rows: ScoreMLP16Rows, _ activation: (F16) -> (F16, F16)
  ) {
    let count = inputs.count
    let perExample = 1 / Float(count)
    var loss = F16()
    var slopeB2 = F16()
    var start = 0
    while start < count {
      let lanes = min(16, count &- start)
      activate(inputs, from: start, lanes: lanes, rows, activation)

      let inverse = 1 / loadLanes(inputs.divisor + start, lanes, 1)
      let residual = fma(rows.productSums() + b2, inverse, loadLanes(z + start, lanes, 0))
      let weighted = loadLanes(weight + start, lanes, 0) * perExample * residual
      loss = fma(weighted, residual, loss)
      let g = 2 * inverse * weighted  // ∂L/∂h
      slopeB2 += g
      store(g, rows.lanes, 0)

      for i in 0..<lanes {
        let g = rows.lanes[i]
        sum.w2 = fma(F16(repeating: g), load(rows.hidden, 16 &* i), sum.w2)
        if firstLayer {
          let example = start &+ i
          let gamma = inputs.gamma + 4 &* example
          let delta = w2 * load(rows.slope, 16 &* i) * g
          sum.bias += delta
          sum.w1 = fma(delta, F16(repeating: inputs.x[example]), sum.w1)
          sum.e.v0 = fma(delta, F16(repeating: gamma[0]), sum.e.v0)
          sum.e.v1 = fma(delta, F16(repeating: gamma[1]), sum.e.v1)
          sum.e.v2 = fma(delta, F16(repeating: gamma[2]), sum.e.v2)
          sum.e.v3 = fma(delta, F16(repeating: gamma[3]), sum.e.v3)
        }
      }
      start &+= 16
    }
    store(loss, rows.lanes, 0)
    store(slopeB2, rows.lanes, 16)
  }
}

/// Scratch memory: what a loop over examples leaves for the next one. It goes through memory on
/// purpose: a sum over the lanes of a vector in registers makes the compiler take the whole loop
/// apart into single lanes.
struct ScoreMLP16Rows {
  let hidden, slope, product: FloatOut  // 16 × 16
  let lanes: FloatOut  // 2 × 16

  @inline(__always) init(_ workspace: FloatOut) {
    hidden = workspace
    slope = workspace + 256
    product = workspace + 512
    lanes = workspace + 768
  }

  /// The sum of each row of `product`.
  @inline(__always) func productSums() -> F16 {
    rowSums(product, lanes)
    return load(lanes, 0)
  }
}

/// The sums of 16 rows of 16 numbers, out of line: see `ScoreMLP16Rows`.
@inline(never) private func rowSums(_ rows: FloatOut, _ sums: FloatOut) {
  let bytes = UnsafeRawPointer(rows)
  for i in 0..<16 {
    let row = bytes + 64 &* i
    let a = row.loadUnaligned(as: SIMD4<Float>.self)
    let b = (row + 16).loadUnaligned(as: SIMD4<Float>.self)
    let c = (row + 32).loadUnaligned(as: SIMD4<Float>.self)
    let d = (row + 48).loadUnaligned(as: SIMD4<Float>.self)
    let four = (a + b) + (c + d)
    sums[i] = (four[0] + four[2]) + (four[1] + four[3])
  }
}

@inline(__always) private func loadLanes(_ p: FloatIn, _ lanes: Int, _ padding: Float) -> F16 {
  lanes == 16 ? load(p, 0) : loadPart(p, lanes, padding)
}

/// The sum of 16 numbers in memory; out of line, see `ScoreMLP16Rows`.
@inline(never) private func sumOf16(_ p: FloatIn) -> Float { laneSum(load(p, 0)) }

extension ScoreMLP16 {
  /// One of four loops: activation and frozen first layer are settled before it.
  static func lossAndGradient(
    _ parameters: FloatIn, _ activation: ScoreMLPActivation, _ inputs: ScoreMLPInputs, z: FloatIn,
    weight: FloatIn, firstLayer: Bool, workspace: FloatOut, gradient: FloatOut
  ) -> Float {
    let rows = ScoreMLP16Rows(workspace)
    let network = ScoreMLP16(parameters)
    var sum = ScoreMLP16()
    if activation == .swish {
      if firstLayer {
        network.lossAndGradient(
          inputs, z: z, weight: weight, firstLayer: true, into: &sum, rows, ScoreMLPUnit.swish)
      } else {
        network.lossAndGradient(
          inputs, z: z, weight: weight, firstLayer: false, into: &sum, rows, ScoreMLPUnit.swish)
      }
    } else {
      network.lossAndGradient(
        inputs, z: z, weight: weight, firstLayer: firstLayer, into: &sum, rows, ScoreMLPUnit.relu)
    }
    sum.b2 = sumOf16(rows.lanes + 16)
    sum.storeGradient(gradient, firstLayer: firstLayer)
    return sumOf16(rows.lanes)
  }
}
