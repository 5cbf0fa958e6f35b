import Autodiff
import Catalog
import Runtime
import Tensors

/// `KernelMoments` of each row of a batch, d ≤ 2.
struct RowMoments {
  var r: [Double]
  var s: [Double]
  var logMass: [Double]
  /// Shape [n, d].
  var place: [Double]
  var pull: [Double]

  func rows(_ value: (Int) -> Double) -> [Double] { place.indices.map(value) }

  /// - Parameters:
  ///   - r, s: of shape [n, 1] or [1, 1].
  ///   - integrator: makes what one thread works with; nil of a row leaves it nan.
  init(
    of law: any Distribution, _ x: Tensor, _ r: Tensor, _ s: Tensor,
    _ integrator: () -> (SIMD2<Double>, Double, Double) -> KernelMoments?
  ) throws {
    guard !isWatched(x, r, s) else {
      throw UserError(
        "target '\(law.name)' must not be differentiated under noise: what is known of it comes by "
          + "quadrature, which passes no gradient; use detach()")
    }
    let (n, d) = (x.shape[0], law.dimension)
    let points = try x.value.doubles()
    let (ratios, noises) = (try r.value.doubles(), try s.value.doubles())
    self.r = ratios.count == n ? ratios : Array(repeating: ratios[0], count: n)
    self.s = noises.count == n ? noises : Array(repeating: noises[0], count: n)
    var logMass = Array(repeating: Double.nan, count: n)
    var place = Array(repeating: Double.nan, count: n * d)
    var pull = place
    let (means, stds) = (self.r, self.s)
    try logMass.withUnsafeMutableBufferPointer { logMass in
      try place.withUnsafeMutableBufferPointer { place in
        try pull.withUnsafeMutableBufferPointer { pull in
          try WorkerPool.shared.run(count: n, grain: 32) { rows in
            let body = integrator()
            for row in rows {
              let x = SIMD2(points[row * d], d == 2 ? points[row * 2 + 1] : 0)
              guard x[0].isFinite, x[1].isFinite, let moments = body(x, means[row], stds[row])
              else { continue }
              logMass[row] = moments.logMass
              for j in 0..<d {
                place[row * d + j] = moments.place[j]
                pull[row * d + j] = moments.pull[j]
              }
            }
          }
        }
      }
    }
    (self.logMass, self.place, self.pull) = (logMass, place, pull)
  }
}
