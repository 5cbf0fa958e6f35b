import Autodiff
import Catalog
import Models
import Processes
import Tensors

/// From t_0, where the points are, to T, where the prior N(0, σ(T)² I) is.
struct LikelihoodSpan {
  let first: Double
  let last: Double
  /// σ(T).
  let priorSigma: Double

  /// - Parameter times: {t_0, T}; the process's own where nil.
  init(_ model: ScoreModel, _ times: [Double]?) throws {
    let process = model.process
    guard !model.isBlind || process.sigma(at: process.times.lowerBound) > 0 else {
      throw UserError("a blind model has no likelihood where sigma is 0")
    }
    first = times?[0] ?? process.trainingTimes.lowerBound
    last = times?[1] ?? process.times.upperBound
    try process.check(time: first, name: "times")
    try process.check(time: last, name: "times")
    let sigma = process.sigma(at: first)
    guard sigma > 0 else {
      throw UserError(
        "times must begin where sigma is above 0, got t_0 = \(formatNumber(first)): the flow is singular there"
      )
    }
    priorSigma = process.sigma(at: last)
  }
}

/// Points of the model's shape as rows [n, d] of float64, finite and without a trace.
func likelihoodPoints(_ x: Tensor, _ model: ScoreModel) throws -> Tensor {
  try requirePoints(x, shape: model.shape)
  let rows = try flattenedPoints(x.constant("x")).converted(to: .float64).densified()
  if let row = try rows.nonFiniteRows().first {
    throw UserError("x must hold finite numbers, got NaN or infinity in row \(row + 1)")
  }
  return rows
}

extension Domain where Value == [Double] {
  /// Two rising times.
  static var rising: Domain {
    Domain("{t_0, T} with 0 <= t_0 < T") {
      $0.count == 2 && $0[0] >= 0 && $0[0] < $0[1] && $0[1].isFinite
    }
  }
}
