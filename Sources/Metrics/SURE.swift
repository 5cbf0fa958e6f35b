import Autodiff
import Catalog
import Models
import Runtime
import Tensors

/// Stein's unbiased estimate of the error of a denoiser f at y = x + σ z, from noisy pictures alone (Stein 1981;
/// Kadkhodaie et al. 2024, Eq. 7): of each pixel,
///
/// SURE = (‖y − f(y)‖² + 2 σ² tr ∂f/∂y)/d − σ²,
///
/// whose mean is E‖f(y) − x‖²/d. The trace is exact, or E εᵀ(∂f/∂y)ε over ε of ±1 (Hutchinson 1990; Ramani et al.
/// 2008). Of the best denoiser, the posterior mean, σ² tr ∂f/∂y alone has the mean E‖f(y) − x‖² (Miyasawa 1961).
enum SURE {
  struct Options: OptionGroup {
    var sigma: Double?
    var probes: Count = 1
    var exact = false
    var each = false
    var level = 0.95
    var seed: Int?

    static let options: [Option<Options>] = [
      Option(required: "sigma", \.sigma, "the noise level of y = x + σ z", in: .positive),
      Option("probes", \.probes, "random vectors of a picture for the trace", in: .positive),
      Option("exact", \.exact, "the trace from d reverse sweeps, for small pictures"),
      Option("each", \.each, "gives the value of each picture, [n], in place of the mean"),
      Option("level", \.level, "confidence of the interval", in: .confidence),
      Option("seed", \.seed, "of the random vectors; the session's next where absent"),
    ]
  }

  private static let example = """
    x = target.disks{size = 10}:sample(20, {seed = 1})
    y = x + 0.2 * random.stream(2):normal{20, 10, 10}

    """

  static let entry = Entry.function(
    "sure", "The mean squared error of a denoiser, estimated from noisy pictures alone.",
    .arg("model"), .arg("y", "noisy pictures, shape [n, d] or [n] and the model's shape"),
    .group(Options.self),
    returns: "the mean over pictures, a measurement; with each = true a float64 tensor [n]",
    details: """
      Stein's estimate (‖y − f(y)‖² + 2σ² tr ∂f/∂y)/d − σ², of a pixel: its mean is that of (f(y) − x)², \
      whatever the law of x, where the noise is Gaussian of that σ. Single values may be negative. The trace is \
      that of the Jacobian by reverse sweeps, with probes of ±1, or exact. The interval is over pictures and \
      probes. Blind models are given y, others x_t = α y at the time whose σ(t)/α(t) is σ. Evaluates the model \
      once, and probes or d reverse sweeps, on each picture.
      """,
    source: "Stein 1981; Hutchinson 1990; Ramani et al. 2008",
    example: example
      + "m = target.empirical(x):model(sde.ve())  return metric.sure(m, y, {sigma = 0.2, seed = 1})"
  ) { (model: ScoreModel, y: Tensor, options: OptionsOf<Options>) in
    try measured(model, y, options.values) { residual, trace, sigma, d in
      (residual + 2 * sigma * sigma * trace) / d - sigma * sigma
    }
  }

  static let traceError = Entry.function(
    "mmse_from_trace",
    "σ² tr ∂f/∂y: what the squared error of a denoiser is if it is the best there is.",
    .arg("model"), .arg("y", "noisy pictures, shape [n, d] or [n] and the model's shape"),
    .group(Options.self),
    returns: "the mean over pictures, a measurement; with each = true a float64 tensor [n]",
    details: """
      σ² tr(∂f/∂y)/d of a pixel. The Jacobian of the posterior mean is the posterior covariance over σ², so this \
      is the least mean squared error where f is the posterior mean, and a number without a meaning of its own \
      where it is not: compare with `metric.sure`. Options and costs are those of `metric.sure`.
      """,
    source: "Miyasawa 1961; Kadkhodaie et al. 2024",
    example: example
      + "return metric.mmse_from_trace(target.empirical(x):model(sde.ve()), y, {sigma = 0.2, seed = 1})"
  ) { (model: ScoreModel, y: Tensor, options: OptionsOf<Options>) in
    try measured(model, y, options.values) { _, trace, sigma, d in sigma * sigma * trace / d }
  }

  private static func measured(
    _ model: ScoreModel, _ y: Tensor, _ options: Options,
    _ value: (_ residual: Double, _ trace: Double, _ sigma: Double, _ d: Double) -> Double
  ) throws -> OneOf<Measurement, Tensor> {
    let sigma = try options.required(\.sigma, "sigma")
    let denoiser = try Denoiser(model, sigma: sigma)
    let pictures = try NoisyPictures(clean: y, "y", model)
    let seed = options.seed ?? SessionSeed.next()
    let stream = RandomStream(seed: seed, purpose: .probe)
    var values: [Double] = []
    try pictures.eachBlock(numbers: 1 << 16) { block, first in
      let linear = try Linearization(at: block) { try denoiser($0) }
      try ScoreModel.requireConstant(linear.value)
      let residuals = try squaredLengths(block, linear.value.value, .subtract).doubles()
      let traces =
        try options.exact
        ? exactTraces(linear, block)
        : probedTraces(linear, block, stream, options.probes.value, first)
      for (residual, trace) in zip(residuals, traces) {
        values.append(value(residual, trace, sigma, Double(pictures.dimension)))
      }
    }
    var shared = PictureOptions()
    (shared.each, shared.level) = (options.each, options.level)
    return try shared.result(
      values, reference: "\(pictures.count) noisy pictures", seed: options.exact ? nil : seed)
  }

  /// Of each picture.
  private static func probedTraces(
    _ linear: Linearization, _ block: Tensor, _ stream: RandomStream, _ probes: Int, _ first: Int
  ) throws -> [Double] {
    var totals = [Double](repeating: 0, count: block.shape[0])
    for probe in 0..<probes {
      try Cancellation.check()
      let uniform = try stream.uniform(
        block.shape, block.dtype, step: UInt32(truncatingIfNeeded: probe), firstRow: first)
      let signs = try sign(uniform - 0.5)
      let flow = try linear.pull(convert(signs, to: linear.value.dtype))
      let products = try flattenedPoints(flow.value * signs).converted(to: .float64)
      for (row, part) in try products.reduced(.sum, axis: 1).doubles().enumerated() {
        totals[row] += part / Double(probes)
      }
    }
    return totals
  }

  private static func exactTraces(_ linear: Linearization, _ block: Tensor) throws -> [Double] {
    let (n, d) = (block.shape[0], block.elementCount / max(block.shape[0], 1))
    var totals = [Double](repeating: 0, count: n)
    for place in 0..<d {
      try Cancellation.check()
      let units = try Tensor.zeros([n, d], linear.value.dtype)
      try units.slice(axis: 1, place..<place + 1).assign(Tensor.scalar(1, units.dtype))
      let flow = try linear.pull(units.reshaped(to: Array(block.shape)))
      let column = try flattenedPoints(flow.value).slice(axis: 1, place..<place + 1)
      for (row, slope) in try column.doubles().enumerated() { totals[row] += slope }
    }
    return totals
  }
}
