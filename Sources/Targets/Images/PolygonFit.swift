import Autodiff
import Catalog
import Glibc
import Runtime
import Tensors

/// The polygon of at most so many vertices, filled or its outline, that a grey picture is most like.
///
/// The longest contour at ½, reduced to each number of vertices by leaving out the one whose triangle with its neighbours is
/// the least (Visvalingam and Whyatt 1993), then fitted to the picture by damped least squares (Levenberg 1944), where a pixel is the
/// exact area of the polygon in it. The best of these starts counts, and of equally good ones that with the fewest vertices.
/// An outline is first filled, and what was fitted to that is moved inwards by half its thickness.
package struct PolygonFit {
  /// The root mean square up to which a picture is a polygon. Of 5,000 fresh filled ones, at 16×16 pixels of 4×4 points, three are
  /// above it, of 2,000 outlines of a pixel ten. docs/supports.md has what else is accepted.
  static let tolerance = 0.03

  /// The root mean square that a vertex must take away.
  private static let worth = 0.009

  static let entry = Entry.function(
    "fit_polygons", "The polygon that each picture is most like.",
    .arg("x", "pictures [n, h, w] from 0 to 1"),
    .option("vertices", default: 6, "at most, from 3 to 64", in: .within(3...64)),
    .option("filled", default: true, "whether inside is white; else the outline is"),
    .option("thickness", default: 1, "of the outline, in pixels", in: .positive),
    returns: """
      vertices [n, v, 2] float32 as target.rasterize takes them, where one of fewer repeats its last; the root mean square of \
      what is left of each picture, float64 [n]; how many vertices it has, int64 [n]
      """,
    details:
      "Of a picture without a contour at ½ the vertices are nan, what is left infinite, and there are none; of one that is not finite what is left is nan. Time grows with `vertices`: 0.06 s for an outline of 6 in 16×16 pixels, 4 s of 32.",
    source: "Visvalingam and Whyatt 1993; Levenberg 1944",
    example: """
      x = target.polygons{size = 16, vertices = 4}:sample(3, {seed = 1})
      vertices, rest = target.fit_polygons(x, {vertices = 4})
      return rest
      """
  ) { (x: Tensor, vertices: Int, filled: Bool, thickness: Double) in
    let x = try x.constant("x")
    guard x.rank == 3, x.shape.elementCount > 0 || x.shape[0] == 0, x.shape[1] > 1, x.shape[2] > 1
    else {
      throw UserError("x must be pictures [n, h, w] of 2×2 pixels or more, got shape \(x.shape)")
    }
    let shape: Shape = [x.shape[1], x.shape[2]]
    let fit = PolygonFit(
      shape: shape, most: vertices,
      thickness: try PolygonRaster.thickness(thickness, filled: filled, shape))
    let fits = try fit.fits(of: x)
    let places = try Tensor.full(Shape(checking: [fits.count, vertices, 2]), .nan, .float32)
    let out = places.pointer(Float.self)
    for (row, fit) in fits.enumerated() where !fit.vertices.isEmpty {
      for k in 0..<vertices {
        let at = fit.vertices[min(k, fit.vertices.count - 1)]
        out[2 * (row * vertices + k)] = Float(2 * at.x / Double(x.shape[1]) - 1)
        out[2 * (row * vertices + k) + 1] = Float(2 * at.y / Double(x.shape[2]) - 1)
      }
    }
    return Several(
      places, try Tensor(fits.map(\.residual)), try Tensor(fits.map { Int64($0.vertices.count) }))
  }

  struct Fit {
    /// In pixels, row and column.
    var vertices: [SIMD2<Double>]
    var residual: Double
  }

  let shape: Shape
  let most: Int
  /// Of the outline, in pixels; nil where inside is white.
  let thickness: Double?

  /// - Parameter x: pictures, shape [n, h, w].
  func fits(of x: Tensor) throws -> [Fit] {
    let values = try x.converted(to: .float64).densified()
    let (from, pixels, n) = (values.pointer(Double.self), shape.elementCount, x.shape[0])
    var fits = [Fit](repeating: Fit(vertices: [], residual: .infinity), count: n)
    try fits.withUnsafeMutableBufferPointer { buffer in
      nonisolated(unsafe) let out = buffer.baseAddress
      try WorkerPool.shared.run(chunks: n) { row in
        let picture = Array(UnsafeBufferPointer(start: from + row * pixels, count: pixels))
        out?[row] =
          picture.allSatisfy(\.isFinite) ? fit(picture) : Fit(vertices: [], residual: .nan)
      }
    }
    try Cancellation.check()
    return fits
  }

  private func fit(_ picture: [Double]) -> Fit {
    let whole = thickness.map { FilledOutline(picture, shape, thickness: $0).picture } ?? picture
    let contour = LevelContour(whole, shape, level: 0.5).longest
    var best = Fit(vertices: [], residual: .infinity)
    guard contour.count >= 3 else { return best }
    var points = contour
    while points.count > most { Self.removeFlattest(&points) }
    var fits = [started(points, whole, picture)]
    while points.count > 3 {
      Self.removeFlattest(&points)
      fits.append(started(points, whole, picture))
    }
    // Blunt corners may have been left out before sharper ones: a vertex is tried on each edge of the best.
    if let best = fits.min(by: { $0.residual < $1.residual }), best.residual > Self.tolerance / 2,
      best.vertices.count < most
    {
      for edge in best.vertices.indices {
        var more = best.vertices
        let next = best.vertices[(edge + 1) % best.vertices.count]
        more.insert((best.vertices[edge] + next) / 2, at: edge + 1)
        fits.append(refined(more, picture))
      }
      fits.sort { $0.vertices.count > $1.vertices.count }
    }
    // More vertices fit the steps of a grid of points too: they must be worth it.
    best = fits.min { $0.residual < $1.residual } ?? best
    return fits.last {
      $0.residual * $0.residual <= best.residual * best.residual + Self.worth * Self.worth
    } ?? best
  }

  /// From a part of a contour: of an outline by what it encloses first.
  private func started(
    _ points: [SIMD2<Double>], _ whole: [Double], _ picture: [Double]
  ) -> Fit {
    guard let thickness else { return refined(points, picture) }
    var raster = AreaRaster(shape)
    let filled = refined(points, whole, &raster)
    return refined(movedInwards(filled.vertices, by: thickness / 2), picture)
  }

  private func refined(_ start: [SIMD2<Double>], _ picture: [Double]) -> Fit {
    if let thickness {
      var raster = OutlineRaster(shape, thickness: thickness)
      return refined(start, picture, &raster)
    }
    var raster = AreaRaster(shape)
    return refined(start, picture, &raster)
  }

  /// Leaves out the vertex whose triangle with its neighbours has the least area.
  private static func removeFlattest(_ points: inout [SIMD2<Double>]) {
    var (place, least) = (0, Double.infinity)
    for k in points.indices {
      let before = points[(k + points.count - 1) % points.count] - points[k]
      let behind = points[(k + 1) % points.count] - points[k]
      let area = abs(before.x * behind.y - before.y * behind.x)
      if area < least { (place, least) = (k, area) }
    }
    points.remove(at: place)
  }

  // MARK: Least squares

  private static let steps = 40
  private static let shift = 1e-5

  private func refined<Raster: VertexRaster>(
    _ start: [SIMD2<Double>], _ picture: [Double], _ raster: inout Raster
  ) -> Fit {
    let (pixels, count) = (shape.elementCount, 2 * start.count)
    var vertices = start
    var rest = difference(vertices, picture, &raster)
    var cost = Self.square(rest)
    var damping = 1e-3
    var slopes = [Double](repeating: 0, count: count * pixels)
    for _ in 0..<Self.steps where !Cancellation.isRequested {
      for k in 0..<count {
        var moved = vertices
        moved[k / 2][k % 2] += Self.shift
        let other = difference(moved, picture, &raster)
        for i in 0..<pixels { slopes[k * pixels + i] = (other[i] - rest[i]) / Self.shift }
      }
      let (square, pull) = normal(slopes, rest, count)
      var isBetter = false
      for _ in 0..<6 {
        guard let step = Self.solve(square, pull, damping) else {
          damping *= 8
          continue
        }
        var moved = vertices
        for k in 0..<count { moved[k / 2][k % 2] -= min(max(step[k], -1), 1) }
        let other = difference(moved, picture, &raster)
        let there = Self.square(other)
        if there < cost {
          isBetter = cost - there > 1e-9 * cost
          (vertices, rest, cost) = (moved, other, there)
          damping = max(damping / 4, 1e-9)
          break
        }
        damping *= 8
      }
      if !isBetter { break }
    }
    return Fit(vertices: vertices, residual: (cost / Double(pixels)).squareRoot())
  }

  private func difference<Raster: VertexRaster>(
    _ vertices: [SIMD2<Double>], _ picture: [Double], _ raster: inout Raster
  ) -> [Double] {
    raster.paint(vertices)
    return zip(raster.areas, picture).map { $0 - $1 }
  }

  private static func square(_ rest: [Double]) -> Double { rest.reduce(0) { $0 + $1 * $1 } }

  /// JᵀJ and Jᵀr.
  private func normal(
    _ slopes: [Double], _ rest: [Double], _ count: Int
  ) -> (square: [Double], pull: [Double]) {
    let pixels = rest.count
    var (square, pull) = (
      [Double](repeating: 0, count: count * count), [Double](repeating: 0, count: count)
    )
    for a in 0..<count {
      for b in 0...a {
        var sum = 0.0
        for i in 0..<pixels { sum += slopes[a * pixels + i] * slopes[b * pixels + i] }
        square[a * count + b] = sum
        square[b * count + a] = sum
      }
      for i in 0..<pixels { pull[a] += slopes[a * pixels + i] * rest[i] }
    }
    return (square, pull)
  }

  /// (A + λ(diag A + ε)) x = b by Cholesky's factors; nil where A is not positive.
  private static func solve(_ a: [Double], _ b: [Double], _ damping: Double) -> [Double]? {
    let n = b.count
    var (l, x) = (a, b)
    for k in 0..<n { l[k * n + k] += damping * (a[k * n + k] + 1e-3) }
    for k in 0..<n {
      for j in 0...k {
        var sum = l[k * n + j]
        for m in 0..<j { sum -= l[k * n + m] * l[j * n + m] }
        if j < k {
          l[k * n + j] = sum / l[j * n + j]
        } else {
          guard sum > 0 else { return nil }
          l[k * n + k] = sum.squareRoot()
        }
      }
    }
    for k in 0..<n {
      for m in 0..<k { x[k] -= l[k * n + m] * x[m] }
      x[k] /= l[k * n + k]
    }
    for k in (0..<n).reversed() {
      for m in k + 1..<n { x[k] -= l[m * n + k] * x[m] }
      x[k] /= l[k * n + k]
    }
    return x
  }
}
