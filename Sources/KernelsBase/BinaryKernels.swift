// Functions of two numbers, applied to rows and to blocks of rows.

/// y[i] = a[i·aStep] ∘ b[i·bStep]; a step is 0 (one number for all) or 1.
/// `maximum` and `minimum` give NaN where either side is NaN.
public protocol BinaryKernels {
  static func add(
    _ a: FloatIn, _ aStep: Int, _ b: FloatIn, _ bStep: Int, _ y: FloatOut, _ n: Int)
  static func subtract(
    _ a: FloatIn, _ aStep: Int, _ b: FloatIn, _ bStep: Int, _ y: FloatOut, _ n: Int)
  static func multiply(
    _ a: FloatIn, _ aStep: Int, _ b: FloatIn, _ bStep: Int, _ y: FloatOut, _ n: Int)
  static func divide(
    _ a: FloatIn, _ aStep: Int, _ b: FloatIn, _ bStep: Int, _ y: FloatOut, _ n: Int)
  static func power(
    _ a: FloatIn, _ aStep: Int, _ b: FloatIn, _ bStep: Int, _ y: FloatOut, _ n: Int)
  static func maximum(
    _ a: FloatIn, _ aStep: Int, _ b: FloatIn, _ bStep: Int, _ y: FloatOut, _ n: Int)
  static func minimum(
    _ a: FloatIn, _ aStep: Int, _ b: FloatIn, _ bStep: Int, _ y: FloatOut, _ n: Int)

  static func add(
    _ a: DoubleIn, _ aStep: Int, _ b: DoubleIn, _ bStep: Int, _ y: DoubleOut, _ n: Int)
  static func subtract(
    _ a: DoubleIn, _ aStep: Int, _ b: DoubleIn, _ bStep: Int, _ y: DoubleOut, _ n: Int)
  static func multiply(
    _ a: DoubleIn, _ aStep: Int, _ b: DoubleIn, _ bStep: Int, _ y: DoubleOut, _ n: Int)
  static func divide(
    _ a: DoubleIn, _ aStep: Int, _ b: DoubleIn, _ bStep: Int, _ y: DoubleOut, _ n: Int)
  static func power(
    _ a: DoubleIn, _ aStep: Int, _ b: DoubleIn, _ bStep: Int, _ y: DoubleOut, _ n: Int)
  static func maximum(
    _ a: DoubleIn, _ aStep: Int, _ b: DoubleIn, _ bStep: Int, _ y: DoubleOut, _ n: Int)
  static func minimum(
    _ a: DoubleIn, _ aStep: Int, _ b: DoubleIn, _ bStep: Int, _ y: DoubleOut, _ n: Int)
}

/// An operand of an operation on rows: element (r, i) is start[r·rowStep + i·step]. `step` is 1, or 0
/// for one number along a row; `rowStep` is 0 for one row, or number, for all.
public struct FloatRows {
  public let start: FloatIn
  public let rowStep: Int
  public let step: Int

  public init(_ start: FloatIn, rowStep: Int, step: Int) {
    (self.start, self.rowStep, self.step) = (start, rowStep, step)
  }
}

/// The same of doubles.
public struct DoubleRows {
  public let start: DoubleIn
  public let rowStep: Int
  public let step: Int

  public init(_ start: DoubleIn, rowStep: Int, step: Int) {
    (self.start, self.rowStep, self.step) = (start, rowStep, step)
  }
}

/// y[r, i] = a[r, i] ∘ b[r, i] for whole blocks of rows, as `BinaryKernels` does it for one; y is
/// dense and, other than there, overlaps neither operand.
public protocol BroadcastKernels {
  static func add(
    _ a: FloatRows, _ b: FloatRows, _ y: FloatOut, rows: Int, columns: Int)
  static func subtract(
    _ a: FloatRows, _ b: FloatRows, _ y: FloatOut, rows: Int, columns: Int)
  static func multiply(
    _ a: FloatRows, _ b: FloatRows, _ y: FloatOut, rows: Int, columns: Int)
  static func divide(
    _ a: FloatRows, _ b: FloatRows, _ y: FloatOut, rows: Int, columns: Int)
  static func maximum(
    _ a: FloatRows, _ b: FloatRows, _ y: FloatOut, rows: Int, columns: Int)
  static func minimum(
    _ a: FloatRows, _ b: FloatRows, _ y: FloatOut, rows: Int, columns: Int)

  static func add(
    _ a: DoubleRows, _ b: DoubleRows, _ y: DoubleOut, rows: Int, columns: Int)
  static func subtract(
    _ a: DoubleRows, _ b: DoubleRows, _ y: DoubleOut, rows: Int, columns: Int)
  static func multiply(
    _ a: DoubleRows, _ b: DoubleRows, _ y: DoubleOut, rows: Int, columns: Int)
  static func divide(
    _ a: DoubleRows, _ b: DoubleRows, _ y: DoubleOut, rows: Int, columns: Int)
  static func maximum(
    _ a: DoubleRows, _ b: DoubleRows, _ y: DoubleOut, rows: Int, columns: Int)
  static func minimum(
    _ a: DoubleRows, _ b: DoubleRows, _ y: DoubleOut, rows: Int, columns: Int)
}
