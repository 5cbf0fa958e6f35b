// Text longer than the screen, a screen at a time.
import CReadline
import Glibc
import LuaHost

struct Pager {
  /// Off where nobody sits at a terminal.
  let isOn: Bool

  static var forUser: Pager {
    Pager(isOn: isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0)
  }

  func show(_ text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let height = Int(clamping: creadline_terminal_height())
    guard isOn, lines.count > height, height > 2 else {
      write(text, to: stdout)
      return
    }
    var next = 0
    var room = height - 1
    while next < lines.count {
      let end = min(next + room, lines.count)
      let isLast = end == lines.count
      write(
        lines[next..<end].joined(separator: "\n") + (isLast ? "" : "\n"), to: stdout)
      next = end
      if isLast { return }
      switch ask(lines.count - next) {
      case .page: room = height - 1
      case .line: room = 1
      case .end: return
      }
    }
  }

  private enum Answer { case page, line, end }

  private func ask(_ left: Int) -> Answer {
    let question = "-- \(left) more lines: space, Enter, q --"
    write(question, to: stdout)
    let key = creadline_read_key()
    write("\r" + String(repeating: " ", count: question.count) + "\r", to: stdout)
    switch key {
    case 0x20: return .page
    case 0x0A, 0x0D, 0x6A: return .line
    // q, Ctrl-C, Ctrl-D, escape and the end of input.
    case 0x71, 0x51, 0x03, 0x04, 0x1B, -1: return .end
    default: return .page
    }
  }
}
