import Autodiff
import Catalog
import Glibc
import Runtime
import Tensors

/// Σ_k w_k N(m_k, Σ_k) with full covariances Σ_k = U_k diag(λ_k) U_kᵀ, one eigendecomposition each.
///
/// Under x = r x_0 + s z component k becomes N(r m_k, U_k diag(v_k) U_kᵀ) with v_k = r² λ_k + s². In its
/// own axes, u_k = U_kᵀ (x − r m_k),
///   ln p(x) = logsumexp_k [ln w_k − ½ Σ_j (ln 2π v_kj + u_kj²/v_kj)],
///   ∇ ln p(x) = −Σ_k p(k | x) U_k (u_k / v_k),
///   E[x_0 | x] = Σ_k p(k | x) [m_k + U_k (r λ_k u_k / v_k)]
/// (Wang and Vastola 2023, Eqs. 4–6 for one component). Where λ_kj = 0 the law lies in a subspace: it has no
/// density of its own, its noised marginals have. Traced operations, in float64. Cost: n K d².
package struct CovarianceMixture: Distribution {
  struct Component {
    /// m, shape [1, d], float64.
    let mean: Tensor
    /// U, shape [d, d], a column for each axis; nil where the axes are the coordinates.
    let axes: Tensor?
    /// λ, shape [1, d].
    let variances: Tensor
  }

  let components: [Component]
  let weights: [Double]
  package let name: String
  package let shape: Shape
  /// Whether each covariance has full rank.
  private let isRegular: Bool

  init(_ components: [Component], weights: [Double], name: String, shape: Shape) throws {
    (self.components, self.weights, self.name, self.shape) = (components, weights, name, shape)
    isRegular = try components.allSatisfy {
      try $0.variances.doubles().allSatisfy { $0 > 0 }
    }
  }

  package var summary: String {
    components.count == 1 && name == "gaussian"
      ? sizeText
      : "\(components.count) component\(components.count == 1 ? "" : "s"), \(sizeText)"
  }
  package var hasLogDensity: Bool { isRegular }
  package var hasScore: Bool { isRegular }
  package var hasNoised: Bool { true }

  package func logDensity(_ x: Tensor) throws -> Tensor {
    guard isRegular else { throw missing(Self.lacks("density")) }
    return try noisedLogDensity(x, mean: forAllRows(1), std: forAllRows(0))
  }

  package func score(_ x: Tensor) throws -> Tensor {
    guard isRegular else { throw missing(Self.lacks("score")) }
    return try noisedScore(x, mean: forAllRows(1), std: forAllRows(0))
  }

  private static func lacks(_ part: String) -> String {
    "\(part) without noise, since a covariance is singular; its noised marginals have"
  }

  package func noised(mean r: Double, std s: Double) throws -> any Distribution {
    try CovarianceMixture(
      components.map {
        Component(
          mean: try $0.mean.combined(with: r, .multiply), axes: $0.axes,
          variances: try ($0.variances * (r * r) + s * s).value)
      }, weights: weights, name: name, shape: shape)
  }

  package func noisedLogDensity(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try requireDensity(s, "density")
    let rows = try convert(flattenedPoints(x), to: .float64)
    let parts = try components.map { try terms($0, rows, r, s) }
    let logs = try zip(parts, weights).map { part, weight in
      try part.logConstant - sum(part.squares, axis: 1, keepingAxis: true) * 0.5 + log(weight)
    }
    return try convert(logSumExp(concatenate(logs, axis: 1), axis: 1), to: x.dtype)
  }

  package func noisedScore(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try requireDensity(s, "score")
    return try weighted(x, r, s) { component, part in
      try -component.back(part.u / part.v)
    }
  }

  package func posteriorMean(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    let factor = try convert(r, to: .float64)
    return try weighted(x, r, s) { component, part in
      // Without noise an axis without variance stays at its mean.
      let safe = try maximum(part.v, Tensor.scalar(.leastNormalMagnitude, .float64))
      return try component.mean
        + component.back(part.u * (factor * component.variances / safe))
    }
  }

  private func requireDensity(_ s: Tensor, _ part: String) throws {
    if try isRegular || s.value.allKnown({ $0 > 0 }) {
      return
    }
    throw missing(Self.lacks(part))
  }

  /// What one component makes of all rows.
  private struct Terms {
    /// Uᵀ (x − r m), v, shape [1 or n, d].
    let u: Tensor
    let v: Tensor
    /// u²/v.
    let squares: Tensor
    /// −½ Σ ln 2π v, shape [1 or n, 1].
    let logConstant: Tensor
  }

  private func terms(_ c: Component, _ x: Tensor, _ r: Tensor, _ s: Tensor) throws -> Terms {
    let (factor, noise) = (try convert(r, to: .float64), try convert(s, to: .float64))
    let offset = try x - factor * c.mean
    let u = try c.axes.map { try matmul(offset, $0) } ?? offset
    let v = try square(factor) * c.variances + square(noise)
    let safe = try maximum(v, Tensor.scalar(.leastNormalMagnitude, .float64))
    return Terms(
      u: u, v: v, squares: try square(u / sqrt(safe)),
      logConstant: try sum(log(safe * (2 * Double.pi)), axis: 1, keepingAxis: true) * -0.5)
  }

  /// Σ_k p(k | x) body(k), shaped like x and in its type.
  private func weighted(
    _ x: Tensor, _ r: Tensor, _ s: Tensor, _ body: (Component, Terms) throws -> Tensor
  ) throws -> Tensor {
    try onFlattenedPoints(x) { x in
      let rows = try convert(x, to: .float64)
      let parts = try components.map { try terms($0, rows, r, s) }
      if parts.count == 1 { return try convert(body(components[0], parts[0]), to: x.dtype) }
      let shares = try responsibilities(parts)
      var total: Tensor?
      for (k, part) in parts.enumerated() {
        let term = try slice(shares, axis: 1, k..<k + 1) * body(components[k], part)
        total = try total.map { try $0 + term } ?? term
      }
      return try convert(total ?? rows, to: x.dtype)
    }
  }

  /// p(k | x), shape [n, K], right where the squares overflow too: they are taken in units of a power of
  /// two for each row then, and by their differences from the least.
  private func responsibilities(_ parts: [Terms]) throws -> Tensor {
    let constants = try concatenate(
      zip(parts, weights).map { part, weight in
        try broadcast(part.logConstant + log(weight), to: [part.u.shape[0], 1])
      }, axis: 1)
    let squares = try concatenate(
      parts.map { try sum($0.squares, axis: 1, keepingAxis: true) }, axis: 1)
    if try squares.value.isFiniteWhereKnown() {
      return try softmax(constants - squares * 0.5, axis: 1)
    }
    let scaled = try parts.map { try $0.u / sqrt($0.v) }
    let largest = try scaled.reduce(forAllRows(0)) {
      try maximum($0, $1.value.magnitude().reduced(.maximum, axis: 1).expanded(axis: 1))
    }
    let units = try Tensor(
      largest.doubles().map { $0.isFinite ? scalbn(1, Int32(max($0, 1).exponent)) : 1 },
      shape: [largest.shape[0], 1])
    let distances = try concatenate(
      scaled.map { try sum(square($0 / units), axis: 1, keepingAxis: true) }, axis: 1)
    let least = try distances.value.reduced(.minimum, axis: 1).expanded(axis: 1)
    return try softmax(constants - (distances - least) * units * units * 0.5, axis: 1)
  }
}

extension CovarianceMixture.Component {
  /// U a, of rows a.
  func back(_ a: Tensor) throws -> Tensor {
    guard let axes else { return a }
    return try matmul(a, transpose(axes))
  }
}

extension Tensor {
  fileprivate func magnitude() throws -> Tensor {
    try Tensor(doubles().map { Swift.abs($0) }, shape: shape)
  }
}

// MARK: - Samples and the line

extension CovarianceMixture {
  /// Rows of one product, so that a sample is made the same way however many are drawn with it.
  private static let block = 64

  package func sample(_ count: Int, _ stream: RandomStream) throws -> Tensor {
    let chosen = try DrawnPlaces(weights).places(stream.uniform([count], .float64).doubles())
    let noise = try stream.normal([count, dimension], .float32)
    let result = try Tensor(uninitialized: Shape(checking: [count, dimension]))
    let out = result.pointer(Float.self)
    for first in stride(from: 0, to: count, by: Self.block) {
      let rows = first..<min(first + Self.block, count)
      let z = try Tensor.zeros([Self.block, dimension], .float64)
      try z.slice(axis: 0, 0..<rows.count).assign(
        noise.slice(axis: 0, rows).converted(to: .float64))
      for k in Set(chosen[rows]).sorted() {
        let c = components[k]
        let moved = try (c.back(z * sqrt(c.variances)) + c.mean).value.doubles()
        for row in rows where chosen[row] == k {
          let start = (row - first) * dimension
          for j in 0..<dimension { out[row * dimension + j] = Float(moved[start + j]) }
        }
      }
    }
    return try points(ofRows: result)
  }

  /// Six standard deviations beyond the outermost means.
  package func reach() throws -> ClosedRange<Double> {
    let ends = try components.map { c in
      (try c.mean.doubles()[0], try c.variances.doubles()[0].squareRoot())
    }
    let low = ends.map { $0.0 - 6 * $0.1 }.min() ?? 0
    return low...(ends.map { $0.0 + 6 * $0.1 }.max() ?? 0)
  }

  package func finestScale() throws -> Double {
    try components.map { try $0.variances.doubles()[0].squareRoot() }.min() ?? 1
  }
}

/// Places drawn with given shares, by their cumulative sums.
struct DrawnPlaces {
  private let ends: [Double]

  /// - Parameter weights: positive, of any sum.
  init(_ weights: [Double]) {
    var sum = 0.0
    let ends = weights.map { weight in
      sum += weight
      return sum
    }
    self.ends = ends.map { $0 / sum }
  }

  /// The first place whose cumulative share is above each draw of U(0, 1).
  func places(_ draws: [Double]) throws -> [Int] {
    try draws.polledMap { draw in
      var (low, high) = (0, ends.count - 1)
      while low < high {
        let middle = (low + high) / 2
        if ends[middle] > draw { high = middle } else { low = middle + 1 }
      }
      return low
    }
  }
}
