import Autodiff
import Catalog
import Layers
import Targets
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
  package struct Options: NetworkOptions {
    package var point = PointOptions()
    package var prediction = PredictionOptions("score")
    package var width: Count = 200
    package var activation = "relu"
    package var time = TimeFeatureOptions(features: 6, scale: 1)

    package init() {}

    package static let options: [Option<Options>] =
      Option.group(\.point) + [
        Option("width", \.width, "m, the number of features", in: .positive),
        Option("activation", \.activation, "nonlinearity σ", in: .oneOf(["relu", "silu", "tanh"])),
      ] + Option.group(\.time) + Option.group(\.prediction)

    /// One number where the options do not say.
    package func pointShape() throws -> Shape { try point.pointShape(usual: 1) }
  }

  package static let constructor = "random_features"
  package static let entry = constructorEntry(
    "Score model with a frozen random first layer: only the output weights are trained.",
    source: "Li et al. 2023, Eq. 12", example: "return nn.random_features{sde = sde.vp(), seed = 1}"
  )

  /// The score itself and not F/σ: the theory is of a linear model of the score.
  package static var convention: NetworkConvention { .plain }

  package let options: Options
  package let shape: Shape
  package let parameters: ParameterSet

  package var dimension: Int { shape.elementCount }
  package var summary: String {
    "\(dimension) → \(options.width) frozen → \(dimension), \(options.activation)"
  }

  package init(
    _ options: Options, shape: Shape, seed: Int?, restoring stored: StoredTensors? = nil
  ) throws {
    self.options = options
    self.shape = shape
    let (dimension, width) = (shape.elementCount, options.width.value)
    let waves = options.time.features.value
    let inputs = dimension + waves + 1
    let stream = RandomStream(seed: seed ?? SessionSeed.next(), purpose: .initialization)
    // Drawn together, for w and u.
    lazy var rows = Result {
      try RandomFeatures.unitRows(stream.normal([width, inputs], .float64))
    }
    parameters = try ParameterSet(
      [
        .frozen("omega", [waves / 2]) { try options.time.draw(stream) },
        .frozen("w", [width, dimension]) { try rows.get().slice(axis: 1, 0..<dimension) },
        .frozen("u", [width, inputs - dimension]) {
          try rows.get().slice(axis: 1, dimension..<inputs)
        },
        .constant("a", [dimension, width], 0),
      ], restoring: stored)
  }

  private init(like other: RandomFeatures) throws {
    (options, shape) = (other.options, other.shape)
    parameters = try other.parameters.copied()
  }

  package func copied() throws -> any Network { try RandomFeatures(like: self) }

  package func output(_ x: Tensor, _ level: Tensor?, _ call: NetworkCall) throws -> Tensor {
    try onFlattenedPoints(x) {
      let features = try features($0, level, call)
      return try matmul(features, transpose(call["a"])) * (1 / Double(options.width.value))
    }
  }

  /// σ(W x + U e(t)), shape [n, m]; e = [0, …, 0, 1] where it is blind.
  package func features(_ x: Tensor, _ t: Tensor?, _ call: NetworkCall) throws -> Tensor {
    let hidden = try hidden(x, t, call)
    switch options.activation {
    case "silu": return try silu(hidden)
    case "tanh": return try tanh(hidden)
    default: return try relu(hidden)
    }
  }

  /// W x + U e(t), shape [n, m].
  package func hidden(_ x: Tensor, _ t: Tensor?, _ call: NetworkCall) throws -> Tensor {
    let waves =
      try t.map { try fourierFeatures($0, call["omega"]) }
      ?? .zeros([x.shape[0], options.time.features.value])
    let e = try concatenate([waves, Tensor.full([x.shape[0], 1], 1, waves.dtype)], axis: 1)
    return try matmul(x, transpose(call["w"])) + matmul(e, transpose(call["u"]))
  }

  /// Rows scaled to ‖·‖₁ = 1.
  private static func unitRows(_ rows: Tensor) throws -> Tensor {
    try rows / sum(rows.applying(.absolute), axis: 1, keepingAxis: true)
  }
}
