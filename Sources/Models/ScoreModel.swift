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

  package var dimension: Int { function.dimension }
  package var functions: [Callback] { function.functions }
  package var process: any DiffusionProcess { sde.process }
  /// The network, where there are parameters to train.
  package var network: (any Network)? { function as? any Network }

  package var optionFields: [(key: String, value: Value)] { network?.options.fields ?? [] }

  package func describe() -> String {
    let count = network.map { ", \($0.parameters.trained.count) parameters" } ?? ""
    return "\(function.name)(\(function.summary)\(count))"
  }

  /// ∇ log p_t(x) for one time.
  package func score(_ x: Tensor, at t: Double) throws -> Tensor {
    try process.check(time: t)
    return try function.score(x, at: t, process: process) ?? score(x, times(t, for: x))
  }

  /// One time for each row.
  private func times(_ t: Double, for x: Tensor) throws -> Tensor {
    try Tensor.full([x.shape[0]], t, x.dtype == .float64 ? .float64 : .float32)
  }

  /// - Parameters: `x` of shape [n, d], `t` of shape [n].
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

  /// E[x_0 | x_t = x], by Tweedie's formula (x + σ² s)/α where the model gives the score (Miyasawa 1961);
  /// exact scores know it better far from the data.
  package func denoised(_ x: Tensor, _ t: Tensor) throws -> Tensor {
    if let mean = try function.posteriorMean(x, t, process: process) { return mean }
    return try estimate(.clean, x, t)
  }

  /// The same at one time for all rows.
  package func denoised(_ x: Tensor, at t: Double) throws -> Tensor {
    try function.posteriorMean(x, times(t, for: x), process: process) ?? estimate(.clean, x, at: t)
  }

  /// Any quantity at one time for all rows.
  package func estimate(_ quantity: Parametrization, _ x: Tensor, at t: Double) throws -> Tensor {
    let times = try times(t, for: x)
    let direct =
      function.predicts == .score
      ? try score(x, at: t) : try function.prediction(x, times, process: process)
    return try function.predicts.converted(direct, to: quantity, x, Marginal(process, times))
  }

  /// Noise or velocity, or whatever else follows from what the model gives directly.
  package func estimate(_ quantity: Parametrization, _ x: Tensor, _ t: Tensor) throws -> Tensor {
    try function.predicts.converted(
      function.prediction(x, t, process: process), to: quantity, x, Marginal(process, t))
  }

  package func copied() throws -> ScoreModel {
    guard let network else { return self }
    return ScoreModel(try network.copied(), sde)
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
    if times.rank == 0, Recording.current != nil || times.isTraced {
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
