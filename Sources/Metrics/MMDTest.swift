import Autodiff
import Catalog
import Runtime
import Tensors

/// Whether two samples are of one law: a permutation test by the maximum mean discrepancy.
///
/// With K the kernel of all N points and e the indicator of those labelled x, the sums of K within x, across and
/// within y are eᵀKe, eᵀK1 − eᵀKe and 1ᵀK1 − 2 eᵀK1 + eᵀKe. So all relabellings together cost one product of K with
/// as many columns, taken a block of rows at a time.
///
/// Gretton et al. 2012, §5; Pitman 1937.
enum MMDTest {
  static let entry = Entry.function(
    "mmd_test", "Tests whether two samples are of one law: by MMD, under random relabellings.",
    .arg("x", PointClouds.summary), .arg("y", "points of the same shape"),
    .option("permutations", default: 199, "random relabellings", in: .within(19...100_000)),
    MaximumMeanDiscrepancy.bandwidths,
    .option("seed", default: nil, "any integer; the session's next where absent"),
    returns:
      "p, the share of relabellings that part the points as well; and a table: statistic, n, m, "
      + "permutations, seed",
    details: """
      The statistic is MMD² without bias, that of `metric.mmd`. Where the laws are equal p is below α with probability \
      α; the least p is 1/(permutations + 1). `metric.same_law` sees a wrong spread or weight sooner; this test sees \
      what its kernel does, in any dimension. With N = n + m, costs N² distances and kernels and N² operations for each \
      relabelling, in memory for N numbers a relabelling and one block.
      """,
    source: "Gretton et al. 2012, §5; Pitman 1937",
    example: """
      mix = target.gaussian_mixture{means = {{-3, 0}, {3, 0}}}
      return metric.mmd_test(mix:sample(100, {seed = 1}), mix:sample(100, {seed = 2}), {seed = 1})
      """
  ) { (x: Tensor, y: Tensor, permutations: Int, bandwidths: [Double]?, seed: Int?) in
    let seed = seed ?? SessionSeed.next()
    let clouds = try PointClouds(x, "x", y, "y")
    for (name, points) in [("x", clouds.first), ("y", clouds.second)] {
      guard points.shape[0] >= 2 else {
        throw UserError("\(name) must hold 2 points or more, got \(points.shape[0])")
      }
      guard try points.isFinite() else {
        throw UserError("\(name) must be finite, got nan or inf")
      }
    }
    let type = DType.promoted(
      DType.promoted(clouds.first.dtype, .float32), DType.promoted(clouds.second.dtype, .float32))
    let (first, second) = (
      try clouds.first.converted(to: type).densified(),
      try clouds.second.converted(to: type).densified()
    )
    let kernel = try MaximumMeanDiscrepancy.kernel(bandwidths, first, second)
    let values = try statistics(first, second, permutations, seed, kernel)
    let own = values[0]
    // Sums in another order differ by rounding.
    let larger = values.dropFirst().count { $0 >= own - 1e-9 * abs(own) }
    let details: [(key: String, value: Value)] = [
      ("statistic", .number(own)), ("n", .integer(first.shape[0])),
      ("m", .integer(second.shape[0])), ("permutations", .integer(permutations)),
      ("seed", .integer(seed)),
    ]
    return Several(Double(larger + 1) / Double(permutations + 1), Value.named(details))
  }

  /// MMD² without bias for the labels as they are, and for each relabelling.
  static func statistics(
    _ x: Tensor, _ y: Tensor, _ permutations: Int, _ seed: Int, _ kernel: KernelSums.Kernel
  ) throws -> [Double] {
    let (n, m) = (x.shape[0], y.shape[0])
    let points = try Tensor.stacked([x, y])
    let labels = try labels(n, n + m, permutations, seed)
    var within = [Double](repeating: 0, count: permutations + 1)
    var across = within
    var total = 0.0
    try KernelSums.forEachBlock(points, n + m) { rows, block in
      let values = try kernel(block, points).converted(to: .float64)
      let sums = try values.reduced(.sum, axis: 1)
      total += try sums.reduced(.sum).item()
      let own = labels.slice(axis: 0, rows)
      let parts = try values.matrixProduct(labels).combined(with: own, .multiply)
      let inside = try parts.reduced(.sum, axis: 0).doubles()
      let all = try own.combined(with: sums.expanded(axis: 1), .multiply).reduced(.sum, axis: 0)
        .doubles()
      for p in within.indices {
        within[p] += inside[p]
        across[p] += all[p]
      }
    }
    let (a, b) = (Double(n), Double(m))
    return within.indices.map { p in
      let (xx, xy) = (within[p], across[p] - within[p])
      let yy = total - 2 * across[p] + within[p]
      return (xx - a) / (a * (a - 1)) + (yy - b) / (b * (b - 1)) - 2 * xy / (a * b)
    }
  }

  /// [N, permutations + 1]: 1 where a point is labelled x; the first column has the labels as they are.
  private static func labels(
    _ n: Int, _ count: Int, _ permutations: Int, _ seed: Int
  ) throws -> Tensor {
    let width = permutations + 1
    let labels = try Tensor.zeros([count, width], .float64)
    let label = labels.pointer(Double.self)
    for i in 0..<n { label[i * width] = 1 }
    let stream = RandomStream(seed: RandomStream.derivedSeed(seed, part: 1), purpose: .metric)
    for p in 1...permutations {
      try Cancellation.check()
      for i in try stream.permutation(count).prefix(n) { label[i * width + p] = 1 }
    }
    return labels
  }
}
