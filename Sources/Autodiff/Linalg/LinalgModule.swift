import Catalog
import Tensors

/// The Lua module `linalg`: LAPACK's linear algebra, with gradients.
public enum LinalgModule {
  public static let module = Module(
    "linalg",
    "Linear algebra in float32 and float64. The last two axes are a matrix, those before a stack.",
    entries: systems + factors + spectrum + measures)

  private static let matrix = "square matrix, or a stack of them"
  private static let symmetric = "symmetric matrix, or a stack of them"

  static let systems: [Entry] = [
    .function(
      "solve", "X with a X = b.", .arg("a", matrix),
      .arg("b", "vector, or matrix of right-hand sides; stacks broadcast"),
      returns: "X shaped like b", details: "A singular a is an error that names its zero pivot.",
      example: "return linalg.solve(tensor{{2, 0}, {1, 4}}, tensor{2, 9})"
    ) { (a: Tensor, b: Tensor) in try Linalg.solve(a, b) },
    .function(
      "solve_triangular", "X with a X = b for a triangular a; the other triangle is not read.",
      .arg("a", matrix), .arg("b", "vector, or matrix of right-hand sides; stacks broadcast"),
      .option("lower", default: true, "whether a is lower triangular"),
      returns: "X shaped like b",
      example: "return linalg.solve_triangular(tensor{{2, 0}, {1, 4}}, tensor{2, 9})"
    ) { (a: Tensor, b: Tensor, lower: Bool) in try Linalg.solveTriangular(a, b, lower: lower) },
    .function(
      "lstsq", "The X of least norm among those that make |a X - b| least.",
      .arg("a", "matrix, or a stack of them"), .arg("b", "vector, or matrix of right-hand sides"),
      returns: "X with as many rows as a has columns",
      details: "By singular values; those below epsilon max(m, n) of the largest count as 0. The "
        + "gradient holds where the rank does not change.",
      example: "return linalg.lstsq(tensor{{1, 0}, {1, 1}, {1, 2}}, tensor{1, 3, 5})"
    ) { (a: Tensor, b: Tensor) in try Linalg.lstsq(a, b) },
    .function(
      "inv", "The inverse. To apply it, `solve` is faster and more exact.", .arg("x", matrix),
      example: "return linalg.inv(tensor{{2, 0}, {1, 4}})"
    ) { (x: Tensor) in try Linalg.inverse(x) },
    .function(
      "pinv", "The pseudo-inverse of Moore and Penrose.", .arg("x", "matrix, or a stack of them"),
      .option(
        "tolerance", default: nil,
        "singular values below it times the largest count as 0; epsilon max(m, n) where absent"),
      example: "return linalg.pinv(tensor{{1, 0}, {1, 1}, {1, 2}})"
    ) { (x: Tensor, tolerance: Double?) in try Linalg.pinv(x, tolerance: tolerance) },
    .function(
      "det", "The determinant.", .arg("x", matrix),
      details: "The gradient at a singular x is for 16 rows at most.",
      example: "return linalg.det(tensor{{2, 0}, {1, 4}})"
    ) { (x: Tensor) in try Linalg.determinant(x) },
    .function(
      "logdet", "The logarithm of a determinant, which must be positive.", .arg("x", matrix),
      example: "return linalg.logdet(tensor{{2, 0}, {1, 4}})"
    ) { (x: Tensor) in try Linalg.logDeterminant(x) },
    .function(
      "slogdet", "The sign of the determinant and the logarithm of its size.", .arg("x", matrix),
      returns: "sign (-1, 0 or 1), and ln |det x|, -inf where it is 0",
      example: "sign, size = linalg.slogdet(tensor{{0, 2}, {1, 4}})  return sign, size"
    ) { (x: Tensor) in
      let (sign, logarithm) = try Linalg.signAndLogDeterminant(x)
      return Several(sign, logarithm)
    },
  ]

  static let factors: [Entry] = [
    .function(
      "cholesky", "The lower triangular L with x = L Lᵀ.", .arg("x", symmetric),
      details: "An x that is not positive definite is an error that names its first bad minor.",
      example: "return linalg.cholesky(tensor{{4, 2}, {2, 3}})"
    ) { (x: Tensor) in try Linalg.cholesky(x) },
    .function(
      "qr", "x = Q R, thin: Q has orthonormal columns, R is upper triangular.",
      .arg("x", "matrix [m n], or a stack of them"),
      returns: "Q [m k] and R [k n], k = min(m, n)",
      details: "The gradient needs min(m, n) independent first columns.",
      example: "q, r = linalg.qr(tensor{{1, 0}, {1, 1}, {1, 2}})  return q:matmul(r)"
    ) { (x: Tensor) in
      let (q, r) = try Linalg.qr(x)
      return Several(q, r)
    },
    .function(
      "svd", "x = U diag(s) Vᵀ, thin, the singular values from large to small.",
      .arg("x", "matrix [m n], or a stack of them"),
      returns: "U [m k], s [k] and Vᵀ [k n], k = min(m, n)",
      details: "The gradient of the vectors needs distinct singular values other than 0.",
      example: "u, s, vt = linalg.svd(tensor{{3, 0}, {4, 5}})  return s"
    ) { (x: Tensor) in
      let (u, s, vt) = try Linalg.svd(x)
      return Several(u, s, vt)
    },
    .function(
      "svdvals", "The singular values, from large to small.",
      .arg("x", "matrix, or a stack of them"),
      example: "return linalg.svdvals(tensor{{3, 0}, {4, 5}})"
    ) { (x: Tensor) in try Linalg.svdvals(x) },
  ]

  static let spectrum: [Entry] = [
    .function(
      "eigh", "x = V diag(w) Vᵀ, the eigenvalues from small to large.", .arg("x", symmetric),
      returns: "w [n], and V [n n] with the eigenvectors as columns",
      details: "The gradient of the vectors needs distinct eigenvalues; that of a symmetric x is "
        + "symmetric.",
      example: "w, v = linalg.eigh(tensor{{2, 1}, {1, 2}})  return w"
    ) { (x: Tensor) in
      let (values, vectors) = try Linalg.eigh(x)
      return Several(values, vectors)
    },
    .function(
      "eigvalsh", "The eigenvalues of a symmetric matrix, from small to large.",
      .arg("x", symmetric), example: "return linalg.eigvalsh(tensor{{2, 1}, {1, 2}})"
    ) { (x: Tensor) in try Linalg.eigvalsh(x) },
    .function(
      "eigvals", "The eigenvalues of a square matrix, as complex numbers; no gradient.",
      .arg("x", matrix), returns: "[n 2]: real and imaginary parts",
      example: "return linalg.eigvals(tensor{{0, -1}, {1, 0}})"
    ) { (x: Tensor) in try Linalg.eigvals(x) },
    .function(
      "sqrtm", "The symmetric S with S S = x.", .arg("x", symmetric + ", no eigenvalue below 0"),
      details: "The gradient needs a positive definite x.",
      example: "return linalg.sqrtm(tensor{{5, 4}, {4, 5}})"
    ) { (x: Tensor) in try Linalg.sqrtm(x) },
  ]

  static let measures: [Entry] = [
    .function(
      "norm", "A norm of vectors or matrices.", .arg("x"),
      .arg("order", default: nil, "a number, 'inf'; for matrices 1, 2, 'inf', 'fro' or 'nuc'"),
      .option("axis", default: nil, "vectors lie along it, 1-based"),
      .option("keepdim", default: false, "keeps the axis with length 1"),
      details: "Without order and axis, the square root of the sum of all squares. With an order "
        + "and no axis, x with two axes or more is a stack of matrices. The gradient at 0 is 0.",
      example: "return linalg.norm(tensor{3, 4}), linalg.norm(tensor{{3, 0}, {4, 5}}, \"nuc\")"
    ) { (x: Tensor, order: Linalg.Order?, axis: Int?, keep: Bool) in
      try Linalg.norm(x, order, axis: axis.map { try x.axis($0) }, keepingAxis: keep)
    },
    .function(
      "distances", "The distances between all pairs of two sets of points.",
      .arg("x", shape: "n d"), .arg("y", shape: "m d"),
      .option("squared", default: false, "leaves out the root of order 2"),
      .option(
        "order", default: 2, "p of the norm of a difference; math.huge takes its largest element",
        in: Domain("a number of 1 or more") { $0 >= 1 }),
      returns: "[n m], in the wider type of the two",
      details: "From the differences of coordinates, not from a matrix product: equal points are "
        + "exactly 0 apart, and near ones keep their digits. Memory is the result's and a copy of "
        + "y; the gradient of an order other than 2 takes n m d numbers. The slope at distance 0 is 0.",
      example: "return linalg.distances(tensor{{0, 0}, {3, 4}}, tensor{{0, 0}, {3, 0}})"
    ) { (x: Tensor, y: Tensor, squared: Bool, order: Double) in
      try Linalg.distances(x, y, order: order, squared: squared)
    },
    .function(
      "trace", "The sum of the diagonal.", .arg("x", "matrix, or a stack of them"),
      example: "return linalg.trace(tensor{{3, 0}, {4, 5}})"
    ) { (x: Tensor) in try Linalg.trace(x) },
    .function(
      "matrix_rank", "How many singular values differ from 0.",
      .arg("x", "matrix, or a stack of them"),
      .option(
        "tolerance", default: nil,
        "singular values below it times the largest count as 0; epsilon max(m, n) where absent"),
      returns: "int64 tensor", example: "return linalg.matrix_rank(tensor{{1, 2}, {2, 4}})"
    ) { (x: Tensor, tolerance: Double?) in try Linalg.matrixRank(x, tolerance: tolerance) },
  ]
}
