// Words of an SVG as words: Cairo draws every letter as an outline, which looks the same everywhere
// and can neither be searched nor edited. Here they are kept and written behind what Cairo drew.

struct SVGLetters {
  private var elements: [String] = []
  /// Where drawing is clipped to.
  var frame: Rect?

  mutating func add(_ text: RichText, at point: Point, _ style: TextStyle) {
    if let frame, !frame.contains(point) { return }
    let anchor =
      switch style.horizontal {
      case .start: "start"
      case .middle: "middle"
      case .end: "end"
      }
    let place = "\(Self.number(point.x)),\(Self.number(point.y))"
    var element = "<text transform=\"translate(\(place))"
    if style.turned { element += " rotate(-90)" }
    element += "\" y=\"\(Self.number(style.baseline))\" text-anchor=\"\(anchor)\""
    element += " font-size=\"\(Self.number(style.size))\""
    if style.bold { element += " font-weight=\"bold\"" }
    element += " fill=\"\(Self.color(style.color))\""
    if style.color.alpha < 1 {
      element += " fill-opacity=\"\(Self.number(style.color.alpha))\""
    }
    element += ">" + Self.content(text, size: style.size) + "</text>"
    elements.append(element)
  }

  /// A raised or lowered part moves by dy, and what follows it moves back.
  private static func content(_ text: RichText, size: Double) -> String {
    var shift = 0.0
    return text.runs.map { run in
      let words = escaped(run.text)
      let wanted = run.level.shift * size
      defer { shift = wanted }
      if run.level == .base, shift == 0 { return words }
      let size = run.level == .base ? "" : " font-size=\"\(number(size * run.level.scale))\""
      return "<tspan dy=\"\(number(wanted - shift))\"\(size)>\(words)</tspan>"
    }.joined()
  }

  /// The file with the words before its last tag.
  func added(to svg: [UInt8]) -> [UInt8] {
    guard !elements.isEmpty, let end = svg.lastIndex(of: UInt8(ascii: "<")) else { return svg }
    let group =
      "<g font-family=\"DejaVu Sans, sans-serif\" xml:space=\"preserve\">\n"
      + elements.joined(separator: "\n") + "\n</g>\n"
    return svg[..<end] + Array(group.utf8) + svg[end...]
  }

  private static func number(_ value: Double) -> String { NumberText.general(value, digits: 6) }

  private static func color(_ color: Color) -> String {
    let digits = String(color.packed, radix: 16)
    return "#" + String(repeating: "0", count: 6 - digits.count) + digits
  }

  /// What XML 1.0 reads as markup is named, what it forbids is left out.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      default:
        if scalar.value >= 0x20 || scalar == "\t" { result.unicodeScalars.append(scalar) }
      }
    }
    return result
  }
}
