// Segments on a grid of dots: which part of one lies inside a rectangle, and which dots it passes.

extension Rect {
  /// The part of a segment inside (Liang and Barsky 1984); nil: none.
  func part(from a: Point, to b: Point) -> (Point, Point)? {
    var first = 0.0
    var last = 1.0
    let (dx, dy) = (b.x - a.x, b.y - a.y)
    func cut(_ p: Double, _ q: Double) -> Bool {
      if p == 0 { return q >= 0 }
      if p < 0 { first = max(first, q / p) } else { last = min(last, q / p) }
      return first <= last
    }
    guard cut(-dx, a.x - x), cut(dx, right - a.x), cut(-dy, a.y - y), cut(dy, bottom - a.y)
    else { return nil }
    return (
      Point(x: a.x + first * dx, y: a.y + first * dy), Point(x: a.x + last * dx, y: a.y + last * dy)
    )
  }
}

enum Segments {
  /// Bresenham's line: the dots between two, both included.
  static func walk(
    from start: (x: Int, y: Int), to end: (x: Int, y: Int), _ visit: (Int, Int) -> Void
  ) {
    var (x, y) = start
    let across = abs(end.x - x)
    let down = -abs(end.y - y)
    let stepX = x < end.x ? 1 : -1
    let stepY = y < end.y ? 1 : -1
    var miss = across + down
    while true {
      visit(x, y)
      if x == end.x, y == end.y { return }
      let twice = 2 * miss
      if twice >= down {
        miss += down
        x += stepX
      }
      if twice <= across {
        miss += across
        y += stepY
      }
    }
  }
}
