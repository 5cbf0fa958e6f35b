// Which of very many lines can be seen.

/// Lines of one pen lie on the surface as one shape, to which a line adds the dots that no line before it has
/// passed. One that adds none is left out, so that of any number of lines those remain that the surface has
/// room for. Cost: the dots that the lines pass.
struct StrokeCover {
  /// As many segments are drawn as they are.
  static let few = 20_000
  private static let mostDots = 1 << 24
  private let reach: Rect
  private let dot: Double
  private let columns: Int
  private var passed: [Bool]

  /// nil where the surface has too many dots, or the pen leaves gaps, which no longer lie where they did
  /// when a line before is missing.
  init?(_ pen: Pen, in frame: Rect, dot: Double) {
    guard pen.dash == .solid else { return nil }
    reach = frame.inset(-pen.width)
    self.dot = dot
    let across = (reach.width / dot).rounded(.up) + 2
    let dots = across * ((reach.height / dot).rounded(.up) + 2)
    guard dots > 0, dots <= Double(Self.mostDots) else { return nil }
    columns = Int(clamping: across)
    passed = [Bool](repeating: false, count: Int(clamping: dots))
  }

  /// Whether a segment passes dots that are new; they are known from then on.
  mutating func adds(_ a: Point, _ b: Point) -> Bool {
    guard let (a, b) = reach.part(from: a, to: b) else { return false }
    let (left, top) = ((reach.x / dot).rounded(.down), (reach.y / dot).rounded(.down))
    func place(_ point: Point) -> (x: Int, y: Int) {
      (
        Int(clamping: (point.x / dot).rounded(.down) - left),
        Int(clamping: (point.y / dot).rounded(.down) - top)
      )
    }
    let columns = columns
    return passed.withUnsafeMutableBufferPointer { passed in
      var isNew = false
      Segments.walk(from: place(a), to: place(b)) { x, y in
        let index = y * columns + x
        guard passed.indices.contains(index), !passed[index] else { return }
        passed[index] = true
        isNew = true
      }
      return isNew
    }
  }
}
