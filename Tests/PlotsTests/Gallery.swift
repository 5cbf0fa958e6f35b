// Figures to look at, and to draw on every surface: set MOONDRIFT_GALLERY to a folder to keep them.

import Glibc
import Plots
import Runtime
import Testing

/// The figures of the gallery by name.
func galleryFigures() throws -> [(name: String, figure: Figure)] {
  [
    ("kl", try learningCurve()), ("densities", try densities()), ("scatter", try cloud()),
    ("grid", try fourPanels()), ("heat", try heatMap()), ("empty", try awkward()),
    ("images", try digits()), ("field", try scoreField()),
  ]
}

private func learningCurve() throws -> Figure {
  let figure = Figure(title: "KL along training")
  let steps = stride(from: 0.0, through: 62_000, by: 3100).map { $0 }
  for (mean, floor) in [(3.0, 0.02), (15.0, 0.3)] {
    let median = steps.map { 8 * exp(-$0 / 9000) + floor * (1 + 0.3 * sin($0 / 4000)) }
    try figure.line(steps, median, Style(label: "μ = \(Int(mean))"))
    try figure.band(steps, lower: median.map { $0 * 0.6 }, upper: median.map { $0 * 1.7 })
  }
  figure.reference(horizontal: 0.05, Style(label: "floor of a perfect score"))
  figure.panel.x.label = "SGD step"
  figure.panel.y.label = "KL(p_{data} ‖ p_{model})"
  figure.panel.y.scale = .log
  return figure
}

/// A density with log colours, its lines, and the field of its score.
private func scoreField() throws -> Figure {
  let figure = Figure(title: "Two modes")
  let count = 60
  func density(_ x: Double, _ y: Double) -> Double {
    exp(-((x - 1) * (x - 1) + y * y) * 2) + 0.5 * exp(-((x + 1) * (x + 1) + y * y) * 3)
  }
  func place(_ index: Int, _ count: Int) -> Double {
    -2 + 4 * (Double(index) + 0.5) / Double(count)
  }
  let values = (0..<count * count).map {
    density(place($0 % count, count), place($0 / count, count))
  }
  try figure.heat(
    HeatMap(
      values: values, rows: count, columns: count, x: -2...2, y: -2...2, range: 1e-6...1,
      label: "p", scale: .log))
  try figure.contours(
    ContourGrid(values: values, rows: count, columns: count, x: -2...2, y: -2...2),
    levels: [0.01, 0.1, 0.5], colored: ColoredValues(values: [], scale: .log),
    Style(label: "p = 0.01, 0.1, 0.5", color: Color(hex: 0xFFFFFF)))
  let places = (0..<81).map { (place($0 % 9, 9), place($0 / 9, 9)) }
  func slope(_ f: (Double) -> Double) -> Double { (log(f(1e-4)) - log(f(-1e-4))) / 2e-4 }
  try figure.arrows(
    places.map(\.0), places.map(\.1),
    dx: places.map { x, y in slope { density(x + $0, y) } },
    dy: places.map { x, y in slope { density(x, y + $0) } }, Style(color: Color(hex: 0xE69F00)))
  figure.panel.isEqual = true
  return figure
}

private func densities() throws -> Figure {
  let figure = Figure()
  var state: UInt64 = 1
  func uniform() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (Double(state >> 11) + 0.5) / Double(UInt64(1) << 53)
  }
  let samples = (0..<2000).map { _ -> Double in
    let radius = sqrt(-2 * log(uniform()))
    return radius * cos(2 * Double.pi * uniform()) + (uniform() < 0.5 ? -3 : 3)
  }
  let counted = try Histogram(samples, density: true)
  try figure.bars(
    edges: counted.edges, heights: counted.heights, Style(label: "2000 samples", opacity: 0.45))
  let x = (0...400).map { -7 + 14 * Double($0) / 400 }
  let normal = { (x: Double) in exp(-x * x / 2) / sqrt(2 * Double.pi) }
  func mixture(_ mean: Double, _ std: Double) -> [Double] {
    x.map { (normal(($0 - mean) / std) + normal(($0 + mean) / std)) / (2 * std) }
  }
  try figure.line(x, mixture(3, 1), Style(label: "target", width: 2))
  try figure.line(x, mixture(2.4, 1.4), Style(label: "epoch 100", dash: .dashed))
  figure.panel.x.label = "x"
  figure.panel.y.label = "density"
  return figure
}

private func cloud() throws -> Figure {
  let figure = Figure(title: "Samples")
  for group in 0..<3 {
    let angles = (0..<150).map { Double($0) * 2.399963 }
    let radii = (0..<150).map { sqrt(Double($0)) / 8 }
    try figure.scatter(
      zip(radii, angles).map { 2 * Double(group) + $0 * cos($1) },
      zip(radii, angles).map { $0 * sin($1) },
      Style(label: "mode \(group + 1)", marker: [.circle, .square, .triangle][group]))
  }
  figure.panel.x.label = "x_{1}"
  figure.panel.y.label = "x_{2}"
  return figure
}

private func fourPanels() throws -> Figure {
  let figure = Figure(title: "Four panels")
  for row in 1...2 {
    for column in 1...2 {
      try figure.select(row: row, column: column)
      let x = (1...60).map { Double($0) * (row == 1 ? 1 : 2000) }
      try figure.line(x, x.map { pow($0, Double(column) * 0.7) }, Style(label: "a"))
      try figure.line(x, x.map { 3 * pow($0, Double(column) * 0.6) }, Style(label: "b"))
      figure.panel.title = "(\(["a", "b", "c", "d"][2 * row + column - 3])) power \(column)"
      figure.panel.x.label = "n"
      figure.panel.y.label = "cost"
      if column == 2 {
        figure.panel.x.scale = .log
        figure.panel.y.scale = .log
      }
    }
  }
  return figure
}

private func heatMap() throws -> Figure {
  let figure = Figure()
  let values = (0..<40 * 60).map { (index: Int) -> Double in
    let x = Double(index % 60) / 8
    let y = Double(index / 60) / 6
    return sin(x) * cos(y)
  }
  try figure.heat(
    HeatMap(values: values, rows: 40, columns: 60, x: -3...3, y: -2...2))
  figure.panel.title = "score error"
  figure.panel.x.label = "x"
  figure.panel.y.label = "t"
  return figure
}

private func awkward() throws -> Figure {
  let figure = Figure(title: "Nothing, one value, and very large")
  figure.panel.title = "all NaN"
  try figure.line([1, 2], [.nan, .nan], Style(label: "diverged"))
  try figure.select(row: 1, column: 2)
  figure.panel.title = "constant"
  try figure.line([1, 2, 3], [5, 5, 5], Style(marker: .circle))
  try figure.select(row: 1, column: 3)
  figure.panel.title = "wide"
  try figure.line([0, 1, 2, 3], [-1e299, .infinity, 1e299, 5])
  return figure
}

private func digits() throws -> Figure {
  var pixels: [Float] = []
  for image in 0..<20 {
    for row in 0..<28 {
      for column in 0..<28 {
        let distance = hypot(Double(row) - 13.5, Double(column) - 13.5)
        let ring = exp(-pow(distance - Double(image % 8) - 3, 2) / 4)
        pixels.append(Float(ring * (image >= 10 ? Double(column) / 27 : 1)))
      }
    }
  }
  var options = ImageOptions()
  options.columns = 10
  options.range = 0...1
  options.captions = (1...20).map { "\($0)" }
  let figure = try Figure.images(pixels, count: 20, height: 28, width: 28, options)
  figure.title = "Rings"
  return figure
}

@Suite struct GalleryTests {
  @Test("every figure of the gallery draws in every format and in the terminal")
  func everySurface() throws {
    let folder = getenv("MOONDRIFT_GALLERY").map { String(cString: $0) }
    for (name, figure) in try galleryFigures() {
      for format in ["svg", "pdf", "png"] {
        let bytes = try figure.bytes(format: format)
        #expect(try !bytes.isEmpty && bytes == figure.bytes(format: format))
        if let folder { try figure.save(to: "\(folder)/\(name).\(format)") }
      }
      for width in [20, 40, 80, 120] {
        for (ending, style) in [
          ("txt", TerminalStyle(width: width)), ("ascii", TerminalStyle(width: width, ascii: true)),
          ("ansi", TerminalStyle(width: width, colors: .full)),
          ("256", TerminalStyle(width: width, colors: .palette256)),
        ] {
          let text = try figure.terminal(style)
          #expect(text.split(separator: "\n").allSatisfy { visibleWidth($0) <= width })
          if style.colors == .none { #expect(!text.contains("\u{1B}")) }
          if let folder {
            try AtomicFile.write(text + "\n", to: "\(folder)/\(name).\(width).\(ending)")
          }
        }
      }
    }
  }
}

/// Characters of a line without its colour escapes.
func visibleWidth(_ line: some StringProtocol) -> Int {
  var count = 0
  var isEscape = false
  for character in line {
    if character == "\u{1B}" { isEscape = true }
    if !isEscape { count += 1 }
    if character == "m" { isEscape = false }
  }
  return count
}
