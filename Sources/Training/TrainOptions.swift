import Autodiff
import Catalog
import Diffusion
import Optimizers
import Tensors

/// The options of `train`.
package struct TrainOptions: OptionGroup {
  package var steps: Count?
  package var epochs: Count?
  package var batch: Count = 32
  package var noises: Count = 1
  package var labels: Tensor?
  package var optimizer: Optimizer?
  package var time: OneOf<Callback, ChosenDraw>?
  package var isAntithetic = false
  package var common: String?
  package var weight: Callback?
  package var loss: OneOf<Callback, TrainingLoss>?
  package var ema: AverageChoice?
  package var posthoc: PosthocEMA?
  package var probe: Probe?
  package var checkpoint: CheckpointPlan?
  package var logEvery: Count?
  package var seed: SeedList?
  package var progress: Bool?

  package init() {}

  package static let options: [Option<TrainOptions>] = [
    Option("steps", \.steps, "number of updates; give this or epochs", in: .positive),
    Option(
      "epochs", \.epochs,
      "passes over the data, whose last batch may be short; updates where batch is larger than n",
      in: .positive),
    Option(
      "batch", \.batch,
      "points an update: each once an epoch where there are as many, else each drawn by itself, with "
        + "replacement, which `fit` says", in: .positive),
    Option(
      "noises", \.noises,
      "how often an update takes each point of its batch, each time at a time and with noise of its "
        + "own", in: .positive),
    Option(
      "labels", \.labels, "[n], the classes of the points from 0 up, for networks that have classes"
    ),
    Option("optimizer", \.optimizer, "an update rule, optim.adam{} where absent"),
    Option(
      "time", \.time,
      "how t is drawn: one of the module draw, or function(n, stream) → tensor [n]; uniform over the SDE's times where "
        + "absent"),
    Option(
      "antithetic", \.isAntithetic,
      "each second noise of a point is the negative of the one before, at the same time; noises must be even"
    ),
    Option(
      "common", \.common,
      "draws used again: the times and noises of the first update in each, or for each point its own, once and for all",
      in: .oneOf(["update", "point"])),
    Option(
      "weight", \.weight,
      "λ(t) on ‖s − ∇ log p‖²: function(t [n]) → tensor [n]; where absent σ(t)², or for a model that "
        + "predicts clean, velocity, v or residual the squared error of that, at unit size"),
    Option(
      "loss", \.loss,
      "one of the module loss, or function(score, batch) → a tensor with one number; denoising score matching where "
        + "absent"),
    Option(
      "ema", \.ema,
      "an average of the parameters over the updates, kept as fit.ema_model: optim.ema, optim.power_ema, or a number, the "
        + "decay of an exponential one"),
    Option(
      "posthoc_ema", \.posthoc,
      "averages that are kept in a folder, of which fit:posthoc_ema makes others: optim.posthoc_ema"
    ),
    Option(
      "probe", \.probe,
      "{every = k, name = function(state) … end}: called before the first update and after each k, "
        + "its numbers logged under its name; state has model, step, epoch, loss, index, seed"),
    Option(
      "checkpoint", \.checkpoint,
      "{path = p, every = k}: written whole after each k updates, for train.resume; several models have a "
        + "file each, p.1, p.2, …"),
    Option("log_every", \.logEvery, "updates between entries of the log", in: .positive),
    Option(
      "seed", \.seed, "of batches, times and noise; a list for a list of models; the session's next"
    ),
    Option("progress", \.progress, "a progress line on stderr; on a terminal where absent"),
  ]

  package func check() throws {
    guard !isAntithetic || noises.value.isMultiple(of: 2) else {
      throw UserError("antithetic needs an even number of noises, got noises = \(noises)")
    }
  }
}

/// One seed, or one for each model.
package enum SeedList: Argument {
  case one(Int)
  case each([Int])

  package static var expectation: String { "an integer or a list of integers" }
  package static var luaType: String { "integer|integer[]" }

  package static func read(_ frame: Frame, _ index: Int32) throws -> SeedList {
    if frame.type(at: index) == LuaType.number, let seed = frame.integer(at: index) {
      return .one(seed)
    }
    guard let seeds = try? [Int].read(frame, index), !seeds.isEmpty else {
      throw Mismatch(expected: expectation)
    }
    return .each(seeds)
  }
}

/// Functions called between blocks of updates, on the main thread.
package struct Probe: Argument {
  let every: Int
  /// In the order of their names, since Lua's own order changes from start to start.
  let functions: [(name: String, body: Callback)]

  package static var expectation: String { "a table {every = k, name = function(state) … end}" }
  package static var luaType: String { "table" }
  package var literal: String { "table" }

  package static func read(_ frame: Frame, _ index: Int32) throws -> Probe {
    guard case .map(let pairs) = try Value.read(frame, index) else {
      throw Mismatch(expected: expectation)
    }
    var every: Int?
    var functions: [(String, Callback)] = []
    let reserved: Set<String> = ["step", "epoch", "loss", "seconds"]
    for (key, value) in pairs {
      let name = key.text
      switch value {
      case .integer(let count) where name == "every" && count > 0:
        every = min(count, Count.most)
      case .function(let body) where !reserved.contains(name): functions.append((name, body))
      case .function:
        throw Mismatch(sentence: "cannot use the name '\(name)', which the log has already")
      default:
        throw Mismatch(
          sentence: name == "every"
            ? "must have every = a positive integer, got \(value.describe())"
            : "must have functions beside every, got \(name) = \(value.describe())")
      }
    }
    guard let every else {
      throw Mismatch(sentence: "must have every = a positive integer, got nil")
    }
    return Probe(every: every, functions: functions)
  }
}
