import Autodiff
import Catalog
import Layers
import Processes
import Tensors

/// A network behind a parametrisation: the score function of a model. The same network may be bound to
/// other values in place of its parameters, and to labels.
package final class NetworkScore: ScoreFunction {
  package let network: any Network
  package let parametrization: any Parametrization
  package let shape: Shape
  package let call: NetworkCall
  /// Whether other values stand in place of the network's own parameters.
  package let isBound: Bool

  package init(_ network: any Network, _ parametrization: any Parametrization, shape: Shape) {
    (self.network, self.parametrization, self.shape) = (network, parametrization, shape)
    call = NetworkCall(network.parameters)
    isBound = false
  }

  private init(_ other: NetworkScore, _ call: NetworkCall, isBound: Bool) {
    (network, parametrization, shape) = (other.network, other.parametrization, other.shape)
    self.call = call
    self.isBound = isBound
  }

  /// The same with other values in place of the parameters: the score that a loss is written with.
  ///
  /// - Parameter writes: takes the buffers of a step of training.
  package func bound(
    to values: [Tensor], labels: Tensor? = nil, writes: BufferWrites? = nil
  ) -> NetworkScore {
    let call = NetworkCall(
      network.parameters, at: values, labels: labels ?? call.labels, writes: writes)
    return NetworkScore(self, call, isBound: true)
  }

  /// The same for points of these classes.
  package func labelled(_ labels: Tensor) throws -> NetworkScore {
    guard let classes = network.classes else {
      throw UserError("labels are for a network with classes, got \(network.name)")
    }
    return NetworkScore(
      self,
      NetworkCall(
        network.parameters, at: call.values, labels: try checked(labels: labels, classes: classes),
        open: call.open),
      isBound: isBound)
  }

  /// The same where channels that are shut are noted or left out; nil where the parameters are recorded.
  package func leavingOut(_ open: OpenChannels) -> NetworkScore? {
    if call.values.contains(where: \.isRecorded) { return nil }
    return NetworkScore(
      self,
      NetworkCall(network.parameters, at: call.values, labels: call.labels, open: open),
      isBound: isBound)
  }

  package func copied() throws -> NetworkScore {
    NetworkScore(try network.copied(), parametrization, shape: shape)
  }

  package var name: String { network.name }
  package var functions: [Callback] { network.functions }
  package var predicts: String { parametrization.name }
  package var isBlind: Bool { parametrization.isBlind }
  package var givesVelocityOnly: Bool { parametrization.givesVelocityOnly }

  package var summary: String {
    let meaning =
      parametrization.summary.isEmpty && predicts != network.usualPrediction
      ? "predicts \(predicts)" : parametrization.summary
    return meaning.isEmpty ? network.summary : "\(network.summary), \(meaning)"
  }

  private func output(_ x: Tensor, _ level: Tensor?, _ divisors: Tensor?) throws -> Tensor {
    if network.classes != nil {
      guard let labels = call.labels else {
        throw UserError("labels are required: \(network.name) has classes")
      }
      guard labels.shape[0] == x.shape[0] else {
        throw UserError(
          "labels has shape \(labels.shape), expected [n] with n = \(x.shape[0])")
      }
    }
    return try divisors.map { try network.output(x, level, call, dividedBy: $0) }
      ?? network.output(x, level, call)
  }

  package func scoreTimesSigma(
    _ x: Tensor, _ t: Tensor, sigma: Tensor, process: any DiffusionProcess
  ) throws -> Tensor {
    try parametrization.scoreTimesSigma(
      x, Marginal(process, t, rank: x.rank, sigma: sigma), output)
  }

  package func estimate(
    _ quantity: Quantity, _ x: Tensor, _ t: Tensor, process: any DiffusionProcess
  ) throws -> Tensor {
    try parametrization.estimate(
      quantity, x, Marginal(process, t, rank: x.rank), output)
  }

  package func score(_ x: Tensor, at t: Double, process: any DiffusionProcess) throws -> Tensor? {
    if parametrization.isPlainScore, x.trace == nil, !Tensor.isProgramRecorded, !isBound,
      x.dtype.isFloatingPoint, x.rank == 2, x.shape[1] == dimension,
      call.values.allSatisfy({ $0.trace == nil })
    {
      return try network.rows(x, at: t)
    }
    guard x.trace == nil, x.dtype == .float32, x.rank == 2, x.shape[1] == dimension,
      x.shape[0] > 0, let rowScore = rowScore(at: t, process: process)
    else { return nil }
    return try rowScore.values(of: x)
  }

  package func rowScore(at t: Double, process: any DiffusionProcess) -> RowFunction? {
    guard parametrization.isScore, !Tensor.isProgramRecorded, !isBound,
      call.values.allSatisfy({ $0.trace == nil })
    else { return nil }
    return network.rowOutput(at: t)?.scaled(by: 1 / process.sigma(at: t))
  }

  /// σ s and its divergence row by row, where the network is σ s and has a kernel for it; nil elsewhere.
  package func rowTrace() -> RowTrace? {
    guard parametrization.isScore, !isBound, call.values.allSatisfy({ $0.trace == nil }) else {
      return nil
    }
    return network.rowTrace()
  }

  package func denoised(_ y: Tensor) throws -> Tensor? {
    guard parametrization.isBlind else { return nil }
    return try y - output(y, nil, nil)
  }
}

extension Parametrization {
  /// Whether F(x, t) is the score itself.
  fileprivate var isPlainScore: Bool {
    guard let own = self as? QuantityParametrization else { return false }
    return own.quantity == .score && own.convention == .plain
  }

  /// Whether F(x, t) is σ s, as a network's own step of denoising score matching takes it.
  package var isScore: Bool {
    guard let own = self as? QuantityParametrization else { return false }
    return own.quantity == .score && own.convention == .time
  }
}

/// Classes as integers that a network of so many takes.
private func checked(labels: Tensor, classes: Int) throws -> Tensor {
  guard labels.rank == 1 else {
    throw UserError("labels must have shape [n], got \(labels.shape)")
  }
  let values = try labels.constant("labels").doubles()
  if let place = values.firstIndex(where: {
    !($0 >= 0 && $0 < Double(classes) && $0 == $0.rounded())
  }) {
    throw UserError(
      "labels must hold integers from 0 to \(classes - 1), got \(formatNumber(values[place])) at "
        + "position \(place + 1)")
  }
  return try labels.value.converted(to: .int64)
}
