import Catalog
import Glibc
import Tensors

/// A density known up to its constant on a grid that holds its mass, in one or two dimensions: its
/// integral by the trapezoidal rule, and the table that `GridSampler` draws from.
///
/// The grid is equally spaced in u with x_j = sinh u_j, so one scan reaches from 0 to 10⁶ and heavy tails
/// cost nothing; what is summed is p(x(u)) Π cosh u_j. The region is found by scanning wide, keeping where
/// the density is not negligible, and scanning again inside. The rule converges geometrically for smooth
/// densities (Trefethen & Weideman 2014), as 1/count where there is a jump.
/// A mode narrower than about 1/100 of its distance from 0 can be missed.
struct DensityGrid {
  /// ln p at points of shape [n, d], float64; nan where the function has no value.
  typealias LogDensity = (Tensor) throws -> [Double]

  /// One axis: u = lower + i step.
  struct Axis {
    var lower: Double
    var upper: Double
    var count: Int
    var step: Double { (upper - lower) / Double(count - 1) }
    func u(_ i: Int) -> Double { lower + step * Double(i) }
    func with(count: Int) -> Axis { Axis(lower: lower, upper: upper, count: count) }
  }

  let axes: [Axis]
  /// ln [p(x(u)) Π cosh u_j] at each point, the last axis fastest.
  let logWeights: [Double]

  /// Points of one call of the density.
  private static let blockSize = 1 << 17

  init(_ axes: [Axis], _ logDensity: LogDensity) throws {
    self.axes = axes
    let total = axes.reduce(1) { $0 * $1.count }
    let places = axes.map { axis in (0..<axis.count).map { sinh(axis.u($0)) } }
    let stretches = axes.map { axis in (0..<axis.count).map { log(cosh(axis.u($0))) } }
    let d = axes.count
    let columns = axes[d - 1].count
    var weights: [Double] = []
    weights.reserveCapacity(total)
    for first in stride(from: 0, to: total, by: Self.blockSize) {
      let count = min(Self.blockSize, total - first)
      let x = try Tensor(uninitialized: [count, d], .float64)
      let out = x.pointer(Double.self)
      for k in 0..<count {
        let place = first + k
        out[k * d + d - 1] = places[d - 1][place % columns]
        if d == 2 { out[k * 2] = places[0][place / columns] }
      }
      let values = try logDensity(x)
      for k in 0..<count {
        let place = first + k
        let stretch =
          stretches[d - 1][place % columns] + (d == 2 ? stretches[0][place / columns] : 0)
        weights.append(values[k] + stretch)
      }
    }
    logWeights = weights
  }

  /// The largest weight; nan counts as nothing.
  var peak: Double { logWeights.reduce(-Double.infinity) { $1 > $0 ? $1 : $0 } }

  /// ∫ p dx.
  func integral() -> Double {
    let most = peak
    guard most > -.infinity else { return 0 }
    let total = logWeights.reduce(0.0) { $0 + ($1.isNaN ? 0 : exp($1 - most)) }
    return exp(most + log(total) + axes.reduce(0) { $0 + log($1.step) })
  }

  /// The point at a place of the table.
  func point(_ place: Int) -> [Double] {
    let columns = axes[axes.count - 1].count
    let last = sinh(axes[axes.count - 1].u(place % columns))
    return axes.count == 1 ? [last] : [sinh(axes[0].u(place / columns)), last]
  }
}

// MARK: - Finding the region

extension DensityGrid {
  /// The region outside of which the density is below e^−depth of its peak, scanned from wide to narrow.
  static func region(dimension: Int, depth: Double = 36, _ logDensity: LogDensity) throws -> [Axis]
  {
    let start =
      dimension == 1
      ? Axis(lower: -20, upper: 20, count: 4097) : Axis(lower: -16, upper: 16, count: 513)
    var axes = Array(repeating: start, count: dimension)
    // A coarse scan sees a mode from afar only, hence the generous thresholds at first.
    for scan in 0..<60 {
      let grid = try DensityGrid(axes, logDensity)
      guard grid.peak > -.infinity else { throw NoMass() }
      let kept = grid.support(below: scan == 0 ? 5000 : scan == 1 ? max(700, depth) : depth)
      let shrinks = zip(kept, axes).contains { new, old in
        new.upper - new.lower < 0.7 * (old.upper - old.lower)
      }
      axes = zip(kept, axes).map { $0.with(count: $1.count) }
      if scan > 2, !shrinks { break }
    }
    return axes
  }

  /// The density vanishes at all points of a scan.
  struct NoMass: Error {}

  /// For each axis the interval whose points come within `depth` of the peak, and a step more.
  private func support(below depth: Double) -> [Axis] {
    let least = peak - depth
    let columns = axes[axes.count - 1].count
    var low = axes.map(\.count)
    var high = axes.map { _ in 0 }
    for (place, weight) in logWeights.enumerated() where weight >= least {
      let index = axes.count == 1 ? [place] : [place / columns, place % columns]
      for j in axes.indices {
        low[j] = min(low[j], index[j])
        high[j] = max(high[j], index[j])
      }
    }
    return axes.indices.map { j in
      Axis(
        lower: axes[j].u(max(low[j] - 1, 0)), upper: axes[j].u(min(high[j] + 1, axes[j].count - 1)),
        count: axes[j].count)
    }
  }

  /// The integral over a region, the grid doubled until two agree or `most` points are reached, and by
  /// how much the last two differ.
  static func integral(over region: [Axis], _ logDensity: LogDensity) throws -> (
    value: Double, error: Double, grid: DensityGrid
  ) {
    let counts = region.count == 1 ? (4096, 1 << 20) : (256, 2048)
    var count = counts.0
    var grid = try DensityGrid(region.map { $0.with(count: count + 1) }, logDensity)
    var value = grid.integral()
    while true {
      count *= 2
      let finer = try DensityGrid(region.map { $0.with(count: count + 1) }, logDensity)
      let next = finer.integral()
      let error = abs(next - value)
      (grid, value) = (finer, next)
      if error <= 1e-7 * abs(next) || count >= counts.1 { return (value, error, grid) }
    }
  }
}
