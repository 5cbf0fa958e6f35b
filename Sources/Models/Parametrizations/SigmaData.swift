import Autodiff
import Catalog
import Tensors

extension PredictionOptions {
  /// What `sigma_data` is for, where it is absent.
  func requiredSigmaData() throws -> OneOf<Double, Tensor> {
    guard let sigmaData else {
      let data = "the data, whose standard deviation is taken"
      throw UserError(
        "sigma_data is required for predicts = '\(predicts)': "
          + (predicts == "edm"
            ? "a number, the standard deviation of the data, or \(data)" : "the data"))
    }
    return sigmaData
  }
}

/// Readers of the option `sigma_data`.
enum SigmaData {
  /// A standard deviation as given, or that of all numbers of the data.
  static func spread(_ argument: OneOf<Double, Tensor>) throws -> Double {
    let sigma: Double
    switch argument {
    case .first(let value): sigma = value
    case .second(let data):
      guard data.elementCount > 0 else { throw UserError("sigma_data must not be empty data") }
      let values = try data.constant("sigma_data").converted(to: .float64)
      sigma = try variance(values, correction: 0).item().squareRoot()
    }
    guard sigma > 0, sigma.isFinite else {
      throw UserError("sigma_data must be a positive number, got \(formatNumber(sigma))")
    }
    return sigma
  }

  /// The data a Gaussian is fitted to, shape [n, d].
  ///
  /// - Parameter shape: of a data point.
  static func points(_ argument: OneOf<Double, Tensor>, _ shape: Shape) throws -> Tensor {
    guard case .second(let data) = argument else {
      throw UserError(
        "sigma_data must be the data for the gaussian parametrisation, got \(describe(argument))")
    }
    guard Array(data.shape.dropFirst()) == Array(shape), data.rank > 0, data.shape[0] > 0 else {
      let lengths = shape.map { String($0) }.joined(separator: " ")
      throw UserError("sigma_data must have shape [n \(lengths)], got \(data.describe())")
    }
    let values = try data.constant("sigma_data").converted(to: .float64)
    guard try values.doubles().allSatisfy(\.isFinite) else {
      throw UserError("sigma_data must be finite")
    }
    let points = try flattenedPoints(values)
    guard try variance(points, axis: 0, correction: 0).doubles().contains(where: { $0 > 0 }) else {
      throw UserError("sigma_data must hold points that differ")
    }
    return points
  }

  private static func describe(_ argument: OneOf<Double, Tensor>) -> String {
    switch argument {
    case .first(let number): formatNumber(number)
    case .second(let data): data.describe()
    }
  }
}
