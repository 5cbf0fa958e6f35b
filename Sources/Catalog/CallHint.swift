/// What an error says besides, where a call went wrong in one of the ways that are common: a dot for a
/// colon, several lengths for one shape, an option by place, a second result among the arguments.
///
/// Looks at the arguments when the call has failed already, so it costs a right call nothing.
public struct CallHint {
  private let parameters: [ParameterDescription]
  private let receiver: (any Object.Type)?
  /// As it is called: `tensor.zeros`, or `x:sum` for a member.
  private let call: String
  private let isMember: Bool

  /// - Parameter name: as errors name the function.
  public init(_ entry: Entry, name: String, isMember: Bool) {
    parameters = entry.parameters
    receiver = isMember ? entry.receiver : nil
    call = isMember ? "x:\(entry.name)" : name
    self.isMember = isMember
  }

  private var positional: [ParameterDescription] { parameters.filter { $0.role == .positional } }
  private var options: [ParameterDescription] { parameters.filter { $0.role == .option } }

  /// - Parameter isDotCall: whether the function came by a dot, as Lua knows it.
  public func text(_ frame: Frame, isDotCall: Bool) -> String? {
    colon(frame, isDotCall) ?? insideTable(frame) ?? beyond(frame)
  }

  /// `x.mean()`, `mix.sample(100)`, `a.matmul(b)`.
  private func colon(_ frame: Frame, _ isDotCall: Bool) -> String? {
    guard let receiver else { return nil }
    let isReceiver = frame.host.pointee.objectClass(frame.state, 1) == receiver.classKey
    let required = positional.lastIndex { $0.isRequired } ?? 0
    guard !isReceiver || isDotCall && frame.count <= required else { return nil }
    return "use a colon: \(call)(\(plainArguments(frame, after: isReceiver ? 1 : 0) ?? "…"))"
  }

  /// The arguments as they were written, where that is known: numbers and strings alone.
  private func plainArguments(_ frame: Frame, after first: Int32) -> String? {
    if frame.count <= first { return positional.dropFirst().contains { $0.isRequired } ? nil : "" }
    let places = first + 1...frame.count
    let isPlain = places.allSatisfy {
      [LuaType.number, LuaType.string].contains(frame.type(at: $0))
    }
    return isPlain ? places.map { frame.describe(at: $0) }.joined(separator: ", ") : nil
  }

  /// `tensor.zeros{2, 3, dtype = "float64"}`, `tensor.stack{sample.euler_maruyama(m)}`.
  private func insideTable(_ frame: Frame) -> String? {
    for index in stride(from: 1, through: min(frame.count, Int32(positional.count)), by: 1) {
      guard frame.type(at: index) == LuaType.table else { continue }
      for option in options where frame.hasField(option.name, at: index) {
        return "options go into a table of their own: \(call)({…}, {\(option.name) = …})"
      }
      if frame.endsInSeed(at: index) { return CallHint.secondResult }
    }
    return nil
  }

  private static let secondResult = "if it is the second result of a call, put that call in ( )"

  /// A value behind the last argument that is no table of options.
  private func beyond(_ frame: Frame) -> String? {
    let place = Int32(positional.count) + 1
    guard frame.count >= place, frame.type(at: place) != LuaType.table,
      !frame.isMissing(at: place), !parameters.contains(where: { $0.role == .rest })
    else { return nil }
    if let list = lengths(frame) { return list }
    // A constructor that was given as a value, and called in place of what it makes.
    if positional.isEmpty, frame.count > 1,
      frame.anyObject(at: 1) != nil || frame.anyObject(at: 2) != nil
    {
      return "where what it makes was meant, call it: \(call)\(options.isEmpty ? "()" : "{…}")"
    }
    let isSeed = frame.integer(at: place).map { $0 > 1 << 31 } ?? false
    if isSeed || frame.anyObject(at: place) != nil {
      return CallHint.secondResult
    }
    let accepted = options.first {
      $0.type.contains(frame.type(at: place) == LuaType.string ? "string" : "number")
        || frame.type(at: place) == LuaType.number && $0.type.contains("integer")
    }
    guard let accepted else { return nil }
    let option = "{\(accepted.name) = \(frame.describe(at: place))}"
    let known = positional.count - (isMember ? 1 : 0)
    return known == 0
      ? "options go by name: \(call)\(option)"
      : "options go by name: \(call)(…, \(option))"
  }

  /// `tensor.zeros(2, 3)`, `x:reshape(20, 100)`.
  private func lengths(_ frame: Frame) -> String? {
    guard let first = positional.firstIndex(where: { $0.type.contains("integer[]") }) else {
      return nil
    }
    let numbers = (Int32(first) + 1...frame.count).map { frame.integer(at: $0) }
    let list = numbers.prefix { $0 != nil }.compactMap { $0 }
    guard list.count >= 2, list.allSatisfy({ abs($0) < 1 << 31 }) else { return nil }
    let text = "{" + list.map(String.init).joined(separator: ", ") + "}"
    let isAlone = first == positional.count - 1 && first == (isMember ? 1 : 0)
    return isAlone && list.count == numbers.count
      ? "write \(call)\(text)" : "lengths go into one list: \(text)"
  }
}

extension Frame {
  /// Whether the table at `index` has a value under this name.
  fileprivate func hasField(_ name: String, at index: Int32) -> Bool {
    let type = name.withCString { host.pointee.getField(state, index, $0) }
    pop()
    return type != LuaType.nil
  }

  /// Whether the list at `index` is objects and behind them a large integer.
  fileprivate func endsInSeed(at index: Int32) -> Bool {
    let length = host.pointee.length(state, index)
    guard length >= 2 else { return false }
    _ = host.pointee.getIndex(state, index, length - 1)
    _ = host.pointee.getIndex(state, index, length)
    defer { pop(2) }
    return anyObject(at: -2) != nil && (integer(at: -1).map { $0 > 1 << 31 } ?? false)
  }
}
