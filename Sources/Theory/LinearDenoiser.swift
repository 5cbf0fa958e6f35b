import Autodiff
import Catalog
import Glibc
import Models
import Processes
import Tensors

/// The gradient flow of a linear score s(x, t) = −P(t) x, a matrix for each time, on a data set of mean 0. With
/// M(t) = α² Σ̂ + σ² I the second moment of x_t, the loss λ E‖s + z/σ‖² gives
///
/// dP/dτ = 2 λ(t) (I − P M),   P(0) = 0,
///
/// so that in the basis of Σ̂ = Σ_k c_k v_k v_kᵀ each mode has ρ_k = α² c_k + σ² and
///
/// P_k(τ) = (1 − e^(−2 λ ρ_k τ))/ρ_k.
///
/// In the end s is the score of N(0, M), the best linear denoiser of the data set.
final class LinearFlow: Object {
  static var typeName: String { "linear_flow" }

  let sde: SDE
  let count: Int
  /// c_k from large to small, and v_k as columns, float64.
  let eigenvalues: [Double]
  let vectors: Tensor

  init(_ data: Tensor, _ sde: SDE) throws {
    self.sde = sde
    count = data.shape[0]
    let d = data.shape[1]
    let sums = try Tensor.zeros([d, d], .float64)
    try addSymmetricProduct(data.densified(), to: sums)
    try mirrorLower(sums)
    let (values, columns) = try (sums * (1 / Double(count))).symmetricEigen()
    eigenvalues = try values.doubles().reversed().map { max($0, 0) }
    vectors = try columns.picked(axis: 1, (0..<d).reversed().map { $0 }).densified()
  }

  var dimension: Int { eigenvalues.count }

  func describe() -> String { "linear_flow(\(count) points, d = \(dimension))" }

  /// P_k(τ) at a time, with λ = σ².
  func precisions(at t: Double, tau: Double) throws -> [Double] {
    let (alpha, sigma) = (sde.process.alpha(at: t), sde.process.sigma(at: t))
    guard sigma > 0, sigma.isFinite else {
      throw UserError(
        "t must be where the noise is finite and above 0, got std = \(formatNumber(sigma))")
    }
    return eigenvalues.map { c in
      let rho = alpha * alpha * c + sigma * sigma
      return -expm1(-2 * sigma * sigma * rho * tau) / rho
    }
  }

  /// KL(N(0, (α² + σ²) I) ‖ N(0, P⁻¹)) = ½ Σ_k [Γ P_k − 1 − ln Γ P_k].
  func kl(at t: Double, tau: Double) throws -> Double {
    let (alpha, sigma) = (sde.process.alpha(at: t), sde.process.sigma(at: t))
    let gamma = alpha * alpha + sigma * sigma
    return try precisions(at: t, tau: tau).reduce(0) { $0 + (gamma * $1 - 1 - log(gamma * $1)) / 2 }
  }
}

/// The score of a linear flow at one training time.
final class LinearScore: DirectScore {
  private let flow: LinearFlow
  private let tau: Double

  init(_ flow: LinearFlow, tau: Double) { (self.flow, self.tau) = (flow, tau) }

  var name: String { "linear_denoiser" }
  var summary: String { "\(flow.count) points, d = \(flow.dimension), tau = \(shortNumber(tau))" }
  var shape: Shape { [flow.dimension] }

  func score(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws -> Tensor {
    guard !isWatched(t) else {
      throw UserError(
        "model linear_denoiser passes no gradient in t, and has no compiled form; use detach()")
    }
    let times = try t.value.doubles()
    var known: [Double: [Double]] = [:]
    let precisions = try times.flatMap { time in
      let values = try known[time] ?? flow.precisions(at: time, tau: tau)
      known[time] = values
      return values.map { -$0 }
    }
    let factors = try Tensor(precisions, shape: [times.count, flow.dimension])
    let modes = try matmul(convert(x, to: .float64), flow.vectors) * factors
    return try convert(matmul(modes, transpose(flow.vectors)), to: x.dtype)
  }
}

extension LinearFlow {
  private static let example = """
    flow = theory.linear_denoiser(random.stream(1):normal{100, 10}, {sde = sde.ou()})

    """

  static let entry = Entry.function(
    "linear_denoiser",
    "Gradient flow of a linear score on a data set of mean 0, solved exactly for all training times.",
    .arg("data", "points [n, d]"), .option("sde", "the diffusion"),
    returns: "a linear flow: flow:model(tau), flow:kl(t, tau), flow.eigenvalues",
    details: """
      The score is −P(t) x with a matrix for each time, P = 0 at τ = 0, and the loss at each time is \
      std² E‖s + z/std‖². Modes of small variance are learned last. The mean is taken as known to be 0: \
      subtract it where it is not.
      """,
    source: "Merger and Goldt 2025; Vincent 2011", example: example + "return flow"
  ) { (data: Tensor, sde: SDE) in
    let data = try data.constant("data")
    guard data.rank == 2, data.elementCount > 0 else {
      throw UserError("data has shape \(data.shape), expected [n d]")
    }
    guard data.dtype.isFloatingPoint, try data.isFinite() else {
      throw UserError("data must be finite floating-point numbers")
    }
    return try LinearFlow(data.converted(to: .float64), sde)
  }

  static let methods: [Entry] = [
    .method(
      LinearFlow.self, "model", "The model at a training time.",
      .arg("tau", "training time; math.huge for the end", in: .trainingTime),
      returns: "a model without parameters", source: "Vincent 2011",
      example: example + "return flow:model(10)"
    ) { (flow: LinearFlow, tau: Double) in ScoreModel(LinearScore(flow, tau: tau), flow.sde) },
    .method(
      LinearFlow.self, "kl",
      "KL(p_t ‖ q_t) of N(0, I), noised to t, from the law whose score the model is.",
      .arg("t", "time of the diffusion", in: .nonNegative),
      .arg("tau", "training time: a number or a tensor; math.huge for the end"),
      returns: "KL in nats: a number, or a float64 tensor shaped like tau; infinite at tau = 0",
      source: "Muirhead 1982", example: example + "return flow:kl(0.1, tensor{10, 1e3})"
    ) { (flow: LinearFlow, t: Double, tau: OneOf<Double, Tensor>) in
      try flow.sde.process.check(time: t)
      return try overTrainingTimes(tau) { [try flow.kl(at: t, tau: $0)] }
    },
    .property(
      LinearFlow.self, "eigenvalues", "Of the data's second moment Σ x xᵀ/n, from large to small.",
      example: example + "return flow.eigenvalues"
    ) { (flow: LinearFlow) in try Tensor(flow.eigenvalues) },
  ]
}
