import Catalog
import Glibc
import KernelsBase
import Runtime
import Tensors

/// The structural similarity of two pictures, the mean over all windows that lie within them of
///
/// SSIM = (2 μ_x μ_y + C₁)(2 σ_xy + C₂)/((μ_x² + μ_y² + C₁)(σ_x² + σ_y² + C₂)),
/// C₁ = (0.01 peak)², C₂ = (0.03 peak)²
///
/// (Wang et al. 2004, Eq. 13). Windows are Gaussian, 11 × 11 with σ = 1.5 and variances as they are, or uniform,
/// 7 × 7 with variances of a sample, n/(n − 1).
enum SSIM {
  static let entry = Entry.function(
    "ssim", "The structural similarity of pictures beside others, 1 where they are equal.",
    .arg("x", PicturePairs.summary), .arg("y", "pictures of the same shape"),
    .option(
      "window", default: "gaussian", "11 × 11 of width 1.5, as published, or 7 × 7",
      in: .oneOf(["gaussian", "uniform"])),
    .group(PictureOptions.self),
    returns: "the mean over pictures, a measurement; with each = true a float64 tensor [n]",
    details: """
      The mean over the windows that lie within a picture, and over its channels. The interval is over \
      pictures, normal. Symmetric; at most 1; computed in float64. With window = 'uniform' it is what \
      scikit-image gives when told nothing, with 'gaussian' what it gives for the settings of the paper.
      """,
    source: "Wang et al. 2004",
    example: """
      x = random.stream(1):uniform{5, 16, 16}
      return metric.ssim(x + 0.1 * random.stream(2):normal{5, 16, 16}, x)
      """
  ) { (x: Tensor, y: Tensor, window: String, options: OptionsOf<PictureOptions>) in
    let pairs = try PicturePairs(x, y)
    let ssim = window == "uniform" ? Windows.uniform : Windows.gaussian
    guard min(pairs.height, pairs.width) >= ssim.size else {
      throw UserError(
        "x must be pictures of \(ssim.size)×\(ssim.size) or more for window = '\(window)', got "
          + "\(pairs.height)×\(pairs.width)")
    }
    let values = try ssim.values(pairs, peak: options.peak)
    return try options.values.result(values, reference: "\(pairs.count) pictures")
  }
}

/// Weights of a window, the same for rows and columns.
private struct Windows {
  let weights: [Double]
  /// What variances and the covariance are multiplied with.
  let correction: Double
  var size: Int { weights.count }

  static let gaussian: Windows = {
    let raw = (-5...5).map { exp(-Double($0 * $0) / (2 * 1.5 * 1.5)) }
    let total = raw.reduce(0, +)
    return Windows(weights: raw.map { $0 / total }, correction: 1)
  }()
  static let uniform = Windows(weights: Array(repeating: 1.0 / 7, count: 7), correction: 49.0 / 48)

  /// Of each picture.
  func values(_ pairs: PicturePairs, peak: Double) throws -> [Double] {
    let (planes, pixels) = (pairs.count * pairs.channels, pairs.height * pairs.width)
    let (x, y) = (pairs.first.pointer(Double.self), pairs.second.pointer(Double.self))
    var means = try checkedArray(repeating: 0.0, count: planes)
    try Memory.request(6 * pixels, of: Double.self)
    try means.withUnsafeMutableBufferPointer { means in
      guard let means = means.baseAddress else { return }
      try WorkerPool.shared.run(count: planes, grain: 1) {
        for plane in $0 {
          try Cancellation.check()
          means[plane] = similarity(
            x + plane * pixels, y + plane * pixels, pairs.height, pairs.width, peak)
        }
      }
    }
    let channels = pairs.channels
    return (0..<pairs.count).map { picture in
      means[picture * channels..<(picture + 1) * channels].reduce(0, +) / Double(channels)
    }
  }

  /// The mean over all windows of two planes.
  private func similarity(
    _ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, _ height: Int, _ width: Int,
    _ peak: Double
  ) -> Double {
    let (c1, c2) = (0.0001 * peak * peak, 0.0009 * peak * peak)
    let (rows, columns) = (height - size + 1, width - size + 1)
    // Sums along rows of x, y, x², y² and xy, then along columns.
    var sums = [Double](repeating: 0, count: 5 * columns * height)
    for row in 0..<height {
      for column in 0..<columns {
        var (a, b, aa, bb, ab) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for k in 0..<size {
          let (w, p, q) = (weights[k], x[row * width + column + k], y[row * width + column + k])
          a += w * p
          b += w * q
          aa += w * p * p
          bb += w * q * q
          ab += w * p * q
        }
        let place = 5 * (row * columns + column)
        (sums[place], sums[place + 1], sums[place + 2]) = (a, b, aa)
        (sums[place + 3], sums[place + 4]) = (bb, ab)
      }
    }
    var total = 0.0
    for row in 0..<rows {
      for column in 0..<columns {
        var (a, b, aa, bb, ab) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for k in 0..<size {
          let (w, place) = (weights[k], 5 * ((row + k) * columns + column))
          a += w * sums[place]
          b += w * sums[place + 1]
          aa += w * sums[place + 2]
          bb += w * sums[place + 3]
          ab += w * sums[place + 4]
        }
        let spread = correction * (aa - a * a + bb - b * b)
        let common = correction * (ab - a * b)
        total += (2 * a * b + c1) * (2 * common + c2) / ((a * a + b * b + c1) * (spread + c2))
      }
    }
    return total / Double(rows * columns)
  }
}
