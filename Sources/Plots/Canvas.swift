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
}

protocol Canvas: AnyObject {
  /// Strokes open polylines.
  func stroke(_ lines: [[Point]], _ pen: Pen)
  func fill(_ polygon: [Point], _ color: Color)
  func mark(_ points: [Point], _ marker: Marker, size: Double, color: Color, series: Int?)
  func image(_ bitmap: Bitmap, in frame: Rect)
  func text(_ text: RichText, at point: Point, _ style: TextStyle)
  func clipped(to frame: Rect, _ draw: () -> Void)
  /// Points closer than this cannot be told apart.
  var resolution: Double { get }
}
