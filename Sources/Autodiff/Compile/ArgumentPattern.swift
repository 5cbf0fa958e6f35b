import Catalog
import Tensors

/// What a plan was recorded for: the nesting of the arguments, the type and shape of each tensor, and
/// everything that is not a tensor as it was. Arguments either fit a pattern, and then give the
/// tensors and streams in it, or need another plan.
indirect enum ArgumentPattern {
  case none
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case tensor(DType, Shape)
  /// A stream may be another in each call; the number tells which of the streams are one.
  case stream(Int)
  /// Objects and functions are told apart by identity, and kept so that none takes their place.
  case object(any Object)
  case function(Callback)
  case list([ArgumentPattern])
  case map([(key: Key, value: ArgumentPattern)])

  /// A key, and its name as Lua asks for it.
  final class Key {
    let key: Value.Key
    private let bytes: [CChar]

    init(_ key: Value.Key) {
      self.key = key
      bytes = Array(key.text.utf8CString)
    }

    /// Pushes what the table at `index` has under this key.
    func push(_ frame: Frame, _ table: Int32) {
      let host = frame.host.pointee
      if let index = key.index {
        _ = host.getIndex(frame.state, table, index)
        return
      }
      bytes.withUnsafeBufferPointer { bytes in
        if let name = bytes.baseAddress { _ = host.getField(frame.state, table, name) }
      }
    }
  }

  /// The tensors and streams of a call, in the order of the pattern.
  struct Leaves {
    var tensors: [Tensor] = []
    var streams: [RandomStream] = []

    init() { tensors.reserveCapacity(16) }

    /// The number of a stream among the different ones.
    mutating func number(of stream: RandomStream) -> Int {
      if let known = streams.firstIndex(where: { $0 === stream }) { return known }
      streams.append(stream)
      return streams.count - 1
    }
  }

  init(_ value: Value, _ leaves: inout Leaves) {
    switch value {
    case .none: self = .none
    case .boolean(let value): self = .boolean(value)
    case .integer(let value): self = .integer(value)
    case .number(let value): self = .number(value)
    case .string(let value): self = .string(value)
    case .function(let callback): self = .function(callback)
    case .object(let object):
      switch object {
      case let tensor as Tensor:
        leaves.tensors.append(tensor)
        self = .tensor(tensor.dtype, tensor.shape)
      case let stream as RandomStream: self = .stream(leaves.number(of: stream))
      default: self = .object(object)
      }
    case .list(let values):
      self = .list(values.map { ArgumentPattern($0, &leaves) })
    case .map(let pairs), .record(_, let pairs):
      self = .map(pairs.map { (Key($0.key), ArgumentPattern($0.value, &leaves)) })
    }
  }

  /// Whether a value fits; its tensors and streams are added.
  func matches(_ value: Value, _ leaves: inout Leaves) -> Bool {
    switch (self, value) {
    case (.none, .none): return true
    case (.boolean(let a), .boolean(let b)): return a == b
    case (.integer(let a), .integer(let b)): return a == b
    case (.number(let a), .number(let b)): return a.bitPattern == b.bitPattern
    case (.string(let a), .string(let b)): return a == b
    case (.function(let a), .function(let b)): return a.identity == b.identity
    case (.tensor(let dtype, let shape), .object(let object)):
      guard let tensor = object as? Tensor, tensor.dtype == dtype, tensor.shape == shape else {
        return false
      }
      leaves.tensors.append(tensor)
      return true
    case (.stream(let number), .object(let object)):
      guard let stream = object as? RandomStream else { return false }
      return leaves.number(of: stream) == number
    case (.object(let a), .object(let b)): return a === b
    case (.list(let a), .list(let b)):
      guard a.count == b.count else { return false }
      for (pattern, value) in zip(a, b) where !pattern.matches(value, &leaves) { return false }
      return true
    case (.map(let a), .map(let b)), (.map(let a), .record(_, let b)):
      guard a.count == b.count else { return false }
      for (pattern, value) in zip(a, b)
      where pattern.key.key != value.key || !pattern.value.matches(value.value, &leaves) {
        return false
      }
      return true
    default: return false
    }
  }

  /// The same for a slot of Lua's stack, without making values of it.
  func matches(_ frame: Frame, _ index: Int32, _ leaves: inout Leaves) -> Bool {
    let host = frame.host.pointee
    let type = frame.type(at: index)
    switch self {
    case .none: return type <= LuaType.nil
    case .boolean(let value):
      return type == LuaType.boolean && (host.boolean(frame.state, index) != 0) == value
    case .integer(let value):
      return type == LuaType.number && host.isInteger(frame.state, index) != 0
        && frame.integer(at: index) == value
    case .number(let value):
      return type == LuaType.number && host.isInteger(frame.state, index) == 0
        && frame.number(at: index).bitPattern == value.bitPattern
    case .string(let value): return type == LuaType.string && frame.string(at: index) == value
    case .function(let callback):
      return type == LuaType.function && host.identity(frame.state, index) == callback.identity
    case .tensor(let dtype, let shape):
      guard let pointer = host.objectOfClass(frame.state, index, Tensor.classKey) else {
        return false
      }
      let tensor = Unmanaged<Tensor>.fromOpaque(pointer).takeUnretainedValue()
      guard tensor.dtype == dtype, tensor.shape == shape else { return false }
      leaves.tensors.append(tensor)
      return true
    case .stream(let number):
      guard let pointer = host.objectOfClass(frame.state, index, RandomStream.classKey) else {
        return false
      }
      let stream = Unmanaged<RandomStream>.fromOpaque(pointer).takeUnretainedValue()
      return leaves.number(of: stream) == number
    case .object(let object):
      return host.object(frame.state, index)
        == Unmanaged<AnyObject>.passUnretained(object).toOpaque()
    case .list, .map: return type == LuaType.table && matchesTable(frame, index, &leaves)
    }
  }

  private func matchesTable(_ frame: Frame, _ index: Int32, _ leaves: inout Leaves) -> Bool {
    let host = frame.host.pointee
    guard host.reserve(frame.state, 4) != 0 else { return false }
    let table = host.absoluteIndex(frame.state, index)
    var count = 0
    host.pushNil(frame.state)
    while host.next(frame.state, table) != 0 {
      frame.pop()
      count += 1
    }
    switch self {
    case .list(let patterns):
      guard count == patterns.count, host.length(frame.state, table) == count else { return false }
      for (place, pattern) in patterns.enumerated() {
        _ = host.getIndex(frame.state, table, place + 1)
        defer { frame.pop() }
        if !pattern.matches(frame, -1, &leaves) { return false }
      }
      return true
    case .map(let pairs):
      guard count == pairs.count else { return false }
      for (key, pattern) in pairs {
        key.push(frame, table)
        defer { frame.pop() }
        if !pattern.matches(frame, -1, &leaves) { return false }
      }
      return true
    default: return false
    }
  }
}
