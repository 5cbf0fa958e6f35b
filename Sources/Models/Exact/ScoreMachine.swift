import Autodiff
import Catalog
import Glibc
import Processes
import Runtime
import Targets
import Tensors

/// The exact models that a data set of pictures gives when the score may only see so much of them
/// (Kamb & Ganguli 2025, "An analytic theory of creativity in convolutional diffusion models"):
///
/// s(x)[p] = Σ_k W_k(p) (√ᾱ φ_k[p] − x[p])/(1 − ᾱ),   W(p) = softmax_k(−‖x_Ω(p) − √ᾱ φ_k,Ω(p)‖²/2(1 − ᾱ)).
///
/// | kind | candidates φ_k | the part Ω that is compared |
/// |---|---|---|
/// | ideal (Eq. 3) | training pictures | the picture |
/// | equivariant (Theorem B.2) | all their translates | the picture |
/// | local (Eq. 5) | training pictures | the patch about p |
/// | equivariant_local (Theorem 4.1) | all their translates | the patch about p |
///
/// Beyond a border patches see zeros, or the other side. With zeros a pixel is compared to such places only at
/// which the border cuts the patch in the same way.
final class ScoreMachine: DirectScore {
  static let kinds = ["ideal", "equivariant", "local", "equivariant_local"]

  static let entry = Entry.function(
    "score_machine",
    "The exact model of pictures for a score that is local, equivariant, both or neither.",
    .option("data", "training pictures, shape [n, h, w] or [n, c, h, w]"),
    .option("sde", "the diffusion"),
    .option("kind", default: "equivariant_local", "what the score may use", in: .oneOf(kinds)),
    .option(
      "patch", default: nil,
      "the width of the square that a local score sees about each pixel: an odd number, or a function of t"
    ),
    .option(
      "border", default: "circular", "what lies beyond the picture: its other side, or nothing",
      in: .oneOf(["circular", "zero"])),
    returns: "a model without parameters",
    details: """
      ideal is the model of target.empirical, which gives training pictures back. equivariant takes all their \
      translates around the borders for data. A local score gives each pixel the mean of training pixels, \
      weighted by how well the patches about them fit: those at the same place (local), or at all places of \
      all pictures (equivariant_local); with border = 'zero' only places whose patch the border cuts alike.

      It works in float64, at a cost for each picture of n h w sums (local), n (h w)² (the equivariant ones). \
      No gradient passes. Its samples come by any sampler; sample.euler_maruyama and its kin end on a picture \
      of which every pixel is the centre of the closest training patch.
      """,
    source: "Kamb and Ganguli 2025, Eqs. 3 and 5, Theorems 4.1 and B.2",
    example: """
      x = tensor.stack{tensor.ones{3, 3}, -tensor.ones{3, 3}}
      return nn.score_machine{data = x, patch = 3, sde = sde.vp()}
      """
  ) {
    (
      data: Tensor, sde: SDE, kind: String, patch: OneOf<Int, Callback>?, border: String
    ) in
    let data = try data.constant("data")
    guard (3...4).contains(data.rank), data.elementCount > 0, data.dtype.isFloatingPoint else {
      throw UserError(
        "data must be floating-point pictures of shape [n, h, w] or [n, c, h, w], got "
          + "\(data.dtype.rawValue) of shape \(data.shape)"
      )
    }
    guard try data.isFinite() else { throw UserError("data must be finite") }
    let isLocal = kind.hasSuffix("local")
    guard isLocal == (patch != nil) else {
      throw UserError(
        isLocal
          ? "patch is required for kind = '\(kind)': an odd number, or a function of t"
          : "patch must not be given for kind = '\(kind)', which compares whole pictures")
    }
    guard border == "circular" || isLocal else {
      throw UserError("border must be 'circular' for kind = '\(kind)', got 'zero'")
    }
    if kind == "ideal" {
      return ScoreModel(
        exactScoreOf: Target(try EmpiricalDistribution(data, weights: nil, name: "empirical")), sde)
    }
    let machine = try ScoreMachine(
      data, kind: kind, patch: patch, isCircular: border == "circular")
    if case .first(let width)? = patch { try machine.check(patch: width) }
    return ScoreModel(machine, sde)
  }

  let kind: String
  let shape: Shape
  private let posterior: PatchPosterior
  private let patch: OneOf<Int, Callback>?
  private let isCircular: Bool

  init(_ data: Tensor, kind: String, patch: OneOf<Int, Callback>?, isCircular: Bool) throws {
    (self.kind, self.patch, self.isCircular) = (kind, patch, isCircular)
    shape = Shape(data.shape.dropFirst())
    posterior = try PatchPosterior(
      data, isEquivariant: kind.hasPrefix("equivariant"), isCircular: isCircular)
  }

  var name: String { "score_machine" }
  var summary: String {
    let width: String? =
      switch patch {
      case nil: nil
      case .first(let width)?: "patch \(width)"
      case .second?: "patch by t"
      }
    let size = shape.map { String($0) }.joined(separator: "×")
    let parts = [
      kind, "\(posterior.count) pictures of \(size)", width, isCircular ? nil : "zero border",
    ]
    return parts.compactMap { $0 }.joined(separator: ", ")
  }
  var functions: [Callback] { if case .second(let f)? = patch { [f] } else { [] } }
  var hasLogDensity: Bool { kind == "equivariant" }

  func score(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws -> Tensor {
    let (queries, law) = try law(x, t, process)
    let d = dimension
    let (values, means) = (try x.value.doubles(), law.means)
    return try result(like: x) { i in
      let query = queries[i / d]
      return (query.r * means[i] - values[i]) / query.s / query.s
    }
  }

  func estimate(
    _ quantity: Quantity, _ x: Tensor, _ t: Tensor, process: any DiffusionProcess
  ) throws -> Tensor {
    if quantity == .clean {
      let means = try law(x, t, process).law.means
      return try result(like: x) { means[$0] }
    }
    return try Quantity.score.converted(
      score(x, t, process: process), to: quantity, x, Marginal(process, t, rank: x.rank))
  }

  func logDensity(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws -> Tensor {
    guard hasLogDensity else {
      throw UserError(
        "model score_machine of kind '\(kind)' has a score and no density: its score is no gradient"
      )
    }
    let (queries, law) = try law(x, t, process)
    let half = Double(dimension) / 2
    return try Tensor(
      zip(queries, law.logMass).map { query, mass in
        mass - half * log(2 * Double.pi * query.s * query.s)
      }
    ).converted(to: x.dtype)
  }

  private func result(like x: Tensor, _ value: (Int) -> Double) throws -> Tensor {
    try Tensor((0..<x.elementCount).polledMap(value), shape: x.shape).converted(to: x.dtype)
  }

  private func law(_ x: Tensor, _ t: Tensor, _ process: any DiffusionProcess) throws -> (
    queries: [PatchPosterior.Query], law: PatchPosterior.Law
  ) {
    guard !isWatched(x, t) else {
      throw UserError(
        "model score_machine must not be differentiated: it passes no gradient; use detach()")
    }
    var widths: [Double: Int] = [:]
    let queries = try t.value.doubles().map { time in
      let sigma = process.sigma(at: time)
      guard sigma > 0 else {
        throw UserError("model score_machine has no score without noise, where std(t) = 0")
      }
      let width = try widths[time] ?? width(at: time)
      widths[time] = width
      return PatchPosterior.Query(r: process.alpha(at: time), s: sigma, width: width)
    }
    return (queries, try posterior.law(x.value.doubles(), queries))
  }

  /// The width of a patch; 0 for the whole picture.
  private func width(at t: Double) throws -> Int {
    switch patch {
    case nil: return 0
    case .first(let width)?: return width
    case .second(let function)?:
      let width = try function.call(t, returning: Double.self, name: "patch")
      guard let whole = Int(exactly: width) else {
        throw UserError(
          "patch must return an odd number, got \(formatNumber(width)) at t = \(formatNumber(t))")
      }
      try check(patch: whole)
      return whole
    }
  }

  private func check(patch width: Int) throws {
    let (h, w) = (shape[shape.rank - 2], shape[shape.rank - 1])
    guard width > 0, width % 2 == 1 else {
      throw UserError("patch must be an odd number of 1 or more, got \(width)")
    }
    guard width <= min(h, w) else {
      throw UserError("patch must be at most \(min(h, w)) for pictures of \(h)×\(w), got \(width)")
    }
  }
}
