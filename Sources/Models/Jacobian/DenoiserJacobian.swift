import Autodiff
import Catalog
import Runtime
import Tensors

/// The Jacobian ∂D/∂y of a denoiser at one picture, known by its products with several vectors at once: a batch of
/// copies of the picture, each with a vector of its own, is one pass of the network.
///
/// The network is evaluated once at the picture, which tells the channels that are 0 there, and once at a whole batch
/// without them; each product J v is then a forward sweep over what it left
/// and each Jᵀu a reverse sweep. Nothing is a difference of values.
package final class DenoiserJacobian {
  package let dimension: Int
  package let dtype: DType
  /// How many products with J or Jᵀ were made.
  package private(set) var products = 0
  private let shape: Shape
  private let batch: Int
  private let linear: Linearization

  /// - Parameters:
  ///   - picture: shape [1] and the model's shape, from `picture(_:of:)`.
  ///   - batch: vectors of a pass.
  package init(_ denoiser: Denoiser, at picture: Tensor, batch: Int) throws {
    shape = denoiser.model.shape
    dimension = shape.elementCount
    dtype = picture.dtype
    self.batch = batch
    let copies = try picture.broadcast(to: Shape([batch] + Array(shape))).densified()
    let local = try denoiser.atPoint(picture)
    linear = try Linearization(at: copies) { try local($0) }
    try ScoreModel.requireConstant(linear.value)
    guard try linear.value.isFinite() else {
      throw UserError("the denoised picture is not finite")
    }
  }

  /// J v for each row.
  package func times(_ rows: Tensor) throws -> Tensor { try product(rows) { try linear.push($0) } }

  /// Jᵀ u for each row.
  package func transposedTimes(_ rows: Tensor) throws -> Tensor {
    try product(rows) { try linear.pull($0) }
  }

  /// - Parameter rows: [k, d] with k up to the batch; the vectors that are missing are 0.
  private func product(_ rows: Tensor, _ body: (Tensor) throws -> Tensor) throws -> Tensor {
    try Cancellation.check()
    let count = rows.shape[0]
    products += count
    var all = rows
    if count < batch {
      all = try Tensor.concatenated(
        [rows, .zeros([batch - count, dimension], rows.dtype)], axis: 0)
    }
    let result = try body(all.reshaped(to: [batch] + Array(shape)))
    let flat = try result.value.converted(to: dtype).reshaped(to: [batch, dimension])
    return flat.slice(axis: 0, 0..<count)
  }

  /// All of J, [d, d], a row of it by each reverse sweep.
  package func matrix() throws -> Tensor {
    let result = try Tensor(uninitialized: [dimension, dimension], dtype)
    for first in stride(from: 0, to: dimension, by: batch) {
      let count = min(batch, dimension - first)
      let units = try Tensor.zeros([count, dimension], dtype)
      try units.slice(axis: 1, first..<first + count).assign(Tensor.identity(count, dtype))
      try result.slice(axis: 0, first..<first + count).assign(transposedTimes(units))
    }
    return result
  }

  /// How many vectors make a pass of about 64 thousand numbers.
  package static func usualBatch(_ dimension: Int) -> Int {
    max(1, min(64, 65536 / max(dimension, 1), dimension))
  }

  /// One noisy picture of a model, as a batch of one.
  package static func picture(_ y: Tensor, of model: ScoreModel) throws -> Tensor {
    let shape = Array(model.shape)
    let plain = try y.constant("y")
    guard Array(plain.shape) == shape || Array(plain.shape) == [1] + shape else {
      throw UserError("y has shape \(y.shape), expected one picture of shape \(model.shape)")
    }
    guard plain.dtype.isFloatingPoint else {
      throw UserError("y must be a float32 or float64 tensor, got \(plain.dtype.rawValue)")
    }
    guard try plain.isFinite() else { throw UserError("y must be finite, got nan or inf") }
    return try plain.reshaped(to: [1] + shape)
  }
}

extension Tensor {
  /// The unit matrix.
  fileprivate static func identity(_ order: Int, _ dtype: DType) throws -> Tensor {
    try Tensor(
      (0..<order * order).map { $0 % (order + 1) == 0 ? 1.0 : 0.0 }, shape: [order, order]
    )
    .converted(to: dtype)
  }
}
