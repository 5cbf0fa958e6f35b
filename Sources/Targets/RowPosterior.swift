import Autodiff
import Catalog
import Glibc
import Runtime
import Tensors

/// A law on finitely many points whose posterior under noise comes by a recursion, row by row, without a sum over all
/// points. Under x = r x_0 + s z,
///   L(x) = ln Σ p(x_0) exp((r x·x_0 − ½ r²‖x_0‖²)/s²),  m = E[x_0 | x],
/// give the rest: ∇ ln p(x) = (r m − x)/s², ln p(x) = L(x) − ‖x‖²/2s² − (d/2) ln 2π s².
protocol RowPosterior: Support {
  /// What the recursion goes over, for errors: `pixels`.
  static var recursion: String { get }
  /// Writes m of one row, d numbers, and returns L.
  func posterior(
    _ x: UnsafePointer<Double>, r: Double, s: Double, mean: UnsafeMutablePointer<Double>
  ) -> Double
}

extension RowPosterior {
  var hasLogDensity: Bool { false }
  var hasScore: Bool { false }
  var hasNoised: Bool { true }

  func logDensity(_ x: Tensor) throws -> Tensor { throw missingWithoutNoise("density") }
  func score(_ x: Tensor) throws -> Tensor { throw missingWithoutNoise("score") }

  func noised(mean r: Double, std s: Double) throws -> any Distribution {
    NoisedLaw(base: self, r: r, s: s)
  }

  func noisedScore(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    let rows = try PosteriorRows(self, x, r, s, "score")
    let (points, d) = (rows.points.pointer(Double.self), dimension)
    let out = rows.means.pointer(Double.self)
    for row in 0..<rows.count {
      let (r, s) = rows.noise(row)
      for i in row * d..<(row + 1) * d { out[i] = (r * out[i] - points[i]) / (s * s) }
    }
    return try rows.means.reshaped(to: Array(x.shape)).converted(to: x.dtype)
  }

  func posteriorMean(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try PosteriorRows(self, x, r, s, "posterior mean").means.reshaped(to: Array(x.shape))
      .converted(to: x.dtype)
  }

  func noisedLogDensity(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    let rows = try PosteriorRows(self, x, r, s, "density")
    let (points, d) = (rows.points.pointer(Double.self), dimension)
    let values = (0..<rows.count).map { row in
      let variance = rows.noise(row).s * rows.noise(row).s
      let square = (row * d..<(row + 1) * d).reduce(0) { $0 + points[$1] * points[$1] }
      return rows.logs[row] - square / (2 * variance)
        - Double(d) / 2 * log(2 * Double.pi * variance)
    }
    return try Tensor(values).converted(to: x.dtype)
  }
}

/// L and m of each row of a batch.
private struct PosteriorRows {
  let points: Tensor
  let means: Tensor
  let count: Int
  private(set) var logs: [Double]
  private let r: [Double]
  private let s: [Double]

  init<Law: RowPosterior>(_ law: Law, _ x: Tensor, _ r: Tensor, _ s: Tensor, _ part: String) throws
  {
    guard !isWatched(x, r, s) else {
      throw UserError(
        "target '\(law.name)' must not be differentiated under noise: its posterior comes by a recursion over "
          + "\(Law.recursion), which passes no gradient; use detach()")
    }
    try law.requireNoise(s, part)
    (self.r, self.s) = (try r.value.doubles(), try s.value.doubles())
    let (count, d) = (x.shape[0], law.dimension)
    self.count = count
    points = try law.supportRows(x)
    means = try Tensor(uninitialized: [count, d], .float64)
    logs = try checkedArray(repeating: Double.nan, count: count)
    let (from, to) = (points.pointer(Double.self), means.pointer(Double.self))
    let (ratios, noises) = (self.r, self.s)
    try logs.withUnsafeMutableBufferPointer { logs in
      try WorkerPool.shared.run(count: count, grain: 8) { rows in
        for row in rows {
          guard (0..<d).allSatisfy({ from[row * d + $0].isFinite }) else {
            for j in 0..<d { to[row * d + j] = .nan }
            continue
          }
          logs[row] = law.posterior(
            from + row * d, r: ratios[ratios.count == 1 ? 0 : row],
            s: noises[noises.count == 1 ? 0 : row], mean: to + row * d)
        }
      }
    }
  }

  func noise(_ row: Int) -> (r: Double, s: Double) {
    (r[r.count == 1 ? 0 : row], s[s.count == 1 ? 0 : row])
  }
}

/// ln Σ exp, −∞ of nothing.
@inline(__always)
func logSum(_ count: Int, _ term: (Int) -> Double) -> Double {
  var most = -Double.infinity
  for i in 0..<count { most = max(most, term(i)) }
  if most == -.infinity { return most }
  var sum = 0.0
  for i in 0..<count { sum += exp(term(i) - most) }
  return most + log(sum)
}
