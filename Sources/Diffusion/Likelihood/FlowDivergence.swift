import Autodiff
import Catalog
import KernelsBase
import Models
import Processes
import Runtime
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
  /// Both by a kernel in float32, row by row.
  private let rowTrace: RowTrace?

  /// - Parameter allowsFloat32: whether the rounding of float32 is below the tolerance.
  init(_ model: ScoreModel, _ kind: DivergenceKind, isLabelled: Bool, allowsFloat32: Bool) {
    (self.model, self.kind) = (model, kind)
    rowTrace =
      kind == .exact && allowsFloat32 && !isLabelled ? model.networkScore?.rowTrace() : nil
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
    if let rowTrace, let values = try rowValues(rowTrace, x, t) { return values }
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

  /// v = f x − ½ g² s and ∇·v = d f − ½ g² ∇·s with s = F/σ; nil where f is not finite.
  private func rowValues(_ trace: RowTrace, _ x: Tensor, _ t: Tensor) throws -> Values? {
    let (count, d) = (x.shape[0], x.shape[1])
    let (x, times) = (try x.densified(), try t.densified())
    let velocity = try Tensor(uninitialized: x.shape, .float64)
    let divergence = try Tensor(uninitialized: [count, 1], .float64)
    let (px, pt) = (x.pointer(Double.self), times.pointer(Double.self))
    let (pv, pd) = (velocity.pointer(Double.self), divergence.pointer(Double.self))
    let process = model.process
    try WorkerPool.shared.run(count: count, grain: 128) { range in
      let n = range.count
      withUnsafeTemporaryAllocation(of: Float.self, capacity: n * (2 * d + 2)) {
        guard let points = $0.baseAddress else { return }
        let (score, slope, when) = (points + n * d, points + 2 * n * d, points + n * (2 * d + 1))
        let first = range.lowerBound
        for i in 0..<n * d { (points + i).initialize(to: Float(px[first * d + i])) }
        for i in 0..<n { (when + i).initialize(to: Float(pt[first + i])) }
        trace(points, when, score, slope, rows: n)
        for i in 0..<n {
          let t = pt[first + i]
          let (f, g) = (process.drift(at: t), process.diffusion(at: t))
          let factor = 0.5 * g * g / process.sigma(at: t)
          for j in 0..<d {
            let place = (first + i) * d + j
            pv[place] = f * px[place] - factor * Double(score[i * d + j])
          }
          pd[first + i] = Double(d) * f - factor * Double(slope[i])
        }
      }
    }
    return try velocity.isFinite() ? (velocity, divergence) : nil
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
