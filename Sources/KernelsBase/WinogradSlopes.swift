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
    let width = 2 &* lanes
    var point = 0
    while point < 36 {
      var column = 0
      while column < columns {
        let isWide = column &+ width <= columns
        let right = z + point &* zSteps.point + column
        var row = 0
        while row < rows {
          let left = v + point &* vSteps.point + row
          let sums = SlopeSums(
            left: left, leftStep: vSteps.tile, right: right, rightStep: zSteps.tile, count: tiles,
            to: u + (point &* rows &+ row) &* columns + column, toStep: columns)
          if isWide { sums.addTwo() } else { sums.addOne() }
          row &+= SlopeSums.rows
        }
        column &+= isWide ? width : lanes
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

/// A block of Σ left ⊗ right in registers: rows of numbers times one or two vectors.
struct SlopeSums {
  let left: FloatIn
  let leftStep: Int
  let right: FloatIn
  let rightStep: Int
  let count: Int
  let to: FloatOut
  let toStep: Int

  /// Two vectors for each of so many rows fit the registers; they divide 16.
  #if KERNELS_V4
    static var rows: Int { 8 }
    typealias Sums = InlineArray<8, VF>
  #else
    static var rows: Int { 4 }
    typealias Sums = InlineArray<4, VF>
  #endif

  @inline(__always) private func start(_ part: Int) -> Sums {
    var sums = Sums(repeating: VF())
    for i in 0..<SlopeSums.rows { sums[i] = vector(to, i &* toStep &+ part &* lanes) }
    return sums
  }

  @inline(__always) private func end(_ sums: Sums, _ part: Int) {
    for i in 0..<SlopeSums.rows { put(sums[i], to, i &* toStep &+ part &* lanes) }
  }

  @inline(__always) func addTwo() {
    var (a, b) = (start(0), start(1))
    var (p, q, n) = (left, right, count)
    repeat {
      let (z0, z1) = (vector(q, 0), vector(q, lanes))
      for i in 0..<SlopeSums.rows {
        let x = all(p[i])
        a[i] = fma(x, z0, a[i])
        b[i] = fma(x, z1, b[i])
      }
      p += leftStep
      q += rightStep
      n &-= 1
    } while n > 0
    end(a, 0)
    end(b, 1)
  }

  @inline(__always) func addOne() {
    var a = start(0)
    var (p, q, n) = (left, right, count)
    repeat {
      let z0 = vector(q, 0)
      for i in 0..<SlopeSums.rows { a[i] = fma(all(p[i]), z0, a[i]) }
      p += leftStep
      q += rightStep
      n &-= 1
    } while n > 0
    end(a, 0)
  }
}
