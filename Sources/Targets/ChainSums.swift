import Glibc

/// Sums over all states of a chain of sites with q states each, by transfer matrices (Kramers and Wannier 1941; Baum
/// et al. 1970): a state s weighs exp(Σ_i u_i(s_i) + Σ_i k(s_i, s_{i+1})), with a last bond from the end to the start
/// where the chain is closed. Everything is in logarithms. Cost: n q², times q where the chain is closed.
struct ChainSums {
  let length: Int
  let states: Int
  /// k(a, b) at a q + b.
  let bonds: [Double]
  let isClosed: Bool

  /// ln of the weights of all sites behind site i, where that is in state a, at i q + a.
  ///
  /// - Parameters:
  ///   - site: u_i(a) at i q + a.
  ///   - first: the state of the first site in a closed chain.
  func behind(_ site: [Double], first: Int?) -> [Double] {
    let q = states
    var sums = [Double](repeating: 0, count: length * q)
    if let first {
      for a in 0..<q { sums[(length - 1) * q + a] = bonds[a * q + first] }
    }
    for i in stride(from: length - 2, through: 0, by: -1) {
      let next = (i + 1) * q
      for a in 0..<q {
        sums[i * q + a] = logSum(q) { bonds[a * q + $0] + site[next + $0] + sums[next + $0] }
      }
    }
    return sums
  }

  /// The first states that are summed apart: one by one where the chain is closed.
  var starts: [Int?] { isClosed ? (0..<states).map { $0 } : [nil] }

  /// ln of the sum over the states of the first site that a start stands for.
  func total(_ site: [Double], _ behind: [Double], first: Int?) -> Double {
    if let first { return site[first] + behind[first] }
    return logSum(states) { site[$0] + behind[$0] }
  }

  /// ln Z.
  func logPartition(_ site: [Double]) -> Double {
    let parts = starts.map { total(site, behind(site, first: $0), first: $0) }
    return logSum(parts.count) { parts[$0] }
  }

  /// ln Z, and the probability of each state at each site, at i q + a.
  func marginals(_ site: [Double]) -> (logPartition: Double, shares: [Double]) {
    let q = states
    let sums = starts.map { behind(site, first: $0) }
    let parts = zip(starts, sums).map { total(site, $1, first: $0) }
    let all = logSum(parts.count) { parts[$0] }
    var shares = [Double](repeating: 0, count: length * q)
    for (start, behind) in zip(starts, sums) {
      // ln of the weights of all sites up to this one.
      var before = (0..<q).map { start == nil || start == $0 ? site[$0] : -.infinity }
      for i in 0..<length {
        if i > 0 {
          let last = before
          before = (0..<q).map { b in
            site[i * q + b] + logSum(q) { last[$0] + bonds[$0 * q + b] }
          }
        }
        for a in 0..<q { shares[i * q + a] += exp(before[a] + behind[i * q + a] - all) }
      }
    }
    return (all, shares)
  }

  /// ln of the weight of a state.
  func weight(_ state: [Int], _ site: [Double]) -> Double {
    let bond = { (i: Int, j: Int) in bonds[state[i] * states + state[j]] }
    let open = (0..<length).reduce(0) { sum, i in
      sum + site[i * states + state[i]] + (i > 0 ? bond(i - 1, i) : 0)
    }
    return open + (isClosed ? bond(length - 1, 0) : 0)
  }
}
