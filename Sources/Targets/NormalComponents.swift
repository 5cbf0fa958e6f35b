import Autodiff
import Glibc
import Tensors

/// Weighted isotropic normal components Σ_k w_k N(m_k, σ_k² I), their density and score under noise.
///
/// With x = r x_0 + s z: component k becomes N(r m_k, v_k I), v_k = r² σ_k² + s², and
///   ln p(x) = logsumexp_k [ln w_k − (d/2) ln 2π v_k − ‖x − r m_k‖² / 2 v_k],
///   ∇ ln p(x) = Σ_k p(k | x) (r m_k − x) / v_k.
/// Written in traced operations, in the element type of x. In up to `directDimension` axes the
/// differences x − r m_k are formed one by one; beyond, distances come from a matrix product in
/// float64 about the centre of the means.
/// Cost: n K d.
struct NormalComponents {
  /// m_k, shape [K, d], float64.
  let means: Tensor
  /// ln w_k and σ_k², each of length K or, where all are equal, 1.
  let logWeights: [Double]
  let variances: [Double]

  static let directDimension = 16
  /// Elements of the largest [n, K] intermediate.
  static let blockSize = 1 << 21

  var count: Int { means.shape[0] }
  var dimension: Int { means.shape[1] }

  /// Rows go through in blocks, so that [n, K] never grows beyond `blockSize`.
  private func inBlocks(
    _ x: Tensor, _ r: Tensor, _ s: Tensor, _ body: (Tensor, Tensor, Tensor) throws -> Tensor
  ) throws -> Tensor {
    let rows = max(1, Self.blockSize / max(count, 1))
    if x.shape[0] <= rows { return try body(x, r, s) }
    let parts = try stride(from: 0, to: x.shape[0], by: rows).map { first in
      let range = first..<min(first + rows, x.shape[0])
      return try body(
        slice(x, axis: 0, range), r.shape[0] == 1 ? r : slice(r, axis: 0, range),
        s.shape[0] == 1 ? s : slice(s, axis: 0, range))
    }
    return try concatenate(parts, axis: 0)
  }

  /// - Parameters: `r`, `s` of shape [n, 1] or [1, 1].
  func logDensity(_ x: Tensor, _ r: Tensor, _ s: Tensor) throws -> Tensor {
    try inBlocks(x, r, s) { x, r, s in
      try logSumExp(logTerms(x, r, variance(r, s, x.dtype)), axis: 1)
    }
  }

  func score(_ x: Tensor, _ r: Tensor, _ s: Tensor) throws -> Tensor {
    try inBlocks(x, r, s) { x, r, s in
      let v = try variance(r, s, x.dtype)
      let terms = try logTerms(x, r, v)
      let posterior = try exp(terms - logSumExp(terms, axis: 1, keepingAxis: true))
      return try pull(x, r, posterior / v)
    }
  }

  /// v_k, shape [1 or n, 1 or K].
  private func variance(_ r: Tensor, _ s: Tensor, _ dtype: DType) throws -> Tensor {
    let own = try Tensor(variances, shape: [1, variances.count]).converted(to: dtype)
    return try square(convert(r, to: dtype)) * own + square(convert(s, to: dtype))
  }

  /// ln [w_k N(x; r m_k, v_k I)], shape [n, K].
  private func logTerms(_ x: Tensor, _ r: Tensor, _ v: Tensor) throws -> Tensor {
    let weights = try Tensor(logWeights, shape: [1, logWeights.count]).converted(to: x.dtype)
    let constant = try weights - log(v * (2 * Double.pi)) * (0.5 * Double(dimension))
    return try constant - squaredDistances(x, r) / (v * 2)
  }

  /// m_kj over k, shape [1, K].
  private func column(_ j: Int, _ dtype: DType) throws -> Tensor {
    try means.select(axis: 1, j).expanded(axis: 0).converted(to: dtype)
  }

  /// ‖x − r m_k‖², shape [n, K].
  private func squaredDistances(_ x: Tensor, _ r: Tensor) throws -> Tensor {
    let scale = try convert(r, to: x.dtype)
    if dimension <= Self.directDimension {
      var total = try square(slice(x, axis: 1, 0..<1) - scale * column(0, x.dtype))
      for j in stride(from: 1, to: dimension, by: 1) {
        total = try total + square(slice(x, axis: 1, j..<j + 1) - scale * column(j, x.dtype))
      }
      return total
    }
    let (offset, centred, factor) = try aboutCentre(x, r)
    let lengths = try sum(square(centred), axis: 1).expanded(axis: 0)
    let products = try matmul(offset, transpose(centred))
    let distances =
      try sum(square(offset), axis: 1, keepingAxis: true) - products * factor * 2
      + lengths * square(factor)
    // Rounding must not make a distance negative.
    return try convert(maximum(distances, Tensor.scalar(0, .float64)), to: x.dtype)
  }

  /// Σ_k a_k (r m_k − x), shape [n, d].
  private func pull(_ x: Tensor, _ r: Tensor, _ a: Tensor) throws -> Tensor {
    if dimension <= Self.directDimension {
      let scale = try convert(r, to: x.dtype)
      let columns = try (0..<dimension).map { j in
        try sum(
          a * (scale * column(j, x.dtype) - slice(x, axis: 1, j..<j + 1)), axis: 1,
          keepingAxis: true)
      }
      return try columns.count == 1 ? columns[0] : concatenate(columns, axis: 1)
    }
    let (offset, centred, factor) = try aboutCentre(x, r)
    let weights = try convert(a, to: .float64)
    let result =
      try matmul(weights, centred) * factor
      - offset * sum(weights, axis: 1, keepingAxis: true)
    return try convert(result, to: x.dtype)
  }

  /// x − r c, m_k − c and r in float64, with c the centre of the means.
  private func aboutCentre(_ x: Tensor, _ r: Tensor) throws -> (Tensor, Tensor, Tensor) {
    let centre = try mean(means, axis: 0, keepingAxis: true)
    let factor = try convert(r, to: .float64)
    return (try convert(x, to: .float64) - factor * centre, try means - centre, factor)
  }
}

/// r or s the same for all rows, shape [1, 1].
func forAllRows(_ value: Double) throws -> Tensor { try Tensor.full([1, 1], value, .float64) }
