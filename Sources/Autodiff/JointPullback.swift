import Catalog
import Tensors

// Operations of several results, and those whose derivatives come all at once.

/// Which inputs and results of an operation its pullback reads; a tape keeps no others alive.
public struct Saves {
  let inputs: Set<Int>?
  let outputs: Set<Int>?

  public static let everything = Saves(inputs: nil, outputs: nil)

  /// - Parameters: nil for all of them.
  public init(inputs: Set<Int>?, outputs: Set<Int>?) {
    self.inputs = inputs
    self.outputs = outputs
  }
}

/// How the cotangents of all results flow to all inputs; nil for an input that gets none.
/// Written in traced operations, so that it can be differentiated again.
public typealias JointPullback = (JointFlow) throws -> [Tensor?]

/// What a pullback works with.
public struct JointFlow {
  fileprivate let node: JointNode
  /// One for each result; nil where nothing flows back to it.
  public let cotangents: [Tensor?]
  /// Which inputs need their cotangent.
  public let wanted: [Bool]

  init(node: JointNode, cotangents: [Tensor?], wanted: [Bool]) {
    self.node = node
    self.cotangents = cotangents
    self.wanted = wanted
  }

  /// A saved input, as the tapes below see it.
  public func input(_ place: Int) -> Tensor { node.saved(node.inputs, place) }

  /// A saved result.
  public func output(_ place: Int) -> Tensor { node.saved(node.outputs, place) }

  public var inputs: [Tensor] { node.inputs.indices.map(input) }
  public var outputs: [Tensor] { node.outputs.indices.map(output) }

  /// The cotangent of a result, zeros where nothing flows.
  public func cotangent(_ place: Int) throws -> Tensor {
    try cotangents[place] ?? Tensor.zeros(node.results[place].shape, node.results[place].dtype)
  }
}

/// The tangents of all results, from those of the inputs; nil for a result that has none. A nil in place of
/// the list leaves it to the pullback, whose transpose it is.
public typealias JointPushforward = (TangentFlow) throws -> [Tensor?]?

/// What a derivative along a direction works with.
public struct TangentFlow {
  fileprivate let node: JointNode
  /// One for each input; nil where the input does not move.
  public let tangents: [Tensor?]

  init(node: JointNode, tangents: [Tensor?]) {
    (self.node, self.tangents) = (node, tangents)
  }

  /// A saved input, as the tapes below see it.
  public func input(_ place: Int) -> Tensor { node.saved(node.inputs, place) }

  /// A saved result.
  public func output(_ place: Int) -> Tensor { node.saved(node.outputs, place) }

  /// All tangents; nil where an input does not move.
  public var all: [Tensor]? {
    let moving = tangents.compactMap { $0 }
    return moving.count == tangents.count ? moving : nil
  }

  /// The tangent of the first input where nothing else moves and nothing is recorded, so that raw memory may be
  /// read; nil elsewhere.
  public var plainFirst: Tensor? {
    guard let first = tangents.first ?? nil, tangents.dropFirst().allSatisfy({ $0 == nil }),
      !first.isRecorded, !node.inputs.contains(where: { $0?.isRecorded ?? false })
    else { return nil }
    return first.value
  }
}

/// What a tape keeps of an operation with one pullback.
final class JointNode {
  let inputs: [Tensor?]
  let outputs: [Tensor?]
  let results: [TensorSpec]
  let pullback: JointPullback
  /// nil where the derivative along a direction follows from the pullback alone.
  let pushforward: JointPushforward?

  init(
    _ inputs: [Tensor], _ outputs: [Tensor], _ saves: Saves, _ pullback: @escaping JointPullback,
    _ pushforward: JointPushforward?
  ) {
    func kept(_ tensors: [Tensor], _ places: Set<Int>?) -> [Tensor?] {
      tensors.enumerated().map { places?.contains($0) ?? true ? $1 : nil }
    }
    self.inputs = kept(inputs, saves.inputs)
    self.outputs = kept(outputs, saves.outputs)
    self.pullback = pullback
    self.pushforward = pushforward
    results = outputs.map(\.spec)
  }

  /// The versions of all that is kept added up.
  var version: Int {
    var sum = 0
    for case let tensor? in inputs { sum &+= tensor.storage.version }
    for case let tensor? in outputs { sum &+= tensor.storage.version }
    return sum
  }

  fileprivate func saved(_ tensors: [Tensor?], _ place: Int) -> Tensor {
    guard let tensor = tensors[place] else {
      preconditionFailure("the pullback reads tensor \(place), which the operation does not save")
    }
    return tensor
  }
}

/// An operation through which gradients pass.
public protocol DifferentiableOperation: Operation {
  /// What the pullback reads.
  var saves: Saves { get }
  /// The cotangents of the inputs, made of operations that can be differentiated again.
  func pullback(_ flow: JointFlow) throws -> [Tensor?]
  /// The tangents of the results where there is a faster way to them than by transposing the pullback; nil
  /// elsewhere.
  func pushforward(_ flow: TangentFlow) throws -> [Tensor?]?
}

extension DifferentiableOperation {
  public func pushforward(_ flow: TangentFlow) throws -> [Tensor?]? { nil }
}

/// An operation that is linear in all its inputs together, and so its own derivative.
public protocol LinearOperation: DifferentiableOperation {}

extension LinearOperation {
  public func pushforward(_ flow: TangentFlow) throws -> [Tensor?]? {
    try flow.all.map { try perform(self, $0) }
  }
}

/// The results of an operation: on a tape where an input is on one, and a step of the program where one is
/// recorded.
public func perform(_ operation: some DifferentiableOperation, _ inputs: [Tensor]) throws
  -> [Tensor]
{
  try record(
    "operation", inputs, saves: operation.saves, forward: { try evaluate(operation, $0) },
    pullback: operation.pullback, pushforward: operation.pushforward)
}
