import Catalog
import Glibc

/// The exponential average: β, or β = 2^(−1/h) with a half-life of h updates. With a warm-up of ratio r the half-life of
/// update k is min(h, r k) (Karras et al. 2022, `ema_rampup_ratio`), so that early parameters are forgotten soon.
package struct EMA: AverageRule {
  package struct Options: OptionGroup {
    package var decay: Double?
    package var halfLife: Double?
    package var halfLifeExamples: Double?
    package var warmUp: Double?
    package var initial = false

    package init() {}

    package static let options: [Option<Options>] = [
      Option("decay", \.decay, "β; this or one half-life", in: .within(0.0..<1)),
      Option("half_life", \.halfLife, "h, in updates", in: .positive),
      Option(
        "half_life_examples", \.halfLifeExamples,
        "h in examples, of which an update has batch · noises",
        in: .positive),
      Option(
        "warm_up", \.warmUp, "r: the half-life is at most r times the updates made; 0.05 in EDM",
        in: .positive),
      Option(
        "initial", \.initial,
        "whether the average begins as the initial parameters, as in most programs; fit.ema_initial says how much of them "
          + "is left"),
    ]

    package func check() throws {
      let given = [decay != nil, halfLife != nil, halfLifeExamples != nil].count { $0 }
      guard given == 1 else {
        throw UserError("give one of decay, half_life and half_life_examples, got \(given)")
      }
      guard warmUp == nil || decay != 0 else { throw UserError("warm_up needs a decay above 0") }
    }
  }

  package static let constructor = "ema"
  package static let entry = constructorEntry(
    "An exponential average of the parameters over the updates.",
    details: """
      Without `initial` the average is over the parameters after updates alone, with weights that add up to 1, so that \
      the initial ones have no share.
      """,
    source: "Kingma and Ba 2015, section 3; Karras et al. 2022, training_loop.py",
    example: "return optim.ema{half_life = 1000, warm_up = 0.05}")

  package let options: Options
  package init(_ options: Options) throws {
    try options.check()
    self.options = options
  }

  package var holdsInitial: Bool { options.initial }

  /// h without warm-up.
  private func halfLife(_ examples: Int) -> Double {
    if let decay = options.decay { return -log(2) / log(decay) }
    return options.halfLife ?? (options.halfLifeExamples ?? 1) / Double(max(examples, 1))
  }

  package func decay(at update: Int, examples: Int) -> Double {
    guard let ratio = options.warmUp else { return options.decay ?? exp2(-1 / halfLife(examples)) }
    return exp2(-1 / min(halfLife(examples), ratio * Double(update)))
  }

  package func product(through update: Int, examples: Int) -> Double {
    guard let ratio = options.warmUp else {
      return pow(decay(at: 1, examples: examples), Double(update))
    }
    // The half-life grows with k through update ⌊h/r⌋.
    let h = halfLife(examples)
    let grown = min(Double(update), (h / ratio).rounded(.down))
    return exp2(-harmonic(grown) / ratio - (Double(update) - grown) / h)
  }

  /// 1 + 1/2 + … + 1/k.
  private func harmonic(_ k: Double) -> Double {
    if k < 40 {
      return stride(from: 1, through: k, by: 1).reduce(0) { $0 + 1 / $1 }
    }
    // Euler and Maclaurin; what is left out is below 1e-12.
    return log(k) + 0.577_215_664_901_532_86 + 1 / (2 * k) - 1 / (12 * k * k)
      + 1 / (120 * k * k * k * k)
  }
}
