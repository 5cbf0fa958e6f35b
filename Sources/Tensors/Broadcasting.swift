import KernelsBase
import Runtime

// Elementwise operations on two broadcast operands: blocks of rows for a kernel, cut by shape alone.

/// An operand in a block of rows: element (r, i) is start[r·rowStep + i·step]; `step` is 0 or 1.
protocol RowsOperand {
  associatedtype Number: Element
  init(_ start: UnsafePointer<Number>, rowStep: Int, step: Int)
}

extension FloatRows: RowsOperand {}
extension DoubleRows: RowsOperand {}

struct IntegerRows: RowsOperand {
  let start: UnsafePointer<Int64>
  let rowStep: Int
  let step: Int

  init(_ start: UnsafePointer<Int64>, rowStep: Int, step: Int) {
    (self.start, self.rowStep, self.step) = (start, rowStep, step)
  }

  func row(_ index: Int) -> UnsafePointer<Int64> { start + index * rowStep }
}

/// What runs on a block: the operands, the dense result, rows and columns.
typealias RowsLoop<Rows: RowsOperand> = (
  Rows, Rows, UnsafeMutablePointer<Rows.Number>, Int, Int
) -> Void

/// Runs a loop over two broadcast operands into a dense result of its own.
func combine<Rows: RowsOperand>(
  _ a: Tensor, _ b: Tensor, into result: Tensor, _ loop: RowsLoop<Rows>
) throws {
  let count = result.elementCount
  if count == 0 { return }
  let y = result.pointer(Rows.Number.self)
  let aWhole = a.shape == result.shape && a.isDense
  let bWhole = b.shape == result.shape && b.isDense
  if (aWhole || a.elementCount == 1) && (bWhole || b.elementCount == 1) {
    let x = UnsafePointer(a.pointer(Rows.Number.self))
    let z = UnsafePointer(b.pointer(Rows.Number.self))
    let xStep = aWhole ? 1 : 0
    let zStep = bWhole ? 1 : 0
    try WorkerPool.shared.run(count: count, grain: parallelGrain) {
      let start = $0.lowerBound
      loop(
        Rows(x + start * xStep, rowStep: 0, step: xStep),
        Rows(z + start * zStep, rowStep: 0, step: zStep), y + start, 1, $0.count)
    }
    return
  }
  try combineRows(rowReady(a, result.shape), rowReady(b, result.shape), y, loop)
}

/// Runs a loop over rows of two broadcast operands of any types into a dense result: the operands of a
/// row with their steps, 0 or 1, then the result and how many.
@inline(__always)
func combineElements<A: Element, B: Element, R: Element>(
  _ a: Tensor, _ b: Tensor, into result: Tensor,
  _ loop: (UnsafePointer<A>, Int, UnsafePointer<B>, Int, UnsafeMutablePointer<R>, Int) -> Void
) throws {
  let count = result.elementCount
  if count == 0 { return }
  let y = result.pointer(R.self)
  let aWhole = a.shape == result.shape && a.isDense
  let bWhole = b.shape == result.shape && b.isDense
  if (aWhole || a.elementCount == 1) && (bWhole || b.elementCount == 1) {
    let (x, z) = (UnsafePointer(a.pointer(A.self)), UnsafePointer(b.pointer(B.self)))
    let (xStep, zStep) = (aWhole ? 1 : 0, bWhole ? 1 : 0)
    try WorkerPool.shared.run(count: count, grain: parallelGrain) {
      let start = $0.lowerBound
      loop(x + start * xStep, xStep, z + start * zStep, zStep, y + start, $0.count)
    }
    return
  }
  let (a, b) = (try rowReady(a, result.shape), try rowReady(b, result.shape))
  let blocks = RowBlocks(a, b)
  let (columns, rows) = (blocks.columns, blocks.rows)
  let (x, z) = (UnsafePointer(a.pointer(A.self)), UnsafePointer(b.pointer(B.self)))
  let grain = max(1, parallelGrain / columns.length)
  try WorkerPool.shared.run(count: blocks.count * rows.length, grain: grain) { range in
    var row = range.lowerBound
    while row < range.upperBound {
      let (block, first) = row.quotientAndRemainder(dividingBy: rows.length)
      let end = min(rows.length, first + range.upperBound - row)
      let start = blocks.start(of: block)
      for inner in first..<end {
        loop(
          x + start.a + inner * rows.aStep, columns.aStep, z + start.b + inner * rows.bStep,
          columns.bStep, y + (row + inner - first) * columns.length, columns.length)
      }
      row += end - first
    }
  }
}

/// A view broadcast to `shape` whose last axis has a step of 0 or 1, copied where it has not.
private func rowReady(_ x: Tensor, _ shape: Shape) throws -> Tensor {
  let view = try x.broadcast(to: shape)
  let step = view.strides[shape.rank - 1]
  if step == 0 || step == 1 || shape[shape.rank - 1] == 1 { return view }
  return try x.copied().broadcast(to: shape)
}

private func combineRows<Rows: RowsOperand>(
  _ a: Tensor, _ b: Tensor, _ y: UnsafeMutablePointer<Rows.Number>, _ loop: RowsLoop<Rows>
) throws {
  let blocks = RowBlocks(a, b)
  let (columns, blockRows) = (blocks.columns.length, blocks.rows.length)
  let x = UnsafePointer(a.pointer(Rows.Number.self))
  let z = UnsafePointer(b.pointer(Rows.Number.self))
  let grain = max(1, parallelGrain / columns)
  try WorkerPool.shared.run(count: blocks.count * blockRows, grain: grain) { range in
    var row = range.lowerBound
    while row < range.upperBound {
      let (block, first) = row.quotientAndRemainder(dividingBy: blockRows)
      let rows = min(blockRows - first, range.upperBound - row)
      let start = blocks.start(of: block)
      loop(
        Rows(
          x + start.a + first * blocks.rows.aStep, rowStep: blocks.rows.aStep,
          step: blocks.columns.aStep),
        Rows(
          z + start.b + first * blocks.rows.bStep, rowStep: blocks.rows.bStep,
          step: blocks.columns.bStep), y + row * columns, rows, columns)
      row += rows
    }
  }
}

/// Two views of one shape as a stack of blocks of rows: axes that both walk through in even steps are
/// one, and axes of length 1 none.
private struct RowBlocks {
  struct Axis {
    var length = 1
    var aStep = 0
    var bStep = 0
  }

  private var outer = InlineArray<8, Axis>(repeating: Axis())
  private var outerRank = 0
  private(set) var count = 1
  private(set) var rows = Axis()
  private(set) var columns = Axis()

  init(_ a: Tensor, _ b: Tensor) {
    for axis in 0..<a.rank where a.shape[axis] != 1 {
      append(Axis(length: a.shape[axis], aStep: a.strides[axis], bStep: b.strides[axis]))
    }
    // A last axis of length 1 may leave one whose elements do not lie one behind the other.
    if !(0...1).contains(columns.aStep) || !(0...1).contains(columns.bStep) { append(Axis()) }
  }

  /// The innermost axis so far goes outwards, unless the new one continues it.
  private mutating func append(_ axis: Axis) {
    let continues =
      columns.aStep == axis.length * axis.aStep && columns.bStep == axis.length * axis.bStep
    if continues || columns.length == 1 {
      columns = Axis(length: columns.length * axis.length, aStep: axis.aStep, bStep: axis.bStep)
      return
    }
    if rows.length != 1 {
      outer[outerRank] = rows
      outerRank += 1
      count *= rows.length
    }
    (rows, columns) = (columns, axis)
  }

  /// Where a block begins in both operands, `block` of `count` in row-major order.
  func start(of block: Int) -> (a: Int, b: Int) {
    var (rest, a, b) = (block, 0, 0)
    for axis in stride(from: outerRank - 1, through: 0, by: -1) {
      let (next, index) = rest.quotientAndRemainder(dividingBy: outer[axis].length)
      a += index * outer[axis].aStep
      b += index * outer[axis].bStep
      rest = next
    }
    return (a, b)
  }
}
