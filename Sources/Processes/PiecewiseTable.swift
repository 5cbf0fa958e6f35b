import Catalog

/// A function of time in pieces, y = c₀ + c₁ u + c₂ u² + c₃ u³ + a u^q with u = (t − start)/length: cubic
/// Hermite polynomials between nodes with values and slopes, and in the first piece, where a variance
/// follows a power of the time that need not be whole, that power (a ≠ 0 there alone).
package struct PiecewiseTable {
  /// start, 1/length, c₀ … c₃, a, q.
  static let width = 8

  /// Increasing; the first and the last are the ends of the process.
  let nodes: [Double]
  private var pieces: [[Double]]

  /// - Precondition: at least 3 nodes, increasing, with as many values and slopes.
  init(nodes: [Double], values: [Double], slopes: [Double]) {
    self.nodes = nodes
    pieces = (1..<nodes.count).map { end in
      let (a, b) = (end - 1, end)
      let length = nodes[b] - nodes[a]
      let rise = values[b] - values[a]
      let (first, last) = (slopes[a] * length, slopes[b] * length)
      return [
        nodes[a], 1 / length, values[a], first, 3 * rise - 2 * first - last,
        first + last - 2 * rise, 0, 1,
      ]
    }
    let length = nodes[1] - nodes[0]
    let rise = values[1] - values[0]
    // The power that has the value at the first node and value and slope at the second.
    let exponent = rise == 0 ? 1 : slopes[1] * length / rise
    pieces[0] = [
      nodes[0], 1 / length, values[0], 0, 0, 0, exponent > 0 ? rise : 0,
      exponent > 0 ? exponent : 1,
    ]
    if exponent <= 0 { pieces[0][3] = rise }
  }

  /// Beyond the ends the pieces there go on.
  func coefficients(at t: Double) -> [Double] {
    var (low, high) = (0, nodes.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if t >= nodes[middle] { low = middle } else { high = middle }
    }
    return pieces[low]
  }
}

/// The piece that a time lies in.
package struct TablePiece<Number: TimeNumber> {
  let start, rate: Number
  let c0, c1, c2, c3: Number
  let amplitude, exponent: Number

  init(_ numbers: [Number]) {
    (start, rate) = (numbers[0], numbers[1])
    (c0, c1, c2, c3) = (numbers[2], numbers[3], numbers[4], numbers[5])
    (amplitude, exponent) = (numbers[6], numbers[7])
  }

  func value(at t: Number) throws(Number.Failure) -> Number {
    let u = try (t - start) * rate
    let cubic = try c0 + u * (c1 + u * (c2 + u * c3))
    return try cubic + amplitude * Number.power(u, exponent)
  }

  func slope(at t: Number) throws(Number.Failure) -> Number {
    let u = try (t - start) * rate
    let quadratic = try c1 + u * (c2 * 2 + u * (c3 * 3))
    let power = try amplitude * exponent * Number.power(u, exponent - 1)
    return try (quadratic + power) * rate
  }
}
