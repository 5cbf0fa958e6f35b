/// Pooling, resampling and sums of planes, for blocks a vector at a time and for planes a number at a time.
#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

/// A vector of a block, or one number of a plane.
private protocol PoolLane {
  static var width: Int { get }
  static func read(_ p: FloatIn, _ at: Int) -> Self
  func write(_ p: FloatOut, _ at: Int)
  init(_ x: Float)
  static func + (a: Self, b: Self) -> Self
  static func * (a: Self, b: Self) -> Self
  /// The larger of two; NaN wins.
  func larger(_ other: Self) -> Self
  /// `dy` where this is the first element that is the largest; `open` is 1 until it was found.
  func share(ofLargest largest: Self, _ dy: Self, _ open: inout Self) -> Self
}

private struct BlockLane: PoolLane {
  let v: VF
  @inline(__always) init(v: VF) { self.v = v }
  @inline(__always) init(_ x: Float) { v = all(x) }
  @inline(__always) static var width: Int { lanes }
  @inline(__always) static func read(_ p: FloatIn, _ at: Int) -> BlockLane {
    BlockLane(v: vector(p, at))
  }
  @inline(__always) func write(_ p: FloatOut, _ at: Int) { put(v, p, at) }
  @inline(__always) static func + (a: BlockLane, b: BlockLane) -> BlockLane {
    BlockLane(v: a.v + b.v)
  }
  @inline(__always) static func * (a: BlockLane, b: BlockLane) -> BlockLane {
    BlockLane(v: a.v * b.v)
  }
  @inline(__always) func larger(_ other: BlockLane) -> BlockLane {
    BlockLane(v: v.replacing(with: other.v, where: (other.v .> v) .| (other.v .!= other.v)))
  }
  @inline(__always) func share(
    ofLargest largest: BlockLane, _ dy: BlockLane, _ open: inout BlockLane
  ) -> BlockLane {
    let found = ((v .== largest.v) .| (v .!= v)) .& (open.v .> VF())
    open = BlockLane(v: open.v.replacing(with: VF(), where: found))
    return BlockLane(v: VF().replacing(with: dy.v, where: found))
  }
}

private struct PlaneLane: PoolLane {
  let v: Float
  @inline(__always) init(_ x: Float) { v = x }
  @inline(__always) static var width: Int { 1 }
  @inline(__always) static func read(_ p: FloatIn, _ at: Int) -> PlaneLane { PlaneLane(p[at]) }
  @inline(__always) func write(_ p: FloatOut, _ at: Int) { p[at] = v }
  @inline(__always) static func + (a: PlaneLane, b: PlaneLane) -> PlaneLane { PlaneLane(a.v + b.v) }
  @inline(__always) static func * (a: PlaneLane, b: PlaneLane) -> PlaneLane { PlaneLane(a.v * b.v) }
  @inline(__always) func larger(_ other: PlaneLane) -> PlaneLane {
    other.v > v || other.v != other.v ? other : self
  }
  @inline(__always) func share(
    ofLargest largest: PlaneLane, _ dy: PlaneLane, _ open: inout PlaneLane
  ) -> PlaneLane {
    guard v == largest.v || v != v, open.v > 0 else { return PlaneLane(0) }
    open = PlaneLane(0)
    return dy
  }
}

/// A window cut to the image, and the factor of its mean.
private struct PoolWindow {
  let rows: Range<Int>
  let columns: Range<Int>
  let factor: Float

  @inline(__always) init(_ pass: PoolPass, _ row: Int, _ column: Int) {
    let (y, x) = (
      row &* pass.stride.y &- pass.padding.y, column &* pass.stride.x &- pass.padding.x
    )
    // A window may lie wholly outside.
    let (top, left) = (max(0, y), max(0, x))
    rows = top..<max(top, min(pass.input.height, y &+ pass.kernel.y))
    columns = left..<max(left, min(pass.input.width, x &+ pass.kernel.x))
    let inside = rows.count &* columns.count
    factor = 1 / Float(pass.countsPadding ? pass.kernel.y &* pass.kernel.x : max(1, inside))
  }
}

extension Kernels {
  public static func averagePool(_ pass: PoolPass, _ x: FloatIn, _ y: FloatOut) {
    if pass.input.depth == 1 {
      averages(PlaneLane.self, pass, x, y)
    } else {
      averages(BlockLane.self, pass, x, y)
    }
  }

  public static func averagePoolBackward(_ pass: PoolPass, _ dy: FloatIn, _ dx: FloatOut) {
    fill(dx, 0, pass.input.plane)
    if pass.input.depth == 1 {
      spreadAverages(PlaneLane.self, pass, dy, dx)
    } else {
      spreadAverages(BlockLane.self, pass, dy, dx)
    }
  }

  public static func maximumPool(_ pass: PoolPass, _ x: FloatIn, _ y: FloatOut) {
    if pass.input.depth == 1 {
      maxima(PlaneLane.self, pass, x, y)
    } else {
      maxima(BlockLane.self, pass, x, y)
    }
  }

  public static func maximumPoolBackward(
    _ pass: PoolPass, _ x: FloatIn, _ dy: FloatIn, _ dx: FloatOut
  ) {
    fill(dx, 0, pass.input.plane)
    if pass.input.depth == 1 {
      spreadMaxima(PlaneLane.self, pass, x, dy, dx)
    } else {
      spreadMaxima(BlockLane.self, pass, x, dy, dx)
    }
  }

  public static func resample(
    _ input: MapExtent, _ output: MapExtent, rows: Resampling, columns: Resampling, _ x: FloatIn,
    _ y: FloatOut
  ) {
    let grid = ResampleGrid(input: input, output: output, rows: rows, columns: columns)
    if input.depth == 1 {
      grid.forward(PlaneLane.self, x, y)
    } else {
      grid.forward(BlockLane.self, x, y)
    }
  }

  public static func resampleBackward(
    _ input: MapExtent, _ output: MapExtent, rows: Resampling, columns: Resampling, _ dy: FloatIn,
    _ dx: FloatOut
  ) {
    fill(dx, 0, input.plane)
    let grid = ResampleGrid(input: input, output: output, rows: rows, columns: columns)
    if input.depth == 1 {
      grid.backward(PlaneLane.self, dy, dx)
    } else {
      grid.backward(BlockLane.self, dy, dx)
    }
  }

  public static func planeSums(_ x: FloatIn, pixels: Int, depth: Int, into sums: DoubleOut) {
    if depth == 1 {
      sums[0] += Double(sum(x, pixels))
      return
    }
    var c = 0
    while c < depth {
      var start = 0
      while start < pixels {
        var total = VF()
        let end = min(pixels, start &+ 256)
        for pixel in start..<end { total = total + vector(x, pixel &* depth &+ c) }
        for lane in 0..<lanes { sums[c &+ lane] += Double(total[lane]) }
        start = end
      }
      c &+= lanes
    }
  }
}

@inline(never) private func averages<L: PoolLane>(
  _: L.Type, _ pass: PoolPass, _ x: FloatIn, _ y: FloatOut
) {
  let (depth, width) = (pass.input.depth, pass.input.width)
  for row in 0..<pass.output.height {
    for column in 0..<pass.output.width {
      let window = PoolWindow(pass, row, column)
      let target: Int = (row &* pass.output.width &+ column) &* depth
      var c = 0
      while c < depth {
        var sum = L(0)
        for i in window.rows {
          for j in window.columns { sum = sum + L.read(x, (i &* width &+ j) &* depth &+ c) }
        }
        (sum * L(window.factor)).write(y, target &+ c)
        c &+= L.width
      }
    }
  }
}

@inline(never) private func spreadAverages<L: PoolLane>(
  _: L.Type, _ pass: PoolPass, _ dy: FloatIn, _ dx: FloatOut
) {
  let (depth, width) = (pass.input.depth, pass.input.width)
  for row in 0..<pass.output.height {
    for column in 0..<pass.output.width {
      let window = PoolWindow(pass, row, column)
      let from: Int = (row &* pass.output.width &+ column) &* depth
      var c = 0
      while c < depth {
        let share = L.read(dy, from &+ c) * L(window.factor)
        for i in window.rows {
          for j in window.columns {
            let at: Int = (i &* width &+ j) &* depth &+ c
            (L.read(FloatIn(dx), at) + share).write(dx, at)
          }
        }
        c &+= L.width
      }
    }
  }
}

@inline(never) private func maxima<L: PoolLane>(
  _: L.Type, _ pass: PoolPass, _ x: FloatIn, _ y: FloatOut
) {
  let (depth, width) = (pass.input.depth, pass.input.width)
  for row in 0..<pass.output.height {
    for column in 0..<pass.output.width {
      let window = PoolWindow(pass, row, column)
      let target: Int = (row &* pass.output.width &+ column) &* depth
      var c = 0
      while c < depth {
        var largest = L(-.infinity)
        for i in window.rows {
          for j in window.columns {
            largest = largest.larger(L.read(x, (i &* width &+ j) &* depth &+ c))
          }
        }
        largest.write(y, target &+ c)
        c &+= L.width
      }
    }
  }
}

@inline(never) private func spreadMaxima<L: PoolLane>(
  _: L.Type, _ pass: PoolPass, _ x: FloatIn, _ dy: FloatIn, _ dx: FloatOut
) {
  let (depth, width) = (pass.input.depth, pass.input.width)
  for row in 0..<pass.output.height {
    for column in 0..<pass.output.width {
      let window = PoolWindow(pass, row, column)
      let from: Int = (row &* pass.output.width &+ column) &* depth
      var c = 0
      while c < depth {
        var largest = L(-.infinity)
        for i in window.rows {
          for j in window.columns {
            largest = largest.larger(L.read(x, (i &* width &+ j) &* depth &+ c))
          }
        }
        var open = L(1)
        let gradient = L.read(dy, from &+ c)
        for i in window.rows {
          for j in window.columns {
            let at: Int = (i &* width &+ j) &* depth &+ c
            let share = L.read(x, at).share(ofLargest: largest, gradient, &open)
            (L.read(FloatIn(dx), at) + share).write(dx, at)
          }
        }
        c &+= L.width
      }
    }
  }
}

private struct ResampleGrid {
  let input: MapExtent
  let output: MapExtent
  let rows: Resampling
  let columns: Resampling

  /// The four neighbours of an output and the shares of the second ones.
  @inline(__always) private func neighbours(_ row: Int, _ column: Int) -> (
    (Int, Int, Int, Int), (Float, Float)
  ) {
    let (y0, y1) = (Int(rows.first[row]), Int(rows.second[row]))
    let (x0, x1) = (Int(columns.first[column]), Int(columns.second[column]))
    let (top, bottom) = (y0 &* input.width, y1 &* input.width)
    return (
      (
        (top &+ x0) &* input.depth, (top &+ x1) &* input.depth, (bottom &+ x0) &* input.depth,
        (bottom &+ x1) &* input.depth
      ), (rows.share[row], columns.share[column])
    )
  }

  @inline(never) func forward<L: PoolLane>(_: L.Type, _ x: FloatIn, _ y: FloatOut) {
    for row in 0..<output.height {
      for column in 0..<output.width {
        let (at, (v, h)) = neighbours(row, column)
        let target: Int = (row &* output.width &+ column) &* output.depth
        // A copy stays one, also of what is not finite.
        let isCopy = v == 0 && h == 0
        var c = 0
        while c < output.depth {
          if isCopy {
            L.read(x, at.0 &+ c).write(y, target &+ c)
          } else {
            let top = L.read(x, at.0 &+ c) * L(1 - h) + L.read(x, at.1 &+ c) * L(h)
            let bottom = L.read(x, at.2 &+ c) * L(1 - h) + L.read(x, at.3 &+ c) * L(h)
            (top * L(1 - v) + bottom * L(v)).write(y, target &+ c)
          }
          c &+= L.width
        }
      }
    }
  }

  @inline(never) func backward<L: PoolLane>(_: L.Type, _ dy: FloatIn, _ dx: FloatOut) {
    for row in 0..<output.height {
      for column in 0..<output.width {
        let (at, (v, h)) = neighbours(row, column)
        let from: Int = (row &* output.width &+ column) &* output.depth
        let isCopy = v == 0 && h == 0
        var c = 0
        while c < output.depth {
          let g = L.read(dy, from &+ c)
          if isCopy {
            add(g, dx, at.0 &+ c)
          } else {
            let (top, bottom) = (g * L(1 - v), g * L(v))
            add(top * L(1 - h), dx, at.0 &+ c)
            add(top * L(h), dx, at.1 &+ c)
            add(bottom * L(1 - h), dx, at.2 &+ c)
            add(bottom * L(h), dx, at.3 &+ c)
          }
          c &+= L.width
        }
      }
    }
  }

  @inline(__always) private func add<L: PoolLane>(_ v: L, _ dx: FloatOut, _ at: Int) {
    (L.read(FloatIn(dx), at) + v).write(dx, at)
  }
}
