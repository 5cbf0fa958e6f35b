import Glibc
import Processes
import Tensors

/// The preconditioning of Karras et al. 2022 (Table 1, EDM), for diffusions that keep the mean of the
/// data, x = x₀ + σ z with σ = std(t):
///
/// D(x; σ) = c_skip x + c_out F(c_in x, c_noise),
/// c_skip = σ_d²/(σ² + σ_d²),  c_out = σ σ_d/√(σ² + σ_d²),  c_in = 1/√(σ² + σ_d²),  c_noise = ¼ ln σ.
///
/// The score s = (D − x)/σ² is then s = −x/(σ² + σ_d²) + σ_d/(σ √(σ² + σ_d²)) F, written so that nothing
/// cancels at small σ. Whatever σ, F sees inputs of variance 1 and has a target of variance 1.
struct Preconditioning {
  /// c_in, shape [n, 1], for each row of the batch.
  let input: Tensor
  /// c_noise, shape [n], float64.
  let noise: Tensor
  /// The factors of x and of F in the score, shape [n, 1].
  let skip: Tensor
  let output: Tensor

  init(_ t: Tensor, process: any DiffusionProcess, sigmaData: Double) throws {
    let dtype: DType = t.dtype == .float64 ? .float64 : .float32
    let sigmas = try t.value.doubles().map { process.std($0) }
    let totals = sigmas.map { $0 * $0 + sigmaData * sigmaData }
    func column(_ values: [Double]) throws -> Tensor {
      try Tensor(values, shape: [values.count, 1]).converted(to: dtype)
    }
    input = try column(totals.map { 1 / $0.squareRoot() })
    noise = try Tensor(sigmas.map { log($0) / 4 })
    skip = try column(totals.map { -1 / $0 })
    output = try column(zip(sigmas, totals).map { sigmaData / ($0 * $1.squareRoot()) })
  }
}
