// A figure as Lua sees it: shown in the terminal at the prompt, and in one line elsewhere.

import Catalog
import Glibc

extension Figure: Object, Displayable {
  package static var typeName: String { "figure" }

  package func describe() -> String {
    let series = panels.values.reduce(0) { $0 + $1.series.count }
    let images = panels.values.reduce(0) { $0 + ($1.images?.images.count ?? 0) }
    var parts = ["\(max(panels.count, 1)) panel\(panels.count > 1 ? "s" : "")"]
    if series > 0 { parts.append("\(series) series") }
    if images > 0 { parts.append("\(images) image\(images > 1 ? "s" : "")") }
    let size = Page.size(of: self)
    func inches(_ points: Double) -> String { formatNumber((points / 7.2).rounded() / 10) }
    let list = parts.joined(separator: ", ")
    return "figure \(inches(size.x))×\(inches(size.y)) in [\(list)]"
  }

  /// In the colours of the terminal that standard output is.
  package func display(width: Int) -> String {
    var style = TerminalStyle.detected()
    style.width = width
    do { return try terminal(style) + "\n" } catch { return "\(describe()): \(error)\n" }
  }

  /// Prints the figure through the C library, so that the order with Lua's own output is kept.
  func show(width: Int?, height: Int?) throws {
    var style = TerminalStyle.detected()
    if let width { style.width = width }
    style.height = height
    var text = try terminal(style) + "\n"
    text.withUTF8 { _ = fwrite($0.baseAddress, 1, $0.count, stdout) }
    fflush(stdout)
  }
}
