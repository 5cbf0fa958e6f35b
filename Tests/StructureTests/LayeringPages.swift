// What docs/design.md shows of the modules, compared with what they are.

extension Layering {
  /// Where the picture of a page departs from the dependencies, one sentence an arrow. The picture has the
  /// arrows that no others imply.
  static func differences(ofPicture page: String, from dependencies: [String: [String]])
    -> [String]
  {
    let drawn = arrows(in: page)
    let wanted = directArrows(dependencies)
    return drawn.subtracting(wanted).sorted().map { "the arrow \($0) is not wanted" }
      + wanted.subtracting(drawn).sorted().map { "the arrow \($0) is missing" }
  }

  /// `A --> B` for each arrow of the block of Mermaid in a page.
  private static func arrows(in page: String) -> Set<String> {
    let blocks = page.split(separator: "```", omittingEmptySubsequences: false)
    guard let block = blocks.first(where: { $0.hasPrefix("mermaid") }) else { return [] }
    var arrows: Set<String> = []
    for line in block.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count > 2, words[1] == "-->" else { continue }
      for end in words.dropFirst(2) where end != "&" { arrows.insert("\(words[0]) --> \(end)") }
    }
    return arrows
  }

  private static func directArrows(_ dependencies: [String: [String]]) -> Set<String> {
    func reach(_ module: String) -> Set<String> {
      (dependencies[module] ?? []).reduce(into: []) { $0.formUnion(reach($1).union([$1])) }
    }
    var arrows: Set<String> = []
    for (module, used) in dependencies {
      for end in used where !used.contains(where: { reach($0).contains(end) }) {
        arrows.insert("\(module) --> \(end)")
      }
    }
    return arrows
  }

  /// A Lua module, the Swift type that declares it, and the Swift module where that is.
  struct LuaModule {
    var name: String
    var type: String
    var target: String
  }

  /// Each `static let module = Module("name", …)`.
  static func luaModules(in files: [SourceFile]) -> [LuaModule] {
    files.compactMap { file in
      guard let range = file.text.firstRange(of: "static let module = Module("),
        let type = file.name.split(separator: ".").first
      else { return nil }
      let rest = file.text[range.upperBound...].drop { $0 == " " || $0 == "\n" }
      guard rest.first == "\"", let name = rest.split(separator: "\"").first else { return nil }
      return LuaModule(name: String(name), type: String(type), target: file.target)
    }
  }

  /// Where the last column of the table of a page departs from the Lua modules that exist.
  static func differences(ofTable page: String, from modules: [LuaModule]) -> [String] {
    var rows: [String: Set<String>] = [:]
    for line in page.split(separator: "\n") where line.hasPrefix("| ") {
      let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst()
        .map { $0.split(separator: " ").map { String($0.filter { $0 != "`" }) } }
      guard cells.count >= 4, cells[0].first.flatMap({ Int($0, radix: 10) }) != nil else {
        continue
      }
      for target in cells[1] { rows[target, default: []].formUnion(cells[3]) }
    }
    let invented = rows.keys.sorted().flatMap { target in
      (rows[target] ?? []).sorted().filter { name in
        !modules.contains { $0.name == name && $0.target == target }
      }.map { "\(target) does not make the Lua module \($0)" }
    }
    let unnamed = modules.filter { rows[$0.target]?.contains($0.name) != true }
      .map { "the row of \($0.target) does not name the Lua module \($0.name)" }
    return invented + unnamed
  }
}
