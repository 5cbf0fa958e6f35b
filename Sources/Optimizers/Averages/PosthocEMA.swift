import Catalog
import Glibc
import Tensors

/// Averages of any width after a run, from power averages of a few widths that were kept during it.
///
/// An average of exponent γ over t updates weighs the parameters after update τ by p(τ) = (γ+1) τ^γ/t^(γ+1). The average of
/// another exponent is Σ c_i θ̂_i, with the c of the least squares of Σ c_i p_i − p:
///   ⟨p_a, p_b⟩ = (γ_a+1)(γ_b+1) m^(γ_a+γ_b+1)/((γ_a+γ_b+1) t_a^(γ_a+1) t_b^(γ_b+1)),  m = min(t_a, t_b).
/// Karras et al. 2024, section 3.2 and Appendix C. The power averages of `PowerEMA` are exactly these integrals over
/// parameters that are constant between updates.
package final class PosthocEMA: Object, HoldsOptions, Configured {
  package struct Options: OptionGroup {
    package var folder: String?
    package var every: Count?
    package var stds = [0.05, 0.1]

    package init() {}

    package static let options: [Option<Options>] = [
      Option(required: "folder", \.folder, "where snapshots go; made where there is none"),
      Option(required: "every", \.every, "updates between snapshots", in: .positive),
      Option("stds", \.stds, "σ_rel of the averages that are kept, see power_ema"),
    ]

    package func check() throws {
      guard !stds.isEmpty, stds.count <= 8, Set(stds).count == stds.count,
        stds.allSatisfy({ $0 > 0 && $0 < PowerEMA.widest })
      else {
        throw UserError(
          "stds must be 1 to 8 different numbers above 0 and below 1/√12 = 0.2887, got "
            + stds.literal)
      }
    }
  }

  package static let constructor = "posthoc_ema"
  package static var typeName: String { "posthoc_ema" }
  static let entries = [entry]
  private static let entry = Entry.function(
    constructor, "Averages that a run keeps, of which fit:posthoc_ema makes others afterwards.",
    .group(Options.self), returns: "what the option posthoc_ema of train takes",
    details: """
      Power averages of a few widths are kept along the run and written to a folder every so many updates, each file \
      whole or not at all. Two widths and some dozen snapshots make any width between them, and wider ones.
      """,
    source: "Karras et al. 2024, section 3.2 and Appendix C",
    example: "return optim.posthoc_ema{folder = os.tmpname() .. \".d\", every = 100}"
  ) { (options: OptionsOf<Options>) in try PosthocEMA(options.values) }

  package let options: Options
  package let folder: String
  package let every: Int

  package init(_ options: Options) throws {
    self.options = options
    folder = try options.required(\.folder, "folder")
    every = try options.required(\.every, "every").value
  }

  package var optionFields: [(key: String, value: Value)] { options.fields }
  package func describe() -> String { "optim.\(call)" }
  package var storedValue: Value { options.stored }
  package static func restored(_ value: Value) -> PosthocEMA? {
    (try? Options(restoring: value, place: constructor)).flatMap { try? PosthocEMA($0) }
  }

  /// Weights of updates: exponent γ over t updates.
  package struct Profile {
    package let exponent: Double
    package let updates: Double

    package init(std: Double, updates: Int) {
      exponent = PowerEMA.exponent(ofStd: std)
      self.updates = Double(updates)
    }

    /// ∫ p_a p_b, with the powers of times as one power of their ratio.
    func product(_ other: Profile) -> Double {
      let (a, b) = updates <= other.updates ? (self, other) : (other, self)
      let (g, h) = (a.exponent + 1, b.exponent + 1)
      return g * h / (g + h - 1) * pow(a.updates / b.updates, b.exponent) / b.updates
    }
  }

  /// c for the averages that there are, and the share of the wanted profile that they miss, ‖Σ c p − p‖/‖p‖.
  package static func coefficients(of kept: [Profile], for wanted: Profile) throws -> (
    factors: [Double], missed: Double
  ) {
    // All profiles at unit length, so that none outweighs the others.
    let lengths = kept.map { $0.product($0).squareRoot() }
    let n = kept.count
    let a = try Tensor(
      (0..<n * n).map { kept[$0 / n].product(kept[$0 % n]) / (lengths[$0 / n] * lengths[$0 % n]) },
      shape: [n, n])
    let b = try Tensor(
      (0..<n).map { kept[$0].product(wanted) / lengths[$0] }, shape: [n, 1])
    let scaled = try a.leastSquares(b).doubles()
    let gain = zip(scaled, try b.doubles()).reduce(0) { $0 + $1.0 * $1.1 }
    let whole = wanted.product(wanted)
    return (zip(scaled, lengths).map { $0 / $1 }, max(0, 1 - gain / whole).squareRoot())
  }
}
