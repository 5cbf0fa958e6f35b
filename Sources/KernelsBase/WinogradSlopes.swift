/// Filters from weights, and the weights' gradient: dU = Σ V Zᵀ over tiles, dW = Gᵀ dU G.
#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

extension Kernels {
  public static func winogradFilters(
    _ weights: WeightView, inputs: Range<Int>, firstOutput: Int, panels: Int, vectors: Int,
    into u: FloatOut
  ) {
    let width = vectors &* lanes
    let point = panels &* inputs.count &* width
    var panel = 0
    while panel < panels {
      var part = 0
      while part < vectors {
        let output = firstOutput &+ panel &* width &+ part &* lanes
        for i in inputs {
          let row = panel &* inputs.count &+ i &- inputs.lowerBound
          filter(weights, i, output, u + row &* width + part &* lanes, point)
        }
        part &+= 1
      }
      panel &+= 1
    }
  }

  /// G w Gᵀ of one input and a vector of outputs.
  @inline(__always) private static func filter(
    _ weights: WeightView, _ input: Int, _ output: Int, _ u: FloatOut, _ point: Int
  ) {
    var w = InlineArray<9, VF>(repeating: VF())
    if input < weights.inputs {
      for lane in 0..<lanes where output &+ lane < weights.outputs {
        let o = output &+ lane
        let from = weights.base + o &* weights.outStep + input &* weights.inStep
        let scale = weights.scale.map { $0[o] } ?? 1
        for tap in 0..<9 { w[tap][lane] = scale * from[weights.isFlipped ? 8 &- tap : tap] }
      }
    }
    // G w by columns, then each row times Gᵀ
    let (a, b, c) = (
      filterForm((w[0], w[3], w[6])), filterForm((w[1], w[4], w[7])), filterForm((w[2], w[5], w[8]))
    )
    put(filterForm((a.0, b.0, c.0)), u, point)
    put(filterForm((a.1, b.1, c.1)), u + 6 &* point, point)
    put(filterForm((a.2, b.2, c.2)), u + 12 &* point, point)
    put(filterForm((a.3, b.3, c.3)), u + 18 &* point, point)
    put(filterForm((a.4, b.4, c.4)), u + 24 &* point, point)
    put(filterForm((a.5, b.5, c.5)), u + 30 &* point, point)
  }

  public static func winogradSlopes(
    tiles: Int, _ v: FloatIn, _ vSteps: TileSteps, rows: Int, _ z: FloatIn, _ zSteps: TileSteps,
    columns: Int, into u: FloatOut
  ) {
    let sizes = (tiles: tiles, rows: rows, columns: columns)
    var point = 0
    while point < 36 {
      let left = v + point &* vSteps.point
      let right = z + point &* zSteps.point
      let to = u + point &* rows &* columns
      var column = 0
      while column < columns {
        let isWide = column &+ 2 &* lanes <= columns
        var row = 0
        while row < rows {
          // Sixteen rows, in parts that the registers hold sums for.
          let block = SlopeBlock(
            left: left + row, leftStep: vSteps.tile, right: right + column,
            rightStep: zSteps.tile, count: sizes.tiles, to: to + row &* columns + column,
            toStep: columns)
          #if KERNELS_V4
            SlopeSums<8>.add(block, isWide)
            SlopeSums<8>.add(block.rows(from: 8), isWide)
          #else
            SlopeSums<6>.add(block, isWide)
            SlopeSums<6>.add(block.rows(from: 6), isWide)
            SlopeSums<4>.add(block.rows(from: 12), isWide)
          #endif
          row &+= 16
        }
        column &+= isWide ? 2 &* lanes : lanes
      }
      point &+= 1
    }
  }

  public static func winogradWeights(
    _ u: FloatIn, groups: Int, rows: Range<Int>, of rowCount: Int, columns: Int, into w: FloatOut,
    scratch: FloatOut
  ) {
    let point = rowCount &* columns
    let group = 36 &* point
    for row in rows {
      var column = 0
      while column < columns {
        let at = row &* columns &+ column
        var i = 0
        repeat {
          var sum = VF()
          var g = 0
          repeat {
            sum = sum + vector(u, g &* group &+ i &* point &+ at)
            g &+= 1
          } while g < groups
          put(sum, scratch, i &* lanes)
          i &+= 1
        } while i < 36
        // by columns of the 6 × 6, then by rows
        var j = 0
        repeat {
          let three = weightForm(sixVectors(FloatIn(scratch + j &* lanes), 6 &* lanes))
          put(three.0, scratch, j &* lanes)
          put(three.1, scratch, (6 &+ j) &* lanes)
          put(three.2, scratch, (12 &+ j) &* lanes)
          j &+= 1
        } while j < 6
        i = 0
        repeat {
          let three = weightForm(sixVectors(FloatIn(scratch + 6 &* i &* lanes), lanes))
          put(three.0, w, 3 &* i &* point &+ at)
          put(three.1, w, (3 &* i &+ 1) &* point &+ at)
          put(three.2, w, (3 &* i &+ 2) &* point &+ at)
          i &+= 1
        } while i < 3
        column &+= lanes
      }
    }
  }
}

/// Where Σ left ⊗ right is added: `left` has a number for each row, `right` vectors of columns.
private struct SlopeBlock {
  let left: FloatIn
  let leftStep: Int
  let right: FloatIn
  let rightStep: Int
  let count: Int
  let to: FloatOut
  let toStep: Int

  @inline(__always) func rows(from row: Int) -> SlopeBlock {
    SlopeBlock(
      left: left + row, leftStep: leftStep, right: right, rightStep: rightStep, count: count,
      to: to + row &* toStep, toStep: toStep)
  }
}

/// So many rows of one or two vectors, summed in registers.
private enum SlopeSums<let rows: Int> {
  @inline(__always) static func add(_ block: SlopeBlock, _ isWide: Bool) {
    if isWide { addTwo(block) } else { addOne(block) }
  }

  @inline(__always) static func addTwo(_ block: SlopeBlock) {
    var a = SumRows<rows>(block.to, block.toStep)
    var b = SumRows<rows>(block.to + lanes, block.toStep)
    var (p, q, n) = (block.left, block.right, block.count)
    repeat {
      let (z0, z1) = (vector(q, 0), vector(q, lanes))
      for i in 0..<rows {
        let x = all(p[i])
        a.sums[i] = fma(x, z0, a.sums[i])
        b.sums[i] = fma(x, z1, b.sums[i])
      }
      p += block.leftStep
      q += block.rightStep
      n &-= 1
    } while n > 0
    a.store(block.to, block.toStep)
    b.store(block.to + lanes, block.toStep)
  }

  @inline(__always) static func addOne(_ block: SlopeBlock) {
    var a = SumRows<rows>(block.to, block.toStep)
    var (p, q, n) = (block.left, block.right, block.count)
    repeat {
      let z0 = vector(q, 0)
      for i in 0..<rows { a.sums[i] = fma(all(p[i]), z0, a.sums[i]) }
      p += block.leftStep
      q += block.rightStep
      n &-= 1
    } while n > 0
    a.store(block.to, block.toStep)
  }
}

/// Sums of one vector for each of some rows, from memory and back.
struct SumRows<let rows: Int> {
  var sums: InlineArray<rows, VF>

  @inline(__always) init(_ from: FloatOut, _ step: Int) {
    sums = InlineArray<rows, VF>(repeating: VF())
    for i in 0..<rows { sums[i] = vector(from, i &* step) }
  }

  @inline(__always) func store(_ to: FloatOut, _ step: Int) {
    for i in 0..<rows { put(sums[i], to, i &* step) }
  }
}
