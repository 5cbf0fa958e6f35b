import Autodiff
import Catalog
import Tensors

/// A law behind one fixed permutation of the pixels: x = P y, so x_i = y_π(i).
///
/// Noise does not see the permutation: score, posterior mean and density are P s(Pᵀ x), P E[y_0 | Pᵀ x] and p(Pᵀ x), so
/// the best denoiser is as good as without it. Channels of a pixel stay together.
/// Kadkhodaie et al. 2024, Figure 21.
struct Shuffled: Distribution {
  static let entry = Entry.function(
    "shuffled", "Pictures of another law, through one fixed random permutation of the pixels.",
    .arg("law", "a target, or pictures [n, h, w] or [n, c, h, w] as an empirical law"),
    .option("seed", default: 1, "of the permutation, which is the same for all pictures"),
    returns: "a target",
    details: """
      Knows under noise what law knows. The best denoiser has the same error; a convolutional network, which trusts that \
      neighbours belong together, does not. `data.shuffled_pixels` does the same to a data set, and undoes it.
      """,
    source: "Kadkhodaie et al. 2024, Figure 21",
    example: "return target.shuffled(target.disks{size = 16}, {seed = 3}):sample(4, {seed = 1})"
  ) { (source: OneOf<Target, Tensor>, seed: Int) in
    let law: any Distribution
    switch source {
    case .first(let target): law = target.distribution
    case .second(let pictures):
      let x = try pictures.constant("law")
      guard x.rank >= 2, x.elementCount > 0, try x.isFinite() else {
        throw UserError("law must be a target, or pictures of finite numbers, got \(x.describe())")
      }
      law = try EmpiricalDistribution(x, weights: nil, name: "empirical")
    }
    let permutation = try PixelPermutation(shape: law.shape, seed: seed)
    return Target(Shuffled(law: law, permutation: permutation))
  }

  let law: any Distribution
  let permutation: PixelPermutation

  let name = "shuffled"
  var shape: Shape { law.shape }
  var summary: String { "\(law.name)(\(law.summary))" }
  var functions: [Callback] { law.functions }
  var hasLogDensity: Bool { law.hasLogDensity }
  var hasScore: Bool { law.hasScore }
  var hasNoised: Bool { law.hasNoised }
  var support: (any Support)? { nil }
  var intrinsicDimension: Int? { law.intrinsicDimension }
  func requireNoised() throws { try law.requireNoised() }

  private func forward(_ y: Tensor) throws -> Tensor {
    try onFlattenedPoints(y) { try pick($0, axis: 1, permutation.places) }
  }

  private func back(_ x: Tensor) throws -> Tensor {
    try onFlattenedPoints(x) { try pick($0, axis: 1, permutation.inverse) }
  }

  func sample(_ count: Int, _ stream: RandomStream) throws -> Tensor {
    try forward(law.sample(count, stream))
  }

  func logDensity(_ x: Tensor) throws -> Tensor { try law.logDensity(back(x)) }
  func score(_ x: Tensor) throws -> Tensor { try forward(law.score(back(x))) }

  func noised(mean r: Double, std s: Double) throws -> any Distribution {
    Shuffled(law: try law.noised(mean: r, std: s), permutation: permutation)
  }

  func noisedScore(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try forward(law.noisedScore(back(x), mean: r, std: s))
  }

  func posteriorMean(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try forward(law.posteriorMean(back(x), mean: r, std: s))
  }

  func noisedLogDensity(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try law.noisedLogDensity(back(x), mean: r, std: s)
  }

  func reach() throws -> ClosedRange<Double> { try law.reach() }
}
