/// What layers do with one row of features: layer norm.

#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

extension Kernels {
  /// Ba, Kiros & Hinton 2016.
  public static func layerNorm(
    _ x: FloatIn, gain: FloatIn, bias: FloatIn, epsilon: Float, _ y: FloatOut, _ n: Int
  ) -> (mean: Float, inverse: Float) {
    let mean = sum(x, n) / Float(n)
    map(x, y, n) { $0 - mean }
    let variance = sumOfSquares(FloatIn(y), n) / Float(n)
    let inverse = 1 / (variance + epsilon).squareRoot()
    update(gain, bias, y, n) { fma($0, $2 * inverse, $1) }
    return (mean, inverse)
  }

  /// With x̂ = (x − mean)·inverse and u = gain dy: dx = inverse (u − ⟨u⟩ − x̂⟨u x̂⟩).
  public static func layerNormBackward(
    _ x: FloatIn, mean: Float, inverse: Float, gain: FloatIn, _ dy: FloatIn,
    _ dx: FloatOut, dGain: FloatOut, dBias: FloatOut, _ n: Int
  ) {
    update(x, dy, dGain, n) { fma(($0 - mean) * inverse, $1, $2) }
    map(FloatIn(dBias), dy, dBias, n) { $0 + $1 }
    map(gain, dy, dx, n) { $0 * $1 }
    let meanU = sum(FloatIn(dx), n) / Float(n)
    let meanUX = (dot(FloatIn(dx), x, n) / Float(n) - mean * meanU) * inverse
    map(x, FloatIn(dx), dx, n) { ($1 - meanU - ($0 - mean) * (inverse * meanUX)) * inverse }
  }

  /// Ba, Kiros & Hinton 2016.
  public static func layerNorm(
    _ x: DoubleIn, gain: DoubleIn, bias: DoubleIn, epsilon: Double, _ y: DoubleOut, _ n: Int
  ) -> (mean: Double, inverse: Double) {
    let mean = sum(x, n) / Double(n)
    map(x, y, n) { $0 - mean }
    let variance = sumOfSquares(DoubleIn(y), n) / Double(n)
    let inverse = 1 / (variance + epsilon).squareRoot()
    update(gain, bias, y, n) { fma($0, $2 * inverse, $1) }
    return (mean, inverse)
  }

  /// With x̂ = (x − mean)·inverse and u = gain dy: dx = inverse (u − ⟨u⟩ − x̂⟨u x̂⟩).
  public static func layerNormBackward(
    _ x: DoubleIn, mean: Double, inverse: Double, gain: DoubleIn, _ dy: DoubleIn,
    _ dx: DoubleOut, dGain: DoubleOut, dBias: DoubleOut, _ n: Int
  ) {
    update(x, dy, dGain, n) { fma(($0 - mean) * inverse, $1, $2) }
    map(DoubleIn(dBias), dy, dBias, n) { $0 + $1 }
    map(gain, dy, dx, n) { $0 * $1 }
    let meanU = sum(DoubleIn(dx), n) / Double(n)
    let meanUX = (dot(DoubleIn(dx), x, n) / Double(n) - mean * meanU) * inverse
    map(x, DoubleIn(dx), dx, n) { ($1 - meanU - ($0 - mean) * (inverse * meanUX)) * inverse }
  }
}
