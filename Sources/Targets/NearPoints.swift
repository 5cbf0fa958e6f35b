import Glibc
import Runtime
import Tensors

/// Which points of a data set weigh at x: p(k | x) ∝ w_k exp(−‖x − r y_k‖²/2v), v = s², and their mean
/// E[x_0 | x] = Σ p(k | x) y_k.
///
/// The distances to all points come from one product in float32 about the centre c of the data and serve to
/// discard only. With o = x − r c, y' = y − c and u = 2⁻²⁴, any order of summation gives
///   |fl(o·y') − o·y'| ≤ e_k = (d + 4) u ‖o‖ ‖y'_k‖
/// (Higham 2002, §3.1: γ_d, and one rounding for each factor), so that ln w_k − ‖x − r y_k‖²/2v is known, up to
/// a constant of the row, within E_k = r e_k / v. A point stays where its upper bound reaches the best lower
/// bound − 37 − ln n: all that is left out weighs e⁻³⁷ ≈ 1e-16. What stays is worked out in float64 from
/// differences against the best point y*,
///   ‖x − r y_k‖² − ‖x − r y*‖² = Σ_j r (y_k − y*)_j (r (y_k + y*)_j − 2 x_j),
/// which is 0 for duplicates and loses no digits where x is far away. Rows at which more than 64 and n/16 points stay
/// go through products in float64 (`DensePoints`), where their rounding cannot be seen.
final class NearPoints {
  /// Shape [n, d], dense, float32 or float64.
  let rows: Tensor
  /// ln w_k, of length n, or 1 where all are equal.
  let logWeights: [Double]
  let centre: [Double]
  /// (y − c)/unit in float32, and ‖y − c‖.
  private let reduced: Tensor
  private let unit: Double
  let lengths: [Double]
  let longest: Double

  /// What is known of a row.
  struct Law {
    /// E[x_0 | x], [n d].
    var means: [Double]
    /// ln Σ w_k exp(−‖x − r y_k‖²/2v).
    var logMass: [Double]
    /// Rows that float64 cannot serve: squares leave its range.
    var failed: [Bool]
  }

  /// The widest table of products of a block of rows.
  private static let mostProducts = 1 << 22
  private static let mostRows = 64

  var count: Int { rows.shape[0] }
  var dimension: Int { rows.shape[1] }

  init(_ rows: Tensor, logWeights: [Double]) throws {
    self.rows = rows
    self.logWeights = logWeights
    let (n, d) = (rows.shape[0], rows.shape[1])
    var mean = [Double](repeating: 0, count: d)
    let reader = RowReader(rows)
    try Cancellation.inBlocks(n, of: max(1, (1 << 16) / d)) { block in
      for k in block { reader.add(row: k, times: 1 / Double(n), to: &mean) }
    }
    let centre = mean
    self.centre = centre
    var lengths = try checkedArray(repeating: 0.0, count: n)
    var largest = 0.0
    try Cancellation.inBlocks(n, of: max(1, (1 << 16) / d)) { block in
      for k in block {
        let (length, size) = reader.distance(row: k, from: centre)
        lengths[k] = length
        largest = max(largest, size)
      }
    }
    self.lengths = lengths
    longest = lengths.max() ?? 0
    unit = largest > 0 && largest.isFinite ? scalbn(1, Int32(largest.exponent)) : 1
    reduced = try Tensor(uninitialized: [n, d])
    let (out, scale) = (reduced.pointer(Float.self), 1 / unit)
    try WorkerPool.shared.run(count: n, grain: max(1, (1 << 15) / d)) { block in
      for k in block { reader.reduce(row: k, from: centre, scale, out + k * d) }
    }
  }

  /// - Parameters: `x` of [n d] numbers, `r` and `s` > 0 of each row.
  func law(_ x: [Double], _ r: [Double], _ s: [Double]) throws -> Law {
    let n = r.count
    var law = Law(
      means: try checkedArray(repeating: .nan, count: n * dimension),
      logMass: try checkedArray(repeating: .nan, count: n),
      failed: try checkedArray(repeating: false, count: n))
    let step = max(1, min(Self.mostRows, Self.mostProducts / max(count, 1)))
    for first in stride(from: 0, to: n, by: step) {
      try fill(&law, first..<min(first + step, n), x, r, s)
    }
    return law
  }

  private func fill(
    _ law: inout Law, _ block: Range<Int>, _ x: [Double], _ r: [Double], _ s: [Double]
  ) throws {
    let queries = try block.map { row in
      try Query(
        self, Array(x[row * dimension..<(row + 1) * dimension]), r[row], s[row] * s[row], row)
    }
    var dense = queries.filter { $0.takesMost }
    let sure = Set(dense.map(\.row))
    let others = queries.filter { $0.isPlain && !sure.contains($0.row) }
    let products = try products(others)
    var kept = [[Int]?](repeating: nil, count: others.count)
    try kept.withUnsafeMutableBufferPointer { kept in
      try WorkerPool.shared.run(count: others.count, grain: 1) { range in
        for i in range {
          kept[i] = try others[i].candidates(products.map { $0 + i * count })
        }
      }
    }
    products?.deallocate()
    let sparse = others.indices.filter {
      !((kept[$0]?.count ?? 0) > max(64, count / 16) && others[$0].suitsProducts)
    }
    dense += others.indices.filter { !sparse.contains($0) }.map { others[$0] }
    for query in queries where !query.isPlain { law.failed[query.row] = true }
    let d = dimension
    try law.means.withUnsafeMutableBufferPointer { means in
      try law.logMass.withUnsafeMutableBufferPointer { logMass in
        guard let out = means.baseAddress, let mass = logMass.baseAddress else { return }
        try WorkerPool.shared.run(count: sparse.count, grain: 1) { range in
          for i in range {
            let query = others[sparse[i]]
            mass[query.row] = try query.average(kept[sparse[i]] ?? [], out + query.row * d)
          }
        }
        if !dense.isEmpty { try DensePoints(self).fill(dense, out, mass) }
      }
    }
    for row in block where law.logMass[row].isNaN { law.failed[row] = true }
  }

  /// o·y'/(unit of o · unit of y'), shape [rows, n].
  private func products(_ queries: [Query]) throws -> UnsafeMutablePointer<Float>? {
    if queries.isEmpty { return nil }
    let d = dimension
    try Memory.request(queries.count * count, of: Float.self)
    let scaled = try Tensor(uninitialized: [queries.count, d])
    let from = scaled.pointer(Float.self)
    for (i, query) in queries.enumerated() {
      for j in 0..<d { from[i * d + j] = Float(query.offset[j] / query.unit) }
    }
    let result = UnsafeMutablePointer<Float>.allocate(capacity: queries.count * count)
    do {
      try gemm(
        .plain, .transposed, rows: queries.count, columns: count, inner: d, 1 as Float,
        UnsafePointer(from), d, UnsafePointer(reduced.pointer(Float.self)), d, 0, result, count)
    } catch {
      result.deallocate()
      throw error
    }
    return result
  }
}

extension NearPoints {
  /// One x with its r and v.
  struct Query {
    let points: NearPoints
    let x: [Double]
    let r: Double
    let v: Double
    let row: Int
    /// x − r c, its length, and a power of two near its largest number.
    let offset: [Double]
    let length: Double
    let unit: Double

    init(_ points: NearPoints, _ x: [Double], _ r: Double, _ v: Double, _ row: Int) throws {
      (self.points, self.x, self.r, self.v, self.row) = (points, x, r, v, row)
      let offset = zip(x, points.centre).map { $0 - r * $1 }
      let largest = offset.reduce(0) { max($0, abs($1)) }
      let unit = largest > 0 && largest.isFinite ? scalbn(1, Int32(largest.exponent)) : 1
      let squares = offset.reduce(0) { $0 + ($1 / unit) * ($1 / unit) }
      (self.offset, self.unit, length) = (offset, unit, unit * squares.squareRoot())
    }

    /// Whether all numbers stay in the range of float64.
    var isPlain: Bool {
      let size = max(length, abs(r) * points.longest)
      return size < 1e140 && v > 1e-280 && v < 1e280 && size * size / v < 1e290
        && x.allSatisfy(\.isFinite)
    }
    private var cut: Double { 37 + log(Double(points.count)) }
    /// Whether so many points weigh that discarding is not worth its product: more than half of a few that
    /// stand for all, or all where distances differ too little.
    var takesMost: Bool {
      guard isPlain, suitsProducts, points.logWeights.count == 1 else { return false }
      let reach = abs(r) * points.longest
      if (reach * reach + 4 * reach * length) / (2 * v) < cut { return true }
      let few = min(32, points.count)
      let reader = RowReader(points.rows)
      let exponents = (0..<few).map {
        reader.squaredDistance(row: $0 * points.count / few, to: x, r) / (2 * v)
      }
      let least = exponents.min() ?? 0
      return exponents.count { $0 - least < cut / 2 } > few / 2
    }
    /// Whether rounding of products in float64 changes no ln p(k | x) by more than 1e-8.
    var suitsProducts: Bool {
      abs(r) * Double(points.dimension + 4) * 0x1p-53 * length * points.longest / v < 1e-8
    }

    @inline(__always)
    func logWeight(_ k: Int) -> Double { points.logWeights[points.logWeights.count == 1 ? 0 : k] }

    /// The points that may weigh, the best one first.
    func candidates(_ products: UnsafeMutablePointer<Float>?) throws -> [Int] {
      guard let products else { return [] }
      let n = points.count
      let share = abs(r) * Double(points.dimension + 4) * 0x1p-24 * length / v
      let (square, slope) = (r * r / (2 * v), r * unit * points.unit / v)
      var best = (value: -Double.infinity, place: 0)
      var floor = -Double.infinity
      for k in 0..<n {
        let size = points.lengths[k]
        let value = logWeight(k) - square * size * size + slope * Double(products[k])
        if value > best.value { best = (value, k) }
        floor = max(floor, value - share * size)
      }
      floor -= cut
      var kept = [best.place]
      for k in 0..<n where k != best.place {
        let size = points.lengths[k]
        let value = logWeight(k) - square * size * size + slope * Double(products[k])
        if value + share * size >= floor {
          if kept.count == kept.capacity { try kept.reserveChecked(max(kept.count, 64)) }
          kept.append(k)
        }
      }
      return kept
    }

    /// Writes the mean of these points by their weights; returns ln Σ w exp(−‖x − r y‖²/2v).
    func average(_ kept: [Int], _ out: UnsafeMutablePointer<Double>) throws -> Double {
      let d = points.dimension
      let reader = RowReader(points.rows)
      guard let first = kept.first else { return .nan }
      let base = first
      var logs = [Double]()
      logs.reserveCapacity(kept.count)
      for (i, k) in kept.enumerated() {
        if i & 255 == 0 { try Cancellation.check() }
        let change = reader.change(of: k, against: base, x, r)
        logs.append(logWeight(k) - change / (2 * v))
      }
      let most = logs.max() ?? 0
      let weights = logs.map { exp($0 - most) }
      let total = weights.reduce(0, +)
      for j in 0..<d { out[j] = 0 }
      for (i, k) in kept.enumerated() where weights[i] > 0 {
        reader.add(row: k, times: weights[i] / total, to: out)
      }
      return most + log(total) - reader.squaredDistance(row: base, to: x, r) / (2 * v)
    }
  }
}
