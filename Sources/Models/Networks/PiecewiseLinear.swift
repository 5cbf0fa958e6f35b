import Runtime

/// Σ_k a_k max(w_k x + b_k, 0) of a number, by its kinks −b_k/w_k in order: between two of them it is a line, whose
/// slope and height are sums that are made once.
struct PiecewiseLinear {
  /// Where the lines change, in order; line i holds from kink i − 1 on up to kink i.
  private let kinks: [Double]
  private let slopes: [Double]
  private let heights: [Double]

  init(weights w: [Double], biases b: [Double], factors a: [Double]) {
    var (slope, height) = (0.0, 0.0)
    var changes: [(x: Double, slope: Double, height: Double)] = []
    for k in w.indices {
      let (steep, high) = (a[k] * w[k], a[k] * b[k])
      // Far to the left those of negative weight are active; each ends at its kink, where the others begin.
      if w[k] < 0 || (w[k] == 0 && b[k] > 0) {
        slope += steep
        height += high
      }
      if w[k] > 0 {
        changes.append((-b[k] / w[k], steep, high))
      } else if w[k] < 0 {
        changes.append((-b[k] / w[k], -steep, -high))
      }
    }
    changes.sort { $0.x < $1.x }
    var (slopes, heights) = ([slope], [height])
    for change in changes {
      slope += change.slope
      height += change.height
      slopes.append(slope)
      heights.append(height)
    }
    (kinks, self.slopes, self.heights) = (changes.map(\.x), slopes, heights)
  }

  /// The values at numbers in any order; faster where each is near the one before.
  func fill(_ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, _ count: Int) throws {
    try kinks.withUnsafeBufferPointer { kinks in
      try slopes.withUnsafeBufferPointer { slopes in
        try heights.withUnsafeBufferPointer { heights in
          try WorkerPool.shared.run(count: count, grain: 8192) { rows in
            var line = 0
            for i in rows {
              line = Self.line(at: x[i], kinks, near: line)
              out[i] = slopes[line] * x[i] + heights[line]
            }
          }
        }
      }
    }
  }

  /// How many kinks lie below x.
  private static func line(at x: Double, _ kinks: UnsafeBufferPointer<Double>, near guess: Int)
    -> Int
  {
    var line = guess
    if line == 0 || kinks[line - 1] < x {
      for _ in 0..<4 {
        if line == kinks.count || !(kinks[line] < x) { return line }
        line += 1
      }
    }
    var (low, high) = (0, kinks.count)
    while low < high {
      let middle = (low + high) / 2
      if kinks[middle] < x { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
