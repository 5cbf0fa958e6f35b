import Catalog
import Files
import Models
import Optimizers
import Runtime
import Tensors

/// The Lua module `train`: the training loop, and the fits it returns.
package enum TrainModule {
  package static let module = Module(
    "train", "Training by denoising score matching: `fit = train(model, data, {...})`.",
    types: [
      TypeDescription(Fit.self, "a training run, from before its first update on"),
      TypeDescription(ProbeState.self, "where a run is when a probe is called"),
    ],
    call: Train.entry,
    entries: [
      Train.start, Twins.entry, Resume.entry,
      .variable(
        "last",
        "The fit of the last run, or the list of them, also after an error or Ctrl-C; nil before the "
          + "first.", example: "return train.last"
      ) { () -> Value in Fit.last.value },
    ] + fitEntries + ProbeState.entries)

  private static let example = """
    m = nn.score_mlp{sde = sde.vp(), seed = 1}
    fit = train.start(m, random.stream(1):normal{100, 1}, {steps = 40, seed = 1})

    """

  private static let fitEntries: [Entry] = [
    .method(
      Fit.self, "advance",
      "Makes n more updates; of a list, of all models of the list that did not leave it.",
      .arg("n", "how many", in: .positive), returns: "the fit",
      details: "Where numbers stopped being finite it is an error that names step and quantity.",
      example: example + "return fit:advance(10).log.loss"
    ) { (fit: Fit, count: Count) -> Fit in
      try fit.advance(count)
      return fit
    },
    .method(
      Fit.self, "finish", "Makes the updates that are left of `steps` or `epochs`.",
      returns: "the fit", example: example + "return fit:finish()"
    ) { (fit: Fit) -> Fit in
      try fit.finish()
      return fit
    },
    .method(
      Fit.self, "leave", "Makes no more updates: the others of its list go on without it.",
      returns: "the fit",
      details: """
        For a race, in which the models that do badly stop early. Its model and log stay as they are; train.resume goes on with \
        what `save` writes of it.
        """,
      example: """
        models = {}
        for seed = 1, 3 do models[seed] = nn.score_mlp{sde = sde.vp(), seed = seed} end
        fits = train.start(models, random.stream(1):normal{100, 1}, {seed = {1, 2, 3}})
        fits[1]:advance(10)
        fits[3]:leave()
        fits[1]:advance(30)
        return fits[2].step, fits[3].step   -- 40, 10
        """
    ) { (fit: Fit) -> Fit in
      try fit.leave()
      return fit
    },
    .method(
      Fit.self, "save", "Writes the run to a file, from which train.resume goes on.",
      .arg("path"),
      details:
        "The file is of the safetensors form: parameters, what the optimizer remembers, averages and "
        + "log, with the options in the metadata. It is written whole or not at all. The data are not "
        + "in it, only what tells them from others. A fit of a list is resumed by itself.",
      source: "safetensors", example: example + "fit:advance(10):save(os.tmpname())"
    ) { (fit: Fit, path: FilePath) -> Nothing in
      try Checkpoint.save(fit, to: path)
      return Nothing()
    },
    .property(Fit.self, "model", "The model as it is now.") { (fit: Fit) in fit.model },
    .property(Fit.self, "ema_model", "The model with averaged parameters; nil without `ema`.") {
      (fit: Fit) in fit.averagedModel
    },
    .property(
      Fit.self, "ema_initial",
      "The weight of the initial parameters in those of ema_model: 0 unless optim.ema has `initial`; nil without `ema`."
    ) { (fit: Fit) in fit.initialShare },
    .method(
      Fit.self, "posthoc_ema", "The model with averaged parameters, by a width chosen afterwards.",
      .option(
        "std", "σ_rel of the power average that is wanted, see optim.power_ema", in: .relativeStd),
      returns: "a model",
      details: """
        Made of the averages that `posthoc_ema` kept, by least squares of their weights. A width that they cannot make is \
        an error. What a network keeps beside trained parameters, as running statistics, is as it is now.
        """,
      source: "Karras et al. 2024, section 3.2",
      example: """
        m = nn.score_mlp{sde = sde.vp(), seed = 1}
        kept = optim.posthoc_ema{folder = os.tmpname() .. ".d", every = 10}
        fit = train(m, random.stream(1):normal{100, 1}, {steps = 40, seed = 1, posthoc_ema = kept})
        return fit:posthoc_ema{std = 0.15}
        """
    ) { (fit: Fit, std: Double) in try fit.posthocModel(std: std) },
    .property(
      Fit.self, "log", "Columns by name: step, epoch, loss (mean since the last row), probes."
    ) { (fit: Fit) in try fit.log.table() },
    .property(Fit.self, "step", "Updates made.") { (fit: Fit) in fit.step },
    .property(Fit.self, "steps", "Updates that `finish` goes to; nil where the run has no end.") {
      (fit: Fit) in fit.group.steps
    },
    .property(
      Fit.self, "rate", "Learning rate of the last update; of the first where there was none."
    ) { (fit: Fit) in try fit.rate() },
    .property(Fit.self, "seconds", "Wall time of the updates, shared by the models of a list.") {
      (fit: Fit) in fit.group.seconds
    },
    .property(Fit.self, "batch", "Points an update; drawn with replacement where n is smaller.") {
      (fit: Fit) in fit.run.batch
    },
    .property(Fit.self, "noises", "How often an update takes each point, with noise of its own.") {
      (fit: Fit) in fit.run.noises
    },
    .property(Fit.self, "seed", "Of batches, times and noise.") { (fit: Fit) in fit.run.seed },
    .property(
      Fit.self, "diverged", "{step, quantity} where a number stopped being finite, else nil."
    ) { (fit: Fit) -> Value in
      fit.divergence.map {
        .map([("step", .integer($0.step)), ("quantity", .string($0.quantity))])
      } ?? .none
    },
  ]
}
