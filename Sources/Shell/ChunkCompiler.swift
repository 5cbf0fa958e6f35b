// How a line typed at the prompt becomes a chunk: as an expression if it is one, otherwise as
// statements, whose last may be an expression to be shown.
import CLua
import Catalog
import LuaHost

struct ChunkCompiler {
  let lua: LuaState

  enum Outcome {
    /// A function stands on the stack, compiled from this code.
    case chunk(code: String)
    /// An error message stands on the stack.
    case failed
    /// More lines could complete it; nothing is on the stack.
    case incomplete
  }

  func compile(_ code: String) -> Outcome {
    let code = code.hasPrefix("=") ? "return " + code.dropFirst() : code
    for text in ["return \(code);", code] {
      if load(text) { return .chunk(code: text) }
      if text == code { break }
      clua_set_top(lua.pointer, -2)
    }
    let message = Frame(lua.pointer).string(at: -1) ?? ""
    guard message.hasSuffix("<eof>") else {
      // `y = 3; y + 1`, which is no statement from the first sign on.
      guard let text = shownAtEnd(code, isOnlyBehindStatements: true) else { return .failed }
      clua_remove(lua.pointer, -2)
      return .chunk(code: text)
    }
    if message.hasSuffix("function arguments expected near <eof>"), let method = lastChain(of: code)
    {
      clua_set_top(lua.pointer, -2)
      Frame(lua.pointer).push(
        "stdin:\(lines(of: code)): \(method) is a method: call it, \(method)()")
      return .failed
    }
    clua_set_top(lua.pointer, -2)
    return shownAtEnd(code).map { .chunk(code: $0) } ?? .incomplete
  }

  private func load(_ text: String) -> Bool { lua.load(text, name: "=stdin") == CLUA_OK }

  /// `x = 3; x` as `x = 3; return x`, compiled: nil where no place for the `return` makes it one.
  ///
  /// - Parameter isOnlyBehindStatements: whether a `;`, an `end` or a new line must stand before it, so
  ///   that a mistake like `x = 3 4` is not taken for a statement and an expression.
  private func shownAtEnd(_ code: String, isOnlyBehindStatements: Bool = false) -> String? {
    let words = LuaWords(code)
    for place in words.words.indices.dropFirst().reversed().prefix(100) {
      let word = words.words[place]
      guard word.isAtTop else { continue }
      let (before, after) = words.split(at: word.start)
      if isOnlyBehindStatements, ![";", "end"].contains(words.words[place - 1].text) {
        guard before.reversed().prefix(while: \.isWhitespace).contains(where: \.isNewline) else {
          continue
        }
      }
      guard load("\(before)") else {
        clua_set_top(lua.pointer, -2)
        continue
      }
      clua_set_top(lua.pointer, -2)
      let text = "\(before)return \(after)"
      if load(text) { return text }
      clua_set_top(lua.pointer, -2)
    }
    return nil
  }

  /// The names joined by `.` and `:` at the end of the code.
  private func lastChain(of code: String) -> String? {
    let chain = trimmed(code).reversed().prefix {
      $0 == "." || $0 == ":" || $0.utf8.allSatisfy(isNameByte)
    }
    return chain.isEmpty ? nil : String(chain.reversed())
  }

  private func lines(of code: String) -> Int { code.count { $0.isNewline } + 1 }
}
