import Autodiff
import Catalog
import Glibc
import Tensors

/// The law of the vertices of a polygon, in units of half a side of the picture.
///
/// v is uniform on a range, R on `radius`, the centre uniform where the circle of radius R fits into the picture. Seen from
/// the centre the angles between vertices are as 1 + j(2u − 1), from a first angle that is uniform, and a vertex is at
/// R (1 − s u'), with u and u' uniform on (0, 1) and j = 0.3. No angle between two vertices reaches 180°, so that each polygon is simple, and
/// star-shaped about its centre; with s > 0 not all are convex. A polygon of fewer than the most vertices repeats its last one.
struct PolygonLaw {
  static let jitter = 0.3

  let vertices: ClosedRange<Int>
  let radius: ClosedRange<Double>
  let spread: Double

  /// v, R, the centre's row and column, the first angle, and two for each vertex.
  var numbersPerPicture: Int { 5 + 2 * vertices.upperBound }

  var summary: String {
    let count =
      vertices.count == 1
      ? "\(vertices.lowerBound)" : "\(vertices.lowerBound) to \(vertices.upperBound)"
    return
      "\(count) vertices, radius \(shortNumber(radius.lowerBound)) to \(shortNumber(radius.upperBound)), "
      + "spread \(shortNumber(spread))"
  }

  /// The least length that an edge can have.
  var leastEdge: Double {
    let (v, j) = (Double(vertices.upperBound), Self.jitter)
    let angle = 2 * Double.pi * (1 - j) / ((1 - j) + (v - 1) * (1 + j))
    return 2 * radius.lowerBound * (1 - spread) * sin(angle / 2)
  }

  /// Writes row and column of the most vertices there are.
  func write(_ u: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Float>) {
    let most = vertices.upperBound
    let count = min(vertices.lowerBound + Int(clamping: u[0] * Double(vertices.count)), most)
    let size = radius.lowerBound + u[1] * (radius.upperBound - radius.lowerBound)
    let (row, column) = ((2 * u[2] - 1) * (1 - size), (2 * u[3] - 1) * (1 - size))
    let (gaps, lengths) = (u + 5, u + 5 + most)
    let weights = (0..<count).map { 1 + Self.jitter * (2 * gaps[$0] - 1) }
    let turn = 2 * Double.pi / weights.reduce(0, +)
    var angle = 2 * Double.pi * u[4]
    for k in 0..<most {
      let place = min(k, count - 1)
      let length = size * (1 - spread * lengths[place])
      out[2 * k] = Float(row + length * sin(angle))
      out[2 * k + 1] = Float(column + length * cos(angle))
      if k < count - 1 { angle += turn * weights[k] }
    }
  }

  // MARK: Options

  static let counts: OneOf<Int, [Int]> = .second([3, 6])
  static let radii = [0.5, 0.9]
  static let defaultSpread = 0.4

  init(_ vertices: OneOf<Int, [Int]>, _ radius: [Double], _ spread: Double) throws {
    let counts: [Int] =
      switch vertices {
      case .first(let one): [one, one]
      case .second(let both): both
      }
    guard counts.count == 2, counts[0] >= 3, counts[0] <= counts[1], counts[1] <= 64 else {
      throw UserError(
        "vertices must be a number or {least, most} with 3 <= least <= most <= 64, got \(counts.literal)"
      )
    }
    guard radius.count == 2, radius[0] > 0, radius[0] <= radius[1], radius[1] <= 1 else {
      throw UserError(
        "radius must be {least, most} with 0 < least <= most <= 1, half the side, got \(radius.literal)"
      )
    }
    self.vertices = counts[0]...counts[1]
    self.radius = radius[0]...radius[1]
    self.spread = spread
  }
}

/// The vertices of random polygons, as points [v, 2].
struct PolygonVertices: DrawnPictures {
  static let entry = Entry.function(
    "polygon_vertices", "Vertices of simple polygons whose number, size, place and form are drawn.",
    .option("vertices", default: PolygonLaw.counts, "how many, or {least, most}, from 3 to 64"),
    .option(
      "radius", default: PolygonLaw.radii,
      "{least, most} of the circle around, in units of half a side of the picture"),
    .option(
      "spread", default: PolygonLaw.defaultSpread,
      "how far a vertex may be inside of that circle, as a share of its radius",
      in: .within(0...0.9)),
    returns: "a target with points [v, 2]: row and column of the most vertices there are",
    details: """
      From −1 at the first edge of the picture to 1 at the last, as target.rasterize takes them. Polygons are star-shaped \
      about their centre, in one sense of rotation; one of fewer vertices repeats its last. The same seed gives the vertices of the pictures \
      of target.polygons with the same options.
      """,
    example: "return target.polygon_vertices{vertices = 5}:sample(4, {seed = 1})"
  ) { (vertices: OneOf<Int, [Int]>, radius: [Double], spread: Double) in
    Target(PolygonVertices(law: try PolygonLaw(vertices, radius, spread)))
  }

  let law: PolygonLaw

  package let name = "polygon_vertices"
  package var shape: Shape { [law.vertices.upperBound, 2] }
  package var summary: String { law.summary }
  package var numbersPerPicture: Int { law.numbersPerPicture }

  package func paint(_ numbers: Tensor, _ out: UnsafeMutablePointer<Float>) throws {
    let u = numbers.pointer(Double.self)
    for picture in 0..<numbers.shape[0] {
      law.write(u + numbersPerPicture * picture, out + dimension * picture)
    }
  }
}

/// Pictures of random polygons.
struct Polygons: DrawnPictures {
  static let entry = Entry.function(
    "polygons",
    "Pictures of simple polygons whose number of vertices, size, place and form are drawn.",
    .option("size", "of the picture: {h, w}, or one number for both", in: .pictureSize),
    .option("vertices", default: PolygonLaw.counts, "how many, or {least, most}, from 3 to 64"),
    .option(
      "radius", default: PolygonLaw.radii,
      "{least, most} of the circle around, in units of half a side"),
    .option(
      "spread", default: PolygonLaw.defaultSpread,
      "how far a vertex may be inside of that circle, as a share of its radius",
      in: .within(0...0.9)),
    .option("filled", default: true, "whether inside is white; else the outline is"),
    .option("thickness", default: 1, "of the outline, in pixels", in: .positive),
    .option(
      "subsamples", default: 4, "a: a pixel is the share of a·a points in it", in: .within(1...64)),
    returns: "a target with pictures [h, w] for points, from 0 to 1",
    details: """
      `contains` tells whether a picture is one of at most the most vertices, filled or an outline as the target's, by a fit \
      of its vertices: see target.fit_polygons. That takes 4 subsamples or more, of outlines half a pixel or more; of \
      outlines in pictures of few rows, as 8×40, it refuses an eighth. Any polygon of so many vertices or fewer passes, also where \
      `radius`, `spread` or the least number of vertices do not allow it. Vertices must have room: no edge may be shorter than a pixel.
      """,
    example: "return target.polygons{size = 16}:sample(4, {seed = 1})"
  ) {
    (
      size: OneOf<Count, [Count]>, vertices: OneOf<Int, [Int]>, radius: [Double], spread: Double,
      filled: Bool, thickness: Double, subsamples: Int
    ) in
    let (law, shape) = (try PolygonLaw(vertices, radius, spread), try pictureShape(size))
    let edge = law.leastEdge / 2 * Double(min(shape[0], shape[1]))
    guard edge >= 1 else {
      throw UserError(
        "vertices must have room: an edge of \(law.vertices.upperBound) vertices may be "
          + "\(shortNumber(edge)) pixels long, which must be 1 or more; fewer vertices, a larger size or "
          + "radius, or less spread make room")
    }
    return Target(
      Polygons(
        law: law,
        raster: PolygonRaster(
          shape: shape, subsamples: subsamples,
          thickness: try PolygonRaster.thickness(thickness, filled: filled, shape))))
  }

  let law: PolygonLaw
  let raster: PolygonRaster

  package let name = "polygons"
  package var shape: Shape { raster.shape }
  package var summary: String {
    let outline = raster.thickness.map { ", outlines of \(shortNumber($0)) pixels" } ?? ""
    let subsamples = raster.subsamples == 4 ? "" : ", \(raster.subsamples)² subsamples"
    return "\(sizeText), \(law.summary)\(outline)\(subsamples)"
  }
  package var numbersPerPicture: Int { law.numbersPerPicture }

  package func paint(_ numbers: Tensor, _ out: UnsafeMutablePointer<Float>) throws {
    let (u, most) = (numbers.pointer(Double.self), law.vertices.upperBound)
    let vertices = try Tensor(uninitialized: [most, 2])
    let own = vertices.pointer(Float.self)
    for picture in 0..<numbers.shape[0] {
      law.write(u + numbersPerPicture * picture, own)
      let places = (0..<most).map { raster.place(Double(own[2 * $0]), Double(own[2 * $0 + 1])) }
      raster.paint(places, out + dimension * picture)
    }
  }
}

extension Polygons: Membership {
  package var tolerance: Double { PolygonFit.tolerance }

  /// The root mean square of what is left of each picture by the polygon that fits it best.
  package func deviations(_ x: Tensor) throws -> [Double] {
    guard raster.subsamples >= 4, raster.thickness.map({ $0 >= 0.5 }) ?? true else {
      throw missing(
        "test of membership: pixels must have 4 or more subsamples, and an outline half a pixel or more"
      )
    }
    let fit = PolygonFit(
      shape: shape, most: law.vertices.upperBound, thickness: raster.thickness)
    return try fit.fits(of: x).map(\.residual)
  }
}
