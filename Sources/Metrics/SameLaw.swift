import Autodiff
import Catalog
import Glibc
import Runtime
import Targets
import Tensors

/// Whether two samples are of one law: a permutation test by smooth features of the ranks along lines.
///
/// On a line the N = n + m points together have ranks r_i and normal scores h_i = Φ⁻¹((r_i − ½)/N) (van der
/// Waerden). Of the Hermite polynomials He_1 … He_8 of h the first sample has mean scores z_k in units of their
/// standard deviation under random labels. The statistic of a line is the adaptive one of
/// Fan 1996, Eq. 2.6, with the sums of squares brought to normal scores as Wilson & Hilferty 1931 do, so that
/// all K count alike:
///
///   T = max_K [(S_K/K)^{1/3} − 1 + 2/(9K)]/√(2/(9K)),  S_K = Σ_{k ≤ K} z_k²,
///
/// so that He_1 finds a shift, He_2 a wrong spread and more of them finer differences. In d > 1 the lines are the
/// coordinates, random directions, and the distance from the mean of all points, and the statistic is the largest T.
/// Random relabellings of the points give its law, whatever that of the points is (Pitman 1937).
///
/// Parts of a mixture that are all too narrow, as too little noise leaves them, move the ranks in many places by
/// little. They move ln p(x) in one direction: it is a line of its own where the target has a density. In its
/// place two samples on the line have the density of all points about each.
enum SameLaw {
  struct Options: OptionGroup {
    var permutations = 999
    var projections = 8
    var draws: Count?
    var seed: Int?

    static let options: [Option<Options>] = [
      Option("permutations", \.permutations, "random relabellings", in: .within(19...1_000_000)),
      Option(
        "projections", \.projections, "random directions in more than one dimension",
        in: .within(0...1024)),
      Option(
        "draws", \.draws, "points drawn of a target; 4 for each of x where absent", in: .atLeast(2)),
      Option("seed", \.seed, "any integer; the session's next where absent"),
    ]
  }

  static let entry = Entry.function(
    "same_law", "Tests whether two samples are of one law: a permutation test.",
    .arg("x", PointClouds.summary), .arg("y", "points of the same shape, or a target"),
    .group(Options.self),
    returns:
      "p, the share of relabellings that part the points as well; and a table: statistic, n, m, "
      + "permutations, seed",
    details: """
      Where the laws are equal p is below α with probability α; the least p is 1/(permutations + 1). The \
      statistic is made of the ranks along lines (the coordinates up to 16, random directions, the distance \
      from the centre, and ln p of a target that has a density), through Hermite polynomials of their normal \
      scores up to degree 8. It sees a shift and a spread nearly as well as the tests made for them, where the \
      energy distance weights a spread lightly: at n = 20,000 a standard deviation that is off by 3 % is found, \
      of the whole law or of each part of a mixture. A target in place of y is drawn from 4 n times, which \
      makes the test sharper. Costs, for each line, the sorting of n + m points and n operations for each \
      relabelling; memory for 9 (n + m) numbers a line.
      """,
    source: "Fan 1996, Eq. 2.6; Wilson & Hilferty 1931; Pitman 1937; van der Waerden 1952",
    example: """
      mix = target.gaussian_mixture{means = {-3, 3}}
      return metric.same_law(mix:sample(1000, {seed = 1}), mix, {seed = 1})
      """
  ) {
    (x: Tensor, y: OneOf<Target, Tensor>, options: OptionsOf<Options>) in
    let seed = options.seed ?? SessionSeed.next()
    let clouds: PointClouds
    var density: (any Distribution)?
    switch y {
    case .second(let y): clouds = try PointClouds(x, "x", y, "y")
    case .first(let target):
      guard x.rank > 0 else { throw UserError("x has shape \(x.shape), expected [n d]") }
      try requirePoints(x, shape: target.shape)
      let count = options.draws?.value ?? 4 * x.shape[0]
      let stream = RandomStream(seed: RandomStream.derivedSeed(seed, part: 0), purpose: .metric)
      clouds = try PointClouds(x, "x", target.distribution.sample(count, stream), "y")
      if target.distribution.hasLogDensity { density = target.distribution }
    }
    for (name, points) in [("x", clouds.first), ("y", clouds.second)] {
      guard points.shape[0] >= 2 else {
        throw UserError("\(name) must hold 2 points or more, got \(points.shape[0])")
      }
      guard try points.isFinite() else {
        throw UserError("\(name) must be finite, got nan or inf")
      }
    }
    let test = try PermutationTest(clouds, seed, options.projections, density)
    let (statistic, larger) = try test.run(options.permutations)
    let details: [(key: String, value: Value)] = [
      ("statistic", .number(statistic)), ("n", .integer(clouds.first.shape[0])),
      ("m", .integer(clouds.second.shape[0])), ("permutations", .integer(options.permutations)),
      ("seed", .integer(seed)),
    ]
    return Several(
      Double(larger + 1) / Double(options.permutations + 1), Value.named(details))
  }
}

/// Features of the points of both samples along each line, and their law under random labels.
struct PermutationTest {
  /// He_1 … He_8 of a point along one line, each with mean 0 and mean square 1 over all points.
  private typealias Features = SIMD8<Float>

  private let n: Int
  private let count: Int
  private let seed: Int
  /// By lines; the points of x first.
  private let lines: [[Features]]
  /// What makes the mean score of n of N points one of unit variance: √(n (N − 1)/(N − n)).
  private let scale: Double

  /// Relabellings that one thread makes in a row.
  private static let chunk = 16

  /// - Parameter density: of the law that the points may have, where it is known.
  init(
    _ clouds: PointClouds, _ seed: Int, _ projections: Int, _ density: (any Distribution)?
  ) throws {
    let points = try Tensor.stacked([clouds.first, clouds.second]).converted(to: .float64)
    n = clouds.first.shape[0]
    count = points.shape[0]
    self.seed = seed
    guard count <= Int32.max else {
      throw UserError("x and y must hold at most \(Int32.max) points, got \(count)")
    }
    var places = try PermutationTest.lines(points, seed, projections)
    if let density {
      places.append(try density.logDensity(density.points(ofRows: points)).doubles())
    } else if places.count == 1 {
      places.append(try PermutationTest.gaps(places[0]))
    }
    let scores = try PermutationTest.normalScores(count)
    lines = try places.map { try PermutationTest.features($0, scores) }
    scale = (Double(n) * Double(count - 1) / Double(count - n)).squareRoot()
  }

  /// The places of the points along each line.
  private static func lines(_ points: Tensor, _ seed: Int, _ projections: Int) throws -> [[Double]]
  {
    let d = points.shape[1]
    func column(_ x: Tensor) throws -> [Double] { try x.doubles() }
    if d == 1 { return [try column(points)] }
    var result = try (0..<min(d, 16)).map { try column(points.slice(axis: 1, $0..<$0 + 1)) }
    if projections > 0 {
      let directions = try SlicedWasserstein.directions(d, projections, seed)
      for row in 0..<projections {
        let direction = directions.slice(axis: 0, row..<row + 1)
        result.append(try column(points.matrixProduct(direction.transposed())))
      }
    }
    let middle = try points.reduced(.sum, axis: 0).combined(
      with: 1 / Double(points.shape[0]), .multiply)
    result.append(
      try column(points.combined(with: middle, .subtract).applying(.square).reduced(.sum, axis: 1)))
    return result
  }

  /// The mean gap between the √N points on either side of each, which falls as their density rises. Equal points
  /// have one gap, whichever sample they are of.
  private static func gaps(_ places: [Double]) throws -> [Double] {
    let count = places.count
    let reach = Int(clamping: Double(count).squareRoot())
    let (sorted, order) = try Tensor(places).sorted(axis: 0, descending: false)
    let (value, place) = (sorted.pointer(Double.self), order.pointer(Int64.self))
    var result = try checkedArray(repeating: 0.0, count: count)
    var first = 0
    while first < count {
      if first & 0xFFF == 0 { try Cancellation.check() }
      var last = first
      while last + 1 < count, value[last + 1] == value[first] { last += 1 }
      let (low, high) = (max(first - reach, 0), min(last + reach, count - 1))
      let gap = (value[high] - value[low]) / Double(high - low)
      for i in first...last { result[Int(clamping: place[i])] = gap }
      first = last + 1
    }
    return result
  }

  /// Φ⁻¹((r − ½)/N) of the ranks 1, 1½, 2 … N, which ties may have.
  private static func normalScores(_ count: Int) throws -> [Double] {
    let scores = try Tensor.zeros([2 * count - 1], .float64)
    let score = scores.pointer(Double.self)
    try WorkerPool.shared.run(count: 2 * count - 1, grain: 1 << 12) {
      for i in $0 { score[i] = normalQuantile((Double(i) / 2 + 0.5) / Double(count)) }
    }
    return try scores.doubles()
  }

  /// He_{k+1}(h) = h He_k(h) − k He_{k−1}(h), of the normal scores of midranks.
  private static func features(_ places: [Double], _ scores: [Double]) throws -> [Features] {
    let count = places.count
    let (sorted, order) = try Tensor(places).sorted(axis: 0, descending: false)
    let (value, place) = (sorted.pointer(Double.self), order.pointer(Int64.self))
    var result = try checkedArray(repeating: Features(), count: count)
    var (sums, squares) = (SIMD8<Double>(), SIMD8<Double>())
    var first = 0
    while first < count {
      if first & 0xFFF == 0 { try Cancellation.check() }
      var last = first
      while last + 1 < count, value[last + 1] == value[first] { last += 1 }
      let h = scores[first + last]
      var (previous, now) = (1.0, h)
      var polynomials = SIMD8<Double>()
      for k in 0..<8 {
        polynomials[k] = now
        (previous, now) = (now, h * now - Double(k + 1) * previous)
      }
      for i in first...last {
        sums += polynomials
        squares += polynomials * polynomials
        result[Int(clamping: place[i])] = Features(polynomials)
      }
      first = last + 1
    }
    let mean = sums / Double(count)
    let variance = squares / Double(count) - mean * mean
    // Where all points are equal nothing tells them apart.
    let factor = SIMD8<Double>(repeating: 1) / variance.squareRoot()
    let isVaried = variance .> 1e-12
    for i in 0..<count {
      let standard = (SIMD8<Double>(result[i]) - mean) * factor
      result[i] = Features(SIMD8<Double>().replacing(with: standard, where: isVaried))
    }
    return result
  }

  /// - Returns: the statistic, and how many relabellings have one as large.
  func run(_ permutations: Int) throws -> (statistic: Double, larger: Int) {
    let own = statistic { points in
      points.prefix(n).reduce(into: Features()) { $0 += $1 }
    }
    let flags = try Tensor.zeros([permutations], .int64)
    let flag = flags.pointer(Int64.self)
    let chunk = PermutationTest.chunk
    try WorkerPool.shared.run(chunks: (permutations + chunk - 1) / chunk) { part in
      var order = try Array<Int32>(checkedCapacity: count) { memory, filled in
        for i in 0..<count { memory[i] = Int32(truncatingIfNeeded: i) }
        filled = count
      }
      var words: [Int32] = try checkedArray(repeating: 0, count: n)
      for permutation in part * chunk..<min((part + 1) * chunk, permutations) {
        try Cancellation.check()
        try choose(&order, &words, permutation)
        let value = statistic { points in
          order.withUnsafeBufferPointer { places in
            var total = Features()
            for i in 0..<n { total += points[Int(clamping: places[i])] }
            return total
          }
        }
        // Sums in another order differ by rounding.
        if value >= own - 1e-9 * abs(own) { flag[permutation] = 1 }
      }
    }
    return (own, Int(clamping: try flags.integers().reduce(0, +)))
  }

  /// Brings n random points to the front (Fisher–Yates).
  private func choose(_ order: inout [Int32], _ words: inout [Int32], _ permutation: Int) throws {
    let key = RandomStream(seed: RandomStream.derivedSeed(seed, part: 1), purpose: .metric).key
    try drawIndices(
      &words, below: 1 << 31, key: key, row: UInt64(permutation), poll: Cancellation.check)
    for i in 0..<n {
      let place = i + Int(clamping: (UInt64(words[i]) &* UInt64(count - i)) >> 31)
      order.swapAt(i, place)
    }
  }

  /// The largest T over the lines, from the sums of the features of the points labelled x.
  private func statistic(_ sum: ([Features]) -> Features) -> Double {
    lines.reduce(-.infinity) { most, line in
      let z = SIMD8<Double>(sum(line)) / Double(n) * scale
      var (total, largest) = (0.0, most)
      for k in 0..<8 {
        total += z[k] * z[k]
        let (count, variance) = (Double(k + 1), 2 / (9 * Double(k + 1)))
        largest = max(largest, (cbrt(total / count) - 1 + variance) / variance.squareRoot())
      }
      return largest
    }
  }
}
