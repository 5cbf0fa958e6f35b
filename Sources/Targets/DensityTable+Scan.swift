// Features that fall between the nodes of a cell are seen by a scan of the whole region.
import Glibc

extension DensityTable {
  /// Points of the scan along an axis.
  static func scanCount(dimension: Int) -> Int { dimension == 1 ? 1 << 16 | 1 : 513 }

  /// The axis along which to halve a cell whose polynomial, or whose lack of support, a point of the scan
  /// contradicts; nil where none does.
  func contradictedAxis(_ cell: Cell, _ scan: DensityGrid?, _ peak: Double) -> Int? {
    guard let scan else { return nil }
    guard !cell.isRough || cell.values.isEmpty else { return nil }
    let ranges = (0..<dimension).map { indices(of: cell, scan.axes[$0], $0) }
    guard ranges.allSatisfy({ !$0.isEmpty }) else { return nil }
    let columns = dimension == 1 ? 1 : scan.axes[1].count
    let c = cell.values.isEmpty ? [] : series(cell.values)
    let n = secondRule.count
    let others = dimension == 1 ? 0..<1 : ranges[1]
    let second = others.map { j in
      dimension == 1 ? [1.0] : polynomials(secondRule, cell, 1, scan.axes[1].u(j))
    }
    var first = Array(repeating: 0.0, count: n)
    for i in ranges[0] {
      let orders = polynomials(rule, cell, 0, scan.axes[0].u(i))
      if !c.isEmpty {
        for b in 0..<n {
          first[b] = (0..<rule.count).reduce(0) { $0 + c[$1 * n + b] * orders[$1] }
        }
      }
      for j in others {
        var value = scan.logWeights[i * columns + j] - log(cosh(scan.axes[0].u(i)))
        if dimension == 2 { value -= log(cosh(scan.axes[1].u(j))) }
        guard c.isEmpty || value.isFinite else { return longerAxis(cell, scan) }
        if c.isEmpty {
          if value > peak - depth { return longerAxis(cell, scan) }
          continue
        }
        let known = zip(first, second[j - others.lowerBound]).reduce(0) { $0 + $1.0 * $1.1 }
        if max(value, known) > peak - depth, abs(value - known) > 1e-3 {
          return longerAxis(cell, scan)
        }
      }
    }
    return nil
  }

  private func polynomials(_ rule: LegendreRule, _ cell: Cell, _ axis: Int, _ u: Double) -> [Double]
  {
    var values = Array(repeating: 0.0, count: rule.count)
    let t = (2 * u - cell.lower[axis] - cell.upper[axis]) / (cell.upper[axis] - cell.lower[axis])
    values.withUnsafeMutableBufferPointer { buffer in
      if let start = buffer.baseAddress { rule.fill(start, at: t, stride: 1) }
    }
    return values
  }

  /// The points of the scan that lie in a cell.
  private func indices(of cell: Cell, _ axis: DensityGrid.Axis, _ number: Int) -> Range<Int> {
    func place(_ u: Double) -> Int {
      max(0, min(axis.count, Int(clamping: ((u - axis.lower) / axis.step).rounded(.up))))
    }
    let (first, last) = (place(cell.lower[number]), place(cell.upper[number]))
    return first..<max(first, last)
  }

  /// nil where the cell is as narrow as the grid of floating-point numbers.
  private func longerAxis(_ cell: Cell, _ scan: DensityGrid) -> Int? {
    let widths = (0..<dimension).map { (cell.upper[$0] - cell.lower[$0]) / scan.axes[$0].step }
    let axis = dimension == 1 || widths[0] >= widths[1] ? 0 : 1
    return isDivisible(cell, axis) ? axis : nil
  }
}
