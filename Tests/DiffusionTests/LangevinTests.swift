// The step of the Langevin dynamics, by hand, and what a sample depends on.

import Autodiff
import Catalog
import Diffusion
import Glibc
import Models
import Processes
import Tensors
import Testing

private let vp = VP()

private func sample(_ norms: String, count: Count, shape: Int = 2) throws -> [Double] {
  var options = SamplingOptions()
  (options.count, options.steps, options.seed) = (count, 20, 3)
  let samples = try SamplerDriver(gaussianModel(vp, dimension: shape), options).run {
    PredictorCorrector.start($0, corrections: 2, ratio: 0.16, norms: norms)
  }
  #expect("\(samples.notes)".contains(norms))
  return try samples.points.doubles()
}

@Suite struct LangevinTests {
  @Test("a sample depends on the others with the norms of the batch alone")
  func dependence() throws {
    for norms in ["level", "row"] {
      #expect(try sample(norms, count: 4) == Array(sample(norms, count: 9).prefix(8)))
    }
    #expect(try sample("batch", count: 4) != Array(sample("batch", count: 9).prefix(8)))
  }

  @Test("one correction by hand: x + ε s + √(2ε) z with ε = 2 α_i (r ‖z‖/‖s‖)²")
  func byHand() throws {
    let model = gaussianModel(vp, dimension: 2, variance: 3)
    let (t, u, r) = (0.4, 0.3, 0.16)
    let x = try Tensor([1.0, -2, 0.5, 0.25], shape: [2, 2])
    let z = try Tensor([0.3, 1.2, -0.7, 0.1], shape: [2, 2])
    let v = GaussianScore.marginal(vp, t, variance: 3)
    let (a, b) = (try x.doubles(), try z.doubles())
    func norm(_ x: [Double], _ row: Int) -> Double { hypot(x[2 * row], x[2 * row + 1]) }
    let shrinking = pow(vp.alpha(at: t) / vp.alpha(at: u), 2)
    #expect(shrinking < 1)
    for norms in ["level", "row", "batch"] {
      // The predictor alone moves what the correction left.
      let run = SamplingRun(model, times: [t, u]) { _, draw, shape, dtype in
        draw == 0 ? z : try .zeros(shape, dtype)
      }
      let step = PredictorCorrector.start(run, corrections: 1, ratio: r, norms: norms)
      let found = try step(x, Interval(from: t, to: u, index: 0, count: 1)).doubles()
      for row in 0..<2 {
        let quotient =
          switch norms {
          case "level": vp.sigma(at: t)
          case "row": 2.0.squareRoot() / (norm(a, row) / v)
          default: (norm(b, 0) + norm(b, 1)) / ((norm(a, 0) + norm(a, 1)) / v)
          }
        let epsilon = 2 * shrinking * pow(r * quotient, 2)
        for column in 0..<2 {
          let i = 2 * row + column
          let corrected = a[i] - epsilon * a[i] / v + (2 * epsilon).squareRoot() * b[i]
          let (f, g) = (vp.drift(at: t), vp.diffusion(at: t))
          let expected = corrected * (1 - f * (t - u)) - corrected / v * g * g * (t - u)
          #expect(abs(found[i] - expected) < 1e-12, "\(norms)")
        }
      }
    }
  }
}
