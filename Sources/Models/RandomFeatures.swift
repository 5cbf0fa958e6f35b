import Autodiff
import Catalog
import Processes
import Tensors

/// The random-features score model of Li et al. 2023, Eq. 12: the first layer is frozen, the second
/// trained, so that gradient descent is linear and its whole course known.
///
/// s(x, t) = (1/m) A σ(W x + U e(t)),  ‖w‖₁ + ‖u‖₁ = 1 for each of the m units,
/// e(t) = [sin 2πωt, cos 2πωt, 1],  ω ~ scale · N(0, 1).
///
/// W, U and ω are frozen; A (d × m) starts at 0. Its norm in the space of the kernel
/// k = E σ(·)σ(·) is ‖A‖_F/√m.
package final class RandomFeatures: Network {
  package static let entry = Entry.function(
    constructor,
    "Score model with a frozen random first layer: only the output weights are trained.",
    .option("sde", "the diffusion it belongs to"),
    .option("dimension", default: 1 as Count, "d, the length of a data point", in: .positive),
    .option("width", default: 200 as Count, "m, the number of features", in: .positive),
    .option("activation", default: "relu", "nonlinearity σ", in: activations),
    .option(
      "time_features", default: 6 as Count, "length of the sines and cosines in e(t), even",
      in: .even),
    .option(
      "feature_scale", default: 1, "standard deviation of their frequencies", in: .positive),
    .option("seed", default: nil, "of the frozen weights; the session's next where absent"),
    source: "Li et al. 2023, Eq. 12", example: "return nn.random_features{sde = sde.vp(), seed = 1}"
  ) {
    (
      sde: SDE, dimension: Count, width: Count, activation: String, features: Count, scale: Double,
      seed: Int?
    ) in
    let stream = RandomStream(seed: seed ?? SessionSeed.next(), purpose: .initialization)
    let network = try RandomFeatures(
      dimension: dimension.value, width: width.value, activation: activation,
      features: TimeFeatureOptions(features: features, featureScale: scale), stream: stream)
    return ScoreModel(network, sde)
  }

  static let activations = Domain<String>.oneOf(["relu", "silu", "tanh"])

  package let dimension: Int
  package let width: Int
  package let activation: String
  package let timeFeatures: TimeFeatureOptions
  package let parameters: ParameterSet

  package static let constructor = "random_features"
  package var summary: String { "\(dimension) → \(width) frozen → \(dimension), \(activation)" }
  package var options: [(key: String, value: Value)] {
    [
      ("dimension", .integer(dimension)), ("width", .integer(width)),
      ("activation", .string(activation)), ("time_features", .integer(timeFeatures.features.value)),
      ("feature_scale", .number(timeFeatures.featureScale)),
    ]
  }

  package init(
    dimension: Int, width: Int, activation: String, features: TimeFeatureOptions,
    stream: RandomStream, restoring stored: StoredTensors? = nil
  ) throws {
    self.dimension = dimension
    self.width = width
    self.activation = activation
    timeFeatures = features
    let inputs = dimension + features.features.value + 1
    // Drawn together, for w and u.
    lazy var rows = Result {
      try RandomFeatures.unitRows(stream.normal([width, inputs], .float64))
    }
    parameters = try ParameterSet(
      [
        .frozen("omega", [features.features.value / 2]) { try features.draw(stream) },
        .frozen("w", [width, dimension]) { try rows.get().slice(axis: 1, 0..<dimension) },
        .frozen("u", [width, inputs - dimension]) {
          try rows.get().slice(axis: 1, dimension..<inputs)
        },
        .constant("a", [dimension, width], 0),
      ], restoring: stored)
  }

  package convenience init(restoring stored: StoredNetwork) throws {
    let options = stored.options
    try self.init(
      dimension: stored.length("dimension"), width: stored.length("width"),
      activation: options.string("activation", in: RandomFeatures.activations),
      features: TimeFeatureOptions(
        features: Count(stored.length("time_features")),
        featureScale: options.number("feature_scale", in: .positive)),
      stream: RandomStream(seed: 0), restoring: stored.tensors)
  }

  private init(like other: RandomFeatures) throws {
    dimension = other.dimension
    width = other.width
    activation = other.activation
    timeFeatures = other.timeFeatures
    parameters = try other.parameters.copied()
  }

  package func copied() throws -> any Network { try RandomFeatures(like: self) }

  package func score(
    _ x: Tensor, _ t: Tensor, process: any DiffusionProcess, parameters p: [Tensor]
  ) throws -> Tensor {
    try matmul(features(x, t, parameters: p), transpose(p[3])) * (1 / Double(width))
  }

  /// σ(W x + U e(t)), shape [n, m].
  package func features(_ x: Tensor, _ t: Tensor, parameters p: [Tensor]) throws -> Tensor {
    let waves = try fourierFeatures(t, p[0])
    let e = try concatenate([waves, Tensor.full([t.elementCount, 1], 1, waves.dtype)], axis: 1)
    let hidden = try matmul(x, transpose(p[1])) + matmul(e, transpose(p[2]))
    switch activation {
    case "silu": return try silu(hidden)
    case "tanh": return try tanh(hidden)
    default: return try relu(hidden)
    }
  }

  /// Rows scaled to ‖·‖₁ = 1.
  private static func unitRows(_ rows: Tensor) throws -> Tensor {
    try rows / sum(rows.applying(.absolute), axis: 1, keepingAxis: true)
  }
}
