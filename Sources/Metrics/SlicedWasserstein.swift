import Autodiff
import Catalog
import Glibc
import Runtime
import Tensors

/// The sliced Wasserstein distance: W_p of the projections of two samples on random directions θ, exact on each
/// line by sorting, SW_p = (mean_θ W_p(θ·x, θ·y)^p)^(1/p).
///
/// Bonneel et al. 2015, Eqs. 5, 6; Rabin et al. 2012.
package enum SlicedWasserstein {
  static let order = Parameter<Double>.option(
    "p", default: 2, "order of the distance", in: .order)

  static let metric = Metric(
    "sliced_wasserstein", "The Wasserstein distance of projections of two samples on random lines.",
    Parameter<Count>.option(
      "projections", default: 100, "directions, the same for all samples of a call", in: .positive),
    order,
    properties: [
      .symmetric, .nonNegative, .zeroOnItself, .zeroIffEqual, .translationInvariant, .homogeneous,
    ], interval: .influence,
    details: """
      (mean over directions of W_p^p)^(1/p), exact for each direction and any two numbers of points. The \
      directions follow from the seed: take one seed for values to be compared. It is above 0 for two \
      samples of one law, as the floor says, and the interval does not take that away. Costs \
      projections · (n + m)(d + log(n + m)), in memory for 16 (n + m) numbers.
      """,
    source: "Bonneel et al. 2015, Eqs. 5, 6; Rabin et al. 2012",
    example: """
      mix = target.gaussian_mixture{means = {{-3, 0}, {3, 0}}}
      return metric.sliced_wasserstein(mix:sample(100, {seed = 1}), mix, {seed = 1})
      """
  ) { (x: Tensor, y: Tensor, seed: Int, projections: Count, p: Double) in
    try estimate(x, y, directions(x.shape[1], projections.value, seed), p)
  }

  /// Directions that are projected and sorted together.
  private static let block = 16

  /// Unit vectors, [count, d]; on the line there is one.
  package static func directions(_ d: Int, _ count: Int, _ seed: Int) throws -> Tensor {
    if d == 1 { return try .full([1, 1], 1, .float64) }
    let normal = try RandomStream(seed: seed, purpose: .metric).normal([count, d], .float64)
    let lengths = try normal.applying(.square).reduced(.sum, axis: 1).applying(.sqrt)
    return try normal.combined(with: lengths.expanded(axis: 1), .divide)
  }

  /// SW_p with its error: W_p^p is linear in the laws to first order, with the potentials of the transport for
  /// slopes, of which each point has the mean over directions (del Barrio & Loubes 2019, Theorem 4.1).
  package static func estimate(_ x: Tensor, _ y: Tensor, _ directions: Tensor, _ p: Double) throws
    -> Estimate
  {
    let (n, m) = (x.shape[0], y.shape[0])
    let count = directions.shape[0]
    let (columnsX, columnsY) = (
      try x.converted(to: .float64).transposed(), try y.converted(to: .float64).transposed()
    )
    let (influenceX, influenceY) = (
      try Tensor.zeros([n], .float64), try Tensor.zeros([m], .float64)
    )
    var total = 0.0
    for first in stride(from: 0, to: count, by: block) {
      let some = directions.slice(axis: 0, first..<min(first + block, count))
      let (u, placesU) = try some.matrixProduct(columnsX).sorted(axis: 1, descending: false)
      let (v, placesV) = try some.matrixProduct(columnsY).sorted(axis: 1, descending: false)
      let (slopesU, slopesV) = (
        try Tensor.zeros(u.shape, .float64), try Tensor.zeros(v.shape, .float64)
      )
      let costs = try Tensor.zeros([some.shape[0]], .float64)
      try WorkerPool.shared.run(chunks: some.shape[0]) { row in
        let from = UnsafeBufferPointer(start: u.pointer(Double.self) + row * n, count: n)
        let to = UnsafeBufferPointer(start: v.pointer(Double.self) + row * m, count: m)
        costs.pointer(Double.self)[row] = transportCost(from, to, p)
        potential(from, to, p, slopesU.pointer(Double.self) + row * n)
        potential(to, from, p, slopesV.pointer(Double.self) + row * m)
      }
      total += try costs.doubles().reduce(0, +)
      try add(slopesU, placesU, to: influenceX)
      try add(slopesV, placesV, to: influenceY)
    }
    let power = total / Double(count)
    let value = pow(power, 1 / p)
    let share = 1 / Double(count)
    let error = try standardError(
      influenceX.doubles().polledMap { $0 * share }, influenceY.doubles().polledMap { $0 * share })
    return Estimate(value, standardError: power > 0 ? error / p * value / power : 0)
  }

  /// Adds each row of numbers to the points that they belong to.
  private static func add(_ values: Tensor, _ places: Tensor, to sums: Tensor) throws {
    let (rows, columns) = (values.shape[0], values.shape[1])
    let (value, place) = (values.pointer(Double.self), places.pointer(Int64.self))
    let sum = sums.pointer(Double.self)
    for row in 0..<rows {
      try Cancellation.check()
      for i in row * columns..<(row + 1) * columns {
        sum[Int(clamping: place[i])] += value[i]
      }
    }
  }

  @inline(__always)
  private static func cost(_ difference: Double, _ p: Double) -> Double {
    let size = abs(difference)
    return p == 1 ? size : p == 2 ? size * size : pow(size, p)
  }

  /// ∫ |F⁻¹ − G⁻¹|^p du of sorted numbers, whose mass is cut at all i/n and j/m.
  private static func transportCost(
    _ x: UnsafeBufferPointer<Double>, _ y: UnsafeBufferPointer<Double>, _ p: Double
  ) -> Double {
    let (n, m) = (x.count, y.count)
    var (i, j, done, total) = (0, 0, 0, 0.0)
    // Masses are counted in units of 1/(n m).
    while i < n, j < m {
      let (endX, endY) = ((i + 1) * m, (j + 1) * n)
      let end = min(endX, endY)
      total += Double(end - done) * cost(x[i] - y[j], p)
      done = end
      if endX == end { i += 1 }
      if endY == end { j += 1 }
    }
    return total / (Double(n) * Double(m))
  }

  /// The potential of the transport at sorted x, φ(x_{i+1}) − φ(x_i) = c(x_{i+1} − T) − c(x_i − T), where T is
  /// what the mass between the two goes to: the quantile of y at (i + 1)/n, the middle of two where it parts
  /// them.
  private static func potential(
    _ x: UnsafeBufferPointer<Double>, _ y: UnsafeBufferPointer<Double>, _ p: Double,
    _ out: UnsafeMutablePointer<Double>
  ) {
    let (n, m) = (x.count, y.count)
    out[0] = 0
    for i in 0..<n - 1 {
      let (place, rest) = ((i + 1) * m).quotientAndRemainder(dividingBy: n)
      let goal = rest == 0 ? (y[place - 1] + y[place]) / 2 : y[place]
      out[i + 1] = out[i] + cost(x[i + 1] - goal, p) - cost(x[i] - goal, p)
    }
  }
}

extension Domain where Value == Double {
  /// Of a Wasserstein distance.
  static var order: Domain { Domain("a number from 1 to 64") { (1...64).contains($0) } }
}
