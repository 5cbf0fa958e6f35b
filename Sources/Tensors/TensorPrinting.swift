import Catalog
import Glibc

// How tensors look: one line in errors, a screen-bounded block at the prompt.

extension Tensor {
  /// `tensor 128×2 float32 [mean 0.01, std 1.02]`.
  public func describe() -> String {
    let size = rank == 0 ? "" : " " + shape.map(String.init).joined(separator: "×")
    return "tensor\(size) \(dtype.rawValue)\(statistics())"
  }

  private func statistics() -> String {
    guard dtype != .bool, elementCount > 0, let values = try? sampleForStatistics() else {
      return ""
    }
    if elementCount == 1 { return " [\(shortNumber(values[0]))]" }
    let finite = values.filter(\.isFinite)
    var parts: [String] = []
    if !finite.isEmpty {
      let mean = finite.reduce(0, +) / Double(finite.count)
      let variance = finite.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(finite.count)
      parts.append("mean \(shortNumber(mean))")
      parts.append("std \(shortNumber(variance.squareRoot()))")
    }
    let nans = values.count { $0.isNaN }
    if nans > 0 { parts.append("\(nans) NaN") }
    let infinities = values.count { $0.isInfinite }
    if infinities > 0 { parts.append("\(infinities) inf") }
    return " [\(parts.joined(separator: ", "))]"
  }

  /// All elements, or the first million of a larger tensor.
  private func sampleForStatistics() throws -> [Double] {
    if elementCount <= 1 << 20 { return try doubles() }
    var view = self
    while view.rank > 1, view.elementCount / view.shape[0] > 1 << 20 {
      view = view.select(axis: 0, 0)
    }
    let rows = max(1, (1 << 20) / (view.elementCount / view.shape[0]))
    return try view.slice(axis: 0, 0..<min(rows, view.shape[0])).doubles()
  }

  /// The one line, then the values, at most `width` columns and about 12 rows of the last two axes.
  public func display(width: Int = 80) -> String {
    if rank == 0 { return "tensor \(dtype.rawValue) \(cell(at: offset))" }
    if elementCount == 0 { return describe() }
    let columns = shape[rank - 1]
    let rows = rank >= 2 ? shape[rank - 2] : 1
    let matrix = rank > 2 ? firstMatrix() : self
    let shownRows = edges(rows, most: 12)
    var shownColumns = edges(columns, most: 32)
    var cells = matrix.cells(shownRows, shownColumns)
    var cellWidth = cells.joined().map(\.count).max() ?? 1
    let fitting = max(2, (width - 4) / (cellWidth + 2))
    if shownColumns.count > fitting {
      shownColumns = edges(columns, most: fitting - 1)
      cells = matrix.cells(shownRows, shownColumns)
      cellWidth = cells.joined().map(\.count).max() ?? 1
    }
    var lines = [describe()]
    if rank > 2 { lines.append("first of \(elementCount / (rows * columns)) matrices:") }
    for row in cells {
      let padded = row.map { String(repeating: " ", count: cellWidth - $0.count) + $0 }
      lines.append("  " + padded.joined(separator: "  "))
    }
    return lines.joined(separator: "\n")
  }

  private func firstMatrix() -> Tensor {
    var view = self
    while view.rank > 2 { view = view.select(axis: 0, 0) }
    return view
  }

  /// The text of some rows and columns; index −1 stands for an ellipsis.
  private func cells(_ rows: [Int], _ columns: [Int]) -> [[String]] {
    rows.map { row in
      columns.map { column in
        if row < 0 || column < 0 { return row < 0 && column >= 0 ? "⋮" : "…" }
        let rowStart = rank >= 2 ? row * strides[rank - 2] : 0
        return cell(at: offset + rowStart + column * strides[rank - 1])
      }
    }
  }

  private func cell(at place: Int) -> String {
    switch dtype {
    case .bool: element(at: place) != 0 ? "true" : "false"
    case .int64: "\(storage.base.assumingMemoryBound(to: Int64.self)[place])"
    default: shortNumber(element(at: place))
    }
  }
}

/// All indices, or those of both ends around −1.
private func edges(_ count: Int, most: Int) -> [Int] {
  if count <= most { return Array(0..<count) }
  let head = (most - 1 + 1) / 2
  let tail = most - 1 - head
  return Array(0..<head) + [-1] + Array(count - max(tail, 1)..<count)
}

/// Four significant digits, as a table wants them.
public func shortNumber(_ value: Double) -> String {
  if value.isNaN { return "nan" }
  if value.isInfinite { return value < 0 ? "-inf" : "inf" }
  if value == 0 { return "0" }
  var buffer = [CChar](repeating: 0, count: 40)
  let size = abs(value)
  let digits = size >= 1e5 || size < 1e-4 ? 3 : 0
  if digits == 3 {
    withVaList([value]) { _ = vsnprintf(&buffer, 40, "%.3e", $0) }
  } else {
    let decimals = max(0, 3 - Int(clamping: log10(size).rounded(.down)))
    withVaList([Int32(min(decimals, 7)), value]) { _ = vsnprintf(&buffer, 40, "%.*f", $0) }
  }
  var text = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  if digits == 0, text.contains(".") {
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
  }
  return text
}
