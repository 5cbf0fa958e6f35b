/// Softmax over the rows of a matrix.
///
/// Three passes over a row that lies in the cache: its maximum, the exponentials with their sum, and
/// the division. The last vector of a row overlaps the one before it, and counts in the sum with the
/// lanes that are new. Rows shorter than a vector go through registers alone.

#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

extension Kernels {
  public static func softmax(_ x: FloatIn, _ y: FloatOut, rows: Int, columns n: Int) {
    if n <= 0 { return }
    if n < 16 { return softmaxOfShort(x, y, rows, n) }
    for r in 0..<max(rows, 0) {
      let (source, target) = (x + r &* n, y + r &* n)
      let inverse = 1 / exponentials(source, target, n, shift: top(source, n))
      map(FloatIn(target), target, n) { $0 * inverse }
    }
  }

  public static func softmax(_ x: DoubleIn, _ y: DoubleOut, rows: Int, columns n: Int) {
    if n <= 0 { return }
    if n < 8 { return softmaxOfShort(x, y, rows, n) }
    for r in 0..<max(rows, 0) {
      let (source, target) = (x + r &* n, y + r &* n)
      let inverse = 1 / exponentials(source, target, n, shift: top(source, n))
      map(DoubleIn(target), target, n) { $0 * inverse }
    }
  }
}

// Rows of a vector or more

/// The maximum of `n` ≥ 16 numbers. A NaN may hide it: the sum of the exponentials is NaN then.
@inline(__always) private func top(_ x: FloatIn, _ n: Int) -> Float {
  var most = load(x, n &- 16)
  var i = 0
  while i < n &- 16 {
    most = larger(most, load(x, i))
    i &+= 16
  }
  return laneMaximum(most)
}

/// y = exp(x − shift) for `n` ≥ 16 numbers, and their sum, that of each 1024 added in double.
@inline(__always) private func exponentials(
  _ x: FloatIn, _ y: FloatOut, _ n: Int, shift: Float
) -> Float {
  let last = n &- 16
  var (total, block) = (D8(), F16())
  var i = 0
  while true {
    let place = min(i, last)
    let v = VectorMath.exp(load(x, place) - shift)
    store(v, y, place)
    block += i < last ? v : lanes(v, from: i &- last)
    i &+= 16
    if i >= n || i & 1023 == 0 {
      total += widened(block.lowHalf) + widened(block.highHalf)
      block = F16()
    }
    if i >= n { return Float(laneSum(total)) }
  }
}

/// The maximum of `n` ≥ 8 numbers. A NaN may hide it: the sum of the exponentials is NaN then.
@inline(__always) private func top(_ x: DoubleIn, _ n: Int) -> Double {
  var most = load(x, n &- 8)
  var i = 0
  while i < n &- 8 {
    most = larger(most, load(x, i))
    i &+= 8
  }
  return laneMaximum(most)
}

/// y = exp(x − shift) for `n` ≥ 8 numbers, and their sum, that of each 1024 added in double.
@inline(__always) private func exponentials(
  _ x: DoubleIn, _ y: DoubleOut, _ n: Int, shift: Double
) -> Double {
  let last = n &- 8
  var (total, block) = (D8(), D8())
  var i = 0
  while true {
    let place = min(i, last)
    let v = VectorMath.exp(load(x, place) - shift)
    store(v, y, place)
    block += i < last ? v : lanes(v, from: i &- last)
    i &+= 8
    if i >= n || i & 1023 == 0 {
      total += block
      block = D8()
    }
    if i >= n { return laneSum(total) }
  }
}

// Shorter rows

/// Rows of `n` < 16 numbers, read and written whole as long as there is memory behind them.
@inline(never) private func softmaxOfShort(
  _ x: FloatIn, _ y: FloatOut, _ rows: Int, _ n: Int
) {
  let wide = wideRows(rows, step: n, n, width: 16)
  for r in 0..<max(rows, 0) {
    let place = r &* n
    let row = r < wide ? load(x, place) : loadPart(x + place, n)
    let given = lanes(row, below: n)
    let v = VectorMath.exp(given - laneMaximum(given))
    let y0 = v * (1 / Float(laneSum(widened(v.lowHalf) + widened(v.highHalf))))
    if r < wide { store(y0, y, place) } else { storePart(y0, y + place, n) }
  }
}

/// Rows of `n` < 8 numbers, read and written whole as long as there is memory behind them.
@inline(never) private func softmaxOfShort(
  _ x: DoubleIn, _ y: DoubleOut, _ rows: Int, _ n: Int
) {
  let wide = wideRows(rows, step: n, n, width: 8)
  for r in 0..<max(rows, 0) {
    let place = r &* n
    let row = r < wide ? load(x, place) : loadPart(x + place, n)
    let given = lanes(row, below: n)
    let v = VectorMath.exp(given - laneMaximum(given))
    let y0 = v * (1 / laneSum(v))
    if r < wide { store(y0, y, place) } else { storePart(y0, y + place, n) }
  }
}

// Lanes: compared as floating-point numbers, because a comparison of integers is a loop over lanes.

@inline(__always) private var laneNumbers16: F16 {
  F16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
}

@inline(__always) private var laneNumbers8: D8 { D8(0, 1, 2, 3, 4, 5, 6, 7) }

/// v in the lanes from `first` on, 0 before.
@inline(__always) private func lanes(_ v: F16, from first: Int) -> F16 {
  F16().replacing(with: v, where: laneNumbers16 .>= Float(first))
}

/// v in the lanes below `end`, −∞ from there on.
@inline(__always) private func lanes(_ v: F16, below end: Int) -> F16 {
  F16(repeating: -.infinity).replacing(with: v, where: laneNumbers16 .< Float(end))
}

@inline(__always) private func larger(_ a: F16, _ v: F16) -> F16 {
  a.replacing(with: v, where: v .> a)
}

@inline(__always) private func laneMaximum(_ v: F16) -> Float {
  let eight = larger(v.lowHalf, v.highHalf)
  let four = larger(eight.lowHalf, eight.highHalf)
  let (low, high) = (max(four[0], four[1]), max(four[2], four[3]))
  return max(low, high)
}

@inline(__always) private func larger(_ a: SIMD8<Float>, _ v: SIMD8<Float>) -> SIMD8<Float> {
  a.replacing(with: v, where: v .> a)
}

@inline(__always) private func larger(_ a: SIMD4<Float>, _ v: SIMD4<Float>) -> SIMD4<Float> {
  a.replacing(with: v, where: v .> a)
}

/// v in the lanes from `first` on, 0 before.
@inline(__always) private func lanes(_ v: D8, from first: Int) -> D8 {
  D8().replacing(with: v, where: laneNumbers8 .>= Double(first))
}

/// v in the lanes below `end`, −∞ from there on.
@inline(__always) private func lanes(_ v: D8, below end: Int) -> D8 {
  D8(repeating: -.infinity).replacing(with: v, where: laneNumbers8 .< Double(end))
}

@inline(__always) private func larger(_ a: D8, _ v: D8) -> D8 {
  a.replacing(with: v, where: v .> a)
}

@inline(__always) private func laneMaximum(_ v: D8) -> Double {
  let four = larger(v.lowHalf, v.highHalf)
  let (low, high) = (max(four[0], four[1]), max(four[2], four[3]))
  return max(low, high)
}

@inline(__always) private func larger(_ a: SIMD4<Double>, _ v: SIMD4<Double>) -> SIMD4<Double> {
  a.replacing(with: v, where: v .> a)
}
