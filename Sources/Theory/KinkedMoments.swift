import Models
import Runtime
import Tensors

/// The sums Σ_q μ_q φ_i φ_j and Σ_q μ_q y_q φ_i over nodes on the line for features with ReLU at one time,
/// φ_i = max(w_i x + b_i, 0). Each is active on the nodes from one end up to a place, two of them on a range, and
///
/// Σ μ φ_i φ_j = w_i w_j M_2 + (w_i b_j + b_i w_j) M_1 + b_i b_j M_0
///
/// with the moments M_r = Σ μ x^r over it, differences of running sums: no sum over nodes is left to a pair.
struct KinkedMoments {
  private let w: [Double]
  private let b: [Double]
  /// Where each feature is active.
  private let active: [Range<Int>]
  /// Running sums of μ, μx, μx², and of μy, μxy.
  private let moments: [SIMD4<Double>]
  private let targets: [SIMD2<Double>]

  /// - Parameter x: in order.
  init(
    weights w: [Double], biases b: [Double], _ x: [Double], masses: [Double], targets y: [Double]
  ) {
    (self.w, self.b) = (w, b)
    active = w.indices.map { k in
      // The first node at which the sign is that of the end.
      func first(where holds: (Double) -> Bool) -> Int {
        var (low, high) = (0, x.count)
        while low < high {
          let middle = (low + high) / 2
          if holds(w[k] * x[middle] + b[k]) { high = middle } else { low = middle + 1 }
        }
        return low
      }
      if w[k] > 0 { return first { $0 > 0 }..<x.count }
      return 0..<first { !($0 > 0) }
    }
    var sums = [SIMD4<Double>.zero]
    var targets = [SIMD2<Double>.zero]
    for (q, place) in x.enumerated() {
      let mass = masses[q]
      sums.append(sums[q] + SIMD4(mass, mass * place, mass * place * place, 0))
      targets.append(targets[q] + SIMD2(mass * y[q], mass * y[q] * place))
    }
    (moments, self.targets) = (sums, targets)
  }

  /// Adds to the matrix on and below its diagonal, dense of order m, and to the vector.
  func add(to gram: Tensor, _ cross: Tensor) throws {
    let m = w.count
    let (sums, vector) = (gram.pointer(Double.self), cross.pointer(Double.self))
    for i in 0..<m {
      let part = targets[active[i].upperBound] - targets[active[i].lowerBound]
      vector[i] += b[i] * part[0] + w[i] * part[1]
    }
    try moments.withUnsafeBufferPointer { moments in
      try active.withUnsafeBufferPointer { active in
        try WorkerPool.shared.run(count: m, grain: max(1, 100_000 / m)) { rows in
          for i in rows {
            let (wi, bi) = (w[i], b[i])
            let (first, last) = (active[i].lowerBound, active[i].upperBound)
            if first == last { continue }
            for j in 0...i {
              let (low, high) = (
                max(first, active[j].lowerBound), min(last, active[j].upperBound)
              )
              if low >= high { continue }
              let part = moments[high] - moments[low]
              let (wj, bj) = (w[j], b[j])
              sums[i * m + j] +=
                wi * wj * part[2] + (wi * bj + bi * wj) * part[1] + bi * bj * part[0]
            }
          }
        }
      }
    }
  }
}
