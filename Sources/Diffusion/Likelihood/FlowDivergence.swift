import Autodiff
import Catalog
import Models
import Tensors

/// How the divergence of a velocity field is found.
enum DivergenceKind: String, CaseIterable {
  /// d reverse sweeps.
  case exact
  /// εᵀ (∂v/∂x) ε with ε of ±1 or of N(0, I), which stay the same along the whole path of a point
  /// (Skilling 1989; Hutchinson 1990; Grathwohl et al. 2019).
  case rademacher, gaussian
}

/// The velocity v(x, t) of the probability flow, and ∇·v, for rows [n, d] at times of their own.
///
/// The tensor operations are recorded once for each number of rows and replayed as a plan, unless the model
/// calls Lua or is told classes.
final class FlowDivergence {
  /// v, shape [n, d], and ∇·v of each probe, shape [n, probes] ([n, 1] where it is exact).
  typealias Values = (velocity: Tensor, divergence: Tensor)

  private let model: ScoreModel
  private let kind: DivergenceKind
  private let plan: CompiledFunction?

  init(_ model: ScoreModel, _ kind: DivergenceKind, isLabelled: Bool) {
    (self.model, self.kind) = (model, kind)
    let callsLua = !model.functions.isEmpty
    plan =
      callsLua || isLabelled || model.network == nil
      ? nil
      : CompiledFunction(startsWithPlan: true) { arguments in
        let tensors = arguments.compactMap { argument -> Tensor? in
          if case .object(let object) = argument { return object as? Tensor }
          return nil
        }
        let (v, divergence) = try FlowDivergence.values(
          model, kind, tensors[0], tensors[1], tensors.count > 2 ? tensors[2] : nil)
        return [.object(v), .object(divergence)]
      }
  }

  /// - Parameters:
  ///   - model: of these rows, where rows have classes.
  ///   - probes: shape [probes, n, d]; nil where the divergence is exact.
  func callAsFunction(
    _ model: ScoreModel, _ x: Tensor, _ t: Tensor, probes: Tensor?
  ) throws -> Values {
    guard let plan else { return try Self.values(model, kind, x, t, probes) }
    let results = try plan.call(([x, t] + (probes.map { [$0] } ?? [])).map { .object($0) })
    let tensors = results.compactMap { result -> Tensor? in
      if case .object(let object) = result { return object as? Tensor }
      return nil
    }
    return (tensors[0], tensors[1])
  }

  private static func values(
    _ model: ScoreModel, _ kind: DivergenceKind, _ x: Tensor, _ t: Tensor, _ probes: Tensor?
  ) throws -> Values {
    let count = x.shape[0]
    let velocity: ([Tensor]) throws -> Tensor = { inputs in
      let points =
        try model.shape.rank == 1 ? inputs[0] : reshape(inputs[0], to: [count] + model.shape)
      return try convert(
        flattenedPoints(model.estimate(.velocity, points, t)), to: .float64)
    }
    return try withPullback([x], of: velocity) { v, pullBack in
      guard let probes else { return (v, try exact(x, pullBack)) }
      let parts = try (0..<probes.shape[0]).map { place -> Tensor in
        let probe = try select(probes, axis: 0, place)
        return try sum(pullBack(probe)[0] * probe, axis: 1, keepingAxis: true)
      }
      return (v, try concatenate(parts, axis: 1))
    }
  }

  private static func exact(_ x: Tensor, _ pullBack: (Tensor) throws -> [Tensor]) throws -> Tensor {
    var total: Tensor?
    for axis in 0..<x.shape[1] {
      let unit = try Tensor.zeros(x.shape, .float64)
      try unit.slice(axis: 1, axis..<axis + 1).assign(Tensor.scalar(1, .float64))
      let slope = try slice(pullBack(unit)[0], axis: 1, axis..<axis + 1)
      total = try total.map { try $0 + slope } ?? slope
    }
    return try total ?? .zeros([x.shape[0], 1], .float64)
  }
}
