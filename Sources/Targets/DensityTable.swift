import Catalog
import Glibc
import Runtime
import Tensors

/// A density in one or two dimensions as polynomials on cells, for integrals against normal kernels of any
/// width.
///
/// In u with x = sinh u, as on a `DensityGrid`, ln p is interpolated at the Gauss–Lobatto nodes of each
/// cell, 16 in one dimension and 12 × 12 in two. A cell is halved along one axis until the last coefficients
/// of its Legendre series vanish, so a jump along an axis is enclosed to 1e-12 by halving alone (1e-10
/// in the plane); along other lines in the plane until the number of cells is used up. Cells with points outside the support
/// are rough: ln p is then that of the nearest node.
///
/// Errors, relative: 1e-11 of a smooth density in one dimension, 1e-9 in two, where ln p is not below its
/// peak by more than 700 and 100; beyond it counts as 0. The share of rough cells where a density in the
/// plane jumps along a curve is `roughShare`, of the order of 1e-3.
final class DensityTable {
  /// ln p at points of shape [n, d], float64.
  typealias LogDensity = (Tensor) throws -> [Double]

  struct Cell {
    /// Ends in u.
    var lower: SIMD2<Double>
    var upper: SIMD2<Double>
    /// The largest ln p at a node, and how much it varies.
    var top = -Double.infinity
    var spread = 0.0
    /// ln ∫ p over the cell.
    var logMass = -Double.infinity
    var isRough = false
    /// What the last coefficients leave, along either axis; infinite where there is no series.
    var tails = SIMD2<Double>.zero
    /// How much ln p varies along either axis.
    var swings = SIMD2<Double>.zero
    /// ln p at the nodes; empty where it is −∞ at all of them.
    var values: [Double] = []
    /// The axis along which it is halved.
    var halved: Int?
  }

  /// What integrals look at in every cell.
  struct Span {
    /// Ends in u, and in x.
    var lower: SIMD2<Double>
    var upper: SIMD2<Double>
    var low: SIMD2<Double>
    var high: SIMD2<Double>
    var logMass: Double
    var top: Double
    var spread: Double
    var isRough: Bool
  }

  let dimension: Int
  let rule: LegendreRule
  /// Nodes along the second axis: as many as along the first, or one.
  let secondRule: LegendreRule
  private(set) var spans: [Span] = []
  /// For each cell one after the other: coefficients of ln p, or its values where the cell is rough; weights
  /// relative to exp(top); nodes in x.
  private(set) var arrays: (coefficients: [Double], weights: [Double], places: [Double]) = (
    [], [], []
  )
  /// ln ∫ p.
  private(set) var logTotal = -Double.infinity
  private(set) var roughShare = 0.0
  /// What rounding in the density leaves of a tail, where its numbers are float32 say.
  private var noise = 0.0

  var cellSize: Int { rule.count * secondRule.count }
  var placeCount: Int { rule.count + secondRule.count }
  /// How much ln p may vary in a cell, and the kernel's exponent, for the rule to integrate them: m nodes
  /// err by exp(−(m − 1)²/a) on exp(−a t²).
  var mostSpread: Double { dimension == 1 ? 5 : 3.5 }
  var mostSwing: Double { dimension == 1 ? 4 : 2.5 }

  private static let mostCells = 6000
  private var tolerance: Double { dimension == 1 ? 1e-12 : 1e-10 }
  var depth: Double { Self.depth(dimension: dimension) }
  private static func depth(dimension: Int) -> Double { dimension == 1 ? 700 : 100 }

  /// A density whose mass is found by scanning.
  ///
  /// - Parameter name: of the function, for errors.
  convenience init(dimension: Int, name: String, _ logDensity: LogDensity) throws {
    let count = Self.scanCount(dimension: dimension)
    let scan = try DensityGrid(
      DensityGrid.region(dimension: dimension, logDensity).map { $0.with(count: count) }, logDensity
    )
    let region = try DensityGrid.region(
      dimension: dimension, depth: Self.depth(dimension: dimension), logDensity)
    try self.init(
      dimension: dimension, name: name, cells: Self.firstCells(of: region), scan: scan, logDensity)
  }

  /// A density on the line whose support is known: it is smooth within each interval that is left when the ends of
  /// all cut each other, and 0 elsewhere.
  convenience init(name: String, support: [ClosedRange<Double>], _ logDensity: LogDensity) throws {
    let ends = Set(support.flatMap { [$0.lowerBound, $0.upperBound] }).sorted()
    let cells = zip(ends, ends.dropFirst()).filter { low, high in
      support.contains { $0.lowerBound <= low && high <= $0.upperBound }
    }.flatMap { low, high in
      Self.firstCells(of: [DensityGrid.Axis(lower: asinh(low), upper: asinh(high), count: 2)], 4)
    }
    try self.init(dimension: 1, name: name, cells: cells, scan: nil, logDensity)
  }

  private init(
    dimension: Int, name: String, cells: [Cell], scan: DensityGrid?, _ logDensity: LogDensity
  ) throws {
    self.dimension = dimension
    rule = LegendreRule(dimension == 1 ? 16 : 12)
    secondRule = dimension == 1 ? LegendreRule(1) : rule
    var open = try evaluated(cells, name, logDensity)
    noise = try measuredNoise(open, name, logDensity)
    var peak = -Double.infinity
    if let scan {
      peak = scan.peak - scan.axes.reduce(0) { $0 + log(cosh(max(abs($1.lower), abs($1.upper)))) }
    }
    var finished: [Cell] = []
    while !open.isEmpty {
      peak = open.reduce(peak) { max($0, $1.top) }
      var waiting: [Cell] = []
      for var cell in open {
        cell.halved =
          cell.values.isEmpty || cell.top < peak - depth
          ? contradictedAxis(cell, scan, peak)
          : axisToHalve(cell, peak) ?? contradictedAxis(cell, scan, peak)
        if cell.halved != nil {
          waiting.append(cell)
        } else if cell.top > peak - depth {
          finished.append(cell)
        }
      }
      // The most important first, while there is room for more cells.
      let room = Self.mostCells - finished.count - waiting.count
      if room < waiting.count {
        waiting.sort { importance($0) > importance($1) }
        finished += waiting.dropFirst(max(0, room)).filter { !$0.values.isEmpty }
        waiting.removeSubrange(max(0, room)...)
      }
      open = try evaluated(
        waiting.flatMap { cell in cell.halved.map { halves(of: cell, along: $0) } ?? [] }, name,
        logDensity)
    }
    try finish(finished)
  }

  private static func firstCells(of region: [DensityGrid.Axis], _ most: Int = 48) -> [Cell] {
    let dimension = region.count
    let count = dimension == 1 ? most : 8
    func ends(_ axis: Int, _ i: Int) -> (Double, Double) {
      guard axis < dimension else { return (0, 0) }
      let (a, b) = (region[axis].lower, region[axis].upper)
      let step = (b - a) / Double(count)
      return (a + step * Double(i), i + 1 == count ? b : a + step * Double(i + 1))
    }
    return (0..<count).flatMap { i in
      (0..<(dimension == 1 ? 1 : count)).map { j in
        let (first, second) = (ends(0, i), ends(1, j))
        return Cell(
          lower: SIMD2(first.0, second.0), upper: SIMD2(first.1, second.1))
      }
    }
  }

  private func halves(of cell: Cell, along axis: Int) -> [Cell] {
    let middle = (cell.lower[axis] + cell.upper[axis]) / 2
    var (first, second) = (
      Cell(lower: cell.lower, upper: cell.upper), Cell(lower: cell.lower, upper: cell.upper)
    )
    first.upper[axis] = middle
    second.lower[axis] = middle
    return [first, second]
  }

  /// Tails of cells so small that any smooth density is linear there: the median of nine.
  private func measuredNoise(_ cells: [Cell], _ name: String, _ logDensity: LogDensity) throws
    -> Double
  {
    let heaviest = cells.sorted { $0.logMass > $1.logMass }.prefix(9)
    let small = heaviest.map { cell in
      let width = cell.upper - cell.lower
      let start = cell.lower + width * 0.1
      return Cell(lower: start, upper: start + width * 1e-6)
    }
    let tails = try evaluated(small, name, logDensity).map { $0.tails.max() }.sorted()
    return tails.isEmpty ? 0 : min(1e-4, 8 * tails[tails.count / 2])
  }

  /// Whether a cell is wider than what encloses a jump; in the plane corners need many such cells.
  func isDivisible(_ cell: Cell, _ axis: Int) -> Bool {
    let size = max(1, abs(cell.lower[axis]), abs(cell.upper[axis]))
    return cell.upper[axis] - cell.lower[axis] > (dimension == 1 ? 0x1p-40 : 0x1p-32) * size
  }

  private func importance(_ cell: Cell) -> Double {
    if cell.values.isEmpty { return .infinity }
    let tail = max(cell.tails.max(), cell.spread > mostSpread ? 0.1 : 0)
    return cell.logMass + log(min(1, tail))
  }

  /// The axis along which a cell is too wide for its polynomial; nil where it is not.
  private func axisToHalve(_ cell: Cell, _ peak: Double) -> Int? {
    let below = peak - cell.top
    // Far below the peak, less accuracy will do.
    let wished = max(
      self.tolerance * (dimension == 1 ? 1 : exp(min(30, below / 4))), 4e-15 * abs(cell.top),
      noise * (1 + abs(cell.top)) / (1 + abs(peak)))
    var wanted = SIMD2<Double>.zero
    for axis in 0..<dimension {
      guard isDivisible(cell, axis) else { continue }
      // Where ln p is steep, the rounding of the points shows.
      let slope = 2 * cell.swings[axis] / (cell.upper[axis] - cell.lower[axis])
      let tolerance = max(wished, 1e-15 * slope * (1 + abs(cell.lower[axis])))
      let tail = cell.tails[axis]
      if tail > tolerance {
        wanted[axis] = tail
      } else if cell.spread > mostSpread * (1 + below / 40) {
        wanted[axis] = tolerance * min(1, cell.swings[axis] / cell.spread)
      }
    }
    guard wanted.max() > 0 else { return nil }
    return wanted[0] >= wanted[1] ? 0 : 1
  }
}

// MARK: - Values

extension DensityTable {
  private static let blockSize = 1 << 17

  /// Cells with ln p at their nodes, and what follows from it.
  private func evaluated(_ cells: [Cell], _ name: String, _ logDensity: LogDensity) throws -> [Cell]
  {
    var result: [Cell] = []
    let most = max(1, Self.blockSize / cellSize)
    for first in stride(from: 0, to: cells.count, by: most) {
      try Cancellation.check()
      let block = cells[first..<min(first + most, cells.count)]
      let x = try Tensor(uninitialized: [block.count * cellSize, dimension], .float64)
      let out = x.pointer(Double.self)
      var next = 0
      for cell in block {
        let nodes = (nodes(cell, 0), nodes(cell, 1))
        for a in nodes.0 {
          for b in nodes.1 {
            out[next] = sinh(a)
            if dimension == 2 { out[next + 1] = sinh(b) }
            next += dimension
          }
        }
      }
      let values = try logDensity(x)
      for (place, cell) in block.enumerated() {
        // An integrable singularity is a point without mass.
        let own = values[place * cellSize..<(place + 1) * cellSize].map {
          $0 == .infinity ? -.infinity : $0
        }
        if let wrong = own.firstIndex(where: \.isNaN) {
          let point = try x.select(axis: 0, place * cellSize + wrong).doubles().map(brief)
          throw UserError("\(name) is \(brief(own[wrong])) at (\(point.joined(separator: ", ")))")
        }
        result.append(described(cell, own))
      }
    }
    return result
  }

  private func rule(_ axis: Int) -> LegendreRule { axis == 0 ? rule : secondRule }

  /// The nodes of a cell along an axis, in u.
  private func nodes(_ cell: Cell, _ axis: Int) -> [Double] {
    let middle = (cell.lower[axis] + cell.upper[axis]) / 2
    let half = (cell.upper[axis] - cell.lower[axis]) / 2
    return rule(axis).nodes.map { middle + half * $0 }
  }

  private func described(_ cell: Cell, _ values: [Double]) -> Cell {
    var cell = cell
    cell.top = values.reduce(-.infinity) { max($0, $1) }
    guard cell.top > -.infinity else { return cell }
    cell.values = values
    let least = values.reduce(.infinity) { min($0, $1) }
    cell.spread = cell.top - least
    cell.isRough = least == -.infinity
    let (m, n) = (rule.count, secondRule.count)
    if cell.isRough {
      // Between neighbours along either axis: where does the support end?
      var ends = SIMD2<Double>.zero
      for i in 0..<m {
        for j in 0..<n {
          let isInside = values[i * n + j] > -.infinity
          if i > 0, isInside != (values[(i - 1) * n + j] > -.infinity) { ends[0] += 1 }
          if j > 0, isInside != (values[i * n + j - 1] > -.infinity) { ends[1] += 1 }
        }
      }
      for axis in 0..<dimension where ends[axis] > 0 { cell.tails[axis] = 1e6 + ends[axis] }
      cell.spread = 0
    } else {
      let c = series(values)
      for i in 0..<m {
        for j in 0..<n {
          let size = abs(c[i * n + j])
          if i >= m - 2 { cell.tails[0] = max(cell.tails[0], size) }
          if n > 1, j >= n - 2 { cell.tails[1] = max(cell.tails[1], size) }
          if i > 0 { cell.swings[0] = max(cell.swings[0], size) }
          if j > 0 { cell.swings[1] = max(cell.swings[1], size) }
        }
      }
    }
    let mass = measure(cell).reduce(0, +)
    cell.logMass = cell.top + log(mass)
    return cell
  }

  /// exp(ln p − top) at the nodes times the weights of the rule, in x.
  private func measure(_ cell: Cell) -> [Double] {
    let factors = (0..<2).map { axis -> [Double] in
      guard axis < dimension else { return [1] }
      let half = (cell.upper[axis] - cell.lower[axis]) / 2
      return zip(nodes(cell, axis), rule(axis).weights).map { cosh($0) * half * $1 }
    }
    let n = secondRule.count
    return cell.values.indices.map {
      exp(cell.values[$0] - cell.top) * factors[0][$0 / n] * factors[1][$0 % n]
    }
  }

  /// Coefficients of the Legendre series along both axes.
  func series(_ values: [Double]) -> [Double] {
    let (m, n) = (rule.count, secondRule.count)
    var half = Array(repeating: 0.0, count: m * n)
    for a in 0..<m {
      for i in 0..<m {
        let factor = rule.transform[a * m + i]
        for j in 0..<n { half[a * n + j] += factor * values[i * n + j] }
      }
    }
    var whole = Array(repeating: 0.0, count: m * n)
    for b in 0..<n {
      for j in 0..<n {
        let factor = secondRule.transform[b * n + j]
        for a in 0..<m { whole[a * n + b] += factor * half[a * n + j] }
      }
    }
    return whole
  }

  /// What integrals need, cell by cell.
  private func finish(_ finished: [Cell]) throws {
    let most = finished.reduce(-Double.infinity) { max($0, $1.logMass) }
    guard most > -.infinity, most.isFinite else { throw DensityGrid.NoMass() }
    var (total, rough) = (0.0, 0.0)
    var (coefficients, weights, places): ([Double], [Double], [Double]) = ([], [], [])
    for cell in finished {
      let share = exp(cell.logMass - most)
      total += share
      if cell.isRough { rough += share }
      func ends(_ u: SIMD2<Double>) -> SIMD2<Double> {
        SIMD2(sinh(u[0]), dimension == 2 ? sinh(u[1]) : 0)
      }
      spans.append(
        Span(
          lower: cell.lower, upper: cell.upper, low: ends(cell.lower), high: ends(cell.upper),
          logMass: cell.logMass, top: cell.top,
          spread: cell.spread, isRough: cell.isRough))
      coefficients += cell.isRough ? cell.values : series(cell.values)
      weights += measure(cell)
      places += nodes(cell, 0).map { sinh($0) }
      places += dimension == 2 ? nodes(cell, 1).map { sinh($0) } : [0]
    }
    arrays = (coefficients, weights, places)
    logTotal = most + log(total)
    roughShare = rough / total
  }
}
