import Catalog
import Tensors

/// `random.sobol` and `stream:sobol`: the plain points, and those shifted at random.
enum SobolPoints {
  private static let dimension = Domain<Int>.within(1...SobolSequence.mostDimensions)
  private static let count = Domain<Int>.within(0...SobolSequence.mostPoints)
  private static let source = "Joe & Kuo 2008, direction numbers new-joe-kuo-6"

  static let plain = Entry.function(
    "sobol", "Sobol points, which fill the unit cube evenly.",
    .arg("n", "how many; 2^k of them are best balanced", in: count),
    .arg("dimension", in: dimension),
    .option("skip", default: 0, "points left out at the start, the first of which is 0", in: count),
    RandomModule.dtypeOption, returns: "tensor of shape [n dimension]", source: source,
    example: "return random.sobol(8, 2)"
  ) { (n: Int, dimension: Int, skip: Int, dtype: DType) in
    guard n + skip <= SobolSequence.mostPoints else {
      throw UserError("n + skip must be at most 2^32, got \(n + skip)")
    }
    return try SobolSequence.points(
      n, dimensions: dimension, first: skip, RandomModule.floating(dtype))
  }

  static let shifted = Entry.method(
    RandomStream.self, "sobol", "Sobol points with a random digital shift: each alone is uniform.",
    .arg("n", "how many; 2^k of them are best balanced", in: count),
    .arg("dimension", in: dimension), RandomModule.dtypeOption,
    returns: "tensor of shape [n dimension], without 0", source: source,
    example: "return random.stream(1):sobol(8, 2)"
  ) { (stream: RandomStream, n: Int, dimension: Int, dtype: DType) in
    try stream.sobol(n, dimensions: dimension, RandomModule.floating(dtype))
  }
}
