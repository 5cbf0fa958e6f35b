import Autodiff
import Catalog
import Glibc
import Layers
import Processes
import Runtime
import Targets
import Tensors

/// A residual multilayer perceptron F of a point u, a noise level c and, where it has classes, a label:
///
/// h ← u W_in + b_in
/// h ← h + φ(LN(h) W₁ + b₁ + γ E) W₂ + b₂      for each block, φ = silu
/// F = LN(h) W_out + b_out
///
/// γ = [sin ω_j c, cos ω_j c], ω_j in geometric progression from 1 to 64, plus the label's row of a table.
/// LN is layer normalisation before each block (pre-norm: Xiong et al. 2020). W_out starts at 0, so that
/// the score starts as that of a Gaussian, which the parametrisation names; the others start as PyTorch's
/// linear layers do. Matrices are stored [inputs, outputs].
package final class ResidualMLP: Network {
  package struct Options: NetworkOptions {
    package var point = PointOptions()
    package var prediction = PredictionOptions("edm")
    package var width: Count = 1024
    package var blocks: Count = 3
    package var embedding: Count = 64
    package var classes: Count?

    package init() {}

    package static let options: [Option<Options>] =
      Option.group(\.point) + Option.group(\.prediction) + [
        Option("width", \.width, "hidden units", in: .positive),
        Option("blocks", \.blocks, "residual blocks of two layers each", in: .nonNegative),
        Option(
          "embedding", \.embedding, "length of the noise-level features, even", in: .even),
        Option(
          "classes", \.classes, "of the points, which calls and training then name as labels",
          in: .positive),
      ]

    package static let earlierNames: [String: String?] = [
      "principal_axes": nil, "preconditioning": "predicts",
    ]
  }

  package static let constructor = "residual_mlp"
  package static let entry = constructorEntry(
    "Residual network for vectors; pictures are flattened in it.",
    source: "Karras et al. 2022, Eq. 7 and Table 1; Xiong et al. 2020; Wang and Vastola 2023",
    example: "return nn.residual_mlp{dimension = 2, width = 32, sde = sde.edm(), sigma_data = 0.5}")

  package let options: Options
  package let shape: Shape
  /// ω, in radians per unit of the level.
  package let frequencies: [Double]
  package let parameters: ParameterSet

  private var blocks: Int { options.blocks.value }
  package var classes: Int? { options.classes?.value }
  package var summary: String {
    let length = shape.elementCount
    let labels = classes.map { ", \($0) classes" } ?? ""
    return "\(length) → \(blocks) blocks of \(options.width) → \(length)\(labels)"
  }

  package init(
    _ options: Options, shape: Shape, seed: Int?, restoring stored: StoredTensors? = nil
  ) throws {
    self.options = options
    self.shape = shape
    try ResidualMLP.checkMemory(options, length: Count(shape.elementCount))
    let (width, embedding) = (options.width.value, options.embedding.value)
    let length = shape.elementCount
    let pairs = embedding / 2
    frequencies = (0..<pairs).map { pow(64, Double($0) / Double(max(pairs - 1, 1))) }
    let stream = RandomStream(seed: seed ?? SessionSeed.next(), purpose: .initialization)
    var starts: [ParameterSet.Start] = [
      .linear("w_in", [length, width], fanIn: length, stream),
      .linear("b_in", [width], fanIn: length, stream),
    ]
    for block in 0..<options.blocks.value {
      let p = "block\(block + 1)_"
      starts += [
        .constant(p + "gain", [width], 1), .constant(p + "shift", [width], 0),
        .linear(p + "w1", [width, width], fanIn: width, stream),
        .linear(p + "b1", [width], fanIn: width, stream),
        .linear(p + "e", [embedding, width], fanIn: embedding, stream),
        .linear(p + "w2", [width, width], fanIn: width, stream),
        .linear(p + "b2", [width], fanIn: width, stream),
      ]
    }
    starts += [
      .constant("gain", [width], 1), .constant("shift", [width], 0),
      .constant("w_out", [width, length], 0), .constant("b_out", [length], 0),
    ]
    if let classes = options.classes {
      starts.append(.linear("label", [classes.value, embedding], fanIn: 1, stream))
    }
    parameters = try ParameterSet(starts, restoring: stored)
  }

  private init(like other: ResidualMLP) throws {
    options = other.options
    shape = other.shape
    frequencies = other.frequencies
    parameters = try other.parameters.copied()
  }

  package func copied() throws -> any Network { try ResidualMLP(like: self) }

  package func output(_ x: Tensor, _ level: Tensor?, _ call: NetworkCall) throws -> Tensor {
    let dtype: DType = x.dtype == .float64 ? .float64 : .float32
    let gamma = try features(level, count: x.shape[0], dtype, call)
    return try onFlattenedPoints(x) { try residual($0, gamma, call) }
  }

  /// F of rows [n, d].
  private func residual(_ x: Tensor, _ gamma: Tensor, _ call: NetworkCall) throws -> Tensor {
    var h = try matmul(x, call["w_in"]) + call["b_in"]
    for block in 0..<blocks {
      let p = "block\(block + 1)_"
      let u = try matmul(
        layerNorm(h, gain: call[p + "gain"], bias: call[p + "shift"]), call[p + "w1"])
      // b₁ goes with the features of the level, which are narrow.
      let v = try silu(u + (matmul(gamma, call[p + "e"]) + call[p + "b1"]))
      h = try h + (matmul(v, call[p + "w2"]) + call[p + "b2"])
    }
    let last = try layerNorm(h, gain: call["gain"], bias: call["shift"])
    return try matmul(last, call["w_out"]) + call["b_out"]
  }

  /// γ of shape [n, embedding]; of the label alone where F is blind.
  private func features(_ level: Tensor?, count: Int, _ dtype: DType, _ call: NetworkCall) throws
    -> Tensor
  {
    let waves = try level.map { try noiseFeatures($0, dtype) }
    guard let classes, let labels = call.labels else {
      return try waves ?? .zeros([count, options.embedding.value], dtype)
    }
    let choice = try matmul(oneHot(labels, classes), call["label"])
    return try waves.map { try $0 + choice } ?? choice
  }

  /// [sin ω_j c, cos ω_j c] of levels [n].
  private func noiseFeatures(_ level: Tensor, _ dtype: DType) throws -> Tensor {
    try functionOfTime("noise_features", level) { level in
      let pairs = self.frequencies.count
      let result = try Tensor(uninitialized: [level.elementCount, 2 * pairs], .float64)
      let out = result.pointer(Double.self)
      for (row, level) in try level.doubles().enumerated() {
        for (place, omega) in self.frequencies.enumerated() {
          out[row * 2 * pairs + place] = Glibc.sin(omega * level)
          out[row * 2 * pairs + pairs + place] = Glibc.cos(omega * level)
        }
      }
      return try result.converted(to: dtype)
    } formula: { level in
      let angles = try expandedAxis(level, at: 1) * Tensor(self.frequencies)
      return try concatenate([sin(angles), cos(angles)], axis: 1)
    }
  }

  // MARK: Checks

  /// Asks for the parameters before a list of their names is made, which many blocks would make long.
  private static func checkMemory(_ options: Options, length: Count) throws {
    let (width, embedding) = (options.width, options.embedding)
    let ends = try (2 as Count) * length * width + (options.classes ?? 0) * embedding
    let block = try (2 as Count) * width * width + width * embedding + 5 * width
    let names = try (7 as Count) * options.blocks * 64
    try Memory.request((ends + embedding + options.blocks * block + names).value, of: Float.self)
  }
}
