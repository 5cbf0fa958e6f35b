/// A Lua string as it is: bytes, not text. For contents of files and for paths; what is text is a
/// `String`, which Lua's bytes become only where they are UTF-8.
public struct ByteString: Argument, Results {
  public let bytes: [UInt8]

  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  public static var expectation: String { "a string" }
  public static var luaType: String { "string" }
  public static var resultTypes: [String] { ["string"] }

  public static func read(_ frame: Frame, _ index: Int32) throws -> ByteString {
    guard let bytes = frame.bytes(at: index) else { throw Mismatch(expected: expectation) }
    return ByteString(Array(bytes))
  }

  public func push(_ frame: Frame) -> Int32 {
    bytes.withUnsafeBytes {
      frame.host.pointee.pushString(
        frame.state, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
    }
    return 1
  }
}

extension Frame {
  /// The bytes of a string, for as long as the slot holds it; nil for anything else.
  public func bytes(at index: Int32) -> UnsafeRawBufferPointer? {
    guard type(at: index) == LuaType.string else { return nil }
    var length = 0
    guard let bytes = host.pointee.string(state, index, &length) else { return nil }
    return UnsafeRawBufferPointer(start: bytes, count: length)
  }

  /// A string as text; throws where its bytes are not UTF-8, since they would be changed.
  public func text(at index: Int32) throws -> String? {
    guard let bytes = bytes(at: index) else { return nil }
    // The check below is not specialised and costs 600 instructions; keys of tables are mostly ASCII.
    if bytes.allSatisfy({ $0 < 0x80 }) { return String(decoding: bytes, as: UTF8.self) }
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    var parser = Unicode.UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var place = 0
    while case .valid(let scalar) = parser.parseScalar(from: &iterator) { place += scalar.count }
    throw Mismatch(
      expected: "text in UTF-8",
      got: "\(describe(at: index)), whose byte \(place + 1) is 0x\(String(bytes[place], radix: 16))"
    )
  }
}
