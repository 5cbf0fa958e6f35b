// Values as the prompt shows them: tables to a depth of two within the screen, objects in a table by
// their line, strings in a table quoted, columns of equal length as a table of rows.
import CLua
import Catalog
import LuaHost
import Tensors

struct ValueText {
  let lua: LuaState
  let width: Int

  /// Entries of a table that are shown one a line; of numbers, which stand side by side, more.
  private static let most = 20
  private static let mostNumbers = 60
  /// Keys beyond this many are not even sorted.
  private static let mostKeys = 10_000
  private static let depth = 2

  private var frame: Frame { Frame(lua.pointer) }

  /// A table as text of one or more lines; nil where it has a form of its own (`__tostring`).
  func table(at index: Int32) -> String? {
    guard clua_type(lua.pointer, index) == LuaType.table, clua_reserve(lua.pointer, 20) != 0,
      !hasOwnForm(index)
    else { return nil }
    let index = clua_absolute_index(lua.pointer, index)
    if let name = frame.referenceName(at: index) {
      return "module \(name); help(\(name)) tells what it has"
    }
    if let columns = ColumnText(lua: lua, width: width).text(ofTableAt: index) { return columns }
    let content = entries(of: index, depth: 1)
    let pieces = content.pieces + (content.left > 0 ? ["… \(content.left) more"] : [])
    let line = "{" + pieces.joined(separator: ", ") + "}"
    if line.count <= width { return line }
    let body = content.areNumbers ? filled(pieces) : pieces.map { "  " + $0 + "," }
    return "{\n" + body.map { shortened($0, to: width) }.joined(separator: "\n") + "\n}"
  }

  /// A value inside a table, in one line.
  func inline(at index: Int32, depth: Int) -> String {
    switch clua_type(lua.pointer, index) {
    case LuaType.string: return quoted(frame.string(at: index) ?? "")
    case LuaType.number: return lua.text(at: index)
    case LuaType.table where !hasOwnForm(index): return inlineTable(index, depth: depth)
    case LuaType.table: return firstLine(lua.text(at: index))
    case LuaType.function:
      if let name = frame.referenceName(at: index) { return "function \(name)" }
      return frame.place(ofFunctionAt: index).map { "function(\($0))" } ?? "function"
    case LuaType.userdata:
      if let object = frame.anyObject(at: index) { return firstLine(object.describe()) }
      return firstLine(lua.text(at: index))
    default: return frame.describe(at: index)
    }
  }

  private func inlineTable(_ index: Int32, depth: Int) -> String {
    let index = clua_absolute_index(lua.pointer, index)
    if let name = frame.referenceName(at: index) { return "module \(name)" }
    guard clua_reserve(lua.pointer, 20) != 0 else { return "{…}" }
    if depth > Self.depth {
      clua_push_nil(lua.pointer)
      if clua_next(lua.pointer, index) == 0 { return "{}" }
      clua_set_top(lua.pointer, -3)
      return "{…}"
    }
    let content = entries(of: index, depth: depth)
    var shown: [String] = []
    var length = 0
    for piece in content.pieces {
      length += piece.count + 2
      if length > width / 2, !shown.isEmpty { break }
      shown.append(piece)
    }
    let left = content.left + content.pieces.count - shown.count
    return "{" + (shown + (left > 0 ? ["… \(left) more"] : [])).joined(separator: ", ") + "}"
  }

  // MARK: Entries

  private struct Content {
    var pieces: [String] = []
    var left = 0
    var areNumbers = false
  }

  /// The elements of the list in their order, then the other keys sorted.
  private func entries(of table: Int32, depth: Int) -> Content {
    let length = clua_length(lua.pointer, table)
    var content = Content()
    var numbers = 0
    for position in stride(from: 1, through: min(length, Self.mostNumbers), by: 1) {
      let type = clua_get_index(lua.pointer, table, position)
      if type == LuaType.number { numbers += 1 }
      if numbers == position || position <= Self.most {
        content.pieces.append(inline(at: -1, depth: depth + 1))
      }
      clua_set_top(lua.pointer, -2)
    }
    content.areNumbers = numbers > 0 && numbers == min(length, Self.mostNumbers)
    if !content.areNumbers, content.pieces.count > Self.most {
      content.pieces.removeLast(content.pieces.count - Self.most)
    }
    content.left = length - content.pieces.count
    let (keys, count) = otherKeys(of: table, length: length)
    if !keys.isEmpty { content.areNumbers = false }
    let room = max(0, Self.most - content.pieces.count)
    for key in keys.prefix(room) {
      key.push(lua)
      _ = clua_raw_get(lua.pointer, table)
      content.pieces.append("\(key.text) = \(inline(at: -1, depth: depth + 1))")
      clua_set_top(lua.pointer, -2)
    }
    content.left += count - min(keys.count, room)
    return content
  }

  private func otherKeys(of table: Int32, length: Int) -> (keys: [TableKey], count: Int) {
    var keys: [TableKey] = []
    var count = 0
    clua_push_nil(lua.pointer)
    while clua_next(lua.pointer, table) != 0 {
      clua_set_top(lua.pointer, -2)
      if let place = frame.integer(at: -1), place >= 1, place <= length { continue }
      count += 1
      if count <= Self.mostKeys { keys.append(TableKey(frame, at: -1)) }
    }
    return (keys.filter(\.isPlain).sorted(), count)
  }

  // MARK: Text

  private func hasOwnForm(_ index: Int32) -> Bool {
    guard clua_get_metatable(lua.pointer, index) else { return false }
    let type = clua_get_field(lua.pointer, -1, "__tostring")
    clua_set_top(lua.pointer, -3)
    return type != LuaType.nil
  }

  private func filled(_ pieces: [String]) -> [String] {
    var lines: [String] = []
    var line = " "
    for (place, piece) in pieces.enumerated() {
      let text = " " + piece + (place + 1 < pieces.count ? "," : "")
      if line.count + text.count > width {
        lines.append(line)
        line = " "
      }
      line += text
    }
    return lines + [line]
  }

  private func firstLine(_ text: String) -> String {
    String(text.prefix { $0 != "\n" })
  }

  private func shortened(_ line: String, to width: Int) -> String {
    line.count <= width
      ? line : line.prefix(max(1, width - 2)) + "…" + (line.hasSuffix(",") ? "," : "")
  }

  /// A string as Lua would read it.
  private func quoted(_ text: String) -> String {
    var result = "\""
    for character in text.prefix(width) {
      switch character {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r", "\r\n": result += "\\r"
      default: result.append(character)
      }
    }
    return result + (text.count > width ? "…\"" : "\"")
  }
}

/// A key of a table that is a name or a number, in the order of numbers and then names.
struct TableKey: Comparable {
  private enum Kind: Comparable {
    case number(Double)
    case name(String)
    case other
  }

  private let kind: Kind
  /// As a constructor writes it: `x`, `["x-y"]`, `[2.5]`.
  let text: String

  init(_ frame: Frame, at index: Int32) {
    switch frame.type(at: index) {
    case LuaType.number:
      kind = .number(frame.number(at: index))
      text = "[\(frame.describe(at: index))]"
    case LuaType.string:
      let name = frame.string(at: index) ?? ""
      kind = .name(name)
      text = isIdentifier(name) ? name : "[\"\(name)\"]"
    default:
      kind = .other
      text = "[\(frame.describe(at: index))]"
    }
  }

  var isPlain: Bool { kind != .other }

  /// Pushes the key; nil for one that is not plain.
  func push(_ lua: LuaState) {
    switch kind {
    case .number(let value):
      if let integer = Int64(exactly: value) {
        clua_push_integer(lua.pointer, integer)
      } else {
        clua_push_number(lua.pointer, value)
      }
    case .name(let name): Frame(lua.pointer).push(name)
    case .other: clua_push_nil(lua.pointer)
    }
  }

  static func < (a: TableKey, b: TableKey) -> Bool { a.kind < b.kind }
}

/// Whether Lua takes a text as a name.
func isIdentifier(_ text: String) -> Bool {
  guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
  return text.utf8.allSatisfy(isNameByte) && !LuaKeywords.all.contains(text)
}

enum LuaKeywords {
  static let all: Set<String> = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
    "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
  ]
}
