import Tensors

/// The share of each pixel that is near the outline of a polygon.
///
/// A pixel is 4×4 squares, and a square at distance d from the nearest edge is white as far as the stretch from d − ⅛ to d + ⅛ lies in
/// that from −t/2 to t/2, of the thickness t. Of a straight edge along the pixels that is the exact area, and of any a continuous function
/// of the vertices.
struct OutlineRaster: VertexRaster {
  private static let squaresPerSide = 4

  private(set) var areas: [Double]
  private let shape: Shape
  private let reach: Double
  /// The squared distance of the middle of each square to the nearest edge, where that is near.
  private var squares: [Double]

  init(_ shape: Shape, thickness: Double) {
    (self.shape, reach) = (shape, thickness / 2)
    areas = [Double](repeating: 0, count: shape.elementCount)
    squares = [Double](
      repeating: 0, count: shape.elementCount * Self.squaresPerSide * Self.squaresPerSide)
  }

  mutating func paint(_ vertices: [SIMD2<Double>]) {
    for i in squares.indices { squares[i] = .infinity }
    for i in areas.indices { areas[i] = 0 }
    var last = vertices[vertices.count - 1]
    for next in vertices {
      add(last, next)
      last = next
    }
    let a = Self.squaresPerSide
    let (width, columns, half) = (shape[1] * a, shape[1], 0.5 / Double(a))
    for line in 0..<shape[0] * a {
      for point in 0..<width where squares[line * width + point] < (reach + half) * (reach + half) {
        let distance = squares[line * width + point].squareRoot()
        let white = min(distance + half, reach) - max(distance - half, -reach)
        areas[line / a * columns + point / a] += white / Double(a)
      }
    }
  }

  private mutating func add(_ start: SIMD2<Double>, _ end: SIMD2<Double>) {
    let edge = end - start
    let length = (edge * edge).sum()
    let inverse = length > 0 ? 1 / length : 0
    let (a, width) = (Double(Self.squaresPerSide), shape[1] * Self.squaresPerSide)
    let across = places(start.y, end.y, shape[1])
    for line in places(start.x, end.x, shape[0]) {
      for point in across {
        let off = SIMD2(Double(line) + 0.5, Double(point) + 0.5) / a - start
        let rest = off - min(max((off * edge).sum() * inverse, 0), 1) * edge
        let square = (rest * rest).sum()
        if square < squares[line * width + point] { squares[line * width + point] = square }
      }
    }
  }

  /// The squares along one axis that an edge between two places may be near to.
  private func places(_ start: Double, _ end: Double, _ pixels: Int) -> Range<Int> {
    let (a, count) = (Double(Self.squaresPerSide), pixels * Self.squaresPerSide)
    let margin = reach + 0.5
    let first = min(max((min(start, end) - margin) * a, 0), Double(count))
    let last = min(max((max(start, end) + margin) * a, 0), Double(count))
    return Int(clamping: first)..<max(Int(clamping: first), Int(clamping: last.rounded(.up)))
  }
}

// MARK: - Where a fit of an outline begins

/// A picture of an outline whose inside is white as well.
struct FilledOutline {
  private(set) var picture: [Double]

  /// Outside are the dark pixels that a way through dark pixels joins with the edge of the picture. Pixels beside those keep
  /// their values, all others are inside.
  init(_ picture: [Double], _ shape: Shape, thickness: Double) {
    let (rows, columns) = (shape[0], shape[1])
    let dark = 0.2 * min(1, thickness)
    var isOutside = picture.map { _ in false }
    var waiting: [Int] = []
    func visit(_ row: Int, _ column: Int) {
      let place = row * columns + column
      if !isOutside[place], picture[place] < dark {
        isOutside[place] = true
        waiting.append(place)
      }
    }
    for row in 0..<rows {
      for column in [0, columns - 1] { visit(row, column) }
    }
    for column in 0..<columns {
      for row in [0, rows - 1] { visit(row, column) }
    }
    func neighbours(_ place: Int) -> [(row: Int, column: Int)] {
      let (row, column) = (place / columns, place % columns)
      return [(row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)]
    }
    func isIn(_ at: (row: Int, column: Int)) -> Bool {
      (0..<rows).contains(at.row) && (0..<columns).contains(at.column)
    }
    while let place = waiting.popLast() {
      for at in neighbours(place) where isIn(at) { visit(at.row, at.column) }
    }
    self.picture = picture
    for place in picture.indices where !isOutside[place] {
      let isBeside = neighbours(place).contains {
        !isIn($0) || isOutside[$0.row * columns + $0.column]
      }
      if !isBeside { self.picture[place] = 1 }
    }
  }
}

/// Each edge moved towards the inside of the polygon, and its vertices with them.
func movedInwards(_ vertices: [SIMD2<Double>], by distance: Double) -> [SIMD2<Double>] {
  let sign: Double = LevelContour.area(vertices) > 0 ? 1 : -1
  let count = vertices.count
  func inward(_ from: Int, _ to: Int) -> SIMD2<Double> {
    let edge = vertices[to] - vertices[from]
    let length = (edge * edge).sum().squareRoot()
    return length > 0 ? SIMD2(-edge.y, edge.x) * (sign / length) : .zero
  }
  return vertices.indices.map { k in
    let (before, behind) = (inward((k + count - 1) % count, k), inward(k, (k + 1) % count))
    // At sharp corners the edges meet far inside: no farther than four times the distance.
    return vertices[k] + (before + behind) * (distance / max(1 + (before * behind).sum(), 0.25))
  }
}
