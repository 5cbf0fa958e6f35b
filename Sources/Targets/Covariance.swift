import Autodiff
import Catalog
import Glibc
import Tensors

/// A covariance as the options give it: a matrix [d, d], the variances [d] of independent coordinates, or
/// one number for all of them.
///
/// Eigenvalues that rounding in the type of the matrix may have made negative count as 0: those above
/// −d ε λ_max. So do those below d 2⁻⁵² λ_max, which the eigendecomposition cannot tell from 0.
struct Covariance {
  /// U, shape [d, d], nil where the axes are the coordinates.
  let axes: Tensor?
  /// λ, of length d or 1.
  let variances: [Double]

  /// - Parameter name: of the option, for errors: `covariances[2]`.
  init(_ source: Tensor, name: String) throws {
    let values = try source.doubles()
    if let wrong = values.first(where: { !$0.isFinite }) {
      throw UserError("\(name) must be finite numbers, got \(formatNumber(wrong))")
    }
    guard source.rank == 2 else {
      guard source.rank < 2, source.elementCount > 0 else {
        throw Covariance.wrongShape(name, source)
      }
      if let wrong = values.first(where: { $0 < 0 }) {
        throw UserError("\(name) must be variances of 0 or more, got \(formatNumber(wrong))")
      }
      self.init(axes: nil, variances: values)
      return
    }
    let d = source.shape[0]
    guard d == source.shape[1], d > 0 else { throw Covariance.wrongShape(name, source) }
    let precision = source.dtype == .float32 ? Double(Float.ulpOfOne) : Double.ulpOfOne
    let largest = values.reduce(0) { max($0, abs($1)) }
    var halves = values
    for i in 0..<d {
      for j in 0..<i {
        let (lower, upper) = (values[i * d + j], values[j * d + i])
        guard abs(lower - upper) <= 64 * precision * largest else {
          throw UserError(
            "\(name) must be symmetric, got \(brief(lower)) at [\(i + 1), \(j + 1)] and \(brief(upper)) at "
              + "[\(j + 1), \(i + 1)]")
        }
        let middle = lower / 2 + upper / 2
        (halves[i * d + j], halves[j * d + i]) = (middle, middle)
      }
    }
    if Covariance.isDiagonal(halves, d) {
      self.init(axes: nil, variances: (0..<d).map { halves[$0 * d + $0] })
    } else {
      let (lambda, vectors) = try Tensor(halves, shape: [d, d]).symmetricEigen()
      let floor = Double(d) * Double.ulpOfOne * largest
      let found = try lambda.doubles()
      self.init(axes: try vectors.densified(), variances: found.map { abs($0) <= floor ? 0 : $0 })
    }
    try check(Double(d) * precision, name)
    self = Covariance(axes: axes, variances: variances.map { max($0, 0) })
  }

  private init(axes: Tensor?, variances: [Double]) {
    self.axes = axes
    self.variances = variances
  }

  private func check(_ precision: Double, _ name: String) throws {
    let largest = variances.reduce(0) { max($0, abs($1)) }
    if let wrong = variances.min(), wrong < -precision * largest {
      throw UserError(
        "\(name) must have no negative eigenvalue, got \(brief(wrong)) beside \(brief(largest))")
    }
  }

  /// Independent coordinates of these standard deviations.
  init(stds: [Double]) { self.init(axes: nil, variances: stds.map { $0 * $0 }) }

  private static func isDiagonal(_ values: [Double], _ d: Int) -> Bool {
    (0..<d).allSatisfy { i in (0..<d).allSatisfy { $0 == i || values[i * d + $0] == 0 } }
  }

  private static func wrongShape(_ name: String, _ source: Tensor) -> UserError {
    UserError("\(name) must be a matrix [d, d] or d variances, got shape \(source.shape)")
  }

  /// d, or nil where one number stands for all coordinates.
  var dimension: Int? { variances.count == 1 && axes == nil ? nil : variances.count }

  /// σ where the covariance is σ² I and has a density.
  var isotropicStd: Double? {
    guard axes == nil, let first = variances.first, first > 0,
      variances.allSatisfy({ $0 == first })
    else { return nil }
    return first.squareRoot()
  }

  /// N(m, Σ).
  ///
  /// - Parameter mean: shape [1, d].
  func component(_ mean: Tensor) throws -> CovarianceMixture.Component {
    let d = mean.shape[1]
    let all = variances.count == d ? variances : Array(repeating: variances[0], count: d)
    return CovarianceMixture.Component(
      mean: mean, axes: axes, variances: try Tensor(all, shape: [1, d]))
  }
}

extension TensorSource {
  /// In the type it has: float32 of a float32 tensor, float64 of all else.
  func floats(_ name: String) throws -> Tensor {
    guard case .tensor(let x) = self, x.dtype == .float32 else {
      return try tensor(.float64).constant(name)
    }
    return try x.constant(name)
  }
}
