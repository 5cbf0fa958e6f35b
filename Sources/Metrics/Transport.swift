import KernelsBase
import Runtime
import Tensors

/// The cheapest way from n points of mass 1/n each to m of mass 1/m, with the potentials that prove it so: u_i + v_j
/// is at most the cost of i and j, and equal where mass goes.
///
/// Of as many points on both sides it is an assignment: columns are reduced, rows compete for them, and shortest
/// augmenting paths place those that are left (Jonker & Volgenant 1987). Else the same paths carry several units of
/// 1/lcm(n, m) at a time.
package final class Transport {
  let rows: Int
  let columns: Int
  /// Units of mass of each row and of each column.
  package let supply: Int
  package let demand: Int
  package private(set) var u: [Double]
  /// Potentials of the columns, and of those that make a row whole vectors.
  package private(set) var v: [Double]
  /// Units that each column has, by row.
  package private(set) var flows: [[(row: Int, units: Int)]]
  private let costs: Tensor
  /// Columns of memory in each row.
  private let width: Int
  private var supplyLeft: [Int]
  private var demandLeft: [Int]

  /// - Parameter costs: float32 [n, width]: finite in the first m columns, infinite in the others; width is a multiple
  ///   of 8.
  package init(_ costs: Tensor, columns: Int) throws {
    self.costs = costs
    self.columns = columns
    (rows, width) = (costs.shape[0], costs.shape[1])
    var (divisor, rest) = (rows, columns)
    while rest > 0 { (divisor, rest) = (rest, divisor % rest) }
    (supply, demand) = (columns / divisor, rows / divisor)
    u = try checkedArray(repeating: 0, count: rows)
    v = try checkedArray(repeating: 0, count: width)
    flows = try checkedArray(repeating: [], count: columns)
    supplyLeft = try checkedArray(repeating: supply, count: rows)
    demandLeft = try checkedArray(repeating: demand, count: columns)
    if rows == columns { try assign() } else { try fillGreedily() }
    try augment()
  }

  private func row(_ i: Int) -> UnsafePointer<Float> {
    UnsafePointer(costs.pointer(Float.self)) + i * width
  }

  // MARK: A start

  /// v_j = min_i c_ij, which leaves no reduced cost below 0; and which row has it.
  private func reduceColumns() throws -> [Double] {
    let none: [Double] = try checkedArray(repeating: 0, count: width)
    var places = none
    for j in 0..<width { v[j] = .infinity }
    for i in 0..<rows {
      if i & 0xFF == 0 { try Cancellation.check() }
      _ = kernels.relax(
        row(i), none, shift: 0, row: Double(i), key: &v, from: &places, width)
    }
    for j in columns..<width { v[j] = 0 }
    return places
  }

  /// Gives each row's mass to its cheapest column, as far as that takes it.
  private func fillGreedily() throws {
    _ = try reduceColumns()
    for i in 0..<rows {
      if i & 0xFF == 0 { try Cancellation.check() }
      let least = kernels.twoLeast(row(i), v, width)
      u[i] = least.first
      let units = min(supplyLeft[i], demandLeft[least.place])
      if units > 0 { give(units, from: i, to: least.place) }
    }
  }

  private func give(_ units: Int, from i: Int, to j: Int) {
    flows[j].append((i, units))
    supplyLeft[i] -= units
    demandLeft[j] -= units
  }

  /// Column reduction and two rounds in which rows without a column take their best and raise its price to where
  /// their second best is as good.
  private func assign() throws {
    let cheapest = try reduceColumns()
    var columnOf: [Int] = try checkedArray(repeating: -1, count: rows)
    var rowOf: [Int] = try checkedArray(repeating: -1, count: columns)
    for j in 0..<columns {
      let i = Int(clamping: cheapest[j])
      if columnOf[i] < 0 { (columnOf[i], rowOf[j]) = (j, i) }
    }
    var free = (0..<rows).filter { columnOf[$0] < 0 }
    for _ in 0..<2 {
      var (list, left) = (free, 8 * rows)
      free = []
      var next = 0
      while next < list.count {
        if left & 0xFF == 0 { try Cancellation.check() }
        left -= 1
        let i = list[next]
        next += 1
        // Where prices rise by little for ever, paths are quicker.
        guard left > 0 else {
          free.append(i)
          continue
        }
        let least = kernels.twoLeast(row(i), v, width)
        var j = least.place
        let price = v[j] - (least.second - least.first)
        let isRaised = price < v[j]
        if isRaised { v[j] = price } else if rowOf[j] >= 0, least.next < columns { j = least.next }
        let old = rowOf[j]
        (rowOf[j], columnOf[i]) = (i, j)
        guard old >= 0 else { continue }
        columnOf[old] = -1
        if isRaised {
          next -= 1
          list[next] = old
        } else {
          free.append(old)
        }
      }
    }
    for i in 0..<rows {
      if i & 0xFF == 0 { try Cancellation.check() }
      if columnOf[i] >= 0 {
        u[i] = Double(row(i)[columnOf[i]]) - v[columnOf[i]]
        give(1, from: i, to: columnOf[i])
      } else {
        u[i] = kernels.twoLeast(row(i), v, width).first
      }
    }
  }

  // MARK: Shortest augmenting paths

  private func augment() throws {
    var paths = try Paths(rows: rows, width: width)
    for i in 0..<rows {
      while supplyLeft[i] > 0 {
        try Cancellation.check()
        try carry(from: i, along: &paths)
      }
    }
  }

  /// Dijkstra's search over reduced costs from a row to the nearest column that has room, and the units that the path
  /// carries.
  private func carry(from start: Int, along paths: inout Paths) throws {
    paths.begin(v, columns: columns)
    paths.reach(start, from: -1, at: 0)
    var (scanned, length, end) = (0, 0.0, -1)
    while end < 0 {
      if scanned & 0xFF == 0 { try Cancellation.check() }
      var least = (least: Double.infinity, place: -1)
      repeat {
        // Where a column led to no new row, an infinite shift changes nothing and finds the next column.
        let isNew = scanned < paths.reached.count
        let (i, distance) = isNew ? paths.reached[scanned] : (start, .infinity)
        least = kernels.relax(
          row(i), paths.open, shift: isNew ? distance - u[i] : .infinity, row: Double(i),
          key: &paths.key, from: &paths.from, width)
        if isNew { scanned += 1 }
      } while scanned < paths.reached.count
      guard least.least < .infinity else { throw Unreachable() }
      length = max(length, least.least)
      if demandLeft[least.place] > 0 {
        end = least.place
      } else {
        paths.close(least.place, at: length)
        for (i, _) in flows[least.place] { paths.reach(i, from: least.place, at: length) }
      }
    }
    for (j, distance) in paths.closed { v[j] += distance - length }
    for (i, distance) in paths.reached { u[i] += length - distance }
    move(from: start, to: end, paths)
  }

  /// No path is left, which finite costs do not allow.
  private struct Unreachable: Error {}

  private func move(from start: Int, to end: Int, _ paths: Paths) {
    var units = min(supplyLeft[start], demandLeft[end])
    var j = end
    while true {
      let i = Int(clamping: paths.from[j])
      guard i != start else { break }
      let back = paths.parent[i]
      units = min(units, flows[back].first { $0.row == i }?.units ?? 0)
      j = back
    }
    supplyLeft[start] -= units
    demandLeft[end] -= units
    j = end
    while true {
      let i = Int(clamping: paths.from[j])
      if let place = flows[j].firstIndex(where: { $0.row == i }) {
        flows[j][place].units += units
      } else {
        flows[j].append((i, units))
      }
      guard i != start else { break }
      let back = paths.parent[i]
      if let place = flows[back].firstIndex(where: { $0.row == i }) {
        flows[back][place].units -= units
        if flows[back][place].units == 0 { flows[back].remove(at: place) }
      }
      j = back
    }
  }

  /// What a search remembers.
  private struct Paths {
    /// The distance of each column so far; infinite where it is final.
    var key: [Double]
    /// The row that each column is reached from.
    var from: [Double]
    /// Potentials of the columns that are not final; −∞ for the others.
    var open: [Double]
    /// The column that each row is reached from.
    var parent: [Int]
    var reached: [(row: Int, distance: Double)] = []
    var closed: [(column: Int, distance: Double)] = []
    private var stamp: [Int]
    private var search = 0

    init(rows: Int, width: Int) throws {
      key = try checkedArray(repeating: 0, count: width)
      from = try checkedArray(repeating: 0, count: width)
      open = try checkedArray(repeating: 0, count: width)
      parent = try checkedArray(repeating: -1, count: rows)
      stamp = try checkedArray(repeating: 0, count: rows)
    }

    mutating func begin(_ v: [Double], columns: Int) {
      search += 1
      for j in open.indices { (key[j], open[j]) = (.infinity, v[j]) }
      reached.removeAll(keepingCapacity: true)
      closed.removeAll(keepingCapacity: true)
    }

    mutating func reach(_ row: Int, from column: Int, at distance: Double) {
      guard stamp[row] != search else { return }
      stamp[row] = search
      parent[row] = column
      reached.append((row, distance))
    }

    mutating func close(_ column: Int, at distance: Double) {
      (key[column], open[column]) = (.infinity, -.infinity)
      closed.append((column, distance))
    }
  }
}
