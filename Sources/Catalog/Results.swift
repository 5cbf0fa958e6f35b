/// A Swift value that a catalog function can return to Lua.
public protocol Results {
  /// The Lua types of what is pushed.
  static var resultTypes: [String] { get }
  /// Pushes the values and returns how many.
  func push(_ frame: Frame) -> Int32
}

extension Double: Results {
  public static var resultTypes: [String] { ["number"] }

  @inlinable
  public func push(_ frame: Frame) -> Int32 {
    frame.host.pointee.pushNumber(frame.state, self)
    return 1
  }
}

extension Int: Results {
  public static var resultTypes: [String] { ["integer"] }

  public func push(_ frame: Frame) -> Int32 {
    frame.host.pointee.pushInteger(frame.state, Int64(self))
    return 1
  }
}

extension Bool: Results {
  public static var resultTypes: [String] { ["boolean"] }

  public func push(_ frame: Frame) -> Int32 {
    frame.host.pointee.pushBoolean(frame.state, self ? 1 : 0)
    return 1
  }
}

extension String: Results {
  public static var resultTypes: [String] { ["string"] }

  public func push(_ frame: Frame) -> Int32 {
    frame.push(self)
    return 1
  }
}

extension Optional: Results where Wrapped: Results {
  public static var resultTypes: [String] { Wrapped.resultTypes.map { $0 + "?" } }

  public func push(_ frame: Frame) -> Int32 {
    guard let self else {
      frame.host.pointee.pushNil(frame.state)
      return 1
    }
    return self.push(frame)
  }
}

extension OneOf: Results where First: Results, Second: Results {
  public static var resultTypes: [String] {
    [(First.resultTypes.prefix(1) + Second.resultTypes.prefix(1)).joined(separator: "|")]
  }

  public func push(_ frame: Frame) -> Int32 {
    switch self {
    case .first(let value): value.push(frame)
    case .second(let value): value.push(frame)
    }
  }
}

extension Array: Results where Element: Results {
  public static var resultTypes: [String] { Element.resultTypes.prefix(1).map { $0 + "[]" } }

  public func push(_ frame: Frame) -> Int32 {
    let host = frame.host.pointee
    // Lua takes 16 bytes for an element and 56 for a table.
    guard host.takeMemory(16 * count + 56), host.reserve(frame.state, 8) != 0,
      host.pushTable(frame.state, Int32(clamping: count), 0) != 0
    else {
      host.failMemory(frame.state)
      return 1
    }
    for position in 0..<count {
      // What was cut short is not used.
      if position & 0xFFF == 0xFFF, frame.host.pointee.isInterrupted() { break }
      let pushed = self[position].push(frame)
      if pushed > 1 { frame.pop(pushed - 1) }
      frame.host.pointee.setIndex(frame.state, -2, position + 1)
    }
    return 1
  }
}

/// No result.
public struct Nothing: Results {
  public static var resultTypes: [String] { [] }
  public init() {}
  public func push(_ frame: Frame) -> Int32 { 0 }
}

/// Several results: `return Several(values, vectors)`.
public struct Several<each Result: Results>: Results {
  let results: (repeat each Result)

  public init(_ results: repeat each Result) { self.results = (repeat each results) }

  public static var resultTypes: [String] {
    var types: [String] = []
    repeat types.append(contentsOf: (each Result).resultTypes)
    return types
  }

  public func push(_ frame: Frame) -> Int32 {
    var count: Int32 = 0
    repeat count += (each results).push(frame)
    return count
  }
}

/// Any number of values, known only when they are there.
public struct ValueList: Results {
  public let values: [Value]

  public init(_ values: [Value]) { self.values = values }

  public static var resultTypes: [String] { ["any"] }

  public func push(_ frame: Frame) -> Int32 {
    _ = frame.host.pointee.reserve(frame.state, Int32(clamping: values.count + 4))
    return values.reduce(0) { $0 + $1.push(frame) }
  }
}
