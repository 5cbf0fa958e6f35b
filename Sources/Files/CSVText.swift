// Writing a table of numbers as separated values, with digits that read back the same in the type of each
// column.

import Catalog
import Runtime
import Tensors

struct CSVText {
  /// Columns of equal length and their names, which may be none.
  let columns: [Tensor]
  let names: [String]
  /// Whether whole numbers of a float column are written `1.0`, so that the column's type is read back.
  let marksFloats: Bool

  /// A tensor of one or two axes, with a line of names where there are any.
  init(table: Tensor, names: [String]) throws {
    guard table.rank == 1 || table.rank == 2 else {
      throw UserError("a CSV file holds tensors of 1 or 2 axes, got shape \(table.shape)")
    }
    let columns =
      table.rank == 1
      ? [table] : (0..<table.shape[1]).map { table.select(axis: 1, $0) }
    guard !columns.isEmpty else {
      throw UserError("a CSV file has a column at least, got shape \(table.shape)")
    }
    guard names.isEmpty || names.count == columns.count else {
      throw UserError(
        "columns names \(names.count) columns, the tensor has \(columns.count)")
    }
    // Without rows only names tell how many columns there are.
    let isEmpty = table.shape[0] == 0
    try self.init(
      columns, names.isEmpty && isEmpty ? (1...columns.count).map { "x\($0)" } : names,
      marksFloats: !names.isEmpty)
  }

  /// Columns by name, all of one length.
  init(columns: [(name: String, column: Tensor)]) throws {
    guard let first = columns.first else { throw UserError("a CSV file has a column at least") }
    for (name, column) in columns {
      guard column.rank == 1 else {
        throw UserError("column '\(name)' must have one axis, got shape \(column.shape)")
      }
      guard column.shape[0] == first.column.shape[0] else {
        throw UserError(
          "columns must have equal lengths, got \(first.column.shape[0]) in '\(first.name)' and "
            + "\(column.shape[0]) in '\(name)'")
      }
    }
    try self.init(columns.map(\.column), columns.map(\.name), marksFloats: true)
  }

  private init(_ columns: [Tensor], _ names: [String], marksFloats: Bool) throws {
    (self.columns, self.names, self.marksFloats) = (columns, names, marksFloats)
    try Names.check(names, in: "columns", format: "a CSV file")
    for name in names {
      let isNumber = Array(name.utf8).withUnsafeBytes { CSVNumber($0) } != nil
      guard !isNumber, !CSVText.looksLikeDecimalComma(name) else {
        throw UserError(
          "columns has the name '\(name)', which would be read as a number; a name with a letter in "
            + "front will do")
      }
    }
  }

  private static func looksLikeDecimalComma(_ name: String) -> Bool {
    name.utf8.count { $0 == UInt8(ascii: ",") } == 1
      && Array(name.replacing(",", with: ".").utf8).withUnsafeBytes { CSVNumber($0) } != nil
  }

  func bytes() throws -> [UInt8] {
    var text: [UInt8] = []
    if !names.isEmpty { text += line(names.map(Self.quoted)) }
    let dense = try columns.map { try $0.densified() }
    for row in 0..<(columns.first?.shape[0] ?? 0) {
      if row & 0x3FF == 0 { try Cancellation.check() }
      let line = line(dense.map { written($0, row) })
      if text.count + line.count > text.capacity {
        try text.reserveChecked(max(text.count, line.count))
      }
      text += line
    }
    return text
  }

  private func line(_ fields: [String]) -> [UInt8] {
    Array((fields.joined(separator: ",") + "\n").utf8)
  }

  /// A name in quotes, so that it is read back whatever is in it; a plain word stands without.
  private static func quoted(_ name: String) -> String {
    let isPlain = name.utf8.allSatisfy { byte in
      byte >= 0x80 || byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte)
        || (0x41...0x5A).contains(byte & 0xDF)
    }
    if isPlain, !name.isEmpty, !name.unicodeScalars.contains("\u{FEFF}") { return name }
    return "\"" + name.replacing("\"", with: "\"\"") + "\""
  }

  private func written(_ column: Tensor, _ row: Int) -> String {
    switch column.dtype {
    case .int64: return "\(column.pointer(Int64.self)[row])"
    case .bool: return column.pointer(Bool.self)[row] ? "1" : "0"
    case .float32:
      let value = column.pointer(Float.self)[row]
      return short(Double(value)) ?? "\(value)"
    case .float64:
      let value = column.pointer(Double.self)[row]
      return short(value) ?? "\(value)"
    }
  }

  /// What Swift would write longer, or otherwise than other programs.
  private func short(_ value: Double) -> String? {
    if value.isNaN { return "nan" }
    if value.isInfinite { return value > 0 ? "inf" : "-inf" }
    if value == value.rounded(), abs(value) < 1e15, !marksFloats, value.bitPattern != 1 << 63 {
      return "\(Int(clamping: value))"
    }
    return nil
  }
}
