import Glibc
import Runtime
import Tensors

/// Means of a data set by weights of all its points, where most of them weigh: block after block of points,
/// one product in float64 for the distances and one for the sum, about the centre of the data.
///
/// Weights are relative to the greatest so far; what was summed up is scaled where a greater one comes.
/// Memory: 2,048 points in float64.
struct DensePoints {
  private static let block = 2048
  private let points: NearPoints

  init(_ points: NearPoints) { self.points = points }

  /// Writes E[x_0 | x] and ln Σ w exp(−‖x − r y‖²/2v) of each query at its row.
  func fill(
    _ queries: [NearPoints.Query], _ means: UnsafeMutablePointer<Double>,
    _ logMass: UnsafeMutablePointer<Double>
  ) throws {
    let (m, d, n) = (queries.count, points.dimension, points.count)
    let width = min(Self.block, n)
    let offsets = try Tensor(queries.flatMap(\.offset), shape: [m, d])
    let rows = try Tensor(uninitialized: [width, d], .float64)
    let logs = try Tensor(uninitialized: [m, width], .float64)
    let sums = try Tensor.zeros([m, d], .float64)
    let (o, y) = (offsets.pointer(Double.self), rows.pointer(Double.self))
    let (l, out) = (logs.pointer(Double.self), sums.pointer(Double.self))
    var most = [Double](repeating: -.infinity, count: m)
    var totals = [Double](repeating: 0, count: m)
    for first in stride(from: 0, to: n, by: width) {
      let block = first..<min(first + width, n)
      try load(block, y)
      try gemm(
        .plain, .transposed, rows: m, columns: block.count, inner: d, 1.0, UnsafePointer(o), d,
        UnsafePointer(y), d, 0, l, width)
      try most.withUnsafeMutableBufferPointer { most in
        try totals.withUnsafeMutableBufferPointer { totals in
          try WorkerPool.shared.run(count: m, grain: 4) { range in
            for i in range {
              let before = most[i]
              totals[i] =
                weigh(queries[i], block, l + i * width, &most[i]) + totals[i]
                * exp(before - most[i])
              if before < most[i], before > -.infinity {
                let factor = exp(before - most[i])
                for j in 0..<d { out[i * d + j] *= factor }
              }
            }
          }
        }
      }
      try gemm(
        .plain, .plain, rows: m, columns: d, inner: block.count, 1.0, UnsafePointer(l), width,
        UnsafePointer(y), d, 1, out, d)
    }
    for (i, query) in queries.enumerated() {
      for j in 0..<d {
        means[query.row * d + j] = points.centre[j] + out[i * d + j] / totals[i]
      }
      let own = query.length * query.length / (2 * query.v)
      logMass[query.row] = most[i] + log(totals[i]) - own
    }
  }

  /// y − c of a block.
  private func load(_ block: Range<Int>, _ out: UnsafeMutablePointer<Double>) throws {
    let (reader, d) = (RowReader(points.rows), points.dimension)
    try WorkerPool.shared.run(count: block.count, grain: max(1, (1 << 15) / d)) { range in
      for k in range {
        reader.shift(row: block.lowerBound + k, from: points.centre, out + k * d)
      }
    }
  }

  /// Turns products o·y' into weights relative to e^most, which may grow; returns their sum.
  private func weigh(
    _ query: NearPoints.Query, _ block: Range<Int>, _ row: UnsafeMutablePointer<Double>,
    _ most: inout Double
  ) -> Double {
    let (square, slope) = (query.r * query.r / (2 * query.v), query.r / query.v)
    var largest = most
    for k in 0..<block.count {
      let size = points.lengths[block.lowerBound + k]
      row[k] = query.logWeight(block.lowerBound + k) - square * size * size + slope * row[k]
      largest = max(largest, row[k])
    }
    most = largest
    var total = 0.0
    for k in 0..<block.count {
      row[k] = exp(row[k] - largest)
      total += row[k]
    }
    return total
  }
}
