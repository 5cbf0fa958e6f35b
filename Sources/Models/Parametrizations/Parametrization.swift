import Autodiff
import Catalog
import Layers
import Processes
import Tensors

/// What the input and the output of a network F mean: how x_t is scaled before F sees it, what noise level
/// F is told, and what score, noise, clean sample and velocity are in terms of its output.
///
/// A new one is a file with a `NamedParametrization`, and its line in `Parametrizations.all`.
package protocol Parametrization {
  /// Its name in Lua, `predicts = "noise"`.
  var name: String { get }
  /// The options, with what was derived from them in place of what it came from.
  var options: PredictionOptions { get }
  /// The shape of what F takes and gives.
  var networkShape: Shape { get }
  /// What it keeps of the data, beside the network's parameters; files hold it under these names.
  var tensors: [(name: String, tensor: Tensor)] { get }
  /// For printing: `σ_data 0.5`.
  var summary: String { get }
  /// Whether F is given the points alone, so that the clean sample is known without a time.
  var isBlind: Bool { get }
  /// Whether its velocity is all there is: no score follows from it.
  var givesVelocityOnly: Bool { get }
  /// The quantity for the points of a batch; calls F once.
  func estimate(
    _ quantity: Quantity, _ x: Tensor, _ m: Marginal, _ network: NetworkOutput
  ) throws -> Tensor
  /// σ s = −E[z], without a change of sign where there need be none.
  func scoreTimesSigma(_ x: Tensor, _ m: Marginal, _ network: NetworkOutput) throws -> Tensor
  /// What F gives directly, or what the other quantities follow from.
  var quantity: Quantity { get }
  /// Whether training weighs the squared error of the quantity itself, at unit size, where it is told no
  /// weight; else that of the noise, λ = σ².
  var weighsQuantity: Bool { get }
}

/// F: a batch of scaled points and their levels, shape [n], to its output; or F divided by a number for each
/// point.
package typealias NetworkOutput = (_ input: Tensor, _ level: Tensor?, _ divisors: Tensor?) throws
  -> Tensor

extension Parametrization {
  package var tensors: [(name: String, tensor: Tensor)] { [] }
  package var summary: String { "" }
  package var isBlind: Bool { false }
  package var givesVelocityOnly: Bool { false }
  package var weighsQuantity: Bool { quantity != .score && quantity != .noise }

  package func scoreTimesSigma(
    _ x: Tensor, _ m: Marginal, _ network: NetworkOutput
  ) throws -> Tensor {
    try -estimate(.noise, x, m, network)
  }

  /// What ‖E[z] − z‖² is multiplied with in training where it is told no weight, at a time of this process.
  package func lossWeight(_ process: any DiffusionProcess, at t: Double) -> Double {
    weighsQuantity ? quantity.noiseErrorWeight(process, at: t) : 1
  }
}

/// One that is made by its name, beside those of single quantities.
package protocol NamedParametrization: Parametrization {
  static var name: String { get }
  /// - Parameters:
  ///   - shape: of a data point.
  ///   - stored: its tensors, where a file holds them.
  init(_ options: PredictionOptions, shape: Shape, restoring stored: StoredTensors?) throws
}

extension NamedParametrization {
  package var name: String { Self.name }
}

package enum Parametrizations {
  static let all: [any NamedParametrization.Type] = [
    EDMParametrization.self,
    GaussianParametrization.self,
    ResidualParametrization.self,
    TransportParametrization.self,
  ]

  /// Those of single quantities first.
  static var names: [String] { Quantity.allCases.map(\.rawValue) + all.map { $0.name } }
}

/// The options that say what a network predicts.
package struct PredictionOptions: OptionGroup {
  package var predicts = "score"
  /// σ_d itself once the model is made.
  package var sigmaData: OneOf<Double, Tensor>?

  package init() {}
  package init(_ predicts: String) { self.predicts = predicts }

  package static let options: [Option<PredictionOptions>] = [
    Option(
      "predicts", \.predicts,
      "what the network's output stands for; edm and gaussian scale its input and output by sigma_data, "
        + "residual is for a network that is told no time, transport gives the velocity only",
      in: .oneOf(Parametrizations.names)),
    Option(
      "sigma_data", \.sigmaData,
      "for edm, the standard deviation of the data: a number, or the data themselves; for gaussian, the "
        + "data"),
  ]

  package func check() throws {
    guard sigmaData == nil || ["edm", "gaussian"].contains(predicts) else {
      throw UserError("sigma_data is for predicts = 'edm' or 'gaussian', got '\(predicts)'")
    }
  }

  /// The parametrisation by its name.
  ///
  /// - Parameters:
  ///   - shape: of a data point.
  ///   - convention: of the network, where it predicts one quantity.
  func parametrization(
    shape: Shape, convention: NetworkConvention, restoring stored: StoredTensors?
  ) throws -> any Parametrization {
    if let quantity = Quantity(rawValue: predicts) {
      return QuantityParametrization(
        quantity: quantity, options: self, networkShape: shape, convention: convention)
    }
    guard let kind = Parametrizations.all.first(where: { $0.name == predicts }) else {
      throw UserError("predicts: \(unknownName("name", predicts, known: Parametrizations.names))")
    }
    return try kind.init(self, shape: shape, restoring: stored)
  }
}
