// What Tab offers: names that exist now, options of the call one is typing, file names in a string.
// Looks at Lua values raw, so that nothing of the script runs.
import CLua
import CReadline
import Catalog
import LuaHost
import Reference

final class Completion {
  /// The code of the lines above, while a chunk of several lines is being typed.
  nonisolated(unsafe) static var earlierLines = ""
  // Readline calls back without a context, and there is one terminal.
  nonisolated(unsafe) private static var current: Completion?

  private unowned let lua: LuaState
  private let lookup: NameLookup
  private let catalog: PromptCatalog

  private init(_ lua: LuaState, _ catalog: PromptCatalog, locals: SessionLocals) {
    self.lua = lua
    self.catalog = catalog
    lookup = NameLookup(lua: lua, locals: locals)
  }

  private var helpNames: [String] { catalog.help.names + StandardLibrary.names }

  /// What `require` takes.
  private var moduleNames: [String] {
    let names = catalog.modules.map(\.name) + StandardLibrary.names
    return ["moondrift"] + names.map { "moondrift.\($0)" }
  }

  static func start(_ lua: LuaState, _ catalog: PromptCatalog, locals: SessionLocals) {
    current = Completion(lua, catalog, locals: locals)
    creadline_start("moondrift") { line, start, end, quote in
      let bytes = UnsafeRawBufferPointer(start: line, count: Int(clamping: end))
      Completion.current?.complete(
        before: String(decoding: bytes.prefix(Int(clamping: start)), as: UTF8.self),
        word: String(decoding: bytes.dropFirst(Int(clamping: start)), as: UTF8.self),
        isInString: quote != 0)
    }
  }

  private func complete(before: String, word: String, isInString: Bool) {
    guard clua_reserve(lua.pointer, 20) != 0 else { return }
    let top = clua_top(lua.pointer)
    defer { clua_set_top(lua.pointer, top) }
    let code = Self.earlierLines + before
    if isInString {
      completeString(String(code.dropLast()), word)
    } else if before.allSatisfy({ $0 == "?" || $0 == " " }), before.contains("?") {
      offerPlain(helpNames, word)
    } else if let separator = word.lastIndex(where: { $0 == "." || $0 == ":" }) {
      completeMember(before, word, separator)
    } else {
      completeName(code, word)
    }
  }

  /// The values an option may have, names of pages and of modules, keys of a table; otherwise files.
  private func completeString(_ code: String, _ word: String) {
    let context = CallContext(code)
    if let callee = context.callee, let option = context.option, let name = entryName(callee) {
      let choices = catalog.completion.choices(of: name, parameter: option)
      if !choices.isEmpty { return offerPlain(choices, word) }
    }
    let function = LuaWords(code).words.last { $0.text != "(" }?.text
    if function == "help" { return offerPlain(helpNames, word) }
    if function == "require" { return offerPlain(moduleNames, word) }
    let opening = trimmed(code)
    if opening.hasSuffix("["), lookup.push(NameLookup.chain(endingIn: String(opening.dropLast()))) {
      return offerPlain(lua.memberNames(of: -1, methodsOnly: false).map(\.name), word)
    }
    creadline_complete_files()
  }

  /// Names behind a `.` or `:`. What Lua takes for no name is offered as an index, `t["x-y"]`, where
  /// no name fits.
  private func completeMember(_ before: String, _ word: String, _ separator: String.Index) {
    // A chain may begin before the word, which ends at brackets: `x[1]:`.
    let chain = NameLookup.chain(endingIn: before + word[..<separator])
    guard lookup.push(chain) else { return }
    let head = String(word[...separator])
    let isMethod = word[separator] == ":"
    let names = lua.memberNames(of: -1, methodsOnly: isMethod)
    let fitting = names.filter { isIdentifier($0.name) && "\(head)\($0.name)".hasPrefix(word) }
    if !fitting.isEmpty || isMethod {
      return offer(fitting.map { ("\(head)\($0.name)", $0.kind) }, word)
    }
    let typed = word[word.index(after: separator)...]
    for name in names.map(\.name).sorted() where name.hasPrefix(typed) && !isIdentifier(name) {
      guard !name.contains("\""), !name.contains("\n"), !name.contains("\\") else { continue }
      creadline_add_candidate("\(word[..<separator])[\"\(name)\"]")
    }
  }

  private func completeName(_ code: String, _ word: String) {
    let context = CallContext(code)
    if context.expectsName, let callee = context.callee, let name = entryName(callee) {
      let options = catalog.completion.options(of: name).map { "\($0.name) = " }.filter {
        $0.hasPrefix(word)
      }
      if !options.isEmpty {
        for option in options { creadline_add_candidate(option) }
        return
      }
    }
    let others = LuaKeywords.all.union(lookup.locals.names).map { ($0, MemberKind.value) }
    let globals = lua.globalNames().filter { isIdentifier($0.name) }.map { ($0.name, $0.kind) }
    offer(others + globals, word)
  }

  private func offerPlain(_ names: [String], _ word: String) {
    for name in Set(names).sorted() where name.hasPrefix(word) { creadline_add_candidate(name) }
  }

  private func offer(_ names: [(String, MemberKind)], _ word: String) {
    let last = word.split(whereSeparator: { $0 == "." || $0 == ":" }).last ?? ""
    let showsHidden = !word.hasSuffix(".") && last.hasPrefix("_")
    var kinds: [String: MemberKind] = [:]
    for (name, kind) in names where name.hasPrefix(word) {
      let tail = name.split(whereSeparator: { $0 == "." || $0 == ":" }).last ?? ""
      if tail.hasPrefix("_"), !showsHidden { continue }
      kinds[name] = kind
    }
    for name in kinds.keys.sorted() { creadline_add_candidate(name) }
    if kinds.count == 1, kinds.values.first == .function { creadline_append(0x28) }
  }

  /// The name by which the catalog knows what a chain of names leads to.
  private func entryName(_ chain: String) -> String? {
    guard lookup.push(chain) else { return nil }
    return Frame(lua.pointer).referenceName(at: -1)
  }
}
