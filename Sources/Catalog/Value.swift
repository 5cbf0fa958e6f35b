/// Any Lua value, for the few functions whose data have no fixed type: results to be written as JSON,
/// the log of a run, what a callback returns.
public enum Value: Argument, Results {
  case none
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case list([Value])
  /// Keys in the order they were written, or sorted when read from Lua (whose order changes).
  case map([(key: Key, value: Value)])
  /// A table with fixed fields: Lua is told of a name that is none of them. Read as `map`.
  case record(name: String, [(key: Key, value: Value)])
  case object(any Object)
  case function(Callback)

  /// A key of a table: a name, or an integer beside names.
  public struct Key: Hashable, Comparable, ExpressibleByStringLiteral, CustomStringConvertible {
    public let text: String
    public let index: Int?

    public init(_ text: String) {
      self.text = text
      index = nil
    }

    public init(index: Int) {
      text = "\(index)"
      self.index = index
    }

    public init(stringLiteral text: String) { self.init(text) }

    public var description: String { text }

    /// Pops a value and stores it under this key in the table at `table`.
    public func setField(of table: Int32, _ frame: Frame) {
      if let index {
        frame.host.pointee.setIndex(frame.state, table, index)
      } else {
        frame.setField(table, text)
      }
    }

    /// By bytes, without the generic walk over UTF-8: tables are read in every training step.
    private static func precedes(_ a: String, _ b: String) -> Bool {
      var (a, b) = (a, b)
      return a.withUTF8 { a in
        b.withUTF8 { b in
          for place in 0..<min(a.count, b.count) where a[place] != b[place] {
            return a[place] < b[place]
          }
          return a.count < b.count
        }
      }
    }

    /// Integers in their order, names by their bytes after them.
    public static func < (a: Key, b: Key) -> Bool {
      switch (a.index, b.index) {
      case (let first?, let second?): first < second
      case (nil, nil): precedes(a.text, b.text)
      default: a.index != nil
      }
    }
  }

  /// A table of names.
  public static func named(_ pairs: [(key: String, value: Value)]) -> Value {
    .map(pairs.map { (Key($0.key), $0.value) })
  }

  public static var expectation: String { "a value" }
  public static var luaType: String { "any" }
  public static var resultTypes: [String] { ["any"] }
  public var literal: String { "\(self)" }
  public var luaValue: Value { self }
  public static func restored(_ value: Value) -> Value? { value }

  public static func read(_ frame: Frame, _ index: Int32) throws -> Value {
    try read(frame, index, depth: 0)
  }

  /// The same, but a record stays one.
  public static func readRecord(_ frame: Frame, _ index: Int32) throws -> Value {
    let value = try read(frame, index)
    guard case .map(let pairs) = value,
      let name = frame.host.pointee.recordName(frame.state, index)
    else { return value }
    return .record(name: String(cString: name), pairs)
  }

  static func read(_ frame: Frame, _ index: Int32, depth: Int) throws -> Value {
    let host = frame.host.pointee
    switch frame.type(at: index) {
    case LuaType.none, LuaType.nil: return .none
    case LuaType.boolean: return .boolean(host.boolean(frame.state, index) != 0)
    case LuaType.number:
      if host.isInteger(frame.state, index) != 0, let value = frame.integer(at: index) {
        return .integer(value)
      }
      return .number(frame.number(at: index))
    case LuaType.string: return .string(try String.read(frame, index))
    case LuaType.function: return .function(try Callback.read(frame, index))
    case LuaType.table: return try readTable(frame, index, depth: depth)
    default:
      guard let object = frame.anyObject(at: index) else {
        throw Mismatch(
          expected: "a number, string, boolean, table, function or an object of Moondrift")
      }
      return .object(object)
    }
  }

  /// What a value takes in a list that grows, with the box of a number or a string.
  private static let valueBytes = 64

  static func readTable(_ frame: Frame, _ index: Int32, depth: Int) throws -> Value {
    let host = frame.host.pointee
    guard depth < 100, host.reserve(frame.state, 3) != 0 else {
      throw Mismatch(expected: "a table nested at most 100 deep", got: "one nested deeper")
    }
    let index = host.absoluteIndex(frame.state, index)
    let length = host.length(frame.state, index)
    try frame.takeMemory(for: length, bytesEach: valueBytes)
    var list: [Value] = []
    for position in stride(from: 1, through: length, by: 1) {
      try frame.poll(position)
      _ = host.getIndex(frame.state, index, position)
      defer { frame.pop() }
      list.append(try read(frame, -1, depth: depth + 1))
    }
    var map: [(key: Key, value: Value)] = []
    host.pushNil(frame.state)
    while host.next(frame.state, index) != 0 {
      do {
        if map.count & 0xFFF == 0xFFF { try frame.poll(0) }
        let key = try readKey(frame, -2)
        if key.index.map({ $0 < 1 || $0 > length }) ?? true {
          map.append((key, try read(frame, -1, depth: depth + 1)))
        }
      } catch {
        frame.pop(2)
        throw error
      }
      frame.pop()
    }
    if map.isEmpty { return .list(list) }
    map.sort { $0.key < $1.key }
    return .map(list.enumerated().map { (Key(index: $0.offset + 1), $0.element) } + map)
  }

  private static func readKey(_ frame: Frame, _ index: Int32) throws -> Key {
    if frame.type(at: index) == LuaType.number, let integer = frame.integer(at: index) {
      return Key(index: integer)
    }
    return Key(try frame.text(at: index) ?? frame.describe(at: index))
  }

  public func push(_ frame: Frame) -> Int32 {
    let host = frame.host.pointee
    _ = host.reserve(frame.state, 4)
    switch self {
    case .none: host.pushNil(frame.state)
    case .boolean(let value): return value.push(frame)
    case .integer(let value): return value.push(frame)
    case .number(let value): return value.push(frame)
    case .string(let value): return value.push(frame)
    case .list(let values): return values.push(frame)
    case .record(let name, let pairs):
      let count = Value.map(pairs).push(frame)
      host.fixFields(frame.state, name, pairs.map(\.key.text).joined(separator: ", "))
      return count
    case .map(let pairs):
      guard host.takeMemory(40 * pairs.count + 56),
        host.pushTable(frame.state, 0, Int32(clamping: pairs.count)) != 0
      else {
        host.failMemory(frame.state)
        return 1
      }
      for (place, (key, value)) in pairs.enumerated() {
        if place & 0xFFF == 0xFFF, host.isInterrupted() { break }
        _ = value.push(frame)
        key.setField(of: -2, frame)
      }
    case .object(let object): return object.push(frame)
    case .function(let callback): callback.push(frame)
    }
    return 1
  }
}

extension Value {
  /// Whether a file can hold it: no objects and no functions.
  public var isPlain: Bool {
    switch self {
    case .none, .boolean, .integer, .number, .string: true
    case .list(let values): values.allSatisfy(\.isPlain)
    case .map(let pairs), .record(_, let pairs): pairs.allSatisfy(\.value.isPlain)
    case .object, .function: false
    }
  }

  /// The number it holds, integer or float.
  public var asNumber: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// As an error shows it.
  public func describe() -> String {
    switch self {
    case .none: "nil"
    case .boolean(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): formatNumber(value)
    case .string(let value): "'\(value)'"
    case .list, .map, .record: "a table"
    case .object(let object): object.describe()
    case .function: "a function"
    }
  }
}
