// Whole rows: from the first block on.

extension RandomKernels {
  public static func uniform(
    _ out: FloatOut, rows: Int, columns: Int, key: UInt64, step: UInt32, firstRow: UInt64
  ) {
    uniform(
      out, rows: rows, columns: columns, key: key, step: step, firstRow: firstRow, firstBlock: 0)
  }
  public static func uniform(
    _ out: DoubleOut, rows: Int, columns: Int, key: UInt64, step: UInt32, firstRow: UInt64
  ) {
    uniform(
      out, rows: rows, columns: columns, key: key, step: step, firstRow: firstRow, firstBlock: 0)
  }
  public static func normal(
    _ out: FloatOut, rows: Int, columns: Int, key: UInt64, step: UInt32, firstRow: UInt64
  ) {
    normal(
      out, rows: rows, columns: columns, key: key, step: step, firstRow: firstRow, firstBlock: 0)
  }
  public static func normal(
    _ out: DoubleOut, rows: Int, columns: Int, key: UInt64, step: UInt32, firstRow: UInt64
  ) {
    normal(
      out, rows: rows, columns: columns, key: key, step: step, firstRow: firstRow, firstBlock: 0)
  }
  public static func words(
    _ out: UnsafeMutablePointer<UInt32>, rows: Int, columns: Int, key: UInt64, step: UInt32,
    firstRow: UInt64
  ) {
    words(
      out, rows: rows, columns: columns, key: key, step: step, firstRow: firstRow, firstBlock: 0)
  }
}
