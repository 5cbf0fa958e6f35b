// One pair of axes and what it shows.

import Catalog

package enum LegendPlace: String, CaseIterable, Sendable {
  /// In a corner, or at the middle of a side, that is free of data; else beside the panel.
  case automatic
  /// Inside, where it covers least.
  case best
  /// Beside the panel.
  case right
  case none
  case top_left, top_center, top_right
  case center_left, center, center_right
  case bottom_left, bottom_center, bottom_right

  /// Where it may stand inside, the favoured places first.
  static let corners = [top_right, top_left, bottom_right, bottom_left]
  static let sides = [top_center, bottom_center, center_right, center_left]
}

package struct Panel {
  package var title: String?
  package var x = Axis()
  package var y = Axis()
  package var legend = LegendPlace.automatic
  /// Whether a unit is as long upwards as across; on linear axes only.
  package var isEqual = false
  var series: [Series] = []
  var images: ImageGrid?

  /// The colour of each series. One label, one colour; a band without colour or label takes that of
  /// the line before it; everything else without colour takes the next one of the palette.
  var colors: [Color] {
    var used = 0
    var byLabel: [String: Color] = [:]
    var last: Color?
    return series.map { series in
      var color = series.style.color
      if color == nil, let label = series.style.label { color = byLabel[label] }
      if color == nil {
        switch series.shape {
        case .horizontal, .vertical: color = Palette.grey
        case .note: color = Palette.ink
        case .band where series.style.label == nil, .errors where series.style.label == nil:
          color = last ?? Palette.series(used)
        case .heat, .contours, .points(_, _, .some): color = Palette.ink
        default:
          color = Palette.series(used)
          used += 1
        }
      }
      let chosen = color ?? Palette.ink
      if let label = series.style.label { byLabel[label] = chosen }
      if series.takesColor { last = chosen }
      return chosen
    }
  }

  /// The number of a series among those that take a colour each; nil for the others.
  func ordinal(of index: Int) -> Int? {
    guard series[index].takesColor else { return nil }
    return series[..<index].filter { $0.takesColor }.count
  }

  /// Labels in order, each with the series that carry it.
  var legendEntries: [(label: String, members: [Int])] {
    var entries: [(label: String, members: [Int])] = []
    for (index, series) in series.enumerated() {
      guard let label = series.style.label, !label.isEmpty else { continue }
      if let place = entries.firstIndex(where: { $0.label == label }) {
        entries[place].members.append(index)
      } else {
        entries.append((label, [index]))
      }
    }
    return entries
  }

  /// Both axes with limits, from the data and what the user set.
  func resolvedAxes() throws -> (x: ResolvedAxis, y: ResolvedAxis) {
    var across = Extent(x.scale)
    var up = Extent(y.scale)
    var zeroLow = false
    var zeroHigh = false
    var tightX = false
    for series in series {
      switch series.shape {
      case .line(let xs, let ys), .points(let xs, let ys, _), .steps(let xs, let ys):
        for (x, y) in zip(xs, ys) where !x.isNaN && !y.isNaN {
          across.add(x)
          up.add(y)
        }
      case .band(let xs, let lower, let upper):
        across.add(xs)
        up.add(lower)
        up.add(upper)
      case .errors(let xs, let ys, let low, let high):
        across.add(xs)
        for values in [ys, low, high] { up.add(values) }
      case .arrows(let xs, let ys, let toX, let toY):
        for values in [xs, toX] { across.add(values) }
        for values in [ys, toY] { up.add(values) }
      case .bars(let edges, let heights):
        across.add(edges)
        up.add(heights)
        up.add(0)
        let known = heights.filter { $0.isFinite }
        if known.allSatisfy({ $0 >= 0 }) { zeroLow = true }
        if known.allSatisfy({ $0 <= 0 }), !known.isEmpty { zeroHigh = true }
      case .heat(let map):
        for edge in [map.x.lowerBound, map.x.upperBound] { across.add(edge) }
        for edge in [map.y.lowerBound, map.y.upperBound] { up.add(edge) }
        tightX = true
      case .contours(let map):
        for edge in [map.x.lowerBound, map.x.upperBound] { across.add(edge) }
        for edge in [map.y.lowerBound, map.y.upperBound] { up.add(edge) }
        tightX = true
      case .horizontal(let y): up.add(y)
      case .vertical(let x): across.add(x)
      case .note: break
      }
    }
    let linear = y.scale == .linear
    return (
      try ResolvedAxis(x, name: "x", extent: across, tightLow: tightX, tightHigh: tightX),
      try ResolvedAxis(
        y, name: "y", extent: up, tightLow: tightX || (zeroLow && linear && up.low == 0),
        tightHigh: tightX || (zeroHigh && linear && up.high == 0))
    )
  }
}
