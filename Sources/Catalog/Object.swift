/// A Swift object that Lua holds as a userdata: a tensor, a model, a figure.
///
/// Conform a `final class`; that makes it an argument and a result of catalog functions. Its methods,
/// properties and operators are entries that name it as their receiver.
public protocol Object: AnyObject, Argument, Results {
  /// The name of the type in Lua, help and errors: `tensor`.
  static var typeName: String { get }
  /// How errors of its operators begin; the type's name unless it stands for a function.
  static var errorName: String { get }
  /// What to do where another type is wanted that this one is often taken for: `a model`, and a sentence.
  var remedy: (wanted: String, text: String)? { get }
  /// One line that reads well: `score_mlp(1 → 16 → 1, silu, 129 parameters)`.
  func describe() -> String
}

extension Object {
  /// Identifies the class in userdata and registry.
  public static var classKey: UnsafeRawPointer {
    unsafeBitCast(ObjectIdentifier(Self.self), to: UnsafeRawPointer.self)
  }

  public var remedy: (wanted: String, text: String)? { nil }

  public static var errorName: String { typeName }
  public static var expectation: String { articled(typeName) }
  public static var luaType: String { typeName }
  public static var resultTypes: [String] { [typeName] }
  public var luaValue: Value { .object(self) }

  public static func read(_ frame: Frame, _ index: Int32) throws -> Self {
    guard let pointer = frame.host.pointee.objectOfClass(frame.state, index, classKey) else {
      if frame.host.pointee.objectClass(frame.state, index) == classKey {
        throw UserError("the \(typeName) has been freed")
      }
      throw Mismatch(expected: expectation)
    }
    return Unmanaged<Self>.fromOpaque(pointer).takeUnretainedValue()
  }

  public func push(_ frame: Frame) -> Int32 {
    frame.host.pointee.pushObject(
      frame.state, Unmanaged.passRetained(self).toOpaque(), Self.classKey)
    return 1
  }
}

/// An object that stands for one number and says more about it, as a measurement does. A log keeps the number,
/// a file the fields.
public protocol NumberObject: Object {
  var number: Double { get }
  var fields: Value { get }
}

/// "a tensor", "an sde".
public func articled(_ noun: String) -> String {
  let vowels: Set<Character> = ["a", "e", "i", "o"]
  let isVowel = noun.first.map { vowels.contains($0) } ?? false
  return (isVowel || noun == "sde" ? "an " : "a ") + noun
}
