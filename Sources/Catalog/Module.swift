/// A Lua module, `sde` or `sample`: its entries and the types it introduces.
public struct Module {
  public let name: String
  public let summary: String
  /// The object types whose metatables this module's entries fill.
  public let types: [TypeDescription]
  public let entries: [Entry]
  /// What calling the module itself does, `train(model, data)`: an entry named like the module.
  public let call: Entry?

  /// What runs where the module is called: `call`, or the function of the module's own name, so that
  /// `grad(f)` is `grad.grad(f)`.
  public var callee: Entry? {
    call ?? entries.first { $0.kind == .function && $0.name == name }
  }

  public init(
    _ name: String, _ summary: String, types: [TypeDescription] = [], call: Entry? = nil,
    entries: [Entry]
  ) {
    self.name = name
    self.summary = summary
    self.types = types
    self.call = call
    self.entries = entries
  }
}

/// A type of object that Lua can hold.
public struct TypeDescription {
  public let type: any Object.Type
  public let summary: String

  public init(_ type: any Object.Type, _ summary: String) {
    self.type = type
    self.summary = summary
  }
}

/// A mistake in the catalog itself: our bug, found at start-up and by a test.
public func problems(in modules: [Module]) -> [String] {
  var found: [String] = []
  var seen: Set<String> = []
  for module in modules {
    if !isName(module.name) { found.append("module name '\(module.name)' is not allowed") }
    for entry in module.entries {
      let owner = entry.receiver.map { "\($0.typeName):" } ?? "\(module.name)."
      let isPlain = if case .metamethod = entry.kind { false } else { true }
      if isPlain, !isName(entry.name) {
        found.append("name '\(owner)\(entry.name)' is not allowed")
      }
      let scope = entry.isAlsoMethod ? "\(module.name)." : owner
      var event = entry.name
      if case .metamethod(let name) = entry.kind { event = name }
      if !seen.insert("\(scope)\(event)").inserted {
        found.append("\(scope)\(event) is used twice")
      }
      for parameter in entry.parameters where !isName(parameter.name) {
        found.append("parameter '\(parameter.name)' of \(owner)\(entry.name) is not allowed")
      }
      if entry.summary.isEmpty { found.append("\(owner)\(entry.name) has no summary") }
    }
  }
  return found
}

/// Lower-case words joined by `_`, and not a Lua keyword.
func isName(_ text: String) -> Bool {
  guard let first = text.utf8.first, first >= 0x61, first <= 0x7A else { return false }
  return !luaKeywords.contains(text)
    && text.utf8.allSatisfy {
      ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x5F
    }
}

let luaKeywords: Set<String> = [
  "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
  "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
]
