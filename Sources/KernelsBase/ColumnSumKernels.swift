/// Sums over the rows of matrices, each column by itself. 16 rows are added in pairs, and what 16 rows
/// give is added in double, so that the error does not grow with the number of rows.
public protocol ColumnSumKernels {
  /// y[c, j] = Σ_r x[c, r, j] for `count` dense matrices of `rows` × `columns`.
  static func sumRows(_ x: FloatIn, _ y: FloatOut, count: Int, rows: Int, columns: Int)
  static func sumRows(_ x: DoubleIn, _ y: DoubleOut, count: Int, rows: Int, columns: Int)
  /// total[j] += Σ_r x[r·step + j].
  static func addRows(_ x: FloatIn, step: Int, _ total: DoubleOut, rows: Int, columns: Int)
  static func addRows(_ x: DoubleIn, step: Int, _ total: DoubleOut, rows: Int, columns: Int)
}
