import Catalog
import Glibc
import Runtime

/// The option `checkpoint` of `train`: where a run is written while it goes on, and how often.
package struct CheckpointPlan: Argument {
  let path: FilePath
  /// Updates from one file to the next.
  let every: Int

  package static var expectation: String { "a table {path = p, every = k}" }
  package static var luaType: String { "table" }
  package var literal: String { "table" }

  package static func read(_ frame: Frame, _ index: Int32) throws -> CheckpointPlan {
    guard case .map(let pairs) = try Value.read(frame, index) else {
      throw Mismatch(expected: expectation)
    }
    var path: FilePath?
    var every: Int?
    for (key, value) in pairs {
      switch (key.text, value) {
      case ("path", .string(let text)): path = FilePath(text)
      case ("every", .integer(let count)) where count > 0: every = min(count, Count.most)
      default:
        throw Mismatch(
          sentence: "must have path = a string and every = a positive integer, got "
            + "\(key.text) = \(value.describe())")
      }
    }
    guard let path, let every else {
      throw Mismatch(
        sentence: "must have path = a string and every = a positive integer, got "
          + "\(path == nil ? "path" : "every") = nil")
    }
    guard canBeMade(path) else {
      throw Mismatch(
        sentence: "must have a path in a folder that can be written to, got '\(path)': "
          + String(cString: strerror(errno)))
    }
    return CheckpointPlan(path: path, every: every)
  }

  /// Whether a file is there already, or its folder takes one: told now rather than after `every` updates.
  private static func canBeMade(_ path: FilePath) -> Bool {
    if path.withCString({ access($0, F_OK) }) == 0 { return true }
    let end = path.bytes.lastIndex(of: UInt8(ascii: "/"))
    let folder = end.map { FilePath(Array(path.bytes[...$0])) } ?? "."
    return folder.withCString { access($0, W_OK | X_OK) } == 0
  }

  /// The file of one run: of several models each has its own, `path.1`, `path.2`, ….
  func path(of run: TrainingRun, among count: Int) -> FilePath {
    count == 1 ? path : FilePath("\(path).\(run.index)")
  }
}
