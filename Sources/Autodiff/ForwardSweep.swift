import Catalog
import Tensors

extension Tape {
  /// Forward sweep: J v, the tangent of `output` for the given tangent of `variable`; nil where the output does
  /// not depend on it.
  ///
  /// An operation with a `pushforward` says what becomes of tangents. All others are pushed by their pullback,
  /// u ↦ Pᵀu, which is linear in u: its transpose is a reverse sweep over it, ∂/∂u ⟨Pᵀu, v⟩ = P v.
  func pushForward(_ output: Tensor, tangent: Tensor, from variable: Tensor) throws -> Tensor? {
    guard let first = trace(of: variable, on: self)?.index,
      let last = trace(of: output, on: self)?.index, first <= last
    else { return nil }
    var tangents = [Tensor?](repeating: nil, count: last + 1)
    tangents[first] = tangent
    let lastUse = lastUses(upTo: last)
    for index in first..<last + 1 where index > first {
      let node = nodes[index]
      let count = node.joint?.inputs.count ?? node.inputs.count
      let places = node.firstSource..<node.firstSource + count
      if !sources[places].contains(where: { $0 != Tape.constant && tangents[$0] != nil }) {
        continue
      }
      if let joint = node.joint {
        try node.checkVersion(joint.version)
        let results = try pushForward(joint, sources[places].map { $0 < 0 ? nil : tangents[$0] })
        for (place, result) in results.enumerated() where index + place <= last {
          tangents[index + place] = result
        }
      } else {
        tangents[index] = try pushForward(node, tangents)
      }
      // What nothing reads any more goes, so that few maps are held at once.
      for source in sources[places] where source != Tape.constant && source != last {
        if lastUse[source] == index { tangents[source] = nil }
      }
    }
    return tangents[last]
  }

  /// The last operation that reads each node.
  private func lastUses(upTo last: Int) -> [Int] {
    var uses = [Int](repeating: 0, count: last + 1)
    for index in 0..<last + 1 {
      let count = nodes[index].joint?.inputs.count ?? nodes[index].inputs.count
      for place in nodes[index].firstSource..<nodes[index].firstSource + count
      where sources[place] != Tape.constant { uses[sources[place]] = index }
    }
    return uses
  }

  private func pushForward(_ node: Node, _ tangents: [Tensor?]) throws -> Tensor? {
    guard let output = node.output else { return nil }
    try node.checkVersion(Node.version(node.inputs, output))
    var total: Tensor?
    for position in node.inputs.indices {
      let source = sources[node.firstSource + position]
      guard source != Tape.constant, let tangent = tangents[source] else { continue }
      let flow = try vjp([Tensor.zeros(output.shape, output.dtype)], cotangent: tangent) {
        try node.pullbacks[position](node.inputs, output, $0[0])
      }.cotangents[0]
      total = try total.map { try $0 + flow } ?? flow
    }
    return total
  }

  /// One tangent for each result.
  private func pushForward(_ joint: JointNode, _ tangents: [Tensor?]) throws -> [Tensor?] {
    if let results = try joint.pushforward?(TangentFlow(node: joint, tangents: tangents)) {
      return results
    }
    let zeros = try joint.results.map { try Tensor.zeros($0.shape, $0.dtype) }
    return try vjp(zeros) { cotangents in
      let flows = try joint.pullback(
        JointFlow(node: joint, cotangents: cotangents, wanted: tangents.map { $0 != nil }))
      var total: Tensor?
      for (flow, tangent) in zip(flows, tangents) {
        guard let flow, let tangent else { continue }
        let part = try sum(flow * tangent)
        total = try total.map { try $0 + part } ?? part
      }
      return try total ?? Tensor.scalar(0)
    }.cotangents
  }
}
