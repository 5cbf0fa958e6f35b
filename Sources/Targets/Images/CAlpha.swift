import Autodiff
import Catalog
import Glibc
import Tensors

/// Pictures that are regular but for a jump along a regular curve: two C^β backgrounds parted by a C^α contour.
///
/// With white noise η uniform on [−a, a] and integer frequencies k (at k = 0 the factor is that of |k| = 1):
///   contour   c = F⁻¹[|k|^(−α) F η] in one dimension, γ_j = round(L c_j) + ⌊L/2⌋,
///   grounds   b = F⁻¹[|k|^(−β) F η] in two, one brought to the range [u, 1], the other to [0, u′], u and u′ uniform on
///             (0, 1), each as likely to be which,
///   mask      m_ij = 1 where i ≥ γ_j, averaged over 2 × 2 pixels (i, i − 1; j, j − 1; mirrored at the edges),
///   picture   x = m b₁ + (1 − m) b₂.
/// Kadkhodaie et al. 2024, Appendix E. The optimal denoiser of such pictures has an error ∝ σ^(2α/(α+1)) (Korostelev &
/// Tsybakov 1993). Every pixel has mean ½, for −η and the grounds exchanged are as likely.
/// Cost: L² log L a picture.
package struct CAlpha: DrawnPictures {
  static let entry = Entry.function(
    "c_alpha", "Square pictures of two regular grounds, parted by a regular contour.",
    .option("alpha", "regularity α of the contour", in: .nonNegative),
    .option("size", default: 80 as Count, "of a side, in pixels", in: .pictureSide(from: 2)),
    .option(
      "beta", default: nil, "regularity β of the grounds; α where absent",
      in: Domain<Double>.nonNegative.orAbsent()),
    .option(
      "amplitude", default: 1,
      "a: the white noise is uniform on [−a, a]; 1 as in the published program, ½ as in the paper's text",
      in: .positive),
    returns: "a target with pictures [size, size] for points",
    details: """
      The contour has a spectrum |k|^(−2α), and moves by a times some 9 of 80 pixels; the grounds' range is drawn and does \
      not depend on a. The best denoiser gains α/(α + 1) dB in its output for each dB of its input.
      """,
    source: "Kadkhodaie et al. 2024, Appendix E",
    example: "return target.c_alpha{alpha = 2, size = 16}:sample(4, {seed = 1})"
  ) { (alpha: Double, size: Count, beta: Double?, amplitude: Double) in
    Target(CAlpha(alpha: alpha, beta: beta ?? alpha, size: size.value, amplitude: amplitude))
  }

  let alpha: Double
  let beta: Double
  /// L.
  let size: Int
  let amplitude: Double

  package init(alpha: Double, beta: Double, size: Int, amplitude: Double = 1) {
    (self.alpha, self.beta, self.size, self.amplitude) = (alpha, beta, size, amplitude)
  }

  package let name = "c_alpha"
  package var shape: Shape { [size, size] }
  package var summary: String {
    "α = \(shortNumber(alpha))\(beta == alpha ? "" : ", β = \(shortNumber(beta))"), \(sizeText)"
  }

  /// Those of the contour, of two grounds, u, u′ and the coin.
  package var numbersPerPicture: Int { size + 2 * size * size + 3 }
  /// Up to 16, in 2 MB or one.
  package var picturesPerBlock: Int { max(1, min(16, (1 << 17) / (size * size))) }

  package func paint(_ numbers: Tensor, _ out: UnsafeMutablePointer<Float>) throws {
    let (count, d) = (numbers.shape[0], size * size)
    let contours = try contours(numbers.slice(axis: 1, 0..<size))
    let noise = try white(numbers.slice(axis: 1, size..<size + 2 * d))
      .reshaped(to: [2 * count, size, size])
    let grounds = try smoothed(noise, power: beta)
    let (c, b) = (contours.pointer(Double.self), grounds.pointer(Double.self))
    let last = numbers.pointer(Double.self) + size + 2 * d
    for picture in 0..<count {
      let drawn = last + picture * numbersPerPicture
      let first = b + 2 * picture * d
      let isFirstBright = drawn[2] < 0.5
      rescale(first, to: isFirstBright ? drawn[0]...1 : 0...drawn[1])
      rescale(first + d, to: isFirstBright ? 0...drawn[1] : drawn[0]...1)
      join(first, first + d, along: c + picture * size, out + picture * d)
    }
  }

  /// γ before the mask, rows of L numbers from rows of uniform ones.
  package func contours(_ numbers: Tensor) throws -> Tensor {
    let c = try smoothed(white(numbers), power: alpha)
    let values = c.pointer(Double.self)
    for i in 0..<c.elementCount {
      values[i] = (values[i] * Double(size)).rounded(.toNearestOrEven) + Double(size / 2)
    }
    return c
  }

  /// Numbers uniform on [−a, a] from those uniform on (0, 1), in memory of their own.
  private func white(_ numbers: Tensor) throws -> Tensor {
    let noise = try numbers.copied()
    let values = noise.pointer(Double.self)
    for i in 0..<noise.elementCount { values[i] = (2 * values[i] - 1) * amplitude }
    return noise
  }

  /// F⁻¹[|k|^(−power) F x] along the axes behind the first, all of length L.
  private func smoothed(_ x: Tensor, power: Double) throws -> Tensor {
    let isPlane = x.rank == 3
    var spectrum = try x.transformed(.fromReal, axis: x.rank - 1)
    if isPlane { spectrum = try spectrum.transformed(.complex(sign: -1), axis: 1) }
    let half = size / 2 + 1
    let rows = isPlane ? size : 1
    // Divided by L or L², since no transform is.
    let scale = 1 / Double(isPlane ? size * size : size)
    let factors = (0..<rows * half).map { place -> Double in
      let (row, column) = place.quotientAndRemainder(dividingBy: half)
      let k = hypot(Double(min(row, rows - row)), Double(column))
      return pow(max(k, 1), -power) * scale
    }
    let values = spectrum.pointer(Double.self)
    for i in 0..<spectrum.elementCount / 2 {
      let factor = factors[i % factors.count]
      values[2 * i] *= factor
      values[2 * i + 1] *= factor
    }
    if isPlane { spectrum = try spectrum.transformed(.complex(sign: 1), axis: 1) }
    return try spectrum.transformed(.toReal, axis: x.rank - 1, length: size)
  }

  private func rescale(_ ground: UnsafeMutablePointer<Double>, to range: ClosedRange<Double>) {
    let d = size * size
    var (low, high) = (ground[0], ground[0])
    for i in 1..<d {
      low = min(low, ground[i])
      high = max(high, ground[i])
    }
    // A flat ground has no range to stretch.
    let slope = high > low ? (range.upperBound - range.lowerBound) / (high - low) : 0
    for i in 0..<d { ground[i] = range.lowerBound + (ground[i] - low) * slope }
  }

  private func join(
    _ b1: UnsafePointer<Double>, _ b2: UnsafePointer<Double>, along contour: UnsafePointer<Double>,
    _ out: UnsafeMutablePointer<Float>
  ) {
    for i in 0..<size {
      let above = Double(i == 0 ? 1 : i - 1)
      for j in 0..<size {
        let left = j == 0 ? 1 : j - 1
        var inside = 0.0
        for row in [Double(i), above] {
          if row >= contour[j] { inside += 1 }
          if row >= contour[left] { inside += 1 }
        }
        let (m, place) = (inside / 4, i * size + j)
        out[place] = Float(m * b1[place] + (1 - m) * b2[place])
      }
    }
  }
}
