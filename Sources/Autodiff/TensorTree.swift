import Catalog
import Tensors

/// A tensor, or nested tables of tensors such as a model's parameters: what gradients are taken with
/// respect to. Tables are walked list part first, then keys sorted by their bytes, never in Lua's own
/// order, which changes from start to start. Numbers and strings inside tables are constants; a lone
/// number counts as a 0-d float64 tensor.
public struct TensorTree {
  public let value: Value
  public let leaves: [Tensor]

  public init(_ value: Value, name: String) throws {
    var leaves: [Tensor] = []
    switch value {
    case .number(let number): self.value = .object(try Tensor.scalar(number, .float64))
    case .integer(let number): self.value = .object(try Tensor.scalar(Double(number), .float64))
    default: self.value = value
    }
    TensorTree.collect(self.value, &leaves)
    guard !leaves.isEmpty else {
      throw UserError(
        "\(name) must be a tensor or a table with tensors in it, got \(value.describe())")
    }
    for leaf in leaves where !leaf.dtype.isFloatingPoint {
      throw UserError("\(name) must hold float32 or float64 tensors, got \(leaf.dtype.rawValue)")
    }
    self.leaves = leaves
  }

  /// The same nesting around other tensors.
  public func replacing(with tensors: [Tensor]) -> Value {
    var rest = tensors[...]
    return TensorTree.rebuild(value, &rest)
  }

  static func collect(_ value: Value, _ leaves: inout [Tensor]) {
    switch value {
    case .object(let object): if let tensor = object as? Tensor { leaves.append(tensor) }
    case .list(let values): for item in values { collect(item, &leaves) }
    case .map(let pairs), .record(_, let pairs): for (_, item) in pairs { collect(item, &leaves) }
    default: break
    }
  }

  static func rebuild(_ value: Value, _ rest: inout ArraySlice<Tensor>) -> Value {
    switch value {
    case .object(let object) where object is Tensor:
      return rest.popFirst().map { .object($0) } ?? value
    case .list(let values): return .list(values.map { rebuild($0, &rest) })
    case .map(let pairs): return .map(pairs.map { ($0.key, rebuild($0.value, &rest)) })
    case .record(let name, let pairs):
      return .record(name: name, pairs.map { ($0.key, rebuild($0.value, &rest)) })
    default: return value
    }
  }
}
