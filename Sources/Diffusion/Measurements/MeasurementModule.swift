import Autodiff
import Catalog
import Runtime
import Tensors

/// The Lua module `measurement`: what is known of a sample in an inverse problem, as bool masks and as matrices
/// with orthonormal rows.
package enum MeasurementModule {
  package static let module = Module(
    "measurement",
    "What is known of a sample in an inverse problem: masks, and matrices with orthonormal rows.",
    entries: [
      Inpainting.entry, RandomPixels.entry, SuperResolution.entry, RandomProjections.entry,
      LowPass.entry,
    ])

  static let shapeParameter = Parameter<ShapeArgument>.arg(
    "shape", "of a point: [d], [h, w] or [c, h, w]")

  /// [c, h, w] of the shape of a point.
  static func picture(_ shape: ShapeArgument) throws -> (shape: Shape, c: Int, h: Int, w: Int) {
    let whole = try shape.shape()
    guard (1...3).contains(whole.rank), whole.elementCount > 0 else {
      throw UserError("shape must be that of a point, [d], [h, w] or [c, h, w], got \(whole)")
    }
    guard whole.elementCount <= 1 << 24 else {
      throw UserError("shape must have at most \(1 << 24) numbers, got \(whole)")
    }
    let lengths = Array(repeating: 1, count: 3 - whole.rank) + Array(whole)
    return (whole, lengths[0], lengths[1], lengths[2])
  }

  /// A float32 matrix [m, d] whose rows are written one by one, from zeros.
  static func matrix(
    _ count: Int, _ d: Int, row: (_ place: Int, _ out: UnsafeMutablePointer<Float>) -> Void
  ) throws -> Tensor {
    let matrix = try Tensor.zeros(Shape(checking: [count, d]), .float32)
    let out = matrix.pointer(Float.self)
    for place in 0..<count {
      try Cancellation.check()
      row(place, out + place * d)
    }
    return matrix
  }

  /// Numbers of true and false in the shape of a point.
  static func mask(_ shape: Shape, _ isSeen: (Int) -> Bool) throws -> Tensor {
    try Tensor(
      (0..<shape.elementCount).polledMap { isSeen($0) ? 1.0 : 0 }, shape: shape
    ).converted(to: .bool)
  }
}
