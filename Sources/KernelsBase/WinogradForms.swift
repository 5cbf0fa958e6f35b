/// The transforms of F(4 × 4, 3 × 3) at the points 0, ±1, ±2, ∞, one axis at a time
/// (Lavin & Gray 2016, "Fast algorithms for convolutional neural networks", section 4.3).
#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

typealias SixVectors = (VF, VF, VF, VF, VF, VF)
typealias FourOutputs = (VF, VF, VF, VF)

/// Bᵀ d.
@inline(__always) func inputForm(_ d: SixVectors) -> SixVectors {
  let ones = inputOnes(d.1, d.2, d.3, d.4)
  let twos = inputTwos(d.1, d.2, d.3, d.4)
  return (inputEnd(d.0, d.2, d.4), ones.0, ones.1, twos.0, twos.1, inputEnd(d.1, d.3, d.5))
}

/// Bᵀ d at 0 from d₀, d₂, d₄, or at ∞ from d₁, d₃, d₅.
@inline(__always) func inputEnd(_ a: VF, _ b: VF, _ c: VF) -> VF {
  fma(all(4), a, fma(all(-5), b, c))
}

/// Bᵀ d at 1 and −1.
@inline(__always) func inputOnes(_ d1: VF, _ d2: VF, _ d3: VF, _ d4: VF) -> (VF, VF) {
  let a = fma(all(-4), d2, d4)
  let b = fma(all(-4), d1, d3)
  return (a + b, a - b)
}

/// Bᵀ d at 2 and −2.
@inline(__always) func inputTwos(_ d1: VF, _ d2: VF, _ d3: VF, _ d4: VF) -> (VF, VF) {
  let a = d4 - d2
  let b = all(2) * (d3 - d1)
  return (a + b, a - b)
}

/// Aᵀ m.
@inline(__always) func outputForm(_ m: SixVectors) -> FourOutputs {
  let even = outputEven(m.0, m.1, m.2, m.3, m.4)
  let odd = outputOdd(m.1, m.2, m.3, m.4, m.5)
  return (even.0, odd.0, even.1, odd.1)
}

/// Aᵀ m at 0 and 2.
@inline(__always) func outputEven(_ m0: VF, _ m1: VF, _ m2: VF, _ m3: VF, _ m4: VF) -> (VF, VF) {
  let (s1, s2) = (m1 + m2, m3 + m4)
  return (m0 + s1 + s2, fma(all(4), s2, s1))
}

/// Aᵀ m at 1 and 3.
@inline(__always) func outputOdd(_ m1: VF, _ m2: VF, _ m3: VF, _ m4: VF, _ m5: VF) -> (VF, VF) {
  let (d1, d2) = (m1 - m2, m3 - m4)
  return (fma(all(2), d2, d1), fma(all(8), d2, d1) + m5)
}

/// A y.
@inline(__always) func gradientForm(_ y: FourOutputs) -> SixVectors {
  let (s1, d1) = (y.0 + y.2, y.1 + y.3)
  let s2 = fma(all(4), y.2, y.0)
  let d2 = fma(all(8), y.3, all(2) * y.1)
  return (y.0, s1 + d1, s1 - d1, s2 + d2, s2 - d2, y.3)
}

/// G w.
@inline(__always) func filterForm(_ w: (VF, VF, VF)) -> SixVectors {
  let s1 = all(-1 / 6) * (w.0 + w.2)
  let d1 = all(1 / 6) * w.1
  let s2 = all(1 / 24) * fma(all(4), w.2, w.0)
  let d2 = all(1 / 12) * w.1
  return (all(0.25) * w.0, s1 - d1, s1 + d1, s2 + d2, s2 - d2, w.2)
}

/// Gᵀ u.
@inline(__always) func weightForm(_ u: SixVectors) -> (VF, VF, VF) {
  let (s1, d1) = (u.1 + u.2, u.2 - u.1)
  let (s2, d2) = (u.3 + u.4, u.3 - u.4)
  let (sixth, twelfth) = (all(1 / 6), all(1 / 12))
  return (
    fma(all(0.25), u.0, fma(all(1 / 24), s2, all(-1 / 6) * s1)),
    fma(sixth, d1, twelfth * d2), fma(sixth, s2 - s1, u.5)
  )
}

/// Six vectors in memory, `step` apart.
@inline(__always) func sixVectors(_ p: FloatIn, _ step: Int) -> SixVectors {
  (
    vector(p, 0), vector(p, step), vector(p, 2 &* step), vector(p, 3 &* step),
    vector(p, 4 &* step), vector(p, 5 &* step)
  )
}

@inline(__always) func put(_ v: SixVectors, _ p: FloatOut, _ step: Int) {
  put(v.0, p, 0)
  put(v.1, p, step)
  put(v.2, p, 2 &* step)
  put(v.3, p, 3 &* step)
  put(v.4, p, 4 &* step)
  put(v.5, p, 5 &* step)
}

/// Which tile of which image comes next.
struct TileCursor {
  var image: Int
  var row: Int
  var column: Int
  let rows: Int
  let columns: Int

  @inline(__always) init(_ tile: Int, rows: Int, columns: Int) {
    (self.rows, self.columns) = (rows, columns)
    let (line, column) = tile.quotientAndRemainder(dividingBy: columns)
    (image, row) = line.quotientAndRemainder(dividingBy: rows)
    self.column = column
  }

  @inline(__always) mutating func advance() {
    column &+= 1
    if column < columns { return }
    column = 0
    row &+= 1
    if row < rows { return }
    row = 0
    image &+= 1
  }
}
