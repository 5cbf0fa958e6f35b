import Catalog
import Files
import KernelsBase
import Optimizers
import Runtime
import Tensors

/// The power averages of one run from which averages of other widths are made, and their snapshots in a folder.
///
/// A snapshot is a file `<model>-<updates>.safetensors` with a tensor for each width over all trained parameters, written
/// whole or not at all. A run that goes on from a checkpoint writes those behind it again, with the same bits.
final class PosthocRecorder {
  private let settings: PosthocEMA
  private let index: Int
  private let seed: Int
  /// Of shape [parameters], one for each width.
  let averages: [Tensor]
  private let rules: [ParameterAverage]
  /// The update of the last snapshot that this process wrote.
  private var written = 0

  /// - Parameters:
  ///   - examples: of an update.
  ///   - index, seed: of the run.
  init(_ settings: PosthocEMA, parameters: Int, examples: Int, index: Int, seed: Int) throws {
    (self.settings, self.index, self.seed) = (settings, index, seed)
    let averages = try settings.options.stds.map { _ in try Tensor.zeros([parameters]) }
    self.averages = averages
    rules = zip(settings.options.stds, averages).map { std, average in
      ParameterAverage(
        PowerEMA(.init { $0.std = std }), examples: examples,
        in: UnsafeMutableBufferPointer(start: average.pointer(Float.self), count: parameters))
    }
    _ = try Directories.make(FilePath(settings.folder))
  }

  var tensors: [(name: String, tensor: Tensor)] {
    averages.enumerated().map { ("posthoc.\($0.offset + 1)", $0.element) }
  }

  func add(_ parameters: UnsafePointer<Float>, updates: Int) {
    for rule in rules { rule.add(parameters, updates: updates) }
  }

  /// Writes the snapshot of these updates where it is due and not there yet.
  func writeWhereDue(updates: Int) throws {
    guard updates > 0, updates.isMultiple(of: settings.every), updates != written else { return }
    let tensors = averages.enumerated().map { (name: "ema.\($0.offset + 1)", tensor: $0.element) }
    let bytes = try Safetensors.bytes(
      of: tensors, metadata: identity(updates).map { (key: $0, value: $1) })
    try AtomicFile.write(bytes, to: path(updates))
    written = updates
  }

  private func path(_ updates: Int) -> FilePath {
    FilePath("\(settings.folder)/\(index)-\(updates).safetensors")
  }

  /// What tells a snapshot from one of another run.
  private func identity(_ updates: Int) -> [(String, String)] {
    [
      ("format", "moondrift.posthoc_ema"), ("stds", settings.options.stds.literal),
      ("seed", "\(seed)"), ("updates", "\(updates)"),
    ]
  }

  /// All trained parameters, averaged with another width.
  func average(std: Double, updates: Int) throws -> [Float] {
    guard updates > 0 else { throw UserError("the run has made no update yet") }
    let stds = settings.options.stds
    let times = Array(stride(from: settings.every, to: updates, by: settings.every)) + [updates]
    let profiles = times.flatMap { time in
      stds.map { PosthocEMA.Profile(std: $0, updates: time) }
    }
    let (factors, missed) = try PosthocEMA.coefficients(
      of: profiles, for: PosthocEMA.Profile(std: std, updates: updates))
    guard missed < 0.3 else {
      throw UserError(
        "std must be wider for the \(times.count) snapshots of this run, which miss "
          + "\(formatNumber((missed * 100).rounded())) % of its weights, got \(formatNumber(std))")
    }
    var sums = try checkedArray(repeating: 0.0, count: averages[0].elementCount)
    for (place, time) in times.enumerated() {
      let kept = time == updates ? averages : try snapshot(time)
      for (width, tensor) in kept.enumerated() {
        try Cancellation.check()
        let (values, factor) = (tensor.pointer(Float.self), factors[place * stds.count + width])
        for i in sums.indices { sums[i] += factor * Double(values[i]) }
      }
    }
    return sums.map { Float($0) }
  }

  private func snapshot(_ updates: Int) throws -> [Tensor] {
    let path = path(updates)
    let file = try Safetensors.read(InputFile.bytes(of: path), path: "\(path)")
    for (key, value) in identity(updates) {
      let found = file.metadata.first { $0.key == key }?.value ?? "none"
      guard found == value else {
        throw FileError(
          "\(path) is a snapshot of another run: \(key) is \(found), expected \(value)")
      }
    }
    return try averages.indices.map { width in
      let name = "ema.\(width + 1)"
      guard let tensor = file.tensors.first(where: { $0.name == name })?.tensor,
        tensor.dtype == .float32, tensor.shape == averages[width].shape
      else {
        throw FileError(
          "\(path): \(name) must be a float32 tensor of shape \(averages[width].shape)")
      }
      return try tensor.densified()
    }
  }
}
