import Autodiff
import Catalog
import Layers
import Targets
import Tensors

/// The one-hidden-layer score network of Li et al. 2023 (synthetic experiment), all weights trained:
///
/// F(x, t) = [W₂ φ(W₁ x + b₁ + E γ(t) + b_E) + b₂] / divisor,  s = F/σ(t),
/// γ(t) = [sin 2πωt, cos 2πωt], ω ~ scale · N(0, 1) frozen, φ = swish.
///
/// Starts as PyTorch's linear layers do. d = 1, width 16: 129 parameters. Where it is blind, E γ is left out.
package final class ScoreMLP: Network {
  package struct Options: NetworkOptions {
    package var point = PointOptions()
    package var prediction = PredictionOptions("score")
    package var width: Count = 16
    package var activation = "silu"
    package var time = TimeFeatureOptions()
    package var divisor = 16.0

    package init() {}

    package static let options: [Option<Options>] =
      Option.group(\.point) + [
        Option("width", \.width, "hidden units", in: .positive),
        Option("activation", \.activation, "nonlinearity", in: .oneOf(["silu", "relu"])),
      ] + Option.group(\.time) + [
        Option("divisor", \.divisor, "the output is divided by it", in: .positive)
      ] + Option.group(\.prediction)

    package static let earlierNames: [String: String?] = ["features": "time_features"]

    /// One number where the options do not say.
    package func pointShape() throws -> Shape { try point.pointShape(usual: 1) }
  }

  package static let constructor = "score_mlp"
  package static let entry = constructorEntry(
    "One-hidden-layer score network with random time features, all weights trained.",
    source: "Li et al. 2023, §4.1 (notebook of the synthetic experiment)",
    example: "return nn.score_mlp{width = 16, sde = sde.ve_power{base = 25}, seed = 1}")

  /// Its features are those of time.
  package static var convention: NetworkConvention { .time }

  package let options: Options
  package let shape: Shape
  package let parameters: ParameterSet

  package var dimension: Int { shape.elementCount }
  package var isReLU: Bool { options.activation == "relu" }
  package var summary: String {
    "\(dimension) → \(options.width) → \(dimension), \(options.activation)"
  }
  /// ω, shape [features / 2], frozen.
  package var frequencies: Tensor { parameters["omega"] }

  package init(
    _ options: Options, shape: Shape, seed: Int?, restoring stored: StoredTensors? = nil
  ) throws {
    self.options = options
    self.shape = shape
    let (dimension, width) = (shape.elementCount, options.width.value)
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
    (options, shape) = (other.options, other.shape)
    parameters = try other.parameters.copied()
  }

  package func copied() throws -> any Network { try ScoreMLP(like: self) }

  package func output(_ x: Tensor, _ level: Tensor?, _ call: NetworkCall) throws -> Tensor {
    try onFlattenedPoints(x) { try sum($0, level, call) / options.divisor }
  }

  package func output(
    _ x: Tensor, _ level: Tensor?, _ call: NetworkCall, dividedBy divisors: Tensor
  ) throws -> Tensor {
    try onFlattenedPoints(x) {
      try sum($0, level, call) / (flattenedPoints(divisors) * options.divisor)
    }
  }

  /// W₂ φ(…) + b₂ of rows [n, d].
  private func sum(_ x: Tensor, _ level: Tensor?, _ call: NetworkCall) throws -> Tensor {
    var hidden = try matmul(x, transpose(call["w1"])) + call["b1"]
    if let level {
      let gamma = try fourierFeatures(level, call["omega"])
      hidden = try hidden + matmul(gamma, transpose(call["e"])) + call["be"]
    }
    return try matmul(isReLU ? relu(hidden) : silu(hidden), transpose(call["w2"])) + call["b2"]
  }
}
