/// A Lua function that Swift keeps and calls. It runs on the coroutine that runs at the time of the
/// call; an error in it is thrown as `LuaError` and raised again as itself.
public final class Callback: Argument {
  let host: UnsafePointer<HostFunctions>
  let reference: HostFunctions.Reference?
  /// Tells one Lua function from another while both are kept.
  public let identity: UnsafeRawPointer?
  /// The object of ours that is called, where it is no function of Lua.
  public let object: (any Object)?

  init(
    host: UnsafePointer<HostFunctions>, reference: HostFunctions.Reference?,
    identity: UnsafeRawPointer?, object: (any Object)?
  ) {
    self.host = host
    self.reference = reference
    self.object = object
    self.identity = identity
  }

  deinit { host.pointee.release(reference) }

  public static var expectation: String { "a function" }
  public static var luaType: String { "function" }
  public var literal: String { "function" }
  public var luaValue: Value { .function(self) }

  public static func read(_ frame: Frame, _ index: Int32) throws -> Self {
    guard frame.type(at: index) == LuaType.function || frame.anyObject(at: index) is any Callable
    else { throw Mismatch(expected: expectation) }
    return Self(
      host: frame.host, reference: frame.host.pointee.reference(frame.state, index),
      identity: frame.host.pointee.identity(frame.state, index),
      object: frame.anyObject(at: index))
  }

  /// Calls the function and reads its first result as `Result`.
  ///
  /// - Parameter name: the option the function came by, for the error where it returns something
  ///   else: `score must return a tensor, got nil`.
  public func call<each A: Results, Result: Argument>(
    _ arguments: repeat each A, returning type: Result.Type, name: String
  ) throws -> Result {
    guard let state = host.pointee.stateOfReference(reference) else {
      throw UserError("\(name): a Lua function can only be called on the thread that runs Lua")
    }
    let now = Frame(state: state, host: host)
    guard now.host.pointee.reserve(now.state, 20) != 0 else {
      throw UserError("\(name): too many nested calls")
    }
    push(now)
    var count: Int32 = 0
    repeat count += (each arguments).push(now)
    guard now.host.pointee.call(now.state, count, 1) == 0 else { throw failure(now, name) }
    defer { now.pop() }
    do { return try Result.read(now, -1) } catch let mismatch as Mismatch {
      if let sentence = mismatch.sentence { throw UserError("the result of \(name) \(sentence)") }
      let hint = now.isMissing(at: -1) ? "; is a 'return' missing?" : ""
      throw UserError(
        "\(name) must return \(mismatch.expected), got \(mismatch.got ?? now.describe(at: -1))"
          + hint)
    }
  }

  /// Calls the function and reads all its results.
  public func callForAll(_ arguments: [Value], name: String) throws -> [Value] {
    guard let state = host.pointee.stateOfReference(reference) else {
      throw UserError("\(name): a Lua function can only be called on the thread that runs Lua")
    }
    let now = Frame(state: state, host: host)
    guard now.host.pointee.reserve(now.state, 20) != 0 else {
      throw UserError("\(name): too many nested calls")
    }
    let before = now.count
    push(now)
    let count = ValueList(arguments).push(now)
    guard now.host.pointee.call(now.state, count, -1) == 0 else { throw failure(now, name) }
    defer { now.host.pointee.setTop(now.state, before) }
    return try (before..<now.count).map { place in
      do { return try Value.read(now, place + 1) } catch is Mismatch {
        throw UserError(
          "\(name) must return tensors, numbers, strings, booleans or tables of them, got "
            + now.describe(at: place + 1))
      }
    }
  }

  /// The error on top. Lua's own word for too deep a nesting names no line.
  private func failure(_ now: Frame, _ name: String) -> any Error {
    let error = LuaError(popping: now)
    if error.description == "C stack overflow" {
      return UserError("\(name): too many nested calls")
    }
    return error
  }

  func push(_ frame: Frame) {
    frame.host.pointee.pushReference(frame.state, reference)
    // The collector may have finalized an object of ours together with what held it in Lua, while Swift
    // still holds both.
    if let object, frame.anyObject(at: -1) == nil {
      frame.pop()
      _ = object.push(frame)
    }
  }
}

/// An object that holds Lua functions. Its userdata keeps them alive, so that a function that refers to
/// the object is collected with it.
public protocol FunctionHolder: Object {
  /// All of them, those of objects within it included.
  var functions: [Callback] { get }
}

extension FunctionHolder {
  public func push(_ frame: Frame) -> Int32 {
    let references = functions.map(\.reference)
    let object = Unmanaged.passRetained(self).toOpaque()
    if references.isEmpty {
      frame.host.pointee.pushObject(frame.state, object, Self.classKey)
    } else {
      references.withUnsafeBufferPointer { list in
        guard let first = list.baseAddress else { return }
        frame.host.pointee.pushHolder(
          frame.state, object, Self.classKey, first, Int32(clamping: list.count))
      }
    }
    return 1
  }
}

/// An object that is called like a function (it has a `__call`), and stands where a function may.
public protocol Callable: Object {}
