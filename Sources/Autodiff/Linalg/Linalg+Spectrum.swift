import Catalog
import Tensors

// Eigenvalues, singular values and what is built from them, with gradients.

extension Linalg {
  /// A = V diag(w) Vᵀ for symmetric A. Ā = V [diag(w̄) + F ∘ VᵀV̄] Vᵀ with
  /// F_ij = 1/(w_j − w_i), made symmetric (Giles 2008, section 3.1). The gradient of the vectors
  /// needs distinct eigenvalues; pairs that are equal contribute nothing.
  public static func eigh(_ x: Tensor) throws -> (values: Tensor, vectors: Tensor) {
    let x = try real(x)
    if x.trace == nil || x.rank < 2 { return try x.symmetricEigen() }
    let parts = try record("eigh", [x], saves: Saves(inputs: [], outputs: nil)) {
      let (values, vectors) = try $0[0].symmetricEigen()
      return [values, vectors]
    } pullback: { flow in
      let (w, v) = (flow.output(0), flow.output(1))
      let gap = try expandedAxis(w, at: w.rank - 1) - expandedAxis(w, at: w.rank)
      let turn = try safeReciprocal(gap) * matmul(transpose(v), flow.cotangent(1))
      let middle = try diagonalMatrix(flow.cotangent(0)) + turn
      return [try symmetrized(matmul(matmul(v, middle), transpose(v)))]
    }
    return (parts[0], parts[1])
  }

  /// The eigenvalues of symmetric matrices, from small to large.
  public static func eigvalsh(_ x: Tensor) throws -> Tensor {
    let x = try real(x)
    return try x.trace == nil ? x.symmetricEigenvalues() : eigh(x).values
  }

  /// The eigenvalues of square matrices; they have no gradient.
  public static func eigvals(_ x: Tensor) throws -> Tensor {
    if x.isRecorded {
      throw UserError("x must not be differentiated here; use eigvalsh, or x:detach()")
    }
    return try real(x.value).eigenvalues()
  }

  /// A = U diag(s) Vᵀ, thin. With F_ij = 1/(s_j² − s_i²),
  /// Ā = U [(F ∘ (UᵀŪ − ŪᵀU)) S + S (F ∘ (VᵀV̄ − V̄ᵀV)) + diag(s̄)] Vᵀ
  ///   + (I − UUᵀ) Ū S⁻¹ Vᵀ + U S⁻¹ V̄ᵀ (I − VVᵀ)
  /// (Townsend 2016, "Differentiating the singular value decomposition"). The gradient of the vectors
  /// needs distinct singular values other than 0; pairs that are equal contribute nothing.
  public static func svd(_ x: Tensor) throws -> (u: Tensor, s: Tensor, vt: Tensor) {
    let x = try real(x)
    if x.trace == nil || x.rank < 2 { return try x.singularFactors() }
    let parts = try record("svd", [x], saves: Saves(inputs: [], outputs: nil)) {
      let (u, s, vt) = try $0[0].singularFactors()
      return [u, s, vt]
    } pullback: {
      [try svdFlow($0.outputs, [$0.cotangent(0), $0.cotangent(1), $0.cotangent(2)])]
    }
    return (parts[0], parts[1], parts[2])
  }

  private static func svdFlow(_ outputs: [Tensor], _ g: [Tensor]) throws -> Tensor {
    let (u, s, vt) = (outputs[0], outputs[1], outputs[2])
    let (m, k, n) = (u.matrixRows, u.matrixColumns, vt.matrixColumns)
    let squares = try square(s)
    let f = try safeReciprocal(
      expandedAxis(squares, at: s.rank - 1) - expandedAxis(squares, at: s.rank))
    let left = try matmul(transpose(u), g[0])
    let right = try matmul(vt, transpose(g[2]))
    let turnLeft = try scaledColumns(f * (left - transpose(left)), s)
    let turnRight = try scaledRows(s, f * (right - transpose(right)))
    let middle = try turnLeft + turnRight + diagonalMatrix(g[1])
    var flow = try matmul(matmul(u, middle), vt)
    let inverse = try safeReciprocal(s)
    if m > k {
      flow = try flow + matmul(scaledColumns(g[0] - matmul(u, left), inverse), vt)
    }
    if n > k {
      let outside = try g[2] - matmul(transpose(right), vt)
      flow = try flow + matmul(scaledColumns(u, inverse), outside)
    }
    return flow
  }

  /// The singular values, from large to small.
  public static func svdvals(_ x: Tensor) throws -> Tensor {
    let x = try real(x)
    return try x.trace == nil ? x.singularValues() : svd(x).s
  }

  /// S with S S = A, symmetric like A, which must have no eigenvalue below 0 (rounding allowed
  /// for). Ā solves S Ā + Ā S = S̄, so equal eigenvalues do no harm.
  public static func sqrtm(_ x: Tensor) throws -> Tensor {
    func value(_ x: Tensor) throws -> Tensor {
      let (w, v) = try x.symmetricEigen()
      let roots = try sqrt(nonNegative(w))
      return try matmul(scaledColumns(v, roots), transpose(v))
    }
    let x = try real(x)
    if x.trace == nil { return try value(x) }
    return try record(
      "sqrtm", [x], forward: { try value($0[0]) },
      pullbacks: [{ _, s, g in try sylvester(s, symmetrized(g)) }])
  }

  /// X with S X + X S = G for symmetric positive definite S: in the basis of S's eigenvectors
  /// X_ij = G_ij / (s_i + s_j). Linear in G and its own adjoint there; S̄ = −(H Xᵀ + Xᵀ H) with
  /// H = sylvester(S, X̄).
  static func sylvester(_ s: Tensor, _ g: Tensor) throws -> Tensor {
    func value(_ s: Tensor, _ g: Tensor) throws -> Tensor {
      let (eigenvalues, v) = try s.symmetricEigen()
      let w = try checked(eigenvalues) { w in
        if let least = try w.doubles().min(), least <= 0 {
          throw UserError("the gradient of sqrtm needs a positive definite matrix")
        }
      }
      let total = try expandedAxis(w, at: w.rank - 1) + expandedAxis(w, at: w.rank)
      let turned = try matmul(matmul(transpose(v), g), v) / total
      return try matmul(matmul(v, turned), transpose(v))
    }
    return try record(
      "sylvester", [s, g], forward: { try value($0[0], $0[1]) },
      pullbacks: [
        { inputs, x, flow in
          let h = try sylvester(inputs[0], flow)
          let mirrored = try transpose(x)
          return try -(matmul(h, mirrored) + matmul(mirrored, h))
        },
        { inputs, _, flow in try sylvester(inputs[0], flow) },
      ])
  }

  /// Eigenvalues that rounding made negative as 0; an error where more than rounding did.
  private static func nonNegative(_ w: Tensor) throws -> Tensor {
    try checked(w, requireNonNegative).combined(with: 0, .maximum)
  }

  private static func requireNonNegative(_ w: Tensor) throws {
    let values = try w.doubles()
    let n = w.shape[w.rank - 1]
    let epsilon = w.dtype == .float32 ? Double(Float.ulpOfOne) : Double.ulpOfOne
    for start in stride(from: 0, to: values.count, by: max(n, 1)) {
      let largest = max(values[start + n - 1], 0)
      if values[start] < -10 * Double(n) * epsilon * largest || (largest == 0 && values[start] < 0)
      {
        let place = w.rank == 1 ? "" : " (matrix \(start / n + 1) of the stack)"
        throw UserError(
          "x must have no negative eigenvalue, got \(shortNumber(values[start]))\(place)")
      }
    }
  }
}
