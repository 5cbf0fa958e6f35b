import Autodiff
import Catalog
import Tensors

/// A network whose output stands for one quantity, divided by its size. F gets x/√(α² + σ²), of about unit
/// size for data of unit size, and as its level ¼ ln(σ/α), levelled off where that has no bound.
protocol UnitParametrization: Parametrization {
  init(options: PredictionOptions, networkShape: Shape)
  static var quantity: Quantity { get }
}

extension UnitParametrization {
  package init(_ options: PredictionOptions, shape: Shape, restoring stored: StoredTensors?) throws
  {
    self.init(options: options, networkShape: shape)
  }

  package static var name: String { quantity.rawValue }
  package var quantity: Quantity { Self.quantity }

  package func estimate(
    _ wanted: Quantity, _ x: Tensor, _ m: Marginal, _ network: NetworkOutput
  ) throws -> Tensor {
    let f = try network(x * m.unitScale(x.dtype), m.boundedLogLevel)
    return try quantity.converted(f * m.size(of: quantity, f.dtype), to: wanted, x, m)
  }
}

/// E[z] (Ho et al. 2020).
struct NoiseParametrization: UnitParametrization {
  static let quantity = Quantity.noise
  let options: PredictionOptions
  let networkShape: Shape
}

/// E[x_0].
struct CleanParametrization: UnitParametrization {
  static let quantity = Quantity.clean
  let options: PredictionOptions
  let networkShape: Shape
}

/// α′ E[x_0] + σ′ E[z] (Lipman et al. 2023).
struct VelocityParametrization: UnitParametrization {
  static let quantity = Quantity.velocity
  let options: PredictionOptions
  let networkShape: Shape
}

/// α E[z] − σ E[x_0] (Salimans and Ho 2022).
struct VParametrization: UnitParametrization {
  static let quantity = Quantity.v
  let options: PredictionOptions
  let networkShape: Shape
}
