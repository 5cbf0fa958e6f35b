// What a terminal can show: its size, its colours, its characters.

import Glibc

package struct TerminalStyle: Sendable {
  package enum Colors: Sendable { case none, palette256, full }
  package var width: Int
  /// Lines in all; nil: what suits the width.
  package var height: Int?
  package var colors: Colors
  /// Only characters of ASCII.
  package var ascii: Bool

  package init(width: Int = 80, height: Int? = nil, colors: Colors = .none, ascii: Bool = false) {
    (self.width, self.height, self.colors, self.ascii) = (width, height, colors, ascii)
  }

  /// Of the terminal behind a file descriptor; plain and 80 wide where it is none.
  /// Honours NO_COLOR, COLUMNS, TERM, COLORTERM and the locale.
  package static func detected(_ file: Int32 = STDOUT_FILENO) -> TerminalStyle {
    func variable(_ name: String) -> String {
      getenv(name).map { String(cString: $0) } ?? ""
    }
    var style = TerminalStyle()
    let isTerminal = isatty(file) == 1
    var size = winsize()
    if isTerminal, ioctl(file, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
      style.width = Int(clamping: size.ws_col)
    } else if let columns = Int(variable("COLUMNS"), radix: 10), columns > 0 {
      style.width = columns
    }
    style.width = min(style.width, 200)
    let term = variable("TERM")
    if isTerminal, term != "dumb", variable("NO_COLOR").isEmpty {
      let full = ["truecolor", "24bit"].contains(variable("COLORTERM"))
      style.colors = full || term.hasSuffix("direct") ? .full : .palette256
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(variable).first { !$0.isEmpty } ?? ""
    let upper = locale.uppercased()
    style.ascii = isTerminal && !locale.isEmpty && !upper.contains("UTF")
    return style
  }
}
