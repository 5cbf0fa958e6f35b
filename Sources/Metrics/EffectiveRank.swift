import Autodiff
import Catalog
import Glibc
import Tensors

/// The effective rank of a matrix from its singular values or eigenvalues, exp of the entropy of their shares:
///
/// exp(−Σ p_i ln p_i),  p_i = |λ_i|/Σ_j |λ_j|
///
/// (Roy and Vetterli 2007, "The effective rank: a measure of effective dimensionality").
enum EffectiveRank {
  static let entry = Entry.function(
    "effective_rank", "How many eigenvalues count: exp of the entropy of their shares.",
    .arg("values", "numbers or a tensor; their sizes count"),
    returns: "a number from 1 to as many as there are",
    details:
      "n for n equal values, 1 for a single one other than 0. Of a denoiser's Jacobian it needs all eigenvalues, "
      + "not the leading ones.",
    source: "Roy and Vetterli 2007", example: "return metric.effective_rank({1, 1, 1, 0})"
  ) { (values: TensorSource) in
    let sizes = try values.tensor(.float64).constant("values").doubles().map { abs($0) }
    let total = sizes.reduce(0, +)
    guard total > 0, total.isFinite else {
      throw UserError(
        "values must be finite and not all 0, got \(sizes.count) with the sum \(formatNumber(total))"
      )
    }
    return exp(
      sizes.reduce(0) { $1 > 0 ? $0 - $1 / total * log($1 / total) : $0 })
  }
}
