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
      guard let shown = shownAtEnd(code) else { return .failed }
      clua_remove(lua.pointer, -2)
      return finish(shown, code)
    }
    if message.hasSuffix("function arguments expected near <eof>"), let method = lastChain(of: code)
    {
      clua_set_top(lua.pointer, -2)
      Frame(lua.pointer).push(
        "stdin:\(lines(of: code)): \(method) is a method: call it, \(method)()")
      return .failed
    }
    clua_set_top(lua.pointer, -2)
    return shownAtEnd(code).map { finish($0, code) } ?? .incomplete
  }

  private func finish(_ shown: Shown, _ code: String) -> Outcome {
    if shown.isParted { return .chunk(code: shown.code) }
    // `y = 3 x`: more likely a sign is missing than that this is meant as two things.
    clua_set_top(lua.pointer, -2)
    Frame(lua.pointer).push(
      "stdin:\(lines(of: code)): syntax error near '\(shown.word)'; write ';' before it to see its value"
    )
    return .failed
  }

  private func load(_ text: String) -> Bool { lua.load(text, name: "=stdin") == CLUA_OK }

  /// Statements and an expression behind them, compiled so that its value is returned.
  private struct Shown {
    let code: String
    /// Where the expression begins.
    let word: Substring
    /// Whether a `;`, an `end` or a new line stands before it.
    let isParted: Bool
  }

  /// `x = 3; x` as `x = 3; return x`: nil where no place for the `return` makes it a chunk.
  private func shownAtEnd(_ code: String) -> Shown? {
    let words = LuaWords(code)
    for place in words.words.indices.dropFirst().reversed().prefix(100) {
      let word = words.words[place]
      guard word.isAtTop else { continue }
      let (before, after) = words.split(at: word.start)
      guard load("\(before)") else {
        clua_set_top(lua.pointer, -2)
        continue
      }
      clua_set_top(lua.pointer, -2)
      let text = "\(before)return \(after)"
      if load(text) {
        let isParted =
          [";", "end"].contains(words.words[place - 1].text)
          || before.reversed().prefix(while: \.isWhitespace).contains(where: \.isNewline)
        return Shown(code: text, word: word.text, isParted: isParted)
      }
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
