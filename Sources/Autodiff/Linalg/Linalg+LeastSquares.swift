import Tensors

// The pseudo-inverse and least squares, with gradients where the rank does not change.

extension Linalg {
  /// P = A⁺ (Moore–Penrose), singular values below `tolerance` of the largest taken as 0.
  /// Ā = −Pᵀ P̄ Pᵀ + (I − A P) P̄ᵀ P Pᵀ + Pᵀ P P̄ᵀ (I − P A)
  /// (Golub & Pereyra 1973, at constant rank).
  public static func pinv(_ x: Tensor, tolerance: Double? = nil) throws -> Tensor {
    let x = try real(x)
    if x.trace == nil { return try pseudoInverse(x, tolerance) }
    return try record(
      "pinv", [x], forward: { try pseudoInverse($0[0], tolerance) },
      pullbacks: [{ inputs, p, g in try pinvFlow(inputs[0], p, g) }])
  }

  private static func pseudoInverse(_ x: Tensor, _ tolerance: Double?) throws -> Tensor {
    let (u, s, vt) = try x.singularFactors()
    let relative = tolerance ?? defaultTolerance(x)
    let cut = try s.reducedMaximum().combined(with: relative, .multiply)
    let kept = try s.compared(with: cut, .greater).converted(to: s.dtype)
    let inverse = try kept / (s + (1 - kept))
    return try matmul(scaledColumns(transpose(vt), inverse), transpose(u))
  }

  static func pinvFlow(_ a: Tensor, _ p: Tensor, _ g: Tensor) throws -> Tensor {
    let (pt, gt) = (try transpose(p), try transpose(g))
    var flow = try -matmul(matmul(pt, g), pt)
    let tall = try matmul(matmul(gt, p), pt)
    flow = try flow + tall - matmul(a, matmul(p, tall))
    let wide = try matmul(matmul(pt, p), gt)
    return try flow + wide - matmul(matmul(wide, p), a)
  }

  /// ε max(m, n), as in NumPy.
  static func defaultTolerance(_ x: Tensor) -> Double {
    let epsilon = x.dtype == .float32 ? Double(Float.ulpOfOne) : Double.ulpOfOne
    return epsilon * Double(max(x.matrixRows, x.matrixColumns))
  }

  /// The X of least norm that makes ‖A X − B‖ least, X = A⁺ B.
  public static func lstsq(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    try withColumns(a, b) { a, b in
      if a.trace == nil, b.trace == nil { return try a.leastSquares(b) }
      return try record(
        "lstsq", [a, b], forward: { try $0[0].leastSquares($0[1]) },
        pullbacks: [
          { inputs, _, g in
            let p = try pinv(inputs[0])
            let flow = try sum(matmul(g, transpose(inputs[1])), to: p.shape)
            return try pinvFlow(inputs[0], p, flow)
          },
          { inputs, _, g in
            try sum(matmul(transpose(pinv(inputs[0])), g), to: inputs[1].shape)
          },
        ])
    }
  }

  /// How many singular values lie above `tolerance` of the largest.
  public static func matrixRank(_ x: Tensor, tolerance: Double? = nil) throws -> Tensor {
    let x = try real(x.value)
    let s = try x.singularValues()
    let cut = try s.reducedMaximum().combined(
      with: tolerance ?? defaultTolerance(x), .multiply)
    let above = try s.compared(with: cut, .greater).converted(to: .float64)
    return try above.reduced(.sum, axis: s.rank - 1).converted(to: .int64)
  }
}

extension Tensor {
  /// The largest singular value of each matrix, the axis kept; zeros where there is none.
  fileprivate func reducedMaximum() throws -> Tensor {
    if shape[rank - 1] == 0 {
      var kept = shape
      kept[rank - 1] = 1
      return try Tensor.zeros(kept, dtype)
    }
    return slice(axis: rank - 1, 0..<1)
  }
}
