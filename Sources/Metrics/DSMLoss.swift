import Autodiff
import Catalog
import Models
import Tensors

/// The denoising loss of a model on points at each noise level, E‖σ s(x_t, t) + z‖².
///
/// Vincent 2011; Song et al. 2021, Eq. 7 with λ = σ² at one time.
enum DSMLoss {
  static let entry = Entry.function(
    "dsm_loss",
    "The denoising loss of a model at each noise level, on points it was not trained on.",
    .arg("model"), .arg("x", "points, shape [n, d] or [n] and the model's shape"),
    .group(LevelOptions.self),
    returns: "a table: times [k], loss [k], se [k], float64 tensors; n, draws, seed",
    details: """
      E‖σ s(x_t, t) + z‖², summed over coordinates: d where s is 0, and no less than the exact score has, \
      whose mean over uniform times `metric.dsm_bayes_loss` gives. Noise depends on seed, level, draw and row \
      alone: with one seed two models, or two data sets of one size, meet the same noise, and the difference \
      of their losses is far surer than each. Standard errors are over points. Evaluates the model at \
      n · draws points for each time, 4096 at once.
      """,
    source: "Vincent 2011; Song et al. 2021, Eq. 7",
    example: """
      mix = target.gaussian_mixture{means = {-3, 3}}
      r = metric.dsm_loss(mix:model(sde.vp()), mix:sample(100, {seed = 1}), {times = {0.1, 0.5}, seed = 1})
      return r.loss
      """
  ) { (model: ScoreModel, x: Tensor, options: OptionsOf<LevelOptions>) in
    try checkPoints(x, model)
    let means = try LevelMeans(model.process, options.values)
    return try means.means(x.constant("x"), "loss") { batch in
      let sigmas = try Tensor.full([batch.noised.shape[0]], batch.sigma, batch.noised.dtype)
      let estimate = try model.function.scoreTimesSigma(
        batch.noised, batch.times, sigma: sigmas, process: model.process)
      try ScoreModel.requireConstant(estimate)
      return try squaredLengths(estimate.value, batch.noise, .add)
    }
  }
}
