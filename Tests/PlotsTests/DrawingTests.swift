// What series look like: thin bars, large clouds, error bars, colours by value, equal units.

import Glibc
import Plots
import TestSupport
import Testing

@Suite struct DrawingTests {
  @Test("no bar is thinner than a column of the terminal, and the highest of several is seen")
  func thinBars() throws {
    for bins in [10, 100, 1000, 100_000] {
      for place in stride(from: 0, to: bins, by: max(1, bins / 37)) {
        var heights = [Double](repeating: 0, count: bins)
        heights[place] = 9999
        heights[bins - 1] = max(heights[bins - 1], 1)
        let figure = Figure()
        try figure.bars(edges: (0...bins).map(Double.init), heights: heights)
        let text = try figure.terminal(width: 60, height: 8)
        let columns = text.split(separator: "\n").filter { $0.contains("█") }
        #expect(columns.count >= 4, "bar \(place) of \(bins)")
      }
    }
  }

  @Test("a low bar does not cut a high one off that shares its column")
  func sharedColumn() throws {
    let figure = Figure()
    let heights = (0..<1000).map { $0 % 2 == 0 ? 8.0 : 3.7 }
    try figure.bars(edges: (0...1000).map(Double.init), heights: heights)
    let text = try figure.terminal(width: 60, height: 10)
    let full = text.split(separator: "\n").map { line in line.filter { $0 == "█" }.count }
    #expect(Set(full.filter { $0 > 0 }).count == 1, "\(text)")
  }

  @Test("thin bars are drawn into a PNG")
  func thinBarsOnPaper() throws {
    var heights = [Double](repeating: 0, count: 50_000)
    heights[20_000] = 10
    let figure = Figure()
    try figure.bars(edges: (0...50_000).map(Double.init), heights: heights, Style(opacity: 1))
    #expect(try Picture(figure).box(of: 0x0072B2)?.y.count ?? 0 > 500)
  }

  private func cloud(_ count: Int) -> (x: [Double], y: [Double]) {
    var state: UInt64 = 1
    func normal() -> Double {
      (0..<12).reduce(-6) { sum, _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return sum + Double(state >> 11) / Double(UInt64(1) << 53)
      }
    }
    return ((0..<count).map { _ in normal() }, (0..<count).map { _ in normal() })
  }

  @Test("the time of a scatter grows no faster than its points", arguments: ["png", "pdf", "svg"])
  func largeClouds(format: String) throws {
    let (x, y) = cloud(400_000)
    func seconds(_ count: Int) throws -> Double {
      let figure = Figure()
      try figure.scatter(Array(x.prefix(count)), Array(y.prefix(count)))
      let start = clock()
      _ = try figure.bytes(format: format)
      return Double(clock() - start) / Double(CLOCKS_PER_SEC)
    }
    // As one path, ten times the points took a hundred times as long and more.
    let (few, many) = (try seconds(40_000), try seconds(400_000))
    #expect(many < 20 * few + 0.5, "\(few) s and \(many) s")
  }

  @Test("a large cloud in a PNG looks as its marks drawn one by one do")
  func stamps() throws {
    // 65 marks are stamped, 64 drawn: side by side they have the same area, to a few percent.
    func area(_ count: Int, _ marker: Marker) throws -> Double {
      let figure = Figure()
      let x = (0..<count).map { Double($0 % 13) + 0.37 * Double($0) / 65 }
      let y = (0..<count).map { Double($0 / 13) + 0.21 * Double($0) / 65 }
      try figure.scatter(x, y, Style(color: Color(hex: 0), marker: marker, size: 6, opacity: 1))
      figure.panel.x = Axis()
      (figure.panel.x.low, figure.panel.x.high) = (-1, 14)
      (figure.panel.y.low, figure.panel.y.high) = (-1, 7)
      return Double(try Picture(figure).count(0)) / Double(count)
    }
    for marker in Marker.allCases {
      let (drawn, stamped) = (try area(64, marker), try area(65, marker))
      #expect(abs(drawn / stamped - 1) < 0.06, "\(marker): \(drawn) and \(stamped)")
    }
  }

  @Test("what lies below many marks of one place is left out, and the picture stays the same")
  func hiddenMarks() throws {
    let x = (0..<30_000).map { Double($0 % 3) }
    let figure = Figure()
    try figure.scatter(x, x)
    let few = Figure()
    try few.scatter(
      [0, 1, 2].flatMap { [Double](repeating: $0, count: 8) },
      [0, 1, 2].flatMap {
        [Double](repeating: $0, count: 8)
      })
    #expect(try figure.bytes(format: "svg").count < 100_000)
    #expect(try figure.terminal(width: 60) == few.terminal(width: 60))
  }

  @Test("an error bar reaches from its low to its high end, in the colour of the line before")
  func errorBars() throws {
    let figure = Figure()
    try figure.line([0, 10], [0, 0], Style(color: Color(hex: 0xFF0000)))
    try figure.errors([5], [2], low: [1], high: [9], Style(width: 2))
    (figure.panel.y.low, figure.panel.y.high) = (0, 10)
    let picture = try Picture(figure)
    let red = try #require(picture.box(of: 0xFF0000))
    // The frame is about 3.5 of 4 inches high, at 200 dots an inch.
    #expect(red.y.count > 540)
    let text = try figure.terminal(width: 40, height: 14)
    #expect(
      text.split(separator: "\n").filter { $0.dropFirst(6).contains("⢸") || $0.contains("⡇") }
        .count >= 6)
    #expect { try figure.errors([1, 2], [1, 2], low: [1], high: [2, 3]) } throws: {
      "\($0)" == "x and low must have the same length, got 2 and 1"
    }
  }

  @Test("points have the colours of their values, and a bar says which is which")
  func colored() throws {
    let figure = Figure()
    let values = ColoredValues(values: [0, 1, .nan], map: .grey, label: "noise level")
    try figure.scatter([0, 1, 2], [0, 1, 2], values: values, Style(size: 20, opacity: 1))
    let picture = try Picture(figure)
    #expect(picture.count(0) > 500)  // the point of value 0, and the foot of the bar
    #expect(picture.count(0xCFCFCF) > 500)  // NaN
    let svg = String(decoding: try figure.bytes(format: "svg", letters: true), as: UTF8.self)
    #expect(svg.contains(">noise level</text>"))
    #expect(
      try figure.terminal(width: 40, colors: .full).contains("38;2;207;207;207"))
  }

  @Test("two series without a range of their own share one scale of colours")
  func sharedScale() throws {
    let figure = Figure()
    for (x, value) in [(0.0, 0.0), (1.0, 10.0)] {
      try figure.scatter(
        [x], [0], values: ColoredValues(values: [value], map: .grey), Style(size: 30, opacity: 1))
    }
    let text = try figure.terminal(width: 40, colors: .full)
    #expect(text.contains("⠀") || text.contains("\u{1B}"))
    let picture = try Picture(figure)
    #expect(picture.count(0) > 1000)
  }

  @Test("with equal units a square is square, on paper and in the terminal")
  func equalUnits() throws {
    for hasLimits in [false, true] {
      let figure = Figure()
      try figure.line(
        [0, 2, 2, 0, 0], [0, 0, 2, 2, 0], Style(color: Color(hex: 0xFF0000), width: 3))
      figure.panel.isEqual = true
      if hasLimits {
        (figure.panel.x.low, figure.panel.x.high) = (-1, 3)
        (figure.panel.y.low, figure.panel.y.high) = (-1, 3)
      }
      let box = try #require(try Picture(figure).box(of: 0xFF0000))
      #expect(abs(box.x.count - box.y.count) <= 2, "\(box)")
      let lines = try figure.terminal(width: 60, height: 20).split(separator: "\n")
      let dotted = lines.map { line in line.indices.filter { line[$0].isBraille } }
      let rows = dotted.filter { !$0.isEmpty }.count
      let columns =
        zip(lines, dotted).compactMap { line, places in
          guard let first = places.first, let last = places.last else { return nil }
          return line.distance(from: first, to: last) + 1
        }.max() ?? 0
      #expect(abs(columns - 2 * rows) <= 2, "\(columns) columns, \(rows) rows")
    }
  }

  @Test("an axis may have its marks where the user wants them")
  func ownTicks() throws {
    let figure = Figure()
    try figure.line([1, 1000], [0, 1])
    figure.panel.x.scale = .log
    figure.panel.x.ticks = [10, 100, 5000]
    figure.panel.y.ticks = [0.25, 0.75]
    let text = try figure.terminal(width: 50, height: 12)
    #expect(text.contains("0.25 ┤") && text.contains("0.75 ┤") && !text.contains("0.5 ┤"))
    #expect(text.split(separator: "\n").last?.split(separator: " ") == ["10", "100"])
    figure.panel.x.ticks = []
    #expect(try !figure.terminal(width: 50, height: 12).contains("┬"))
  }

  @Test("Ctrl-C ends the drawing of a long line")
  func interrupted() throws {
    let code = """
      local n = 4000000
      local s = random.stream(1)
      local f = plot.line(s:normal{n}:cumsum(1), s:normal{n}:cumsum(1), {style = 'dashed'})
      print('started') io.stdout:flush()
      f:save('\(try TemporaryFolder().path)/a.png')
      """
    let terminal = try PseudoTerminal(Command(Products.moondrift, ["-e", code]))
    try terminal.expect("started", timeout: 30)
    usleep(1_500_000)
    terminal.send(PseudoTerminal.Key.controlC)
    let begin = ContinuousClock.now
    #expect(try terminal.waitForEnd(timeout: 20) == 1)
    #expect(begin.duration(to: .now) < .seconds(1.5))
    #expect(terminal.transcript.contains("interrupted!"))
  }
}

extension Character {
  fileprivate var isBraille: Bool { ("\u{2801}"..."\u{28FF}").contains(self) }
}
