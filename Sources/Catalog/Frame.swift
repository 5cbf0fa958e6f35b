/// One call from Lua: the running state and the host's functions. Two pointers, passed by value, so
/// that reading an argument costs one indirect C call and no Swift allocation.
public struct Frame {
  public typealias State = OpaquePointer

  public let state: State
  public let host: UnsafePointer<HostFunctions>

  @inlinable
  public init(state: State, host: UnsafePointer<HostFunctions>) {
    self.state = state
    self.host = host
  }

  @inlinable public var count: Int32 { host.pointee.top(state) }
  @inlinable public func type(at index: Int32) -> Int32 { host.pointee.type(state, index) }
  @inlinable public func number(at index: Int32) -> Double { host.pointee.number(state, index) }

  @inlinable
  public func pop(_ count: Int32 = 1) { host.pointee.setTop(state, -count - 1) }

  /// nil or no argument at all.
  @inlinable
  public func isMissing(at index: Int32) -> Bool { type(at: index) <= LuaType.nil }

  /// Ends a loop over Lua values that the user has asked to stop; to be called now and then in one.
  @inlinable
  public func poll(_ place: Int) throws {
    if place & 0xFFF == 0, host.pointee.isInterrupted() { throw UserError("interrupted!") }
  }

  public func integer(at index: Int32) -> Int? {
    var exact: Int32 = 0
    let value = host.pointee.integer(state, index, &exact)
    return exact != 0 ? Int(clamping: value) : nil
  }

  /// A string as an error shows it: bytes that are no UTF-8 are replaced. What is kept or written comes
  /// from `text(at:)` or `bytes(at:)`.
  public func string(at index: Int32) -> String? {
    bytes(at: index).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Throws where an array of so many elements would not fit in memory.
  func takeMemory(for count: Int, bytesEach: Int) throws {
    let (bytes, overflows) = count.multipliedReportingOverflow(by: bytesEach)
    guard !overflows, host.pointee.takeMemory(bytes + 64) else {
      throw UserError("not enough memory for \(count) values")
    }
  }

  public func push(_ text: String) {
    var text = text
    text.withUTF8 { utf8 in
      utf8.withMemoryRebound(to: CChar.self) {
        host.pointee.pushString(state, $0.baseAddress, $0.count)
      }
    }
  }

  /// Pops a value and stores it under a name in the table at `index`.
  public func setField(_ index: Int32, _ name: String) {
    var name = name
    name.withUTF8 { utf8 in
      utf8.withMemoryRebound(to: CChar.self) {
        if let base = $0.baseAddress { host.pointee.setField(state, index, base, $0.count) }
      }
    }
  }

  /// The value as an error message shows it: `2.5`, `'abc'`, `a table`, `tensor 3×2 float32`.
  public func describe(at index: Int32) -> String {
    switch type(at: index) {
    case LuaType.none, LuaType.nil: return "nil"
    case LuaType.boolean: return host.pointee.boolean(state, index) != 0 ? "true" : "false"
    case LuaType.number:
      if host.pointee.isInteger(state, index) != 0, let value = integer(at: index) {
        return "\(value)"
      }
      return formatNumber(number(at: index))
    case LuaType.string:
      let text = string(at: index) ?? ""
      return text.count > 40 ? "'\(text.prefix(37))...'" : "'\(text)'"
    case LuaType.table: return "a table"
    case LuaType.function: return "a function"
    case LuaType.thread: return "a coroutine"
    default:
      if let object = anyObject(at: index) { return object.describe() }
      let name = String(cString: host.pointee.typeName(state, index))
      if host.pointee.objectClass(state, index) != nil { return "a freed \(name)" }
      return articled(name)
    }
  }

  /// The kind of a value with its article: `nil`, `a string`, `a tensor`.
  public func kind(at index: Int32) -> String {
    if isMissing(at: index) { return "nil" }
    return articled(String(cString: host.pointee.typeName(state, index)))
  }

  /// Any of our objects, whatever its class.
  public func anyObject(at index: Int32) -> (any Object)? {
    guard let pointer = host.pointee.object(state, index) else { return nil }
    return Unmanaged<AnyObject>.fromOpaque(pointer).takeUnretainedValue() as? any Object
  }
}

/// A number as Lua prints it, without the trailing `.0` of integral floats.
public func formatNumber(_ value: Double) -> String {
  if value.isNaN { return "nan" }
  if abs(value) < 1e15, let whole = Int(exactly: value) { return "\(whole)" }
  return "\(value)"
}
