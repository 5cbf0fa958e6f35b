import Catalog
import Diffusion
import Files
import Models
import Optimizers
import Runtime
import Tensors

/// `train.resume(path, data, {…})`: the run that `fit:save` wrote. Everything is checked before the first
/// number of a model that was given is overwritten.
enum Resume {
  /// What no file holds, or need not come from one.
  struct Options: OptionGroup {
    var train = TrainOptions()
    var model: ScoreModel?

    /// The functions and objects among the options of `train`; the numbers are those of the file.
    private static let given: Set<String> = [
      "labels", "optimizer", "time", "weight", "loss", "probe", "progress",
      "checkpoint",
    ]
    static let options: [Option<Options>] =
      Option.group(\.train).filter { given.contains($0.name) } + [
        Option(
          "model", \.model,
          "the model to go on with, whose parameters are replaced by those of the file; made anew "
            + "where absent")
      ]
  }

  static let entry = Entry.function(
    "resume", "A run that fit:save wrote: the same numbers as if it had never stopped.",
    .arg("path"), .arg("data", "the points that the run was started with"),
    .group(Options.self),
    returns: "a fit",
    details: """
      What a file cannot hold must be given again: the functions `time`, `weight`, `loss` and `probe`, an \
      optimizer whose rate is a function, and a model of `nn.define`. The other options are those of \
      the file. Other data, another model or optimizer, or a function too many or too few is an error.
      """,
    example: """
      m = nn.score_mlp{sde = sde.vp(), seed = 1}
      x = random.stream(1):normal{100, 1}
      fit = train.start(m, x, {steps = 40, seed = 1})
      n = os.tmpname()
      fit:advance(10)
      fit:save(n)
      return train.resume(n, x):finish().step
      """
  ) { (path: FilePath, data: TrainingPoints, options: OptionsOf<Options>) -> Value in
    let resumed = FitList(fits: [try fit(path, data, options.values)], isList: false)
    Fit.last = resumed
    return resumed.value
  }

  static func fit(_ path: FilePath, _ data: TrainingPoints, _ options: Options) throws -> Fit {
    do { return try CheckpointReader(path).fit(data, options) } catch let error as UserError {
      throw error.message.hasPrefix("\(path)") ? error : UserError("\(path): \(error)")
    }
  }
}

private struct CheckpointReader {
  private let path: FilePath
  private let metadata: [(key: String, value: String)]
  private let tensors: [String: Tensor]

  init(_ path: FilePath) throws {
    self.path = path
    let file = try Safetensors.read(InputFile.bytes(of: path), path: "\(path)")
    metadata = file.metadata
    tensors = Dictionary(file.tensors.map { ($0.name, $0.tensor) }) { first, _ in first }
    guard metadata.first(where: { $0.key == "format" })?.value == Checkpoint.format else {
      throw FileError(
        "\(path) is not a checkpoint: its metadata have no format '\(Checkpoint.format)', which "
          + "fit:save writes")
    }
    let version = try text("version")
    guard version == "\(Checkpoint.version)" else {
      let newer =
        (Double(version) ?? 0) > Double(Checkpoint.version) ? ", of a newer Moondrift" : ""
      throw FileError(
        "\(path): version is '\(version)'\(newer), this program reads '\(Checkpoint.version)'")
    }
  }

  private func text(_ key: String) throws -> String {
    guard let entry = metadata.first(where: { $0.key == key }) else {
      throw FileError("\(path): the metadata have no '\(key)'")
    }
    return entry.value
  }

  private func fields(_ key: String) throws -> StoredFields {
    try StoredFields(text(key), place: "\(path): \(key)")
  }

  func fit(_ data: TrainingPoints, _ given: Resume.Options) throws -> Fit {
    let numbers = try fields("run")
    let optimizer = try optimizer(given.train.optimizer)
    let options = try options(given.train, optimizer)
    let model = try model(given.model)
    let score = try Train.checkedNetwork(model, among: [model])
    let points = try data.checked(for: model)
    try check(points)
    try checkLabels(
      Train.checkedLabels(given.train.labels, score, count: points.count))
    let run = try TrainingRun(
      model: model, score: score, points: points, options: options,
      seed: numbers.integer("seed"), index: numbers.count("index"))
    let steps = try Train.stepCount(options, run)
    var progress = TrainingRun.Progress()
    progress.step = try numbers.count("step")
    progress.lossSum = try numbers.number("loss_sum")
    progress.lossCount = try numbers.count("loss_count")
    if case .none = numbers.value("rate") {} else { progress.lastRate = try numbers.number("rate") }
    if case .none = numbers.value("diverged") {
    } else {
      progress.divergence = TrainingRun.Divergence(
        step: try numbers.count("diverged_at"), quantity: try numbers.text("diverged"))
    }
    let columns = try StoredLog.columns(
      run.log.columns.map(\.name), fields("log"), tensors)
    let group = TrainingGroup(
      runs: [run], options: options, steps: steps, step: progress.step,
      seconds: try numbers.number("seconds"))
    let targets = try targets(run)
    // Nothing below fails.
    for (source, target, count) in targets {
      target.update(from: source.pointer(Float.self), count: count)
    }
    if let parameters = run.model.network?.parameters {
      run.averaged?.network?.parameters.copyBuffers(from: parameters)
    }
    run.restore(progress, columns)
    return Fit(run, group)
  }

  // MARK: What makes the run

  private func optimizer(_ given: Optimizer?) throws -> Optimizer {
    let (name, stored) = (try text("optimizer"), try text("optimizer_options"))
    let isFunction = try functions().contains("rate")
    guard let given else {
      if isFunction {
        throw missing("the rate of the optimizer", "optimizer = optim.\(name){rate = f, …}")
      }
      let place = "\(path): optimizer_options"
      return try OptimModule.optimizer(
        name, restoring: JSONReader.value(of: stored, path: place), place: place)
    }
    guard type(of: given.rule).constructor == name,
      try JSON.line(given.rule.options.stored) == stored,
      Checkpoint.functions(TrainOptions(), given).isEmpty != isFunction
    else {
      throw UserError(
        "optimizer is \(given.describe()), the run had optim.\(name) with \(stored)"
          + (isFunction ? " and a function as rate" : ""))
    }
    return given
  }

  private func functions() throws -> [String] {
    guard case .list(let names) = try JSONReader.value(of: text("functions"), path: "\(path)")
    else { throw FileError("\(path): functions must be a list of names") }
    return names.map { if case .string(let name) = $0 { name } else { $0.describe() } }
  }

  /// What a run had chosen by name: as the file has it, or as it is given again.
  private func chosen<Choice: StoredChoice>(
    _ key: String, _ given: OneOf<Callback, Choice>?,
    _ restored: (String, Value, String) throws -> Choice
  ) throws -> OneOf<Callback, Choice>? {
    guard let name = metadata.first(where: { $0.key == key })?.value else {
      guard case .second(let choice)? = given else { return given }
      let had = try functions().contains(key) ? "a function" : "none"
      throw UserError("\(key) is \(choice.describe()), the run had \(had)")
    }
    let stored = try text(key + "_options")
    switch given {
    case nil where try functions().contains(key):
      throw UserError(
        "\(key) of the run was \(name) with a function or a model, which no file holds; give it again: "
          + "train.resume(path, data, {\(key) = …})")
    case nil:
      let place = "\(path): \(key)_options"
      return .second(
        try restored(name, JSONReader.value(of: stored, path: place), place))
    case .second(let choice)?
    where try choice.name == name && JSON.line(choice.storedOptions) == stored:
      return given
    case .first?: throw UserError("\(key) is a function, the run had \(name) with \(stored)")
    case .second(let choice)?:
      throw UserError("\(key) is \(choice.describe()), the run had \(name) with \(stored)")
    }
  }

  private func missing(_ what: String, _ option: String) -> UserError {
    UserError(
      "\(what) is a function, which no file holds; give it again: "
        + "train.resume(path, data, {\(option)})")
  }

  private func options(_ given: TrainOptions, _ optimizer: Optimizer) throws -> TrainOptions {
    let place = "\(path): train_options"
    var options = try TrainOptions(
      restoring: JSONReader.value(of: text("train_options"), path: place), place: place)
    options.optimizer = optimizer
    options.weight = given.weight
    options.time = try chosen("time", given.time, DrawModule.draw)
    options.loss = try chosen("loss", given.loss, LossModule.loss)
    (options.probe, options.labels) = (given.probe, given.labels)
    options.checkpoint = given.checkpoint
    if let progress = given.progress { options.progress = progress }
    let (had, has) = (try functions(), Checkpoint.functions(options, optimizer))
    if let name = had.first(where: { !has.contains($0) }) {
      throw missing("\(name) of the run", "\(name) = …")
    }
    if let name = has.first(where: { !had.contains($0) }) {
      throw UserError("\(name) is given, the run had none")
    }
    if let probe = given.probe, try JSON.line(probe.stored) != text("probe") {
      throw UserError("probe is \(try JSON.line(probe.stored)), the run had \(try text("probe"))")
    }
    return options
  }

  private func model(_ given: ScoreModel?) throws -> ScoreModel {
    guard let given else {
      if try text("network") == DefinedNetwork.constructor {
        throw missing("the score of a model of nn.define", "model = m")
      }
      return try ModelFile.model(metadata, named("model."), path: "\(path)", score: nil)
    }
    let has = try ModelFile.metadata(of: given)
    for (key, value) in has where try text(key) != value {
      throw UserError("model has the \(key) \(value), the run had \(try text(key))")
    }
    return given
  }

  private func check(_ data: any PointSource) throws {
    let (had, has) = (try DataPrint(restoring: fields("data")), try DataPrint(data))
    guard had != has else { return }
    throw UserError(
      had.shape == has.shape
        ? "data are other numbers than those of the run"
        : "data have shape \(Shape(has.shape)), those of the run \(Shape(had.shape))")
  }

  private func checkLabels(_ labels: Tensor?) throws {
    let had = metadata.first { $0.key == "labels" }?.value
    let has = try labels.map { try $0.checksum() }
    if had != has { throw UserError("labels are other classes than those of the run") }
  }

  // MARK: What a run remembers

  private func named(_ prefix: String) -> [(name: String, tensor: Tensor)] {
    tensors.filter { $0.key.hasPrefix(prefix) }
      .map { (name: String($0.key.dropFirst(prefix.count)), tensor: $0.value) }
      .sorted { $0.name < $1.name }
  }

  /// Each tensor of the file, where its numbers belong, and how many they are.
  private func targets(_ run: TrainingRun) throws
    -> [(Tensor, UnsafeMutablePointer<Float>, Int)]
  {
    var wanted: [(String, Shape, UnsafeMutablePointer<Float>)] = []
    if let parameters = run.model.network?.parameters {
      wanted += zip(parameters.items, parameters.views).map {
        ("model." + $0.name, $0.shape, $1.pointer(Float.self))
      }
    }
    wanted += run.chain.tensors.map {
      ("optimizer." + $0.name, $0.tensor.shape, $0.tensor.pointer(Float.self))
    }
    if let average = run.averaged?.network?.parameters,
      let start = average.trainedValues.baseAddress
    {
      wanted.append(("average", [average.trained.count], start))
    }
    wanted += (run.posthoc?.tensors ?? []).map {
      ($0.name, $0.tensor.shape, $0.tensor.pointer(Float.self))
    }
    let fixed = run.model.networkScore?.parametrization.tensors ?? []
    for (name, tensor) in fixed {
      guard let stored = tensors["model." + name], stored.shape == tensor.shape,
        try stored.checksum() == tensor.checksum()
      else { throw UserError("model has another tensor '\(name)' than the run had") }
    }
    let names = Set(wanted.map(\.0) + fixed.map { "model." + $0.name })
    if let stranger = tensors.keys.sorted().first(where: {
      !names.contains($0) && !$0.hasPrefix("log.")
    }) {
      throw UserError("unknown tensor '\(stranger)'")
    }
    return try wanted.map { name, shape, target in
      guard let tensor = tensors[name] else { throw UserError("the tensor '\(name)' is missing") }
      guard tensor.shape == shape, tensor.dtype == .float32 else {
        throw UserError(
          "\(name) is \(tensor.shape) \(tensor.dtype.rawValue), expected \(shape) float32")
      }
      return (try tensor.densified(), target, shape.elementCount)
    }
  }
}
