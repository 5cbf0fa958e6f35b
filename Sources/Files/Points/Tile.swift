import Catalog
import Runtime
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
    .arg("x", "points [n, …], a data_source, or labels: int64 [n]"),
    .arg("count", "how many", in: Domain<Count>.positive),
    returns: "a data_source for train; of labels a tensor",
    details: """
      Point i of the result is point (i − 1) mod n + 1. An epoch of a training run on it has the same number of \
      updates whatever n is: 250,000 images an epoch in Kadkhodaie et al.
      """,
    source: "Kadkhodaie et al. 2024, appendix A",
    example: "return data.tile(data.mnist{count = 10}, 1000)"
  ) { (x: OneOf<Tensor, DataSource>, count: Count) -> OneOf<Tensor, DataSource> in
    guard count.value < Int32.max else { throw UserError("count must be below 2^31, got \(count)") }
    if case .first(let labels) = x, labels.dtype == .int64, labels.rank == 1, labels.shape[0] > 0 {
      try Memory.request(count.value, of: Int.self)
      return .first(
        try labels.gathered(rows: (0..<count.value).map { $0 % labels.shape[0] }))
    }
    return .second(DataSource(TiledPoints(try source(of: x), count: count.value)))
  }
}
