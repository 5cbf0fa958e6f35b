// The text of `help`, printed from the catalog: a page for each module, type and entry.
import Catalog

package struct HelpText {
  private struct Place {
    let entry: Entry
    let module: Module
  }

  private let modules: [Module]
  /// Pages by their names, and by the bare names of the entries.
  private var places: [String: [Place]] = [:]
  private var types: [String: TypeDescription] = [:]

  package init(_ modules: [Module]) {
    self.modules = modules
    for module in modules {
      for type in module.types { types[type.type.typeName] = type }
      for entry in module.allEntries {
        let place = Place(entry: entry, module: module)
        var names = [Signature.name(of: entry, in: module)]
        if let receiver = entry.receiver {
          for separator in [".", ":"] { names.append(receiver.typeName + separator + entry.name) }
        }
        if case .metamethod = entry.kind {} else { names.append(entry.name) }
        var seen: Set<String> = []
        for name in names where seen.insert(name).inserted {
          // A module's own name is its page, which shows the call too.
          if name != module.name { places[name, default: []].append(place) }
        }
      }
    }
  }

  /// All names that have a page of their own.
  package var names: [String] {
    Array(Set(modules.map(\.name) + types.keys + places.keys)).sorted()
  }

  /// `help()`.
  ///
  /// - Parameter files: names of the files of the library in Lua.
  package func overview(files: [String] = [], width: Int) -> String {
    let more =
      files.isEmpty
      ? ""
      : "\n"
        + TextLayout.wrapped(
          "In Lua, by local ledger = require \"moondrift.ledger\", with help \"ledger\": "
            + files.joined(separator: ", ") + ".", width: width) + "\n"
    return """
      \(TextLayout.rows(modules.map { ($0.name, $0.summary) }, width: width))\(more)

      help(x) tells of a function, module or object; ?sde.vp and help "sde.vp" do so by name, and
      help "width" searches names, options and summaries.
      Tab completes names, options and files. Ctrl-C stops a run, Ctrl-D leaves.

      """
  }

  /// The page or pages of a name; nil where there is none.
  package func page(_ name: String, width: Int) -> String? {
    var parts: [String] = []
    let module = modules.first { $0.name == name }
    if let module { parts.append(page(of: module, width: width)) }
    if let type = types[name] {
      parts.append(page(of: type, hasModule: module != nil, width: width))
    }
    if parts.isEmpty {
      parts = (places[name] ?? []).map { page(of: $0.entry, in: $0.module, width: width) }
      if !parts.isEmpty, let options = options(named: name, width: width) { parts.append(options) }
    }
    if parts.isEmpty, let option = optionPage(name, width: width) { parts = [option] }
    return parts.isEmpty ? nil : parts.joined(separator: "\n")
  }

  /// The functions that have an option of this name, which may be that of a method too.
  private func options(named name: String, width: Int) -> String? {
    let rows = modules.flatMap { module in
      module.allEntries.flatMap { entry in
        entry.parameters.filter { $0.name == name && $0.role == .option }
          .map {
            ("\(Signature.name(of: entry, in: module)), \(name)", Self.description(of: $0))
          }
      }
    }
    guard !rows.isEmpty else { return nil }
    return "options of this name:\n\n" + TextLayout.rows(rows, width: width) + "\n"
  }

  /// `train.batch`: an option or argument of a function.
  private func optionPage(_ name: String, width: Int) -> String? {
    guard let dot = name.lastIndex(where: { $0 == "." || $0 == ":" }) else { return nil }
    let owner = String(name[..<dot])
    let parameter = String(name[name.index(after: dot)...])
    var found = places[owner] ?? []
    if let module = modules.first(where: { $0.name == owner }), let call = module.callee {
      found.append(Place(entry: call, module: module))
    }
    let pages = found.compactMap { place -> String? in
      guard let description = place.entry.parameters.first(where: { $0.name == parameter }) else {
        return nil
      }
      let role = description.role == .option ? "an option" : "an argument"
      let row = (parameter, Self.description(of: description))
      return "\(parameter), \(role) of \(Signature.name(of: place.entry, in: place.module))\n\n"
        + TextLayout.rows([row], width: width) + "\n"
    }
    return pages.isEmpty ? nil : pages.joined(separator: "\n")
  }

  /// What holds a word: names first, then options, then summaries; nil where nothing does.
  ///
  /// - Parameter more: pages from elsewhere that are searched too.
  package func found(_ word: String, more: [(name: String, text: String)] = [], width: Int)
    -> String?
  {
    let word = word.lowercased()
    guard word.count >= 2 else { return nil }
    func holds(_ text: String) -> Bool { text.lowercased().contains(word) }
    var named: [(name: String, text: String)] = []
    var options: [(name: String, text: String)] = []
    var described: [(name: String, text: String)] = []
    for module in modules {
      if holds(module.name) || holds(module.summary) {
        described.append((module.name, module.summary))
      }
      for entry in module.allEntries {
        let name = Signature.name(of: entry, in: module)
        if holds(entry.name) {
          named.append((name, entry.summary))
        } else if holds(entry.summary) || holds(entry.details) || holds(entry.source) {
          described.append((name, entry.summary))
        }
        for parameter in entry.parameters where holds(parameter.name) && parameter.name != "self" {
          options.append(("\(name), \(parameter.name)", Self.description(of: parameter)))
        }
      }
    }
    described += more.filter { holds($0.name) || holds($0.text) }
    let parts = [named, options, described].filter { !$0.isEmpty }
      .map { TextLayout.rows($0, width: width) }
    return parts.isEmpty ? nil : "found for '\(word)':\n\n" + parts.joined(separator: "\n\n") + "\n"
  }

  /// What to say of a name that has no page.
  package func miss(_ name: String) -> String {
    let near = nearestName(to: name, among: names).map { " (did you mean \($0)?)" } ?? ""
    return "there is no help on '\(name)'\(near)\n"
  }

  // MARK: Pages

  private func page(of module: Module, width: Int) -> String {
    var text = "\(module.name): \(TextLayout.wrapped(module.summary, width: width))\n"
    if let call = module.call { text += "\n" + page(of: call, in: module, width: width) }
    let rows = module.entries.filter { entry in
      switch entry.kind {
      case .function, .constant, .variable: true
      case .method, .property, .metamethod: false
      }
    }.map { ($0.name, $0.summary) }
    if !rows.isEmpty { text += "\n" + TextLayout.rows(rows, width: width) + "\n" }
    for type in module.types where type.type.typeName != module.name {
      text += "\n" + page(of: type, hasModule: true, width: width)
    }
    return text
  }

  /// - Parameter hasModule: the functions that are methods too stand on the module's page already.
  private func page(of type: TypeDescription, hasModule: Bool, width: Int) -> String {
    let name = type.type.typeName
    var rows: [(String, String)] = []
    for module in modules {
      for entry in module.entries where entry.receiver.map({ $0 == type.type }) ?? false {
        switch entry.kind {
        case .method: rows.append((":\(entry.name)", entry.summary))
        case .function: if !hasModule { rows.append((":\(entry.name)", entry.summary)) }
        case .property: rows.append((".\(entry.name)", entry.summary))
        case .metamethod: rows.append((entry.name, entry.summary))
        case .constant, .variable: break
        }
      }
    }
    let head = "\(name), an object: \(TextLayout.wrapped(type.summary, width: width))\n"
    return rows.isEmpty ? head : head + "\n" + TextLayout.rows(rows, width: width) + "\n"
  }

  private func page(of entry: Entry, in module: Module, width: Int) -> String {
    var text = TextLayout.wrapped(Signature.text(of: entry, in: module), width: width, indent: 4)
    text += "\n\n" + TextLayout.wrapped(entry.summary, width: width) + "\n"
    if !entry.details.isEmpty {
      text += "\n" + TextLayout.wrapped(entry.details, width: width) + "\n"
    }
    let rows = entry.parameters.filter { $0.name != "self" }.map {
      ($0.name, Self.description(of: $0))
    }
    if !rows.isEmpty { text += "\n" + TextLayout.rows(rows, width: width) + "\n" }
    var facts: [(String, String)] = []
    if !entry.returns.isEmpty { facts.append(("returns", entry.returns)) }
    if !entry.source.isEmpty { facts.append(("source", entry.source)) }
    if entry.isAlsoMethod, let receiver = entry.receiver {
      facts.append(("also", "a method, \(receiver.typeName):\(entry.name)"))
    }
    if !facts.isEmpty { text += "\n" + TextLayout.rows(facts, width: width) + "\n" }
    if !entry.example.isEmpty {
      text += "\n    " + entry.example.replacing("\n", with: "\n    ") + "\n"
    }
    return text
  }

  /// `integer, default 500, a positive integer: number of time steps`.
  static func description(of parameter: ParameterDescription) -> String {
    let type = parameter.type
    var parts = [type.last == "?" ? String(type.dropLast()) : type]
    if let shape = parameter.shape { parts.append("shape [\(shape)]") }
    if let literal = parameter.defaultLiteral {
      parts.append(literal == "nil" ? "optional" : "default \(literal)")
    } else if parameter.role == .option {
      parts.append("required")
    }
    if let domain = parameter.domain { parts.append(domain) }
    let head = parts.joined(separator: ", ")
    return parameter.summary.isEmpty ? head : head + ": " + parameter.summary
  }
}
