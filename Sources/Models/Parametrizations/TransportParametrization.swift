import Autodiff
import Catalog
import Layers
import Tensors

/// A velocity alone, F of points of unit size times the velocity's size: for flows whose noise depends on the data,
/// as `loss.flow_matching{pairing = "optimal_transport"}` makes them. Then E[z | x_t] is not −σ ∇ log p_t, so the
/// model has no score, and gives none.
struct TransportParametrization: NamedParametrization {
  static let name = "transport"
  let options: PredictionOptions
  let networkShape: Shape

  init(_ options: PredictionOptions, shape: Shape, restoring stored: StoredTensors?) throws {
    self.options = options
    networkShape = shape
  }

  var quantity: Quantity { .velocity }
  var givesVelocityOnly: Bool { true }

  func estimate(
    _ wanted: Quantity, _ x: Tensor, _ m: Marginal, _ network: NetworkOutput
  ) throws -> Tensor {
    guard wanted == .velocity else {
      throw UserError(
        "the model predicts 'transport' and gives its velocity only, no \(wanted == .clean ? "denoised sample" : wanted.rawValue): "
          + "its noise may depend on its data")
    }
    let f = try network(x * m.unitScale(x.dtype), m.boundedLogLevel, nil)
    return try f * m.size(of: .velocity, f.dtype)
  }
}
