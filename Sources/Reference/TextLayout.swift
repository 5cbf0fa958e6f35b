// Words laid out in lines for a terminal or a comment.

enum TextLayout {
  /// Breaks a text into lines of at most `width` characters; the lines after the first are indented.
  static func wrapped(_ text: String, width: Int, indent: Int = 0) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { wrappedLine($0, width: width, indent: indent) }.joined(separator: "\n")
  }

  private static func wrappedLine(_ text: Substring, width: Int, indent: Int) -> String {
    let space = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = space + word
      } else {
        line += line.isEmpty || line == space ? "\(word)" : " \(word)"
      }
    }
    if !line.isEmpty { lines.append(line) }
    return lines.joined(separator: "\n")
  }

  /// Rows `name   text`, the texts aligned.
  static func rows(_ rows: [(name: String, text: String)], width: Int) -> String {
    let column = min(24, (rows.map(\.name.count).max() ?? 0)) + 2
    return rows.map { name, text in
      let padding = String(repeating: " ", count: max(2, column - name.count))
      return wrappedRow("  " + name + padding, text, width: width, indent: column + 2)
    }.joined(separator: "\n")
  }

  private static func wrappedRow(_ head: String, _ text: String, width: Int, indent: Int) -> String
  {
    let space = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = head
    var isStart = true
    for word in text.split(separator: " ") {
      if !isStart, line.count + 1 + word.count > width {
        lines.append(line)
        line = space + word
      } else {
        line += isStart ? "\(word)" : " \(word)"
      }
      isStart = false
    }
    lines.append(line)
    return lines.map { $0.trimmedAtEnd }.joined(separator: "\n")
  }
}

extension String {
  var trimmedAtEnd: String {
    var text = Substring(self)
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
