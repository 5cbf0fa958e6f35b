import Tensors

/// The picture of a polygon as a function of its vertices that has derivatives.
protocol VertexRaster {
  /// The share of each pixel that is white.
  var areas: [Double] { get }
  /// - Parameter vertices: row and column, in pixels; what is beyond the picture is clipped.
  mutating func paint(_ vertices: [SIMD2<Double>])
}

/// The exact area of a simple polygon in each pixel.
///
/// Each piece of an edge within one row of pixels adds the area to its right, with the sign of its direction, as a difference
/// along the row: what it covers of its own pixels, and its whole height from the next pixel on. A running sum along each row gives the areas.
struct AreaRaster: VertexRaster {
  private(set) var areas: [Double]
  private let rows: Int
  private let columns: Int
  private var steps: [Double]

  init(_ shape: Shape) {
    (rows, columns) = (shape[0], shape[1])
    areas = [Double](repeating: 0, count: rows * columns)
    steps = [Double](repeating: 0, count: rows * (columns + 2))
  }

  mutating func paint(_ vertices: [SIMD2<Double>]) {
    for i in steps.indices { steps[i] = 0 }
    var last = vertices[vertices.count - 1]
    for next in vertices {
      add(last, next)
      last = next
    }
    for row in 0..<rows {
      var sum = 0.0
      for column in 0..<columns {
        sum += steps[row * (columns + 2) + column]
        areas[row * columns + column] = abs(sum)
      }
    }
  }

  private mutating func add(_ start: SIMD2<Double>, _ end: SIMD2<Double>) {
    guard start.x != end.x else { return }
    let sign: Double = start.x < end.x ? 1 : -1
    let (top, bottom) = start.x < end.x ? (start, end) : (end, start)
    let slope = (bottom.y - top.y) / (bottom.x - top.x)
    let (first, last) = (max(top.x, 0), min(bottom.x, Double(rows)))
    guard first < last else { return }
    for row in Int(clamping: first)..<min(rows, Int(clamping: last.rounded(.up))) {
      let (from, to) = (max(first, Double(row)), min(last, Double(row + 1)))
      guard from < to else { continue }
      piece(
        row, height: sign * (to - from), column(top, slope, from), column(top, slope, to))
    }
  }

  private func column(_ top: SIMD2<Double>, _ slope: Double, _ row: Double) -> Double {
    min(max(top.y + (row - top.x) * slope, 0), Double(columns))
  }

  /// A piece of an edge between two columns, of a height with a sign.
  private mutating func piece(_ row: Int, height: Double, _ a: Double, _ b: Double) {
    let (left, right) = (min(a, b), max(a, b))
    let base = row * (columns + 2)
    let (first, last) = (Int(clamping: left), min(Int(clamping: right), columns))
    if first == last || right == left {
      let covered = 1 - ((left + right) / 2 - Double(first))
      steps[base + first] += height * covered
      steps[base + first + 1] += height * (1 - covered)
      return
    }
    // The share of the area right of the piece in each pixel that it crosses, against the pixel before.
    var before = 0.0
    for pixel in first...last {
      let (from, to) = (max(left, Double(pixel)), min(right, Double(pixel + 1)))
      // Of the height: the part of the piece left of this pixel is right of all of it, that within counts by its middle.
      let passed = (from - left) / (right - left)
      let within = max(to - from, 0) / (right - left)
      let covered = passed + within * (1 - ((from + to) / 2 - Double(pixel)))
      steps[base + pixel] += height * (covered - before)
      before = covered
    }
    steps[base + last + 1] += height * (1 - before)
  }
}
