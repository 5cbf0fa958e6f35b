/// A batch of denoising score matching in raw memory.
package struct DenoisingInputs {
  /// x_t and z, [count, d] row by row.
  let noised: UnsafePointer<Float>
  let noise: UnsafePointer<Float>
  /// t, and w = λ(t)/std(t)².
  let times: UnsafePointer<Float>
  let weights: UnsafePointer<Float>
  let count: Int

  package init(
    noised: UnsafePointer<Float>, noise: UnsafePointer<Float>, times: UnsafePointer<Float>,
    weights: UnsafePointer<Float>, count: Int
  ) {
    (self.noised, self.noise) = (noised, noise)
    (self.times, self.weights) = (times, weights)
    self.count = count
  }
}

/// A hand-written step of denoising score matching: (1/n) Σ wᵢ ‖std(tᵢ) s(x_tᵢ, tᵢ) + zᵢ‖² and its gradient in
/// the trained parameters. A network may offer one for speed; others are differentiated by the tape.
package protocol FusedDenoising: AnyObject {
  func lossAndGradient(
    _ batch: DenoisingInputs, into gradient: UnsafeMutablePointer<Float>
  ) throws -> Double
}
