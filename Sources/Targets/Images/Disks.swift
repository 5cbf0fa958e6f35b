import Autodiff
import Catalog
import Glibc
import Tensors

/// A disk on a ground: radius r uniform on a range, centre uniform on [r, S − r]², intensities of disk and ground
/// uniform on [0, 1].
///
/// Pixel (i, j) is inside where its point (i, j) has a distance of at most r to the centre. With a supersampling of a the
/// same disk is drawn on a grid 2^a as fine, then a times halved by the low-pass filter db2 of Daubechies along rows and
/// columns, with gain 1: y_i = Σ_k h_k x_(2i+k−1). The fine grid is laid so that pixel i stands for point i after that.
/// Kadkhodaie et al. 2024, Appendix E, with the radius in pixels of the result at every a.
/// Every pixel has mean ½. A point depends on five numbers, so the tangent spaces have dimension 5.
/// Cost: S² 4^a a picture.
package struct Disks: DrawnPictures {
  static let entry = Entry.function(
    "disks", "Square pictures of one disk: its radius, place, intensity and ground are drawn.",
    .option("size", "S: of a side, in pixels", in: .pictureSide(from: 2)),
    .option(
      "radius", default: nil,
      "{least, most} in pixels, at most half the size; {3, (size − 3)/2} where absent"),
    .option(
      "supersampling", default: 0,
      "a: drawn on a grid 2^a as fine and filtered down, so that edges are no stairs",
      in: .within(0...4)),
    returns: "a target with pictures [size, size] for points",
    details: """
      Edges that are filtered overshoot by 9 % of the difference of the intensities, as the filter does. The best denoiser \
      has an error of 5 σ² where the noise is small.
      """,
    source: "Kadkhodaie et al. 2024, Appendix E; Daubechies 1988",
    example: "return target.disks{size = 16, supersampling = 2}:sample(4, {seed = 1})"
  ) { (size: Count, radius: [Double]?, supersampling: Int) in
    let s = Double(size.value)
    let range = radius ?? [3, (s - 3) / 2]
    guard range.count == 2, range[0] > 0, range[0] <= range[1], range[1] <= s / 2 else {
      if radius == nil {
        throw UserError(
          "size must be at least 9 where radius is absent, got \(size); give radius, as {1, \(formatNumber(s / 2))}"
        )
      }
      throw UserError(
        "radius must be {least, most} with 0 < least <= most <= \(formatNumber(s / 2)), half the size, "
          + "got \(range.literal)")
    }
    return Target(
      Disks(size: size.value, radius: range[0]...range[1], supersampling: supersampling))
  }

  let size: Int
  let radius: ClosedRange<Double>
  let supersampling: Int

  package init(size: Int, radius: ClosedRange<Double>, supersampling: Int = 0) {
    (self.size, self.radius, self.supersampling) = (size, radius, supersampling)
  }

  package let name = "disks"
  package var shape: Shape { [size, size] }
  package var summary: String {
    "radius \(shortNumber(radius.lowerBound)) to \(shortNumber(radius.upperBound)), \(sizeText)"
  }
  package var intrinsicDimension: Int? { 5 }
  /// r, the centre's row and column, the intensities of disk and ground.
  package var numbersPerPicture: Int { 5 }

  package func paint(_ numbers: Tensor, _ out: UnsafeMutablePointer<Float>) throws {
    let u = numbers.pointer(Double.self)
    let fine = size << supersampling
    let work = try Tensor(uninitialized: Shape(checking: [2, fine, fine]), .float64)
    let mask = work.pointer(Double.self)
    for picture in 0..<numbers.shape[0] {
      let own = u + 5 * picture
      let r = radius.lowerBound + own[0] * (radius.upperBound - radius.lowerBound)
      let centre = (1...2).map { r + own[$0] * (Double(size) - 2 * r) }
      fill(mask, radius: r, centre: centre, side: fine)
      for level in 0..<supersampling {
        Self.halve(mask, side: fine >> level, work: mask + fine * fine)
      }
      let (disk, ground) = (own[3], own[4])
      for i in 0..<size * size {
        out[picture * size * size + i] = Float(ground + (disk - ground) * mask[i])
      }
    }
  }

  /// 1 inside of the disk and 0 outside, on the fine grid.
  private func fill(
    _ mask: UnsafeMutablePointer<Double>, radius r: Double, centre: [Double], side: Int
  ) {
    let scale = 1 / Double(1 << supersampling)
    let shift = Self.shift * (1 - scale)
    for i in 0..<side {
      let y = Double(i) * scale + shift - centre[0]
      for j in 0..<side {
        let x = Double(j) * scale + shift - centre[1]
        mask[i * side + j] = x * x + y * y <= r * r ? 1 : 0
      }
    }
  }

  /// h, divided by its sum √2.
  package static let lowPass: [Double] = [
    (1 + 3.0.squareRoot()) / 8, (3 + 3.0.squareRoot()) / 8, (3 - 3.0.squareRoot()) / 8,
    (1 - 3.0.squareRoot()) / 8,
  ]
  /// How far the centre of mass of the taps of y_i lies before 2i: 1 − Σ k h_k.
  private static let shift = (3.0.squareRoot() - 1) / 2

  /// A square picture of even side to one of half the side, in place; mirrored beyond the edges.
  ///
  /// - Parameter work: room for half the picture.
  package static func halve(
    _ x: UnsafeMutablePointer<Double>, side: Int, work: UnsafeMutablePointer<Double>
  ) {
    let half = side / 2
    func mirrored(_ place: Int) -> Int { place < 0 ? -1 - place : min(place, 2 * side - 1 - place) }
    for i in 0..<half {
      let rows = (0..<4).map { mirrored(2 * i + $0 - 1) }
      for j in 0..<side {
        work[i * side + j] = (0..<4).reduce(0) { $0 + lowPass[$1] * x[rows[$1] * side + j] }
      }
    }
    for j in 0..<half {
      let columns = (0..<4).map { mirrored(2 * j + $0 - 1) }
      for i in 0..<half {
        x[i * half + j] = (0..<4).reduce(0) { $0 + lowPass[$1] * work[i * side + columns[$1]] }
      }
    }
  }
}
