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
  private let index: CompletionIndex
  private let helpNames: [String]

  private init(_ lua: LuaState, modules: [Module]) {
    self.lua = lua
    index = CompletionIndex(modules)
    helpNames = HelpText(modules).names
  }

  static func start(_ lua: LuaState, modules: [Module]) {
    current = Completion(lua, modules: modules)
    creadline_start("moondrift") { line, start, end, quote in
      let bytes = UnsafeRawBufferPointer(start: line, count: Int(end))
      Completion.current?.complete(
        before: String(decoding: bytes.prefix(Int(start)), as: UTF8.self),
        word: String(decoding: bytes.dropFirst(Int(start)), as: UTF8.self), isInString: quote != 0)
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
      offer(helpNames.map { ($0, .value) }, word)
    } else if let separator = word.lastIndex(where: { $0 == "." || $0 == ":" }) {
      completeMember(word, separator)
    } else {
      completeName(code, word)
    }
  }

  /// The values an option may have, otherwise file names.
  private func completeString(_ code: String, _ word: String) {
    let context = CallContext(code)
    if let callee = context.callee, let option = context.option, let name = entryName(callee) {
      let choices = index.choices(of: name, parameter: option)
      if !choices.isEmpty {
        offer(choices.map { ($0, .value) }, word)
        return
      }
    }
    creadline_complete_files()
  }

  private func completeMember(_ word: String, _ separator: String.Index) {
    guard Self.push(String(word[..<separator]), in: lua) else { return }
    let head = word[...separator]
    let isMethod = word[separator] == ":"
    let names = lua.memberNames(of: -1, methodsOnly: isMethod)
    offer(names.map { ("\(head)\($0.name)", $0.kind) }, word)
  }

  private func completeName(_ code: String, _ word: String) {
    let context = CallContext(code)
    if context.expectsName, let callee = context.callee, let name = entryName(callee) {
      let options = index.options(of: name).map { "\($0.name) = " }.filter { $0.hasPrefix(word) }
      if !options.isEmpty {
        for option in options { creadline_add_candidate(option) }
        return
      }
    }
    let keywords = Self.keywords.map { ($0, MemberKind.value) }
    offer(keywords + lua.globalNames().map { ($0.name, $0.kind) }, word)
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
    guard Self.push(chain, in: lua) else { return nil }
    return Frame(lua.pointer).referenceName(at: -1)
  }

  /// Pushes what a chain like `fit.model` leads to, by raw access.
  static func push(_ chain: String, in lua: LuaState) -> Bool {
    let names = chain.split(omittingEmptySubsequences: false) { $0 == "." || $0 == ":" }
    guard let first = names.first, lua.pushGlobalRaw(String(first)) else { return false }
    for name in names.dropFirst() {
      guard lua.pushMemberRaw(of: -1, String(name)) else {
        clua_set_top(lua.pointer, -2)
        return false
      }
      clua_remove(lua.pointer, -2)
    }
    return true
  }

  private static let keywords = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
    "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
  ]
}
