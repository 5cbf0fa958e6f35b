// The chunks typed at the prompt, for the comment above a function's definition.

enum PromptSource {
  // There is one prompt.
  nonisolated(unsafe) private static var chunks: [String] = []
  private static let most = 1000

  static func add(_ code: String) {
    chunks.append(code)
    if chunks.count > most { chunks.removeFirst(chunks.count - most) }
  }

  /// The lines up to the one where a function begins: of the newest chunk in which a function begins in
  /// that line and, where a name is given, the line has it. Chunks of comments alone that were typed
  /// before it belong to it.
  static func lines(upTo line: Int, name: String?) -> [String]? {
    let name = name?.split { $0 == "." || $0 == ":" }.last.map(String.init)
    for (place, chunk) in chunks.enumerated().reversed() {
      let lines = chunk.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      guard line <= lines.count, lines[line - 1].contains("function"),
        name.map(lines[line - 1].contains) ?? true
      else { continue }
      var above: [String] = []
      for earlier in chunks[..<place].reversed() {
        guard trimmed(earlier).hasPrefix("--"), LuaWords(earlier).words.isEmpty else { break }
        above.insert(contentsOf: earlier.split(separator: "\n").map(String.init), at: 0)
      }
      return above + lines[..<line]
    }
    return nil
  }
}
