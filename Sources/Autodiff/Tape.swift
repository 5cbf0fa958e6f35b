import Catalog
import Synchronization
import Tensors

/// The record of one differentiation: a flat list of operations in the order they ran.
///
/// Each transform (`gradient`, `vjp`) opens its own tape. A tensor on a tape carries a `Trace` with its
/// place there and its *primal*, the same value as the tapes below see it; so a gradient may itself be
/// differentiated, to any order. The list is freed as a whole: no chain of objects is torn down
/// recursively.
public final class Tape {
  /// One operation: what it read, and how a cotangent of its result flows to each input.
  struct Node {
    let name: StaticString
    /// The inputs as the tapes below see them; none for a variable and for a joint node.
    let inputs: [Tensor]
    /// Where in `Tape.sources` the nodes of the inputs begin.
    let firstSource: Int
    let pullbacks: [Pullback]
    let output: Tensor?
    /// The versions of all storages added up. Versions only grow, so one that changed shows in it.
    let version: Int
    /// One pullback for all inputs, of an operation with one result or several. Those after the first
    /// have the nodes that follow, which are like variables.
    let joint: JointNode?
  }

  /// Tapes opened later have higher levels; an operation is recorded on the highest it meets.
  let level: Int
  @exclusivity(unchecked) private(set) var nodes: [Node] = []
  /// The node of each input of each operation, `constant` for one that is not on this tape.
  @exclusivity(unchecked) private(set) var sources: [Int] = []
  @exclusivity(unchecked) private(set) var isOpen = true
  static let constant = -1
  private static let opened = Atomic<Int>(0)

  init() {
    level = Tape.opened.add(1, ordering: .relaxed).newValue
    nodes.reserveCapacity(64)
    sources.reserveCapacity(64)
  }

  /// Forgets the record; tensors that still carry a trace of it count as plain values from then on.
  func close() {
    if !isOpen { return }
    isOpen = false
    nodes.removeAll()
  }

  deinit { close() }

  /// A variable of this tape.
  func variable(_ value: Tensor) -> Tensor {
    push(.leaf("variable"), value)
  }

  /// Notes the nodes of inputs and puts their primals in their place.
  /// - Returns: where the nodes begin in `sources`.
  fileprivate func takeSources(of inputs: inout [Tensor]) -> Int {
    let first = sources.count
    for position in inputs.indices {
      if let trace = trace(of: inputs[position], on: self) {
        sources.append(trace.index)
        inputs[position] = trace.primal
      } else {
        sources.append(Tape.constant)
      }
    }
    return first
  }

  fileprivate func push(_ node: Node, _ value: Tensor) -> Tensor {
    nodes.append(node)
    return Tensor(
      storage: value.storage, dtype: value.dtype, shape: value.shape, strides: value.strides,
      offset: value.offset, trace: Trace(tape: self, index: nodes.count - 1, primal: value))
  }

  /// Reverse sweep: the cotangents of `variables` for the given cotangent of `output`.
  func pullBack(_ output: Tensor, cotangent: Tensor, to variables: [Tensor]) throws -> [Tensor?] {
    guard let last = trace(of: output, on: self)?.index else {
      return variables.map { _ in nil }
    }
    var cotangents = [Tensor?](repeating: nil, count: last + 1)
    cotangents[last] = cotangent
    for index in stride(from: last, through: 0, by: -1) {
      let node = nodes[index]
      if let joint = node.joint {
        try pullBack(joint, node, from: index, &cotangents)
        continue
      }
      guard !node.inputs.isEmpty, let output = node.output, let incoming = cotangents[index] else {
        continue
      }
      cotangents[index] = nil
      try node.checkVersion(Tape.Node.version(node.inputs, output))
      for position in node.inputs.indices {
        let source = sources[node.firstSource + position]
        if source == Tape.constant { continue }
        let flow = try node.pullbacks[position](node.inputs, output, incoming)
        cotangents[source] = try cotangents[source].map { try $0 + flow } ?? flow
      }
    }
    return variables.map { variable in
      trace(of: variable, on: self).flatMap { $0.index <= last ? cotangents[$0.index] : nil }
    }
  }
}

extension Tape {
  /// One step of the sweep: the cotangents of all results at once, those of all inputs back.
  private func pullBack(
    _ joint: JointNode, _ node: Node, from index: Int, _ cotangents: inout [Tensor?]
  ) throws {
    let results = index..<min(index + joint.results.count, cotangents.count)
    var incoming = Array(cotangents[results])
    for place in results { cotangents[place] = nil }
    if incoming.allSatisfy({ $0 == nil }) { return }
    incoming += Array(repeating: nil, count: joint.results.count - incoming.count)
    try node.checkVersion(joint.version)
    let places = node.firstSource..<node.firstSource + joint.inputs.count
    let flows = try joint.pullback(
      JointFlow(
        node: joint, cotangents: incoming, wanted: sources[places].map { $0 != Tape.constant })
    )
    for (flow, place) in zip(flows, places) where sources[place] != Tape.constant {
      guard let flow else { continue }
      let source = sources[place]
      cotangents[source] = try cotangents[source].map { try $0 + flow } ?? flow
    }
  }
}

extension Tape.Node {
  static func leaf(_ name: StaticString) -> Tape.Node {
    Tape.Node(
      name: name, inputs: [], firstSource: 0, pullbacks: [], output: nil, version: 0, joint: nil)
  }

  /// A value that was written to after it was read would give a wrong gradient silently.
  func checkVersion(_ current: Int) throws {
    guard current == version else {
      throw UserError(
        "a tensor used by '\(name)' was written to before its gradient was taken; use a copy")
    }
  }

  static func version(_ inputs: [Tensor], _ output: Tensor) -> Int {
    var sum = output.storage.version
    for input in inputs { sum &+= input.storage.version }
    return sum
  }
}

/// How the cotangent of a result flows to one input: (inputs, output, cotangent) → cotangent.
/// Written in traced operations, so that it can be differentiated again.
public typealias Pullback = (_ inputs: [Tensor], _ output: Tensor, _ cotangent: Tensor) throws ->
  Tensor

extension Trace {
  fileprivate var record: Tape { unsafeDowncast(tape, to: Tape.self) }
}

/// The trace of a tensor on an open tape, the highest one where none is named.
func trace(of tensor: Tensor, on tape: Tape? = nil) -> Trace? {
  var current = tensor
  while let trace = current.trace {
    if trace.record.isOpen, tape == nil || trace.record === tape { return trace }
    current = trace.primal
  }
  return nil
}

extension Tensor {
  /// The value under every tape, open or closed.
  public var value: Tensor {
    var current = self
    while let trace = current.trace { current = trace.primal }
    return current
  }

  /// The value of an argument through which no gradient passes: an error where one would have to.
  public func constant(_ name: String) throws -> Tensor {
    if trace != nil, isRecorded {
      throw UserError("\(name) must not be differentiated here; use its detach()")
    }
    return value
  }

  /// Whether an open tape records what is done with this tensor.
  public var isRecorded: Bool { Autodiff.trace(of: self) != nil }
}

/// Whether an open tape records one of the tensors, or a program is recorded: then nothing but recorded
/// operations may make a value of them.
public func isWatched(_ tensors: Tensor...) -> Bool {
  Tensor.isProgramRecorded || tensors.contains(where: \.isRecorded)
}

/// The highest open tape that one of the tensors is on.
private func highestTape(of tensors: [Tensor]) -> Tape? {
  var highest: Tape?
  for tensor in tensors where tensor.isTraced {
    guard let tape = trace(of: tensor)?.record else { continue }
    if tape.level > highest?.level ?? Int.min { highest = tape }
  }
  return highest
}

/// Runs an operation and, where an input is on an open tape, records it there with one pullback for
/// each input.
public func record(
  _ name: StaticString, _ inputs: consuming [Tensor], forward: ([Tensor]) throws -> Tensor,
  pullbacks: @autoclosure () -> [Pullback]
) throws -> Tensor {
  guard let tape = highestTape(of: inputs) else {
    for position in inputs.indices where inputs[position].isTraced {
      inputs[position] = inputs[position].value
    }
    return try forward(inputs)
  }
  let firstSource = tape.takeSources(of: &inputs)
  let output = try record(name, copy inputs, forward: forward, pullbacks: pullbacks())
  return tape.push(
    Tape.Node(
      name: name, inputs: inputs, firstSource: firstSource, pullbacks: pullbacks(), output: output,
      version: Tape.Node.version(inputs, output), joint: nil), output)
}

/// Runs an operation of any number of results and, where an input is on an open tape, records it there
/// with one pullback for all inputs.
public func record(
  _ name: StaticString, _ inputs: consuming [Tensor], saves: Saves,
  forward: ([Tensor]) throws -> [Tensor], pullback: @escaping JointPullback,
  pushforward: JointPushforward? = nil
) throws -> [Tensor] {
  guard let tape = highestTape(of: inputs) else {
    for position in inputs.indices where inputs[position].isTraced {
      inputs[position] = inputs[position].value
    }
    return try forward(inputs)
  }
  let firstSource = tape.takeSources(of: &inputs)
  let outputs = try record(
    name, copy inputs, saves: saves, forward: forward, pullback: pullback, pushforward: pushforward)
  let joint = JointNode(inputs, outputs, saves, pullback, pushforward)
  return outputs.enumerated().map { place, output in
    tape.push(
      place > 0
        ? .leaf(name)
        : Tape.Node(
          name: name, inputs: [], firstSource: firstSource, pullbacks: [], output: nil,
          version: joint.version, joint: joint), output)
  }
}

/// The value of a function and how a cotangent of it flows back to its inputs.
///
/// - Returns: the value, and the cotangents of `inputs` (zeros where the value does not depend on one).
public func vjp(
  _ inputs: [Tensor], cotangent: Tensor? = nil, of function: ([Tensor]) throws -> Tensor
) throws -> (value: Tensor, cotangents: [Tensor]) {
  let tape = Tape()
  defer { tape.close() }
  let variables = inputs.map { tape.variable($0) }
  let output = try function(variables)
  let seed: Tensor
  if let cotangent {
    guard cotangent.shape == output.shape else {
      throw UserError(
        "the cotangent has shape \(cotangent.shape), the function's value \(output.shape)")
    }
    seed = cotangent
  } else {
    guard output.elementCount == 1 else {
      throw UserError(
        "a gradient needs a function with one number as its value, got shape \(output.shape)")
    }
    seed = try Tensor.full(output.shape, 1, output.dtype)
  }
  let flows = try tape.pullBack(output, cotangent: seed, to: variables)
  let value = trace(of: output, on: tape)?.primal ?? output
  let cotangents = try zip(flows, inputs).map { flow, input in
    try flow ?? Tensor.zeros(input.shape, input.dtype)
  }
  return (value, cotangents)
}
