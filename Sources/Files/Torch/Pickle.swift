// Python's pickles, read as data (PEP 307, PEP 3154; the opcodes of the module pickletools). A pickle is a
// program for a machine with a stack, which may name any function of Python and call it. This machine knows the
// functions of `TorchGlobal` alone, which make tables and tensors; it refuses any other by its name, and runs
// nothing.

import Catalog
import Runtime

/// What a pickle makes, as far as tables of tensors need it.
enum PickleValue {
  case none
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  case sequence(PickleSequence)
  case table(PickleTable)
  case global(TorchGlobal)
  case storage(TorchStorage)
  case tensor(TorchTensor)
}

/// A list, tuple or set.
final class PickleSequence {
  var items: [PickleValue]
  init(_ items: [PickleValue]) { self.items = items }
}

final class PickleTable {
  var pairs: [(key: PickleValue, value: PickleValue)] = []
}

final class Pickle {
  private let bytes: [UInt8]
  private let path: String
  /// The next byte.
  private(set) var place: Int
  private var stack: [PickleValue] = []
  /// Sizes of the stack where groups begin.
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  private var meter = MemoryMeter()
  /// All that holds others. They are emptied one by one in the end: a chain of a million lists would be released
  /// by as many nested calls, and a list within itself never.
  private var sequences: [PickleSequence] = []
  private var tables: [PickleTable] = []

  init(_ bytes: [UInt8], at place: Int = 0, path: String) {
    (self.bytes, self.place, self.path) = (bytes, place, path)
  }

  deinit {
    for sequence in sequences { sequence.items = [] }
    for table in tables { table.pairs = [] }
  }

  func failure(_ what: String) -> FileError {
    FileError("\(path): the pickle \(what), at byte \(place)")
  }

  /// Runs the next pickle of the file to its end. What it gives lives as long as the machine.
  func next() throws -> PickleValue {
    (stack, marks, memo) = ([], [], [:])
    while true {
      if place & 0xFFFF == 0 { try Cancellation.check() }
      let code = try byte()
      if code == UInt8(ascii: ".") { return try pop() }
      try meter.take(64)
      guard try runConstant(code) || runContainer(code) || runObject(code) else {
        place -= 1
        throw failure("has the opcode \(code), which no file of tensors needs")
      }
    }
  }

  // MARK: Bytes

  private func byte() throws -> UInt8 {
    guard place < bytes.count else { throw failure("ends too soon") }
    place += 1
    return bytes[place - 1]
  }

  private func take(_ count: Int) throws -> ArraySlice<UInt8> {
    guard count >= 0, count <= bytes.count - place else {
      throw failure("claims \(count) bytes where \(bytes.count - place) are left")
    }
    place += count
    return bytes[place - count..<place]
  }

  /// An unsigned integer, low byte first.
  private func unsigned(_ size: Int) throws -> Int {
    let value = try take(size).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Int(clamping: value)
  }

  /// An integer in two's complement; those that no Int holds become numbers.
  private func long(_ size: Int) throws -> PickleValue {
    let bytes = try take(size)
    guard let top = bytes.last else { return .integer(0) }
    if bytes.count <= 8 {
      let start: Int = top & 0x80 == 0 ? 0 : -1
      return .integer(bytes.reversed().reduce(start) { $0 << 8 | Int(clamping: $1) })
    }
    let magnitude = bytes.reversed().reduce(0.0) { $0 * 256 + Double($1) }
    return .number(
      top & 0x80 == 0
        ? magnitude : magnitude - Double(sign: .plus, exponent: 8 * size, significand: 1))
  }

  private func text(_ count: Int) throws -> PickleValue {
    .text(String(decoding: try take(count), as: UTF8.self))
  }

  private func line() throws -> String {
    guard let end = bytes[place...].firstIndex(of: UInt8(ascii: "\n")) else {
      throw failure("ends within a name")
    }
    defer { place = end + 1 }
    return String(decoding: bytes[place..<end], as: UTF8.self)
  }

  // MARK: Stack

  private func push(_ value: PickleValue) { stack.append(value) }

  private func pop() throws -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.popLast() else {
      throw failure("takes more from its stack than there is")
    }
    return value
  }

  /// All since the last mark.
  private func group() throws -> [PickleValue] {
    guard let mark = marks.popLast() else { throw failure("ends a group that has not begun") }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  private func sequence(_ items: [PickleValue]) -> PickleValue {
    let made = PickleSequence(items)
    sequences.append(made)
    return .sequence(made)
  }

  private func table() -> PickleTable {
    let made = PickleTable()
    tables.append(made)
    return made
  }

  private func remember(_ key: Int) throws {
    guard let top = stack.last else { throw failure("remembers what is not there") }
    memo[key] = top
  }

  private func recall(_ key: Int) throws {
    guard let value = memo[key] else {
      throw failure("asks for entry \(key), which it has not made")
    }
    push(value)
  }

  // MARK: Opcodes

  private func runConstant(_ code: UInt8) throws -> Bool {
    switch code {
    case 0x80:
      let version = try byte()
      guard version <= 5 else {
        throw failure("has protocol \(version); 5 is the last that is known")
      }
    case 0x95: _ = try take(8)
    case UInt8(ascii: "N"): push(.none)
    case 0x88: push(.boolean(true))
    case 0x89: push(.boolean(false))
    case UInt8(ascii: "J"):
      push(.integer(Int(clamping: Int32(truncatingIfNeeded: try unsigned(4)))))
    case UInt8(ascii: "K"): push(.integer(try unsigned(1)))
    case UInt8(ascii: "M"): push(.integer(try unsigned(2)))
    case 0x8A: push(try long(unsigned(1)))
    case 0x8B: push(try long(unsigned(4)))
    case UInt8(ascii: "G"):
      push(.number(Double(bitPattern: try take(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })))
    // Texts and bytes with lengths of 1, 4 and 8 bytes.
    case 0x8C, UInt8(ascii: "C"), UInt8(ascii: "U"): push(try text(unsigned(1)))
    case UInt8(ascii: "X"), UInt8(ascii: "B"), UInt8(ascii: "T"): push(try text(unsigned(4)))
    case 0x8D, 0x8E, 0x96: push(try text(unsigned(8)))
    default: return false
    }
    return true
  }

  private func runContainer(_ code: UInt8) throws -> Bool {
    switch code {
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "1"): _ = try group()
    case UInt8(ascii: "2"):
      let top = try pop()
      stack += [top, top]
    case UInt8(ascii: "]"), UInt8(ascii: ")"), 0x8F: push(sequence([]))
    case UInt8(ascii: "}"): push(.table(table()))
    case UInt8(ascii: "l"), UInt8(ascii: "t"), 0x91: push(sequence(try group()))
    case 0x85, 0x86, 0x87:
      let items = try (0..<Int(clamping: code - 0x84)).map { _ in try pop() }
      push(sequence(items.reversed()))
    case UInt8(ascii: "a"): try append([pop()])
    case UInt8(ascii: "e"), 0x90: try append(group())
    case UInt8(ascii: "d"):
      let items = try group()
      push(.table(table()))
      try set(items)
    case UInt8(ascii: "s"):
      let value = try pop()
      try set([pop(), value])
    case UInt8(ascii: "u"): try set(group())
    case UInt8(ascii: "q"): try remember(unsigned(1))
    case UInt8(ascii: "r"): try remember(unsigned(4))
    case 0x94: try remember(memo.count)
    case UInt8(ascii: "h"): try recall(unsigned(1))
    case UInt8(ascii: "j"): try recall(unsigned(4))
    default: return false
    }
    return true
  }

  private func append(_ items: [PickleValue]) throws {
    guard case .sequence(let target)? = stack.last else {
      throw failure("appends to what is no list")
    }
    target.items += items
  }

  /// Keys and values in turn go into the table on top.
  private func set(_ items: [PickleValue]) throws {
    guard case .table(let target)? = stack.last, items.count % 2 == 0 else {
      throw failure("sets entries of what is no table")
    }
    for place in stride(from: 0, to: items.count, by: 2) {
      target.pairs.append((items[place], items[place + 1]))
    }
  }

  private func runObject(_ code: UInt8) throws -> Bool {
    switch code {
    case UInt8(ascii: "c"):
      let module = try line()
      push(.global(try global(module, line())))
    case UInt8(ascii: "i"):
      let module = try line()
      let function = try global(module, line())
      push(try call(function, group()))
    case 0x93:
      guard case .text(let name) = try pop(), case .text(let module) = try pop() else {
        throw failure("names a function by what is no text")
      }
      push(.global(try global(module, name)))
    case UInt8(ascii: "R"), 0x81:
      guard case .sequence(let arguments) = try pop(), case .global(let function) = try pop() else {
        throw failure("calls what is no function")
      }
      push(try call(function, arguments.items))
    case UInt8(ascii: "b"):
      // The attributes of a table, as the versions of layers beside a state dictionary.
      _ = try pop()
      guard case .table? = stack.last else { throw failure("gives attributes to what is no table") }
    case UInt8(ascii: "Q"):
      guard case .sequence(let description) = try pop(),
        let storage = TorchStorage(description.items)
      else { throw failure("asks for a storage that is not described as torch.save does") }
      push(.storage(storage))
    default: return false
    }
    return true
  }

  private func global(_ module: String, _ name: String) throws -> TorchGlobal {
    if let known = TorchGlobal(module, name) { return known }
    throw FileError(
      "\(path): asks for \(shownText("\(module).\(name)".utf8)), which makes no table or tensor; it was not run "
        + "(torch.save(model.state_dict(), path) writes a file that needs nothing else)")
  }

  private func call(_ function: TorchGlobal, _ arguments: [PickleValue]) throws -> PickleValue {
    switch function {
    case .orderedTable:
      let made = table()
      if case .sequence(let pairs)? = arguments.first {
        for case .sequence(let pair) in pairs.items where pair.items.count == 2 {
          made.pairs.append((pair.items[0], pair.items[1]))
        }
      }
      return .table(made)
    case .sequence:
      guard case .sequence(let items)? = arguments.first else { return sequence([]) }
      return sequence(items.items)
    case .text(let name):
      let words = arguments.compactMap { argument -> String? in
        switch argument {
        case .text(let text): text
        case .integer(let number): "\(number)"
        default: nil
        }
      }
      return .text(([name] + words).joined(separator: ":"))
    case .parameter:
      guard case .tensor? = arguments.first else { throw failure("makes a parameter of no tensor") }
      return arguments[0]
    case .tensor:
      guard let tensor = TorchTensor(arguments) else {
        throw failure("describes a tensor otherwise than torch.save does")
      }
      return .tensor(tensor)
    case .storage, .dtype: throw failure("calls a type of elements")
    }
  }
}
