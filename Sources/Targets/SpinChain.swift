import Autodiff
import Catalog
import Glibc
import Runtime
import Tensors

/// Spins in a row that feel their neighbours. Ising: s_i = ±1,
///   p(s) = exp(J Σ s_i s_{i+1} + h Σ s_i)/Z (Ising 1925).
/// Potts: s_i one of q states, written as a row with one 1,
///   p(s) = exp(J Σ δ(s_i, s_{i+1}) + Σ h(s_i))/Z (Potts 1952).
/// Z, samples and, under noise, the posterior of each spin come by transfer matrices, without Monte Carlo. All q^n states
/// have positive probability, and at large J few of them have nearly all.
struct SpinChain: RowPosterior {
  static let recursion = "the spins"

  let name: String
  let summary: String
  let shape: Shape
  /// The numbers of a site in each of its states; of Potts chains the rows of a unit matrix.
  private let isOneHot: Bool
  private let sums: ChainSums
  /// u_i(a) without noise, at i q + a.
  private let field: [Double]
  let logPartition: Double
  package let isUniform: Bool

  init(
    name: String, summary: String, _ sums: ChainSums, field: [Double], isOneHot: Bool
  ) {
    (self.name, self.summary, self.sums, self.isOneHot) = (name, summary, sums, isOneHot)
    shape = isOneHot ? [sums.length, sums.states] : [sums.length]
    self.field = (0..<sums.length).flatMap { _ in field }
    logPartition = sums.logPartition(self.field)
    isUniform = Set(field).count == 1 && Set(sums.bonds).count == 1
  }

  private var states: Int { sums.states }
  private var length: Int { sums.length }

  /// Each spin given the one before, from the last sums to the first.
  func sample(_ n: Int, _ stream: RandomStream) throws -> Tensor {
    let (starts, q) = (sums.starts, states)
    let behind = starts.map { sums.behind(field, first: $0) }
    let parts = zip(starts, behind).map { sums.total(field, $1, first: $0) }
    let firsts = sums.isClosed ? parts : (0..<q).map { field[$0] + behind[0][$0] }
    let draws = try stream.uniform(Shape(checking: [n, length]), .float64)
    let result = try Tensor.zeros(Shape(checking: [n, dimension]))
    let (u, out) = (draws.pointer(Double.self), result.pointer(Float.self))
    try Cancellation.inBlocks(n, of: 1 << 10) { rows in
      for row in rows {
        var state = choice(u[row * length]) { firsts[$0] }
        write(state, row * length, out)
        let own = behind[sums.isClosed ? state : 0]
        for i in 1..<max(length, 1) {
          let old = state * q
          state = choice(u[row * length + i]) {
            sums.bonds[old + $0] + field[i * q + $0] + own[i * q + $0]
          }
          write(state, row * length + i, out)
        }
      }
    }
    return try points(ofRows: result)
  }

  /// A state with probability proportional to exp(w).
  private func choice(_ u: Double, _ w: (Int) -> Double) -> Int {
    let total = logSum(states, w)
    var rest = u
    for a in 0..<states - 1 {
      rest -= exp(w(a) - total)
      if rest < 0 { return a }
    }
    return states - 1
  }

  private func write(_ state: Int, _ site: Int, _ out: UnsafeMutablePointer<Float>) {
    if isOneHot {
      out[site * states + state] = 1
    } else {
      out[site] = state == 0 ? -1 : 1
    }
  }

  func posterior(
    _ x: UnsafePointer<Double>, r: Double, s: Double, mean: UnsafeMutablePointer<Double>
  ) -> Double {
    let (a, q) = (r / (s * s), states)
    var site = field
    for i in 0..<length {
      for state in 0..<q {
        site[i * q + state] += a * (isOneHot ? x[i * q + state] : state == 0 ? -x[i] : x[i])
      }
    }
    let (all, shares) = sums.marginals(site)
    for i in 0..<dimension { mean[i] = isOneHot ? shares[i] : shares[2 * i + 1] - shares[2 * i] }
    return all - logPartition - Double(length) * r * r / (2 * s * s)
  }

  func reach() throws -> ClosedRange<Double> { isOneHot ? 0...1 : -1...1 }
}

extension SpinChain {
  package var supportSize: Double { pow(Double(states), Double(length)) }
  package var supportBits: Double { log2(Double(states)) * Double(length) }

  /// The state that each site is nearest to; of equally near ones 1, or the first.
  private func state(_ x: UnsafePointer<Double>, _ site: Int) -> Int {
    if !isOneHot { return x[site] < 0 ? 0 : 1 }
    let own = x + site * states
    return (0..<states).reduce(0) { own[$1] > own[$0] ? $1 : $0 }
  }

  package func nearest(_ rows: Tensor) throws -> NearestOfSupport {
    let (n, d) = (rows.shape[0], dimension)
    let points = try Tensor.zeros(rows.shape, .float64)
    let (x, out) = (rows.pointer(Double.self), points.pointer(Double.self))
    let keys: [SupportKey?] = try (0..<n).polledMap { row in
      let own = x + row * d
      guard (0..<d).allSatisfy({ own[$0].isFinite }) else {
        for j in 0..<d { out[row * d + j] = .nan }
        return nil
      }
      var key = SupportKey(repeating: 0, count: (length + 7) / 8)
      for site in 0..<length {
        let state = state(own, site)
        if isOneHot {
          out[row * d + site * states + state] = 1
        } else {
          out[row * d + site] = state == 0 ? -1 : 1
        }
        key[site / 8] |= UInt64(state) << UInt64(8 * (site % 8))
      }
      return key
    }
    return NearestOfSupport(points: points, keys: keys)
  }

  /// The last site changes fastest.
  package func enumerated() throws -> Tensor {
    let count = Int(clamping: supportSize)
    let result = try Tensor.zeros(Shape(checking: [count, dimension]))
    let out = result.pointer(Float.self)
    try Cancellation.inBlocks(count, of: 1 << 12) { rows in
      for row in rows {
        var rest = row
        for site in (0..<length).reversed() {
          write(rest % states, row * length + site, out)
          rest /= states
        }
      }
    }
    return result
  }

  package func logProbabilities(_ rows: Tensor) throws -> [Double] {
    let x = UnsafePointer(rows.pointer(Double.self))
    return try (0..<rows.shape[0]).polledMap { row in
      let own = (0..<length).map { state(x + row * dimension, $0) }
      return sums.weight(own, field) - logPartition
    }
  }
}
