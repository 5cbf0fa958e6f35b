import Autodiff
import Catalog
import Processes
import Tensors

/// The one-hidden-layer score network of Li et al. 2023 (synthetic experiment), all weights trained:
///
/// s(x, t) = [W₂ φ(W₁ x + b₁ + E γ(t) + b_E) + b₂] / (divisor · std(t)),
/// γ(t) = [sin 2πωt, cos 2πωt], ω ~ scale · N(0, 1) frozen, φ = swish.
///
/// Starts as PyTorch's linear layers do. d = 1, width 16: 129 parameters.
package final class ScoreMLP: Network {
  package static let entry = Entry.function(
    constructor, "One-hidden-layer score network with random time features, all weights trained.",
    .option("sde", "the diffusion it belongs to"),
    .option("dimension", default: 1 as Count, "d, the length of a data point", in: .positive),
    .option("width", default: 16 as Count, "hidden units", in: .positive),
    .option("activation", default: "silu", "nonlinearity", in: activations),
    .group(TimeFeatureOptions.self),
    .option("divisor", default: 16, "the output is divided by it", in: .positive),
    .option("seed", default: nil, "of the initial weights; the session's next where absent"),
    source: "Li et al. 2023, §4.1 (notebook of the synthetic experiment)",
    example: "return nn.score_mlp{width = 16, sde = sde.ve_power{base = 25}, seed = 1}"
  ) {
    (
      sde: SDE, dimension: Count, width: Count, activation: String,
      features: OptionsOf<TimeFeatureOptions>, divisor: Double, seed: Int?
    ) in
    let stream = RandomStream(seed: seed ?? SessionSeed.next(), purpose: .initialization)
    let network = try ScoreMLP(
      dimension: dimension.value, width: width.value, isReLU: activation == "relu",
      features: features.values,
      divisor: divisor, stream: stream)
    return ScoreModel(network, sde)
  }

  static let activations = Domain<String>.oneOf(["silu", "relu"])

  package let dimension: Int
  package let width: Int
  package let isReLU: Bool
  package let divisor: Double
  package let timeFeatures: TimeFeatureOptions
  package let parameters: ParameterSet

  package static let constructor = "score_mlp"
  package var summary: String {
    "\(dimension) → \(width) → \(dimension), \(isReLU ? "relu" : "silu")"
  }
  package var options: [(key: String, value: Value)] {
    [
      ("dimension", .integer(dimension)), ("width", .integer(width)),
      ("activation", .string(isReLU ? "relu" : "silu")), ("divisor", .number(divisor)),
      ("features", .integer(timeFeatures.features.value)),
      ("feature_scale", .number(timeFeatures.featureScale)),
    ]
  }
  /// ω, shape [features / 2], frozen.
  package var frequencies: Tensor { parameters.views[6] }

  package init(
    dimension: Int, width: Int, isReLU: Bool, features: TimeFeatureOptions, divisor: Double,
    stream: RandomStream, restoring stored: StoredTensors? = nil
  ) throws {
    self.dimension = dimension
    self.width = width
    self.isReLU = isReLU
    self.divisor = divisor
    timeFeatures = features
    let e = features.features.value
    parameters = try ParameterSet(
      [
        .linear("w1", [width, dimension], fanIn: dimension, stream),
        .linear("b1", [width], fanIn: dimension, stream),
        .linear("e", [width, e], fanIn: e, stream),
        .linear("be", [width], fanIn: e, stream),
        .linear("w2", [dimension, width], fanIn: width, stream),
        .linear("b2", [dimension], fanIn: width, stream),
        .frozen("omega", [e / 2]) { try features.draw(stream) },
      ], restoring: stored)
  }

  package convenience init(restoring stored: StoredNetwork) throws {
    let options = stored.options
    try self.init(
      dimension: stored.length("dimension"), width: stored.length("width"),
      isReLU: options.string("activation", in: ScoreMLP.activations) == "relu",
      features: TimeFeatureOptions(
        features: Count(stored.length("features")),
        featureScale: options.number("feature_scale", in: .positive)),
      divisor: options.number("divisor", in: .positive), stream: RandomStream(seed: 0),
      restoring: stored.tensors)
  }

  private init(like other: ScoreMLP) throws {
    dimension = other.dimension
    width = other.width
    isReLU = other.isReLU
    divisor = other.divisor
    timeFeatures = other.timeFeatures
    parameters = try other.parameters.copied()
  }

  package func copied() throws -> any Network { try ScoreMLP(like: self) }

  package func score(
    _ x: Tensor, _ t: Tensor, process: any DiffusionProcess, parameters p: [Tensor]
  ) throws -> Tensor {
    let gamma = try fourierFeatures(t, p[6])
    let hidden = try matmul(x, transpose(p[0])) + p[1] + matmul(gamma, transpose(p[2])) + p[3]
    let output = try matmul(isReLU ? relu(hidden) : silu(hidden), transpose(p[4])) + p[5]
    return try output / (expandedAxis(process.std(of: t), at: 1) * divisor)
  }
}
