/// Passes over a row of costs c with the potentials v of the columns; `n` is a multiple of 8.
public protocol TransportKernels {
  /// key[j] ← c[j] − v[j] + shift and from[j] ← row wherever that is less.
  ///
  /// - Returns: the least key, and where it is.
  static func relax(
    _ c: FloatIn, _ v: DoubleIn, shift: Double, row: Double, key: DoubleOut, from: DoubleOut,
    _ n: Int
  ) -> (least: Double, place: Int)
  /// The two least of c[j] − v[j], and where the least is.
  static func twoLeast(_ c: FloatIn, _ v: DoubleIn, _ n: Int) -> (
    first: Double, place: Int, second: Double, next: Int
  )
}
