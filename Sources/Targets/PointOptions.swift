import Catalog
import Tensors

/// The shape of a data point: a vector [d], or a picture [h, w] or [c, h, w].
package struct PointOptions: OptionGroup {
  package var dimension: Count?
  package var shape: [Count]?

  package init() {}

  package static let options: [Option<PointOptions>] = [
    Option("dimension", \.dimension, "d, the length of a data point", in: .positive),
    Option(
      "shape", \.shape,
      "of a data point in place of dimension, {h, w} or {c, h, w}; what works on vectors flattens it",
      in: Domain("a list of 1 to 7 positive integers") {
        (1...7).contains($0.count) && $0.allSatisfy { $0 > 0 }
      }),
  ]

  package func check() throws {
    guard let shape, let dimension else { return }
    let length = try shape.reduce(1 as Count) { try $0 * $1 }
    guard length == dimension else {
      throw UserError(
        "dimension must be \(length), as shape says, got \(dimension); give one of them")
    }
  }

  /// - Parameter usual: d where the options name none; nil where they must.
  package func pointShape(usual: Count? = nil) throws -> Shape {
    if let shape { return try Shape(checking: shape.map(\.value)) }
    guard let length = dimension ?? usual else {
      throw UserError("dimension is required: a positive integer; or shape")
    }
    return [length.value]
  }
}
