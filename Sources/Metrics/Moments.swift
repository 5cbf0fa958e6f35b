import Autodiff
import Catalog
import Tensors

/// Mean and covariance of points, in float64.
struct Moments {
  /// [1, d].
  let mean: Tensor
  /// [d, d], with divisor n − 1.
  let covariance: Tensor
  /// x − μ, [n, d].
  let centered: Tensor

  init(_ x: Tensor) throws {
    let points = try x.converted(to: .float64)
    let (n, d) = (points.shape[0], points.shape[1])
    mean = try points.reduced(.sum, axis: 0).combined(with: 1 / Double(n), .multiply).reshaped(
      to: [1, d])
    centered = try points.combined(with: mean, .subtract)
    covariance = try centered.transposed().matrixProduct(centered).combined(
      with: 1 / Double(n - 1), .multiply)
  }

  /// (x − μ)ᵀ A (x − μ) + a·(x − μ) of each point; a as [1, d].
  func influence(_ matrix: Tensor, _ vector: Tensor) throws -> [Double] {
    let bent = try centered.matrixProduct(matrix).combined(with: vector, .add)
    return try bent.combined(with: centered, .multiply).reduced(.sum, axis: 1).doubles()
  }
}

/// f(A) of a symmetric matrix, by its eigenvalues; those below 0 count as 0.
struct SymmetricFunction {
  private let vectors: Tensor
  let values: [Double]

  init(_ matrix: Tensor) throws {
    let both = try matrix.combined(with: matrix.transposed(), .add).combined(with: 0.5, .multiply)
    let (values, vectors) = try both.symmetricEigen()
    self.vectors = vectors
    self.values = try values.doubles().map { max($0, 0) }
  }

  func callAsFunction(_ f: (Double) -> Double) throws -> Tensor {
    let factors = try Tensor(values.map(f), shape: [1, values.count])
    let scaled = try vectors.combined(with: factors, .multiply)
    return try scaled.matrixProduct(vectors.transposed())
  }

  /// 1/√λ, and 0 for eigenvalues that are 0 but for rounding.
  func inverseRoot() throws -> Tensor {
    let least = 1e-13 * (values.max() ?? 0)
    return try callAsFunction { $0 > least ? 1 / $0.squareRoot() : 0 }
  }
}

extension Tensor {
  /// I.
  static func identity(_ count: Int) throws -> Tensor {
    let result = try Tensor.zeros([count, count], .float64)
    for i in 0..<count { result.pointer(Double.self)[i * (count + 1)] = 1 }
    return result
  }

  var trace64: Double {
    get throws {
      let numbers = pointer(Double.self)
      return (0..<shape[0]).reduce(0) { $0 + numbers[$1 * strides[0] + $1 * strides[1]] }
    }
  }
}
