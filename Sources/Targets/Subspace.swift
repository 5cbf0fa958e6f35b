import Autodiff
import Catalog
import Glibc
import Tensors

/// A law of k coordinates in a k-dimensional subspace of d: x_0 = E y + m, with orthonormal columns E.
///
/// Noise along the subspace and across it is independent. With y = Eᵀ(x − r m) and o = x − r m − E y,
///   ∇ ln p(x) = E ∇ ln q(y) − o/s²,  E[x_0 | x] = E E[y_0 | y] + m,
///   ln p(x) = ln q(y) − ‖o‖²/2s² − ((d − k)/2) ln 2π s²,
/// where q is the law of r y_0 + s z in k dimensions.
struct Subspace: Distribution {
  static let entry = Entry.function(
    "subspace", "A target of few coordinates, laid into a space of many.",
    .arg("law", "the target within the subspace, of vectors"),
    .option(
      "dimension", default: nil, "of the space; where absent that of basis",
      in: Domain<Count>.positive.orAbsent()),
    .option(
      "basis", default: nil,
      "orthonormal rows [k, d], one for each coordinate of law; random where absent"),
    .option("mean", default: nil, "d numbers that are added; 0 where absent"),
    .option("seed", default: 1, "of the random basis"),
    returns: "a target of d dimensions",
    details: """
      Its points have no density, since they lie in a subspace; under noise all is known that is known of law. A \
      random basis is uniform over all subspaces.
      """,
    source: "",
    example: "return target.subspace(target.moons(), {dimension = 100}):model(sde.vp())"
  ) {
    (
      law: Target, dimension: Count?, basis: TensorSource?, mean: [Double]?, seed: Int
    ) in
    guard law.shape.rank == 1 else {
      throw UserError("law must be of vectors, got \(law.describe())")
    }
    let rows =
      try basis.map { try checked($0, law.dimension, dimension) }
      ?? random(law.dimension, dimension, seed)
    let d = rows.shape[1]
    if let mean, mean.count != d {
      throw UserError("mean must be \(d) numbers, got \(mean.count)")
    }
    if let wrong = mean?.first(where: { !$0.isFinite }) {
      throw UserError("mean must be finite numbers, got \(formatNumber(wrong))")
    }
    let centre = try Tensor(mean ?? Array(repeating: 0, count: d), shape: [1, d])
    return Target(
      Subspace(law: law.distribution, rows: rows, mean: centre, name: "subspace", shape: [d]))
  }

  private static func checked(_ source: TensorSource, _ k: Int, _ dimension: Count?) throws
    -> Tensor
  {
    let rows = try source.tensor(.float64).constant("basis")
    guard rows.rank == 2, rows.shape[0] == k, rows.shape[1] > k else {
      throw UserError(
        "basis must have shape [\(k), d] with d above \(k), a row for each coordinate of law, got "
          + "\(rows.shape)")
    }
    if let dimension, dimension.value != rows.shape[1] {
      throw UserError(
        "dimension must be \(rows.shape[1]), as basis says, got \(dimension); give one of them")
    }
    let off = try matmul(rows, transpose(rows)).doubles().enumerated().reduce(0.0) {
      max($0, abs($1.element - ($1.offset / k == $1.offset % k ? 1 : 0)))
    }
    guard off <= 1e-5 else {
      throw UserError(
        "basis must have orthonormal rows: products of rows differ by \(brief(off)) from 1 and 0; "
          + "linalg.qr makes such a basis")
    }
    return try rows.densified()
  }

  /// Rows with independent normal numbers, made orthonormal one after the other, twice over.
  private static func random(_ k: Int, _ dimension: Count?, _ seed: Int) throws -> Tensor {
    guard let d = dimension?.value else {
      throw UserError("dimension is required where there is no basis")
    }
    guard d > k else {
      throw UserError("dimension must be above \(k), the dimension of law, got \(d)")
    }
    let rows = try RandomStream(seed: seed, purpose: .initialization).normal(
      Shape(checking: [k, d]), .float64)
    let x = rows.pointer(Double.self)
    for i in 0..<k {
      for _ in 0..<2 {
        for j in 0..<i {
          let product = (0..<d).reduce(0) { $0 + x[i * d + $1] * x[j * d + $1] }
          for p in 0..<d { x[i * d + p] -= product * x[j * d + p] }
        }
      }
      let length = (0..<d).reduce(0) { $0 + x[i * d + $1] * x[i * d + $1] }.squareRoot()
      for p in 0..<d { x[i * d + p] /= length }
    }
    return rows
  }

  let law: any Distribution
  /// Eᵀ, shape [k, d], float64.
  private let rows: Tensor
  /// Shape [1, d].
  private let mean: Tensor

  let name: String
  let shape: Shape

  /// - Parameters:
  ///   - rows: orthonormal, shape [k, d], float64.
  ///   - mean: shape [1, d], float64.
  ///   - shape: of a point, with d elements.
  init(law: any Distribution, rows: Tensor, mean: Tensor, name: String, shape: Shape) {
    (self.law, self.rows, self.mean, self.name, self.shape) = (law, rows, mean, name, shape)
  }

  var summary: String { "\(law.name)(\(law.summary)) in \(sizeText)" }
  var functions: [Callback] { law.functions }
  var hasLogDensity: Bool { false }
  var hasScore: Bool { false }
  var hasNoised: Bool { law.hasNoised }
  var intrinsicDimension: Int? { law.intrinsicDimension }
  func requireNoised() throws { try law.requireNoised() }

  /// In blocks of one size, so that a sample is made the same way however many are drawn with it.
  func sample(_ count: Int, _ stream: RandomStream) throws -> Tensor {
    let y = try law.sample(count, stream)
    let (d, k, block) = (dimension, law.dimension, 64)
    let result = try Tensor(uninitialized: Shape(checking: [count, d]))
    for first in stride(from: 0, to: count, by: block) {
      let some = first..<min(first + block, count)
      let padded = try Tensor.zeros([block, k], .float64)
      try padded.slice(axis: 0, 0..<some.count).assign(
        y.slice(axis: 0, some).converted(to: .float64))
      let moved = try (matmul(padded, rows) + mean).slice(axis: 0, 0..<some.count)
      try result.slice(axis: 0, some).assign(moved.converted(to: .float32))
    }
    return try points(ofRows: result)
  }

  func logDensity(_ x: Tensor) throws -> Tensor { throw flat("density") }
  func score(_ x: Tensor) throws -> Tensor { throw flat("score") }

  private func flat(_ part: String) -> UserError {
    missing(
      "\(part): its points lie in a subspace of \(law.dimension) of \(dimension) dimensions; its "
        + "noised marginals have one")
  }

  func noised(mean r: Double, std s: Double) throws -> any Distribution {
    try requireNoised()
    return NoisedLaw(base: self, r: r, s: s)
  }

  /// y = Eᵀ(x − r m) and o = x − r m − E y, in float64.
  private func parts(_ x: Tensor, _ r: Tensor) throws -> (along: Tensor, across: Tensor) {
    let offset = try convert(flattenedPoints(x), to: .float64) - r * mean
    let along = try matmul(offset, transpose(rows))
    return (along, try offset - matmul(along, rows))
  }

  private func requireNoise(_ s: Tensor, _ part: String) throws {
    if try s.value.allKnown({ $0 > 0 }) { return }
    throw flat(part)
  }

  func noisedScore(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try requireNoise(s, "score")
    return try onFlattenedPoints(x) { x in
      let (along, across) = try parts(x, r)
      let inner = try law.noisedScore(along, mean: r, std: s)
      return try convert(matmul(inner, rows) - across / square(s), to: x.dtype)
    }
  }

  func posteriorMean(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try onFlattenedPoints(x) { x in
      let along = try parts(x, r).along
      let inner = try law.posteriorMean(along, mean: r, std: s)
      return try convert(matmul(inner, rows) + mean, to: x.dtype)
    }
  }

  func noisedLogDensity(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try requireNoise(s, "density")
    let (along, across) = try parts(x, r)
    let inner = try expandedAxis(law.noisedLogDensity(along, mean: r, std: s), at: 1)
    let squares = try sum(square(across), axis: 1, keepingAxis: true)
    let variance = try square(s)
    let half = Double(dimension - law.dimension) / 2
    let value = try inner - squares / (variance * 2) - log(variance * (2 * Double.pi)) * half
    return try convert(select(value, axis: 1, 0), to: x.dtype)
  }

  func reach() throws -> ClosedRange<Double> { throw missing("line to lie on") }
}
