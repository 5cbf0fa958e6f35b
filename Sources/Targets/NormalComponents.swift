import Autodiff
import Glibc
import Tensors

/// Weighted isotropic normal components Σ_k w_k N(m_k, σ_k² I), their density and score under noise.
///
/// With x = r x_0 + s z: component k becomes N(r m_k, v_k I), v_k = r² σ_k² + s², and
///   ln p(x) = logsumexp_k [ln w_k − (d/2) ln 2π v_k − ‖x − r m_k‖² / 2 v_k],
///   ∇ ln p(x) = Σ_k p(k | x) (r m_k − x) / v_k,
///   E[x_0 | x] = Σ_k p(k | x) (s² m_k + r σ_k² x) / v_k.
/// The weights p(k | x) are a softmax, divided by their own sum: so they add up to 1, and posterior
/// means of points (σ_k = 0) lie in their hull, however far x is.
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
    try weighted(x, r, s) { x, r, _, v, weights in try pull(x, r, weights / v) }
  }

  /// E[x_0 | r x_0 + s z = x].
  func posteriorMean(_ x: Tensor, _ r: Tensor, _ s: Tensor) throws -> Tensor {
    try weighted(x, r, s) { x, r, s, v, weights in
      if variances.allSatisfy({ $0 == 0 }) { return try average(weights, x.dtype) }
      let own = try Tensor(variances, shape: [1, variances.count]).converted(to: x.dtype)
      let (factor, noise) = (try convert(r, to: x.dtype), try convert(s, to: x.dtype))
      let shares = try weights / v
      return try average(shares * square(noise), x.dtype)
        + x * sum(shares * own * factor, axis: 1, keepingAxis: true)
    }
  }

  /// What `body` makes of the weights p(k | x), shape [n, K]: body(x, r, s, v, weights).
  private func weighted(
    _ x: Tensor, _ r: Tensor, _ s: Tensor,
    _ body: (Tensor, Tensor, Tensor, Tensor, Tensor) throws -> Tensor
  ) throws -> Tensor {
    try inBlocks(x, r, s) { x, r, s in
      let v = try variance(r, s, x.dtype)
      let result = try body(x, r, s, v, softmax(logTerms(x, r, v), axis: 1))
      if try result.value.isFiniteWhereKnown() || !x.value.isFinite() {
        return result
      }
      // The squares have left the range of the type: so far away the weights need a wider one, or
      // distances in other units.
      if x.dtype == .float32 {
        return try convert(weighted(convert(x, to: .float64), r, s, body), to: .float32)
      }
      return try body(x, r, s, v, softmax(distantTerms(x, r, v), axis: 1))
    }
  }

  /// ln [w_k N(x; r m_k, v_k I)] up to a constant of the row, where the squares of the distances would
  /// overflow: they are taken in units of a power of two for each row, and by their differences from
  /// the least.
  private func distantTerms(_ x: Tensor, _ r: Tensor, _ v: Tensor) throws -> Tensor {
    let (values, largest) = (
      try x.value.doubles(), try means.doubles().reduce(0) { max($0, abs($1)) }
    )
    let factors = try r.value.doubles()
    let units = try Tensor(
      (0..<x.shape[0]).map { row in
        let most = values[row * dimension..<(row + 1) * dimension].reduce(
          largest * abs(factors[factors.count == 1 ? 0 : row])
        ) { max($0, abs($1)) }
        return scalbn(1, Int32(max(most, 1).exponent))
      }, shape: [x.shape[0], 1])
    let distances = try squaredDistances(x / units, convert(r, to: .float64) / units) / (v * 2)
    let least = try distances.value.reduced(.minimum, axis: 1).expanded(axis: 1)
    return try logConstants(v, x.dtype) - (distances - least) * units * units
  }

  /// v_k, shape [1 or n, 1 or K].
  private func variance(_ r: Tensor, _ s: Tensor, _ dtype: DType) throws -> Tensor {
    let own = try Tensor(variances, shape: [1, variances.count]).converted(to: dtype)
    return try square(convert(r, to: dtype)) * own + square(convert(s, to: dtype))
  }

  /// ln [w_k N(x; r m_k, v_k I)], shape [n, K].
  private func logTerms(_ x: Tensor, _ r: Tensor, _ v: Tensor) throws -> Tensor {
    try logConstants(v, x.dtype) - squaredDistances(x, r) / (v * 2)
  }

  /// ln w_k − (d/2) ln 2π v_k.
  private func logConstants(_ v: Tensor, _ dtype: DType) throws -> Tensor {
    let weights = try Tensor(logWeights, shape: [1, logWeights.count]).converted(to: dtype)
    return try weights - log(v * (2 * Double.pi)) * (0.5 * Double(dimension))
  }

  /// Σ_k a_k m_k, shape [n, d].
  private func average(_ a: Tensor, _ dtype: DType) throws -> Tensor {
    if dimension <= Self.directDimension {
      let columns = try (0..<dimension).map { j in
        try sum(a * column(j, dtype), axis: 1, keepingAxis: true)
      }
      return try columns.count == 1 ? columns[0] : concatenate(columns, axis: 1)
    }
    return try convert(matmul(convert(a, to: .float64), means), to: dtype)
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
