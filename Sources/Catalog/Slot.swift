/// Where a call finds one argument, and what it is checked against.
///
/// Names, defaults and domains are in the slot's class; a plain argument is read without touching it.
final class Slot<Value: Argument>: AnySlot {
  /// Read by what is checked and by errors alone: a look into a generic struct asks the run time for
  /// its layout, which costs more than reading most arguments.
  private let parameter: Parameter<Value>
  /// The default; throws where there is none.
  private let absent: () throws -> Value

  init(_ parameter: Parameter<Value>) {
    self.parameter = parameter
    if let fallback = parameter.fallback {
      absent = { fallback }
    } else {
      absent = {
        let expected = parameter.domain?.text ?? Value.expectation
        throw UserError("\(parameter.name) is required: \(expected)")
      }
    }
    super.init(
      role: parameter.kind, name: parameter.name, hasFallback: parameter.fallback != nil,
      isChecked: parameter.domain != nil || parameter.axes != nil)
  }

  /// Reads an argument that is more than its type.
  func read(_ frame: Frame, _ bindings: inout AxisBindings) throws -> Value {
    switch role {
    case .positional:
      if hasFallback, frame.isMissing(at: index) { return try absent() }
      if !isChecked { return try readPlain(frame) }
      let value = try readChecked(
        frame, index, name: parameter.name, domain: parameter.domain)
      if let axes = parameter.axes, let shaped = value as? any ShapedArgument {
        try axes.check(shaped.axisLengths, name: parameter.name, bindings: &bindings)
      }
      return value
    case .option: return try readOption(frame)
    case .rest: return try readPlain(frame)
    case .group: return try readGroup(frame)
    }
  }

  private func readOption(_ frame: Frame) throws -> Value {
    guard frame.type(at: index) == LuaType.table, let key else { return try absent() }
    let type = frame.host.pointee.getField(frame.state, index, key)
    defer { frame.pop() }
    if type == LuaType.nil { return try absent() }
    return try readChecked(frame, -1, name: parameter.name, domain: parameter.domain)
  }

  private func readPlain(_ frame: Frame) throws -> Value {
    do { return try Value.read(frame, index) } catch let mismatch as Mismatch {
      throw argumentError(frame, index, name: parameter.name, mismatch, domain: parameter.domain)
    }
  }

  private func readGroup(_ frame: Frame) throws -> Value {
    guard let read = parameter.read else { return try absent() }
    return try read(frame, index)
  }

  /// The error for a plain argument of another type.
  func error(_ frame: Frame, _ mismatch: Mismatch) -> any Error {
    argumentError(frame, index, name: parameter.name, mismatch, domain: parameter.domain)
  }
}

/// What slots of all types have in common.
class AnySlot {
  enum Kind { case plain, described }

  let kind: Kind
  let role: ParameterKind
  let hasFallback: Bool
  /// Whether the value must meet more than its type.
  let isChecked: Bool
  /// The option's name as C sees it; lives as long as the program, like the catalog.
  let key: UnsafePointer<CChar>?
  /// The stack index of a positional argument, or of the options table.
  fileprivate(set) var index: Int32 = 0

  init(role: ParameterKind, name: String, hasFallback: Bool, isChecked: Bool) {
    kind = role == .positional && !hasFallback && !isChecked ? .plain : .described
    self.role = role
    self.hasFallback = hasFallback
    self.isChecked = isChecked
    key = role == .option ? permanentCString(name) : nil
  }
}

/// The hot side of a slot: all that a plain argument needs.
struct SlotRecord {
  let index: Int32
  let isPlain: Bool
  let slot: Unmanaged<AnySlot>
}

typealias AxisBindings = [Substring: Int]

/// Reads the arguments of one call in order.
struct SlotReader {
  let frame: Frame
  var next: UnsafePointer<SlotRecord>
  var bindings = AxisBindings()

  @inline(__always)
  mutating func read<Value: Argument>(_ type: Value.Type) throws -> Value {
    let record = next
    next += 1
    if record.pointee.isPlain {
      do { return try Value.read(frame, record.pointee.index) } catch {
        throw plainError(error, type, record)
      }
    }
    return try slot(type, record).read(frame, &bindings)
  }

  private func slot<Value: Argument>(
    _ type: Value.Type, _ record: UnsafePointer<SlotRecord>
  ) -> Slot<Value> {
    // The record was made from this parameter, so the type is known.
    record.pointee.slot._withUnsafeGuaranteedRef { unsafeDowncast($0, to: Slot<Value>.self) }
  }

  @inline(never)
  private func plainError<Value: Argument>(
    _ error: any Error, _ type: Value.Type, _ record: UnsafePointer<SlotRecord>
  ) -> any Error {
    guard let mismatch = error as? Mismatch else { return error }
    return slot(type, record).error(frame, mismatch)
  }
}

/// Gives each parameter of an entry its place while the entry is built.
struct SlotLayout {
  private(set) var descriptions: [ParameterDescription] = []
  private(set) var positional: Int32 = 0
  private(set) var hasRest = false
  /// How many options may stand in the table without a name.
  private(set) var listedCount = 0
  /// Whether the last positional argument may be left out and is never a table of names itself.
  private(set) var lastIsOmissible = false
  private var slots: [AnySlot] = []

  mutating func add<Value>(_ parameter: Parameter<Value>) {
    descriptions += parameter.descriptions
    if parameter.kind == .positional {
      positional += 1
      let type = Value.luaType
      lastIsOmissible =
        parameter.fallback != nil && !type.contains("table") && !type.contains("any")
    }
    if parameter.kind == .rest { hasRest = true }
    listedCount += parameter.listedCount
    slots.append(Slot(parameter))
  }

  /// Positional arguments first, the table of options after them.
  mutating func place() {
    var next: Int32 = 1
    for slot in slots {
      switch slot.role {
      case .positional, .rest:
        slot.index = next
        next += 1
      case .option, .group: slot.index = positional + 1
      }
    }
  }

  /// The records of the slots; they live as long as the program, like the catalog.
  func records() -> UnsafePointer<SlotRecord> {
    let records = UnsafeMutablePointer<SlotRecord>.allocate(capacity: max(1, slots.count))
    for (position, slot) in slots.enumerated() {
      (records + position).initialize(
        to: SlotRecord(
          index: slot.index, isPlain: slot.kind == .plain, slot: Unmanaged.passRetained(slot)))
    }
    return UnsafePointer(records)
  }

  var optionNames: [String] { descriptions.filter { $0.role == .option }.map(\.name) }
}

/// A C copy of a name that is never freed: catalog entries live as long as the program.
func permanentCString(_ text: String) -> UnsafePointer<CChar> {
  let utf8 = text.utf8CString
  let copy = UnsafeMutablePointer<CChar>.allocate(capacity: utf8.count)
  for (index, byte) in utf8.enumerated() { copy[index] = byte }
  return UnsafePointer(copy)
}
