import Autodiff
import Catalog
import Tensors
import TestSupport
import Testing

@Suite("linalg") struct LinalgTests {
  static let shapes: [Shape] = [
    [0, 0], [1, 1], [3, 3], [8, 3], [3, 8], [0, 4], [4, 0], [33, 33], [2, 5, 5], [3, 2, 6, 4],
    [2, 4, 6], [0, 3, 3], [1, 7, 2],
  ]

  func normal(_ shape: Shape, _ dtype: DType = .float64, seed: Int = 1) throws -> Tensor {
    try RandomStream(seed: seed).normal(shape, dtype)
  }

  /// Symmetric positive definite, eigenvalues of 0.5 and more.
  func positive(_ batch: [Int], _ n: Int, _ dtype: DType = .float64, seed: Int = 1) throws -> Tensor
  {
    let a = try normal(Shape(batch + [n, n]), dtype, seed: seed)
    return try matmul(a, transpose(a)) / Double(max(n, 1)) + identity(n, dtype) * 0.5
  }

  func identity(_ n: Int, _ dtype: DType = .float64) throws -> Tensor {
    try Tensor((0..<n * n).map { $0 / max(n, 1) == $0 % max(n, 1) ? 1.0 : 0 }, shape: [n, n])
      .converted(to: dtype)
  }

  func scaled(_ x: Tensor, _ s: Tensor) throws -> Tensor {
    try x * expandedAxis(s, at: s.rank - 1)
  }

  func close(_ x: Tensor, _ y: Tensor, _ what: Comment, at line: SourceLocation = #_sourceLocation)
    throws
  {
    let tolerance = x.dtype == .float32 ? 2e-5 : 1e-12
    #expect(x.shape == y.shape, what, sourceLocation: line)
    let a = try x.doubles()
    let b = try y.broadcast(to: x.shape).doubles()
    let scale = max(1, b.map(abs).max() ?? 1)
    let worst = zip(a, b).map { abs($0 - $1) }.max() ?? 0
    #expect(worst < tolerance * scale, what, sourceLocation: line)
  }

  func message(_ body: () throws -> Any) -> String {
    do {
      _ = try body()
      return ""
    } catch { return "\(error)" }
  }

  @Test("A = Q R and A = U S Vᵀ with orthonormal factors, stacks and empty ones too")
  func thinFactors() throws {
    for shape in Self.shapes {
      for dtype in [DType.float32, .float64] {
        let a = try normal(shape, dtype)
        let note: Comment = "\(shape) \(dtype)"
        let k = min(shape[shape.rank - 1], shape[shape.rank - 2])
        let (q, r) = try Linalg.qr(a)
        try close(matmul(q, r), a, note)
        try close(
          matmul(transpose(q), q),
          identity(k, dtype).broadcast(
            to: Shape(shape.dropLast(2) + [k, k])), note)
        let (u, s, vt) = try Linalg.svd(a)
        try close(matmul(scaled(u, s), vt), a, note)
        let whole = Shape(shape.dropLast(2) + [k, k])
        try close(matmul(transpose(u), u), identity(k, dtype).broadcast(to: whole), note)
        try close(matmul(vt, transpose(vt)), identity(k, dtype).broadcast(to: whole), note)
        let p = try Linalg.pinv(a)
        try close(matmul(matmul(a, p), a), a, note)
      }
    }
  }

  @Test("A = V diag(w) Vᵀ, L Lᵀ, S S and A A⁻¹ = 1 for stacks")
  func symmetricFactors() throws {
    for (batch, n) in [([], 0), ([], 1), ([], 6), ([], 70), ([3], 4), ([2, 3], 5), ([0], 3)] {
      for dtype in [DType.float32, .float64] {
        let a = try positive(batch, n, dtype)
        let note: Comment = "\(batch) \(n) \(dtype)"
        let (w, v) = try Linalg.eigh(a)
        try close(matmul(scaled(v, w), transpose(v)), a, note)
        let one = try identity(n, dtype).broadcast(to: a.shape)
        try close(matmul(transpose(v), v), one, note)
        let l = try Linalg.cholesky(a)
        try close(matmul(l, transpose(l)), a, note)
        let s = try Linalg.sqrtm(a)
        try close(matmul(s, s), a, note)
        try close(matmul(a, Linalg.inverse(a)), one, note)
        try close(
          exp(Linalg.logDeterminant(a) / Double(max(n, 1))),
          exp(sum(log(w), axis: w.rank - 1) / Double(max(n, 1))), note)
      }
    }
  }

  @Test("stacks broadcast in solve, vectors stay vectors")
  func broadcasting() throws {
    let a = try positive([], 4)
    let b = try normal([3, 4, 2])
    let x = try Linalg.solve(a, b)
    try close(matmul(a, x), b, "one matrix for a stack")
    let stack = try positive([3], 4)
    try close(
      matmul(stack, Linalg.solve(stack, b.select(axis: 0, 0))),
      b.select(axis: 0, 0).broadcast(to: [3, 4, 2]), "a stack for one matrix")
    let v = try normal([4])
    try close(matmul(a, Linalg.solve(a, v)), v, "vector")
    #expect(try Linalg.solve(stack, v).shape == [3, 4])
    #expect(try Linalg.solve(positive([], 0), Tensor.zeros([0, 2], .float64)).shape == [0, 2])
    #expect(
      try Linalg.lstsq(Tensor.zeros([0, 3], .float64), Tensor.zeros([0], .float64)).shape == [3])
    let upper = try transpose(Linalg.cholesky(a))
    try close(
      matmul(upper, Linalg.solveTriangular(upper, v, lower: false)), v, "upper triangular")
    let integers = try Tensor([2, 0, 0, 4] as [Int64], shape: [2, 2])
    #expect(try Linalg.inverse(integers).doubles() == [0.5, 0, 0, 0.25])
  }

  @Test("determinants of permutations and of nothing are exact")
  func determinants() throws {
    let swap = try Tensor([0.0, 1, 0, 1, 0, 0, 0, 0, 2], shape: [3, 3])
    #expect(try Linalg.determinant(swap).item() == -2)
    #expect(try Linalg.determinant(Tensor.zeros([0, 0], .float64)).item() == 1)
    let zero = try Linalg.signAndLogDeterminant(Tensor.zeros([2, 2], .float64))
    #expect(try zero.sign.item() == 0 && zero.logarithm.item() == -.infinity)
    #expect(try Linalg.determinant(Tensor.zeros([2, 2], .float64)).item() == 0)
    #expect(try Linalg.trace(swap).item() == 2)
  }

  @Test("what cannot be done is an error that names the quantity")
  func errors() throws {
    let bad = try Tensor([1.0, 2, 2, 1], shape: [2, 2])
    let singular = try Tensor([1.0, 2, 2, 4], shape: [2, 2])
    let skew = try Tensor([1.0, 2, 3, 1], shape: [2, 2])
    #expect(
      message { try Linalg.cholesky(bad) }
        == "x must be positive definite: leading minor 2 is not")
    let stack = try Tensor.concatenated([identity(2), bad].map { $0.expanded(axis: 0) }, axis: 0)
    #expect(
      message { try Linalg.cholesky(stack) }
        == "x must be positive definite: leading minor 2 is not (matrix 2 of the stack)")
    #expect(
      message { try Linalg.cholesky(skew) }
        == "x must be symmetric: elements [2, 1] and [1, 2] are 3 and 2")
    #expect(message { try Linalg.inverse(singular) } == "x must be invertible: pivot 2 is 0")
    #expect(
      message { try Linalg.solve(singular, Tensor([1.0, 2])) }
        == "a must be invertible: pivot 2 is 0")
    #expect(
      message { try Linalg.solveTriangular(Tensor.zeros([2, 2]), Tensor([1.0, 2]), lower: true) }
        == "a must be invertible: element 1 of its diagonal is 0")
    #expect(
      message { try Linalg.logDeterminant(bad) }
        == "x must have a positive determinant, got a negative one")
    #expect(message { try Linalg.sqrtm(bad) } == "x must have no negative eigenvalue, got -1")
    #expect(
      message { try Linalg.svd(Tensor([1, .nan, 0, 1.0], shape: [2, 2])) }
        == "x must hold finite numbers, got nan at [1, 2]")
    #expect(message { try Linalg.eigh(normal([2, 3])) } == "x must be square, got shape [2, 3]")
    #expect(
      message { try Linalg.qr(normal([3])) }
        == "x must be a matrix or a stack of them, got shape [3]")
    #expect(
      message { try Linalg.solve(identity(2), normal([3])) }
        == "b must have 2 rows, got shape [3, 1]")
    #expect(
      message { try vjp([identity(2)]) { try sum(Linalg.eigvals($0[0])) } }
        == "x must not be differentiated here; use eigvalsh, or x:detach()")
  }

  @Test("gradients agree with finite differences")
  func gradients() throws {
    let square = try positive([], 4) + normal([4, 4], seed: 2) * 0.1
    let stack = try positive([2], 3) + normal([2, 3, 3], seed: 3) * 0.1
    func symmetric(_ x: Tensor) throws -> Tensor { try (x + transpose(x)) * 0.5 }
    for x in [square, stack] {
      let n = x.shape[x.rank - 1]
      let b = try normal([n, 2], seed: 4)
      let cases: [(String, ([Tensor]) throws -> Tensor)] = [
        ("solve", { try Linalg.solve($0[0], $0[1]) }),
        ("solve, broadcast", { try Linalg.solve($0[0], $0[1] * 2) }),
        ("triangular", { try Linalg.solveTriangular($0[0], $0[1], lower: true) }),
        ("upper", { try Linalg.solveTriangular($0[0], $0[1], lower: false) }),
        ("inv", { try Linalg.inverse($0[0]) }), ("det", { try Linalg.determinant($0[0]) }),
        ("logdet", { try Linalg.logDeterminant($0[0]) }),
        ("cholesky", { try Linalg.cholesky(symmetric($0[0])) }),
        ("sqrtm", { try Linalg.sqrtm(symmetric($0[0])) }),
        ("eigvalsh", { try Linalg.eigvalsh(symmetric($0[0])) }),
        ("eigh", { try Linalg.eigh(symmetric($0[0])).vectors }),
        ("trace", { try Linalg.trace($0[0]) }),
        ("norm nuc", { try Linalg.norm($0[0], .nuclear) }),
        ("norm 2", { try Linalg.norm($0[0], .power(2)) }),
        ("norm inf", { try Linalg.norm($0[0], .power(.infinity)) }),
        ("norm fro", { try Linalg.norm($0[0], .frobenius) }),
        ("norm 3", { try Linalg.norm($0[0], .power(3), axis: 0) }),
      ]
      for (name, f) in cases {
        let error = try gradientError([x, b], of: f)
        #expect(error < 1e-6, "\(name) of \(x.shape)")
      }
    }
    for shape in [[4, 4], [6, 3], [3, 5], [2, 5, 3], [2, 3, 4]] as [Shape] {
      let x = try normal(shape, seed: 5)
      let b = try normal([shape[shape.rank - 2]], seed: 6)
      let cases: [(String, ([Tensor]) throws -> Tensor)] = [
        ("q", { try Linalg.qr($0[0]).q }), ("r", { try Linalg.qr($0[0]).r }),
        ("u", { try Linalg.svd($0[0]).u }), ("s", { try Linalg.svdvals($0[0]) }),
        ("vt", { try Linalg.svd($0[0]).vt }), ("pinv", { try Linalg.pinv($0[0]) }),
        ("lstsq", { try Linalg.lstsq($0[0], $0[1]) }),
      ]
      for (name, f) in cases {
        let error = try gradientError([x, b], of: f)
        #expect(error < 1e-6, "\(name) of \(shape)")
      }
    }
  }

  @Test("second derivatives agree with finite differences of the first")
  func secondOrder() throws {
    let x = try positive([], 3)
    func symmetric(_ x: Tensor) throws -> Tensor { try (x + transpose(x)) * 0.5 }
    let functions: [(String, (Tensor) throws -> Tensor)] = [
      ("logdet", { try Linalg.logDeterminant($0) }),
      ("solve", { try sum(square(Linalg.solve($0, Tensor([1.0, 2, 3])))) }),
      ("cholesky", { try sum(exp(Linalg.cholesky(symmetric($0)))) }),
      ("sqrtm", { try sum(exp(Linalg.sqrtm(symmetric($0)))) }),
      ("eigh", { try sum(exp(Linalg.eigh(symmetric($0)).vectors)) }),
      ("svd", { try sum(exp(Linalg.svd($0).u)) }), ("qr", { try sum(exp(Linalg.qr($0).q)) }),
      ("pinv", { try sum(exp(Linalg.pinv($0))) }),
    ]
    for (name, f) in functions {
      let error = try gradientError([x + normal([3, 3]) * 0.05], step: 1e-5) { inputs in
        try vjp([inputs[0]]) { try f($0[0]) }.cotangents[0]
      }
      #expect(error < 1e-5, "\(name)")
    }
  }

  @Test("equal eigenvalues do not spoil gradients that exist")
  func degenerate() throws {
    let one = try identity(3)
    let flow = try vjp([one]) { try Linalg.trace(Linalg.sqrtm($0[0])) }.cotangents[0]
    try close(flow, one * 0.5, "d tr √A = ½ A^(−½)")
    let values = try vjp([one]) { try sum(Linalg.eigvalsh($0[0])) }.cotangents[0]
    try close(values, one, "d Σ w = 1")
    let nuclear = try vjp([one]) { try Linalg.norm($0[0], .nuclear) }.cotangents[0]
    try close(nuclear, one, "d ‖A‖* = U Vᵀ")
    let zero = try vjp([Tensor.zeros([3], .float64)]) { try Linalg.norm($0[0]) }.cotangents[0]
    #expect(try zero.doubles() == [0, 0, 0])
  }
}
