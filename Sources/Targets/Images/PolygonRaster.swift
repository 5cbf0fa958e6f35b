import Autodiff
import Catalog
import Glibc
import Runtime
import Tensors

/// Pictures of polygons: each pixel is the share of the points of a grid in it that are inside, or near the outline.
///
/// A vertex is (row, column) in units of half a side: (−1, −1) is the outer corner of the first pixel, (1, 1) that of the
/// last, at any size of the picture. Inside is what an odd number of edges lies left of. Repeated vertices and those on an
/// edge change nothing.
struct PolygonRaster {
  static let entry = Entry.function(
    "rasterize", "Pictures of polygons from their vertices.",
    .arg(
      "vertices",
      "shape [n, v, 2]: row and column of each, from −1 at the first edge of the picture to 1 at the last"
    ),
    .option("size", "of the picture: {h, w}, or one number for both", in: .pictureSize),
    .option("filled", default: true, "whether inside is white; else the outline is"),
    .option("thickness", default: 1, "of the outline, in pixels", in: .positive),
    .option(
      "subsamples", default: 4, "a: a pixel is the share of a·a points in it", in: .within(1...64)),
    returns: "float32 tensor of shape [n, h, w], from 0 to 1",
    details: """
      Where edges cross, inside is what an odd number of them encloses. Vertices beyond the picture are clipped. It passes \
      no gradient.
      """,
    example: "return target.rasterize(tensor{{{-0.5, -0.5}, {-0.5, 0.5}, {0.6, 0}}}, {size = 8})"
  ) {
    (
      vertices: Tensor, size: OneOf<Count, [Count]>, filled: Bool, thickness: Double,
      subsamples: Int
    ) in
    let x = try vertices.constant("vertices")
    guard x.rank == 3, x.shape[1] >= 3, x.shape[2] == 2 else {
      throw UserError("vertices must have shape [n, v, 2] with 3 or more each, got \(x.shape)")
    }
    let places = try x.converted(to: .float32).densified()
    guard try places.isFinite() else { throw UserError("vertices must be finite") }
    let shape = try pictureShape(size)
    return try PolygonRaster(
      shape: shape, subsamples: subsamples,
      thickness: try Self.thickness(thickness, filled: filled, shape)
    ).pictures(places)
  }

  /// Of the outlines of pictures; nil where inside is white.
  static func thickness(_ thickness: Double, filled: Bool, _ shape: Shape) throws -> Double? {
    let diagonal = hypot(Double(shape[0]), Double(shape[1]))
    guard filled || thickness <= diagonal else {
      throw UserError(
        "thickness must be at most the picture's diagonal, \(shortNumber(diagonal)) pixels, got "
          + formatNumber(thickness))
    }
    return filled ? nil : thickness
  }

  let shape: Shape
  let subsamples: Int
  /// Of the outline; nil where inside is white.
  let thickness: Double?

  /// - Parameter vertices: shape [n, v, 2], float32, dense.
  func pictures(_ vertices: Tensor) throws -> Tensor {
    let (n, v, pixels) = (vertices.shape[0], vertices.shape[1], shape.elementCount)
    let result = try Tensor(uninitialized: Shape(checking: [n] + Array(shape)))
    let (from, out, block) = (vertices.pointer(Float.self), result.pointer(Float.self), 16)
    try WorkerPool.shared.run(chunks: (n + block - 1) / block) { chunk in
      var places = [SIMD2<Double>](repeating: .zero, count: v)
      for row in chunk * block..<min(n, (chunk + 1) * block) {
        for k in 0..<v {
          let at = from + 2 * (row * v + k)
          places[k] = self.place(Double(at[0]), Double(at[1]))
        }
        paint(places, out + row * pixels)
      }
    }
    return result
  }

  /// In pixels: the place of a vertex in units of half a side.
  func place(_ row: Double, _ column: Double) -> SIMD2<Double> {
    SIMD2((row + 1) / 2 * Double(shape[0]), (column + 1) / 2 * Double(shape[1]))
  }

  /// - Parameter vertices: in pixels, row and column.
  func paint(_ vertices: [SIMD2<Double>], _ out: UnsafeMutablePointer<Float>) {
    out.update(repeating: 0, count: shape.elementCount)
    if let thickness { outline(vertices, thickness / 2, out) } else { fill(vertices, out) }
    let share = 1 / Float(subsamples * subsamples)
    for i in 0..<shape.elementCount { out[i] *= share }
  }

  // MARK: Inside

  /// Counts the points inside, a row of points at a time, between each two edges that it crosses.
  private func fill(_ vertices: [SIMD2<Double>], _ out: UnsafeMutablePointer<Float>) {
    let (a, columns) = (subsamples, shape[1])
    withUnsafeTemporaryAllocation(of: Double.self, capacity: vertices.count) { crossings in
      for line in points(between: vertices, axis: 0) {
        let y = (Double(line) + 0.5) / Double(a)
        var count = 0
        var last = vertices[vertices.count - 1]
        for next in vertices {
          if (last.x <= y) != (next.x <= y) {
            let x = last.y + (y - last.x) * (next.y - last.y) / (next.x - last.x)
            // Sorted as they come: there are few.
            var place = count
            while place > 0, crossings[place - 1] > x {
              crossings[place] = crossings[place - 1]
              place -= 1
            }
            crossings[place] = x
            count += 1
          }
          last = next
        }
        let row = out + line / a * columns
        for pair in stride(from: 0, to: count - 1, by: 2) {
          span(first(crossings[pair]), first(crossings[pair + 1]), row)
        }
      }
    }
  }

  /// The first point of a row that is at x or right of it.
  private func first(_ x: Double) -> Int {
    let points = Double(shape[1] * subsamples)
    return Int(clamping: min(max((x * Double(subsamples) - 0.5).rounded(.up), 0), points))
  }

  /// One more for each point from `start` to before `end` of a row of pixels.
  private func span(_ start: Int, _ end: Int, _ row: UnsafeMutablePointer<Float>) {
    guard start < end else { return }
    let (a, from, to) = (subsamples, start / subsamples, (end - 1) / subsamples)
    if from == to {
      row[from] += Float(end - start)
    } else {
      row[from] += Float((from + 1) * a - start)
      for pixel in from + 1..<to { row[pixel] += Float(a) }
      row[to] += Float(end - to * a)
    }
  }

  /// The rows or columns of points between the least and the greatest vertex, and `margin` pixels more.
  private func points(
    between vertices: [SIMD2<Double>], axis: Int, margin: Double = 0
  ) -> Range<Int> {
    let (a, count) = (Double(subsamples), shape[axis] * subsamples)
    var (least, most) = (Double.infinity, -Double.infinity)
    for vertex in vertices {
      (least, most) = (min(least, vertex[axis] - margin), max(most, vertex[axis] + margin))
    }
    let start = Int(clamping: min(max((least * a - 0.5).rounded(.down), 0), Double(count)))
    let end = Int(clamping: min(max((most * a + 0.5).rounded(.up), 0), Double(count)))
    return start..<max(start, end)
  }

  // MARK: Outline

  /// Counts the points at most `reach` from an edge.
  private func outline(
    _ vertices: [SIMD2<Double>], _ reach: Double, _ out: UnsafeMutablePointer<Float>
  ) {
    let (a, columns) = (subsamples, shape[1])
    let across = points(between: vertices, axis: 1, margin: reach)
    for line in points(between: vertices, axis: 0, margin: reach) {
      for point in across {
        let at = SIMD2(Double(line) + 0.5, Double(point) + 0.5) / Double(a)
        var last = vertices[vertices.count - 1]
        for next in vertices {
          let edge = next - last
          let length = (edge * edge).sum()
          let share = length > 0 ? min(max(((at - last) * edge).sum() / length, 0), 1) : 0
          let off = at - last - share * edge
          last = next
          if (off * off).sum() <= reach * reach {
            out[line / a * columns + point / a] += 1
            break
          }
        }
      }
    }
  }
}
