import Autodiff
import Catalog
import Glibc
import Processes
import Tensors

/// A residual multilayer perceptron for the denoiser, with the preconditioning of Karras et al. 2022:
///
/// h ← c_in x W_in + b_in
/// h ← h + φ(LN(h) W₁ + b₁ + γ E) W₂ + b₂      for each block, φ = silu
/// F = LN(h) W_out + b_out
///
/// γ = [sin ω_j c_noise, cos ω_j c_noise], ω_j in geometric progression from 1 to 64. LN is layer
/// normalisation before each block (pre-norm: Xiong et al. 2020). W₂ and W_out start at 0, so each block
/// starts as the identity and the score as that of N(0, (σ² + σ_d²) I); the others start as PyTorch's
/// linear layers do. Matrices are stored [inputs, outputs].
package final class ResidualMLP: Network {
  package static let entry = Entry.function(
    constructor,
    "Residual network for vectors, with the preconditioning of EDM; pictures are flattened first.",
    .option("sde", "the diffusion it belongs to; must keep the mean of the data: edm, ve_power"),
    .option("dimension", "d, the length of a data point", in: .positive),
    .option("sigma_data", "standard deviation of the data: a number, or the data themselves"),
    .option("width", default: 1024, "hidden units", in: .positive),
    .option("blocks", default: 3, "residual blocks of two layers each", in: .nonNegative),
    .option("embedding", default: 64, "length of the noise-level features, even", in: .even),
    .option("seed", default: nil, "of the initial weights; the session's next where absent"),
    source: "Karras et al. 2022, Eq. 7 and Table 1; He et al. 2016; Xiong et al. 2020",
    example: "return nn.residual_mlp{dimension = 2, width = 32, sde = sde.edm(), sigma_data = 0.5}"
  ) {
    (
      sde: SDE, dimension: Int, sigmaData: OneOf<Double, Tensor>, width: Int, blocks: Int,
      embedding: Int, seed: Int?
    ) in
    try checkMean(sde)
    let sigma = try spread(sigmaData)
    let stream = RandomStream(seed: seed ?? SessionSeed.next(), purpose: .initialization)
    let network = try ResidualMLP(
      dimension: dimension, width: width, blocks: blocks, embedding: embedding, sigmaData: sigma,
      stream: stream)
    return ScoreModel(network, sde)
  }

  package let dimension: Int
  package let width: Int
  package let blocks: Int
  /// σ_d.
  package let sigmaData: Double
  /// ω, in radians per unit of c_noise.
  package let frequencies: [Double]
  package let parameters: ParameterSet

  package static let constructor = "residual_mlp"
  package var summary: String {
    "\(dimension) → \(blocks) blocks of \(width) → \(dimension), σ_data \(shortNumber(sigmaData))"
  }
  package var options: [(key: String, value: Value)] {
    [
      ("dimension", .integer(dimension)), ("width", .integer(width)), ("blocks", .integer(blocks)),
      ("embedding", .integer(2 * frequencies.count)), ("sigma_data", .number(sigmaData)),
    ]
  }

  package init(
    dimension: Int, width: Int, blocks: Int, embedding: Int, sigmaData: Double,
    stream: RandomStream, restoring stored: StoredTensors? = nil
  ) throws {
    self.dimension = dimension
    self.width = width
    self.blocks = blocks
    self.sigmaData = sigmaData
    let pairs = embedding / 2
    frequencies = (0..<pairs).map { pow(64, Double($0) / Double(max(pairs - 1, 1))) }
    var starts: [ParameterSet.Start] = [
      .linear("w_in", [dimension, width], fanIn: dimension, stream),
      .linear("b_in", [width], fanIn: dimension, stream),
    ]
    for block in 0..<blocks {
      let p = "block\(block + 1)_"
      starts += [
        .constant(p + "gain", [width], 1), .constant(p + "shift", [width], 0),
        .linear(p + "w1", [width, width], fanIn: width, stream),
        .linear(p + "b1", [width], fanIn: width, stream),
        .linear(p + "e", [embedding, width], fanIn: embedding, stream),
        .constant(p + "w2", [width, width], 0), .constant(p + "b2", [width], 0),
      ]
    }
    starts += [
      .constant("gain", [width], 1), .constant("shift", [width], 0),
      .constant("w_out", [width, dimension], 0), .constant("b_out", [dimension], 0),
    ]
    parameters = try ParameterSet(starts, restoring: stored)
  }

  package convenience init(restoring stored: StoredNetwork) throws {
    try ResidualMLP.checkMean(stored.sde)
    try self.init(
      dimension: stored.length("dimension"), width: stored.length("width"),
      blocks: stored.length("blocks", orNone: true), embedding: stored.length("embedding"),
      sigmaData: stored.options.number("sigma_data", in: .positive), stream: RandomStream(seed: 0),
      restoring: stored.tensors)
  }

  private init(like other: ResidualMLP) throws {
    dimension = other.dimension
    width = other.width
    blocks = other.blocks
    sigmaData = other.sigmaData
    frequencies = other.frequencies
    parameters = try other.parameters.copied()
  }

  package func copied() throws -> any Network { try ResidualMLP(like: self) }

  package func score(
    _ x: Tensor, _ t: Tensor, process: any DiffusionProcess, parameters p: [Tensor]
  ) throws -> Tensor {
    let c = try Preconditioning(t, process: process, sigmaData: sigmaData)
    let gamma = try noiseFeatures(c.noise, x.dtype)
    var h = try matmul(x * c.input, p[0]) + p[1]
    for block in 0..<blocks {
      let q = p[(2 + 7 * block)..<(9 + 7 * block)]
      let i = q.startIndex
      let u = try matmul(layerNorm(h, gain: q[i], bias: q[i + 1]), q[i + 2])
      // b₁ goes with the time features, which are narrow.
      let v = try silu(u + (matmul(gamma, q[i + 4]) + q[i + 3]))
      h = try h + (matmul(v, q[i + 5]) + q[i + 6])
    }
    let last = p.count - 4
    let f = try matmul(layerNorm(h, gain: p[last], bias: p[last + 1]), p[last + 2]) + p[last + 3]
    return try x * c.skip + f * c.output
  }

  /// γ of shape [n, embedding].
  private func noiseFeatures(_ noise: Tensor, _ dtype: DType) throws -> Tensor {
    let levels = try noise.doubles()
    let pairs = frequencies.count
    let result = try Tensor(uninitialized: [levels.count, 2 * pairs], .float64)
    let out = result.pointer(Double.self)
    for (row, level) in levels.enumerated() {
      for (place, omega) in frequencies.enumerated() {
        out[row * 2 * pairs + place] = Glibc.sin(omega * level)
        out[row * 2 * pairs + pairs + place] = Glibc.cos(omega * level)
      }
    }
    return try result.converted(to: dtype == .float64 ? .float64 : .float32)
  }

  // MARK: Checks

  private static func checkMean(_ sde: SDE) throws {
    let times = sde.process.times
    guard sde.process.mean(times.lowerBound) == 1, sde.process.mean(times.upperBound) == 1 else {
      throw UserError(
        "sde must keep the mean of the data, as sde.edm and sde.ve_power do, got \(sde.describe())")
    }
  }

  /// A standard deviation as given, or that of all numbers of the data.
  private static func spread(_ argument: OneOf<Double, Tensor>) throws -> Double {
    let sigma: Double
    switch argument {
    case .first(let value): sigma = value
    case .second(let data):
      guard data.elementCount > 0 else { throw UserError("sigma_data must not be empty data") }
      sigma = try variance(data.value.converted(to: .float64), correction: 0).item().squareRoot()
    }
    guard sigma > 0, sigma.isFinite else {
      throw UserError("sigma_data must be a positive number, got \(formatNumber(sigma))")
    }
    return sigma
  }
}
