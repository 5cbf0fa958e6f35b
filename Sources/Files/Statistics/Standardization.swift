import Autodiff
import Catalog
import Glibc
import Tensors

/// Each coordinate to mean 0 and variance 1: z = (x − m)/s with s² = Σ (x − m)²/n; coordinates that never change keep
/// s = 1.
package final class Standardization: Object {
  package static var typeName: String { "standardization" }

  static let entry = Entry.function(
    "standardize",
    "Brings each coordinate of a data set, a pixel of pictures, to mean 0 and variance 1.",
    .arg("x", "points, shape [n, d], or pictures [n, h, w] or [n, c, h, w]"),
    returns:
      "the standardised points, and a standardization that does the same to others and undoes it",
    details: """
      The deviation divides by n. A coordinate that is the same in all points is shifted only. Pixels that are nearly \
      constant come out with large numbers where they are not: their noise grows as they shrink.
      """,
    source: "",
    example: """
      digits = data.mnist{count = 100}
      z, scale = data.standardize(digits)
      return scale:inverse(z)
      """
  ) { (x: Tensor) in
    let data = try DataRows(x)
    let standardization = try Standardization(data)
    return Several(try standardization.transform(data), standardization)
  }

  static let members: [Entry] = [
    .method(
      Standardization.self, "transform", "(x − mean)/std of points.", .arg("x", "points"),
      returns: "a tensor shaped like x", example: example + "return scale:transform(x)"
    ) { (scale: Standardization, x: Tensor) in
      try scale.transform(DataRows(x, shaped: scale.shape))
    },
    .method(
      Standardization.self, "inverse", "The points that `transform` brought to these.",
      .arg("z", "standardised points"),
      returns: "a tensor shaped like z", example: example + "return scale:inverse(z)"
    ) { (scale: Standardization, z: Tensor) in
      let data = try DataRows(z, "z", shaped: scale.shape)
      let x = try data.rows.combined(with: scale.std, .multiply).combined(with: scale.mean, .add)
      return try DataRows.points(x, scale.shape, data.dtype)
    },
    .property(Standardization.self, "mean", "Of each coordinate, float64.") {
      (scale: Standardization) in try scale.mean.reshaped(to: Array(scale.shape))
    },
    .property(Standardization.self, "std", "What each coordinate is divided by, float64.") {
      (scale: Standardization) in try scale.std.reshaped(to: Array(scale.shape))
    },
  ]

  private static let example = """
    x = random.stream(1):normal{50, 3}
    z, scale = data.standardize(x)

    """

  /// m and s, shape [1, d], float64.
  let mean: Tensor
  let std: Tensor
  let shape: Shape

  init(_ data: DataRows) throws {
    (mean, shape) = (try data.means(), data.shape)
    let s = try data.variances(about: mean)
    let (values, x, m) = (
      s.pointer(Double.self), data.rows.pointer(Double.self), mean.pointer(Double.self)
    )
    for j in 0..<data.dimension {
      // The mean of equal numbers may be rounded: they are compared with the first of them.
      let isConstant =
        values[j] <= 1e-20 * m[j] * m[j]
        && (0..<data.count).allSatisfy { x[$0 * data.dimension + j] == x[j] }
      if isConstant { m[j] = x[j] }
      values[j] = isConstant || values[j] == 0 ? 1 : values[j].squareRoot()
    }
    std = s
  }

  func transform(_ data: DataRows) throws -> Tensor {
    let z = try data.rows.combined(with: mean, .subtract).combined(with: std, .divide)
    return try DataRows.points(z, shape, data.dtype)
  }

  package func describe() -> String {
    "standardization(of \(shape.map { String($0) }.joined(separator: "×")))"
  }
}
