// The line above a whole figure: as large as the page is wide, and several lines where it is longer than that.

struct PageTitle {
  /// Of the usual size, how small letters may become before words go to another line.
  private static let leastShare = 0.8
  private static let lineStep = 1.25
  private let lines: [RichText]
  private let style: TextStyle

  /// - Parameter room: the width of the page, in points.
  init(_ title: String?, room: Double) {
    var style = TextStyle(
      size: PageLayout.headSize, bold: true, horizontal: .middle, vertical: .top)
    let room = max(room - 12, 12)
    var lines = title.map { [$0] } ?? []
    if let title, let ruler = try? CairoCanvas(.svg, width: 1, height: 1) {
      let width = { (line: String) in ruler.width(of: RichText(line), style) }
      if width(title) * Self.leastShare > room { lines = Self.folded(title, room, width) }
      style.size *= min(1, room / max(lines.map(width).max() ?? 0, room))
    }
    (self.lines, self.style) = (lines.map { RichText($0) }, style)
  }

  /// How much lower everything else begins than without a second line.
  var extraHeight: Double { Self.lineStep * style.size * Double(max(lines.count - 1, 0)) }

  func draw(on canvas: CairoCanvas, middle: Double) {
    for (place, line) in lines.enumerated() {
      let y = 6 + Double(place) * Self.lineStep * style.size
      canvas.text(line, at: Point(x: middle, y: y), style)
    }
  }

  /// As few lines as there must be, of about one length.
  private static func folded(_ title: String, _ room: Double, _ width: (String) -> Double)
    -> [String]
  {
    let words = words(title)
    let least = filled(words, room, width)
    let even = width(title) / Double(least.count)
    for share in [1, 1.1, 1.2, 1.4] where even * share < room {
      let lines = filled(words, even * share, width)
      if lines.count == least.count { return lines }
    }
    return least
  }

  private static func filled(_ words: [String], _ room: Double, _ width: (String) -> Double)
    -> [String]
  {
    var lines: [String] = []
    for word in words {
      if let last = lines.last, width(last + " " + word) <= room {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(word)
      }
    }
    return lines
  }

  /// Parted at spaces that are not raised or lowered.
  private static func words(_ title: String) -> [String] {
    var words = [""]
    var depth = 0
    for character in title {
      if character == "{" { depth += 1 }
      if character == "}" { depth = max(depth - 1, 0) }
      if depth == 0, character.isWhitespace {
        words.append("")
      } else {
        words[words.count - 1].append(character)
      }
    }
    return words.filter { !$0.isEmpty }
  }
}
