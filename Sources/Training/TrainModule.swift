import Catalog
import Models
import Tensors

/// The Lua module `train`: the training loop, and the fits it returns.
public enum TrainModule {
  public static let module = Module(
    "train", "Training by denoising score matching: `fit = train(model, data, {...})`.",
    types: [
      TypeDescription(Fit.self, "what a training run leaves"),
      TypeDescription(ProbeState.self, "where a run stands when a probe is called"),
    ],
    call: Train.entry,
    entries: [
      .property(Fit.self, "model", "The trained model.") { (fit: Fit) in fit.model },
      .property(Fit.self, "ema_model", "The model with averaged parameters; nil without `ema`.") {
        (fit: Fit) in fit.emaModel
      },
      .property(
        Fit.self, "log", "Columns by name: step, epoch, loss (mean since the last row), probes."
      ) { (fit: Fit) in fit.logTable },
      .property(Fit.self, "steps", "Updates made.") { (fit: Fit) in fit.steps },
      .property(Fit.self, "seconds", "Wall time, shared by the models of a list.") { (fit: Fit) in
        fit.seconds
      },
      .property(
        Fit.self, "batch", "Examples an update: as asked for, or all points where there are fewer."
      ) { (fit: Fit) in fit.batch },
      .property(Fit.self, "seed", "Of batches, times and noise.") { (fit: Fit) in fit.seed },
      .property(
        Fit.self, "diverged", "{step, quantity} where a number stopped being finite, else nil."
      ) { (fit: Fit) -> Value in
        fit.divergence.map {
          .map([("step", .integer($0.step)), ("quantity", .string($0.quantity))])
        } ?? .none
      },
    ] + ProbeState.entries)
}
