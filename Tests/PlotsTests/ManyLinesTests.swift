// Very many lines, error bars and arrows: what cannot be seen is left out, and nothing else.

import Glibc
import Plots
import TestSupport
import Testing

@Suite struct ManyLinesTests {
  private static let kinds = ["line", "errors", "arrows", "contours"]
  private let count = 50_000

  private func numbers(_ count: Int, seed: UInt64) -> [Double] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 11) / Double(UInt64(1) << 53)
    }
  }

  /// - Parameter piece: how many marks are one series; so few that a series leaves none of them out.
  private func figure(_ kind: String, _ count: Int, piece: Int) throws -> Figure {
    let figure = Figure()
    let style = Style(color: Color(hex: 0), width: 1, size: 1, opacity: 1)
    let (x, y) = (numbers(count, seed: 1), numbers(count, seed: 2).map { $0 * $0 })
    for start in stride(from: 0, to: count, by: piece) {
      let range = start..<min(start + piece, count)
      switch kind {
      case "line":
        // A piece begins where the one before ended.
        let range = max(start - 1, 0)..<range.upperBound
        try figure.line(Array(x[range]), Array(y[range]), style)
      case "errors":
        try figure.errors(
          Array(x[range]), Array(y[range]), low: y[range].map { $0 - 0.1 },
          high: y[range].map { $0 + 0.1 }, style)
      case "arrows":
        try figure.arrows(
          Array(x[range]), Array(y[range]), dx: y[range].map { $0 - 0.5 }, dy: Array(x[range]),
          scale: 0.1, style)
      default:
        // A level at a time: each is a series in either case.
        let side = Int(sqrt(Double(count)))
        try figure.contours(
          ContourGrid(
            values: Array(x.prefix(side * side)), rows: side, columns: side, x: 0...1, y: 0...1),
          levels: [0.5], colored: ColoredValues(values: []), style)
        return figure
      }
    }
    return figure
  }

  @Test("in the terminal not a dot is missing", arguments: ["line", "errors", "arrows"])
  func terminal(kind: String) throws {
    let whole = try figure(kind, count, piece: count)
    let parts = try figure(kind, count, piece: 5000)
    #expect(
      try whole.terminal(width: 100, colors: .full) == parts.terminal(width: 100, colors: .full))
  }

  @Test("on paper the same is black, to a hundredth", arguments: ["line", "errors", "arrows"])
  func paper(kind: String) throws {
    // So few that they do not blacken all of it.
    let count = 21_000
    func picture(_ piece: Int) throws -> Picture {
      let figure = try figure(kind, count, piece: piece)
      (figure.panel.x.low, figure.panel.x.high) = (-2, 3)
      (figure.panel.y.low, figure.panel.y.high) = (-2, 3)
      return try Picture(figure)
    }
    let (whole, parts) = (try picture(count), try picture(5000))
    var (inked, other) = (0, 0)
    for y in 0..<whole.height {
      for x in 0..<whole.width {
        let (a, b) = (Int(whole[x, y] & 0xFF), Int(parts[x, y] & 0xFF))
        if b < 128 { inked += 1 }
        if abs(a - b) > 64 { other += 1 }
      }
    }
    #expect(inked > 10_000 && other < inked / 100, "\(other) of \(inked)")
  }

  @Test("time and file grow no faster than the marks, and the file ends growing", arguments: kinds)
  func growth(kind: String) throws {
    func drawn(_ count: Int, _ format: String) throws -> (seconds: Double, bytes: Int) {
      let figure = try figure(kind, count, piece: count)
      let start = clock()
      let bytes = try figure.bytes(format: format).count
      return (Double(clock() - start) / Double(CLOCKS_PER_SEC), bytes)
    }
    for format in ["svg", "pdf", "png"] {
      let (few, many) = (try drawn(40_000, format), try drawn(400_000, format))
      #expect(many.seconds < 20 * few.seconds + 0.5, "\(format): \(few) and \(many)")
      // Contours of noise fill the page at a twentieth of a line a cell.
      if kind != "contours" { #expect(many.bytes < 6 * few.bytes, "\(format): \(few) and \(many)") }
    }
  }
}
