import Catalog
import Tensors

// Linear systems, inverses and determinants with gradients (Giles 2008, sections 2.2 and 2.3).

extension Linalg {
  /// X with A X = B; a vector B gives a vector. X = A⁻¹B: B̄ = A⁻ᵀ X̄, Ā = −B̄ Xᵀ.
  public static func solve(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    try withColumns(a, b) { a, b in
      if a.trace == nil, b.trace == nil { return try a.solution(of: b) }
      return try record(
        "solve", [a, b], forward: { try $0[0].solution(of: $0[1]) },
        pullbacks: [
          { inputs, x, g in
            let flow = try solve(transpose(inputs[0]), g)
            return try sum(-matmul(flow, transpose(x)), to: inputs[0].shape)
          },
          { inputs, _, g in
            try sum(solve(transpose(inputs[0]), g), to: inputs[1].shape)
          },
        ])
    }
  }

  /// X with A X = B for triangular A, whose other triangle is not read.
  public static func solveTriangular(_ a: Tensor, _ b: Tensor, lower: Bool) throws -> Tensor {
    try withColumns(a, b) { a, b in
      if a.trace == nil, b.trace == nil { return try a.triangularSolution(of: b, lower: lower) }
      return try record(
        "solve_triangular", [a, b],
        forward: { try $0[0].triangularSolution(of: $0[1], lower: lower) },
        pullbacks: [
          { inputs, x, g in
            let flow = try solveTriangular(transpose(inputs[0]), g, lower: !lower)
            let whole = try sum(-matmul(flow, transpose(x)), to: inputs[0].shape)
            return try lower ? lowerTriangle(whole) : upperTriangle(whole)
          },
          { inputs, _, g in
            try sum(
              solveTriangular(transpose(inputs[0]), g, lower: !lower), to: inputs[1].shape)
          },
        ])
    }
  }

  /// Gives a vector on the right a second axis for the time of `body`.
  static func withColumns(
    _ a: Tensor, _ b: Tensor, _ body: (Tensor, Tensor) throws -> Tensor
  ) throws -> Tensor {
    guard b.rank == 1 else { return try body(real(a), real(b)) }
    let x = try body(real(a), expandedAxis(real(b), at: 1))
    return try select(x, axis: x.rank - 1, 0)
  }

  /// Y = A⁻¹: Ā = −Yᵀ Ȳ Yᵀ.
  public static func inverse(_ x: Tensor) throws -> Tensor {
    let x = try real(x)
    if x.trace == nil { return try x.inverse() }
    return try record(
      "inv", [x], forward: { try $0[0].inverse() },
      pullbacks: [
        { _, y, g in
          let mirrored = try transpose(y)
          return try -matmul(matmul(mirrored, g), mirrored)
        }
      ])
  }

  /// d = det A: Ā = d̄ d A⁻ᵀ, and d̄ adj(A)ᵀ where some A is singular.
  public static func determinant(_ x: Tensor) throws -> Tensor {
    func value(_ x: Tensor) throws -> Tensor {
      let (sign, logarithm) = try x.signAndLogDeterminant()
      return try sign * exp(logarithm)
    }
    let x = try real(x)
    if x.trace == nil { return try value(x) }
    return try record(
      "det", [x], forward: { try value($0[0]) },
      pullbacks: [
        { inputs, d, g in
          // What is recorded cannot ask for values; its inverse is an error for a singular A.
          if try Tensor.isProgramRecorded || !d.value.doubles().contains(0) {
            return try determinantFlow(inputs[0], g * d)
          }
          let wide = try expandedAxis(expandedAxis(g, at: g.rank), at: g.rank + 1)
          return try wide * transpose(adjugate(inputs[0]))
        }
      ])
  }

  private static let largestAdjugate = 16

  /// adj(A) = (−1)ⁿ⁻¹ Mₙ with M₁ = I, Mₖ₊₁ = A Mₖ − tr(A Mₖ)/k I (Faddeev and Leverrier), in float64: a
  /// polynomial, so that singular matrices have slopes of any order.
  private static func adjugate(_ x: Tensor) throws -> Tensor {
    let n = x.matrixColumns
    guard n <= largestAdjugate else {
      throw UserError(
        "the gradient of det at a singular matrix is for \(largestAdjugate) rows at most, got \(n)")
    }
    let a = try convert(x, to: .float64)
    let one = try identity(n, .float64)
    var m = try broadcast(one, to: Shape(x.batch + [n, n]))
    for k in 1..<max(n, 1) {
      let product = try matmul(a, m)
      let part = try trace(product) / Double(k)
      m = try product - expandedAxis(expandedAxis(part, at: part.rank), at: part.rank + 1) * one
    }
    return try convert(n % 2 == 0 ? -m : m, to: x.dtype)
  }

  /// The sign of det A and ln |det A|: Ā = l̄ A⁻ᵀ.
  public static func signAndLogDeterminant(
    _ x: Tensor
  ) throws -> (sign: Tensor, logarithm: Tensor) {
    let x = try real(x)
    if x.trace == nil { return try x.signAndLogDeterminant() }
    let logarithm = try record(
      "slogdet", [x], forward: { try $0[0].signAndLogDeterminant().logarithm },
      pullbacks: [{ inputs, _, g in try determinantFlow(inputs[0], g) }])
    return (try x.value.signAndLogDeterminant().sign, logarithm)
  }

  /// ln det A, an error where det A is not positive.
  public static func logDeterminant(_ x: Tensor) throws -> Tensor {
    let (sign, logarithm) = try signAndLogDeterminant(x)
    let isPositive = try checked(sign, requirePositive).compared(
      with: .scalar(0, .float64), .greater)
    if !Tensor.isProgramRecorded { return logarithm }
    // What is checked must be used, or a recorded program leaves it away.
    return try choose(isPositive, logarithm, .scalar(.nan, logarithm.dtype))
  }

  private static func requirePositive(_ sign: Tensor) throws {
    if let place = try sign.doubles().firstIndex(where: { $0 <= 0 }) {
      let matrix = sign.rank == 0 ? "" : " (matrix \(place + 1) of the stack)"
      let got = try sign.doubles()[place] == 0 ? "0" : "a negative one"
      throw UserError("x must have a positive determinant, got \(got)\(matrix)")
    }
  }

  private static func determinantFlow(_ x: Tensor, _ factor: Tensor) throws -> Tensor {
    let wide = try expandedAxis(expandedAxis(factor, at: factor.rank), at: factor.rank + 1)
    return try wide * transpose(inverse(x))
  }

  /// The sum of the diagonal.
  public static func trace(_ x: Tensor) throws -> Tensor {
    guard x.rank >= 2 else {
      throw UserError("x must be a matrix or a stack of them, got shape \(x.shape)")
    }
    return try sum(diagonal(real(x)), axis: x.rank - 2)
  }
}
