import Autodiff
import Catalog
import Glibc
import Tensors

/// The law of r x_0 + s z, x_0 from a density in one or two dimensions, by quadrature over it.
struct NoisedDensity: Distribution {
  let base: any QuadratureDensity
  let r: Double
  let s: Double

  var name: String { "noised_\(base.name)" }
  var summary: String { "by quadrature, d = \(dimension)" }
  var shape: Shape { base.shape }
  var functions: [Callback] { base.functions }
  var hasLogDensity: Bool { true }
  var hasScore: Bool { true }
  var hasNoised: Bool { true }

  func sample(_ count: Int, _ stream: RandomStream) throws -> Tensor {
    let x = try base.sample(count, stream)
    let noise = try stream.normal(x.shape, .float32)
    return try (x.converted(to: .float64) * r + noise * s).converted(to: .float32)
  }

  func logDensity(_ x: Tensor) throws -> Tensor {
    try base.noisedLogDensity(x, mean: forAllRows(r), std: forAllRows(s))
  }

  func score(_ x: Tensor) throws -> Tensor {
    try base.noisedScore(x, mean: forAllRows(r), std: forAllRows(s))
  }

  func noised(mean r: Double, std s: Double) throws -> any Distribution {
    NoisedDensity(base: base, r: r * self.r, s: (r * r * self.s * self.s + s * s).squareRoot())
  }

  func noisedScore(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try base.noisedScore(x, mean: r * self.r, std: total(r, s))
  }

  func noisedLogDensity(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try base.noisedLogDensity(x, mean: r * self.r, std: total(r, s))
  }

  /// With x = r x_t + s z and S² = r² s_t² + s²: E[x_t | x] = r_t E[x_0 | x] + (r s_t²/S²)(x − r r_t E[x_0 | x]).
  func posteriorMean(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    let mean = try base.posteriorMean(x, mean: r * self.r, std: total(r, s))
    let rank = Array(repeating: 1, count: x.rank - 1)
    // Where there is no noise at all, the difference vanishes.
    let noise = try maximum(square(total(r, s)), Tensor.scalar(.leastNormalMagnitude, .float64))
    let share = try reshape(r * (self.s * self.s) / noise, to: [r.shape[0]] + rank)
    let factor = try reshape(r * self.r, to: [r.shape[0]] + rank)
    return try convert(
      mean * self.r + share * (convert(x, to: .float64) - factor * mean), to: x.dtype)
  }

  private func total(_ r: Tensor, _ s: Tensor) throws -> Tensor {
    try sqrt(square(r * self.s) + square(s))
  }

  func reach() throws -> ClosedRange<Double> {
    let reach = try base.reach()
    let ends = [reach.lowerBound * r, reach.upperBound * r].sorted()
    return ends[0] - 6 * s...ends[1] + 6 * s
  }

  /// One part, whose pieces are the cells of the table and what the noise adds at their ends.
  func lineParts() throws -> [LinePart] {
    let table = try base.densityTable()
    let cells = table.spans.filter { $0.logMass > table.logTotal - 45 }
      .map { r < 0 ? ($0.high[0] * r, $0.low[0] * r) : ($0.low[0] * r, $0.high[0] * r) }
      .sorted { $0.0 < $1.0 }
    let reach = 9 * s
    var pieces: [(range: ClosedRange<Double>, scale: Double)] = []
    func add(_ low: Double, _ high: Double, _ scale: Double) {
      if low < high { pieces.append((low...high, scale)) }
    }
    var end = -Double.infinity
    for (low, high) in cells {
      if low - end > 2 * reach {
        if end.isFinite { add(end, end + reach, s) }
        add(low - reach, low, s)
      } else {
        add(end, low, s)
      }
      let half = (high - low) / 2
      add(low, high, (half * half + s * s).squareRoot())
      end = high
    }
    add(end, end + reach, s)
    return [LinePart(weight: 1, law: self, pieces: pieces, std: nil)]
  }
}
