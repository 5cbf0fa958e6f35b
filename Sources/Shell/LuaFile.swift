// A file of the Lua library as its comments describe it: the one at its head, and those above its public functions.
import Glibc

struct LuaFile {
  /// A function of the module's table, `ledger.open`, or a method of what it returns, `Book:add`.
  struct Function {
    let name: String
    /// With its arguments.
    let signature: String
    /// Sentences, without what editors read.
    let text: String
    /// `options  {n: integer}`, one for each `---@param`.
    let parameters: [String]
    /// One for each `---@return`.
    let returns: [String]

    /// The first sentence.
    var summary: String {
      let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      return words.firstRange(of: ". ").map { String(words[..<$0.lowerBound]) + "." } ?? words
    }
  }

  /// A table that functions take or return, `moondrift.Estimate`, and its fields: `low  number of the 95 % interval`.
  struct Class {
    let name: String
    var fields: [String]
  }

  let name: String
  let head: String
  let functions: [Function]
  let classes: [Class]

  /// Nil where the file cannot be read or begins without a comment.
  init?(name: String, path: String) {
    guard let head = CommentText.head(ofFile: path), let lines = CommentText.lines(ofFile: path)
    else { return nil }
    (self.name, self.head) = (name, head)
    functions = Self.functions(lines, name)
    classes = Self.classes(lines)
  }

  /// `ledger.open` and `open` alike, methods as `Book:add` and `add`.
  func function(_ wanted: String) -> Function? {
    functions.first { $0.name == wanted } ?? functions.first { $0.name == "\(name).\(wanted)" }
      ?? functions.first { $0.name.hasSuffix(":\(wanted)") }
  }

  /// Fields of the classes of this file that a type names, as `moondrift.Estimate?` does.
  private func fields(of type: String) -> [String] {
    classes.filter { names($0, in: type) }.flatMap(\.fields)
  }

  private func names(_ one: Class, in type: String) -> Bool {
    type.split { !Self.isLetter($0) && $0 != "." }.contains { $0 == one.name }
  }

  // MARK: Reading

  private static func classes(_ lines: [String]) -> [Class] {
    var classes: [Class] = []
    for line in lines {
      if line.hasPrefix("---@class ") {
        let name = line.dropFirst("---@class ".count).prefix { isLetter($0) || $0 == "." }
        classes.append(Class(name: String(name), fields: []))
      } else if line.hasPrefix("---@field "), !classes.isEmpty {
        let words = line.dropFirst("---@field ".count).split(separator: " ", maxSplits: 1)
        classes[classes.count - 1].fields.append(words.joined(separator: "  "))
      }
    }
    return classes
  }

  private static func functions(_ lines: [String], _ file: String) -> [Function] {
    guard let last = lines.last(where: { !$0.isEmpty }), last.hasPrefix("return ") else {
      return []
    }
    // `return M`, `return setmetatable(M, {__call = sweep})`.
    let result = last.dropFirst("return ".count).replacing("setmetatable(", with: "")
    let table = String(result.prefix(while: isLetter))
    let called = result.firstRange(of: "__call = ").map {
      String(result[$0.upperBound...].prefix(while: isLetter))
    }
    return lines.indices.compactMap { place in
      let line = lines[place]
      if line.hasPrefix("local function ") {
        let head = line.dropFirst("local function ".count)
        let own = String(head.prefix(while: isLetter))
        guard own == table || own == called else { return nil }
        // What is called by way of a metatable gets the table first.
        return function(
          named: file, arguments: arguments(head.dropFirst(own.count), dropping: own == called),
          at: place, lines)
      }
      guard line.hasPrefix("function ") else { return nil }
      let head = line.dropFirst("function ".count)
      let owner = String(head.prefix(while: isLetter))
      let rest = head.dropFirst(owner.count)
      let own = String(rest.dropFirst().prefix(while: isLetter))
      let behind = rest.dropFirst(1 + own.count)
      switch rest.first {
      case "." where owner == table:
        return function(named: "\(file).\(own)", arguments: arguments(behind), at: place, lines)
      case ":" where owner != table && !own.hasPrefix("__"):
        return function(named: "\(owner):\(own)", arguments: arguments(behind), at: place, lines)
      default: return nil
      }
    }
  }

  private static func isLetter(_ letter: Character) -> Bool {
    letter.isLetter || letter.isNumber || letter == "_"
  }

  /// `(a, b)` of what stands behind a name.
  private static func arguments(_ text: Substring, dropping first: Bool = false) -> String {
    let inside = text.dropFirst().prefix { $0 != ")" }
    let list = inside.split(separator: ",").map { $0.drop(while: \.isWhitespace) }
    return "(" + list.dropFirst(first ? 1 : 0).joined(separator: ", ") + ")"
  }

  private static func function(
    named name: String, arguments: String, at place: Int, _ lines: [String]
  ) -> Function {
    var (text, parameters, returns): ([String], [String], [String]) = ([], [], [])
    for line in (CommentText.above(Array(lines[...place])) ?? "").split(
      separator: "\n", omittingEmptySubsequences: false
    ) {
      if line.hasPrefix("@param ") {
        let words = line.dropFirst("@param ".count).split(separator: " ", maxSplits: 1)
        parameters.append(words.joined(separator: "  "))
      } else if line.hasPrefix("@return ") {
        returns.append(String(line.dropFirst("@return ".count)))
      } else if line.hasPrefix(" "), returns.isEmpty, !parameters.isEmpty {
        // A parameter's text goes on, indented.
        parameters[parameters.count - 1] += " " + line.drop(while: \.isWhitespace)
      } else if !line.hasPrefix("@") {
        text.append(String(line))
      }
    }
    return Function(
      name: name, signature: name + arguments, text: text.joined(separator: "\n"),
      parameters: parameters, returns: returns)
  }
}

// MARK: Pages

extension LuaFile {
  /// As `help` shows it.
  var help: String {
    let own = functions.filter { !$0.text.isEmpty }.map {
      "  \($0.signature)\n      \($0.summary)\n"
    }
    return "\(name), a Lua file: local \(name) = require \"moondrift.\(name)\"\n\n\(head)\n"
      + (own.isEmpty ? "" : "\n" + own.joined())
  }

  func help(of function: Function) -> String {
    var page = function.signature + "\n"
    if !function.text.isEmpty { page += "\n\(function.text)\n" }
    func lines(_ word: String, _ type: String) -> String {
      "  \(word)\(type)\n" + fields(of: type).map { "      .\($0)\n" }.joined()
    }
    if !function.parameters.isEmpty {
      page += "\n" + function.parameters.map { lines("", $0) }.joined()
    }
    return page + (function.returns.isEmpty ? "" : "\n")
      + function.returns.map { lines("returns  ", $0) }.joined()
  }

  /// A section of docs/reference/lua.md.
  var markdown: String {
    var page = "\n## moondrift.\(name)\n\n"
    var isCode = false
    for line in head.split(separator: "\n", omittingEmptySubsequences: false) {
      // Lines that are indented are Lua, and a blank one between two of them too.
      let isIndented = line.hasPrefix("  ")
      if isIndented != isCode, !line.isEmpty {
        page += isIndented ? "```lua\n" : "```\n"
        if !isIndented { page += "\n" }
        isCode = isIndented
      }
      if !isCode || !line.isEmpty { page += (isCode ? line.dropFirst(2) : line) + "\n" }
    }
    if isCode { page += "```\n" }
    for function in functions where !function.text.isEmpty {
      page += "\n### \(function.name)\n\n```lua\n\(function.signature)\n```\n\n\(function.text)\n"
      if !function.parameters.isEmpty {
        page += "\n" + function.parameters.map(Self.item).joined()
      }
      if !function.returns.isEmpty {
        page += "\nReturns \(function.returns.joined(separator: "; ")).\n"
      }
    }
    let types = functions.filter { !$0.text.isEmpty }.flatMap { $0.parameters + $0.returns }
    for one in classes where !one.fields.isEmpty && types.contains(where: { names(one, in: $0) }) {
      page += "\n### Fields of \(one.name)\n\n" + one.fields.map(Self.item).joined()
    }
    return page
  }

  /// `` - `low`: number of the 95 % interval ``, of a name and what is said of it.
  private static func item(_ words: String) -> String {
    let name = words.prefix { $0 != " " }
    return "- `\(name)`: \(words.dropFirst(name.count).drop(while: \.isWhitespace))\n"
  }
}
