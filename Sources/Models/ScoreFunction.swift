import Autodiff
import Catalog
import Processes
import Tensors

/// s(x, t) ≈ ∇ log p_t(x) and what follows from it: a network behind a parametrisation, or an exact score.
/// What samplers, likelihoods and metrics need.
package protocol ScoreFunction: AnyObject {
  /// The name of the constructor in Lua: `score_mlp`.
  var name: String { get }
  /// What it is made of, for printing: `1 → 16 → 1, silu`.
  var summary: String { get }
  /// The shape of a data point: [d], [h, w] or [c, h, w].
  var shape: Shape { get }
  /// The Lua functions that it is made of.
  var functions: [Callback] { get }
  /// What it gives directly, by its name in Lua.
  var predicts: String { get }
  /// Whether it is told no time.
  var isBlind: Bool { get }
  /// Whether it gives the velocity of a flow and no score.
  var givesVelocityOnly: Bool { get }
  /// Any quantity, shaped like `x`.
  ///
  /// - Parameters: `x` of shape [n] + shape; `t` of shape [n], float32 or float64.
  func estimate(
    _ quantity: Quantity, _ x: Tensor, _ t: Tensor, process: any DiffusionProcess
  ) throws -> Tensor
  /// The score at one time for all rows, without gradients, where there is a faster way to it; the last
  /// digits may differ. nil elsewhere.
  func score(_ x: Tensor, at t: Double, process: any DiffusionProcess) throws -> Tensor?
  /// The same for rows in raw memory, where the score is computed row by row; nil elsewhere.
  func rowScore(at t: Double, process: any DiffusionProcess) -> RowFunction?
  /// σ s = −E[z], the noise as the loss takes it, with σ at these times, shape [n].
  func scoreTimesSigma(
    _ x: Tensor, _ t: Tensor, sigma: Tensor, process: any DiffusionProcess
  ) throws -> Tensor
  /// The clean sample of y = x_0 + noise of a level that is not told; nil where it must be.
  func denoised(_ y: Tensor) throws -> Tensor?
  /// Whether ln p_t is known, and not its slope alone.
  var hasLogDensity: Bool { get }
  /// ln p_t(x), normalised, shape [n].
  ///
  /// - Throws: where it is not known.
  func logDensity(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws -> Tensor
}

extension ScoreFunction {
  /// d, the count of numbers of a data point.
  package var dimension: Int { shape.elementCount }
  package var functions: [Callback] { [] }
  package var predicts: String { "score" }
  package var isBlind: Bool { false }
  package var givesVelocityOnly: Bool { false }
  package func denoised(_ y: Tensor) throws -> Tensor? { nil }
  package var hasLogDensity: Bool { false }
  package func logDensity(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws -> Tensor
  {
    throw UserError("model \(name) has a score and no density; exact models of targets have both")
  }

  package func score(_ x: Tensor, at t: Double, process: any DiffusionProcess) throws -> Tensor? {
    nil
  }

  package func rowScore(at t: Double, process: any DiffusionProcess) -> RowFunction? { nil }
  package func scoreTimesSigma(
    _ x: Tensor, _ t: Tensor, sigma: Tensor, process: any DiffusionProcess
  ) throws -> Tensor {
    try -estimate(.noise, x, t, process: process)
  }

  package func score(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws -> Tensor {
    try estimate(.score, x, t, process: process)
  }
}

/// A score function that gives the score, from which the rest follows.
package protocol DirectScore: ScoreFunction {
  func score(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws -> Tensor
}

extension DirectScore {
  package func estimate(
    _ quantity: Quantity, _ x: Tensor, _ t: Tensor, process: any DiffusionProcess
  ) throws -> Tensor {
    try Quantity.score.converted(
      score(x, t, process: process), to: quantity, x, Marginal(process, t, rank: x.rank))
  }
}
