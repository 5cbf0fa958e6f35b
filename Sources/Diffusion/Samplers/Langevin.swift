import Autodiff
import Catalog
import Models
import Processes
import Runtime
import Tensors

/// One step of Langevin dynamics towards p_t, x ← x + ε s(x, t) + √(2ε) z. Song et al. 2021, Algorithm 4
/// choose ε = 2 (r ‖z‖/‖s‖)².
package struct Langevin {
  /// What stands for the norms: what they are on the average at this noise level, √d and √d/σ, so that
  /// ε = 2 (r σ)²; or √d and the norm of the row's own score. Neither depends on the other samples.
  package enum Norms: String, CaseIterable { case level, row }

  let ratio: Double
  let norms: Norms

  func step(_ run: SamplingRun, _ x: Tensor, at t: Double, omitsNoise: Bool = false) throws
    -> Tensor
  {
    try Cancellation.check()
    let s = try run.score(x, at: t)
    switch norms {
    case .level:
      let size = 2 * square(ratio * run.process.sigma(at: t))
      let mean = try x + s * size
      return try omitsNoise ? mean : mean + run.normal(like: x) * (2 * size).squareRoot()
    case .row:
      let factor = 2 * ratio * ratio * Double(x.elementCount / max(x.shape[0], 1))
      let squares = try sum(Autodiff.square(s), axis: 1, keepingAxis: true)
      let size = try factor / squares
      let mean = try x + s * size
      return try omitsNoise ? mean : mean + run.normal(like: x) * sqrt(size * 2)
    }
  }

  private func square(_ a: Double) -> Double { a * a }

  static let ratioOption = Parameter<Double>.option(
    "ratio", default: 0.16, "r, signal to noise, which sets the step of the Langevin dynamics",
    in: .positive)
  static let normsOption = Parameter<String>.option(
    "norms", default: "level",
    "the score's norm: the usual one of the noise level, or that of each row",
    in: .oneOf(Norms.allCases.map(\.rawValue)))

  init(ratio: Double, norms: String) {
    self.ratio = ratio
    self.norms = Norms(rawValue: norms) ?? .level
  }
}

/// Predictor and corrector of Song et al. 2021, Algorithm 1: at each time a few Langevin steps, then a
/// step of Euler–Maruyama.
package enum PredictorCorrector {
  package static let sampler = Sampler(
    "predictor_corrector",
    "Euler–Maruyama on the reverse SDE, with Langevin steps before each of its steps.",
    .option(
      "corrections", default: 1, "Langevin steps before each step", in: .within(1...10_000)),
    Langevin.ratioOption, Langevin.normsOption,
    convergence: .none("the Langevin steps do not shrink with those of the grid", bias: 0.03),
    source: "Song et al. 2021, Algorithms 1, 4 and 5",
    example: "m = nn.score_mlp{sde = sde.vp(), seed = 1}  "
      + "return sample.predictor_corrector(m, {count = 16, steps = 20, seed = 1})",
    start: start)

  package static func start(
    _ run: SamplingRun, corrections: Int, ratio: Double, norms: String
  ) -> SamplingStep {
    let langevin = Langevin(ratio: ratio, norms: norms)
    let predictor = EulerMaruyama.start(run, noiseScale: 1)
    return { x, interval in
      var x = x
      for _ in 0..<corrections { x = try langevin.step(run, x, at: interval.t) }
      return try predictor(x, interval)
    }
  }
}

/// Annealed Langevin dynamics (Song and Ermon 2019, Algorithm 1): Langevin steps at each of the falling
/// noise levels. Between two levels x/α stays as it is.
package enum AnnealedLangevin {
  package static let sampler = Sampler(
    "annealed_langevin", "Langevin steps at each of the falling noise levels.",
    .option(
      "corrections", default: 5, "Langevin steps at each level", in: .within(1...10_000)),
    Langevin.ratioOption, Langevin.normsOption,
    convergence: .none("the Langevin steps do not shrink with those of the grid", bias: 0.15),
    source: "Song and Ermon 2019, Algorithm 1; Song et al. 2021, Algorithm 4",
    example: "m = nn.score_mlp{sde = sde.vp(), seed = 1}  "
      + "return sample.annealed_langevin(m, {count = 16, steps = 20, seed = 1})",
    start: start)

  package static func start(
    _ run: SamplingRun, corrections: Int, ratio: Double, norms: String
  ) -> SamplingStep {
    let langevin = Langevin(ratio: ratio, norms: norms)
    return { x, interval in
      var x = try x * (run.process.alpha(at: interval.u) / run.process.alpha(at: interval.t))
      for place in 1...corrections {
        x = try langevin.step(
          run, x, at: interval.u,
          omitsNoise: interval.omitsNoise && place == corrections)
      }
      return x
    }
  }
}
