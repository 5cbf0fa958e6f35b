// Where the prompt's lines come from: a terminal, by readline, or a pipe.
import CReadline
import Glibc
import LuaHost

enum LineInput {
  case line(String)
  case interrupted
  case end
}

protocol LineReader {
  func read(prompt: String) -> LineInput
  /// Notes a whole entry, of one line or more.
  func remember(_ entry: String)
}

/// Lines of a terminal, edited with readline.
struct TerminalReader: LineReader {
  let history: History

  func read(prompt: String) -> LineInput {
    var line: UnsafeMutablePointer<CChar>?
    switch creadline_read(prompt, &line) {
    case CREADLINE_INTERRUPTED: return .interrupted
    case CREADLINE_END: return .end
    default:
      guard let line else { return .end }
      defer { free(line) }
      return .line(String(cString: line))
    }
  }

  func remember(_ entry: String) { history.add(entry) }
}

/// Lines of a pipe or file, shown after the prompt as a terminal would.
struct StreamReader: LineReader {
  func read(prompt: String) -> LineInput {
    write(prompt, to: stdout)
    var buffer: UnsafeMutablePointer<CChar>?
    var room = 0
    defer { free(buffer) }
    errno = 0
    let count = getline(&buffer, &room, stdin)
    guard count >= 0, let buffer else {
      // An interrupt ends the read; the input goes on.
      guard errno == EINTR, feof(stdin) == 0 else { return .end }
      clearerr(stdin)
      write("\n", to: stdout)
      return .interrupted
    }
    var line = UnsafeRawBufferPointer(start: buffer, count: count)[...]
    if line.last == UInt8(ascii: "\n") { line.removeLast() }
    let text = String(decoding: line, as: UTF8.self)
    write(text + "\n", to: stdout)
    return .line(text)
  }

  func remember(_ entry: String) {}
}
