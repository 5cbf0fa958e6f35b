/// Turns parameters and a Swift function into one function over a call frame.
struct Binding<each A: Argument, R: Results> {
  let layout: SlotLayout
  private let slots: (repeat Slot<each A>)
  private let body: (repeat each A) throws -> R
  private let optionNames: [String]
  private let optionsIndex: Int32
  /// Arguments beyond this many are an error; metamethods receive what Lua passes.
  private let most: Int32

  init(
    _ parameters: repeat Parameter<each A>, isMetamethod: Bool,
    body: @escaping (repeat each A) throws -> R
  ) {
    var layout = SlotLayout()
    repeat layout.add(each parameters)
    var cursor = SlotCursor(optionsIndex: layout.positional + 1)
    slots = (repeat cursor.slot(each parameters))
    optionNames = layout.optionNames
    optionsIndex = layout.positional + 1
    most =
      isMetamethod || layout.hasRest
      ? Int32.max : layout.positional + (layout.optionNames.isEmpty ? 0 : 1)
    self.layout = layout
    self.body = body
  }

  func call(_ frame: Frame) throws -> Int32 {
    if frame.count > most { throw tooMany(frame) }
    if !optionNames.isEmpty { try checkOptions(frame) }
    if layout.hasAxes { return try callCheckingAxes(frame) }
    return try body(repeat (each slots).read(frame)).push(frame)
  }

  private func callCheckingAxes(_ frame: Frame) throws -> Int32 {
    let values = (repeat try (each slots).read(frame))
    var bindings: [Substring: Int] = [:]
    repeat try (each slots).checkAxes(each values, &bindings)
    return try body(repeat each values).push(frame)
  }

  private func tooMany(_ frame: Frame) -> UserError {
    UserError("takes at most \(most) argument\(most == 1 ? "" : "s"), got \(frame.count)")
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
