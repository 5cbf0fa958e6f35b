import Autodiff
import Catalog
import Glibc
import Processes
import Runtime
import Tensors

/// A residual multilayer perceptron F behind a preconditioning, which scales its input u and its output:
///
/// h ← u W_in + b_in
/// h ← h + φ(LN(h) W₁ + b₁ + γ E) W₂ + b₂      for each block, φ = silu
/// F = LN(h) W_out + b_out
///
/// γ = [sin ω_j c_noise, cos ω_j c_noise], c_noise = ¼ ln σ, ω_j in geometric progression from 1 to 64. LN
/// is layer normalisation before each block (pre-norm: Xiong et al. 2020). W_out starts at 0, so the score
/// starts as that of a Gaussian, which the preconditioning names; the others start as PyTorch's linear
/// layers do. Matrices are stored [inputs, outputs].
package final class ResidualMLP: Network {
  package struct Options: OptionGroup {
    package var dimension: Count?
    /// σ_d itself once the network is made.
    package var sigmaData: OneOf<Double, Tensor>?
    package var preconditioning = "edm"
    package var width: Count = 1024
    package var blocks: Count = 3
    package var embedding: Count = 64

    package init() {}

    package static let options: [Option<Options>] = [
      Option(
        required: "dimension", \.dimension, "d, the length of a data point", in: .positive),
      Option(
        required: "sigma_data", \.sigmaData,
        "standard deviation of the data: a number, or the data themselves"),
      Option(
        "preconditioning", \.preconditioning,
        "edm: one scale for all, sigma_data; gaussian: the mean and covariance of the data, which "
          + "sigma_data then must be", in: .oneOf(["edm", "gaussian"])),
      Option("width", \.width, "hidden units", in: .positive),
      Option("blocks", \.blocks, "residual blocks of two layers each", in: .nonNegative),
      Option(
        "embedding", \.embedding, "length of the noise-level features, even", in: .even),
    ]

    package static let earlierNames: [String: String?] = ["principal_axes": nil]
  }

  package static let constructor = "residual_mlp"
  package static let entry = constructorEntry(
    "Residual network for vectors, behind a preconditioning; pictures are flattened first.",
    sde: "the diffusion it belongs to; must keep the mean of the data: edm, ve_power",
    source: "Karras et al. 2022, Eq. 7 and Table 1; Xiong et al. 2020; Wang and Vastola 2023",
    example: "return nn.residual_mlp{dimension = 2, width = 32, sde = sde.edm(), sigma_data = 0.5}")

  package let options: Options
  package let dimension: Int
  private let preconditioning: any Preconditioning
  /// ω, in radians per unit of c_noise.
  package let frequencies: [Double]
  package let parameters: ParameterSet

  private var blocks: Int { options.blocks.value }
  package var summary: String {
    "\(dimension) → \(blocks) blocks of \(options.width) → \(dimension), \(preconditioning.summary)"
  }

  package init(
    _ options: Options, sde: SDE, seed: Int?, restoring stored: StoredTensors? = nil
  ) throws {
    try ResidualMLP.checkMean(sde)
    let given = try options.required(\.dimension, "dimension")
    dimension = given.value
    try ResidualMLP.checkMemory(
      given, width: options.width, blocks: options.blocks, embedding: options.embedding)
    (preconditioning, self.options) = try ResidualMLP.preconditioning(options, restoring: stored)
    let (width, embedding) = (options.width.value, options.embedding.value)
    let length = preconditioning.length
    let pairs = embedding / 2
    frequencies = (0..<pairs).map { pow(64, Double($0) / Double(max(pairs - 1, 1))) }
    let stream = RandomStream(seed: seed ?? SessionSeed.next(), purpose: .initialization)
    var starts = preconditioning.starts
    starts += [
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
    parameters = try ParameterSet(starts, restoring: stored)
  }

  private init(like other: ResidualMLP) throws {
    options = other.options
    dimension = other.dimension
    preconditioning = other.preconditioning
    frequencies = other.frequencies
    parameters = try other.parameters.copied()
  }

  /// The preconditioning that the options ask for, and the options with a number for the data.
  private static func preconditioning(_ options: Options, restoring stored: StoredTensors?) throws
    -> (any Preconditioning, Options)
  {
    let length = try options.required(\.dimension, "dimension").value
    var options = options
    if options.preconditioning == "gaussian", let stored {
      let axes = stored["axes"]?.shape
      guard let axes, axes.rank == 2 else {
        throw UserError("the tensor 'axes' of the preconditioning is missing")
      }
      return (GaussianPreconditioning(dimension: length, axes: axes[1]), options)
    }
    let given = try options.required(\.sigmaData, "sigma_data")
    if options.preconditioning == "gaussian" {
      let scaling = try GaussianPreconditioning(data: points(given, length))
      options.sigmaData = .first(try spread(given))
      return (scaling, options)
    }
    let sigma = try spread(given)
    options.sigmaData = .first(sigma)
    return (EDMPreconditioning(length: length, sigmaData: sigma), options)
  }

  package func copied() throws -> any Network { try ResidualMLP(like: self) }

  package func score(
    _ x: Tensor, _ t: Tensor, process: any DiffusionProcess, parameters p: [Tensor]
  ) throws -> Tensor {
    let dtype: DType = x.dtype == .float64 ? .float64 : .float32
    let sigma = try functionOfTime("sigma", t) { t in
      let levels = try t.doubles().map { process.sigma(at: $0) }
      return try Tensor(levels, shape: [levels.count, 1]).converted(to: dtype)
    } formula: {
      try process.formula(.sigma, $0)
    }
    let gamma = try functionOfTime("noise_features", t) { t in
      try self.noiseFeatures(t.doubles().map { Glibc.log(process.sigma(at: $0)) / 4 }, dtype)
    } formula: { t in
      let level = try Autodiff.log(process.formula(.sigma, t)) * 0.25
      let angles = try expandedAxis(level, at: 1) * Tensor(self.frequencies)
      return try concatenate([sin(angles), cos(angles)], axis: 1)
    }
    let frozen = preconditioning.starts.count
    return try preconditioning.score(x, sigma, frozen: p[..<frozen]) {
      try self.residual($0, gamma, p[frozen...])
    }
  }

  /// F(u), shape [n, length]; γ of shape [n, embedding].
  private func residual(_ u: Tensor, _ gamma: Tensor, _ p: ArraySlice<Tensor>) throws -> Tensor {
    let p = Array(p)
    var h = try matmul(u, p[0]) + p[1]
    for block in 0..<blocks {
      let q = p[(2 + 7 * block)..<(9 + 7 * block)]
      let i = q.startIndex
      let u = try matmul(layerNorm(h, gain: q[i], bias: q[i + 1]), q[i + 2])
      // b₁ goes with the time features, which are narrow.
      let v = try silu(u + (matmul(gamma, q[i + 4]) + q[i + 3]))
      h = try h + (matmul(v, q[i + 5]) + q[i + 6])
    }
    let last = p.count - 4
    return try matmul(layerNorm(h, gain: p[last], bias: p[last + 1]), p[last + 2]) + p[last + 3]
  }

  /// γ of shape [n, embedding] at levels c_noise.
  private func noiseFeatures(_ levels: [Double], _ dtype: DType) throws -> Tensor {
    let pairs = frequencies.count
    let result = try Tensor(uninitialized: [levels.count, 2 * pairs], .float64)
    let out = result.pointer(Double.self)
    for (row, level) in levels.enumerated() {
      for (place, omega) in frequencies.enumerated() {
        out[row * 2 * pairs + place] = Glibc.sin(omega * level)
        out[row * 2 * pairs + pairs + place] = Glibc.cos(omega * level)
      }
    }
    return try result.converted(to: dtype)
  }

  // MARK: Checks

  private static func checkMean(_ sde: SDE) throws {
    let times = sde.process.times
    guard sde.process.alpha(at: times.lowerBound) == 1, sde.process.alpha(at: times.upperBound) == 1
    else {
      throw UserError(
        "sde must keep the mean of the data, as sde.edm and sde.ve_power do, got \(sde.describe())")
    }
  }

  /// Asks for the parameters before a list of their names is made, which many blocks would make long.
  private static func checkMemory(
    _ dimension: Count, width: Count, blocks: Count, embedding: Count
  ) throws {
    let ends = try (2 as Count) * dimension * width
    let block = try (2 as Count) * width * width + width * embedding + 5 * width
    let names = try (7 as Count) * blocks * 64
    try Memory.request((ends + embedding + blocks * block + names).value, of: Float.self)
  }

  /// A standard deviation as given, or that of all numbers of the data.
  private static func spread(_ argument: OneOf<Double, Tensor>) throws -> Double {
    let sigma: Double
    switch argument {
    case .first(let value): sigma = value
    case .second(let data):
      guard data.elementCount > 0 else { throw UserError("sigma_data must not be empty data") }
      let values = try data.constant("sigma_data").converted(to: .float64)
      sigma = try variance(values, correction: 0).item().squareRoot()
    }
    guard sigma > 0, sigma.isFinite else {
      throw UserError("sigma_data must be a positive number, got \(formatNumber(sigma))")
    }
    return sigma
  }

  /// The data a Gaussian is fitted to.
  private static func points(_ argument: OneOf<Double, Tensor>, _ dimension: Int) throws -> Tensor {
    guard case .second(let data) = argument else {
      throw UserError(
        "sigma_data must be the data for the gaussian preconditioning, got \(describe(argument))")
    }
    guard data.rank == 2, data.shape[1] == dimension, data.shape[0] > 0 else {
      throw UserError("sigma_data must have shape [n \(dimension)], got \(data.describe())")
    }
    guard
      try data.constant("sigma_data").converted(to: .float64).doubles().allSatisfy(\.isFinite)
    else {
      throw UserError("sigma_data must be finite")
    }
    guard
      try variance(data.value.converted(to: .float64), axis: 0, correction: 0).doubles()
        .contains(where: { $0 > 0 })
    else { throw UserError("sigma_data must hold points that differ") }
    return data
  }

  private static func describe(_ argument: OneOf<Double, Tensor>) -> String {
    switch argument {
    case .first(let number): formatNumber(number)
    case .second(let data): data.describe()
    }
  }
}
