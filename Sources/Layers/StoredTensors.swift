import Catalog
import Tensors

/// The tensors of a file by name, checked as a whole before the first of them is used.
package struct StoredTensors {
  /// The file, for errors.
  package let path: String
  package let tensors: [(name: String, tensor: Tensor)]

  package init(path: String, tensors: [(name: String, tensor: Tensor)]) {
    self.path = path
    self.tensors = tensors
  }

  private var elementCount: Int { tensors.reduce(0) { $0 + $1.tensor.elementCount } }

  /// Throws where an option is an integer larger than the file has elements, or than a few thousand where
  /// a length takes no memory, so that no size a file merely claims is allocated.
  package func check(_ options: some OptionGroup, place: String) throws {
    let most = max(1 << 14, elementCount)
    for (name, value) in options.fields {
      let numbers: [Value] = if case .list(let items) = value { items } else { [value] }
      for case .integer(let number) in numbers where number > most {
        throw UserError(
          "\(place): \(name) must be an integer from 1 to \(most), got \(number)")
      }
    }
  }

  /// Throws unless the file holds float32 tensors of exactly these names and shapes.
  package func check(against starts: [ParameterSet.Start]) throws {
    let names = starts.map(\.name)
    if let stranger = tensors.first(where: { !names.contains($0.name) }) {
      throw UserError("\(path): \(unknownName("tensor", stranger.name, known: names))")
    }
    for start in starts {
      guard let tensor = self[start.name] else {
        throw UserError("\(path): the tensor '\(start.name)' is missing")
      }
      guard tensor.shape == start.shape else {
        throw UserError(
          "\(path): \(start.name) has shape \(tensor.shape), expected \(start.shape)")
      }
      guard tensor.dtype == .float32 else {
        throw UserError("\(path): \(start.name) must be float32, got \(tensor.dtype.rawValue)")
      }
    }
  }

  /// The tensors but those of some names.
  package func without(_ names: [String]) -> StoredTensors {
    StoredTensors(path: path, tensors: tensors.filter { !names.contains($0.name) })
  }

  /// A float32 tensor of its own.
  package func tensor(_ name: String, _ shape: Shape) throws -> Tensor {
    let start = ParameterSet.Start.constant(name, shape, 0)
    try StoredTensors(path: path, tensors: tensors.filter { $0.name == name }).check(
      against: [start])
    let result = try Tensor(uninitialized: shape)
    copy(name, to: result.pointer(Float.self), shape.elementCount)
    return result
  }

  package subscript(name: String) -> Tensor? { tensors.first { $0.name == name }?.tensor }

  package func copy(_ name: String, to target: UnsafeMutablePointer<Float>, _ count: Int) {
    guard let tensor = self[name] else { return }
    target.update(from: tensor.pointer(Float.self), count: count)
  }
}
