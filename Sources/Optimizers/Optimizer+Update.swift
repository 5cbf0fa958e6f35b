import Autodiff
import Catalog
import Tensors

// An optimizer outside of `train`, as a pure function: new parameters and a new state from old ones. The
// state is a table with the number of gradients and each tensor of the chain by its name, over all
// parameters one behind the other.

extension Optimizer {
  static let update = Entry.method(
    Optimizer.self, "update", "One update of parameters against a gradient; changes neither.",
    .arg("p", "the parameters: a float32 tensor, or tensors in nested tables"),
    .arg("g", "their gradient, nested alike"),
    .arg("state", default: nil, "what the update before returned; absent in the first"),
    returns: "new parameters, nested alike, and the new state",
    details: """
      The state is a table: `step`, the gradients taken so far, and what the rule and the options \
      before it remember, each as one tensor over all parameters. `file.save` writes its tensors.
      """,
    example: """
      o = optim.adam{rate = 0.1, clip = 1}
      p = {w = tensor{1, 2}, b = tensor{3}}
      slope = grad.grad(function(p) return (p.w^2):sum() + (p.b^2):sum() end)
      for i = 1, 100 do p, state = o:update(p, slope(p), state) end
      return p.w, p.b, state.step
      """
  ) { (optimizer: Optimizer, p: Value, g: Value, state: Value?) -> Several<Value, Value> in
    let (parameters, next) = try optimizer.updated(p, g, state ?? .none)
    return Several(parameters, next)
  }

  func updated(_ p: Value, _ g: Value, _ state: Value) throws -> (Value, Value) {
    let tree = try TensorTree(p, name: "p")
    let gradients = try TensorTree(g, name: "g")
    try check(tree, gradients)
    let count = tree.leaves.reduce(0) { $0 + $1.elementCount }
    let parameters = try Optimizer.flat(tree.leaves, count, "p")
    let gradient = try Optimizer.flat(gradients.leaves, count, "g")
    let chain = try makeChain(count: count)
    let step = try restore(chain, from: state, count: count) + 1
    _ = chain.update(
      parameters.pointer(Float.self), gradient: gradient.pointer(Float.self),
      rate: try rate.rates(from: step, count: 1)[0], step: step)
    let next = [("step", Value.integer(step))] + chain.tensors.map { ($0.name, .object($0.tensor)) }
    var start = 0
    let moved = try tree.leaves.map { leaf in
      defer { start += leaf.elementCount }
      return try parameters.slice(axis: 0, start..<start + leaf.elementCount)
        .reshaped(to: Array(leaf.shape)).copied()
    }
    return (tree.replacing(with: moved), .named(next))
  }

  /// The gradient must be nested as the parameters, with tensors of the same shapes.
  private func check(_ p: TensorTree, _ g: TensorTree) throws {
    for leaf in p.leaves where leaf.dtype != .float32 {
      throw UserError("p must hold float32 tensors, got \(leaf.dtype.rawValue)")
    }
    guard Optimizer.isNestedAlike(p.value, g.value) else {
      throw UserError("g must be nested as p is, with a tensor for each of p and none besides")
    }
    for (place, (parameter, gradient)) in zip(p.leaves, g.leaves).enumerated()
    where parameter.shape != gradient.shape {
      throw UserError(
        "g must have the shapes of p, got \(gradient.shape) for \(parameter.shape) in tensor "
          + "\(place + 1)")
    }
  }

  private static func isNestedAlike(_ a: Value, _ b: Value) -> Bool {
    func pairs(_ value: Value) -> [(String, Value)]? {
      switch value {
      case .map(let pairs): pairs.map { ($0.key.text, $0.value) }
      case .list(let items): items.enumerated().map { ("\($0.offset + 1)", $0.element) }
      case .record(_, let pairs): pairs.map { ($0.key.text, $0.value) }
      default: nil
      }
    }
    if case .object = a, case .object = b { return true }
    guard let first = pairs(a), let second = pairs(b) else { return false }
    return first.map(\.0) == second.map(\.0)
      && zip(first, second).allSatisfy { isNestedAlike($0.1, $1.1) }
  }

  /// All numbers one behind the other, in memory of their own.
  private static func flat(_ tensors: [Tensor], _ count: Int, _ name: String) throws -> Tensor {
    let result = try Tensor(uninitialized: [count])
    var target = result.pointer(Float.self)
    for tensor in tensors {
      let dense = try tensor.constant(name).converted(to: .float32).densified()
      target.update(from: dense.pointer(Float.self), count: dense.elementCount)
      target += dense.elementCount
    }
    return result
  }

  /// Copies a state into a new chain.
  /// - Returns: the gradients taken so far.
  private func restore(_ chain: UpdateChain, from state: Value, count: Int) throws -> Int {
    let pairs: [(key: String, value: Value)]
    switch state {
    case .none: return 0
    case .list(let items) where items.isEmpty: pairs = []
    case .map(let given): pairs = given.map { ($0.key.text, $0.value) }
    case .record(_, let given): pairs = given.map { ($0.key.text, $0.value) }
    default: throw UserError("state must be a table, got \(state.describe())")
    }
    let names = ["step"] + chain.tensors.map(\.name)
    if let stranger = pairs.first(where: { !names.contains($0.key) }) {
      throw UserError("state: \(unknownName("member", stranger.key, known: names))")
    }
    guard case .integer(let step)? = pairs.first(where: { $0.key == "step" })?.value, step >= 0,
      step < Count.most
    else { throw UserError("state.step must be the number of gradients taken, 0 or more") }
    for (name, target) in chain.tensors {
      let value = pairs.first { $0.key == name }?.value ?? .none
      guard case .object(let object) = value, let tensor = object as? Tensor,
        tensor.dtype == .float32, tensor.shape == target.shape
      else {
        throw UserError(
          "state.\(name) must be a float32 tensor of shape \(target.shape), got \(value.describe())"
        )
      }
      let dense = try tensor.constant("state.\(name)").densified()
      target.pointer(Float.self).update(from: dense.pointer(Float.self), count: count)
    }
    return step
  }
}
