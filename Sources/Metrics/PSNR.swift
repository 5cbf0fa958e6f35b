import Catalog
import Glibc
import Tensors

/// The peak signal-to-noise ratio of pictures, 10 log₁₀(peak²/MSE) in decibels.
enum PSNR {
  static let entry = Entry.function(
    "psnr", "The peak signal-to-noise ratio of pictures beside others, in decibels.",
    .arg("x", PicturePairs.summary), .arg("y", "pictures of the same shape"),
    .group(PictureOptions.self),
    returns: "the mean over pictures, a measurement; with each = true a float64 tensor [n]",
    details: """
      10 log₁₀(peak²/MSE) of each picture, infinite where two are equal; the mean is that of the decibels. The \
      interval is over pictures, normal. Symmetric; computed in float64.
      """,
    source: "Huynh-Thu and Ghanbari 2008",
    example: """
      x = random.stream(1):uniform{5, 8, 8}
      return metric.psnr(x + 0.1 * random.stream(2):normal{5, 8, 8}, x)
      """
  ) { (x: Tensor, y: Tensor, options: OptionsOf<PictureOptions>) in
    let pairs = try PicturePairs(x, y)
    let errors = try squaredLengths(pairs.first, pairs.second, .subtract).doubles()
    let size = Double(pairs.first.elementCount / pairs.count)
    let values = errors.map { decibels($0 / size, peak: options.peak) }
    return try options.values.result(values, reference: "\(pairs.count) pictures")
  }

  /// 10 log₁₀(peak²/error).
  static func decibels(_ error: Double, peak: Double) -> Double {
    10 * log10(peak * peak / error)
  }
}
