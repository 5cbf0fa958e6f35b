import Glibc
import Runtime
import Tensors

/// Draws from a density in one or two dimensions by inverting its distribution function on a grid.
///
/// A point of a `DensityGrid` is chosen with probability proportional to its weight, then moved by
/// triangular noise of one step along each axis: exactly a draw from the density interpolated linearly
/// between the grid's points (Devroye 1986, §II.2). In u, the coordinate with x = sinh u, the variance
/// grows by step²/6: a share of 1e-7 for a normal density in one dimension, 1e-4 in two.
/// Where a density jumps to 0, points lie up to a step beyond.
/// Cost: the table once (32,769 or 1,025² values), then log of its size a draw.
final class GridSampler {
  private let axes: [DensityGrid.Axis]
  /// Cumulative probabilities.
  private let cumulative: [Double]

  static func pointsPerAxis(dimension: Int) -> Int { dimension == 1 ? 32_769 : 1_025 }

  init(_ grid: DensityGrid) {
    axes = grid.axes
    let most = grid.peak
    var total = 0.0
    var sums = grid.logWeights.map { weight in
      total += weight.isNaN ? 0 : exp(weight - most)
      return total
    }
    for place in sums.indices { sums[place] /= total }
    cumulative = sums
  }

  /// Shape [count, d], float64.
  func sample(_ count: Int, _ stream: RandomStream) throws -> Tensor {
    let d = axes.count
    let width = 1 + 2 * d
    let draws = try stream.uniform([count, width], .float64).doubles()
    let columns = axes[d - 1].count
    var values: [Double] = []
    values.reserveCapacity(count * d)
    for row in 0..<count {
      if row & 0xFFF == 0 { try Cancellation.check() }
      let place = self.place(of: draws[row * width])
      let index = d == 1 ? [place] : [place / columns, place % columns]
      for j in 0..<d {
        let jitter = draws[row * width + 1 + 2 * j] + draws[row * width + 2 + 2 * j] - 1
        values.append(sinh(axes[j].u(index[j]) + axes[j].step * jitter))
      }
    }
    return try Tensor(values, shape: [count, d])
  }

  /// The first place whose cumulative probability reaches `share`.
  private func place(of share: Double) -> Int {
    var (low, high) = (0, cumulative.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if cumulative[middle] < share { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Where d = 1: the interval between the probabilities `tail` and 1 − `tail`.
  func interval(tail: Double) -> ClosedRange<Double> {
    let low = sinh(axes[0].u(place(of: tail)))
    let high = sinh(axes[0].u(place(of: 1 - tail)))
    return low <= high ? low...high : low...low
  }
}
