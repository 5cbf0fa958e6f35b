// What the drawing code asks of a surface. Coordinates grow to the right and down; the unit is the
// surface's own (points on paper, dots in the terminal).

struct Point: Equatable {
  var x: Double
  var y: Double
}

struct Rect: Equatable {
  var x: Double
  var y: Double
  var width: Double
  var height: Double

  var right: Double { x + width }
  var bottom: Double { y + height }
  func inset(_ by: Double) -> Rect {
    Rect(x: x + by, y: y + by, width: width - 2 * by, height: height - 2 * by)
  }
  func contains(_ p: Point) -> Bool { p.x >= x && p.x <= right && p.y >= y && p.y <= bottom }
  var corners: [Point] {
    [
      Point(x: x, y: y), Point(x: right, y: y), Point(x: right, y: bottom), Point(x: x, y: bottom),
    ]
  }
}

struct Pen {
  var color: Color
  var width: Double
  var dash: Dash = .solid
  /// The series it draws: surfaces without colour tell series apart by it. nil: none of them.
  var series: Int?
}

struct TextStyle {
  enum Horizontal { case start, middle, end }
  enum Vertical { case top, middle, bottom, baseline }
  var size: Double
  var color: Color = Palette.ink
  var bold = false
  var horizontal = Horizontal.start
  var vertical = Vertical.baseline
  /// Reads upwards.
  var turned = false

  /// Below the point, by the heights of capitals and descenders of a sans face.
  var baseline: Double {
    switch vertical {
    case .top: 0.76 * size
    case .middle: 0.36 * size
    case .bottom: -0.22 * size
    case .baseline: 0
    }
  }
}

/// Points that are drawn alike.
struct Cloud {
  var points: [Point]
  var marker = Marker.circle
  var size: Double
  var color: Color
  /// One for each point, where they are coloured by a value; else all have `color`.
  var colors: [Color]?
  /// As of a pen.
  var series: Int?
}

/// What takes long asks between pieces of its work whether the user wants to stop, and throws then.
protocol Canvas: AnyObject {
  /// Strokes open polylines.
  func stroke(_ lines: [[Point]], _ pen: Pen) throws
  func fill(_ polygon: [Point], _ color: Color)
  func mark(_ cloud: Cloud) throws
  func image(_ bitmap: Bitmap, in frame: Rect)
  func text(_ text: RichText, at point: Point, _ style: TextStyle)
  func clipped(to frame: Rect, _ draw: () throws -> Void) rethrows
  /// Points closer than this cannot be told apart.
  var resolution: Double { get }
  /// The width below which an area may be lost between two places where the surface looks.
  var thinnestArea: Double { get }
}
