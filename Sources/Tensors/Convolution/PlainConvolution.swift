import Catalog
import Runtime

/// Convolution of float64 tensors by its definition: for tests of gradients, not for speed.
public enum PlainConvolution {
  public static func forward(_ x: Tensor, weights: Tensor, _ shape: ConvolutionShape) throws
    -> Tensor
  {
    let (x, w) = try operands(x, shape.inputShape, "x", weights, shape.weightShape, "weights")
    let y = try Tensor.zeros(shape.outputShape, .float64)
    let loops = PlainLoops(shape)
    try shape.options.isTransposed ? loops.scatter(x, w, into: y) : loops.gather(x, w, into: y)
    return y
  }

  public static func backwardData(_ dy: Tensor, weights: Tensor, _ shape: ConvolutionShape) throws
    -> Tensor
  {
    let (dy, w) = try operands(dy, shape.outputShape, "dy", weights, shape.weightShape, "weights")
    let dx = try Tensor.zeros(shape.inputShape, .float64)
    let loops = PlainLoops(shape)
    try shape.options.isTransposed ? loops.gather(dy, w, into: dx) : loops.scatter(dy, w, into: dx)
    return dx
  }

  public static func backwardWeights(_ x: Tensor, _ dy: Tensor, _ shape: ConvolutionShape) throws
    -> Tensor
  {
    let (x, dy) = try operands(x, shape.inputShape, "x", dy, shape.outputShape, "dy")
    let dw = try Tensor.zeros(shape.weightShape, .float64)
    let loops = PlainLoops(shape)
    try shape.options.isTransposed ? loops.slopes(dy, x, into: dw) : loops.slopes(x, dy, into: dw)
    return dw
  }

  private static func operands(
    _ a: Tensor, _ aShape: Shape, _ aName: String, _ b: Tensor, _ bShape: Shape, _ bName: String
  ) throws -> (Tensor, Tensor) {
    for (tensor, shape, name) in [(a, aShape, aName), (b, bShape, bName)] {
      guard tensor.dtype == .float64, tensor.shape == shape else {
        throw UserError(
          "\(name) must be float64 of shape \(shape), got \(tensor.dtype.rawValue) of shape "
            + "\(tensor.shape)")
      }
    }
    return (try a.densified(), try b.densified())
  }
}

/// The three loops over all products of the convolution behind a shape.
private struct PlainLoops {
  let c: Correlation
  let row: GridAxis
  let column: GridAxis
  let perIn: Int
  let perOut: Int

  init(_ shape: ConvolutionShape) {
    c = Correlation(shape)
    let grids = c.forwardGrids()
    (row, column) = (grids.rows[0], grids.columns[0])
    (perIn, perOut) = (c.inputs / c.options.groups, c.outputs / c.options.groups)
  }

  private var inPlane: Int { c.height * c.width }
  private var outPlane: Int { c.outputHeight * c.outputWidth }

  /// Calls `body` with the places in the planes of input and output that one tap joins.
  @inline(__always)
  private func eachPair(_ r: Int, _ t: Int, _ body: (Int, Int) -> Void) {
    for j in 0..<row.count {
      let y = row.map[j * row.inStep + row.taps[r].offset - row.low]
      if y < 0 { continue }
      for i in 0..<column.count {
        let x = column.map[i * column.inStep + column.taps[t].offset - column.low]
        if x >= 0 { body(Int(clamping: y) * c.width + Int(clamping: x), j * c.outputWidth + i) }
      }
    }
  }

  private func run(_ count: Int, _ body: (Int) -> Void) throws {
    try WorkerPool.shared.run(chunks: count) { body($0) }
  }

  /// y from x, each output channel of each image by itself.
  func gather(_ x: Tensor, _ w: Tensor, into y: Tensor) throws {
    let (x, w, y) = (x.pointer(Double.self), w.pointer(Double.self), y.pointer(Double.self))
    try run(c.batch * c.outputs) { chunk in
      let (n, o) = chunk.quotientAndRemainder(dividingBy: c.outputs)
      let to = y + chunk * outPlane
      for i in 0..<perIn {
        let from = x + (n * c.inputs + o / perOut * perIn + i) * inPlane
        for r in 0..<c.kernel.y {
          for t in 0..<c.kernel.x {
            let v = w[(o * perIn + i) * c.taps + r * c.kernel.x + t]
            eachPair(r, t) { to[$1] += from[$0] * v }
          }
        }
      }
    }
  }

  /// dx from dy, each input channel of each image by itself.
  func scatter(_ dy: Tensor, _ w: Tensor, into dx: Tensor) throws {
    let (dy, w, dx) = (dy.pointer(Double.self), w.pointer(Double.self), dx.pointer(Double.self))
    try run(c.batch * c.inputs) { chunk in
      let (n, input) = chunk.quotientAndRemainder(dividingBy: c.inputs)
      let (group, i) = input.quotientAndRemainder(dividingBy: perIn)
      let to = dx + chunk * inPlane
      for o in group * perOut..<(group + 1) * perOut {
        let from = dy + (n * c.outputs + o) * outPlane
        for r in 0..<c.kernel.y {
          for t in 0..<c.kernel.x {
            let v = w[(o * perIn + i) * c.taps + r * c.kernel.x + t]
            eachPair(r, t) { to[$0] += from[$1] * v }
          }
        }
      }
    }
  }

  /// dw from both, each output channel by itself.
  func slopes(_ x: Tensor, _ dy: Tensor, into dw: Tensor) throws {
    let (x, dy, dw) = (x.pointer(Double.self), dy.pointer(Double.self), dw.pointer(Double.self))
    try run(c.outputs) { o in
      for i in 0..<perIn {
        for r in 0..<c.kernel.y {
          for t in 0..<c.kernel.x {
            var sum = 0.0
            for n in 0..<c.batch {
              let a = x + (n * c.inputs + o / perOut * perIn + i) * inPlane
              let b = dy + (n * c.outputs + o) * outPlane
              eachPair(r, t) { sum += a[$0] * b[$1] }
            }
            dw[(o * perIn + i) * c.taps + r * c.kernel.x + t] = sum
          }
        }
      }
    }
  }
}
