import Autodiff
import Catalog
import Tensors

/// A process of the user's own, from two functions in Lua: α and σ, or drift and diffusion. They are
/// called when it is defined and never again: α and σ² are kept in tables (`ProcessTable`), so the
/// process is saved with a model, loaded without its Lua, and runs on any thread.
package struct TabulatedProcess: StoredProcess {
  package struct Options: OptionGroup {
    package var name = "custom"
    package var time: [Double] = [0, 1]
    package var alpha: Callback?
    package var sigma: Callback?
    package var drift: Callback?
    package var diffusion: Callback?
    package var firstSigma = 0.0
    /// Times, α, α′, σ² and (σ²)′, once the process is defined.
    package var table: [[Double]] = []

    package init() {}

    package static let options: [Option<Options>] = [
      Option("name", \.name, "what it is called"),
      Option("time", \.time, "the first and the last time"),
      Option("alpha", \.alpha, "t [n] → α(t) [n], in tensor operations; needs sigma"),
      Option("sigma", \.sigma, "t [n] → σ(t) [n], in tensor operations; needs alpha"),
      Option("drift", \.drift, "t [n] → f(t) [n] of the drift f(t) x; needs diffusion"),
      Option("diffusion", \.diffusion, "t [n] → g(t) [n]; needs drift"),
      Option(
        "sigma_0", \.firstSigma, "σ at the first time, with drift and diffusion", in: .nonNegative),
      Option(stored: "table", \.table),
    ]

    package func check() throws {
      guard time.count == 2, time.allSatisfy(\.isFinite), time[0] >= 0, time[0] < time[1] else {
        throw UserError(
          "time must be two times, the first of 0 or more and below the second, got \(time.literal)"
        )
      }
      if !table.isEmpty { return }
      let (kernel, equation) = ([alpha, sigma], [drift, diffusion])
      func count(_ functions: [Callback?]) -> Int { functions.compactMap { $0 }.count }
      guard count(kernel) + count(equation) == 2, count(kernel) != 1 else {
        throw UserError("give alpha and sigma, or drift and diffusion")
      }
    }
  }

  package static let constructor = "define"
  static let entry = Entry.function(
    constructor, "A diffusion of your own, from α and σ or from drift and diffusion.",
    .group(Options.self), returns: "an sde",
    details: """
      The functions get a float64 tensor of times and return one of its shape. They are called at once, \
      and never again: the process is kept in tables whose relative error in α and σ² is below 1e-9. It \
      must have a signal-to-noise ratio that falls with t, which is g² ≥ 0; σ may be 0 at the first time \
      and α at the last, nowhere else.
      """,
    source: "Song et al. 2021, Eq. 3 to 5",
    example: """
      p = sde.define{name = "slow", alpha = function(t) return (-t^2):exp() end,
        sigma = function(t) return (1 - (-2*t^2):exp()):sqrt() end}
      return p:diffusion(0.5)
      """
  ) { (options: OptionsOf<Options>) in SDE(try TabulatedProcess(options.values)) }

  package let options: Options
  private let alphaTable: PiecewiseTable
  private let varianceTable: PiecewiseTable

  init(_ options: Options) throws {
    let table = try ProcessTable(options)
    var options = options
    (options.alpha, options.sigma, options.drift, options.diffusion) = (nil, nil, nil, nil)
    options.table = table.columns
    self.options = options
    alphaTable = PiecewiseTable(
      nodes: table.times, values: table.alpha, slopes: table.alphaSlope)
    varianceTable = PiecewiseTable(
      nodes: table.times, values: table.variance, slopes: table.varianceSlope)
  }

  private var span: Double { options.time[1] - options.time[0] }
  package var domain: ClosedRange<Double> { options.time[0]...options.time[1] }
  package var times: ClosedRange<Double> { inside(1e-3) }
  package var trainingTimes: ClosedRange<Double> { inside(ProcessTable.leastShare) }

  /// The domain without a share at an end where σ or α is 0.
  private func inside(_ share: Double) -> ClosedRange<Double> {
    let startsClean = options.table[3].first == 0
    let endsBlank = options.table[1].last == 0
    return domain.lowerBound
      + (startsClean ? share * span : 0)...domain.upperBound - (endsBlank ? 1e-3 * span : 0)
  }

  package func alpha<T: TimeNumber>(_ t: T) throws(T.Failure) -> T {
    try t.piece(of: alphaTable).value(at: t)
  }
  package func alphaSlope<T: TimeNumber>(_ t: T) throws(T.Failure) -> T {
    try t.piece(of: alphaTable).slope(at: t)
  }
  package func variance<T: TimeNumber>(_ t: T) throws(T.Failure) -> T {
    try t.piece(of: varianceTable).value(at: t)
  }
  package func varianceSlope<T: TimeNumber>(_ t: T) throws(T.Failure) -> T {
    try t.piece(of: varianceTable).slope(at: t)
  }
}
