import Autodiff
import Catalog
import Glibc
import Models
import Optimizers
import Runtime
import Tensors

/// Training by denoising score matching, or by a loss of the user's own, of one model or of many side by
/// side: checks the arguments and makes a `TrainingGroup` of one `TrainingRun` for each model.
///
/// Models whose updates call no Lua advance on the worker pool; the others take turns on the thread that
/// runs Lua. Results equal those of one model after another, whatever the number of threads.
package enum Train {
  static let entry = Entry.function(
    "train",
    "Trains a model, or a list of models side by side, by denoising score matching or a loss of your own.",
    .arg("model", "a network, or a list of them"),
    .arg(
      "data",
      "points, shape [n, d] or [n] and the model's shape, or a data_source; or a list, one for each model"
    ),
    .group(TrainOptions.self),
    returns: "a fit, or a list of fits in the order of the models",
    details: """
      The model's parameters are changed in place. A loss or gradient that is not finite stops a single \
      model with an error; in a list it is noted in `fit.diverged` and the others go on.

      After an error, in a probe say, or Ctrl-C, `train.last` is the run with its step, log and model, \
      and `train.last:finish()` goes on to the same numbers as if nothing had happened.

      `loss` is one of the module loss, or a function of your own of the model's score, at the parameters being \
      trained, and of a batch: a table of float32 tensors with the points `clean`, `noise` and `noised` = alpha · clean + \
      sigma · noise, each [n, d], and for each point its time `t`, `alpha`, `sigma` and `weight` = \
      λ(t)/sigma², each [n], and `labels` where there are. Its gradient comes by reverse mode. The example writes out the loss that stands there \
      where there is none. For penalties, `score:parameters()` are the parameters being trained. In \
      `grad.compile` the loss and its gradient are recorded once for each size of batch and replayed \
      without Lua.
      """,
    source: "Vincent 2011; Song et al. 2021, Eq. 7",
    example: """
      m = nn.score_mlp{sde = sde.ve_power{base = 25}, seed = 1}
      x = random.stream(1):normal{100, 1}
      fit = train(m, x, {steps = 50, optimizer = optim.sgd{rate = 0.1}, seed = 1})
      own = function(score, batch)
        local residual = batch.sigma:unsqueeze(2) * score(batch.noised, batch.t) + batch.noise
        return (batch.weight * (residual^2):sum(2)):mean()
      end
      fit = train(m, x, {steps = 50, seed = 2, loss = grad.compile(own)})
      return fit.log.loss
      """
  ) {
    (
      model: OneOf<ScoreModel, [ScoreModel]>, data: OneOf<TrainingPoints, [TrainingPoints]>,
      options: OptionsOf<TrainOptions>
    ) -> Value in
    let started = try start(model, data, options.values, needsEnd: true)
    Fit.last = started
    guard let first = started.fits.first, let end = first.group.steps else { return .none }
    try first.group.advance(to: end)
    if !started.isList { try first.checkMoving() }
    return started.value
  }

  static let start = Entry.function(
    "start", "A training run that has made no update yet: `fit:advance(n)` makes n of them.",
    .arg("model", "a network, or a list of them"),
    .arg(
      "data",
      "points, shape [n, d] or [n] and the model's shape, or a data_source; or a list, one for each model"
    ),
    .group(TrainOptions.self),
    returns: "a fit, or a list of fits, which advance together",
    details: """
      Takes what `train` takes; `steps` and `epochs` may be left out where the run has no end. \
      `fit:finish()` goes on to the end, and `train(…)` is `train.start(…)` and that.
      """,
    example: """
      m = nn.score_mlp{sde = sde.vp(), seed = 1}
      fit = train.start(m, random.stream(1):normal{100, 1}, {steps = 40, seed = 1})
      fit:advance(10)
      fit:finish()
      return fit.step
      """
  ) {
    (
      model: OneOf<ScoreModel, [ScoreModel]>, data: OneOf<TrainingPoints, [TrainingPoints]>,
      options: OptionsOf<TrainOptions>
    ) -> Value in
    let started = try start(model, data, options.values, needsEnd: false)
    Fit.last = started
    return started.value
  }

  private static func start(
    _ model: OneOf<ScoreModel, [ScoreModel]>, _ data: OneOf<TrainingPoints, [TrainingPoints]>,
    _ options: TrainOptions, needsEnd: Bool
  ) throws -> FitList {
    switch model {
    case .first(let single):
      return FitList(
        fits: try start([single], data, options, needsEnd: needsEnd), isList: false)
    case .second(let several):
      return FitList(fits: try start(several, data, options, needsEnd: needsEnd), isList: true)
    }
  }

  package static func start(
    _ models: [ScoreModel], _ data: OneOf<TrainingPoints, [TrainingPoints]>,
    _ options: TrainOptions,
    needsEnd: Bool = false
  ) throws -> [Fit] {
    let seeds = try seeds(options.seed, count: models.count)
    let runs = try zip(models, pairs(data, with: models)).enumerated().map { index, pair in
      let (model, points) = pair
      return try TrainingRun(
        model: model, score: checkedNetwork(model, among: models),
        points: points.checked(for: model), options: options, seed: seeds[index], index: index + 1)
    }
    guard !runs.isEmpty else { throw UserError("model must not be an empty list") }
    let steps = try runs.map { try stepCount(options, $0) }
    guard steps.allSatisfy({ $0 == steps[0] }) else {
      throw UserError(
        "models of one list must make the same number of steps, got "
          + "\(steps.map { $0.map(String.init) ?? "none" }.joined(separator: ", "))")
    }
    if needsEnd, steps[0] == nil {
      throw UserError("steps or epochs is required: a positive integer")
    }
    let group = TrainingGroup(runs: runs, options: options, steps: steps[0])
    return runs.map { Fit($0, group) }
  }

  /// Starts and goes on to the end.
  package static func run(
    _ models: [ScoreModel], _ data: OneOf<TrainingPoints, [TrainingPoints]>, _ options: TrainOptions
  ) throws -> [Fit] {
    let fits = try start(models, data, options, needsEnd: true)
    if let group = fits.first?.group, let end = group.steps { try group.advance(to: end) }
    return fits
  }

  // MARK: Checks, all before the first update

  static func stepCount(_ options: TrainOptions, _ run: TrainingRun) throws -> Int? {
    switch (options.steps, options.epochs) {
    case (let steps?, nil): return steps.value
    case (nil, let epochs?): return try (epochs * Count(run.stepsPerEpoch)).value
    case (nil, nil): return nil
    case (_?, _?): throw UserError("steps and epochs must not both be given")
    }
  }

  private static func seeds(_ given: SeedList?, count: Int) throws -> [Int] {
    switch given {
    case nil: return (0..<count).map { _ in SessionSeed.next() }
    case .one(let seed): return (0..<count).map { count == 1 ? seed : seed &+ $0 }
    case .each(let seeds):
      guard seeds.count == count else {
        throw UserError(
          "seed must hold one integer for each of \(count) models, got \(seeds.count)")
      }
      return seeds
    }
  }

  private static func pairs(
    _ data: OneOf<TrainingPoints, [TrainingPoints]>, with models: [ScoreModel]
  ) throws
    -> [TrainingPoints]
  {
    switch data {
    case .first(let shared): return models.map { _ in shared }
    case .second(let each):
      guard each.count == models.count else {
        throw UserError(
          "data must be one or one for each of \(models.count) models, got \(each.count)")
      }
      return each
    }
  }

  static func checkedNetwork(_ model: ScoreModel, among models: [ScoreModel]) throws
    -> NetworkScore
  {
    guard let score = model.networkScore, model.network != nil,
      score.network.parameters.trained.count > 0
    else {
      throw UserError("model must have parameters to train, got \(model.describe())")
    }
    guard models.filter({ $0.network === score.network }).count == 1 else {
      throw UserError("model must not stand twice in one list; use model:copy()")
    }
    return score
  }

  /// The classes of the points, where the network has classes and nowhere else.
  static func checkedLabels(_ labels: Tensor?, _ score: NetworkScore, count: Int) throws -> Tensor?
  {
    guard let labels else {
      if score.network.classes == nil { return nil }
      throw UserError("labels are required: \(score.name) has classes")
    }
    guard labels.shape == [count] else {
      throw UserError("labels has shape \(labels.shape), expected [n] with n = \(count)")
    }
    return try score.labelled(labels).call.labels?.densified()
  }

  static func checkedData(_ data: Tensor, _ model: ScoreModel) throws -> Tensor {
    try checkPoints(data, model, name: "data")
    guard data.shape[0] > 0 else {
      throw UserError("data must not be empty, got shape \(data.shape)")
    }
    let points = try data.constant("data").converted(to: .float32).densified()
    guard kernels.isFinite(points.pointer(Float.self), points.elementCount) else {
      let bad = try points.floats().firstIndex { !$0.isFinite } ?? 0
      throw UserError(
        "data must be finite, got \(try points.floats()[bad]) in row \(bad / model.dimension + 1)")
    }
    return points
  }
}
