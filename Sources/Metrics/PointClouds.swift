import Autodiff
import Catalog
import Tensors

/// Two batches of points of one shape, as rows: what metrics that compare points take.
struct PointClouds {
  static let summary = "points, shape [n, d], or pictures [n, h, w] or [n, c, h, w]"

  /// Shape [n, d] and [m, d].
  let first: Tensor
  let second: Tensor

  init(_ first: Tensor, _ firstName: String, _ second: Tensor, _ secondName: String) throws {
    for (x, name) in [(first, firstName), (second, secondName)] where x.rank < 2 {
      throw UserError(
        "\(name) has shape \(x.shape), expected [n d], or [n] and the shape of a picture")
    }
    guard first.shape.dropFirst().elementsEqual(second.shape.dropFirst()) else {
      throw UserError(
        "\(secondName) has shape \(second.shape), expected points as of \(firstName), which has shape "
          + "\(first.shape)")
    }
    self.first = try flattenedPoints(first.constant(firstName))
    self.second = try flattenedPoints(second.constant(secondName))
  }
}
