import Autodiff
import Catalog
import Glibc
import Processes
import Targets
import Tensors

/// When the score of n samples stops generalizing: below it a trajectory goes to one training point.
///
/// By entropy (Biroli et al. 2024, Eq. 5): the entropy of p_t per dimension equals that of n separate normal laws,
///   s(t_C) = ln n/d + ½ + ½ ln 2πΔ,  which is  I(x_0; x_t) = ln n.
/// For a normal law of variance σ² that gives t_C = ½ ln(1 + σ²/(n^(2/d) − 1)). By own weight: the mean posterior
/// weight of the training point that a noised point came from reaches one half.
enum CollapseTime {
  static let entry = Entry.function(
    "collapse_time", "When the empirical score of n samples turns to single training points.",
    .arg("law", "a target, by its entropy; or data, by the weight of a point's own"),
    .option("n", default: nil, "samples, for a target", in: Domain<Double>.aboveOne.orAbsent()),
    .option(
      "weight", default: 0.5, "of its own, at which data count as collapsed",
      in: .within(0.01...0.99)),
    .option("sde", default: nil, diffusionSummary), .group(MonteCarloOptions.self),
    returns: "the time; a table of snr, method and se, the standard error of the time",
    details: """
      Of a target, I(x_0; x_t) = ln n is solved by theory.mutual_information. Where n covers the whole law, as 2^d \
      points of d bits do, it is 0, and snr infinite. Of data, the posterior weights of the empirical law are \
      averaged over draws of a point and of its noise. The same draws serve all times.
      """,
    source: "Biroli et al. 2024, Eq. 5",
    example: "return theory.collapse_time(target.gaussian{std = {1, 1, 1}}, {n = 100})"
  ) {
    (
      law: OneOf<Target, Tensor>, n: Double?, weight: Double, sde: SDE?,
      options: OptionsOf<MonteCarloOptions>
    ) in
    let (draws, seed) = (options.values.draws.value, options.values.chosenSeed())
    switch law {
    case .first(let target):
      guard let n else { throw UserError("n is required for a target") }
      let information = try MutualInformation(target.distribution, draws: draws, seed: seed)
      // No more is ever known of a point than which of all points it is.
      let most = target.distribution.support.map { $0.supportBits * log(2) } ?? .infinity
      let level = log(n) < most * (1 - 1e-12) ? log(n) : .infinity
      return try answer(reaching: level, sde, information.method.rawValue) {
        try information($0)
      }
    case .second(let data):
      guard n == nil else {
        throw UserError("n must not be given with data, which have \(data.shape.first ?? 0) points")
      }
      let own = try OwnWeight(data, draws: draws, seed: seed)
      return try answer(reaching: weight, sde, "own weight") { try own($0) }
    }
  }

  /// The time at which a rising function of the snr reaches a level.
  private static func answer(
    reaching level: Double, _ sde: SDE?, _ method: String,
    _ value: (Double) throws -> (value: Double, error: Double)
  ) throws -> Several<Double, Value> {
    guard let snr = try solve(reaching: level, { try value($0).value }) else {
      return Several(
        0,
        .named([
          ("snr", .number(.infinity)), ("method", .string(method)), ("se", .number(0)),
        ]))
    }
    let at = try time(ofSNR: snr, sde)
    let error = try value(snr).error
    // δt = δf · dt/df, along ln snr.
    let step = 0.01
    let slope = try (value(snr * exp(step)).value - value(snr * exp(-step)).value) / (2 * step)
    let pace =
      try (time(ofSNR: snr * exp(step), sde) - time(ofSNR: snr * exp(-step), sde)) / (2 * step)
    return Several(
      at,
      .named([
        ("snr", .number(snr)), ("method", .string(method)),
        ("se", .number(abs(error * pace / slope))),
      ]))
  }

  /// Bisection in ln snr; nil where the level is not reached below snr = e^40.
  private static func solve(reaching level: Double, _ f: (Double) throws -> Double) throws
    -> Double?
  {
    guard level.isFinite else { return nil }
    var (low, high) = (-30.0, 0.0)
    while try f(exp(high)) < level {
      low = high
      high += 4
      if high > 40 { return nil }
    }
    for _ in 0..<60 where high - low > 1e-13 {
      let middle = (low + high) / 2
      if try f(exp(middle)) < level { low = middle } else { high = middle }
    }
    return exp((low + high) / 2)
  }

  static let excess = Entry.function(
    "excess_entropy", "How far the samples at a time are from collapse, (ln n − I(x_0; x_t))/d.",
    .arg("law", "a target"), .arg("t", "time", in: .positive),
    .option("n", "samples", in: .aboveOne), .option("sde", default: nil, diffusionSummary),
    .group(MonteCarloOptions.self),
    returns: "f(t), ln n/d at large times and 0 at the collapse time; its standard error",
    details:
      "s_sep − s of the paper: the entropy per dimension of n separate normal laws less that of p_t.",
    source: "Biroli et al. 2024, Eq. 5",
    example: "return theory.excess_entropy(target.binary{dimension = 10}, 0.5, {n = 20})"
  ) {
    (law: Target, t: Double, n: Double, sde: SDE?, options: OptionsOf<MonteCarloOptions>) in
    let (alpha, sigma) = try marginal(t, sde)
    guard sigma > 0 else { throw UserError("t must have noise, got sigma = 0") }
    let information = try MutualInformation(
      law.distribution, draws: options.values.draws.value, seed: options.values.chosenSeed())
    let result = try information(alpha * alpha / (sigma * sigma))
    let d = Double(law.dimension)
    return Several((log(n) - result.value) / d, result.error / d)
  }
}

extension Domain where Value == Double {
  static var aboveOne: Domain { Domain("a number above 1") { $0 > 1 && $0.isFinite } }
}
