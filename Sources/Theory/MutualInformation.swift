import Autodiff
import Catalog
import Glibc
import Runtime
import Targets
import Tensors

/// I(x_0; √snr x_0 + z) in nats: how much is left of a point under noise.
///
/// In closed form for a normal law, ½ Σ_j ln(1 + snr λ_j); by quadrature on the line and so for independent
/// coordinates, of which it is the sum; else by Monte Carlo of
///   ln N(x; √snr x_0, I) − ln p(x) at x = √snr x_0 + z,
/// whose mean it is. The same draws serve every snr.
struct MutualInformation {
  enum Method: String {
    case closedForm = "closed form"
    case quadrature
    case monteCarlo = "monte carlo"
  }

  let method: Method
  private let value: (_ snr: Double) throws -> (value: Double, error: Double)

  func callAsFunction(_ snr: Double) throws -> (value: Double, error: Double) { try value(snr) }

  /// - Parameter draws: of x_0 and z, where Monte Carlo is needed.
  init(_ law: any Distribution, draws: Int, seed: Int) throws {
    if let variances = try law.normalVariances() {
      method = .closedForm
      value = { snr in (variances.reduce(0) { $0 + log1p(snr * $1) / 2 }, 0) }
    } else if let parts = try law.lineFactors() {
      method = .quadrature
      value = { snr in
        (try parts.reduce(0) { try $0 + Double($1.count) * onLine($1.law, snr) }, 0)
      }
    } else {
      try law.requireNoised()
      method = .monteCarlo
      let clean = try law.sample(draws, RandomStream(seed: seed, purpose: .data))
        .converted(to: .float64)
      let noise = try RandomStream(seed: seed, purpose: .noise).normal(clean.shape, .float64)
      let squares = try flattenedPoints(square(noise)).value.reduced(.sum, axis: 1).doubles()
      value = { snr in
        let r = snr.squareRoot()
        let x = try clean.combined(with: r, .multiply).combined(with: noise, .add)
        let logs = try law.noisedLogDensity(
          x, mean: Tensor.full([1, 1], r, .float64), std: Tensor.full([1, 1], 1, .float64)
        ).doubles()
        let constant = Double(law.dimension) / 2 * log(2 * Double.pi)
        let values = zip(squares, logs).map { -$0 / 2 - constant - $1 }
        let mean = values.reduce(0, +) / Double(draws)
        let spread = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (mean, (spread / Double(draws - 1) / Double(draws)).squareRoot())
      }
    }
  }

  static let entry = Entry.function(
    "mutual_information", "How much noise leaves of a point, I(x_0; x_t) in nats.",
    .arg("law", "a target whose noised marginals have a density"),
    .arg("snr", "α²/σ²", in: .positive), .group(MonteCarloOptions.self),
    returns: "nats; their standard error, 0 where no sample is drawn",
    details: """
      Closed form for a normal law, quadrature on the line and for independent coordinates, else Monte Carlo over \
      draws of the target. With ln n for the nats, snr is that at which the empirical law of n points collapses.
      """,
    source: "Biroli et al. 2024, Eq. 5",
    example: "return theory.mutual_information(target.binary{dimension = 8}, 1)"
  ) { (law: Target, snr: Double, options: OptionsOf<MonteCarloOptions>) in
    let information = try MutualInformation(
      law.distribution, draws: options.values.draws.value, seed: options.values.chosenSeed())
    let result = try information(snr)
    return Several(result.value, result.error)
  }
}

/// I on the line: h(x) − ½ ln 2πe, h by quadrature over the parts of the noised law.
private func onLine(_ law: any Distribution, _ snr: Double) throws -> Double {
  let noised = try law.noised(mean: snr.squareRoot(), std: 1)
  var entropy = 0.0
  for part in try noised.lineParts() {
    var own = 0.0
    for (range, scale) in part.pieces {
      let count = max(
        1, Int(clamping: ((range.upperBound - range.lowerBound) / scale).rounded(.up)))
      try Memory.request(count * 8, of: Double.self)
      let step = (range.upperBound - range.lowerBound) / Double(count)
      let nodes = gaussLegendre(8, on: 0...step)
      let places = (0..<count).flatMap { k in
        nodes.map { range.lowerBound + step * Double(k) + $0.x }
      }
      let logs = try part.law.logDensity(Tensor(places, shape: [places.count, 1])).doubles()
      for (place, value) in logs.enumerated() where value > -.infinity {
        own -= nodes[place % 8].weight * exp(value) * value
      }
    }
    entropy += part.weight * (own - log(part.weight))
  }
  return entropy - 0.5 * log(2 * Double.pi * M_E)
}

/// Where a number has no formula.
struct MonteCarloOptions: OptionGroup {
  var draws = 4000 as Count
  var seed: Int?

  static let options: [Option<MonteCarloOptions>] = [
    Option("draws", \.draws, "of points and noise, where Monte Carlo is needed", in: .atLeast(2)),
    Option("seed", \.seed, "any integer; the session's next where absent"),
  ]

  func chosenSeed() -> Int { seed ?? SessionSeed.next() }
}
