import Autodiff
import Catalog
import Tensors

/// A target of the user's own, from functions in Lua on whole batches: `log_density` or `energy`,
/// `score`, `sample`; what is not given is derived where it can be.
///
/// The score comes from a density by reverse-mode differentiation. Samples come from a density by
/// inversion on a grid (`GridSampler`, d ≤ 2) or by `MALA` (d > 2). With `energy` (−ln p up to a
/// constant) there is no log density. The functions are checked when the target is made
/// (`DefinedTarget+Checks.swift`).
final class DefinedTarget: QuadratureDensity {
  static let entry = Entry.function(
    "define", "A target of your own, from functions on batches of points.",
    .group(PointOptions.self), .option("name", default: "custom", "what it is called"),
    .option("log_density", default: nil, "points x → ln p(x) [n], normalised"),
    .option("energy", default: nil, "points x → −ln p(x) [n] up to a constant"),
    .option("score", default: nil, "points x → ∇ ln p(x), shaped like x"),
    .option("sample", default: nil, "(n, stream) → points"),
    returns: "a target",
    details: """
      Points are [n, d], or [n] and the shape, for all functions. They are checked at once: shapes, finite values, that each row is treated by itself, \
      that log_density integrates to 1 and that sample follows it (d of 1 or 2), that gradients pass \
      through it, and that score is its gradient where both are given. Where there is no score it comes by differentiation; where there \
      is no sample, points are drawn from the density on a grid (d of 1 or 2) or by MALA. With energy in \
      place of log_density, what needs the constant says so.

      From a density in one or two dimensions the noised marginals (model, noised) come by quadrature: \
      the density is kept in a table of polynomials, made once from some thousand to a million values, and \
      integrated against the noise. Score and posterior mean err by about 1e-10 relative in one dimension \
      and 1e-8 in two, the score by 1e-12/σ and 1e-10/σ more where σ is small. Where a density in the plane \
      jumps along a curve or a slanting line, they err by about 1e-3. Below e^-700 of its peak (e^-100 in \
      two dimensions) the density counts as 0. No gradient passes through them.
      """,
    source: "",
    example: """
      ring = target.define{name = "ring", dimension = 2,
        energy = function(x) return 8 * ((x^2):sum(2):sqrt() - 2)^2 end}
      return ring:sample(5, {seed = 1})
      """
  ) {
    (
      point: OptionsOf<PointOptions>, name: String, logDensity: Callback?, energy: Callback?,
      score: Callback?,
      sample: Callback?
    ) in
    if logDensity != nil, energy != nil {
      throw UserError(
        "log_density and energy must not both be given; log_density is the normalised one")
    }
    guard logDensity != nil || energy != nil || score != nil || sample != nil else {
      throw UserError("one of log_density, energy, score and sample is required")
    }
    let target = DefinedTarget(
      name: name, shape: try point.values.pointShape(), density: logDensity ?? energy,
      isEnergy: energy != nil,
      score: score, sampler: sample)
    try target.check()
    return Target(target)
  }

  let name: String
  let shape: Shape
  /// ln p, or −ln p up to a constant.
  let density: Callback?
  let isEnergy: Bool
  let scoreFunction: Callback?
  let sampler: Callback?
  /// Where d ≤ 2 and there is a density: where its mass lies.
  var region: [DensityGrid.Axis]?
  private var gridSampler: GridSampler?
  /// Made when noised marginals are first asked for.
  var table: DensityTable?

  init(
    name: String, shape: Shape, density: Callback?, isEnergy: Bool, score: Callback?,
    sampler: Callback?
  ) {
    self.name = name
    self.shape = shape
    self.density = density
    self.isEnergy = isEnergy
    scoreFunction = score
    self.sampler = sampler
  }

  var densityName: String { isEnergy ? "energy" : "log_density" }

  var summary: String {
    var parts: [String] = []
    if density != nil { parts.append(densityName) }
    if scoreFunction != nil { parts.append("score") }
    if sampler != nil { parts.append("sample") }
    return "\(sizeText), by \(parts.joined(separator: ", "))"
  }
  var functions: [Callback] { [density, scoreFunction, sampler].compactMap(\.self) }
  var hasLogDensity: Bool { density != nil && !isEnergy }
  var hasScore: Bool { density != nil || scoreFunction != nil }
  var hasNoised: Bool { density != nil && dimension <= 2 }
  var isNormalised: Bool { !isEnergy }

  func densityTable() throws -> DensityTable {
    if let table { return table }
    guard hasNoised else {
      throw missing("noised marginals: they need a density in one or two dimensions")
    }
    let made = try DensityTable(dimension: dimension, name: densityName) { [self] x in
      try unnormalised(points(ofRows: x)).constant("the result of \(densityName)").doubles()
    }
    table = made
    return made
  }

  func logDensity(_ x: Tensor) throws -> Tensor {
    guard !isEnergy else {
      throw UserError("target '\(name)' has an energy and so no normalised log_density")
    }
    return try unnormalised(x)
  }

  /// ln p up to a constant, shape [n].
  func unnormalised(_ x: Tensor) throws -> Tensor {
    guard let density else { throw missing("log_density") }
    let result = try density.call(x, returning: Tensor.self, name: densityName)
    try checkShape(result, [x.shape[0]], of: densityName, for: x)
    return try isEnergy ? -result : result
  }

  func score(_ x: Tensor) throws -> Tensor {
    if let scoreFunction {
      let result = try scoreFunction.call(x, returning: Tensor.self, name: "score")
      try checkShape(result, x.shape, of: "score", for: x)
      return result
    }
    guard density != nil else { throw missing("score, and no density to take it from") }
    return try gradient(x).gradient
  }

  /// ln p up to a constant and its gradient by differentiation.
  func gradient(_ x: Tensor) throws -> (value: Tensor, gradient: Tensor) {
    var value = x
    let flows = try vjp([x]) { inputs in
      let terms = try unnormalised(inputs[0])
      value = terms
      return try sum(terms)
    }
    return (value.value, flows.cotangents[0])
  }

  func sample(_ count: Int, _ stream: RandomStream) throws -> Tensor {
    if let sampler {
      let result = try sampler.call(count, stream, returning: Tensor.self, name: "sample")
      let wanted = Shape([count] + shape)
      guard result.shape == wanted else {
        throw UserError(
          "sample must return a tensor of shape \(wanted) for n = \(count), got \(result.shape)")
      }
      return try result.constant("the result of sample").converted(to: .float32)
    }
    return try sampleDensity(count, stream).converted(to: .float32)
  }

  /// Points drawn from the density, float64.
  func sampleDensity(_ count: Int, _ stream: RandomStream) throws -> Tensor {
    guard density != nil else { throw missing("samples, and no density to draw them from") }
    if dimension <= 2 { return try points(ofRows: grid().sample(count, stream)) }
    let rows = try MALA(dimension: dimension) { [self] rows in
      let x = try points(ofRows: rows)
      let (value, slope) =
        scoreFunction == nil
        ? try gradient(x)
        : (try unnormalised(x).converted(to: .float64), try score(x).converted(to: .float64))
      return (value, try flattenedPoints(slope))
    }.sample(count, stream)
    return try points(ofRows: rows)
  }

  private func grid() throws -> GridSampler {
    if let gridSampler { return gridSampler }
    guard let region else { throw missing("region that holds its density") }
    let count = GridSampler.pointsPerAxis(dimension: dimension)
    let made = GridSampler(
      try DensityGrid(region.map { $0.with(count: count) }) {
        try unnormalised(points(ofRows: $0)).doubles()
      })
    gridSampler = made
    return made
  }

  /// From the density on its grid, else from samples.
  func reach() throws -> ClosedRange<Double> {
    if density != nil { return try grid().interval(tail: 1e-9) }
    let values = try sample(10_000, RandomStream(seed: 0)).doubles()
    return (values.min() ?? 0)...(values.max() ?? 0)
  }

  private func checkShape(_ result: Tensor, _ shape: Shape, of part: String, for x: Tensor) throws {
    guard result.shape == shape, result.dtype.isFloatingPoint else {
      let dtype = result.dtype.isFloatingPoint ? "" : " \(result.dtype.rawValue)"
      throw UserError(
        "\(part) must return a tensor of shape \(shape) for x of shape \(x.shape), got "
          + "\(result.shape)\(dtype)")
    }
  }
}
