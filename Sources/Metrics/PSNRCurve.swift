import Autodiff
import Catalog
import Glibc
import Models
import Runtime
import Tensors

/// How well a denoiser does at each noise level: the PSNR of noisy pictures beside that of what it makes of them
/// (Mohan et al. 2020, Fig. 1; Kadkhodaie et al. 2024, Fig. 1).
enum PSNRCurve {
  struct Options: OptionGroup {
    var sigmas: [Double]?
    var peak = 1.0
    var seed: Int?

    static let options: [Option<Options>] = [
      Option(
        "sigmas", \.sigmas,
        "a list of noise levels; where absent those of 40, 35, …, 0 dB, 0.01 to 1 times the peak"),
      Option("peak", \.peak, "how far the brightest is above the darkest", in: .positive),
      Option("seed", \.seed, "any integer; the session's next where absent"),
    ]
  }

  static let entry = Entry.function(
    "psnr_curve",
    "The PSNR of a denoiser's results against that of the noisy pictures it is given.",
    .arg("model"), .arg("x", "clean pictures, shape [n, d] or [n] and the model's shape"),
    .group(Options.self),
    returns:
      "a table: sigma, psnr_in, psnr_out, error (standard error of psnr_out), mse [k], float64 tensors; n, seed",
    details: """
      Pictures are y = x + σ z, and the denoiser gives E[x | y]: a blind model of y alone, another one at the time \
      whose σ(t)/α(t) is σ, of x_t = α y. z depends on seed and row alone, the same at all levels: with one seed \
      two models meet the same noise, and the difference of their curves is far surer than each. psnr_in and \
      psnr_out are means over pictures in decibels, mse the mean squared error of a pixel. One picture has no \
      error: nan. Evaluates the model at n pictures for each level.
      """,
    source: "Mohan et al. 2020; Kadkhodaie et al. 2024",
    example: """
      law = target.gaussian{mean = tensor.zeros{8}, std = 0.5}
      m, x = law:model(sde.ve()), law:sample(20, {seed = 1})
      r = metric.psnr_curve(m, x, {sigmas = {0.1, 0.3}, seed = 1})
      return r.psnr_out
      """
  ) { (model: ScoreModel, x: Tensor, options: OptionsOf<Options>) -> Value in
    let pictures = try NoisyPictures(clean: x, "x", model)
    let sigmas =
      try options.sigmas.map(checked)
      ?? (0...8).map { options.peak * pow(10, -Double(40 - 5 * $0) / 20) }
    let seed = options.seed ?? SessionSeed.next()
    let denoisers = try sigmas.map { try Denoiser(model, sigma: $0) }
    var rows: [[Double]] = []
    for (sigma, denoiser) in zip(sigmas, denoisers) {
      rows.append(try level(pictures, denoiser, sigma, options.peak, seed))
    }
    func column(_ place: Int) throws -> Value { .object(try Tensor(rows.map { $0[place] })) }
    return .named([
      ("sigma", .object(try Tensor(sigmas))), ("psnr_in", try column(0)),
      ("psnr_out", try column(1)), ("error", try column(2)), ("mse", try column(3)),
      ("n", .integer(pictures.count)), ("seed", .integer(seed)),
    ])
  }

  private static func checked(_ sigmas: [Double]) throws -> [Double] {
    guard !sigmas.isEmpty else { throw UserError("sigmas must not be empty") }
    for (place, sigma) in sigmas.enumerated() where !(sigma > 0 && sigma.isFinite) {
      throw UserError(
        "sigmas must be positive numbers, got \(formatNumber(sigma)) at position \(place + 1)")
    }
    return sigmas
  }

  /// psnr_in, psnr_out, its standard error and the mean squared error.
  private static func level(
    _ pictures: NoisyPictures, _ denoiser: Denoiser, _ sigma: Double, _ peak: Double, _ seed: Int
  ) throws -> [Double] {
    let stream = RandomStream(seed: seed, purpose: .noise)
    let d = Double(pictures.dimension)
    var (before, after, errors) = ([Double](), [Double](), [Double]())
    try pictures.eachBlock { clean, first in
      let noise = try stream.normal(clean.shape, clean.dtype, step: 0, firstRow: first)
      let noisy = try clean + noise * sigma
      let found = try denoiser(noisy)
      try ScoreModel.requireConstant(found)
      for error in try squaredLengths(noisy, clean, .subtract).doubles() {
        before.append(PSNR.decibels(error / d, peak: peak))
      }
      for error in try squaredLengths(found.value, clean, .subtract).doubles() {
        after.append(PSNR.decibels(error / d, peak: peak))
        errors.append(error / d)
      }
    }
    let out = meanAndError(after)
    return [meanAndError(before).mean, out.mean, out.error, meanAndError(errors).mean]
  }
}

/// Pictures of a model's shape, in blocks that a network takes at once.
struct NoisyPictures {
  let rows: Tensor
  let dimension: Int
  var count: Int { rows.shape[0] }

  init(clean x: Tensor, _ name: String, _ model: ScoreModel) throws {
    try checkPoints(x, model, name: name)
    let plain = try x.constant(name)
    guard plain.shape[0] > 0 else {
      throw UserError("\(name) must hold 1 picture or more, got 0")
    }
    guard try plain.isFinite() else { throw UserError("\(name) must be finite, got nan or inf") }
    rows = try plain.converted(to: plain.dtype == .float64 ? .float64 : .float32).densified()
    dimension = model.dimension
  }

  /// - Parameter numbers: of a block, at most about so many.
  func eachBlock(
    numbers: Int = 1 << 18, _ body: (_ block: Tensor, _ first: Int) throws -> Void
  ) throws {
    let size = max(1, min(4096, numbers / max(dimension, 1)))
    for first in stride(from: 0, to: count, by: size) {
      try Cancellation.check()
      try body(rows.slice(axis: 0, first..<min(first + size, count)), first)
    }
  }
}
