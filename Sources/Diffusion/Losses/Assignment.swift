import Runtime

/// The linear assignment problem: for each row a column of its own so that the sum of the costs is least.
///
/// Shortest augmenting paths with dual prices (Kuhn 1955; Jonker and Volgenant 1987): rows are added one by one, and
/// each takes the cheapest path of exchanges to a free column. The order n³ at worst.
package enum Assignment {
  /// - Parameter costs: n × n, row by row, finite.
  /// - Returns: the column of each row.
  package static func leastCost(_ costs: [Double], count n: Int) throws -> [Int] {
    var state = Prices(costs, n)
    state.reduceColumns()
    for row in 0..<n where state.columnOf[row] < 0 {
      if row & 15 == 0 { try Cancellation.check() }
      state.add(row)
    }
    return state.columnOf
  }

  /// Prices u of rows and v of columns with cost − u − v ≥ 0, and = 0 on every pair.
  private struct Prices {
    private let costs: [Double]
    private let n: Int
    private var u: [Double]
    private var v: [Double]
    private(set) var columnOf: [Int]
    private var rowOf: [Int]

    init(_ costs: [Double], _ n: Int) {
      (self.costs, self.n) = (costs, n)
      u = Array(repeating: 0, count: n)
      v = Array(repeating: 0, count: n)
      columnOf = Array(repeating: -1, count: n)
      rowOf = Array(repeating: -1, count: n)
    }

    /// Each column's price is its least cost, each row's what is left; rows and columns that are cheapest for
    /// each other and free are pairs.
    mutating func reduceColumns() {
      for column in 0..<n {
        v[column] = (0..<n).reduce(.infinity) { min($0, costs[$1 * n + column]) }
      }
      for row in 0..<n {
        var (least, place) = (Double.infinity, -1)
        for column in 0..<n {
          let left = costs[row * n + column] - v[column]
          if left < least { (least, place) = (left, column) }
        }
        u[row] = least
        if place >= 0, rowOf[place] < 0 {
          rowOf[place] = row
          columnOf[row] = place
        }
      }
    }

    /// Gives a free row a column, by the shortest path in reduced costs (Dijkstra).
    mutating func add(_ row: Int) {
      var distance = [Double](repeating: .infinity, count: n)
      var before = [Int](repeating: -1, count: n)
      var isDone = [Bool](repeating: false, count: n)
      var done: [Int] = []
      var (current, reached, end) = (row, 0.0, -1)
      while end < 0 {
        var (least, next) = (Double.infinity, -1)
        for column in 0..<n where !isDone[column] {
          let length = reached + costs[current * n + column] - u[current] - v[column]
          if length < distance[column] {
            distance[column] = length
            before[column] = current
          }
          if distance[column] < least { (least, next) = (distance[column], column) }
        }
        guard next >= 0 else { return }
        reached = least
        isDone[next] = true
        done.append(next)
        if rowOf[next] < 0 { end = next } else { current = rowOf[next] }
      }
      // Prices of what was reached before the end move by what the end is farther.
      u[row] += reached
      for column in done.dropLast() {
        u[rowOf[column]] += reached - distance[column]
        v[column] -= reached - distance[column]
      }
      while end >= 0 {
        let taker = before[end]
        rowOf[end] = taker
        (columnOf[taker], end) = (end, columnOf[taker])
      }
    }
  }
}
