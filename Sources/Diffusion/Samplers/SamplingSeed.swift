import Tensors

/// The seed of a run: the one it was given, else the session's next, which is taken when noise is first drawn.
/// So a run that draws none takes none.
final class SamplingSeed {
  /// nil where none was given, and none was needed so far.
  private(set) var value: Int?

  init(_ given: Int?) { value = given }

  /// The seed, to draw with.
  func taken() -> Int {
    if let value { return value }
    let next = SessionSeed.next()
    value = next
    return next
  }
}

/// The noise of the rows from `firstRow` on, with keys of a seed that is asked for at the first draw.
final class SamplingNoise {
  private let seed: SamplingSeed
  private let firstRow: Int
  private(set) lazy var keyed = KeyedNoise(seed: seed.taken(), firstRow: firstRow)
  /// The motion of rows that step apart.
  private(set) lazy var path = BrownianPath(seed: seed.taken())

  init(_ seed: SamplingSeed, firstRow: Int) { (self.seed, self.firstRow) = (seed, firstRow) }

  func normal(_ step: Int, draw: Int, _ shape: Shape, _ dtype: DType) throws -> Tensor {
    try keyed.normal(step, draw: draw, shape, dtype)
  }
}
