import Autodiff
import Catalog
import Models
import Processes
import Tensors

/// The weights w of losses that compare scores, on w σ² ‖s − ∇ log p‖² = w ‖E[z] − z‖² + const, as options.
///
/// With SNR = α²/σ² and σ̂ = σ/α, and by α δx_0 = −σ δz:
///
/// | name | w | on another error | source |
/// |---|---|---|---|
/// | std2 | 1 | λ = σ² on the score's | Song et al. 2021, Eq. 7 |
/// | likelihood | g²/σ² | λ = g² on the score's | Song et al. 2021 (likelihood), Theorem 1 |
/// | edm | (σ̂² + σ_d²)/σ_d² | (σ̂² + σ_d²)/(σ̂ σ_d)² on x_0's | Karras et al. 2022, Table 1 |
/// | snr | 1 | SNR on x_0's | Salimans and Ho 2022, §4 |
/// | min_snr | min(SNR, γ)/SNR | min(SNR, γ) on x_0's | Hang et al. 2023 (min-SNR) |
/// | clean | 1/SNR | 1 on x_0's | Salimans and Ho 2022, §4 |
/// | velocity | (σ′ − α′ σ̂)² | 1 on the velocity's | Lipman et al. 2023 |
/// | v | (α + σ σ̂)² | 1 on v's | Salimans and Ho 2022, §4 |
package struct NoiseWeights: OptionGroup {
  package var weight: OneOf<String, Callback>?
  package var gamma = 5.0
  package var sigmaData: Double?

  package init() {}
  package init(_ name: String) { weight = .first(name) }

  static let names = [
    "std2", "likelihood", "edm", "snr", "min_snr", "clean", "velocity", "v",
  ]

  package static let options: [Option<NoiseWeights>] = [
    Option(
      "weight", \.weight,
      "w(t) on the squared error of the noise, E‖E[z] − z‖²: by name, or a function of ln(α²/σ²), [n] → [n]; "
        + "where absent 1, or for a model that predicts clean, velocity, v or residual the squared error of that, "
        + "at unit size", in: choice.orAbsent()),
    Option("gamma", \.gamma, "γ of min_snr", in: .positive),
    Option(
      "sigma_data", \.sigmaData,
      "σ_d of the weight edm; that of a model that predicts edm where absent", in: .positive),
  ]

  private static let choice = Domain<OneOf<String, Callback>>(
    Domain<String>.oneOf(names).text + " or a function", choices: names
  ) {
    if case .first(let name) = $0 { names.contains(name) } else { true }
  }

  package func check() throws {
    guard sigmaData != nil, !isNamed("edm") else { return }
    throw UserError("sigma_data is for weight = 'edm', got weight = \(weight?.literal ?? "nil")")
  }

  private func isNamed(_ name: String) -> Bool {
    if case .first(name)? = weight { true } else { false }
  }

  package var functions: [Callback] {
    if case .second(let function)? = weight { [function] } else { [] }
  }

  /// Throws where σ_d is not known.
  func check(_ score: NetworkScore) throws {
    if isNamed("edm") { _ = try knownSigmaData(score) }
  }

  private func knownSigmaData(_ score: NetworkScore) throws -> Double {
    if let sigmaData { return sigmaData }
    if score.predicts == "edm", case .first(let sigma)? = score.parametrization.options.sigmaData {
      return sigma
    }
    throw UserError(
      "the weight edm needs sigma_data, the standard deviation of the data, where the model does not predict edm"
    )
  }

  /// The weights of examples; nil where all are 1.
  func values(of examples: ExampleTimes, _ setting: LossSetting) throws -> Tensor? {
    switch weight {
    case nil: return try usual(examples, setting)
    case .first(let name): return try named(name, examples, setting)
    case .second(let function):
      return try checkedWeights(
        function, of: setting.process.values(.logSNR, of: examples.t), examples.t)
    }
  }

  /// Those of the parametrisation.
  private func usual(_ examples: ExampleTimes, _ setting: LossSetting) throws -> Tensor? {
    let parametrization = setting.score.parametrization
    guard parametrization.weighsQuantity else { return nil }
    return try Tensor(
      examples.t.doubles().polledMap {
        Float(parametrization.lossWeight(setting.process, at: $0))
      })
  }

  private func named(_ name: String, _ examples: ExampleTimes, _ setting: LossSetting) throws
    -> Tensor?
  {
    let process = setting.process
    let gamma = gamma
    switch name {
    case "likelihood":
      return try finite(examples, name) { t, _, sigma in
        let g = process.value(.diffusion, at: t)
        return g * g / (sigma * sigma)
      }
    case "edm":
      let data = try knownSigmaData(setting.score)
      return try finite(examples, name) { _, alpha, sigma in
        let ratio = sigma / (alpha * data)
        return ratio * ratio + 1
      }
    case "min_snr":
      return try finite(examples, name) { _, alpha, sigma in
        alpha == 0 ? 1 : min(1, gamma * (sigma * sigma) / (alpha * alpha))
      }
    case "clean":
      return try finite(examples, name) { _, alpha, sigma in (sigma * sigma) / (alpha * alpha) }
    case "velocity":
      return try finite(examples, name) { t, alpha, sigma in
        let sigmaSlope = process.value(.varianceSlope, at: t) / (2 * sigma)
        let error = sigmaSlope - process.value(.alphaSlope, at: t) * sigma / alpha
        return error * error
      }
    case "v":
      return try finite(examples, name) { _, alpha, sigma in
        let error = alpha + sigma * sigma / alpha
        return error * error
      }
    default: return nil
    }
  }

  /// w(t, α, σ) of each example.
  private func finite(
    _ examples: ExampleTimes, _ name: String, _ weight: (Double, Double, Double) -> Double
  ) throws -> Tensor {
    let count = examples.t.elementCount
    let result = try Tensor(uninitialized: [count])
    let (t, out) = (examples.t.pointer(Float.self), result.pointer(Float.self))
    let (alpha, sigma) = (examples.alpha.pointer(Float.self), examples.sigma.pointer(Float.self))
    for i in 0..<count {
      out[i] = Float(weight(Double(t[i]), Double(alpha[i]), Double(sigma[i])))
      guard out[i].isFinite else {
        throw UserError(
          "the weight \(name) is \(formatNumber(Double(out[i]))) at t = \(formatNumber(Double(t[i]))); draw times "
            + "between the ends of the diffusion")
      }
    }
    return result
  }
}
