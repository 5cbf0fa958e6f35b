// The Lua files that belong to the product, as help and completion know them.
import Glibc
import Runtime

enum StandardLibrary {
  /// `across_runs`, `args`, …, sorted.
  static var names: [String] {
    guard let folder, let entries = opendir(folder) else { return [] }
    defer { closedir(entries) }
    var names: [String] = []
    while let entry = readdir(entries) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(".lua") { names.append(String(name.dropLast(4))) }
    }
    return names.sorted()
  }

  /// Help on a file, `args` or `moondrift.args`, or on a function of it, `across_runs.quartiles`.
  static func help(_ name: String) -> String? {
    let name = name.hasPrefix("moondrift.") ? String(name.dropFirst(10)) : name
    let parts = name.split(separator: ".").map(String.init)
    guard let file = parts.first, names.contains(file), let folder else { return nil }
    let path = "\(folder)/\(file).lua"
    if parts.count == 1 {
      return CommentText.head(ofFile: path).map {
        "\(file), a Lua file: local \(file) = require \"moondrift.\(file)\"\n\n\($0)\n"
      }
    }
    guard parts.count == 2, let lines = CommentText.lines(ofFile: path),
      let place = lines.firstIndex(where: { $0.hasPrefix("function M.\(parts[1])(") })
    else { return nil }
    let signature = lines[place].dropFirst("function M.".count)
    let comment = CommentText.above(Array(lines[...place])).map { "\n\n\($0)" } ?? ""
    return "\(file).\(signature)\(comment)\n"
  }

  /// The first sentence of each file's comment.
  static var summaries: [(name: String, text: String)] {
    guard let folder else { return [] }
    return names.compactMap { name in
      CommentText.head(ofFile: "\(folder)/\(name).lua").map { comment in
        let words = comment.split(separator: "\n\n").first.map(String.init) ?? comment
        return (name, words.replacing("\n", with: " "))
      }
    }
  }

  private static let folder = (try? Resources.stdlib()).map { $0 + "/moondrift" }
}
