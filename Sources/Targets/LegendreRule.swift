import Glibc

/// Gauss–Lobatto quadrature on [−1, 1] and the Legendre series through its nodes (Abramowitz & Stegun
/// 25.4.32). The ends are nodes, so a jump between two cells, however near to the end of one, is seen.
struct LegendreRule {
  let count: Int
  let nodes: [Double]
  let weights: [Double]
  /// c_a = Σ_i transform[a, i] f(x_i), the coefficients of the polynomial through the values.
  let transform: [Double]

  /// The recurrence (k + 1) P_{k+1} = (2k + 1) t P_k − k P_{k−1}: both factors for each k.
  private let growth: [Double]
  private let decay: [Double]

  /// Most nodes of a rule that is used here.
  static let most = 16

  /// - Precondition: 1 or at least 3 nodes.
  init(_ count: Int) {
    self.count = count
    let growth = (0..<count).map { Double(2 * $0 + 1) / Double($0 + 1) }
    let decay = (0..<count).map { Double($0) / Double($0 + 1) }
    (self.growth, self.decay) = (growth, decay)
    guard count > 1 else {
      (nodes, weights, transform) = ([0], [2], [1])
      return
    }
    let order = Double(count - 1)
    let nodes = (0..<count).map { Self.node($0, count) }
    var rows = Array(repeating: 0.0, count: count * count)
    var weights: [Double] = []
    for (i, node) in nodes.enumerated() {
      var (before, value) = (0.0, 1.0)
      for a in 0..<count {
        // The rule gives P_m−1 a larger norm than the integral does.
        let share = a + 1 < count ? Double(a) + 0.5 : order / 2
        rows[a * count + i] = share * value
        (before, value) = (value, growth[a] * node * value - decay[a] * before)
      }
      weights.append(2 / (order * (order + 1) * before * before))
      for a in 0..<count { rows[a * count + i] *= weights[i] }
    }
    (self.nodes, self.weights, transform) = (nodes, weights, rows)
  }

  /// A zero of (1 − x²) P′_n, n = count − 1, by Newton's method on P′_n with (1 − x²) P″ = 2x P′ − n (n + 1) P.
  private static func node(_ i: Int, _ count: Int) -> Double {
    if i == 0 { return -1 }
    if i == count - 1 { return 1 }
    let order = Double(count - 1)
    var x = -cos(Double.pi * Double(i) / order)
    for _ in 0..<100 {
      var (before, value) = (1.0, x)
      for k in 1..<count - 1 {
        let k = Double(k)
        (before, value) = (value, ((2 * k + 1) * x * value - k * before) / (k + 1))
      }
      let rest = 1 - x * x
      let slope = order * (before - x * value) / rest
      let change = slope * rest / (2 * x * slope - order * (order + 1) * value)
      x -= change
      if abs(change) < 1e-15 { break }
    }
    return x
  }

  /// Stores P_0(t) … P_{count − 1}(t), `stride` apart.
  func fill(_ values: UnsafeMutablePointer<Double>, at t: Double, stride: Int) {
    var (before, value) = (0.0, 1.0)
    for a in 0..<count {
      values[a * stride] = value
      (before, value) = (value, growth[a] * t * value - decay[a] * before)
    }
  }

  /// The number of the node nearest to t.
  func nearest(to t: Double) -> Int {
    var best = 0
    for i in 1..<max(1, count) where abs(nodes[i] - t) < abs(nodes[best] - t) { best = i }
    return best
  }
}
