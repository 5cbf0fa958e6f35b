// `fit:save(path)` and `train.resume(path, data)`: a run in one file of the safetensors form, written whole or
// not at all. The tensors are the model's parameters (`model.w1`), what the optimizer remembers
// (`optimizer.mean`), the averaged parameters (`average`, `posthoc.1`) and the columns of the log (`log.3`); the metadata
// say what makes the run again:
//
//   format "moondrift.checkpoint"   version "1"
//   network, options, sde, sde_options           as in the file of a model
//   optimizer "adam"                optimizer_options {"rate": 0.001, …}
//   train_options {"batch": 32, …}  run {"step": 500, "seed": 1, …}
//   functions ["probe", "rate"]     probe {"every": 10, "names": ["kl"]}
//   time "log_normal"  time_options {"mean": -1.2, …}                    where one was chosen
//   loss "denoising"   loss_options {"weight": "min_snr"}               where one was chosen
//   data {"shape": [1000, 2], "fingerprint": "…"}                     log: columns that are no numbers
//
// Numbers are stored with all their bits, so that a resumed run ends as one that never stopped.

import Catalog
import Diffusion
import Files
import Models
import Optimizers
import Runtime
import Tensors

enum Checkpoint {
  static let format = "moondrift.checkpoint"
  static let version = 1

  static func save(_ fit: Fit, to path: FilePath) throws {
    let (run, options) = (fit.run, fit.group.options)
    let rule = fit.group.optimizer.rule
    let log = try StoredLog(run.log)
    let metadata =
      try [("format", format), ("version", "\(version)")] + ModelFile.metadata(of: run.model) + [
        ("optimizer", type(of: rule).constructor),
        ("optimizer_options", try JSON.line(rule.options.stored)),
        ("train_options", try JSON.line(options.stored)),
        ("run", try JSON.line(numbers(of: fit))),
        ("functions", try JSON.line(.list(functions(of: fit).map { .string($0) }))),
        ("probe", try JSON.line(options.probe?.stored ?? .list([]))),
        ("data", try JSON.line(DataPrint(run.points).stored)), ("log", try JSON.line(log.texts)),
      ]
      + stored(options.loss?.choice, "loss") + stored(options.time?.choice, "time")
      + (run.labels.map { [("labels", try $0.checksum())] } ?? [])
    var tensors = ModelFile.tensors(of: run.model).map { ("model." + $0.name, $0.tensor) }
    tensors += run.chain.tensors.map { ("optimizer." + $0.name, $0.tensor) }
    if let averaged = run.averaged?.network?.parameters {
      tensors.append(("average", averaged.flat.slice(axis: 0, averaged.trained)))
    }
    tensors += run.posthoc?.tensors ?? []
    tensors += log.tensors
    try AtomicFile.write(
      try Safetensors.bytes(
        of: tensors.map { (name: $0.0, tensor: $0.1) },
        metadata: metadata.map { (key: $0.0, value: $0.1) }), to: path)
  }

  /// The numbers of a run beside its tensors.
  private static func numbers(of fit: Fit) -> Value {
    let run = fit.run
    let progress = run.progress
    var pairs: [(key: String, value: Value)] = [
      ("step", .integer(run.step)), ("seed", .integer(run.seed)), ("index", .integer(run.index)),
      ("seconds", .number(fit.group.seconds)), ("loss_sum", .number(progress.lossSum)),
      ("loss_count", .integer(progress.lossCount)),
    ]
    if let rate = progress.lastRate { pairs.append(("rate", .number(rate))) }
    if let stop = run.divergence {
      pairs.append(("diverged_at", .integer(stop.step)))
      pairs.append(("diverged", .string(stop.quantity)))
    }
    return .named(pairs)
  }

  /// The name and the options of an object that was chosen.
  private static func stored(_ choice: (any StoredChoice)?, _ key: String) throws
    -> [(key: String, value: String)]
  {
    try choice.map { [(key, $0.name), (key + "_options", try JSON.line($0.storedOptions))] } ?? []
  }

  /// The functions in Lua that a run was given, which no file holds.
  static func functions(of fit: Fit) -> [String] {
    functions(fit.group.options, fit.group.optimizer)
  }

  static func functions(_ options: TrainOptions, _ optimizer: Optimizer?) -> [String] {
    var names: [String] = []
    if options.time?.mustBeGivenAgain == true { names.append("time") }
    if options.weight != nil { names.append("weight") }
    if options.loss?.mustBeGivenAgain == true { names.append("loss") }
    if options.probe != nil { names.append("probe") }
    if optimizer?.rate.functions.isEmpty == false { names.append("rate") }
    return names
  }
}

extension Probe {
  var stored: Value {
    .named([
      ("every", .integer(every)), ("names", .list(functions.map { .string($0.name) })),
    ])
  }
}

/// What tells one data set from another: the shape, and a hash of all bits.
struct DataPrint: Equatable {
  let shape: [Int]
  let fingerprint: String

  /// - Parameter data: dense, float32.
  init(_ data: Tensor) throws {
    shape = Array(data.shape)
    fingerprint = try data.checksum()
  }

  private init(shape: [Int], fingerprint: String) {
    (self.shape, self.fingerprint) = (shape, fingerprint)
  }

  /// Of a source that is not in memory: the number of its points, and some of them.
  init(_ points: any PointSource) throws {
    if let points = points as? TensorPoints {
      try self.init(points.tensor)
      return
    }
    let most = min(points.count, 64)
    let places = (0..<most).map { Int32(clamping: $0 * (points.count / most)) }
    self.init(
      shape: [points.count] + Array(points.shape),
      fingerprint: try points.points(at: places).checksum())
  }

  init(restoring stored: StoredFields) throws {
    shape = try stored.integers("shape")
    fingerprint = try stored.text("fingerprint")
  }

  var stored: Value {
    .named([
      ("shape", .list(shape.map { .integer($0) })), ("fingerprint", .string(fingerprint)),
    ])
  }
}
