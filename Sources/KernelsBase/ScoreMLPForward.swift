/// The one-hidden-layer score network at one time, 16 examples a vector, one hidden unit after another.
///
/// A unit is d weights of x, its bias with the time features in it, and d weights of its output. For
/// swish, φ(a) = a / (1 + e⁻ᵃ), it is scaled so that y = −a log₂ e stands for a: φ = −ln 2 · y / (1 + 2ʸ).
/// With y = n + r, |r| ≤ ½, and 2ʳ = (c + r)/(c − r), where c = r coth(r ln 2 / 2) is even in r,
///
/// y / (1 + 2ʸ) = y (c − r) / ((c − r) + 2ⁿ (c + r)),
///
/// and two units share a division: u₀/p₀ + u₁/p₁ = (u₀ p₁ + u₁ p₀)/(p₀ p₁).
#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

private let log2e: Float = 1.4426950408889634
private let ln2: Float = 0.6931471805599453

extension Kernels {
  public static func scoreMLPUnits(
    _ parameters: FloatIn, _ shape: ScoreMLPShape, gamma: FloatIn, _ units: FloatOut
  ) {
    let (d, m, f) = (shape.dimension, shape.width, shape.features)
    let b1 = parameters + m &* d
    let rowsE = b1 + m
    let bE = rowsE + m &* f
    let rowsW2 = bE + m
    let isSwish = shape.activation == .swish
    let (scaleIn, scaleOut): (Float, Float) = isSwish ? (-log2e, -ln2) : (1, 1)
    let length = 2 &* d &+ 1
    let padded = (m &+ 1) / 2 &* 2
    var (steepest, farthest) = (Float(0), Float(0))
    for k in 0..<m {
      let unit = units + k &* length
      var bias = b1[k] + bE[k]
      for j in 0..<f { bias += rowsE[k &* f &+ j] * gamma[j] }
      unit[d] = bias * scaleIn
      farthest = max(farthest, abs(unit[d]))
      for j in 0..<d {
        unit[j] = parameters[k &* d &+ j] * scaleIn
        unit[d &+ 1 &+ j] = rowsW2[j &* m &+ k] * scaleOut
        steepest = max(steepest, abs(unit[j]))
      }
    }
    fill(units + m &* length, 0, (padded &- m) &* length)
    let end = units + padded &* length
    for j in 0..<d { end[j] = rowsW2[d &* m &+ j] }
    (end[d], end[d &+ 1]) = (steepest, farthest)
  }

  public static func scoreMLPForward(
    _ units: FloatIn, _ shape: ScoreMLPShape, _ x: FloatIn, keep: Float, factor: Float,
    workspace: FloatOut, _ out: FloatOut, count: Int
  ) {
    let d = shape.dimension
    if d > 1 {
      return forwardRows(units, shape, x, keep: keep, factor: factor, workspace, out, count)
    }
    let pairs = (shape.width &+ 1) / 2
    let bounds = units + 6 &* pairs
    var isSmall = false
    var start = 0
    while start < count {
      let lanes = min(16, count &- start)
      if start & 63 == 0 {
        isSmall = ScoreMLPUnits.isSmall(bounds, x + start, min(64, count &- start))
      }
      let v = lanes == 16 ? load(x, start) : loadPart(x + start, lanes)
      let h: F16
      if shape.activation == .relu {
        h = ScoreMLPUnits.relu(units, pairs, v)
      } else {
        h =
          isSmall
          ? ScoreMLPUnits.swishOfSmall(units, pairs, v) : ScoreMLPUnits.swish(units, pairs, v)
      }
      let result = fma(h, F16(repeating: factor), v * keep)
      if lanes == 16 { store(result, out, start) } else { storePart(result, out + start, lanes) }
      start &+= 16
    }
  }

  private static func forwardRows(
    _ units: FloatIn, _ shape: ScoreMLPShape, _ x: FloatIn, keep: Float, factor: Float,
    _ workspace: FloatOut, _ out: FloatOut, _ count: Int
  ) {
    let d = shape.dimension
    let pairs = (shape.width &+ 1) / 2
    let sums = workspace + 16 &* d
    var start = 0
    while start < count {
      let lanes = min(16, count &- start)
      transposeRows(x + start &* d, lanes, d, workspace)
      if shape.activation == .swish {
        ScoreMLPUnits.swish(units, pairs, d, workspace)
      } else {
        ScoreMLPUnits.relu(units, pairs, d, workspace)
      }
      for o in 0..<d {
        let h = load(sums, 16 &* o)
        store(fma(h, F16(repeating: factor), load(workspace, 16 &* o) * keep), sums, 16 &* o)
      }
      let rows = out + start &* d
      for i in 0..<lanes {
        for o in 0..<d { rows[i &* d &+ o] = sums[16 &* o &+ i] }
      }
      start &+= 16
    }
  }
}

/// Column by column, 16 numbers each; rows beyond `lanes` are zero.
@inline(__always) func transposeRows(_ x: FloatIn, _ lanes: Int, _ d: Int, _ out: FloatOut) {
  if lanes < 16 { Kernels.fill(out, 0, 16 &* d) }
  for i in 0..<lanes {
    for j in 0..<d { out[16 &* j &+ i] = x[i &* d &+ j] }
  }
}

/// Sums over hidden units.
private enum ScoreMLPUnits {
  /// Where |y| is below this, 2ʸ is a normal number and so is the product of two of them.
  private static var reach: Float { 60 }

  /// Whether |y| is below `reach` for all units and all x in d = 1; not where an x is NaN. Behind b₂ in
  /// `bounds` stand the greatest weight and the greatest bias.
  static func isSmall(_ bounds: FloatIn, _ x: FloatIn, _ count: Int) -> Bool {
    let size = max(Kernels.maximum(x, count), -Kernels.minimum(x, count))
    return size * bounds[1] + bounds[2] < reach
  }

  /// u = y (c − r) and p = (c − r) + 2ⁿ (c + r); u/p = y / (1 + 2ʸ). `clamped` is y within reach.
  @inline(__always) static func fraction(_ y: F16, _ clamped: F16) -> (u: F16, p: F16) {
    let shift: Float = 12_582_912  // 1.5·2²³
    let shifted = clamped + shift
    let r = clamped - (shifted - shift)
    // 2ʳ to a relative error of 4.4e-7
    let c = fma(r * r, F16(repeating: 0.115236066), F16(repeating: 2.8854082))
    let (low, high) = (c - r, c + r)
    let power = VectorMath.bits(shifted) &<< 23
    return (y * low, low + VectorMath.float(VectorMath.bits(high) &+ power))
  }

  @inline(__always) static func clamped(_ y: F16) -> F16 {
    VectorMath.atLeast(VectorMath.atMost(y, reach), -126)
  }

  /// b₂ + Σ w₂ φ(w₁ x + b) for d = 1.
  @inline(never) static func swish(_ units: FloatIn, _ pairs: Int, _ x: F16) -> F16 {
    swish(units, pairs, x) { clamped($0) }
  }

  /// The same bits where `isSmall`.
  @inline(never) static func swishOfSmall(_ units: FloatIn, _ pairs: Int, _ x: F16) -> F16 {
    swish(units, pairs, x) { $0 }
  }

  /// `fraction` stands in one place, so that it is inlined: the first unit of a pair waits for the second.
  @inline(__always) private static func swish(
    _ units: FloatIn, _ pairs: Int, _ x: F16, _ clamped: (F16) -> F16
  ) -> F16 {
    var unit = units
    var sum = F16(repeating: units[6 &* pairs])
    var (waiting, power) = (F16(), F16())
    for k in 0..<(2 &* pairs) {
      let y = fma(x, F16(repeating: unit[0]), F16(repeating: unit[1]))
      let (u, p) = fraction(y, clamped(y))
      let n = u * unit[2]
      if k & 1 == 0 {
        (waiting, power) = (n, p)
      } else {
        sum += fma(n, power, waiting * p) / (p * power)
      }
      unit += 3
    }
    return sum
  }

  @inline(never) static func relu(_ units: FloatIn, _ pairs: Int, _ x: F16) -> F16 {
    var unit = units
    var sum = F16(repeating: units[6 &* pairs])
    for _ in 0..<(2 &* pairs) {
      let a = fma(x, F16(repeating: unit[0]), F16(repeating: unit[1]))
      sum = fma(VectorMath.atLeast(a, 0), F16(repeating: unit[2]), sum)
      unit += 3
    }
    return sum
  }

  /// The same for any d: x column by column in `workspace`, the sums behind it.
  @inline(never) static func swish(
    _ units: FloatIn, _ pairs: Int, _ d: Int, _ workspace: FloatOut
  ) {
    let length = 2 &* d &+ 1
    start(units + 2 &* pairs &* length, d, workspace)
    var (first, power) = (F16(), F16())
    for k in 0..<(2 &* pairs) {
      let unit = units + k &* length
      let y = argument(unit, d, workspace)
      let (u, p) = fraction(y, clamped(y))
      if k & 1 == 0 {
        (first, power) = (u, p)
      } else {
        let inverse = 1 / (p * power)
        let (h0, h1) = (first * p * inverse, u * power * inverse)
        for o in 0..<d {
          let sum = fma(h0, F16(repeating: unit[o &- d]), load(workspace, 16 &* (d &+ o)))
          store(fma(h1, F16(repeating: unit[d &+ 1 &+ o]), sum), workspace, 16 &* (d &+ o))
        }
      }
    }
  }

  @inline(never) static func relu(
    _ units: FloatIn, _ pairs: Int, _ d: Int, _ workspace: FloatOut
  ) {
    let length = 2 &* d &+ 1
    start(units + 2 &* pairs &* length, d, workspace)
    for k in 0..<(2 &* pairs) {
      let unit = units + k &* length
      let h = VectorMath.atLeast(argument(unit, d, workspace), 0)
      for o in 0..<d {
        let sum = load(workspace, 16 &* (d &+ o))
        store(fma(h, F16(repeating: unit[d &+ 1 &+ o]), sum), workspace, 16 &* (d &+ o))
      }
    }
  }

  @inline(__always) private static func start(_ b2: FloatIn, _ d: Int, _ workspace: FloatOut) {
    for o in 0..<d { store(F16(repeating: b2[o]), workspace, 16 &* (d &+ o)) }
  }

  @inline(__always) private static func argument(
    _ unit: FloatIn, _ d: Int, _ workspace: FloatOut
  ) -> F16 {
    var a = F16(repeating: unit[d])
    for j in 0..<d { a = fma(load(workspace, 16 &* j), F16(repeating: unit[j]), a) }
    return a
  }
}
