import Autodiff
import Catalog
import Models
import Processes
import Runtime
import Tensors

/// One step of Langevin dynamics towards p_t, x ← x + ε s(x, t) + √(2ε) z. Song et al. 2021, Algorithm 4
/// choose ε = 2 (r ‖z‖/‖s‖)².
struct Langevin {
  /// What stands for the two norms.
  enum Norms: String, CaseIterable {
    /// What they are on the average at this noise level, √d and √d/σ, so that ε = 2 (r σ)².
    case level
    /// √d, and the norm of the row's own score. In few dimensions that is near 0 too often, and ε without
    /// bound: in d = 1 the variance of the samples is infinite.
    case row
    /// The means over all rows that step together, as published: a sample then depends on the others.
    case batch
  }

  private let run: SamplingRun
  private let ratio: Double
  private let norms: Norms

  init(_ run: SamplingRun, ratio: Double, norms: String) {
    (self.run, self.ratio) = (run, ratio)
    self.norms = Norms(rawValue: norms) ?? .level
    run.note("norms", .string(norms))
  }

  /// - Parameter factor: on ε.
  func step(_ x: Tensor, at t: Double, factor: Double = 1, omitsNoise: Bool = false) throws
    -> Tensor
  {
    try Cancellation.check()
    let s = try run.score(x, at: t)
    if norms == .row {
      let size =
        try 2 * ratio * ratio * factor * Double(x.elementCount / max(x.shape[0], 1))
        / squaredNorms(s)
      let mean = try x + s * size
      return try omitsNoise ? mean : mean + run.normal(like: x) * sqrt(size * 2)
    }
    let z = norms == .batch || !omitsNoise ? try run.normal(like: x) : nil
    var quotient = run.process.sigma(at: t)
    if norms == .batch, let z { quotient = try meanNorm(z) / meanNorm(s) }
    let size = 2 * factor * (ratio * quotient) * (ratio * quotient)
    let mean = try x + s * size
    guard let z, !omitsNoise else { return mean }
    return try mean + z * (2 * size).squareRoot()
  }

  /// ‖x‖² of each row, over all axes but the first, which stay as axes of length 1.
  private func squaredNorms(_ x: Tensor) throws -> Tensor {
    try (1..<x.rank).reduce(square(x)) { try sum($0, axis: $1, keepingAxis: true) }
  }

  private func meanNorm(_ x: Tensor) throws -> Double {
    try mean(sqrt(squaredNorms(x.converted(to: .float64)))).item()
  }

  static let ratioOption = Parameter<Double>.option(
    "ratio", default: 0.16, "r, signal to noise, which sets the step of the Langevin dynamics",
    in: .positive)
  static let normsOption = Parameter<String>.option(
    "norms", default: "level",
    "the score's norm: the usual one of the noise level, that of each row, or the mean of the batch",
    in: .oneOf(Norms.allCases.map(\.rawValue)))
  static let details =
    "With the norms of the level or the row a sample does not depend on how many are drawn; the batch, as "
    + "published, is that of at most 4096 samples that step together. Those of the row need many "
    + "dimensions: in one their steps have no bound. info says which they were."
}
