import Catalog
import Glibc
import Tensors

// A mixture on the line in parts, and how much of it lies outside an interval.

extension GaussianMixture {
  /// Beyond so many standard deviations a component has 1e-18 of its mass.
  private static let halfWidth = 9.0

  private func std(_ k: Int) -> Double { stds.count == 1 ? stds[0] : stds[k] }
  private func weight(_ k: Int) -> Double {
    weights.count == 1 ? 1 / Double(components.count) : weights[k]
  }

  /// Components whose intervals overlap make a part, with their middle at 0.
  package func lineParts() throws -> [LinePart] {
    let means = try components.means.doubles()
    let order = means.indices.sorted {
      means[$0] - Self.halfWidth * std($0) < means[$1] - Self.halfWidth * std($1)
    }
    var groups: [[Int]] = []
    var end = -Double.infinity
    for k in order {
      if groups.isEmpty || means[k] - Self.halfWidth * std(k) >= end { groups.append([]) }
      groups[groups.count - 1].append(k)
      end = max(end, means[k] + Self.halfWidth * std(k))
    }
    return try groups.map { try part(of: $0, means) }
  }

  private func part(of group: [Int], _ means: [Double]) throws -> LinePart {
    let total = group.reduce(0) { $0 + weight($1) }
    let (low, high) = group.reduce((Double.infinity, -Double.infinity)) {
      (min($0.0, means[$1]), max($0.1, means[$1]))
    }
    let middle = low + (high - low) / 2
    let (centres, spreads) = (group.map { means[$0] - middle }, group.map { std($0) })
    let isNormal = low == high && spreads.allSatisfy { $0 == spreads[0] }
    let law = try GaussianMixture(
      means: Tensor(centres, shape: [group.count, 1]), stds: spreads,
      weights: group.map { weight($0) / total }, name: name)
    return LinePart(
      weight: total, law: law, pieces: Self.pieces(centres, spreads),
      std: isNormal ? spreads[0] : nil)
  }

  /// The union of the components' intervals, cut where the narrowest of those that lie there changes
  /// its power of two.
  private static func pieces(_ centres: [Double], _ stds: [Double])
    -> [(range: ClosedRange<Double>, scale: Double)]
  {
    var events: [(x: Double, exponent: Int, change: Int)] = []
    for (centre, std) in zip(centres, stds) where std > 0 && std.isFinite {
      events.append((centre - halfWidth * std, Int(clamping: std.exponent), 1))
      events.append((centre + halfWidth * std, Int(clamping: std.exponent), -1))
    }
    events.sort { $0.x < $1.x }
    var counts: [Int: Int] = [:]
    var pieces: [(range: ClosedRange<Double>, scale: Double)] = []
    var start = -Double.infinity
    for event in events {
      if event.x > start, let finest = counts.keys.min() {
        let scale = scalbn(1, Int32(finest))
        if let last = pieces.last, last.scale == scale, last.range.upperBound == start {
          pieces[pieces.count - 1].range = last.range.lowerBound...event.x
        } else {
          pieces.append((start...event.x, scale))
        }
      }
      start = event.x
      let count = (counts[event.exponent] ?? 0) + event.change
      counts[event.exponent] = count == 0 ? nil : count
    }
    return pieces
  }

  package func mass(outside range: ClosedRange<Double>) throws -> Double {
    let means = try components.means.doubles()
    return means.indices.reduce(0) { total, k in
      let unit = std(k) * 2.0.squareRoot()
      let below = erfc((means[k] - range.lowerBound) / unit) / 2
      let above = erfc((range.upperBound - means[k]) / unit) / 2
      return total + weight(k) * (below + above)
    }
  }
}
