import Autodiff
import Catalog
import Models
import Tensors

/// What training asks of a loss: its value on a batch and its gradient in the parameters. A model with a
/// faster way than the tape brings its own.
public protocol Objective: AnyObject {
  /// Whether it calls Lua, and so runs only on the thread that does.
  var callsLua: Bool { get }
  /// Writes the gradient in the trained parameters, and returns the loss.
  func lossAndGradient(_ batch: NoisedBatch, into gradient: UnsafeMutablePointer<Float>) throws
    -> Double
}

extension Objective {
  public var callsLua: Bool { false }
}

/// Any loss of any network, in traced operations, with its gradient by reverse mode: recorded anew in each
/// step, or once for each size of batch and replayed as a plan (`grad.compile`).
public final class AutodiffObjective: Objective {
  /// The loss of a batch with these tensors as the network's parameters.
  typealias Loss = (_ batch: NoisedBatch, _ parameters: [Tensor]) throws -> Tensor

  public let callsLua: Bool
  private let parameters: ParameterSet
  /// Where the flows go, counted from the first trained parameter.
  private let targets: [Range<Int>]
  private let step: ([Tensor]) throws -> [Tensor]

  /// - Parameter compiled: the function of `grad.compile` that loss or score are, if they are one.
  init(
    _ network: any Network, callsLua: Bool, compiled: CompiledFunction?, loss: @escaping Loss
  ) {
    self.callsLua = callsLua
    let parameters = network.parameters
    self.parameters = parameters
    let first = parameters.trained.lowerBound
    targets = parameters.items.filter(\.isTrained).map {
      $0.range.lowerBound - first..<$0.range.upperBound - first
    }
    let eager = { (tensors: [Tensor]) in
      try AutodiffObjective.lossAndFlows(parameters, tensors, loss)
    }
    if let compiled {
      let plans = CompiledFunction(check: compiled.check) {
        try eager($0.compactMap(\.tensor)).map { .object($0) }
      }
      step = { try plans.call($0.map { .object($0) }).compactMap(\.tensor) }
    } else {
      step = eager
    }
  }

  public func lossAndGradient(
    _ batch: NoisedBatch, into gradient: UnsafeMutablePointer<Float>
  ) throws -> Double {
    let results = try step(parameters.views + batch.tensors)
    for (target, flow) in zip(targets, results.dropFirst()) {
      let dense = try flow.densified()
      (gradient + target.lowerBound).update(from: dense.pointer(Float.self), count: target.count)
    }
    return try results[0].item()
  }

  /// The loss, then its derivative in each trained parameter, float32.
  private static func lossAndFlows(
    _ parameters: ParameterSet, _ tensors: [Tensor], _ loss: Loss
  ) throws -> [Tensor] {
    let count = parameters.items.count
    let batch = NoisedBatch(Array(tensors[count...]))
    let trained = parameters.items.indices.filter { parameters.items[$0].isTrained }
    let (value, flows) = try vjp(trained.map { tensors[$0] }) { variables in
      var all = Array(tensors[..<count])
      for (place, variable) in zip(trained, variables) { all[place] = variable }
      return try loss(batch, all)
    }
    return try [value] + flows.map { try $0.converted(to: .float32) }
  }
}

extension Value {
  fileprivate var tensor: Tensor? {
    if case .object(let object) = self { return object as? Tensor }
    return nil
  }
}
