/// The modules and their levels, as docs/design.md lists them: a module may import any module of
/// a lower level and none of its own.
enum Layering {
  static let levels: [[String]] = [
    [
      "CSystemLua", "CReadline", "CCairo", "CZlib", "CZip", "CImages", "CLua", "CSupport",
      "KernelsBase", "KernelsV3", "KernelsV4",
    ],
    ["Catalog", "Runtime"],
    ["Tensors"],
    ["Autodiff"],
    ["Processes", "Targets", "Files", "Layers"],
    ["Models", "Optimizers"],
    ["Diffusion"],
    ["Metrics", "Theory", "Training", "Plots"],
    ["Library", "Reference", "LuaHost"],
    ["Shell"],
    ["moondrift"],
  ]

  /// What a module may import where that is less than everything below it.
  static let restricted: [String: Set<String>] = [
    "Catalog": [],
    "LuaHost": ["CLua", "Catalog", "Runtime"],
    "Reference": ["Catalog"],
  ]

  /// Siblings that may import each other after all: C targets among themselves, and the copies of
  /// the kernels, whose tables have the types of the base copy.
  static let exceptions: [String: Set<String>] = [
    "CLua": ["CSystemLua", "CSupport"],
    "CCairo": ["CSupport"],
    "CReadline": ["CSupport"],
    "CImages": ["CSupport"],
    "CZip": ["CSupport"],
    "KernelsBase": ["CSupport"],
    "KernelsV3": ["KernelsBase", "CSupport"],
    "KernelsV4": ["KernelsBase", "CSupport"],
  ]

  /// Who may see Lua.
  static let luaReaders: [String: Set<String>] = [
    "CSystemLua": ["CLua"],
    "CLua": ["LuaHost", "Shell", "moondrift"],
    "LuaHost": ["Shell", "moondrift"],
  ]

  /// Modules that come with the toolchain. Foundation is not among them: it costs start-up time
  /// and 50 MB; `FoundationEssentials` is the allowed part of it.
  static let system: Set<String> = [
    "Glibc", "Musl", "Darwin", "Synchronization", "FoundationEssentials", "Swift",
  ]

  static let levelOfModule: [String: Int] = {
    var result: [String: Int] = [:]
    for (level, modules) in levels.enumerated() {
      for module in modules { result[module] = level }
    }
    return result
  }()

  /// Every import that the rules forbid, one sentence each.
  static func violations(in files: [SourceFile]) -> [String] {
    files.flatMap { file in
      imports(of: file).compactMap { line, imported in
        objection(module: file.target, imported: imported).map { "\(file.path):\(line): \($0)" }
      }
    }
  }

  /// Why `module` may not import `imported`, or nil if it may.
  static func objection(module: String, imported: String) -> String? {
    // A kernel file is shared by three modules and imports the base copy in the two others.
    if system.contains(imported) || imported == module { return nil }
    // The compiler's own operations, for vectors.
    if imported == "Builtin", module.hasPrefix("Kernels") { return nil }
    guard let level = levelOfModule[module] else { return "\(module) is not in the module table" }
    guard let importedLevel = levelOfModule[imported] else {
      return "\(module) imports \(imported), which is not in the module table"
    }
    if let readers = luaReaders[imported], !readers.contains(module) {
      return "\(module) imports \(imported), which only \(readers.sorted()) may"
    }
    if exceptions[module]?.contains(imported) == true { return nil }
    if let allowed = restricted[module], !allowed.contains(imported) {
      return "\(module) imports \(imported) and may import only \(allowed.sorted())"
    }
    if importedLevel >= level {
      return "\(module) (level \(level)) imports \(imported) (level \(importedLevel))"
    }
    return nil
  }

  /// The modules a Swift file imports, in any spelling: `import struct M.S`, `@_exported import M`.
  static func imports(of file: SourceFile) -> [(line: Int, module: String)] {
    let modifiers: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
    let kinds: Set<Substring> = [
      "struct", "class", "enum", "protocol", "func", "var", "let", "typealias",
    ]
    var found: [(line: Int, module: String)] = []
    for (number, text) in file.codeLines {
      var words = text.split(separator: " ")[...]
      while let first = words.first, first.hasPrefix("@") || modifiers.contains(first) {
        words.removeFirst()
      }
      guard words.popFirst() == "import" else { continue }
      if let kind = words.first, kinds.contains(kind) { words.removeFirst() }
      guard let path = words.first, let module = path.split(separator: ".").first else { continue }
      found.append((number, String(module)))
    }
    return found
  }

  /// `dependencies:` of every target in the text of a Package.swift. Between two string literals
  /// stands code: it says whether the next literal is a target's name or a dependency.
  static func dependencies(inManifest text: String) -> [String: [String]] {
    var result: [String: [String]] = [:]
    var target: String?
    var isInDependencies = false
    let pieces = text.split(separator: "\"", omittingEmptySubsequences: false)
    for index in stride(from: 0, to: pieces.count - 1, by: 2) {
      let code = pieces[index]
      let literal = String(pieces[index + 1])
      if code.contains("]") { isInDependencies = false }
      if code.contains("arget(") || code.contains("systemLibrary(") {
        target = literal
        result[literal] = []
      } else if code.contains("dependencies: [") {
        isInDependencies = true
      }
      if isInDependencies, let target { result[target, default: []].append(literal) }
    }
    return result
  }
}
