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
  package struct Options: OptionGroup {
    package var dimension: Count = 1
    package var width: Count = 16
    package var activation = "silu"
    package var time = TimeFeatureOptions()
    package var divisor = 16.0

    package init() {}

    package static let options: [Option<Options>] =
      [
        Option("dimension", \.dimension, "d, the length of a data point", in: .positive),
        Option("width", \.width, "hidden units", in: .positive),
        Option("activation", \.activation, "nonlinearity", in: .oneOf(["silu", "relu"])),
      ] + Option.group(\.time) + [
        Option("divisor", \.divisor, "the output is divided by it", in: .positive)
      ]

    package static let earlierNames: [String: String?] = ["features": "time_features"]
  }

  package static let constructor = "score_mlp"
  package static let entry = constructorEntry(
    "One-hidden-layer score network with random time features, all weights trained.",
    source: "Li et al. 2023, §4.1 (notebook of the synthetic experiment)",
    example: "return nn.score_mlp{width = 16, sde = sde.ve_power{base = 25}, seed = 1}")

  package let options: Options
  package let parameters: ParameterSet

  package var dimension: Int { options.dimension.value }
  package var isReLU: Bool { options.activation == "relu" }
  package var summary: String {
    "\(dimension) → \(options.width) → \(dimension), \(options.activation)"
  }
  /// ω, shape [features / 2], frozen.
  package var frequencies: Tensor { parameters.views[6] }

  package init(
    _ options: Options, sde: SDE, seed: Int?, restoring stored: StoredTensors? = nil
  ) throws {
    self.options = options
    let (dimension, width) = (options.dimension.value, options.width.value)
    let e = options.time.features.value
    let stream = RandomStream(seed: seed ?? SessionSeed.next(), purpose: .initialization)
    parameters = try ParameterSet(
      [
        .linear("w1", [width, dimension], fanIn: dimension, stream),
        .linear("b1", [width], fanIn: dimension, stream),
        .linear("e", [width, e], fanIn: e, stream),
        .linear("be", [width], fanIn: e, stream),
        .linear("w2", [dimension, width], fanIn: width, stream),
        .linear("b2", [dimension], fanIn: width, stream),
        .frozen("omega", [e / 2]) { try options.time.draw(stream) },
      ], restoring: stored)
  }

  private init(like other: ScoreMLP) throws {
    options = other.options
    parameters = try other.parameters.copied()
  }

  package func copied() throws -> any Network { try ScoreMLP(like: self) }

  package func score(
    _ x: Tensor, _ t: Tensor, process: any DiffusionProcess, parameters p: [Tensor]
  ) throws -> Tensor {
    let gamma = try fourierFeatures(t, p[6])
    let hidden = try matmul(x, transpose(p[0])) + p[1] + matmul(gamma, transpose(p[2])) + p[3]
    let output = try matmul(isReLU ? relu(hidden) : silu(hidden), transpose(p[4])) + p[5]
    return try output / (expandedAxis(process.sigma(of: t), at: 1) * options.divisor)
  }
}
