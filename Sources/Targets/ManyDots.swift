import Autodiff
import Catalog
import Glibc
import Runtime
import Tensors

/// k white dots on a dark picture of d pixels: x_0 = A Σ_{j ∈ S} e_j, S uniform over all sets of k pixels.
///
/// Under x = r x_0 + s z a set weighs Π_{j ∈ S} w_j with w_j = exp(r A x_j/s²), so that sums over sets are elementary
/// symmetric polynomials e_k(w), and the share of sets with pixel j is w_j e_{k−1}(w without j)/e_k(w). With the
/// polynomials of the pixels before and behind each, by e_m(…, w) = e_m(…) + w e_{m−1}(…), that is k d steps in all.
struct ManyDots: RowPosterior {
  static let recursion = "the pixels"

  let shape: Shape
  let count: Int
  let amplitude: Double

  let name = "dots"
  var summary: String { "\(sizeText), \(count) dots, amplitude \(shortNumber(amplitude))" }

  /// k different pixels by Floyd's rule (Bentley and Floyd 1987): for j = d − k, …, d − 1 one of 0 … j, or j itself
  /// where it is taken.
  func sample(_ n: Int, _ stream: RandomStream) throws -> Tensor {
    let d = dimension
    let result = try Tensor.zeros(Shape(checking: [n, d]))
    let draws = try stream.uniform(Shape(checking: [n, count]), .float64)
    let (out, u) = (result.pointer(Float.self), draws.pointer(Double.self))
    try Cancellation.inBlocks(n, of: 1 << 10) { rows in
      for row in rows {
        for m in 0..<count {
          let last = d - count + m
          let place = min(Int(clamping: u[row * count + m] * Double(last + 1)), last)
          out[row * d + (out[row * d + place] == 0 ? place : last)] = Float(amplitude)
        }
      }
    }
    return try points(ofRows: result)
  }

  func posterior(
    _ x: UnsafePointer<Double>, r: Double, s: Double, mean: UnsafeMutablePointer<Double>
  ) -> Double {
    let (d, k, a) = (dimension, count, r * amplitude / (s * s))
    // ln e_m of the pixels before j, and of those from j on.
    var before = [Double](repeating: -.infinity, count: (d + 1) * (k + 1))
    var behind = before
    (before[0], behind[d * (k + 1)]) = (0, 0)
    func step(_ old: Int, _ new: Int, _ weight: Double, _ table: inout [Double]) {
      table[new] = table[old]
      for m in 1...k {
        table[new + m] = logSum(2) { $0 == 0 ? table[old + m] : table[old + m - 1] + weight }
      }
    }
    for j in 0..<d {
      step(j * (k + 1), (j + 1) * (k + 1), a * x[j], &before)
      let i = d - 1 - j
      step((i + 1) * (k + 1), i * (k + 1), a * x[i], &behind)
    }
    let total = before[d * (k + 1) + k]
    for j in 0..<d {
      let others = logSum(k) {
        before[j * (k + 1) + $0] + behind[(j + 1) * (k + 1) + k - 1 - $0]
      }
      mean[j] = amplitude * exp(a * x[j] + others - total)
    }
    return total - Double(k) * (r * amplitude) * (r * amplitude) / (2 * s * s) - logSize
  }

  func reach() throws -> ClosedRange<Double> { 0...amplitude }
}

extension ManyDots {
  /// C(d, k), without rounding while it is below 2^53.
  package var supportSize: Double {
    (0..<min(count, dimension - count)).reduce(1.0) {
      $0 * Double(dimension - $1) / Double($1 + 1)
    }
  }
  package var supportBits: Double { logSize / log(2) }
  package var isUniform: Bool { true }

  private var logSize: Double {
    (0..<min(count, dimension - count)).reduce(0) {
      $0 + log(Double(dimension - $1) / Double($1 + 1))
    }
  }

  /// The dots at the k largest numbers; of equal ones at the first.
  package func nearest(_ rows: Tensor) throws -> NearestOfSupport {
    let d = dimension
    let points = try Tensor.zeros(rows.shape, .float64)
    let (x, out) = (rows.pointer(Double.self), points.pointer(Double.self))
    let keys: [SupportKey?] = try (0..<rows.shape[0]).polledMap { row in
      let own = row * d..<(row + 1) * d
      guard own.allSatisfy({ x[$0].isFinite }) else {
        for place in own { out[place] = .nan }
        return nil
      }
      let order = own.sorted { x[$0] != x[$1] ? x[$0] > x[$1] : $0 < $1 }
      var key = SupportKey(repeating: 0, count: (d + 63) / 64)
      for place in order.prefix(count) {
        out[place] = amplitude
        let j = place - own.lowerBound
        key[j / 64] |= 1 << UInt64(j % 64)
      }
      return key
    }
    return NearestOfSupport(points: points, keys: keys)
  }

  /// In the order of their first pixels, then their second ones, and so on.
  package func enumerated() throws -> Tensor {
    let (d, k) = (dimension, count)
    let total = Int(clamping: supportSize)
    let result = try Tensor.zeros(Shape(checking: [total, d]))
    let out = result.pointer(Float.self)
    var places = Array(0..<k)
    for row in 0..<total {
      if row & 0xFFF == 0 { try Cancellation.check() }
      for place in places { out[row * d + place] = Float(amplitude) }
      guard let moved = (0..<k).last(where: { places[$0] < d - k + $0 }) else { break }
      places[moved] += 1
      for next in moved + 1..<max(k, moved + 1) { places[next] = places[next - 1] + 1 }
    }
    return result
  }
}
