import Catalog
import Tensors

/// What a call of a network has beside points and levels: values in place of its parameters, such as the
/// variables of a tape; the classes of the points; and in training a place for the new values of buffers
/// and the random numbers of dropout.
package struct NetworkCall {
  private let set: ParameterSet
  /// In the order of the parameter set.
  package let values: [Tensor]
  /// Shape [n], integers from 0 up; nil where the network takes none.
  package let labels: Tensor?
  private let writes: BufferWrites?
  /// Takes what layers say of themselves in place of computing; nil in every other call.
  package let outline: NetworkOutline?
  /// Which channels are noted or left out, where the network is made linear at a point in evaluation; nil in every
  /// other call.
  package let open: OpenChannels?

  package init(
    _ set: ParameterSet, at values: [Tensor]? = nil, labels: Tensor? = nil,
    writes: BufferWrites? = nil, outline: NetworkOutline? = nil, open: OpenChannels? = nil
  ) {
    self.set = set
    (self.outline, self.open) = (outline, open)
    self.values = values ?? set.views
    self.labels = labels
    self.writes = writes
  }

  /// Calls evaluate unless a step of training makes them.
  package var isTraining: Bool { writes != nil }

  /// The parameter of a name.
  package subscript(name: String) -> Tensor { values[set.place(of: name)] }

  /// The seed and the number of each example, float64 of shape [n, 2]: what random numbers of training follow
  /// from. nil in evaluation.
  package var examples: Tensor? { writes?.examples }

  /// Says what a buffer is after this step of training. The run writes it, once the step is known to be
  /// sound; a call of the network changes nothing.
  package func write(_ name: String, _ value: Tensor) throws {
    try writes?.note(name, value, like: set[name])
  }
}

/// A step of training as networks see it: the new values of buffers, and the numbers of the examples.
package final class BufferWrites {
  private var values: [String: Tensor] = [:]
  /// The seed and the number of each example, [n, 2].
  fileprivate let examples: Tensor?

  package init(examples: Tensor? = nil) { self.examples = examples }

  func note(_ name: String, _ value: Tensor, like old: Tensor) throws {
    guard value.shape == old.shape, value.dtype.isFloatingPoint else {
      throw UserError(
        "the buffer \(name) must stay of shape \(old.shape), got \(value.describe())")
    }
    values[name] = value
  }

  /// The buffers of a set after the step, without a trace of gradients; those not written stay.
  package func values(of set: ParameterSet) throws -> [Tensor] {
    try set.buffers.map { item, view in
      try values[item.name]?.value.converted(to: .float32) ?? view
    }
  }
}
