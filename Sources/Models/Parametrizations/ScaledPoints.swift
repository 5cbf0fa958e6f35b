import Autodiff
import Tensors

/// x_t in units of x_0: y = x_t/α = x_0 + σ̂ z with σ̂ = σ/α, and what follows from the score of y and the
/// clean sample where both are known.
struct ScaledPoints {
  let y: Tensor
  /// σ̂, shaped [n, 1, …].
  let noise: Tensor
  private let m: Marginal
  private let dtype: DType

  init(_ x: Tensor, _ m: Marginal) throws {
    self.m = m
    dtype = x.dtype == .float64 ? .float64 : .float32
    try m.requireSignal(for: "network's output")
    y = m.keepsMean ? x : try x / m.alpha(dtype)
    noise = try m.noiseLevel(dtype)
  }

  func estimate(
    _ wanted: Quantity, score: () throws -> Tensor, clean: () throws -> Tensor
  ) throws -> Tensor {
    switch wanted {
    case .clean: return try clean()
    case .score: return m.keepsMean ? try score() : try score() / m.alpha(dtype)
    case .noise: return try -(noise * score())
    case .velocity, .v:
      let z = try -(noise * score())
      return try m.part(0, of: wanted, dtype) * clean() + m.part(1, of: wanted, dtype) * z
    }
  }
}
