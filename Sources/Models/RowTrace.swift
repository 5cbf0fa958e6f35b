import KernelsBase

/// A network F and Tr ∂F/∂x for points in raw memory, dense rows of float32 at times of their own, on any
/// thread. A row's values depend on nothing but the row.
package struct RowTrace {
  package typealias Body = (
    _ x: FloatIn, _ t: FloatIn, _ out: FloatOut, _ trace: FloatOut, _ rows: Int
  ) -> Void
  private let body: Body

  package init(_ body: @escaping Body) { self.body = body }

  /// Writes F, shape [rows, d], and its trace, shape [rows].
  package func callAsFunction(
    _ x: FloatIn, _ t: FloatIn, _ out: FloatOut, _ trace: FloatOut, rows: Int
  ) {
    body(x, t, out, trace, rows)
  }
}
