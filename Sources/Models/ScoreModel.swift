import Autodiff
import Catalog
import Processes
import Tensors

/// A score function together with the diffusion it belongs to: the Lua type `model`. Networks and exact
/// scores are the same type, so that each fits wherever the other does.
package final class ScoreModel: Callable, FunctionHolder, HoldsOptions {
  package static var typeName: String { "model" }

  package let function: any ScoreFunction
  package let sde: SDE

  package init(_ function: any ScoreFunction, _ sde: SDE) {
    self.function = function
    self.sde = sde
  }

  /// Of a data point: [d], [h, w] or [c, h, w].
  package var shape: Shape { function.shape }
  package var dimension: Int { function.dimension }
  package var functions: [Callback] { function.functions }
  package var process: any DiffusionProcess { sde.process }
  package var isBlind: Bool { function.isBlind }
  /// The network behind its parametrisation, where it is one.
  package var networkScore: NetworkScore? { function as? NetworkScore }
  /// The network, where there are parameters to train: not where other values stand in their place.
  package var network: (any Network)? {
    networkScore.flatMap { $0.isBound ? nil : $0.network }
  }

  package var optionFields: [(key: String, value: Value)] {
    networkScore.map { $0.network.optionFields($0.parametrization.options) } ?? []
  }

  package func describe() -> String {
    let count = network.map { ", \($0.parameters.trained.count) parameters" } ?? ""
    return "\(function.name)(\(function.summary)\(count))"
  }

  /// The same for points of these classes.
  ///
  /// - Parameter labels: shape [n], one for each point of a call.
  package func labelled(_ labels: Tensor) throws -> ScoreModel {
    guard let networkScore else {
      throw UserError("labels are for a network with classes, got \(function.name)")
    }
    return ScoreModel(try networkScore.labelled(labels), sde)
  }

  /// One time for each row.
  private func times(_ t: Double, for x: Tensor) throws -> Tensor {
    try Tensor.full([x.shape[0]], t, x.dtype == .float64 ? .float64 : .float32)
  }

  /// ∇ log p_t(x) for one time.
  package func score(_ x: Tensor, at t: Double) throws -> Tensor {
    try process.check(time: t)
    return try function.score(x, at: t, process: process) ?? score(x, times(t, for: x))
  }

  /// The same in raw memory, where the model computes it row by row.
  package func rowScore(at t: Double) throws -> RowFunction? {
    try process.check(time: t)
    return function.rowScore(at: t, process: process)
  }

  /// - Parameters: `x` of shape [n] + shape, `t` of shape [n].
  package func score(_ x: Tensor, _ t: Tensor) throws -> Tensor {
    try function.score(x, t, process: process)
  }

  /// The score where what is made of it has no gradient, as samples and densities: refused where one is
  /// taken through the model.
  package func constantScore(_ x: Tensor, at t: Double) throws -> Tensor {
    let s = try score(x, at: t)
    try ScoreModel.requireConstant(s)
    return s.value
  }

  /// Throws where a gradient is taken through something made of scores that has none.
  package static func requireConstant(_ values: Tensor) throws {
    guard values.isRecorded else { return }
    throw UserError(
      "model must not be differentiated here: the result has no gradient in its parameters; call "
        + "this outside the loss or the function that grad differentiates")
  }

  package var hasLogDensity: Bool { function.hasLogDensity }

  /// ln p_t(x), normalised, shape [n], where the model knows it; its gradient is the score.
  package func logDensity(_ x: Tensor, _ t: Tensor) throws -> Tensor {
    try function.logDensity(x, t, process: process)
  }

  /// The same at one time for all rows.
  package func logDensity(_ x: Tensor, at t: Double) throws -> Tensor {
    try process.check(time: t)
    return try logDensity(x, times(t, for: x))
  }

  /// E[x_0 | x_t = x].
  package func denoised(_ x: Tensor, _ t: Tensor) throws -> Tensor { try estimate(.clean, x, t) }

  /// The same at one time for all rows.
  package func denoised(_ x: Tensor, at t: Double) throws -> Tensor {
    try estimate(.clean, x, at: t)
  }

  /// The clean sample of y = x_0 + noise by a model that is told no noise level.
  ///
  /// - Throws: where the model needs a time.
  package func denoised(_ y: Tensor) throws -> Tensor {
    guard let clean = try function.denoised(y) else {
      throw UserError(
        "t is required: only a blind model, predicts = 'residual', denoises without a time")
    }
    return clean
  }

  /// Any quantity at one time for all rows.
  package func estimate(_ quantity: Quantity, _ x: Tensor, at t: Double) throws -> Tensor {
    if quantity == .score { return try score(x, at: t) }
    return try estimate(quantity, x, times(t, for: x))
  }

  package func estimate(_ quantity: Quantity, _ x: Tensor, _ t: Tensor) throws -> Tensor {
    try function.estimate(quantity, x, t, process: process)
  }

  package func copied() throws -> ScoreModel {
    guard let networkScore, !networkScore.isBound else { return self }
    return ScoreModel(try networkScore.copied(), sde)
  }
}

/// The times of a call `model(x, t)`: one for all rows or one each, within the process.
package func batchTimes(
  _ t: OneOf<Double, Tensor>, for x: Tensor, _ process: any DiffusionProcess
) throws -> Tensor {
  switch t {
  case .first(let time):
    try process.check(time: time)
    return try Tensor.full([x.shape[0]], time, x.dtype == .float64 ? .float64 : .float32)
  case .second(let times):
    if times.rank == 0, Tensor.isProgramRecorded || times.isTraced {
      let time = try convert(
        process.checked(times: times), to: x.dtype == .float64 ? .float64 : .float32)
      return try broadcast(time, to: [x.shape[0]])
    }
    if times.rank == 0 { return try batchTimes(.first(times.value.item()), for: x, process) }
    guard times.shape == [x.shape[0]] else {
      throw UserError("t has shape \(times.shape), expected [n] with n = \(x.shape[0])")
    }
    return try process.checked(times: times)
  }
}
