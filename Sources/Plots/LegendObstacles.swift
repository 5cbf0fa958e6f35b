// What a legend would cover.

/// A canvas that only remembers which places of a frame have something drawn on them.
final class LegendObstacles: Canvas {
  let resolution = 1.0
  let thinnestArea = 1.0
  private let frame: Rect
  private let columns: Int
  private let rows: Int
  /// One for each square of a point.
  private var isTaken: [Bool]

  init(_ frame: Rect) {
    self.frame = frame
    columns = min(max(Int(clamping: frame.width.rounded(.up)), 1), 10_000)
    rows = min(max(Int(clamping: frame.height.rounded(.up)), 1), 10_000)
    isTaken = [Bool](repeating: false, count: columns * rows)
  }

  /// How many squares that a box touches are taken.
  func count(in box: Rect) -> Int {
    var count = 0
    each(box) { if isTaken[$0] { count += 1 } }
    return count
  }

  private func each(_ box: Rect, _ visit: (Int) -> Void) {
    let (left, right) = (max(box.x, frame.x), min(box.right, frame.right))
    let (top, bottom) = (max(box.y, frame.y), min(box.bottom, frame.bottom))
    guard left <= right, top <= bottom else { return }
    func place(_ offset: Double, _ count: Int) -> Int { min(Int(clamping: offset), count - 1) }
    for row in place(top - frame.y, rows)...place(bottom - frame.y, rows) {
      for column in place(left - frame.x, columns)...place(right - frame.x, columns) {
        visit(row * columns + column)
      }
    }
  }

  private func take(_ box: Rect) { each(box) { isTaken[$0] = true } }
  private func take(_ point: Point) { take(Rect(x: point.x, y: point.y, width: 0, height: 0)) }

  func stroke(_ lines: [[Point]], _ pen: Pen) {
    for line in lines {
      for (a, b) in zip(line, line.dropFirst()) {
        guard let (a, b) = frame.part(from: a, to: b) else { continue }
        let steps = max(Int(clamping: max(abs(b.x - a.x), abs(b.y - a.y)).rounded(.up)), 1)
        for step in 0...steps {
          let share = Double(step) / Double(steps)
          take(Point(x: a.x + share * (b.x - a.x), y: a.y + share * (b.y - a.y)))
        }
      }
    }
  }

  /// The box of four corners; of a band, which has as many points above as below, the boxes between its edges.
  func fill(_ polygon: [Point], _ color: Color) {
    let half = polygon.count / 2
    for index in 0..<max(half - 1, 0) {
      let others = [index, index + 1, polygon.count - 1 - index, polygon.count - 2 - index]
      let corners = others.map { polygon[$0] }
      let (xs, ys) = (corners.map(\.x), corners.map(\.y))
      guard let left = xs.min(), let right = xs.max(), let top = ys.min(), let low = ys.max()
      else { continue }
      take(Rect(x: left, y: top, width: right - left, height: low - top))
    }
  }

  func mark(_ cloud: Cloud) { for point in cloud.points { take(point) } }
  func image(_ bitmap: Bitmap, in frame: Rect) { take(frame) }
  func text(_ text: RichText, at point: Point, _ style: TextStyle) { take(point) }
  func clipped(to frame: Rect, _ draw: () throws -> Void) rethrows { try draw() }
}
