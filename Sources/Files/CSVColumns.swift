// The numbers of a table while it is read, row by row. A column whose fields are all integers keeps all
// their digits; the first other number makes it one of doubles.

import Catalog
import Runtime
import Tensors

struct CSVColumns {
  var rowCount = 0
  /// For each column whether all its numbers are integers so far.
  private(set) var isWhole: [Bool]
  /// Row by row; the bits of an Int64 in a column that is whole, of a Double in any other.
  private var bits: [UInt64] = []
  /// The row and column of an integer that no double holds, where there is one in a column of doubles.
  private var inexact: (row: Int, column: Int, value: Int64)?

  var count: Int { isWhole.count }

  init(count: Int) { isWhole = [Bool](repeating: true, count: count) }

  mutating func append(_ number: CSVNumber, _ column: Int) throws {
    if bits.count == bits.capacity { try bits.reserveChecked(max(bits.count, 64)) }
    switch number {
    case .whole(let value) where isWhole[column]: bits.append(UInt64(bitPattern: value))
    case .whole(let value): bits.append(double(value, rowCount, column).bitPattern)
    case .real(let value):
      if isWhole[column] { makeReal(column) }
      bits.append(value.bitPattern)
    }
  }

  private mutating func makeReal(_ column: Int) {
    isWhole[column] = false
    for row in 0..<rowCount {
      let place = row * count + column
      bits[place] = double(Int64(bitPattern: bits[place]), row, column).bitPattern
    }
  }

  private mutating func double(_ value: Int64, _ row: Int, _ column: Int) -> Double {
    if inexact == nil, Int64(exactly: Double(value)) != value { inexact = (row, column, value) }
    return Double(value)
  }

  // MARK: Tensors

  /// All of it as one tensor [rows, columns].
  func table(_ dtype: DType, path: String) throws -> Tensor {
    try filled([rowCount, count], dtype, Array(0..<count), path)
  }

  /// One column [rows]: int64 where all its fields are integers, else float64, unless the type is asked
  /// for.
  func column(_ column: Int, _ dtype: DType?, path: String) throws -> Tensor {
    let natural: DType = isWhole[column] && rowCount > 0 ? .int64 : .float64
    return try filled([rowCount], dtype ?? natural, [column], path)
  }

  private func filled(_ shape: Shape, _ dtype: DType, _ columns: [Int], _ path: String) throws
    -> Tensor
  {
    let tensor = try Tensor(uninitialized: shape, dtype == .int64 ? .int64 : .float64)
    for (place, column) in columns.enumerated() {
      for row in 0..<rowCount {
        let word = bits[row * count + column]
        let target = row * columns.count + place
        if dtype == .int64 {
          tensor.pointer(Int64.self)[target] = try whole(word, row, column, path)
        } else {
          tensor.pointer(Double.self)[target] = try real(word, row, column, path)
        }
      }
    }
    return try tensor.converted(to: dtype)
  }

  private func real(_ word: UInt64, _ row: Int, _ column: Int, _ path: String) throws -> Double {
    guard isWhole[column] else {
      if let inexact, inexact.row == row, inexact.column == column {
        throw notExact(inexact.value, row, column, path)
      }
      return Double(bitPattern: word)
    }
    let value = Int64(bitPattern: word)
    let double = Double(value)
    guard Int64(exactly: double) == value else { throw notExact(value, row, column, path) }
    return double
  }

  private func whole(_ word: UInt64, _ row: Int, _ column: Int, _ path: String) throws -> Int64 {
    if isWhole[column] { return Int64(bitPattern: word) }
    let value = Double(bitPattern: word)
    guard let whole = Int64(exactly: value) else {
      throw FileError(
        "\(path): row \(row + 1), column \(column + 1): \(formatNumber(value)) is no integer of 64 "
          + "bits")
    }
    return whole
  }

  private func notExact(_ value: Int64, _ row: Int, _ column: Int, _ path: String) -> FileError {
    FileError(
      "\(path): row \(row + 1), column \(column + 1): \(value) has more digits than a float64 keeps; "
        + "{dtype = \"int64\"} reads integers")
  }
}
