import Autodiff
import Catalog
import Layers
import Models
import Tensors

/// What training asks of a loss: its value on a batch and its gradient in the parameters. A model with a
/// faster way than the tape brings its own.
package protocol Objective: AnyObject {
  /// Whether the next call with a batch of so many points calls Lua, and so must be made on the thread that
  /// runs Lua.
  func callsLua(count: Int) -> Bool
  /// Writes the gradient in the trained parameters, and returns the loss.
  func lossAndGradient(_ batch: NoisedBatch, into gradient: UnsafeMutablePointer<Float>) throws
    -> Double
  /// What the network's buffers are after the last of these, for the run to write.
  var buffers: [Tensor] { get }
}

extension Objective {
  package var buffers: [Tensor] { [] }
  package func callsLua(count: Int) -> Bool { false }
}

/// Any loss of any network, in traced operations, with its gradient by reverse mode: differentiated anew in
/// each step, or recorded once for each size of batch and replayed as a plan (`grad.compile`). The first
/// step of a plan is a run of the plan too, so that a resumed run has the bits of an uninterrupted one.
package final class AutodiffObjective: Objective {
  /// The loss of a batch with these tensors as the network's parameters.
  typealias Loss = (_ batch: NoisedBatch, _ parameters: [Tensor], _ writes: BufferWrites) throws
    -> Tensor

  enum Mode {
    /// Calls Lua in each step.
    case eager
    /// Calls Lua, if at all, where it records, and in each step with a `check`.
    case plan(check: Int?, callsLua: Bool)
  }

  private let mode: Mode
  private let parameters: ParameterSet
  /// Where the flows go, counted from the first trained parameter.
  private let targets: [Range<Int>]
  private let eager: ([Tensor]) throws -> [Tensor]
  @exclusivity(unchecked) package private(set) var buffers: [Tensor] = []
  /// One for each size of batch.
  @exclusivity(unchecked) private var plans: [(count: Int, function: CompiledFunction)] = []

  init(_ network: any Network, _ mode: Mode, loss: @escaping Loss) {
    self.mode = mode
    let parameters = network.parameters
    self.parameters = parameters
    let first = parameters.trained.lowerBound
    targets = parameters.items.filter(\.isTrained).map {
      $0.range.lowerBound - first..<$0.range.upperBound - first
    }
    eager = { try AutodiffObjective.lossAndFlows(parameters, $0, loss) }
  }

  package func callsLua(count: Int) -> Bool {
    switch mode {
    case .eager: true
    case .plan(_, callsLua: false): false
    case .plan(check: _?, _): true
    case .plan(check: nil, _):
      plans.first { $0.count == count }.map { !$0.function.hasCurrentPlan } ?? true
    }
  }

  private func step(_ tensors: [Tensor], count: Int) throws -> [Tensor] {
    guard case .plan(let check, _) = mode else { return try eager(tensors) }
    let plan = plans.first { $0.count == count }?.function ?? addPlan(count, check)
    return try plan.call(alike: tensors)
  }

  private func addPlan(_ count: Int, _ check: Int?) -> CompiledFunction {
    let eager = eager
    let function = CompiledFunction(check: check, startsWithPlan: true) {
      try eager($0.compactMap(\.tensor)).map { .object($0) }
    }
    plans.append((count, function))
    return function
  }

  package func lossAndGradient(
    _ batch: NoisedBatch, into gradient: UnsafeMutablePointer<Float>
  ) throws -> Double {
    let results = try step(parameters.views + batch.tensors, count: batch.count)
    for (target, flow) in zip(targets, results.dropFirst()) {
      let dense = try flow.densified()
      (gradient + target.lowerBound).update(from: dense.pointer(Float.self), count: target.count)
    }
    buffers = Array(results.dropFirst(1 + targets.count))
    return try results[0].item()
  }

  /// The loss, then its derivative in each trained parameter and the new values of the buffers, float32.
  private static func lossAndFlows(
    _ parameters: ParameterSet, _ tensors: [Tensor], _ loss: Loss
  ) throws -> [Tensor] {
    let count = parameters.items.count
    let batch = NoisedBatch(Array(tensors[count...]))
    let trained = parameters.items.indices.filter { parameters.items[$0].isTrained }
    let writes = BufferWrites(examples: batch.examples)
    let (value, flows) = try vjp(trained.map { tensors[$0] }) { variables in
      var all = Array(tensors[..<count])
      for (place, variable) in zip(trained, variables) { all[place] = variable }
      return try loss(batch, all, writes)
    }
    let gradient = try flows.map { try $0.converted(to: .float32) }
    return try [value] + gradient + writes.values(of: parameters)
  }
}

extension Value {
  fileprivate var tensor: Tensor? {
    if case .object(let object) = self { return object as? Tensor }
    return nil
  }
}
