import Glibc

/// Integrals of a tabulated density p against a normal kernel, ∫ p(y) exp(−‖r y − x‖² / 2 s²) (…) dy: what
/// the law of r y + s z is made of.
///
/// With v = (r y − x)/s, and ⟨…⟩ the mean under the product of density and kernel: E[y | r y + s z = x] = ⟨y⟩
/// and ∇ ln p(x) = ⟨v⟩/s. Where a cell of the table is narrow for the kernel, its own nodes serve; else the
/// kernel is integrated piece by piece in v, so that v is exact however small s is.
/// Cost: in one dimension some ten microseconds a point, in two up to a millisecond.
struct KernelMoments {
  /// ln ∫ p exp(−v²/2) dy.
  var logMass = -Double.infinity
  /// ⟨y⟩ and ⟨v⟩.
  var place = SIMD2<Double>.zero
  var pull = SIMD2<Double>.zero
}

/// Works out moments of one point after another; one for each thread.
final class KernelIntegrator {
  private let table: DensityTable
  private let spans: [DensityTable.Span]
  private let coefficients: [Double]
  private let weights: [Double]
  private let places: [Double]
  private var x = SIMD2<Double>.zero
  private var r = 0.0
  private var s = 1.0

  /// Sums so far, relative to exp(scale).
  private var scale = -Double.infinity
  private var mass = 0.0
  private var place = SIMD2<Double>.zero
  private var pull = SIMD2<Double>.zero

  private let memory: UnsafeMutablePointer<Double>
  private let bounds: UnsafeMutablePointer<Double>
  private var axes: (AxisNodes, AxisNodes)
  /// ln p at a node of the first axis and all of the second.
  private let row: UnsafeMutablePointer<Double>
  /// P_b at the nodes of the second axis, node by node within each order.
  private let series: UnsafeMutablePointer<Double>
  /// P_a at a node of the first axis.
  private let orders: UnsafeMutablePointer<Double>

  /// What is e^−cutoff of the whole is left out.
  private let cutoff: Double
  /// The widest piece of a kernel.
  private let mostLength: Double

  /// Nodes along one axis: v, x, weight with the kernel in it, and place in the cell, from −1 to 1.
  private struct AxisNodes {
    static let most = 64 * LegendreRule.most
    var count = 0
    let v: UnsafeMutablePointer<Double>
    let y: UnsafeMutablePointer<Double>
    let weight: UnsafeMutablePointer<Double>
    let local: UnsafeMutablePointer<Double>

    init(_ memory: UnsafeMutablePointer<Double>) {
      (v, y) = (memory, memory + Self.most)
      (weight, local) = (memory + 2 * Self.most, memory + 3 * Self.most)
    }
  }

  init(_ table: DensityTable) {
    self.table = table
    (cutoff, mostLength) = table.dimension == 1 ? (38, 2.5) : (26, 3)
    spans = table.spans
    (coefficients, weights, places) = table.arrays
    let (most, n) = (AxisNodes.most, LegendreRule.most)
    let size = 9 * most + most * n + n + spans.count
    memory = .allocate(capacity: size)
    memory.initialize(repeating: 0, count: size)
    axes = (AxisNodes(memory), AxisNodes(memory + 4 * most))
    row = memory + 8 * most
    series = memory + 9 * most
    orders = series + most * n
    bounds = orders + n
  }

  deinit { memory.deallocate() }

  /// - Precondition: x finite, r ≥ 0, s > 0.
  func moments(at x: SIMD2<Double>, _ r: Double, _ s: Double) -> KernelMoments {
    (self.x, self.r, self.s) = (x, r, s)
    (scale, mass, place, pull) = (-.infinity, 0, .zero, .zero)
    var best = -1
    for k in 0..<spans.count {
      let distance = distance(to: spans[k])
      bounds[k] = spans[k].logMass - (distance * distance).sum() / 2
      if best < 0 ? bounds[k] > -.infinity : bounds[k] > bounds[best] { best = k }
    }
    guard best >= 0 else { return nearestPoint() }
    add(best)
    var least = scale + log(mass) - cutoff
    for k in 0..<spans.count where k != best && bounds[k] > least {
      add(k)
      least = scale + log(mass) - cutoff
    }
    return KernelMoments(logMass: scale + log(mass), place: place / mass, pull: pull / mass)
  }

  /// How far a cell is from x along each axis, in units of the kernel.
  @inline(__always)
  private func distance(to span: DensityTable.Span) -> SIMD2<Double> {
    let below = (span.low * r - x) / s
    let above = (x - span.high * r) / s
    var distance = below.replacing(with: above, where: above .> below)
    distance.replace(with: 0, where: distance .< 0)
    return distance
  }

  /// Where x is so far away that squares overflow: the point of the table nearest to it.
  private func nearestPoint() -> KernelMoments {
    // ‖r y − x‖² = ‖x‖² − 2 r x·y + …, of which x·y tells points apart.
    let direction = x / max(abs(x).max(), .leastNormalMagnitude)
    var (best, most) = (SIMD2<Double>.zero, -Double.infinity)
    for span in spans {
      let place = span.low.replacing(with: span.high, where: direction .> 0)
      let product = (place * direction).sum()
      if product > most { (best, most) = (place, product) }
    }
    return KernelMoments(logMass: -.infinity, place: best, pull: (best * r - x) / s)
  }

  private func add(_ k: Int) {
    let span = spans[k]
    let distance = distance(to: span)
    let near = pointwiseMax(abs(span.low * r - x), abs(span.high * r - x)) / s
    let swing = (near - distance) * (near + distance) / 2
    let isNarrow = (swing[0] <= table.mostSwing, swing[1] <= table.mostSwing)
    let exponent = span.top - (distance * distance).sum() / 2
    if isNarrow.0 && isNarrow.1 {
      addNodes(k, distance, exponent)
      return
    }
    set(&axes.0, isNarrow.0, k, 0, distance[0])
    if table.dimension == 2 {
      set(&axes.1, isNarrow.1, k, 1, distance[1])
    } else {
      axes.1.count = 1
      (axes.1.v[0], axes.1.y[0], axes.1.weight[0], axes.1.local[0]) = (0, 0, 1, 0)
    }
    addProduct(k, exponent)
  }

  private func abs(_ a: SIMD2<Double>) -> SIMD2<Double> { a.replacing(with: -a, where: a .< 0) }

  /// Adds sums relative to exp(exponent).
  private func add(
    _ exponent: Double, _ mass: Double, _ place: SIMD2<Double>, _ pull: SIMD2<Double>
  ) {
    guard mass > 0 else { return }
    if exponent > scale {
      let factor = exp(scale - exponent)
      self.mass *= factor
      self.place *= factor
      self.pull *= factor
      scale = exponent
    }
    let factor = exp(exponent - scale)
    self.mass += mass * factor
    self.place += place * factor
    self.pull += pull * factor
  }
}

// MARK: - A cell that is narrow for the kernel

extension KernelIntegrator {
  private func addNodes(_ k: Int, _ distance: SIMD2<Double>, _ exponent: Double) {
    let (m, n) = (table.rule.count, table.secondRule.count)
    setKernel(&axes.0, k, 0, distance[0])
    let start = k * table.cellSize
    var (total, place) = (0.0, SIMD2<Double>.zero)
    let (kernel, y) = (axes.0.weight, axes.0.y)
    if n == 1 {
      for i in 0..<m {
        let share = kernel[i] * weights[start + i]
        total += share
        place[0] += share * y[i]
      }
    } else {
      setKernel(&axes.1, k, 1, distance[1])
      // Sums over the first axis for each node of the second.
      let (sums, moments) = (row, series)
      for j in 0..<n { (sums[j], moments[j]) = (0, 0) }
      for i in 0..<m {
        let (own, place) = (kernel[i], y[i])
        for j in 0..<n {
          let share = own * weights[start + i * n + j]
          sums[j] += share
          moments[j] += share * place
        }
      }
      let (kernel, y) = (axes.1.weight, axes.1.y)
      for j in 0..<n {
        let share = kernel[j] * sums[j]
        total += share
        place += SIMD2(kernel[j] * moments[j], share * y[j])
      }
    }
    add(exponent, total, place, (place * r - x * total) / s)
  }

  /// The kernel at the nodes of a cell along an axis.
  private func setKernel(_ nodes: inout AxisNodes, _ k: Int, _ axis: Int, _ distance: Double) {
    let start = k * table.placeCount + (axis == 0 ? 0 : table.rule.count)
    nodes.count = axis == 0 ? table.rule.count : table.secondRule.count
    let (r, s, x) = (self.r, self.s, self.x[axis])
    for i in 0..<nodes.count {
      let y = places[start + i]
      let v = (r * y - x) / s
      let size = Swift.abs(v)
      (nodes.y[i], nodes.v[i]) = (y, v)
      nodes.weight[i] = exp(-(size - distance) * (size + distance) / 2)
    }
  }
}

// MARK: - A cell that the kernel cuts

extension KernelIntegrator {
  private func set(
    _ nodes: inout AxisNodes, _ isNarrow: Bool, _ k: Int, _ axis: Int, _ distance: Double
  ) {
    if !isNarrow {
      setPieces(&nodes, k, axis, distance)
      return
    }
    setKernel(&nodes, k, axis, distance)
    let rule = axis == 0 ? table.rule : table.secondRule
    let half = (spans[k].upper[axis] - spans[k].lower[axis]) / 2
    for i in 0..<rule.count {
      nodes.local[i] = rule.nodes[i]
      nodes.weight[i] *= rule.weights[i] * half * (1 + nodes.y[i] * nodes.y[i]).squareRoot()
    }
  }

  /// Nodes of pieces of the kernel along an axis, as far as it reaches into the cell.
  private func setPieces(_ nodes: inout AxisNodes, _ k: Int, _ axis: Int, _ distance: Double) {
    let span = spans[k]
    nodes.count = 0
    let reach = 2 * (cutoff + min(span.spread, 60))
    let ends = ((span.low[axis] * r - x[axis]) / s, (span.high[axis] * r - x[axis]) / s)
    if distance == 0 {
      let (first, last) = (max(ends.0, -reach.squareRoot()), min(ends.1, reach.squareRoot()))
      let count = max(1, min(60, Int(clamping: ((last - first) / mostLength).rounded(.up))))
      let step = (last - first) / Double(count)
      for i in 0..<count {
        addPiece(
          &nodes, k, axis, from: x[axis] / r, first + step * Double(i), step, side: 1, at: 0)
      }
      return
    }
    // From the edge of the cell that is nearer, as far as the kernel has not vanished.
    let side = ends.0 > 0 ? 1.0 : -1.0
    let edge = ends.0 > 0 ? span.low[axis] : span.high[axis]
    let most = min(
      ends.1 - ends.0, reach / ((distance * distance + reach).squareRoot() + distance))
    var start = 0.0
    for _ in 0..<60 where start < most {
      // A piece over which the exponent changes by 6, but no wider than `mostLength`.
      let next = start * (2 * distance + start) + 12
      let end = min(
        most, start + mostLength, next / (distance + (distance * distance + next).squareRoot()))
      addPiece(&nodes, k, axis, from: edge, start, end - start, side: side, at: distance)
      start = end
    }
  }

  /// Nodes with v = side (distance + start + …), y = origin + side s (start + …)/r.
  private func addPiece(
    _ nodes: inout AxisNodes, _ k: Int, _ axis: Int, from origin: Double, _ start: Double,
    _ length: Double, side: Double, at distance: Double
  ) {
    let rule = table.rule
    let (lower, upper) = (spans[k].lower[axis], spans[k].upper[axis])
    let (half, s, r) = (length / 2, self.s, self.r)
    for i in 0..<rule.count {
      let step = start + half * (1 + rule.nodes[i])
      let y = origin + side * s * step / r
      let place = nodes.count
      (nodes.y[place], nodes.v[place]) = (y, side * (distance + step))
      nodes.weight[place] = exp(-step * (2 * distance + step) / 2) * rule.weights[i] * half * s / r
      nodes.local[place] = max(-1, min(1, (2 * asinh(y) - lower - upper) / (upper - lower)))
      nodes.count += 1
    }
  }

  /// Sums over the products of the nodes along both axes.
  private func addProduct(_ k: Int, _ exponent: Double) {
    let (count, others) = (axes.0.count, axes.1.count)
    let span = spans[k]
    var (total, place, pull) = (0.0, SIMD2<Double>.zero, SIMD2<Double>.zero)
    if !span.isRough {
      for j in 0..<others {
        table.secondRule.fill(series + j, at: axes.1.local[j], stride: others)
      }
    }
    let (y, v, weight, row) = (axes.1.y, axes.1.v, axes.1.weight, row)
    let first = axes.0
    for i in 0..<count {
      if span.isRough { fillNearest(k, i, others) } else { fillRow(k, first.local[i], others) }
      var (sum, moment, pulls) = (0.0, 0.0, 0.0)
      for j in 0..<others {
        let share = exp(row[j] - span.top) * weight[j]
        sum += share
        moment += share * y[j]
        pulls += share * v[j]
      }
      let own = first.weight[i]
      total += own * sum
      place += SIMD2(sum * first.y[i], moment) * own
      pull += SIMD2(sum * first.v[i], pulls) * own
    }
    add(exponent, total, place, pull)
  }

  /// ln p at a place along the first axis and all nodes of the second.
  private func fillRow(_ k: Int, _ t: Double, _ count: Int) {
    let (m, n) = (table.rule.count, table.secondRule.count)
    let start = k * table.cellSize
    table.rule.fill(orders, at: t, stride: 1)
    for j in 0..<count { row[j] = 0 }
    for b in 0..<n {
      var sum = 0.0
      for a in 0..<m { sum += coefficients[start + a * n + b] * orders[a] }
      let values = series + b * count
      for j in 0..<count { row[j] += sum * values[j] }
    }
  }

  /// The same in a rough cell: ln p of the nearest node.
  private func fillNearest(_ k: Int, _ i: Int, _ count: Int) {
    let first = table.rule.nearest(to: axes.0.local[i]) * table.secondRule.count
    let start = k * table.cellSize + first
    for j in 0..<count {
      row[j] = coefficients[start + table.secondRule.nearest(to: axes.1.local[j])]
    }
  }
}
