import Autodiff
import Catalog
import Models
import Processes
import Tensors

/// Annealed Langevin dynamics (Song and Ermon 2019, Algorithm 1): Langevin steps at each of the falling
/// noise levels. Between two levels x/α stays as it is.
package enum AnnealedLangevin {
  package static let sampler = Sampler(
    "annealed_langevin", "Langevin steps at each of the falling noise levels.",
    .option(
      "corrections", default: 5, "Langevin steps at each level", in: .within(1...10_000)),
    Langevin.ratioOption, Langevin.normsOption,
    convergence: .none("the Langevin steps do not shrink with those of the grid", bias: 0.15),
    details: Langevin.details,
    source: "Song and Ermon 2019, Algorithm 1; Song et al. 2021, Algorithm 4",
    example: "m = nn.score_mlp{sde = sde.vp(), seed = 1}  "
      + "return sample.annealed_langevin(m, {count = 16, steps = 20, seed = 1})",
    start: start)

  package static func start(
    _ run: SamplingRun, corrections: Int, ratio: Double, norms: String
  ) -> SamplingStep {
    let langevin = Langevin(run, ratio: ratio, norms: norms)
    return { x, interval in
      var x = try x * (run.process.alpha(at: interval.u) / run.process.alpha(at: interval.t))
      for place in 1...corrections {
        x = try langevin.step(
          x, at: interval.u,
          omitsNoise: interval.omitsNoise && place == corrections)
      }
      return x
    }
  }
}
