/// The one-hidden-layer score network of Li et al. 2023 ("On the generalization properties of
/// diffusion models"), h(x, t) = W2 φ(W1 x + b1 + E γ(t) + bE) + b2, for any sizes.
///
/// 16 hidden units fill a vector; one example after another. Gradients, with a the argument of φ,
/// g = ∂L/∂h and δ = φ′(a) ∘ W2ᵀ g: ∂W2 = g φ(a)ᵀ, ∂b2 = g, ∂W1 = δ xᵀ, ∂E = δ γᵀ, ∂b1 = ∂bE = δ.
#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

extension Kernels {
  public static func scoreMLPLossAndGradient(
    _ parameters: FloatIn, _ shape: ScoreMLPShape, _ inputs: ScoreMLPInputs, z: FloatIn,
    weight: FloatIn, firstLayer: Bool, workspace: FloatOut, gradient: FloatOut
  ) -> Float {
    if ScoreMLP16.fits(shape) {
      return ScoreMLP16.lossAndGradient(
        parameters, shape.activation, inputs, z: z, weight: weight, firstLayer: firstLayer,
        workspace: workspace, gradient: gradient)
    }
    let d = shape.dimension
    let count = inputs.count
    let layers = ScoreMLPLayers(parameters, shape, workspace)
    layers.clearGradient(gradient)
    var loss: Double = 0
    for i in 0..<count {
      let x = inputs.x + i &* d
      let gamma = inputs.gamma + i &* shape.features
      layers.activate(x, gamma)
      layers.project(divisor: inputs.divisor[i], layers.residual)
      var square: Float = 0
      let slope = 2 * weight[i] / (Float(count) * inputs.divisor[i])
      for o in 0..<d {
        let r = layers.residual[o] + z[i &* d &+ o]
        square += r * r
        layers.residual[o] = r * slope  // now ∂L/∂h
      }
      loss += Double(weight[i] * square)
      layers.accumulate(x, gamma, firstLayer: firstLayer, gradient)
    }
    layers.finish(firstLayer: firstLayer, gradient)
    return Float(loss / Double(count))
  }
}

/// Parameters, gradients and activations in the workspace, transposed so that units are contiguous
/// and padded with zero units to whole vectors.
private struct ScoreMLPLayers {
  let shape: ScoreMLPShape
  let padded: Int
  let w1, bias, e, w2: FloatOut  // d × padded, padded, features × padded, d × padded
  let gradientW1, gradientBias, gradientE, gradientW2: FloatOut
  let hidden, slope: FloatOut  // φ(a), φ′(a)
  let residual: FloatOut  // d
  let b2: FloatIn

  @inline(__always) init(_ parameters: FloatIn, _ shape: ScoreMLPShape, _ workspace: FloatOut) {
    let (d, m, f) = (shape.dimension, shape.width, shape.features)
    let padded = shape.paddedWidth
    self.shape = shape
    self.padded = padded
    w1 = workspace
    bias = w1 + d &* padded
    e = bias + padded
    w2 = e + f &* padded
    gradientW1 = w2 + d &* padded
    gradientBias = gradientW1 + d &* padded
    gradientE = gradientBias + padded
    gradientW2 = gradientE + f &* padded
    hidden = gradientW2 + d &* padded
    slope = hidden + padded
    residual = slope + padded

    Kernels.fill(workspace, 0, (2 &* d &+ f &+ 1) &* padded)
    let b1 = parameters + m &* d
    let rowsE = b1 + m
    let bE = rowsE + m &* f
    let rowsW2 = bE + m
    b2 = rowsW2 + d &* m
    for k in 0..<m {
      for j in 0..<d { w1[j &* padded &+ k] = parameters[k &* d &+ j] }
      for j in 0..<f { e[j &* padded &+ k] = rowsE[k &* f &+ j] }
      bias[k] = b1[k] + bE[k]
    }
    for o in 0..<d {
      for k in 0..<m { w2[o &* padded &+ k] = rowsW2[o &* m &+ k] }
    }
  }

  /// φ(a) and φ′(a) of all units for one example.
  @inline(__always) func activate(_ x: FloatIn, _ gamma: FloatIn) {
    var k = 0
    while k < padded {
      var a = load(bias, k)
      for j in 0..<shape.dimension {
        a = fma(load(w1, j &* padded &+ k), F16(repeating: x[j]), a)
      }
      for j in 0..<shape.features {
        a = fma(load(e, j &* padded &+ k), F16(repeating: gamma[j]), a)
      }
      let (value, derivative) =
        shape.activation == .swish ? ScoreMLPUnit.swish(a) : ScoreMLPUnit.relu(a)
      store(value, hidden, k)
      store(derivative, slope, k)
      k &+= 16
    }
  }

  /// out = (W2 φ + b2) / divisor.
  @inline(__always) func project(divisor: Float, _ out: FloatOut) {
    for o in 0..<shape.dimension {
      var sum = F16()
      var k = 0
      while k < padded {
        sum = fma(load(w2, o &* padded &+ k), load(hidden, k), sum)
        k &+= 16
      }
      out[o] = (laneSum(sum) + b2[o]) / divisor
    }
  }

  @inline(__always) func clearGradient(_ gradient: FloatOut) {
    let (d, f) = (shape.dimension, shape.features)
    Kernels.fill(gradientW1, 0, (2 &* d &+ f &+ 1) &* padded)
    Kernels.fill(gradient + (shape.parameterCount &- d), 0, d)
  }

  /// Adds one example's gradient; `residual` holds ∂L/∂h.
  @inline(__always) func accumulate(
    _ x: FloatIn, _ gamma: FloatIn, firstLayer: Bool, _ gradient: FloatOut
  ) {
    let d = shape.dimension
    let gradientB2 = gradient + (shape.parameterCount &- d)
    for o in 0..<d { gradientB2[o] += residual[o] }
    var k = 0
    while k < padded {
      let h = load(hidden, k)
      var delta = F16()
      for o in 0..<d {
        let g = F16(repeating: residual[o])
        let row = o &* padded &+ k
        store(fma(g, h, load(gradientW2, row)), gradientW2, row)
        delta = fma(g, load(w2, row), delta)
      }
      if firstLayer {
        delta *= load(slope, k)
        store(load(gradientBias, k) + delta, gradientBias, k)
        for j in 0..<d {
          let row = j &* padded &+ k
          store(fma(delta, F16(repeating: x[j]), load(gradientW1, row)), gradientW1, row)
        }
        for j in 0..<shape.features {
          let row = j &* padded &+ k
          store(fma(delta, F16(repeating: gamma[j]), load(gradientE, row)), gradientE, row)
        }
      }
      k &+= 16
    }
  }

  /// Back to the flat layout of the parameters.
  @inline(__always) func finish(firstLayer: Bool, _ gradient: FloatOut) {
    let (d, m, f) = (shape.dimension, shape.width, shape.features)
    let b1 = gradient + m &* d
    let rowsE = b1 + m
    let bE = rowsE + m &* f
    let rowsW2 = bE + m
    for o in 0..<d {
      for k in 0..<m { rowsW2[o &* m &+ k] = gradientW2[o &* padded &+ k] }
    }
    if !firstLayer { return }
    for k in 0..<m {
      for j in 0..<d { gradient[k &* d &+ j] = gradientW1[j &* padded &+ k] }
      for j in 0..<f { rowsE[k &* f &+ j] = gradientE[j &* padded &+ k] }
      b1[k] = gradientBias[k]
      bE[k] = gradientBias[k]
    }
  }
}

/// Value and derivative of the activation.
enum ScoreMLPUnit {
  /// φ(a) = a σ(a), φ′(a) = σ + φ (1 − σ) (Ramachandran, Zoph & Le 2017).
  @inline(__always) static func swish(_ a: F16) -> (F16, F16) {
    let s = VectorMath.quickSigmoid(a)
    let h = a * s
    return (h, fma(h, 1 - s, s))
  }

  /// φ(a) = max(a, 0), with φ′(0) = 0.
  @inline(__always) static func relu(_ a: F16) -> (F16, F16) {
    let on = a .> 0
    return (VectorMath.atLeast(a, 0), F16().replacing(with: F16(repeating: 1), where: on))
  }
}
