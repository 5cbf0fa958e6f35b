/// Turns parameters and a Swift function into one function over a call frame.
///
/// A call reads its arguments one by one through a list of trivial records, so that it neither copies
/// descriptions nor asks the run time for the types of tuples: that cost ten times the call itself.
final class Binding<each A: Argument, R: Results> {
  let descriptions: [ParameterDescription]
  private let slots: UnsafePointer<SlotRecord>
  private let body: (repeat each A) throws -> R
  private let optionNames: [String]
  private let optionsIndex: Int32
  private let hasOptions: Bool
  /// How many options may stand in the table without a name.
  private let listedCount: Int
  /// Whether the options may stand where an argument is left out before them: `plot.line(y, {…})`.
  private let mayShiftOptions: Bool
  /// Arguments beyond this many are an error; metamethods receive what Lua passes.
  private let most: Int32

  init(
    _ parameters: repeat Parameter<each A>, isMetamethod: Bool,
    body: @escaping (repeat each A) throws -> R
  ) {
    var layout = SlotLayout()
    repeat layout.add(each parameters)
    layout.place()
    slots = layout.records()
    descriptions = layout.descriptions
    optionNames = layout.optionNames
    hasOptions = !optionNames.isEmpty
    listedCount = layout.listedCount
    optionsIndex = layout.positional + 1
    mayShiftOptions = hasOptions && layout.lastIsOmissible
    most = isMetamethod || layout.hasRest ? Int32.max : layout.positional + (hasOptions ? 1 : 0)
    self.body = body
  }

  func call(_ frame: Frame) throws -> Int32 {
    if frame.count > most { throw tooMany(frame) }
    if mayShiftOptions { shiftOptions(frame) }
    if hasOptions { try checkOptions(frame) }
    var reader = SlotReader(frame: frame, next: slots)
    return try body(repeat reader.read((each A).self)).push(frame)
  }

  private func tooMany(_ frame: Frame) -> UserError {
    UserError("takes at most \(most) argument\(most == 1 ? "" : "s"), got \(frame.count)")
  }

  /// Where the last argument is a table of names and the one before the options may be absent, it is.
  private func shiftOptions(_ frame: Frame) {
    let last = optionsIndex - 1
    guard frame.count == last, frame.type(at: last) == LuaType.table,
      frame.host.pointee.reserve(frame.state, 3) != 0
    else { return }
    frame.host.pointee.pushNil(frame.state)
    guard frame.host.pointee.next(frame.state, last) != 0 else { return }
    let isNamed = frame.type(at: -2) == LuaType.string
    frame.pop(2)
    guard isNamed else { return }
    frame.host.pointee.pushNil(frame.state)
    frame.host.pointee.insert(frame.state, last)
  }

  /// The options must be a table whose keys are all known.
  private func checkOptions(_ frame: Frame) throws {
    if frame.isMissing(at: optionsIndex) { return }
    guard frame.type(at: optionsIndex) == LuaType.table else {
      throw UserError("options must be a table, got \(frame.describe(at: optionsIndex))")
    }
    frame.host.pointee.pushNil(frame.state)
    while frame.host.pointee.next(frame.state, optionsIndex) != 0 {
      frame.pop()
      if listedCount > 0, frame.type(at: -1) == LuaType.number,
        let place = frame.integer(at: -1), 1...listedCount ~= place
      {
        continue
      }
      guard let name = frame.string(at: -1) else {
        let got = frame.describe(at: -1)
        frame.pop()
        throw UserError(
          "options must be named, got a value at key \(got) (known: "
            + optionNames.joined(separator: ", ") + ")")
      }
      if !optionNames.contains(name) {
        frame.pop()
        throw UserError(unknownName("option", name, known: optionNames))
      }
    }
  }
}
