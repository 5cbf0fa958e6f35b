// Tables of numbers as separated values (RFC 4180), with or without a line of names first.
//
// The first line is a header where none of its fields is a number, and data where all are. Where some
// are and some are not, it may be either (a letter O for a zero would lose a row), and is an error.

import Catalog
import Runtime
import Tensors

enum CSV {
  struct Content {
    /// Empty where the file has no line of names.
    let names: [String]
    let columns: CSVColumns
  }

  static func read(_ bytes: [UInt8], path: String, acceptsMissing: Bool) throws -> Content {
    try bytes.withUnsafeBytes { bytes in
      var reader = CSVReader(
        lines: CSVLines(bytes, path: path), path: path, acceptsMissing: acceptsMissing)
      return try reader.read()
    }
  }
}

/// Reads lines into columns.
private struct CSVReader {
  var lines: CSVLines
  let path: String
  let acceptsMissing: Bool

  private enum Cell {
    case number(CSVNumber)
    case missing
    case text
  }

  /// What stands for a missing value beside an empty field.
  private static let missingMarks = ["NA", "N/A", "#N/A", "n/a", "NULL", "null", "None"]

  mutating func read() throws -> CSV.Content {
    guard try lines.next() else { throw FileError("\(path): holds no numbers and no names") }
    let names = try header()
    var columns = CSVColumns(count: lines.fields.count)
    if names.isEmpty { try append(to: &columns) }
    while try lines.next() {
      if columns.rowCount & 0x3FF == 0 { try Cancellation.check() }
      guard lines.fields.count == columns.count else {
        throw FileError(
          "\(path): line \(lines.lineNumber) has \(lines.fields.count) fields, expected "
            + "\(columns.count)")
      }
      try append(to: &columns)
    }
    return CSV.Content(names: names, columns: columns)
  }

  private func cell(_ field: CSVLines.Field) -> Cell {
    if field.range.isEmpty { return field.isQuoted ? .text : .missing }
    let bytes = UnsafeRawBufferPointer(rebasing: lines.bytes[field.range])
    if let number = CSVNumber(bytes) { return .number(number) }
    if acceptsMissing, let text = lines.text(field), Self.missingMarks.contains(text) {
      return .missing
    }
    return .text
  }

  /// The names in the line at hand; none where it holds numbers.
  private func header() throws -> [String] {
    let cells = lines.fields.map(cell)
    func first(_ fits: (Cell) -> Bool) -> Int? { cells.firstIndex(where: fits) }
    guard let text = first({ if case .text = $0 { true } else { false } }) else { return [] }
    if let number = first({ if case .number = $0 { true } else { false } }) {
      throw FileError(
        place(text) + "\(shown(text)) is not a number"
          + decimalComma(lines.fields[text])
          + ", and column \(number + 1), \(shown(number)), is one, so that the line is neither "
          + "names nor data")
    }
    let names = try lines.fields.enumerated().map { column, field in
      guard let name = lines.text(field) else {
        throw FileError(place(column) + "\(shown(column)) is no UTF-8")
      }
      return name
    }
    if let field = lines.fields.first(where: { !decimalComma($0).isEmpty }) {
      throw FileError(
        "\(path): line \(lines.lineNumber): '\(lines.text(field) ?? "")' is not a number"
          + decimalComma(field))
    }
    if let doubled = Names.firstDoubled(names) {
      throw FileError(
        "\(path): line \(lines.lineNumber): two columns have the name '\(shownText(doubled.utf8))'")
    }
    return names
  }

  private func append(to columns: inout CSVColumns) throws {
    for (column, field) in lines.fields.enumerated() {
      switch cell(field) {
      case .number(let number): try columns.append(number, column)
      case .missing where acceptsMissing: try columns.append(.real(.nan), column)
      case .missing:
        throw FileError(
          place(column) + "the value is missing; with {missing = true} it is read as NaN")
      case .text:
        throw FileError(place(column) + "\(shown(column)) is not a number" + decimalComma(field))
      }
    }
    columns.rowCount += 1
  }

  // MARK: Errors

  private func place(_ column: Int) -> String {
    "\(path): line \(lines.lineNumber), column \(column + 1): "
  }

  private func shown(_ column: Int) -> String {
    let bytes = lines.bytes[lines.fields[column].range]
    return "'" + shownText(bytes.prefix(40)) + (bytes.count > 40 ? "…'" : "'")
  }

  /// What to say of `1,5` where a comma does not separate.
  private func decimalComma(_ field: CSVLines.Field) -> String {
    let bytes = lines.bytes[field.range]
    guard bytes.count(where: { $0 == UInt8(ascii: ",") }) == 1 else { return "" }
    let point = bytes.map { $0 == UInt8(ascii: ",") ? UInt8(ascii: ".") : $0 }
    guard point.withUnsafeBytes({ CSVNumber($0) }) != nil else { return "" }
    return " (a decimal comma? numbers are read with a point)"
  }
}
