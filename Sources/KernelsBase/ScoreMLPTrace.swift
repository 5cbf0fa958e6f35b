/// The one-hidden-layer score network and the trace of its slope, 16 examples a vector:
///
/// h = b₂ + Σ_k w₂ₖ φ(aₖ),  Tr ∂h/∂x = Σ_k φ′(aₖ) ⟨w₂ₖ, w₁ₖ⟩,  aₖ = w₁ₖ x + b₁ₖ + b_Eₖ + Eₖ γ,
///
/// with swish φ(a) = a s, φ′(a) = s + φ (1 − s), s = 1/(1 + e⁻ᵃ).
#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

extension Kernels {
  public static func scoreMLPTrace(
    _ parameters: FloatIn, _ shape: ScoreMLPShape, _ x: FloatIn, gamma: FloatIn,
    workspace: FloatOut, _ out: FloatOut, trace: FloatOut, count: Int
  ) {
    let (d, m, f) = (shape.dimension, shape.width, shape.features)
    let rowsE = m &* d &+ m
    let rowsW2 = rowsE &+ m &* f &+ m
    let gammas = workspace + 16 &* d
    let sums = gammas + 16 &* f
    var start = 0
    while start < count {
      let lanes = min(16, count &- start)
      transposeRows(x + start &* d, lanes, d, workspace)
      transposeRows(gamma + start &* f, lanes, f, gammas)
      for o in 0..<d { store(F16(repeating: parameters[rowsW2 &+ d &* m &+ o]), sums, 16 &* o) }
      var total = F16()
      for k in 0..<m {
        let (w1, e) = (parameters + k &* d, parameters + (rowsE &+ k &* f))
        var a = F16(repeating: parameters[m &* d &+ k] + parameters[rowsE &+ m &* f &+ k])
        for j in 0..<d { a = fma(load(workspace, 16 &* j), F16(repeating: w1[j]), a) }
        for j in 0..<f { a = fma(load(gammas, 16 &* j), F16(repeating: e[j]), a) }
        let (h, slope) =
          shape.activation == .relu ? reluAndSlope(a) : swishAndSlope(a)
        var both: Float = 0
        for o in 0..<d {
          let w2 = parameters[rowsW2 &+ o &* m &+ k]
          both += w2 * w1[o]
          store(fma(h, F16(repeating: w2), load(sums, 16 &* o)), sums, 16 &* o)
        }
        total = fma(slope, F16(repeating: both), total)
      }
      let rows = out + start &* d
      for i in 0..<lanes {
        for o in 0..<d { rows[i &* d &+ o] = sums[16 &* o &+ i] }
      }
      if lanes == 16 { store(total, trace, start) } else { storePart(total, trace + start, lanes) }
      start &+= 16
    }
  }
}

@inline(__always) private func swishAndSlope(_ a: F16) -> (F16, F16) {
  let s = VectorMath.sigmoid(a)
  let h = a * s
  return (h, fma(h, 1 - s, s))
}

@inline(__always) private func reluAndSlope(_ a: F16) -> (F16, F16) {
  (VectorMath.atLeast(a, 0), F16().replacing(with: 1, where: a .> 0))
}
