// What is checked when a target is defined from functions in Lua. Each failure names the function, the
// value and the point.
import Autodiff
import Catalog
import Glibc
import Tensors

extension DefinedTarget {
  func check() throws {
    let probe = try RandomStream(seed: 0, purpose: .data).normal(Shape([8] + shape), .float64)
    if density != nil {
      try checkValues(unnormalised(probe), of: densityName, at: probe, allowsInfinity: true)
      try checkRows(unnormalised(probe), unnormalised(probe.slice(axis: 0, 0..<1)), densityName)
    }
    if scoreFunction != nil {
      let values = try score(probe)
      try checkRows(values, score(probe.slice(axis: 0, 0..<1)), "score")
    }
    if sampler != nil {
      let points = try sample(4, RandomStream(seed: 0, purpose: .data))
      if let wrong = try points.doubles().enumerated().first(where: { !$0.element.isFinite }) {
        throw UserError(
          "sample must return finite points, got \(formatNumber(wrong.element)) in row "
            + "\(wrong.offset / dimension + 1)")
      }
    }
    if density != nil, dimension <= 2 { try checkNormalisation() }
    let points = try checkPoints(probe)
    if scoreFunction != nil {
      try checkValues(score(points), of: "score", at: points, allowsInfinity: false)
    }
    if density != nil {
      try checkGradient(at: points)
      if scoreFunction != nil { try checkScore(at: points) }
      if sampler != nil, dimension <= 2 { try checkSamples() }
    }
  }

  /// Points where the target lives, as far as can be told without much work.
  private func checkPoints(_ probe: Tensor) throws -> Tensor {
    let stream = RandomStream(seed: 1, purpose: .data)
    if density != nil, dimension <= 2 { return try sampleDensity(16, stream) }
    if sampler != nil { return try sample(16, stream).converted(to: .float64) }
    return probe
  }

  private func checkValues(
    _ values: Tensor, of part: String, at x: Tensor, allowsInfinity: Bool
  ) throws {
    let numbers = try values.value.doubles()
    let perRow = numbers.count / x.shape[0]
    for (i, value) in numbers.enumerated() {
      // ln p is −∞ outside the support.
      if value.isFinite || (allowsInfinity && value == -.infinity) { continue }
      let shown = part == "energy" && value == .infinity ? -value : value
      let advice =
        allowsInfinity
        ? "; outside the support it must be \(isEnergy ? "math.huge" : "-math.huge")" : ""
      let place = try point(x, i / perRow)
      throw UserError("\(part) is \(formatNumber(shown)) at \(place)\(advice)")
    }
  }

  /// The first row by itself must give what it gives in a batch.
  private func checkRows(_ batch: Tensor, _ alone: Tensor, _ part: String) throws {
    let one = try alone.value.doubles()
    let sign = part == "energy" ? -1.0 : 1
    for (a, b) in zip(one, try batch.value.doubles()) where a.isFinite || b.isFinite {
      guard abs(a - b) <= 1e-3 * (1 + abs(a)) else {
        throw UserError(
          "\(part) must treat each row by itself: row 1 of a batch gives \(brief(sign * b)), alone it gives "
            + brief(sign * a))
      }
    }
  }

  /// ∫ exp(log_density) by quadrature; finds the region in any case.
  private func checkNormalisation() throws {
    let values: DensityGrid.LogDensity = { [self] in
      try unnormalised(points(ofRows: $0)).doubles()
    }
    do { region = try DensityGrid.region(dimension: dimension, values) } catch is DensityGrid.NoMass
    {
      throw UserError("\(densityName) says that the density is 0 at every point of a wide grid")
    }
    guard let region else { return }
    let (mass, error, grid) = try DensityGrid.integral(over: region, values)
    if let place = grid.logWeights.firstIndex(where: \.isNaN) {
      throw UserError("\(densityName) is nan at \(list(grid.point(place)))")
    }
    guard mass.isFinite, error < 0.05 * mass else {
      throw UserError(
        "\(densityName) has no settled integral: \(brief(mass)) give or take \(brief(error)) on the "
          + "finest grid")
    }
    if !isEnergy, abs(mass - 1) > max(1e-3, 3 * error) {
      throw UserError(
        "log_density integrates to \(brief(mass)), not 1; use energy = for an unnormalised density")
    }
  }

  /// The derivative along a random direction against central differences: catches a function that leaves
  /// the tensors, so that no gradient passes.
  private func checkGradient(at x: Tensor) throws {
    let direction = try RandomStream(seed: 2, purpose: .data).normal(x.shape, .float64)
    let h = 1e-4
    let slopes = try sum(flattenedPoints(gradient(x).gradient * direction), axis: 1).doubles()
    let ahead = try unnormalised(x + direction * h).doubles()
    let behind = try unnormalised(x - direction * h).doubles()
    for (i, slope) in slopes.enumerated() {
      let expected = (ahead[i] - behind[i]) / (2 * h)
      if !expected.isFinite { continue }
      guard abs(slope - expected) <= 1e-2 * (1 + abs(expected)) else {
        let place = try point(x, i)
        throw UserError(
          "no right gradient passes through \(densityName): along a direction it is \(brief(slope)), "
            + "by differences \(brief(expected)), at \(place); use tensor operations throughout"
        )
      }
    }
  }

  private func checkScore(at x: Tensor) throws {
    let sign = isEnergy ? "minus " : ""
    let expected = try gradient(x).gradient.doubles()
    let given = try score(x).value.doubles()
    var worst = (size: 0.0, place: 0)
    for i in given.indices where expected[i].isFinite {
      let size = abs(given[i] - expected[i])
      if size > 1e-3 * (1 + abs(expected[i])), size > worst.size { worst = (size, i) }
    }
    guard worst.size == 0 else {
      throw try UserError(
        "score differs from \(sign)the gradient of \(densityName) by \(brief(worst.size)) at "
          + point(x, worst.place / dimension))
    }
  }

  /// Points of `sample` against points drawn from the density: the largest difference between their
  /// distribution functions (Kolmogorov–Smirnov), of each coordinate and, in the plane, of x₁ ± x₂. By
  /// chance it exceeds the bound once in 10⁹ times.
  private func checkSamples() throws {
    let count = 4000
    let bound = (log(2e9) / Double(count)).squareRoot()
    let given = try sample(count, RandomStream(seed: 3, purpose: .data)).doubles()
    let drawn = try sampleDensity(count, RandomStream(seed: 4, purpose: .data)).doubles()
    var directions: [(name: String, project: ([Double], Int) -> Double)] = (0..<dimension).map {
      axis in ("coordinate \(axis + 1)", { points, row in points[row + axis] })
    }
    if dimension == 2 {
      directions.append(("x1 + x2", { points, row in points[row] + points[row + 1] }))
      directions.append(("x1 - x2", { points, row in points[row] - points[row + 1] }))
    }
    for (name, project) in directions {
      let rows = stride(from: 0, to: count * dimension, by: dimension)
      let (distance, place) = largestDifference(
        rows.map { project(given, $0) }, rows.map { project(drawn, $0) })
      guard distance <= bound else {
        throw UserError(
          "sample does not follow \(densityName): up to \(brief(place)) in \(name) the shares of points "
            + "differ by \(brief(distance)), where chance gives at most \(brief(bound))")
      }
    }
  }

  private func point(_ x: Tensor, _ row: Int) throws -> String {
    list(try x.select(axis: 0, row).doubles())
  }

  /// `(0.5, -1.25)`, at most six coordinates.
  private func list(_ values: [Double]) -> String {
    let shown = values.prefix(6).map(brief).joined(separator: ", ")
    return "(\(shown)\(values.count > 6 ? ", …" : ""))"
  }
}

/// sup |F − G| of the distribution functions of two samples of one size, and where it is.
private func largestDifference(_ a: [Double], _ b: [Double]) -> (distance: Double, place: Double) {
  let (a, b) = (a.sorted(), b.sorted())
  var worst = (distance: 0.0, place: 0.0)
  var (i, j) = (0, 0)
  while i < a.count, j < b.count {
    let place = min(a[i], b[j])
    while i < a.count, a[i] <= place { i += 1 }
    while j < b.count, b[j] <= place { j += 1 }
    let distance = abs(Double(i - j)) / Double(a.count)
    if distance > worst.distance { worst = (distance, place) }
  }
  return worst
}

/// Four digits of a number, for errors.
func brief(_ value: Double) -> String {
  guard value.isFinite, value != 0 else { return formatNumber(value) }
  let scale = pow(10, 3 - floor(log10(abs(value))))
  return formatNumber(scale.isFinite && scale > 0 ? (value * scale).rounded() / scale : value)
}
