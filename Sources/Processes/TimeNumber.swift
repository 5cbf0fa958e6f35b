import Autodiff
import Glibc
import Tensors

/// What the formulas of a process are written in: one number, or a float64 tensor of numbers in traced
/// operations, so that each formula is written once and has gradients in t of any order.
package protocol TimeNumber {
  /// `Never` for a number; a tensor may run out of memory.
  associatedtype Failure: Error
  static func + (a: Self, b: Self) throws(Failure) -> Self
  static func - (a: Self, b: Self) throws(Failure) -> Self
  static func * (a: Self, b: Self) throws(Failure) -> Self
  static func / (a: Self, b: Self) throws(Failure) -> Self
  static func + (a: Self, b: Double) throws(Failure) -> Self
  static func - (a: Self, b: Double) throws(Failure) -> Self
  static func * (a: Self, b: Double) throws(Failure) -> Self
  static func / (a: Self, b: Double) throws(Failure) -> Self
  static func - (a: Double, b: Self) throws(Failure) -> Self
  static func / (a: Double, b: Self) throws(Failure) -> Self
  static prefix func - (x: Self) throws(Failure) -> Self
  static func exp(_ x: Self) throws(Failure) -> Self
  static func expm1(_ x: Self) throws(Failure) -> Self
  static func log(_ x: Self) throws(Failure) -> Self
  static func sqrt(_ x: Self) throws(Failure) -> Self
  static func square(_ x: Self) throws(Failure) -> Self
  static func relu(_ x: Self) throws(Failure) -> Self
  static func sin(_ x: Self) throws(Failure) -> Self
  static func cos(_ x: Self) throws(Failure) -> Self
  /// The coefficients of the piece of a table that each time lies in.
  func piece(of table: PiecewiseTable) throws(Failure) -> TablePiece<Self>
  static func power(_ x: Self, _ exponent: Self) throws(Failure) -> Self
}

extension TimeNumber {
  /// A constant at each of these times, of which it is a function.
  func constant(_ value: Double) throws(Failure) -> Self { try self * 0 + value }
}

extension Double: TimeNumber {
  package typealias Failure = Never
  package static func exp(_ x: Double) -> Double { Glibc.exp(x) }
  package static func expm1(_ x: Double) -> Double { Glibc.expm1(x) }
  package static func log(_ x: Double) -> Double { Glibc.log(x) }
  package static func sqrt(_ x: Double) -> Double { x.squareRoot() }
  package static func square(_ x: Double) -> Double { x * x }
  package static func relu(_ x: Double) -> Double { x < 0 ? 0 : x }
  package static func sin(_ x: Double) -> Double { Glibc.sin(x) }
  package static func cos(_ x: Double) -> Double { Glibc.cos(x) }
  package static func power(_ x: Double, _ exponent: Double) -> Double { Glibc.pow(x, exponent) }

  package func piece(of table: PiecewiseTable) -> TablePiece<Double> {
    TablePiece(table.coefficients(at: self))
  }
}

extension Tensor: TimeNumber {
  package typealias Failure = any Error
  package static func exp(_ x: Tensor) throws -> Tensor { try Autodiff.exp(x) }
  package static func expm1(_ x: Tensor) throws -> Tensor { try Autodiff.expm1(x) }
  package static func log(_ x: Tensor) throws -> Tensor { try Autodiff.log(x) }
  package static func sqrt(_ x: Tensor) throws -> Tensor { try Autodiff.sqrt(x) }
  package static func square(_ x: Tensor) throws -> Tensor { try Autodiff.square(x) }
  package static func relu(_ x: Tensor) throws -> Tensor { try Autodiff.relu(x) }
  package static func sin(_ x: Tensor) throws -> Tensor { try Autodiff.sin(x) }
  package static func cos(_ x: Tensor) throws -> Tensor { try Autodiff.cos(x) }
  package static func power(_ x: Tensor, _ exponent: Tensor) throws -> Tensor {
    try Autodiff.power(x, exponent)
  }

  package func piece(of table: PiecewiseTable) throws -> TablePiece<Tensor> {
    // Which piece a time lies in has no slope.
    let rows = try repeating("piece_of_table", [value]) { inputs in
      let times = try inputs[0].doubles()
      let width = PiecewiseTable.width
      let result = try Tensor(uninitialized: [width, times.count], .float64)
      let out = result.pointer(Double.self)
      for (place, t) in times.enumerated() {
        for (row, number) in table.coefficients(at: t).enumerated() {
          out[row * times.count + place] = number
        }
      }
      return result
    }
    return try TablePiece(
      (0..<PiecewiseTable.width).map {
        try Autodiff.reshape(Autodiff.select(rows, axis: 0, $0), to: Array(shape))
      })
  }
}
