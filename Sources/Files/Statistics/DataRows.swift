import Autodiff
import Catalog
import Runtime
import Tensors

/// A data set as statistics take it: points of any shape as rows, in float64.
struct DataRows {
  /// Shape [n, d], dense, float64, finite.
  let rows: Tensor
  /// Of one point.
  let shape: Shape
  /// Of the points as they were given; results have it.
  let dtype: DType

  var count: Int { rows.shape[0] }
  var dimension: Int { rows.shape[1] }

  /// - Parameter least: how many points there must be.
  init(_ x: Tensor, _ name: String = "x", least: Int = 1) throws {
    let x = try x.constant(name)
    guard x.rank >= 2, x.shape[0] >= least, x.elementCount > 0 else {
      throw UserError(
        "\(name) must be \(least == 1 ? "a batch of points" : "\(least) points or more"), [n, d] or [n] and "
          + "the shape of a picture, got shape \(x.shape)")
    }
    guard x.dtype != .bool else { throw UserError("\(name) must hold numbers, got bool") }
    if x.dtype.isFloatingPoint, let row = try x.nonFiniteRows().first {
      throw UserError("\(name) must be finite, got nan or inf in row \(row + 1)")
    }
    shape = Shape(x.shape.dropFirst())
    dtype = x.dtype == .float64 ? .float64 : .float32
    rows = try x.converted(to: .float64).densified().reshaped(to: [x.shape[0], shape.elementCount])
  }

  /// Points of a given shape.
  init(_ x: Tensor, _ name: String = "x", shaped shape: Shape) throws {
    guard x.rank == shape.rank + 1, x.shape.dropFirst().elementsEqual(shape) else {
      throw UserError(
        "\(name) has shape \(x.shape), expected [n \(shape.map { String($0) }.joined(separator: " "))]"
      )
    }
    try self.init(x, name)
  }

  /// Rows [m, d] of float64 as points in the type of the data.
  static func points(_ rows: Tensor, _ shape: Shape, _ dtype: DType) throws -> Tensor {
    try rows.converted(to: dtype).reshaped(to: [rows.shape[0]] + Array(shape))
  }

  /// The mean of each column in float64, in one order.
  func means() throws -> Tensor {
    let result = try Tensor.zeros([1, dimension], .float64)
    let (x, out) = (rows.pointer(Double.self), result.pointer(Double.self))
    let (n, d) = (count, dimension)
    try eachColumnBlock { columns in
      for row in 0..<n {
        for j in columns { out[j] += x[row * d + j] }
      }
      for j in columns { out[j] /= Double(n) }
    }
    return result
  }

  /// Σ (x − m)²/n of each column.
  func variances(about mean: Tensor) throws -> Tensor {
    let result = try Tensor.zeros([1, dimension], .float64)
    let (x, out, m) = (
      rows.pointer(Double.self), result.pointer(Double.self), mean.pointer(Double.self)
    )
    let (n, d) = (count, dimension)
    try eachColumnBlock { columns in
      for row in 0..<n {
        for j in columns {
          let change = x[row * d + j] - m[j]
          out[j] += change * change
        }
      }
      for j in columns { out[j] /= Double(n) }
    }
    return result
  }

  private func eachColumnBlock(_ body: (Range<Int>) throws -> Void) throws {
    try WorkerPool.shared.run(count: dimension, grain: 64, body)
  }
}
