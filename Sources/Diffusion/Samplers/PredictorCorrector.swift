import Autodiff
import Catalog
import Models
import Processes
import Tensors

/// Predictor and corrector of Song et al. 2021, Algorithm 1: at each time a few Langevin steps, then a
/// step of Euler–Maruyama. The step of the Langevin dynamics is ε = 2 α_i (r ‖z‖/‖s‖)², Algorithms 4 and 5,
/// with α_i = 1 − β_i = α(t)²/α(u)², 1 where the noise is added without shrinking the data.
///
/// The chain is that of Algorithm 1 but for its ends: as in the authors' code it begins with the corrector,
/// so that it ends with a predictor, whose last step needs no noise.
package enum PredictorCorrector {
  package static let sampler = Sampler(
    "predictor_corrector",
    "Euler–Maruyama on the reverse SDE, with Langevin steps before each of its steps.",
    .option(
      "corrections", default: 1, "Langevin steps before each step", in: .within(1...10_000)),
    Langevin.ratioOption, Langevin.normsOption,
    convergence: .none("the Langevin steps do not shrink with those of the grid", bias: 0.03),
    details: Langevin.details, source: "Song et al. 2021, Algorithms 1, 4 and 5",
    example: "m = nn.score_mlp{sde = sde.vp(), seed = 1}  "
      + "return sample.predictor_corrector(m, {count = 16, steps = 20, seed = 1})",
    start: start)

  package static func start(
    _ run: SamplingRun, corrections: Int, ratio: Double, norms: String
  ) -> SamplingStep {
    let langevin = Langevin(run, ratio: ratio, norms: norms)
    let predictor = EulerMaruyama.start(run, noiseScale: 1)
    return { x, interval in
      let shrinking = run.process.alpha(at: interval.t) / run.process.alpha(at: interval.u)
      var x = x
      for _ in 0..<corrections {
        x = try langevin.step(x, at: interval.t, factor: shrinking * shrinking)
      }
      return try predictor(x, interval)
    }
  }
}
