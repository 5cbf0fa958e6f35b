// Colours: the line palette, which people with any common colour blindness can tell apart, and the
// map from a number to a colour for heat maps.

import Catalog

package struct Color: Equatable, Sendable {
  package var red: Double
  package var green: Double
  package var blue: Double
  package var alpha: Double

  package init(red: Double, green: Double, blue: Double, alpha: Double = 1) {
    (self.red, self.green, self.blue, self.alpha) = (red, green, blue, alpha)
  }

  package init(hex: UInt32, alpha: Double = 1) {
    self.init(
      red: Double(hex >> 16 & 255) / 255, green: Double(hex >> 8 & 255) / 255,
      blue: Double(hex & 255) / 255, alpha: alpha)
  }

  package init(grey: Double) { self.init(red: grey, green: grey, blue: grey) }

  /// A name of the palette, "black", "grey", "white", "red", or "#rrggbb".
  package init(named name: String) throws {
    if let found = Palette.names.first(where: { $0.name == name }) {
      self = found.color
      return
    }
    let digits = name.utf8.dropFirst()
    if name.utf8.first == UInt8(ascii: "#"), digits.count == 6,
      let value = UInt32(String(name.dropFirst()), radix: 16)
    {
      self.init(hex: value)
      return
    }
    let known = Palette.names.map(\.name).joined(separator: ", ")
    throw UserError("color must be '#rrggbb' or one of \(known), got '\(name)'")
  }

  func with(alpha: Double) -> Color {
    Color(red: red, green: green, blue: blue, alpha: self.alpha * alpha)
  }

  func mixed(with other: Color, _ share: Double) -> Color {
    Color(
      red: red + (other.red - red) * share, green: green + (other.green - green) * share,
      blue: blue + (other.blue - blue) * share, alpha: alpha + (other.alpha - alpha) * share)
  }

  /// Perceived lightness, 0 (black) to 1 (white); Rec. 709 weights.
  var luminance: Double { 0.2126 * red + 0.7152 * green + 0.0722 * blue }
}

package enum Palette {
  static let ink = Color(hex: 0x262626)
  static let faint = Color(hex: 0xE4E4E4)
  static let grey = Color(hex: 0x6E6E6E)

  /// Okabe and Ito, "Color Universal Design", 2008; the strong ones on white first.
  static let names: [(name: String, color: Color)] = [
    ("blue", Color(hex: 0x0072B2)), ("vermillion", Color(hex: 0xD55E00)),
    ("green", Color(hex: 0x009E73)), ("purple", Color(hex: 0xCC79A7)),
    ("orange", Color(hex: 0xE69F00)), ("sky", Color(hex: 0x56B4E9)),
    ("black", Color(hex: 0x000000)), ("yellow", Color(hex: 0xF0E442)),
    ("grey", grey), ("white", Color(hex: 0xFFFFFF)), ("red", Color(hex: 0xC1272D)),
  ]

  /// The colour of the series with this number, counted from 0.
  package static func series(_ number: Int) -> Color { names[number % 8].color }
}

/// From a share in 0...1 to a colour.
package enum ColorMap: String, CaseIterable, Sendable {
  case viridis, grey, diverging

  package func color(_ share: Double) -> Color {
    guard share.isFinite else { return Color(hex: 0xCFCFCF) }
    let stops = stops
    let place = min(max(share, 0), 1) * Double(stops.count - 1)
    let index = min(Int(clamping: place), stops.count - 2)
    return Color(hex: stops[index])
      .mixed(with: Color(hex: stops[index + 1]), place - Double(index))
  }

  /// Equally spaced colours, interpolated linearly. viridis: Smith and van der Walt, 2015 (CC0).
  private var stops: [UInt32] {
    switch self {
    case .viridis:
      [
        0x440154, 0x482878, 0x3E4A89, 0x31688E, 0x26828E, 0x1F9E89, 0x35B779, 0x6DCD59, 0xB4DE2C,
        0xFDE725,
      ]
    case .grey: [0x000000, 0xFFFFFF]
    case .diverging: [0x0A4C86, 0x5B9BC8, 0xC3DCEB, 0xF7F7F7, 0xF8CDB5, 0xDC7B56, 0x9C2B1B]
    }
  }
}
