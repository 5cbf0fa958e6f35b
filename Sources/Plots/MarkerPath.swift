// The shapes of marks as paths of Cairo.

import CCairo

enum MarkerPath {
  /// A circle is a line of no length with round ends: the shortest way to say it in a vector file.
  static func trace(
    _ marker: Marker, at p: Point, radius r: Double, on context: OpaquePointer
  ) {
    func trace(_ points: [Point]) {
      libcairo.new_sub_path(context)
      for point in points { libcairo.line_to(context, point.x, point.y) }
    }
    func polygon(_ corners: [(Double, Double)]) {
      trace(corners.map { Point(x: p.x + $0.0 * r, y: p.y + $0.1 * r) })
      libcairo.close_path(context)
    }
    func lines(_ a: (Double, Double), _ b: (Double, Double)) {
      trace([a, b].map { Point(x: p.x + $0.0 * r, y: p.y + $0.1 * r) })
    }
    switch marker {
    case .circle:
      libcairo.move_to(context, p.x, p.y)
      libcairo.line_to(context, p.x, p.y)
    case .square: polygon([(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)])
    case .triangle: polygon([(0, -1.15), (1.05, 0.75), (-1.05, 0.75)])
    case .diamond: polygon([(0, -1.25), (1.05, 0), (0, 1.25), (-1.05, 0)])
    case .plus:
      lines((-1, 0), (1, 0))
      lines((0, -1), (0, 1))
    case .cross:
      lines((-0.8, -0.8), (0.8, 0.8))
      lines((-0.8, 0.8), (0.8, -0.8))
    }
  }

  static func paint(_ marker: Marker, size: Double, on context: OpaquePointer) {
    switch marker {
    case .circle:
      libcairo.set_line_width(context, size)
      libcairo.stroke(context)
    case .plus, .cross:
      libcairo.set_line_width(context, max(0.8, size / 4))
      libcairo.stroke(context)
    case .square, .triangle, .diamond: libcairo.fill(context)
    }
  }
}
