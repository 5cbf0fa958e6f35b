import Catalog
import Layers
import Tensors

/// Parameters in nested tables, as a model of `nn.define` has them. In a `ParameterSet` and in files each
/// tensor has the name of its path: `layers.1.w`.
struct ParameterTree {
  /// The tables with the names of the tensors in their place: what a file holds of it.
  let names: Value
  let items: [(name: String, tensor: Tensor)]

  /// - Throws: where there is anything but float32 tensors in lists and tables of names.
  init(_ value: Value) throws {
    var items: [(name: String, tensor: Tensor)] = []
    names = try ParameterTree.walk(value, path: "", &items)
    self.items = items
    for (place, item) in items.enumerated()
    where items[..<place].contains(where: { $0.name == item.name }) {
      throw UserError("parameters have two tensors with the path \(item.name)")
    }
  }

  /// From what a file holds; a tensor that is not there gets no shape, and is missed by the check of the
  /// whole set.
  init(names: Value, tensors: StoredTensors) throws {
    self.names = names
    var order: [String] = []
    ParameterTree.collect(names, &order)
    items = try order.map { (name: $0, tensor: try tensors[$0] ?? Tensor.zeros([])) }
  }

  /// The same nesting around tensors in the order of `items`.
  func value(_ tensors: [Tensor]) -> Value {
    var rest = tensors[...]
    return ParameterTree.fill(names, &rest)
  }

  /// Names that a model with buffers has beside its parameters.
  static let reserved: Set<String> = ["buffers", "training"]

  // MARK: Walking

  private static func walk(
    _ value: Value, path: String, _ items: inout [(name: String, tensor: Tensor)]
  ) throws -> Value {
    let place = path.isEmpty ? "parameters" : "parameters.\(path)"
    // Where the functions of a model with buffers find these.
    if path.isEmpty, case .map(let pairs) = value,
      let key = pairs.first(where: { reserved.contains($0.key.text) })
    {
      throw UserError("parameters must not have the name \(key.key), which buffers have")
    }
    func below(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
    switch value {
    case .object(let tensor as Tensor):
      guard tensor.dtype == .float32 else {
        throw UserError("\(place) must be float32, got \(tensor.dtype.rawValue)")
      }
      let name = path.isEmpty ? "p" : path
      items.append((name, try tensor.constant(place)))
      return .string(name)
    case .list(let values):
      return .list(
        try values.enumerated().map { try walk($1, path: below("\($0 + 1)"), &items) })
    case .map(let pairs):
      if let (key, _) = pairs.first(where: { Double($0.key.text) != nil }) {
        throw UserError("\(place) must be a list or have names as keys, got the key \(key) as well")
      }
      return .map(try pairs.map { ($0.key, try walk($0.value, path: below($0.key.text), &items)) })
    default:
      throw UserError(
        "\(place) must be a float32 tensor or a table of them, got \(value.describe())")
    }
  }

  private static func collect(_ names: Value, _ order: inout [String]) {
    switch names {
    case .string(let name): order.append(name)
    case .list(let values): for value in values { collect(value, &order) }
    case .map(let pairs): for (_, value) in pairs { collect(value, &order) }
    default: break
    }
  }

  private static func fill(_ names: Value, _ rest: inout ArraySlice<Tensor>) -> Value {
    switch names {
    case .string: return rest.popFirst().map { .object($0) } ?? .none
    case .list(let values): return .list(values.map { fill($0, &rest) })
    case .map(let pairs): return .map(pairs.map { ($0.key, fill($0.value, &rest)) })
    default: return names
    }
  }
}
