import Catalog
import Diffusion
import Glibc
import Processes
import Testing

@Suite("Laws of times") struct TimeDrawTests {
  /// Each draw with its options, on processes whose levels go otherwise.
  static let draws: [any TimeDraw] = {
    var narrow = UniformTimes.Options()
    (narrow.first, narrow.last) = (0.2, 0.7)
    var logit = LogitNormalTimes.Options()
    (logit.mean, logit.std) = (0.5, 0.8)
    var wide = LogNormalTimes.Options()
    (wide.mean, wide.std) = (0.5, 2)
    var square = PowerTimes.Options()
    square.exponent = 1
    return [
      UniformTimes(UniformTimes.Options()), UniformTimes(narrow),
      LogNormalTimes(LogNormalTimes.Options()), LogNormalTimes(wide),
      LogUniformTimes(LogUniformTimes.Options()),
      LogitNormalTimes(LogitNormalTimes.Options()), LogitNormalTimes(logit),
      PowerTimes(PowerTimes.Options()), PowerTimes(square),
    ]
  }()
  static let processes: [any DiffusionProcess] = [
    VP(), SubVP(), VEPower(), EDM(), OrnsteinUhlenbeck(), LinearFlow(),
  ]

  /// The largest |Q′(u) p(Q(u)) − 1| between u = 0.02 and 0.98, by central differences.
  private func deviation(_ law: TimeLaw, _ density: (Double) -> Double) -> Double {
    (1..<50).reduce(0.0) { worst, place in
      let (u, h) = (Double(place) / 50, 1e-4)
      let slope = (law.quantile(u + h) - law.quantile(u - h)) / (2 * h)
      return max(worst, abs(slope * density(law.quantile(u)) - 1))
    }
  }

  @Test("the density of a law is the inverse slope of its quantiles", arguments: 0..<9)
  func densities(_ place: Int) throws {
    for process in Self.processes {
      let law = try Self.draws[place].law(on: process)
      let density = try #require(law.density)
      #expect(deviation(law, density) < 2e-4, "\(Self.draws[place].options) \(process)")
      // A density that is off by a thousandth is seen.
      #expect(deviation(law) { density($0) * 1.001 } > 5e-4)
      let ends = process.trainingTimes
      for u in [1e-7, 0.5, 1 - 1e-7] {
        let t = law.quantile(u)
        #expect(t >= ends.lowerBound && t <= ends.upperBound)
      }
    }
  }

  @Test("the quantiles of the log-normal law are those of the noise level to 3e-7")
  func levels() throws {
    let law = try LogNormalTimes(LogNormalTimes.Options()).law(on: EDM())
    // Φ⁻¹ of 0.1, 0.5, 0.975 and 0.9999, from tables; the levels of training leave out 1.6e-5 of the law.
    let known = [(0.1, -1.281_551_6), (0.5, 0), (0.975, 1.959_964_0), (0.9999, 3.719_016_5)]
    for (p, z) in known {
      #expect(abs(law.quantile(p) / Glibc.exp(-1.2 + 1.2 * z) - 1) < 1e-2)
    }
    var unbounded = EDM.Options()
    (unbounded.sigmaMin, unbounded.sigmaMax) = (1e-9, 1e9)
    let whole = try LogNormalTimes(LogNormalTimes.Options()).law(on: EDM(unbounded))
    for (p, z) in known {
      #expect(abs(whole.quantile(p) / Glibc.exp(-1.2 + 1.2 * z) - 1) < 3e-7, "\(p)")
    }
  }

  @Test("one time is the law without a density")
  func fixed() throws {
    var options = FixedTime.Options()
    options.t = 0.25
    let law = try FixedTime(options).law(on: VP())
    #expect(law.density == nil && law.quantile(0.1) == 0.25 && law.quantile(0.9) == 0.25)
    options.t = 2
    #expect(throws: UserError.self) { try FixedTime(options).law(on: VP()) }
  }
}
