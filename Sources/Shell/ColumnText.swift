// A table of columns, such as the log of a training run, as rows under their names.
import CLua
import Catalog
import LuaHost
import Tensors

struct ColumnText {
  let lua: LuaState
  let width: Int

  /// Rows that are shown, half of them from the end.
  private static let mostRows = 12
  /// Columns that come first where they are there.
  private static let leading = ["step", "epoch", "loss"]

  private struct Column {
    let name: String
    let tensor: Tensor
  }

  /// Nil where the values are not all tensors of one axis and one length, at least two of them.
  func text(ofTableAt table: Int32) -> String? {
    guard let columns = columns(of: table), let count = columns.first?.tensor.shape.first else {
      return nil
    }
    let rows = shownRows(count)
    var lines = Array(repeating: "", count: rows.count + 1)
    var shown = 0
    for column in columns {
      let cells = [column.name] + rows.map { $0 < 0 ? "⋮" : cell(column.tensor, $0) }
      let cellWidth = cells.map(\.count).max() ?? 0
      if shown > 0, (lines[0].count + cellWidth + 2) > width { break }
      for (place, cell) in cells.enumerated() {
        lines[place] += "  " + String(repeating: " ", count: cellWidth - cell.count) + cell
      }
      shown += 1
    }
    var head = "\(columns.count) columns of \(count) rows"
    if shown < columns.count {
      head += "; not shown: " + columns[shown...].map(\.name).joined(separator: ", ")
    }
    return ([head] + lines).joined(separator: "\n")
  }

  private func columns(of table: Int32) -> [Column]? {
    let frame = Frame(lua.pointer)
    let top = clua_top(lua.pointer)
    defer { clua_set_top(lua.pointer, top) }
    var columns: [Column] = []
    clua_push_nil(lua.pointer)
    while clua_next(lua.pointer, table) != 0 {
      guard columns.count < 100, let name = frame.string(at: -2),
        let tensor = frame.anyObject(at: -1) as? Tensor, tensor.rank == 1, !tensor.isTraced,
        tensor.shape[0] > 0, tensor.shape[0] == columns.first?.tensor.shape[0] ?? tensor.shape[0]
      else { return nil }
      columns.append(Column(name: name, tensor: tensor))
      clua_set_top(lua.pointer, -2)
    }
    guard columns.count >= 2 else { return nil }
    func rank(_ column: Column) -> Int {
      Self.leading.firstIndex(of: column.name) ?? Self.leading.count
    }
    return columns.sorted { (rank($0), $0.name) < (rank($1), $1.name) }
  }

  private func shownRows(_ count: Int) -> [Int] {
    if count <= Self.mostRows { return Array(0..<count) }
    let half = Self.mostRows / 2
    return Array(0..<half) + [-1] + Array(count - half + 1..<count)
  }

  private func cell(_ column: Tensor, _ row: Int) -> String {
    let element = column.select(axis: 0, row)
    guard let value = try? element.item() else { return "?" }
    if column.dtype == .bool { return value != 0 ? "true" : "false" }
    // Steps and counts whole, as far as a table wants them.
    if value == value.rounded(), abs(value) < 1e7 { return formatNumber(value) }
    return shortNumber(value)
  }
}
