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
  /// One operation: which earlier nodes it read, and how a cotangent of its result flows to each.
  struct Node {
    let name: StaticString
    let inputs: [(node: Int, pullback: Pullback)]
    let primals: [Tensor]
    let output: Tensor
    let versions: [Int]
  }

  /// Tapes opened later have higher levels; an operation is recorded on the highest it meets.
  let level: Int
  private(set) var nodes: [Node] = []
  private(set) var isOpen = true
  private static let opened = Atomic<Int>(0)

  init() {
    level = Tape.opened.add(1, ordering: .relaxed).newValue
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
    push(Node(name: "variable", inputs: [], primals: [], output: value, versions: []))
  }

  func push(_ node: Node) -> Tensor {
    nodes.append(node)
    let view = node.output
    let result = Tensor(
      storage: view.storage, dtype: view.dtype, shape: view.shape, strides: view.strides,
      offset: view.offset)
    result.trace = Trace(tape: self, index: nodes.count - 1, primal: view)
    return result
  }

  /// Reverse sweep: the cotangents of `variables` for the given cotangent of `output`.
  func pullBack(_ output: Tensor, cotangent: Tensor, to variables: [Tensor]) throws -> [Tensor?] {
    guard let last = trace(of: output, on: self)?.index else {
      return variables.map { _ in nil }
    }
    var cotangents = [Tensor?](repeating: nil, count: last + 1)
    cotangents[last] = cotangent
    let kept = Set(variables.compactMap { trace(of: $0, on: self)?.index })
    for index in stride(from: last, through: 0, by: -1) {
      guard let incoming = cotangents[index] else { continue }
      let node = nodes[index]
      try node.checkVersions()
      for (input, pullback) in node.inputs {
        let flow = try pullback(node.primals, node.output, incoming)
        cotangents[input] = try cotangents[input].map { try $0 + flow } ?? flow
      }
      if !kept.contains(index) { cotangents[index] = nil }
    }
    return variables.map { variable in
      trace(of: variable, on: self).flatMap { $0.index <= last ? cotangents[$0.index] : nil }
    }
  }
}

extension Tape.Node {
  /// A value that was written to after it was read would give a wrong gradient silently.
  func checkVersions() throws {
    for (tensor, version) in zip(primals + [output], versions)
    where tensor.storage.version != version {
      throw UserError(
        "a tensor used by '\(name)' was written to before its gradient was taken; use a copy")
    }
  }
}

/// A tensor's place on a tape.
final class Trace {
  let tape: Tape
  let index: Int
  let primal: Tensor

  init(tape: Tape, index: Int, primal: Tensor) {
    self.tape = tape
    self.index = index
    self.primal = primal
  }
}

/// How the cotangent of a result flows to one input: (inputs, output, cotangent) → cotangent.
/// Written in traced operations, so that it can be differentiated again.
public typealias Pullback = (_ inputs: [Tensor], _ output: Tensor, _ cotangent: Tensor) throws ->
  Tensor

/// The trace of a tensor on an open tape, the highest one where none is named.
func trace(of tensor: Tensor, on tape: Tape? = nil) -> Trace? {
  var current = tensor
  while let trace = current.trace.map({ unsafeDowncast($0, to: Trace.self) }) {
    if trace.tape.isOpen, tape == nil || trace.tape === tape { return trace }
    current = trace.primal
  }
  return nil
}

extension Tensor {
  /// The value under every tape, open or closed.
  public var value: Tensor {
    var current = self
    while let trace = current.trace.map({ unsafeDowncast($0, to: Trace.self) }) {
      current = trace.primal
    }
    return current
  }

  /// Whether an open tape records what is done with this tensor.
  public var isRecorded: Bool { Autodiff.trace(of: self) != nil }
}

/// Runs an operation and, where an input is on an open tape, records it there with one pullback for
/// each input.
public func record(
  _ name: StaticString, _ inputs: [Tensor], forward: ([Tensor]) throws -> Tensor,
  pullbacks: [Pullback]
) throws -> Tensor {
  let traces = inputs.map { trace(of: $0) }
  guard let tape = traces.compactMap({ $0?.tape }).max(by: { $0.level < $1.level }) else {
    return try forward(inputs.map(\.value))
  }
  var recorded: [(node: Int, pullback: Pullback)] = []
  var primals: [Tensor] = []
  for (position, input) in inputs.enumerated() {
    if let trace = traces[position], trace.tape === tape {
      recorded.append((trace.index, pullbacks[position]))
      primals.append(trace.primal)
    } else {
      primals.append(input)
    }
  }
  let output = try record(name, primals, forward: forward, pullbacks: pullbacks)
  return tape.push(
    Tape.Node(
      name: name, inputs: recorded, primals: primals, output: output,
      versions: (primals + [output]).map(\.storage.version)))
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
