// Numbers in lines of text, separated by commas, semicolons, tabs or blanks, with or without a line of
// names first (RFC 4180 without quoted fields in the numbers).

import Catalog
import Runtime
import Tensors

enum CSV {
  /// The numbers as a float64 tensor [rows, columns], and the names of the columns where there are.
  static func read(_ bytes: [UInt8], path: String) throws -> (table: Tensor, names: [String]) {
    var lines = bytes.split(omittingEmptySubsequences: true) { $0 == 0x0A || $0 == 0x0D }[...]
    guard let first = lines.first else { throw FileError("\(path): is empty") }
    let separator = separator(of: first)
    var names: [String] = []
    if fields(first, separator).contains(where: { number($0) == nil }) {
      names = fields(first, separator).map(unquoted)
      lines = lines.dropFirst()
    }
    var values: [Double] = []
    var columns = names.count
    for (place, line) in lines.enumerated() {
      let row = fields(line, separator)
      let lineNumber = place + (names.isEmpty ? 1 : 2)
      if columns == 0 { columns = row.count }
      guard row.count == columns else {
        throw FileError("\(path): line \(lineNumber) has \(row.count) fields, expected \(columns)")
      }
      for (column, text) in row.enumerated() {
        guard let value = number(text) else {
          throw FileError(
            "\(path): line \(lineNumber), column \(column + 1): "
              + "'\(String(decoding: text.prefix(40), as: UTF8.self))' is not a number")
        }
        values.append(value)
      }
    }
    return (try Tensor(values, shape: [lines.count, columns]), names)
  }

  static func text(_ table: Tensor) throws -> String {
    guard table.rank == 1 || table.rank == 2 else {
      throw UserError("a CSV file holds tensors of 1 or 2 axes, got shape \(table.shape)")
    }
    let columns = table.rank == 2 ? table.shape[1] : 1
    let values = try table.doubles()
    guard columns > 0 else { return "" }
    return stride(from: 0, to: values.count, by: columns).map { start in
      values[start..<start + columns].map { written($0, table.dtype) }.joined(separator: ",") + "\n"
    }.joined()
  }

  /// Digits that read back the same in the tensor's own type.
  private static func written(_ value: Double, _ dtype: DType) -> String {
    if value == value.rounded(), abs(value) < 1e15 { return "\(Int(value))" }
    return dtype == .float32 ? "\(Float(value))" : "\(value)"
  }

  private static func separator(of line: ArraySlice<UInt8>) -> UInt8 {
    for candidate in [0x2C, 0x3B, 0x09] as [UInt8] where line.contains(candidate) {
      return candidate
    }
    return 0x20
  }

  private static func fields(_ line: ArraySlice<UInt8>, _ separator: UInt8) -> [ArraySlice<UInt8>] {
    line.split(separator: separator, omittingEmptySubsequences: separator == 0x20).map(trimmed)
  }

  private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var text = text.drop { $0 == 0x20 || $0 == 0x09 }
    while let last = text.last, last == 0x20 || last == 0x09 { text.removeLast() }
    return text
  }

  private static func number(_ text: ArraySlice<UInt8>) -> Double? {
    Double(String(decoding: text, as: UTF8.self))
  }

  private static func unquoted(_ text: ArraySlice<UInt8>) -> String {
    String(decoding: text, as: UTF8.self).filter { $0 != "\"" }
  }
}
