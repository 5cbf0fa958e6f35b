import Autodiff
import Catalog
import Tensors

/// The quantity itself: what a function of the user's own gives of x_t and t, neither of them scaled.
struct PlainParametrization: Parametrization {
  static let name = "plain"
  let quantity: Quantity
  let options: PredictionOptions
  let networkShape: Shape

  var name: String { quantity.rawValue }

  init(_ quantity: Quantity, shape: Shape) {
    self.quantity = quantity
    options = PredictionOptions(quantity.rawValue)
    networkShape = shape
  }

  init(_ options: PredictionOptions, shape: Shape, restoring stored: StoredTensors?) throws {
    self.init(Quantity(rawValue: options.predicts) ?? .score, shape: shape)
  }

  func estimate(
    _ wanted: Quantity, _ x: Tensor, _ m: Marginal, _ network: NetworkOutput
  ) throws -> Tensor {
    try quantity.converted(network(x, m.t), to: wanted, x, m)
  }
}
