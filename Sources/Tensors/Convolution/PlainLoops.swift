import Runtime

/// Places of one axis that a tap joins: outputs `to`, `to + 1`, … with inputs `from`, `from + step`, ….
private struct TapRun {
  var to: Int
  var from: Int
  var step: Int
  var count: Int

  /// The runs of each tap of an axis; places beyond the border are in none.
  static func all(_ axis: GridAxis) -> [[TapRun]] {
    axis.taps.map { tap in
      var runs: [TapRun] = []
      for output in 0..<axis.count {
        let place = axis.map[output * axis.inStep + tap.offset - axis.low]
        if place < 0 { continue }
        runs.append(TapRun(to: output, from: Int(clamping: place), step: axis.inStep, count: 1))
        joinLast(&runs)
      }
      return runs
    }
  }

  /// Makes one run of the last two where the last one goes on where the one before ends.
  private static func joinLast(_ runs: inout [TapRun]) {
    guard runs.count > 1 else { return }
    let (before, last) = (runs[runs.count - 2], runs[runs.count - 1])
    guard last.to == before.to + before.count,
      last.from == before.from + before.step * before.count
    else { return }
    runs.removeLast()
    runs[runs.count - 1].count += 1
  }
}

/// The three loops over all products of the convolution behind a shape, a row of a plane at a time.
struct PlainLoops {
  private let c: Correlation
  private let perIn: Int
  private let perOut: Int
  /// Pairs of rows (in the output, in the input) of each tap along y, and runs of columns of each along x.
  private let rows: [[TapRun]]
  private let columns: [[TapRun]]

  init(_ shape: ConvolutionShape) {
    c = Correlation(shape)
    let grids = c.forwardGrids()
    (rows, columns) = (TapRun.all(grids.rows[0]), TapRun.all(grids.columns[0]))
    (perIn, perOut) = (c.inputs / c.options.groups, c.outputs / c.options.groups)
  }

  private var inPlane: Int { c.height * c.width }
  private var outPlane: Int { c.outputHeight * c.outputWidth }

  /// Calls `body` with the runs of places in the planes of input and output that one tap joins.
  @inline(__always)
  private func eachRun(
    _ r: Int, _ t: Int, _ body: (_ from: Int, _ step: Int, _ to: Int, _ count: Int) -> Void
  ) {
    for rowRun in rows[r] {
      for k in 0..<rowRun.count {
        let input = (rowRun.from + k * rowRun.step) * c.width
        let output = (rowRun.to + k) * c.outputWidth
        for run in columns[t] { body(input + run.from, run.step, output + run.to, run.count) }
      }
    }
  }

  /// y from x, each output channel of each image by itself.
  func gather(_ x: Tensor, _ w: Tensor, into y: Tensor) throws {
    let (x, w, y) = (x.pointer(Double.self), w.pointer(Double.self), y.pointer(Double.self))
    try WorkerPool.shared.run(chunks: c.batch * c.outputs) { chunk in
      let (n, o) = chunk.quotientAndRemainder(dividingBy: c.outputs)
      let to = y + chunk * outPlane
      for i in 0..<perIn {
        let from = x + (n * c.inputs + o / perOut * perIn + i) * inPlane
        eachTap(w + (o * perIn + i) * c.taps) { r, t, v in
          eachRun(r, t) { input, step, output, count in
            let (a, b) = (from + input, to + output)
            if step == 1 {
              for k in 0..<count { b[k] += a[k] * v }
            } else {
              for k in 0..<count { b[k] += a[k &* step] * v }
            }
          }
        }
      }
    }
  }

  /// dx from dy, each input channel of each image by itself.
  func scatter(_ dy: Tensor, _ w: Tensor, into dx: Tensor) throws {
    let (dy, w, dx) = (dy.pointer(Double.self), w.pointer(Double.self), dx.pointer(Double.self))
    try WorkerPool.shared.run(chunks: c.batch * c.inputs) { chunk in
      let (n, input) = chunk.quotientAndRemainder(dividingBy: c.inputs)
      let (group, i) = input.quotientAndRemainder(dividingBy: perIn)
      let to = dx + chunk * inPlane
      for o in group * perOut..<(group + 1) * perOut {
        let from = dy + (n * c.outputs + o) * outPlane
        eachTap(w + (o * perIn + i) * c.taps) { r, t, v in
          eachRun(r, t) { input, step, output, count in
            let (a, b) = (from + output, to + input)
            if step == 1 {
              for k in 0..<count { b[k] += a[k] * v }
            } else {
              for k in 0..<count { b[k &* step] += a[k] * v }
            }
          }
        }
      }
    }
  }

  /// dw from both, each output channel by itself.
  func slopes(_ x: Tensor, _ dy: Tensor, into dw: Tensor) throws {
    let (x, dy, dw) = (x.pointer(Double.self), dy.pointer(Double.self), dw.pointer(Double.self))
    try WorkerPool.shared.run(chunks: c.outputs) { o in
      for i in 0..<perIn {
        let target = dw + (o * perIn + i) * c.taps
        for n in 0..<c.batch {
          let a = x + (n * c.inputs + o / perOut * perIn + i) * inPlane
          let b = dy + (n * c.outputs + o) * outPlane
          eachTap(target) { r, t, _ in
            var sum = 0.0
            eachRun(r, t) { input, step, output, count in
              sum += PlainLoops.dot(a + input, step, b + output, count)
            }
            target[r * c.kernel.x + t] += sum
          }
        }
      }
    }
  }

  /// Calls `body` with each tap and the weight at it.
  @inline(__always)
  private func eachTap(
    _ weights: UnsafeMutablePointer<Double>, _ body: (_ r: Int, _ t: Int, _ weight: Double) -> Void
  ) {
    for r in 0..<c.kernel.y {
      for t in 0..<c.kernel.x { body(r, t, weights[r * c.kernel.x + t]) }
    }
  }

  /// Σ a[k·step] b[k] in four sums.
  private static func dot(
    _ a: UnsafeMutablePointer<Double>, _ step: Int, _ b: UnsafeMutablePointer<Double>, _ count: Int
  ) -> Double {
    var sums = (0.0, 0.0, 0.0, 0.0)
    var k = 0
    while k + 4 <= count {
      sums.0 += a[k &* step] * b[k]
      sums.1 += a[(k &+ 1) &* step] * b[k &+ 1]
      sums.2 += a[(k &+ 2) &* step] * b[k &+ 2]
      sums.3 += a[(k &+ 3) &* step] * b[k &+ 3]
      k &+= 4
    }
    while k < count {
      sums.0 += a[k &* step] * b[k]
      k &+= 1
    }
    return (sums.0 + sums.1) + (sums.2 + sums.3)
  }
}
