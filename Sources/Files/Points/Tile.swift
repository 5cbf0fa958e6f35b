import Catalog
import Tensors

/// `data.tile`: the same points again and again, so that an epoch has as many updates whatever their number.
final class TiledPoints: PointSource {
  private let inner: any PointSource
  let count: Int

  init(_ inner: any PointSource, count: Int) { (self.inner, self.count) = (inner, count) }

  var shape: Shape { inner.shape }
  var summary: String { "\(count) points of \(shape), \(inner.count) in turn" }

  func read(
    _ places: UnsafeBufferPointer<Int32>, example: Int, into out: UnsafeMutablePointer<Float>
  ) throws {
    let own = places.map { $0 % Int32(clamping: inner.count) }
    try own.withUnsafeBufferPointer { try inner.read($0, example: example, into: out) }
  }

  static let entry = Entry.function(
    "tile", "The points in turn until there are so many: a data_source, which takes no memory.",
    .arg("x", "points [n, …], or a data_source"),
    .arg("count", "how many", in: Domain<Count>.positive), returns: "a data_source for train",
    details: """
      Point i of the result is point (i − 1) mod n + 1. An epoch of a training run on it has the same number of \
      updates whatever n is: 250,000 images an epoch in Kadkhodaie et al.
      """,
    source: "Kadkhodaie et al. 2024, appendix A",
    example: "return data.tile(data.mnist{count = 10}, 1000)"
  ) { (x: OneOf<Tensor, DataSource>, count: Count) in
    guard count.value < Int32.max else { throw UserError("count must be below 2^31, got \(count)") }
    return DataSource(TiledPoints(try source(of: x), count: count.value))
  }
}
