import Autodiff
import Tensors
import TestSupport
import Testing

/// The largest difference relative to the largest element of the truth.
func relativeError(_ x: Tensor, _ truth: Tensor) throws -> Double {
  guard x.shape == truth.shape else { return .infinity }
  let a = try x.doubles()
  let b = try truth.doubles()
  let scale = max(b.map(abs).max() ?? 0, 1e-300)
  return zip(a, b).map { abs($0 - $1) / scale }.max() ?? 0
}

@Suite("linalg against NumPy and SciPy") struct LinalgReferenceTests {
  let references: References

  init() throws { references = try References("linalg") }

  /// Runs `f` on a reference matrix in both precisions. The bounds are ε times 1e4, for condition
  /// numbers and orders of this data; a wrong algorithm is off by 1.
  private func compare(
    _ name: String, of input: String, to tolerance: (Double, Double) = (1e-11, 3e-3),
    _ f: (Tensor, Int) throws -> Tensor
  ) throws {
    for index in 0..<references.cases {
      guard let x = references[index, input], let truth = references[index, name] else { continue }
      let double = try relativeError(f(x, index), truth)
      #expect(double < tolerance.0, "\(name), case \(index), float64")
      let single = try f(x.converted(to: .float32), index)
      #expect(single.dtype == .float32)
      let error = try relativeError(single, truth)
      #expect(error < tolerance.1, "\(name), case \(index), float32")
      // The same from a view that does not lie densely.
      let wide = try Tensor.concatenated([x, x], axis: 1)
      let view = wide.slice(axis: 1, x.shape[1]..<2 * x.shape[1])
      #expect(try relativeError(f(view, index), truth) < tolerance.0, "\(name), view \(index)")
    }
  }

  private func reference(_ index: Int, _ name: String, like x: Tensor) throws -> Tensor {
    try #require(references[index, name]).converted(to: x.dtype)
  }

  @Test("there are 21 shapes")
  func isThere() { #expect(references.cases == 21) }

  @Test("systems, inverses, determinants")
  func systems() throws {
    try compare("solve", of: "spd") { try Linalg.solve($0, reference($1, "b", like: $0)) }
    try compare("triangular", of: "spd") {
      try Linalg.solveTriangular($0, reference($1, "b", like: $0), lower: true)
    }
    try compare("inv", of: "spd") { x, _ in try Linalg.inverse(x) }
    try compare("logdet", of: "spd") { x, _ in try Linalg.logDeterminant(x) }
    try compare("det", of: "a", to: (1e-10, 2)) { x, _ in try Linalg.determinant(x) }
    try compare("trace", of: "a") { x, _ in try Linalg.trace(x) }
  }

  @Test("factors")
  func factors() throws {
    try compare("cholesky", of: "spd") { x, _ in try Linalg.cholesky(x) }
    try compare("sqrtm", of: "spd") { x, _ in try Linalg.sqrtm(x) }
    try compare("r", of: "a") { x, _ in try Linalg.qr(x).r }
    try compare("svdvals", of: "a") { x, _ in try Linalg.svdvals(x) }
    try compare("svdvals", of: "a") { x, _ in try Linalg.svd(x).s }
    try compare("eigvalsh", of: "spd") { x, _ in try Linalg.eigvalsh(x) }
    try compare("eigvalsh", of: "spd") { x, _ in try Linalg.eigh(x).values }
    try compare("eigvals", of: "a", to: (1e-9, 2e-2)) { x, _ in
      let values = try Linalg.eigvals(x).doubles()
      let pairs = stride(from: 0, to: values.count, by: 2).map { (values[$0], values[$0 + 1]) }
      // Rounding must not decide the order within a conjugate pair.
      let scale = values.map(abs).max() ?? 1
      let sorted = pairs.sorted {
        abs($0.0 - $1.0) > 1e-5 * scale ? $0.0 < $1.0 : $0.1 < $1.1
      }
      return try Tensor(sorted.flatMap { [$0.0, $0.1] }, shape: [x.shape[0], 2])
        .converted(to: x.dtype)
    }
  }

  @Test("least squares, pseudo-inverse, rank, of full and of lower rank")
  func leastSquares() throws {
    try compare("lstsq", of: "a", to: (1e-9, 0.1)) {
      try Linalg.lstsq($0, reference($1, "b", like: $0))
    }
    try compare("pinv", of: "a", to: (1e-9, 0.1)) { x, _ in try Linalg.pinv(x) }
    for index in 0..<references.cases {
      let x = try #require(references[index, "a"])
      let rank = try Linalg.matrixRank(x)
      #expect(rank.dtype == .int64)
      #expect(try rank.item() == references[index, "rank"]?.item())
    }
  }

  @Test("norms")
  func norms() throws {
    let orders: [Linalg.Order] = [
      .frobenius, .nuclear, .power(1), .power(2), .power(.infinity),
    ]
    try compare("norms", of: "a") { x, _ in
      try concatenate(orders.map { try reshape(Linalg.norm(x, $0), to: [1]) }, axis: 0)
    }
    let powers: [Linalg.Order] = [.power(1), .power(2), .power(3), .power(.infinity)]
    try compare("vector_norms", of: "a") { x, _ in
      let flat = try reshape(x, to: [-1])
      return try concatenate(powers.map { try reshape(Linalg.norm(flat, $0), to: [1]) }, axis: 0)
    }
  }
}
