import Catalog
import Runtime
import Tensors

/// `data.distinct`: points without near duplicates.
enum Distinct {
  struct Options: OptionGroup {
    var correlation = 0.95
    var size: Count?
    var indices = false

    static let options: [Option<Options>] = [
      Option(
        "correlation", \.correlation, "of two points, above which the later one is left out",
        in: .within(0.0...1.0)),
      Option(
        "size", \.size,
        "pictures are compared after they were resized to so many pixels along each side, by a box filter",
        in: .positive),
      Option(
        "indices", \.indices, "gives the places of the points, int64 from 1, in place of the points"
      ),
    ]
  }

  static let entry = Entry.function(
    "distinct", "Points without near duplicates: the first of each, in their order.",
    .arg("x", "points [n, …]"), .group(Options.self),
    returns: "a tensor of the points that are kept, or of their places",
    details: """
      Two points are near duplicates where the correlation of their numbers, each without its mean, is above \
      `correlation`. A point is left out where it is one of a point before it that is kept. Points whose numbers are \
      all equal count as duplicates of each other. The work is n² d operations, in blocks.
      """,
    source: "Kadkhodaie et al. 2024, appendix A (size = 20, correlation = 0.95)",
    example: "x = data.mnist{count = 50}  return data.distinct(x, {correlation = 0.9, size = 14})"
  ) { (x: Tensor, options: OptionsOf<Options>) -> Tensor in
    guard x.rank > 1 || (x.rank == 1 && options.size == nil) else {
      throw UserError("x must have shape [n, …], got \(x.shape)")
    }
    let points = try numbers(x, "x")
    if try !points.isFinite(), let row = try points.nonFiniteRows().first {
      throw UserError("x must be finite, got nan or inf in row \(row + 1)")
    }
    let kept = try places(
      try features(points, size: options.size?.value), above: options.correlation)
    if options.indices { return try Tensor(kept.map { Int64($0 + 1) }) }
    return try x.gathered(rows: kept)
  }

  /// Points of length 1 without their means, [n, d]; zeros where all numbers are equal.
  private static func features(_ x: Tensor, size: Int?) throws -> Tensor {
    let n = x.shape[0]
    let d = n == 0 ? 0 : x.elementCount / n
    var wanted = d
    var channels = 1
    if let size {
      guard x.rank == 3 || x.rank == 4 else {
        throw UserError("size is for pictures [n h w] or [n c h w], x has shape \(x.shape)")
      }
      channels = x.rank == 4 ? x.shape[1] : 1
      wanted = try (Count(channels) * Count(size) * Count(size)).value
    }
    let result = try Tensor(uninitialized: Shape(checking: [n, wanted]))
    let (source, out) = (x.pointer(Float.self), result.pointer(Float.self))
    try WorkerPool.shared.run(chunks: n) { place in
      let row = out + place * wanted
      if let size {
        let values = Array(UnsafeBufferPointer(start: source + place * d, count: d))
        let picture = Picture(
          channels: channels, height: x.shape[x.rank - 2], width: x.shape[x.rank - 1],
          values: values)
        let small = try Resampling.box.resized(picture, size, size).values
        for i in 0..<wanted { row[i] = small[i] }
      } else {
        row.update(from: source + place * d, count: d)
      }
      normalise(row, wanted)
    }
    return result
  }

  private static func normalise(_ row: UnsafeMutablePointer<Float>, _ count: Int) {
    var (sum, least, most) = (0.0, Float.infinity, -Float.infinity)
    for i in 0..<count {
      sum += Double(row[i])
      (least, most) = (min(least, row[i]), max(most, row[i]))
    }
    let mean = sum / Double(max(count, 1))
    let squares = (0..<count).reduce(0.0) {
      let gap = Double(row[$1]) - mean
      return $0 + gap * gap
    }
    let factor = least < most ? 1 / squares.squareRoot() : 0
    for i in 0..<count { row[i] = factor > 0 ? Float((Double(row[i]) - mean) * factor) : 0 }
  }

  /// Whether a number is above a limit; a sum, which the compiler makes vectors of.
  private static func exceeds(
    _ limit: Float, _ values: UnsafePointer<Float>, _ count: Int
  ) -> Bool {
    var hits: Int32 = 0
    for i in 0..<count { hits &+= values[i] > limit ? 1 : 0 }
    return hits > 0
  }

  /// Rows of a block that are compared at once, and kept rows that they are compared with at once.
  private static let block = 512
  private static let stripe = 8192

  private static func places(_ features: Tensor, above limit: Double) throws -> [Int] {
    let (n, d) = (features.shape[0], features.shape[1])
    let source = features.pointer(Float.self)
    // The largest float that is not above the limit: the same numbers are above both.
    let nearest = Float(limit)
    let limit = Double(nearest) > limit ? nearest.nextDown : nearest
    // The kept rows move to the front of a copy, so that products are with them alone.
    let store = try features.copied()
    let rows = store.pointer(Float.self)
    var kept: [Int] = []
    var hasConstant = false
    for first in stride(from: 0, to: n, by: block) {
      let count = min(block, n - first)
      let own = features.slice(axis: 0, first..<first + count)
      var isDoubled = [Bool](repeating: false, count: count)
      for start in stride(from: 0, to: kept.count, by: stripe) {
        let part = store.slice(axis: 0, start..<min(start + stripe, kept.count))
        let products = try own.matrixProduct(part.transposed()).densified()
        let (values, columns) = (products.pointer(Float.self), part.shape[0])
        try isDoubled.withUnsafeMutableBufferPointer { flags in
          guard let flags = flags.baseAddress else { return }
          try WorkerPool.shared.run(count: count, grain: 16) { range in
            for i in range where !flags[i] {
              flags[i] = exceeds(limit, values + i * columns, columns)
            }
          }
        }
      }
      let square = try own.matrixProduct(own.transposed()).densified()
      let among = square.pointer(Float.self)
      var fresh: [Int] = []
      for i in 0..<count where !isDoubled[i] {
        // A row of zeros is a point whose numbers are equal.
        if among[i * count + i] == 0 {
          if hasConstant { continue }
          hasConstant = true
        } else if fresh.contains(where: { among[i * count + $0] > limit }) {
          continue
        }
        fresh.append(i)
        (rows + kept.count * d).update(from: source + (first + i) * d, count: d)
        kept.append(first + i)
      }
    }
    return kept
  }
}
