/// The weights' gradient by taps: for each row (an input channel at a tap) the sum over pixels of the
/// window times the gradient there.
#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

extension Kernels {
  /// Rows at once: the most that fit, or where those would be an eighth too many, what wastes the fewest.
  public static func slopeRows(_ rowCount: Int) -> Int {
    let (most, second, third) = rowSizes
    if 8 &* padded(rowCount, most) <= 9 &* rowCount { return most }
    return padded(rowCount, third) < padded(rowCount, second) ? third : second
  }

  private static func padded(_ count: Int, _ size: Int) -> Int {
    (count &+ size &- 1) / size &* size
  }

  /// Rows whose sums of two vectors fit the registers.
  private static var rowSizes: (Int, Int, Int) {
    #if KERNELS_V4
      (8, 7, 5)
    #else
      (6, 5, 4)
    #endif
  }

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
    _ window: FloatIn, rows: UnsafePointer<Int>, rowCount: Int, rowsAtOnce: Int,
    pixels: UnsafePointer<Int>, count: Int, _ z: FloatIn, columns: Int, into w: FloatOut
  ) {
    var column = 0
    while column < columns {
      let isWide = column &+ 2 &* lanes <= columns
      var row = 0
      while row < rowCount {
        let block = PixelBlock(
          window: window, rows: rows + row, pixels: pixels, count: count, z: z + column,
          columns: columns, to: w + row &* columns + column)
        #if KERNELS_V4
          switch rowsAtOnce {
          case 8: PixelSums<8>.add(block, isWide)
          case 7: PixelSums<7>.add(block, isWide)
          default: PixelSums<5>.add(block, isWide)
          }
        #else
          switch rowsAtOnce {
          case 6: PixelSums<6>.add(block, isWide)
          case 5: PixelSums<5>.add(block, isWide)
          default: PixelSums<4>.add(block, isWide)
          }
        #endif
        row &+= rowsAtOnce
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

private struct PixelBlock {
  let window: FloatIn
  let rows: UnsafePointer<Int>
  let pixels: UnsafePointer<Int>
  let count: Int
  let z: FloatIn
  let columns: Int
  let to: FloatOut
}

/// So many rows of one or two vectors, summed in registers.
private enum PixelSums<let rows: Int> {
  @inline(__always) static func add(_ block: PixelBlock, _ isWide: Bool) {
    if isWide { addTwo(block) } else { addOne(block) }
  }

  @inline(__always) private static func starts(_ block: PixelBlock) -> InlineArray<rows, FloatIn> {
    var starts = InlineArray<rows, FloatIn>(repeating: block.window)
    for i in 0..<rows { starts[i] = block.window + block.rows[i] }
    return starts
  }

  @inline(__always) private static func addTwo(_ block: PixelBlock) {
    let p = starts(block)
    var a = SumRows<rows>(block.to, block.columns)
    var b = SumRows<rows>(block.to + lanes, block.columns)
    var (q, n) = (block.z, 0)
    repeat {
      let (z0, z1, at) = (vector(q, 0), vector(q, lanes), block.pixels[n])
      for i in 0..<rows {
        let x = all(p[i][at])
        a.sums[i] = fma(x, z0, a.sums[i])
        b.sums[i] = fma(x, z1, b.sums[i])
      }
      q += block.columns
      n &+= 1
    } while n < block.count
    a.store(block.to, block.columns)
    b.store(block.to + lanes, block.columns)
  }

  @inline(__always) private static func addOne(_ block: PixelBlock) {
    let p = starts(block)
    var a = SumRows<rows>(block.to, block.columns)
    var (q, n) = (block.z, 0)
    repeat {
      let (z0, at) = (vector(q, 0), block.pixels[n])
      for i in 0..<rows { a.sums[i] = fma(all(p[i][at]), z0, a.sums[i]) }
      q += block.columns
      n &+= 1
    } while n < block.count
    a.store(block.to, block.columns)
  }
}
