// Functions of one number, applied to each element of a row, and their slopes.

/// y[i] = f(x[i]).
public protocol ElementwiseKernels {
  /// −x.
  static func negative(_ x: FloatIn, _ y: FloatOut, _ n: Int)
  /// |x|.
  static func absolute(_ x: FloatIn, _ y: FloatOut, _ n: Int)
  /// 1/x.
  static func reciprocal(_ x: FloatIn, _ y: FloatOut, _ n: Int)
  /// x².
  static func square(_ x: FloatIn, _ y: FloatOut, _ n: Int)
  /// √x.
  static func sqrt(_ x: FloatIn, _ y: FloatOut, _ n: Int)
  /// eˣ.
  static func exp(_ x: FloatIn, _ y: FloatOut, _ n: Int)
  /// eˣ − 1, exact near 0.
  static func expm1(_ x: FloatIn, _ y: FloatOut, _ n: Int)
  /// ln x.
  static func log(_ x: FloatIn, _ y: FloatOut, _ n: Int)
  /// ln(1 + x), exact near 0.
  static func log1p(_ x: FloatIn, _ y: FloatOut, _ n: Int)
  /// sin x, x in radians.
  static func sin(_ x: FloatIn, _ y: FloatOut, _ n: Int)
  /// cos x, x in radians.
  static func cos(_ x: FloatIn, _ y: FloatOut, _ n: Int)
  /// tanh x.
  static func tanh(_ x: FloatIn, _ y: FloatOut, _ n: Int)
  /// σ(x) = 1/(1 + e⁻ˣ).
  static func sigmoid(_ x: FloatIn, _ y: FloatOut, _ n: Int)
  /// x σ(x); NaN at −∞ (as PyTorch).
  static func silu(_ x: FloatIn, _ y: FloatOut, _ n: Int)
  /// max(x, 0), NaN stays NaN.
  static func relu(_ x: FloatIn, _ y: FloatOut, _ n: Int)

  static func negative(_ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  static func absolute(_ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  static func reciprocal(_ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  static func square(_ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  static func sqrt(_ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  static func exp(_ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  static func expm1(_ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  static func log(_ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  static func log1p(_ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  static func sin(_ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  static func cos(_ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  static func tanh(_ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  static func sigmoid(_ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  static func silu(_ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  static func relu(_ x: DoubleIn, _ y: DoubleOut, _ n: Int)
}
