import Catalog
import KernelsBase
import Runtime

/// Sobol points: a net of low discrepancy in the unit cube, in Gray-code order (Antonov & Saleev
/// 1979), with the direction numbers of Joe & Kuo 2008 ("Constructing Sobol sequences with better
/// two-dimensional projections", table new-joe-kuo-6) for up to 21 dimensions.
///
/// Point i has the coordinate ⊕_j g_j v_j, g = i ⊕ (i >> 1), of 32 binary digits; point 0 is the origin.
public enum SobolSequence {
  public static let mostDimensions = 21
  /// 32 binary digits make so many different points.
  public static let mostPoints = 1 << 32

  /// Polynomials of degree s with inner coefficients a, and the first s direction numbers m.
  private static let table: [(a: Int, m: [UInt32])] = [
    (0, [1]), (1, [1, 3]), (1, [1, 3, 1]), (2, [1, 1, 1]), (1, [1, 1, 3, 3]),
    (4, [1, 3, 5, 13]), (2, [1, 1, 5, 5, 17]), (4, [1, 1, 5, 5, 5]), (7, [1, 1, 7, 11, 19]),
    (11, [1, 1, 5, 1, 1]), (13, [1, 1, 1, 3, 11]), (14, [1, 3, 5, 5, 31]),
    (1, [1, 3, 3, 9, 7, 49]), (13, [1, 1, 1, 15, 21, 21]), (16, [1, 3, 1, 13, 27, 49]),
    (19, [1, 1, 1, 15, 7, 5]), (22, [1, 3, 1, 15, 13, 25]), (25, [1, 1, 5, 5, 19, 61]),
    (1, [1, 3, 7, 11, 23, 15, 103]), (4, [1, 3, 7, 13, 13, 15, 69]),
  ]

  /// v_j of a dimension, with the binary point before bit 31: m_j / 2^j, continued by
  /// v_j = a_1 v_(j−1) ⊕ … ⊕ a_(s−1) v_(j−s+1) ⊕ v_(j−s) ⊕ (v_(j−s) >> s).
  static func directions(_ dimension: Int) -> [UInt32] {
    if dimension == 0 { return (0..<32).map { 1 << (31 - UInt32($0)) } }
    let (a, m) = table[dimension - 1]
    let s = m.count
    var v = m.enumerated().map { $1 << (31 - UInt32($0)) }
    for j in s..<32 {
      var next = v[j - s] ^ (v[j - s] >> UInt32(s))
      for k in 1..<max(s, 1) where a >> (s - 1 - k) & 1 == 1 { next ^= v[j - k] }
      v.append(next)
    }
    return v
  }

  /// Points `first`, `first + 1`, … as rows; the bits of each dimension are flipped by `shift`.
  ///
  /// - Precondition: `dimensions` ≤ 21 and all points are among the first 2³².
  public static func points(
    _ count: Int, dimensions: Int, first: Int = 0, shift: [UInt32]? = nil, _ dtype: DType
  ) throws -> Tensor {
    let result = try Tensor(uninitialized: Shape(checking: [count, dimensions]), .float64)
    let out = result.pointer(Double.self)
    let v = (0..<dimensions).map(directions)
    try WorkerPool.shared.run(count: count, grain: 4096) { range in
      for row in range {
        let index = UInt64(first + row)
        let gray = index ^ (index >> 1)
        for d in 0..<dimensions {
          var (bits, rest, j) = (shift?[d] ?? 0, gray, 0)
          while rest != 0 {
            if rest & 1 == 1 { bits ^= v[d][j] }
            rest >>= 1
            j += 1
          }
          // A shifted point lies in the middle of its cell, so that none is 0.
          out[row * dimensions + d] = (Double(bits) + (shift == nil ? 0 : 0.5)) * 0x1p-32
        }
      }
    }
    return try result.converted(to: dtype)
  }
}

extension RandomStream {
  /// Sobol points with random bits flipped in each dimension (a digital shift): each point is uniform
  /// in the cube, all together keep their discrepancy.
  public func sobol(_ count: Int, dimensions: Int, _ dtype: DType = .float32) throws -> Tensor {
    var shift = [UInt32](repeating: 0, count: dimensions)
    shift.withUnsafeMutableBufferPointer { words in
      guard let base = words.baseAddress else { return }
      kernels.words(base, rows: dimensions, columns: 1, key: key, step: nextStep(), firstRow: 0)
    }
    return try SobolSequence.points(count, dimensions: dimensions, shift: shift, dtype)
  }
}
