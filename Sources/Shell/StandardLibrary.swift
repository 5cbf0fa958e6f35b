// The Lua files that belong to the product, as help and completion know them.
import Glibc
import Runtime

package enum StandardLibrary {
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

  /// Help on a file, `args` or `moondrift.args`, or on a function of it, `across_runs.quartiles`, or a method of what it
  /// returns, `ledger.Book:add` or `ledger.add`.
  static func help(_ name: String) -> String? {
    let name = name.hasPrefix("moondrift.") ? String(name.dropFirst(10)) : name
    let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
    guard let file = parts.first, let page = LuaFile.library(file) else { return nil }
    if parts.count == 1 { return page.help }
    return page.function(parts[1]).map(page.help(of:))
  }

  /// docs/reference/lua.md: every file, with its public functions.
  package static var reference: String {
    "<!-- Written by scripts/reference from the files of stdlib/moondrift; do not edit. -->\n"
      + "# Files in Lua\n\nParts of the product that are written in Lua. A script takes one by "
      + "`local ledger = require \"moondrift.ledger\"`; `help \"moondrift.ledger\"` shows the same as here.\n"
      + names.compactMap { LuaFile.library($0)?.markdown }.joined()
  }

  /// The first sentences of each file's comment, and of those of its functions.
  static var summaries: [(name: String, text: String)] {
    names.compactMap(LuaFile.library).flatMap { file in
      let words = file.head.split(separator: "\n\n").first.map(String.init) ?? file.head
      let functions = file.functions.filter { !$0.text.isEmpty }
      return [(file.name, words.replacing("\n", with: " "))]
        + functions.map { one in
          // `ledger.Book:add`, as help takes it.
          (one.name.hasPrefix("\(file.name).") ? one.name : "\(file.name).\(one.name)", one.summary)
        }
    }
  }

  fileprivate static let folder = (try? Resources.stdlib()).map { $0 + "/moondrift" }
}

extension LuaFile {
  /// A file of stdlib/moondrift; nil where there is none of that name.
  static func library(_ name: String) -> LuaFile? {
    guard StandardLibrary.names.contains(name), let folder = StandardLibrary.folder else {
      return nil
    }
    return LuaFile(name: name, path: "\(folder)/\(name).lua")
  }
}
