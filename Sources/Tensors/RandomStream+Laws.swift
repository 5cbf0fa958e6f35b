import Catalog
import Glibc
import KernelsBase
import Runtime

// Laws by inversion, choices, and the multivariate normal law. The number at an element depends on
// its place alone, not on how many are drawn.

extension RandomStream {
  /// Independent exponential numbers of a rate: −ln(u) / rate.
  public func exponential(
    _ shape: Shape, rate: LawParameter = .number(1), _ dtype: DType = .float32
  ) throws -> Tensor {
    let step = nextStep()
    return try generated(shape, dtype) { range, out in
      uniforms(range, step, out)
      for (place, i) in range.enumerated() { out[place] = -log(out[place]) / rate[i] }
    }
  }

  /// Independent booleans, true with probability p.
  public func bernoulli(_ shape: Shape, _ p: LawParameter) throws -> Tensor {
    let step = nextStep()
    return try generated(shape, .bool) { range, out in
      uniforms(range, step, out)
      for (place, i) in range.enumerated() { out[place] = out[place] < p[i] ? 1 : 0 }
    }
  }

  /// `count` independent places in `weights`, each as likely as its weight.
  public func weightedPlaces(_ count: Int, _ weights: [Double]) throws -> [Int] {
    let step = nextStep()
    var total = 0.0
    let cumulative = try weights.polledMap { weight in
      total += weight
      return total
    }
    let drawn = try generated([count], .float64) { range, out in uniforms(range, step, out) }
    return try drawn.doubles().polledMap { firstPlace(above: $0 * total, in: cumulative[...]) }
  }

  /// One place in each row of `weights` ([rows columns] in row-major order).
  public func places(inRowsOf weights: [Double], rows: Int, columns: Int) throws -> [Int] {
    let step = nextStep()
    let drawn = try generated([rows], .float64) { range, out in uniforms(range, step, out) }
    return try drawn.doubles().enumerated().polledMap { row, u in
      if columns > 1 << 10 { try Cancellation.check() }
      var total = 0.0
      let cumulative = weights[row * columns..<(row + 1) * columns].map { weight in
        total += weight
        return total
      }
      return firstPlace(above: u * total, in: cumulative[...])
    }
  }

  /// Different places one after another, each as likely as its weight among those that are left
  /// (Efraimidis & Spirakis 2006): the order of exponential numbers of these rates.
  public func differentPlaces(_ count: Int, _ weights: [Double]) throws -> [Int] {
    let clocks = try exponential([weights.count], rate: .elements(weights), .float64).doubles()
    let order = try weights.indices.polledFilter { weights[$0] > 0 }.polledSort {
      (clocks[$0], $0) < (clocks[$1], $1)
    }
    return Array(order.prefix(count))
  }

  /// Different places in `0 ..< total`, each as likely: the first steps of Fisher & Yates, of which
  /// only the exchanged places are kept.
  public func differentPlaces(_ count: Int, of total: Int) throws -> [Int] {
    let step = nextStep()
    var moved: [Int: Int] = [:]
    return try withUnsafeTemporaryAllocation(of: UInt32.self, capacity: max(2 * count, 1)) {
      words in
      guard let base = words.baseAddress else { return [] }
      try Cancellation.inBlocks(count) {
        kernels.words(
          base + 2 * $0.lowerBound, rows: $0.count, columns: 2, key: key, step: step,
          firstRow: UInt64($0.lowerBound))
      }
      return try (0..<count).polledMap { i in
        let word = UInt64(base[2 * i]) << 32 | UInt64(base[2 * i + 1])
        let j = i + Int(clamping: word.multipliedFullWidth(by: UInt64(total - i)).high)
        let chosen = moved[j] ?? j
        moved[j] = moved[i] ?? i
        moved[i] = nil
        return chosen
      }
    }
  }

  /// Rows of N(mean, L Lᵀ), L lower triangular: mean + L z.
  public func normal(
    _ count: Int, mean: Tensor, factor: Tensor, _ dtype: DType = .float32
  ) throws -> Tensor {
    let z = try normal([count, mean.shape[0]], dtype)
    return try z.matrixProduct(factor.converted(to: dtype).transposed())
      .combined(with: mean.converted(to: dtype), .add)
  }

  private func uniforms(_ range: Range<Int>, _ step: UInt32, _ out: UnsafeMutablePointer<Double>) {
    kernels.uniform(
      out, rows: range.count, columns: 1, key: lawKey(.deviate, part: 2), step: step,
      firstRow: UInt64(range.lowerBound))
  }
}

/// The first place whose cumulative weight exceeds `value`; a place of weight 0 is never one.
private func firstPlace(above value: Double, in cumulative: ArraySlice<Double>) -> Int {
  var (low, high) = (0, cumulative.count - 1)
  while low < high {
    let middle = (low + high) / 2
    if cumulative[cumulative.startIndex + middle] > value {
      high = middle
    } else {
      low = middle + 1
    }
  }
  // Rounding may leave the value at the total itself: back to the last weight that is not 0.
  while low > 0,
    cumulative[cumulative.startIndex + low] == cumulative[cumulative.startIndex + low - 1],
    cumulative[cumulative.startIndex + low] <= value
  { low -= 1 }
  return low
}
