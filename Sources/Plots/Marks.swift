// Drawing series on any canvas: data to points of the surface, then strokes and fills.

import Glibc
import Runtime

/// From data to the surface.
struct Projection {
  let x: ResolvedAxis
  let y: ResolvedAxis
  let frame: Rect
  /// Cairo's coordinates end at 2^23; this far outside, clamping does not show.
  private let far = 1e5

  private func horizontal(_ share: Double) -> Double {
    min(max(frame.x + share * frame.width, -far), far)
  }
  private func vertical(_ share: Double) -> Double {
    min(max(frame.bottom - share * frame.height, -far), far)
  }

  func point(_ x: Double, _ y: Double) -> Point? {
    guard let across = self.x.fraction(x), let up = self.y.fraction(y) else { return nil }
    return Point(x: horizontal(across), y: vertical(up))
  }

  /// For the edges of areas: what is off a log scale, or infinite, lies outside the frame.
  func areaPoint(_ x: Double, _ y: Double) -> Point? {
    guard let across = self.x.areaFraction(x), let up = self.y.areaFraction(y) else { return nil }
    return Point(x: horizontal(across), y: vertical(up))
  }
}

struct Marks {
  let canvas: any Canvas
  let projection: Projection

  func draw(_ panel: Panel) throws {
    let colors = panel.colors
    for layer in 0...6 {
      for (index, series) in panel.series.enumerated() where series.layer == layer {
        try Cancellation.check()
        try draw(
          series, colors[index], panel.ordinal(of: index),
          series.colored.flatMap { ColorScale($0, in: panel) })
      }
    }
  }

  private func draw(
    _ series: Series, _ color: Color, _ index: Int?, _ scale: ColorScale?
  ) throws {
    let style = series.style
    let opacity = style.opacity ?? 1
    let pen = Pen(
      color: color.with(alpha: opacity), width: style.width ?? 1.5, dash: style.dash ?? .solid,
      series: index)
    switch series.shape {
    case .line(let x, let y):
      let runs = try runs(x, y)
      try canvas.stroke(seen(runs.map(thinned), pen), pen)
      let lonely = runs.filter { $0.count == 1 }.map { $0[0] }
      let points = style.marker == nil ? lonely : runs.flatMap { $0 }
      try canvas.mark(
        Cloud(
          points: points, marker: style.marker ?? .circle,
          size: style.size ?? (style.marker == nil ? 3 : 4.5), color: pen.color, series: index))
    case .steps(let x, let y):
      try canvas.stroke(seen(runs(x, y).map { thinned(Self.stairs($0)) }, pen), pen)
    case .points(let x, let y, let values):
      try points(x, y, style, color.with(alpha: style.opacity ?? 0.75), index) {
        guard let values, let scale else { return nil }
        return scale.color(values.values[$0]).with(alpha: style.opacity ?? 0.75)
      }
    case .errors(let x, let y, let low, let high):
      try errors(x, y, low, high, style, pen)
    case .arrows(let x, let y, let toX, let toY):
      try arrows(x, y, toX, toY, style, pen)
    case .band(let x, let lower, let upper):
      try band(x, lower, upper, color.with(alpha: style.opacity ?? 0.22))
    case .bars(let edges, let heights):
      try bars(edges, heights, color.with(alpha: style.opacity ?? 0.8))
    case .heat(let map):
      guard let a = projection.areaPoint(map.x.lowerBound, map.y.upperBound),
        let b = projection.areaPoint(map.x.upperBound, map.y.lowerBound)
      else { return }
      guard let scale else { return }
      canvas.image(
        try map.bitmap(scale), in: Rect(x: a.x, y: a.y, width: b.x - a.x, height: b.y - a.y))
    case .contours(let map):
      for contour in map.contours {
        var own = pen
        if style.color == nil, let scale {
          own.color = scale.color(contour.level).with(alpha: opacity)
        }
        own.width = style.width ?? 1
        own.series = nil
        try canvas.stroke(seen(runs(contour.x, contour.y), own), own)
      }
    case .horizontal(let y):
      guard let share = projection.y.fraction(y) else { return }
      let place = projection.frame.bottom - share * projection.frame.height
      try reference(
        Point(x: projection.frame.x, y: place), Point(x: projection.frame.right, y: place), style,
        pen)
    case .vertical(let x):
      guard let share = projection.x.fraction(x) else { return }
      let place = projection.frame.x + share * projection.frame.width
      try reference(
        Point(x: place, y: projection.frame.bottom), Point(x: place, y: projection.frame.y), style,
        pen)
    case .note(let x, let y, let text):
      guard let point = projection.point(x, y) else { return }
      canvas.text(
        RichText(text), at: point,
        TextStyle(size: style.size ?? 8.5, color: color, horizontal: .middle, vertical: .middle))
    }
  }

  private func reference(_ from: Point, _ to: Point, _ style: Style, _ pen: Pen) throws {
    var pen = pen
    pen.width = style.width ?? 1
    pen.dash = style.dash ?? .dashed
    pen.series = nil
    try canvas.stroke([[from, to]], pen)
  }

  /// Connected stretches: NaN, and what a log scale cannot show, ends one.
  private func runs(_ x: [Double], _ y: [Double]) throws -> [[Point]] {
    // A run doubles as it grows, and its steps are twice as many.
    try Memory.request(x.count, of: (Point, Point, Point, Point).self)
    var runs: [[Point]] = []
    var run: [Point] = []
    for (number, (x, y)) in zip(x, y).enumerated() {
      if number & 0xFFFF == 0 { try Cancellation.check() }
      if let point = projection.point(x, y) {
        run.append(point)
      } else if !run.isEmpty {
        runs.append(run)
        run = []
      }
    }
    if !run.isEmpty { runs.append(run) }
    return runs
  }

  private static func stairs(_ points: [Point]) -> [Point] {
    guard let first = points.first else { return [] }
    var result = [first]
    for (a, b) in zip(points, points.dropFirst()) { result += [Point(x: b.x, y: a.y), b] }
    return result
  }

  private func band(
    _ x: [Double], _ lower: [Double], _ upper: [Double], _ color: Color
  ) throws {
    // Both edges, as they grow, and their outline.
    try Memory.request(x.count, of: (Point, Point, Point, Point, Point, Point).self)
    var top: [Point] = []
    var bottom: [Point] = []
    func finish() {
      if top.count > 1 { canvas.fill(thinned(top) + thinned(bottom).reversed(), color) }
      top = []
      bottom = []
    }
    for place in x.indices {
      if let high = projection.areaPoint(x[place], upper[place]),
        let low = projection.areaPoint(x[place], lower[place])
      {
        top.append(high)
        bottom.append(low)
      } else {
        finish()
      }
    }
    finish()
  }

  /// A point for each pair of numbers that have one, from the first to the last.
  private func points(
    _ x: [Double], _ y: [Double], _ style: Style, _ color: Color, _ index: Int?,
    colorOf: (Int) -> Color?
  ) throws {
    let marker = style.marker ?? .circle
    let size = style.size ?? 4
    let (kept, places) = try shown(x, y, size: size, alpha: color.alpha)
    let first = kept.first.flatMap(colorOf)
    try canvas.mark(
      Cloud(
        points: places, marker: marker, size: size, color: color,
        colors: first == nil ? nil : kept.map { colorOf($0) ?? color }, series: index))
  }

  /// The numbers and places of the marks that show.
  private func shown(
    _ x: [Double], _ y: [Double], size: Double, alpha: Double
  ) throws -> (numbers: [Int], places: [Point]) {
    // A mark whose centre lies outside may still reach into the frame.
    let reach = projection.frame.inset(-size)
    // Numbers and places here, and what `Visibility` keeps of them as it grows and turns round.
    try Memory.request(x.count, of: (Int, Point, Int, Int, Int).self)
    var kept: [Int] = []
    var places: [Point] = []
    kept.reserveCapacity(x.count)
    places.reserveCapacity(x.count)
    for (number, (x, y)) in zip(x, y).enumerated() {
      if number & 0xFFFF == 0 { try Cancellation.check() }
      guard let point = projection.point(x, y), reach.contains(point) else { continue }
      kept.append(number)
      places.append(point)
    }
    let seen = Visibility(frame: reach, dot: canvas.resolution / 2, alpha: alpha).seen(places)
    guard let seen else { return (kept, places) }
    return (seen.map { kept[$0] }, seen.map { places[$0] })
  }

  private func errors(
    _ x: [Double], _ y: [Double], _ low: [Double], _ high: [Double], _ style: Style, _ pen: Pen
  ) throws {
    let cap = canvas.resolution < 1 ? 2.5 : 1
    var thin = pen
    thin.width = style.width ?? 1
    var strokes = Strokes(thin, on: self, count: 3 * x.count)
    for index in x.indices {
      if index & 0xFFFF == 0 { try Cancellation.check() }
      guard let bottom = projection.areaPoint(x[index], low[index]),
        let top = projection.areaPoint(x[index], high[index])
      else { continue }
      strokes.add(bottom, top)
      for end in [bottom, top] {
        strokes.add(Point(x: end.x - cap, y: end.y), Point(x: end.x + cap, y: end.y))
      }
    }
    try canvas.stroke(strokes.lines, thin)
    let size = style.size ?? 4.5
    try canvas.mark(
      Cloud(
        points: try shown(x, y, size: size, alpha: pen.color.alpha).places,
        marker: style.marker ?? .circle, size: size, color: pen.color, series: pen.series))
  }

  private func arrows(
    _ x: [Double], _ y: [Double], _ toX: [Double], _ toY: [Double], _ style: Style, _ pen: Pen
  ) throws {
    var thin = pen
    thin.width = style.width ?? 1
    var strokes = Strokes(thin, on: self, count: 3 * x.count)
    for index in x.indices {
      if index & 0xFFFF == 0 { try Cancellation.check() }
      guard let foot = projection.point(x[index], y[index]),
        let tip = projection.point(toX[index], toY[index])
      else { continue }
      strokes.add(foot, tip)
      let (across, down) = (tip.x - foot.x, tip.y - foot.y)
      let length = hypot(across, down)
      guard length > 4 * canvas.resolution else { continue }
      // Two strokes of the head, 25° off the shaft.
      let head = min(4.5, 0.4 * length) / length
      for turn in [0.44, -0.44] {
        strokes.add(
          tip,
          Point(
            x: tip.x - head * (across * cos(turn) - down * sin(turn)),
            y: tip.y - head * (across * sin(turn) + down * cos(turn))))
      }
    }
    try canvas.stroke(strokes.lines, thin)
  }

  /// Bars between edges. Those too thin for the surface are drawn together, as one bar a column of
  /// it that is as high as the highest of them: none vanishes between two columns.
  private func bars(_ edges: [Double], _ heights: [Double], _ color: Color) throws {
    let base = 0.0
    let thinnest = canvas.thinnestArea
    var together: [Double: (top: Double, bottom: Double)] = [:]
    for (place, height) in heights.enumerated() where height.isFinite && height != 0 {
      if place & 0xFFF == 0 { try Cancellation.check() }
      guard let a = projection.areaPoint(edges[place], height),
        let b = projection.areaPoint(edges[place + 1], base)
      else { continue }
      let frame = Rect(x: a.x, y: min(a.y, b.y), width: b.x - a.x, height: abs(b.y - a.y))
      if frame.width < thinnest {
        let column = ((frame.x + frame.width / 2) / thinnest).rounded(.down)
        let known = together[column] ?? (frame.y, frame.bottom)
        together[column] = (min(known.top, frame.y), max(known.bottom, frame.bottom))
        continue
      }
      let gap = frame.width > 20 * canvas.resolution ? 0.7 * canvas.resolution : 0
      canvas.fill(
        Rect(x: frame.x + gap, y: frame.y, width: frame.width - 2 * gap, height: frame.height)
          .corners, color)
    }
    for (column, span) in together.sorted(by: { $0.key < $1.key }) {
      canvas.fill(
        Rect(
          x: column * thinnest, y: span.top, width: thinnest, height: span.bottom - span.top
        ).corners, color)
    }
  }

  /// The same picture from fewer lines, where there are very many.
  private func seen(_ lines: [[Point]], _ pen: Pen) throws -> [[Point]] {
    guard lines.reduce(0, { $0 + $1.count }) > StrokeCover.few,
      var cover = StrokeCover(pen, in: projection.frame, dot: canvas.resolution)
    else { return lines }
    var result: [[Point]] = []
    var number = 0
    for line in lines {
      var kept: [Point] = []
      func finish() {
        if !kept.isEmpty { result.append(kept) }
        kept = []
      }
      for (a, b) in zip(line, line.dropFirst()) {
        if number & 0xFFF == 0 { try Cancellation.check() }
        number += 1
        guard cover.adds(a, b) else {
          finish()
          continue
        }
        if kept.isEmpty { kept.append(a) }
        kept.append(b)
      }
      finish()
    }
    return result
  }

  /// The same picture from fewer points: of each column of the surface the first, lowest, highest
  /// and last point (Jugel et al. 2014, "M4"). Lines that go back in x are left as they are.
  func thinned(_ points: [Point]) -> [Point] {
    let columns = projection.frame.width / canvas.resolution
    guard Double(points.count) > 4 * columns,
      zip(points, points.dropFirst()).allSatisfy({ $0.x <= $1.x })
    else { return points }
    var result: [Point] = []
    var start = 0
    while start < points.count {
      let column = (points[start].x / canvas.resolution).rounded(.down)
      var end = start
      var low = start
      var high = start
      while end < points.count, (points[end].x / canvas.resolution).rounded(.down) == column {
        if points[end].y < points[low].y { low = end }
        if points[end].y > points[high].y { high = end }
        end += 1
      }
      var kept = [start, min(low, high), max(low, high), end - 1]
      kept = kept.enumerated().filter { $0.offset == 0 || kept[$0.offset - 1] != $0.element }
        .map(\.element)
      result += kept.map { points[$0] }
      start = end
    }
    return result
  }
}

/// Single segments of one pen, without those that cannot be seen where there are very many.
private struct Strokes {
  private(set) var lines: [[Point]] = []
  private var cover: StrokeCover?

  init(_ pen: Pen, on marks: Marks, count: Int) {
    guard count > StrokeCover.few else { return }
    cover = StrokeCover(pen, in: marks.projection.frame, dot: marks.canvas.resolution)
  }

  mutating func add(_ a: Point, _ b: Point) {
    if cover?.adds(a, b) ?? true { lines.append([a, b]) }
  }
}
