import Catalog
import Glibc
import Runtime
import Tensors

// Finite laws, and products of laws on finitely many points, as supports.

extension EmpiricalDistribution: Support {
  package var supportSize: Double { Double(distinct) }
  package var supportBits: Double { log2(supportSize) }
  package var isUniform: Bool { weights == nil && distinct == rows.shape[0] }

  private var distinct: Int { (try? firstEqual().distinct) ?? rows.shape[0] }

  private func firstEqual() throws -> (places: [Int], distinct: Int) {
    try equalRows.value()
  }

  static func firstEqualRows(_ rows: Tensor) throws -> (places: [Int], distinct: Int) {
    let x = try rows.converted(to: .float64).densified()
    let (values, d) = (x.pointer(Double.self), rows.shape[1])
    var seen: [UInt64: [Int]] = [:]
    var distinct = 0
    let places = try (0..<rows.shape[0]).polledMap { row in
      var hash: UInt64 = 0xcbf2_9ce4_8422_2325
      // Adding 0 makes one zero of both.
      for j in row * d..<(row + 1) * d {
        hash = (hash ^ (values[j] + 0).bitPattern) &* 0x9e37_79b9_7f4a_7c15
        hash ^= hash >> 29
      }
      let first = seen[hash, default: []].first { other in
        (0..<d).allSatisfy { values[row * d + $0] == values[other * d + $0] }
      }
      if let first { return first }
      seen[hash, default: []].append(row)
      distinct += 1
      return row
    }
    return (places, distinct)
  }

  /// By the distances to all points; of equally near ones the first.
  package func nearest(_ rows: Tensor) throws -> NearestOfSupport {
    let data = try self.rows.converted(to: .float64).densified()
    let count = rows.shape[0]
    let (distances, places) = (
      try Tensor.full([count], .infinity, .float64), try Tensor.full([count], -1, .int64)
    )
    let (best, place) = (distances.pointer(Double.self), places.pointer(Int64.self))
    try forEachDistanceBlock(rows, data, of: Double.self, squared: true) { block in
      for row in block.rows {
        let own = block.distances(ofRow: row)
        for i in 0..<block.columns.count where own[i] < best[row] {
          best[row] = own[i]
          place[row] = Int64(block.columns.lowerBound + i)
        }
      }
    }
    let first = try firstEqual().places
    let d = dimension
    let points = try Tensor(uninitialized: [count, d], .float64)
    let (from, out) = (data.pointer(Double.self), points.pointer(Double.self))
    let keys: [SupportKey?] = try (0..<count).polledMap { row in
      let found = Int(clamping: place[row])
      for j in 0..<d { out[row * d + j] = found < 0 ? .nan : from[found * d + j] }
      return found < 0 ? nil : [UInt64(first[found])]
    }
    return NearestOfSupport(points: points, keys: keys)
  }

  package func logProbabilities(_ rows: Tensor) throws -> [Double] {
    let first = try firstEqual().places
    var shares = [Double](repeating: 0, count: first.count)
    for (row, place) in first.enumerated() {
      shares[place] += weights?[row] ?? 1 / Double(first.count)
    }
    return try nearest(rows).keys.map { key in
      key.map { log(shares[Int(clamping: $0[0])]) } ?? .nan
    }
  }

  package func enumerated() throws -> Tensor {
    let first = try firstEqual().places
    return try rows.gathered(rows: first.indices.filter { first[$0] == $0 }).converted(
      to: .float32)
  }
}

extension ProductDistribution: Support {
  var support: (any Support)? {
    runs.allSatisfy { $0.law.support != nil } ? self : nil
  }

  private var supports: [(law: any Support, count: Int)] {
    runs.compactMap { run in run.law.support.map { ($0, run.count) } }
  }

  var supportSize: Double {
    supports.reduce(1) { $0 * pow($1.law.supportSize, Double($1.count)) }
  }
  var supportBits: Double {
    supports.reduce(0) { $0 + $1.law.supportBits * Double($1.count) }
  }
  var isUniform: Bool { supports.allSatisfy(\.law.isUniform) }

  /// Block by block, since squared distances add.
  func nearest(_ rows: Tensor) throws -> NearestOfSupport {
    let (n, d) = (rows.shape[0], dimension)
    let points = try Tensor(uninitialized: [n, d], .float64)
    let out = points.pointer(Double.self)
    var keys = try checkedArray(repeating: SupportKey?.some([]), count: n)
    var start = 0
    for (law, count) in supports {
      let (own, width) = (law.dimension, law.dimension * count)
      let columns = try rows.slice(axis: 1, start..<start + width).densified()
      let found = try law.nearest(columns.reshaped(to: [n * count, own]))
      let values = found.points.pointer(Double.self)
      for row in 0..<n {
        if row & 0xFFF == 0 { try Cancellation.check() }
        for j in 0..<width { out[row * d + start + j] = values[row * width + j] }
        for block in 0..<count {
          if let key = found.keys[row * count + block] {
            keys[row]? += key
          } else {
            keys[row] = nil
          }
        }
      }
      start += width
    }
    for row in 0..<n where keys[row] == nil {
      for j in 0..<d { out[row * d + j] = .nan }
    }
    return NearestOfSupport(points: points, keys: keys)
  }

  func logProbabilities(_ rows: Tensor) throws -> [Double] {
    let n = rows.shape[0]
    var (totals, start) = ([Double](repeating: 0, count: n), 0)
    for (law, count) in supports {
      let (own, width) = (law.dimension, law.dimension * count)
      let columns = try rows.slice(axis: 1, start..<start + width).densified()
      let parts = try law.logProbabilities(columns.reshaped(to: [n * count, own]))
      for (place, part) in parts.enumerated() { totals[place / count] += part }
      start += width
    }
    return totals
  }

  /// The last block changes fastest.
  func enumerated() throws -> Tensor {
    var all = try Tensor(uninitialized: [1, 0])
    for (law, count) in supports {
      let points = try law.enumerated()
      for _ in 0..<count {
        let (before, after) = (all.shape[0], points.shape[0])
        let left = (0..<before * after).map { $0 / after }
        let right = (0..<before * after).map { $0 % after }
        let part = try points.gathered(rows: right)
        all =
          all.shape[1] == 0
          ? part : try Tensor.concatenated([all.gathered(rows: left), part], axis: 1)
      }
    }
    return all
  }
}
