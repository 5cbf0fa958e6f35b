import Tensors

// Cholesky and QR with gradients.

extension Linalg {
  /// A = L Lᵀ. Ā = sym(L⁻ᵀ Φ(Lᵀ L̄) L⁻¹), Φ the lower triangle with half its diagonal
  /// (Murray 2016, "Differentiation of the Cholesky decomposition", eq. 10).
  public static func cholesky(_ x: Tensor) throws -> Tensor {
    let x = try real(x)
    if x.trace == nil { return try x.choleskyFactor() }
    return try record(
      "cholesky", [x], forward: { try $0[0].choleskyFactor() },
      pullbacks: [
        { _, l, g in
          let mirrored = try transpose(l)
          let inner = try lowerTriangle(matmul(mirrored, g), diagonal: 0.5)
          let left = try solveTriangular(mirrored, inner, lower: false)
          return try symmetrized(solveTriangular(mirrored, transpose(left), lower: false))
        }
      ])
  }

  /// A = Q R, thin. For m ≥ n and full rank, M = R R̄ᵀ − Q̄ᵀ Q and
  /// Ā = [Q̄ + Q copyltu(M)] R⁻ᵀ (Walter & Lehmann 2018, "Algorithmic differentiation of the
  /// complex QR decomposition"; copyltu mirrors the lower triangle).
  public static func qr(_ x: Tensor) throws -> (q: Tensor, r: Tensor) {
    let x = try real(x)
    if x.trace == nil || x.rank < 2 { return try x.qrFactors() }
    let (m, n) = (x.matrixRows, x.matrixColumns)
    if m < n {
      // A = (X Y): the first m columns give Q, the others follow.
      let (q, r) = try qr(slice(x, axis: x.rank - 1, 0..<m))
      let rest = try matmul(transpose(q), slice(x, axis: x.rank - 1, m..<n))
      return (q, try concatenate([r, rest], axis: x.rank - 1))
    }
    let parts = try record("qr", [x], saves: Saves(inputs: [], outputs: nil)) {
      let (q, r) = try $0[0].qrFactors()
      return [q, r]
    } pullback: { flow in
      let (q, r) = (flow.output(0), flow.output(1))
      let g = [try flow.cotangent(0), try flow.cotangent(1)]
      let inner = try matmul(r, transpose(upperTriangle(g[1]))) - matmul(transpose(g[0]), q)
      let half = try lowerTriangle(inner, diagonal: 0.5)
      let whole = try g[0] + matmul(q, half + transpose(half))
      return [try transpose(solveTriangular(r, transpose(whole), lower: false))]
    }
    return (parts[0], parts[1])
  }
}
