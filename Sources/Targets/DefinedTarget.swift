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
final class DefinedTarget: Distribution {
  static let entry = Entry.function(
    "define", "A target of your own, from functions on batches of points.",
    .option("dimension", "d, the length of a data point", in: .positive),
    .option("name", default: "custom", "what it is called"),
    .option("log_density", default: nil, "x [n, d] → ln p(x) [n], normalised"),
    .option("energy", default: nil, "x [n, d] → −ln p(x) [n] up to a constant"),
    .option("score", default: nil, "x [n, d] → ∇ ln p(x) [n, d]"),
    .option("sample", default: nil, "(n, stream) → points [n, d]"),
    returns: "a target",
    details: """
      The functions are checked at once: shapes, finite values, that each row is treated by itself, \
      that log_density integrates to 1 and that sample follows it (d of 1 or 2), that gradients pass \
      through it, and that score is its gradient where both are given. Where there is no score it comes by differentiation; where there \
      is no sample, points are drawn from the density on a grid (d of 1 or 2) or by MALA. With energy in \
      place of log_density, what needs the constant says so.
      """,
    source: "",
    example: """
      ring = target.define{name = "ring", dimension = 2,
        energy = function(x) return 8 * ((x^2):sum(2):sqrt() - 2)^2 end}
      return ring:sample(5, {seed = 1})
      """
  ) {
    (
      dimension: Count, name: String, logDensity: Callback?, energy: Callback?, score: Callback?,
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
      name: name, dimension: dimension.value, density: logDensity ?? energy,
      isEnergy: energy != nil,
      score: score, sampler: sample)
    try target.check()
    return Target(target)
  }

  let name: String
  let dimension: Int
  /// ln p, or −ln p up to a constant.
  let density: Callback?
  let isEnergy: Bool
  let scoreFunction: Callback?
  let sampler: Callback?
  /// Where d ≤ 2 and there is a density: where its mass lies.
  var region: [DensityGrid.Axis]?
  private var gridSampler: GridSampler?

  init(
    name: String, dimension: Int, density: Callback?, isEnergy: Bool, score: Callback?,
    sampler: Callback?
  ) {
    self.name = name
    self.dimension = dimension
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
    return "d = \(dimension), by \(parts.joined(separator: ", "))"
  }
  var functions: [Callback] { [density, scoreFunction, sampler].compactMap(\.self) }
  var hasLogDensity: Bool { density != nil && !isEnergy }
  var hasScore: Bool { density != nil || scoreFunction != nil }
  var hasNoised: Bool { false }

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
      guard result.shape == [count, dimension] else {
        throw UserError(
          "sample must return a tensor of shape [\(count), \(dimension)] for n = \(count), got "
            + "\(result.shape)")
      }
      return try result.constant("the result of sample").converted(to: .float32)
    }
    return try sampleDensity(count, stream).converted(to: .float32)
  }

  /// Draws from the density, float64.
  func sampleDensity(_ count: Int, _ stream: RandomStream) throws -> Tensor {
    guard density != nil else { throw missing("samples, and no density to draw them from") }
    if dimension <= 2 { return try grid().sample(count, stream) }
    return try MALA(dimension: dimension) { [self] x in
      if scoreFunction == nil { return try gradient(x) }
      return (try unnormalised(x).converted(to: .float64), try score(x).converted(to: .float64))
    }.sample(count, stream)
  }

  private func grid() throws -> GridSampler {
    if let gridSampler { return gridSampler }
    guard let region else { throw missing("region that holds its density") }
    let count = GridSampler.pointsPerAxis(dimension: dimension)
    let made = GridSampler(
      try DensityGrid(region.map { $0.with(count: count) }) { try unnormalised($0).doubles() })
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
