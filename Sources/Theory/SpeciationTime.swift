import Autodiff
import Catalog
import Glibc
import Processes
import Runtime
import Tensors

/// When trajectories going back choose their class: the noise is as large as the largest variance of the data,
/// Λ e^(−2 t_S) = 1 and so t_S = ½ ln Λ. For two normal classes at ±m, ‖m‖² = d μ̃², it is ½ ln(d μ̃²) and a constant of order 1.
enum SpeciationTime {
  static let entry = Entry.function(
    "speciation_time", "When trajectories going back in time commit to a class, ½ ln Λ.",
    .option("data", default: nil, "points, shape [n, d] or pictures, whose covariance is taken"),
    .option("covariance", default: nil, "in place of data: a matrix [d, d]"),
    .option(
      "variance", default: nil, "in place of data: Λ, the largest eigenvalue",
      in: Domain<Double>.positive.orAbsent()),
    .option("sde", default: nil, diffusionSummary),
    returns: "the time",
    details: """
      Λ is the largest eigenvalue of the covariance. Under another diffusion it is the time of the same α²/σ², \
      1/(Λ − 1). Throws where Λ is not above 1: then the classes never part.
      """,
    source: "Biroli et al. 2024, Eq. 4",
    example: "return theory.speciation_time{variance = 16}"
  ) { (data: Tensor?, covariance: TensorSource?, variance: Double?, sde: SDE?) in
    let given = [data != nil, covariance != nil, variance != nil].count { $0 }
    guard given == 1 else {
      throw UserError("one of data, covariance and variance is required, got \(given) of them")
    }
    let largest: Double
    if let data {
      largest = try largestVariance(of: data)
    } else if let covariance {
      largest = try largestEigenvalue(covariance)
    } else {
      largest = variance ?? 0
    }
    guard largest > 1 else {
      throw UserError(
        "the largest variance must be above 1 for a speciation time, got \(formatNumber(largest))")
    }
    return sde == nil ? 0.5 * log(largest) : try time(ofSNR: 1 / (largest - 1), sde)
  }

  private static func largestVariance(of data: Tensor) throws -> Double {
    let data = try data.constant("data")
    guard data.rank >= 2, data.shape[0] >= 2, data.elementCount > 0 else {
      throw UserError("data must have shape [n, d] with n of 2 or more, got \(data.shape)")
    }
    guard try data.isFinite() else { throw UserError("data must be finite") }
    let rows = try flattenedPoints(data).converted(to: .float64)
    let centred = try rows - mean(rows, axis: 0, keepingAxis: true)
    let (n, d) = (rows.shape[0], rows.shape[1])
    guard min(n, d) <= 8192 else {
      throw UserError(
        "data must have at most 8192 points or as many numbers a point, got \(data.shape)")
    }
    let product =
      d <= n
      ? try matmul(transpose(centred), centred) : try matmul(centred, transpose(centred))
    return try (product.symmetricEigenvalues().doubles().last ?? 0) / Double(n)
  }

  private static func largestEigenvalue(_ source: TensorSource) throws -> Double {
    let matrix = try source.tensor(.float64).constant("covariance")
    guard matrix.rank == 2, matrix.shape[0] == matrix.shape[1], matrix.shape[0] > 0 else {
      throw UserError("covariance must be a matrix [d, d], got shape \(matrix.shape)")
    }
    guard try matrix.isFinite() else { throw UserError("covariance must be finite") }
    return try matrix.symmetricEigenvalues().doubles().last ?? 0
  }
}
