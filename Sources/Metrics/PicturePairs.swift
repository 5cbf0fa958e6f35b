import Autodiff
import Catalog
import Glibc
import Tensors

/// Pictures beside others of the same shape, as [n, c, h, w] in float64.
struct PicturePairs {
  static let summary = "pictures, shape [h, w], [n, h, w] or [n, c, h, w]"

  let first: Tensor
  let second: Tensor

  var count: Int { first.shape[0] }
  var channels: Int { first.shape[1] }
  var height: Int { first.shape[2] }
  var width: Int { first.shape[3] }

  init(_ x: Tensor, _ y: Tensor) throws {
    guard (2...4).contains(x.rank), x.elementCount > 0 else {
      throw UserError("x has shape \(x.shape), expected [h w], [n h w] or [n c h w] without a 0")
    }
    guard y.shape == x.shape else {
      throw UserError("y has shape \(y.shape), expected \(x.shape) as x")
    }
    let lengths = Array(x.shape)
    let shape =
      lengths.count == 4
      ? lengths : [lengths.count == 3 ? lengths[0] : 1, 1] + lengths.suffix(2)
    func pictures(_ x: Tensor, _ name: String) throws -> Tensor {
      try x.constant(name).converted(to: .float64).reshaped(to: shape).densified()
    }
    (first, second) = (try pictures(x, "x"), try pictures(y, "y"))
  }
}

/// What measures of pictures that belong together take.
struct PictureOptions: OptionGroup {
  var peak = 1.0
  var each = false
  var level = 0.95

  static let options: [Option<PictureOptions>] = [
    Option("peak", \.peak, "how far the brightest is above the darkest", in: .positive),
    Option("each", \.each, "gives the value of each picture, [n], in place of the mean"),
    Option("level", \.level, "confidence of the interval", in: .confidence),
  ]

  /// The mean over pictures as a measurement, or all values.
  func result(_ values: [Double], reference: String, seed: Int? = nil) throws -> OneOf<
    Measurement, Tensor
  > {
    each
      ? .second(try Tensor(values))
      : .first(Measurement(meanOf: values, level: level, seed: seed, reference: reference))
  }
}

extension Measurement {
  /// The mean of independent values with its normal interval, which one value has not.
  convenience init(meanOf values: [Double], level: Double, seed: Int? = nil, reference: String) {
    let (mean, error) = meanAndError(values)
    let half = normalQuantile((1 + level) / 2) * error
    self.init(
      mean, interval: half.isFinite ? (mean - half, mean + half) : nil, level: level,
      n: values.count, seed: seed, reference: reference)
  }
}

/// The mean of values and its standard error, nan for one value.
func meanAndError(_ values: [Double]) -> (mean: Double, error: Double) {
  let count = Double(values.count)
  let mean = values.reduce(0, +) / count
  let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
  return (mean, (squares / (count - 1) / count).squareRoot())
}
