/// The weights' gradient by taps: for each row (an input channel at a tap) the sum over pixels of the
/// window times the gradient there.
#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

extension Kernels {
  public static var slopeRows: Int { SlopeSums.rows }

  public static func directGradients(
    _ map: MapPart, _ source: MapSource, targets: UnsafePointer<Int>, count: Int,
    into z: FloatOut, rowStep: Int
  ) {
    if map.extent.depth == 1 {
      return fillPlaneGradients(map.extent, source, targets, count, z, rowStep)
    }
    let rows = GradientRows(map: map, targets: targets, count: count, step: rowStep)
    switch (source.form, source.keeps) {
    case (.plain, _): rows.fill(PlainSource.self, source, z)
    case (.reluScale, _): rows.fill(ReluSource.self, source, z)
    case (_, false): rows.fill(NormSource.self, source, z)
    case (_, true): rows.fill(KeepingNormSource.self, source, z)
    }
  }

  public static func directSlopes(
    _ window: FloatIn, rows: UnsafePointer<Int>, rowCount: Int, pixels: UnsafePointer<Int>,
    count: Int, _ z: FloatIn, columns: Int, into w: FloatOut
  ) {
    var column = 0
    while column < columns {
      let isWide = column &+ 2 &* lanes <= columns
      var row = 0
      while row < rowCount {
        let sums = PixelSums(
          window: window, rows: rows + row, pixels: pixels, count: count, z: z + column,
          columns: columns, to: w + row &* columns + column)
        if isWide { sums.addTwo() } else { sums.addOne() }
        row &+= SlopeSums.rows
      }
      column &+= isWide ? 2 &* lanes : lanes
    }
  }
}

private struct GradientRows {
  let map: MapPart
  let targets: UnsafePointer<Int>
  let count: Int
  let step: Int

  @inline(never) func fill<S: VectorSource>(_: S.Type, _ source: MapSource, _ z: FloatOut) {
    let first = 16 &* map.blocks.lowerBound
    var c = first
    while c < 16 &* map.blocks.upperBound {
      let source = S(source, channel: c)
      let plane = (c &>> 4) &* map.extent.plane &+ c & 15
      var to = z + (c &- first)
      for pixel in 0..<count {
        put(source.load(targets[pixel] &+ plane), to, 0)
        to += step
      }
      c &+= lanes
    }
  }
}

private struct PixelSums {
  let window: FloatIn
  let rows: UnsafePointer<Int>
  let pixels: UnsafePointer<Int>
  let count: Int
  let z: FloatIn
  let columns: Int
  let to: FloatOut

  #if KERNELS_V4
    typealias Starts = InlineArray<8, FloatIn>
  #else
    typealias Starts = InlineArray<4, FloatIn>
  #endif

  @inline(__always) private var starts: Starts {
    var starts = Starts(repeating: window)
    for i in 0..<SlopeSums.rows { starts[i] = window + rows[i] }
    return starts
  }

  @inline(__always) private func start(_ part: Int) -> SlopeSums.Sums {
    var sums = SlopeSums.Sums(repeating: VF())
    for i in 0..<SlopeSums.rows { sums[i] = vector(to, i &* columns &+ part &* lanes) }
    return sums
  }

  @inline(__always) private func end(_ sums: SlopeSums.Sums, _ part: Int) {
    for i in 0..<SlopeSums.rows { put(sums[i], to, i &* columns &+ part &* lanes) }
  }

  @inline(__always) func addTwo() {
    let p = starts
    var (a, b) = (start(0), start(1))
    var (q, n) = (z, 0)
    repeat {
      let (z0, z1, at) = (vector(q, 0), vector(q, lanes), pixels[n])
      for i in 0..<SlopeSums.rows {
        let x = all(p[i][at])
        a[i] = fma(x, z0, a[i])
        b[i] = fma(x, z1, b[i])
      }
      q += columns
      n &+= 1
    } while n < count
    end(a, 0)
    end(b, 1)
  }

  @inline(__always) func addOne() {
    let p = starts
    var a = start(0)
    var (q, n) = (z, 0)
    repeat {
      let (z0, at) = (vector(q, 0), pixels[n])
      for i in 0..<SlopeSums.rows { a[i] = fma(all(p[i][at]), z0, a[i]) }
      q += columns
      n &+= 1
    } while n < count
    end(a, 0)
  }
}
