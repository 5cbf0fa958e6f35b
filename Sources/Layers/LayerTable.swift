import Catalog
import Tensors

/// The layers of a network: one, or several in nested tables, each with the path by which its parameters go:
/// `{down = nn.conv2d{1, 8}, up = {nn.relu(), nn.conv2d{8, 1}}}` has `down`, `up.1` and `up.2`.
package struct LayerTable: Argument {
  /// Descriptions in the place of layers, as files hold them.
  private let description: Value
  package let items: [(path: String, layer: any Layer)]

  package static var expectation: String { "a layer, or a table of layers" }
  package static var luaType: String { "layer|table" }

  package init(_ layer: any Layer) {
    description = LayerFile.value(layer)
    items = [("", layer)]
  }

  private init(_ description: Value, _ items: [(path: String, layer: any Layer)]) {
    self.description = description
    self.items = items
  }

  /// The only layer, where there are no tables.
  package var single: (any Layer)? { items.first.flatMap { $0.path.isEmpty ? $0.layer : nil } }

  package static func read(_ frame: Frame, _ index: Int32) throws -> LayerTable {
    var walk = Walk()
    let description = try walk.description(try Value.read(frame, index), path: "")
    return LayerTable(description, walk.items)
  }

  package static func restored(_ value: Value) -> LayerTable? {
    var walk = Walk()
    guard walk.restore(value, path: "") else { return nil }
    return LayerTable(value, walk.items)
  }

  package var literal: String { single.map(\.call) ?? "\(items.count) layers" }
  package var luaValue: Value { description }

  /// The same nesting around what stands for each layer.
  package func value(_ make: (_ path: String, _ layer: any Layer) -> Value) -> Value {
    var rest = items[...]
    return LayerTable.fill(description, &rest, make)
  }

  private static func fill(
    _ value: Value, _ rest: inout ArraySlice<(path: String, layer: any Layer)>,
    _ make: (String, any Layer) -> Value
  ) -> Value {
    if LayerFile.isLayer(value) {
      return rest.popFirst().map { make($0.path, $0.layer) } ?? .none
    }
    switch value {
    case .list(let values): return .list(values.map { fill($0, &rest, make) })
    case .map(let pairs): return .map(pairs.map { ($0.key, fill($0.value, &rest, make)) })
    default: return value
    }
  }
}

/// What a walk through a table of layers has met.
private struct Walk {
  var items: [(path: String, layer: any Layer)] = []
  private var seen: [ObjectIdentifier: String] = [:]

  mutating func description(_ value: Value, path: String) throws -> Value {
    switch value {
    case .object(let object as LayerObject):
      if let other = seen[ObjectIdentifier(object)] {
        throw Mismatch(
          sentence:
            "must not hold one layer twice, as \(other) and \(path); call it twice in forward, or "
            + "make two")
      }
      seen[ObjectIdentifier(object)] = path
      items.append((path, object.layer))
      return LayerFile.value(object.layer)
    case .list(let values):
      return .list(
        try values.enumerated().map {
          try description($1, path: LayerCall.join(path, "\($0 + 1)"))
        })
    case .map(let pairs):
      return .map(
        try pairs.map {
          ($0.key, try description($0.value, path: LayerCall.join(path, $0.key.text)))
        })
    default:
      let place = path.isEmpty ? "" : " at \(path)"
      throw Mismatch(expected: LayerTable.expectation, got: value.describe() + place)
    }
  }

  mutating func restore(_ value: Value, path: String) -> Bool {
    if LayerFile.isLayer(value) {
      guard let layer = LayerFile.layer(value) else { return false }
      items.append((path, layer))
      return true
    }
    switch value {
    case .list(let values):
      for (place, value) in values.enumerated() {
        guard restore(value, path: LayerCall.join(path, "\(place + 1)")) else { return false }
      }
      return true
    case .map(let pairs):
      for (key, value) in pairs {
        guard restore(value, path: LayerCall.join(path, key.text)) else { return false }
      }
      return true
    default: return false
    }
  }
}
