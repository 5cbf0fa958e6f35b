/// The hot side of a parameter: where to read it in a call. Names are fetched only to build an error.
struct Slot<Value: Argument> {
  let kind: Parameter<Value>.Kind
  /// The stack index of a positional argument, or of the options table.
  let index: Int32
  let fallback: Value?
  let domain: Domain<Value>?
  let parameter: Parameter<Value>
  /// The option's name as C sees it; lives as long as the program, like the catalog.
  let key: UnsafePointer<CChar>?

  @inline(__always)
  func read(_ frame: Frame) throws -> Value {
    switch kind {
    case .positional:
      if let fallback, frame.isMissing(at: index) { return fallback }
      return try readPositional(frame)
    case .option: return try readOption(frame)
    case .rest: return try Value.read(frame, index)
    case .group:
      guard frame.type(at: index) == LuaType.table, let read = parameter.read, let fallback else {
        guard let fallback = parameter.fallback else { throw Mismatch(expected: "a table") }
        return fallback
      }
      _ = fallback
      return try read(frame, index)
    }
  }

  @inline(__always)
  private func readPositional(_ frame: Frame) throws -> Value {
    let value: Value
    do { value = try Value.read(frame, index) } catch let mismatch as Mismatch {
      throw argumentError(frame, index, name: parameter.name, mismatch, domain: domain)
    }
    if let domain, !domain.contains(value) {
      throw argumentError(
        frame, index, name: parameter.name, Mismatch(expected: domain.text), domain: domain)
    }
    return value
  }

  private func readOption(_ frame: Frame) throws -> Value {
    guard frame.type(at: index) == LuaType.table, let key else { return try absent() }
    let type = frame.host.pointee.getField(frame.state, index, key)
    defer { frame.pop() }
    if type == LuaType.nil { return try absent() }
    return try readChecked(frame, -1, name: parameter.name, domain: domain)
  }

  private func absent() throws -> Value {
    if let fallback { return fallback }
    let expected = domain?.text ?? Value.expectation
    throw UserError("\(parameter.name) is required: \(expected)")
  }

  /// Checks the named axes of a tensor argument.
  func checkAxes(_ value: Value, _ bindings: inout [Substring: Int]) throws {
    guard let axes = parameter.axes, let shaped = value as? any ShapedArgument else { return }
    try axes.check(shaped.axisLengths, name: parameter.name, bindings: &bindings)
  }
}

/// Gives each parameter of an entry its place while the entry is built.
struct SlotLayout {
  var descriptions: [ParameterDescription] = []
  var positional: Int32 = 0
  var hasAxes = false
  var hasRest = false

  mutating func add<Value>(_ parameter: Parameter<Value>) {
    descriptions += parameter.descriptions
    if parameter.kind == .positional { positional += 1 }
    if parameter.kind == .rest { hasRest = true }
    if parameter.axes != nil { hasAxes = true }
  }

  var optionNames: [String] { descriptions.filter { $0.role == .option }.map(\.name) }
}

/// Hands out slots once the number of positional arguments is known.
struct SlotCursor {
  var next: Int32 = 1
  let optionsIndex: Int32

  mutating func slot<Value>(_ parameter: Parameter<Value>) -> Slot<Value> {
    let index: Int32
    switch parameter.kind {
    case .positional, .rest:
      index = next
      next += 1
    case .option, .group: index = optionsIndex
    }
    return Slot(
      kind: parameter.kind, index: index, fallback: parameter.fallback, domain: parameter.domain,
      parameter: parameter, key: parameter.kind == .option ? permanentCString(parameter.name) : nil)
  }
}

/// A C copy of a name that is never freed: catalog entries live as long as the program.
func permanentCString(_ text: String) -> UnsafePointer<CChar> {
  let utf8 = text.utf8CString
  let copy = UnsafeMutablePointer<CChar>.allocate(capacity: utf8.count)
  for (index, byte) in utf8.enumerated() { copy[index] = byte }
  return UnsafePointer(copy)
}
