// Figures in characters, frame by frame.

import Plots
import Testing

@Suite struct TerminalTests {
  @Test("a line, with axes, ticks and names")
  func line() throws {
    let figure = Figure(title: "squares")
    try figure.line([0, 1, 2, 3, 4], [0, 1, 4, 9, 16])
    figure.panel.x.label = "n"
    figure.panel.y.label = "n^{2}"
    let text = try figure.terminal(width: 36, height: 12)
    #expect(text == lineFrame)
  }

  @Test("the same in ASCII only")
  func ascii() throws {
    let figure = Figure()
    try figure.line([0, 1, 2, 3, 4], [0, 1, 4, 9, 16], Style(label: "μ = 3"))
    let text = try figure.terminal(width: 36, height: 12, ascii: true)
    #expect(text == asciiFrame)
  }

  @Test("bars fill cells by eighths")
  func bars() throws {
    let figure = Figure()
    try figure.bars(edges: [0, 1, 2, 3, 4], heights: [1, 2, 4, 3])
    let text = try figure.terminal(width: 26, height: 10)
    #expect(text == barsFrame)
  }

  @Test("an image is dithered without colour and made of half blocks with it")
  func images() throws {
    var options = ImageOptions()
    options.range = 0...1
    let checks: [Float] = (0..<64).map { ($0 / 8 / 4 + $0 % 8 / 4) % 2 == 0 ? 1 : 0 }
    let figure = try Figure.images(checks, count: 1, height: 8, width: 8, options)
    // Twice as large as its 8 pixels, which 20 columns have room for.
    let (full, right) = ("⣿⣿⣿⣿⣿⣿⣿⣿", "        ⣿⣿⣿⣿⣿⣿⣿⣿")
    let lines = Array(repeating: full, count: 4) + Array(repeating: right, count: 4)
    #expect(try figure.terminal(width: 20) == lines.joined(separator: "\n") + "\n")
    let color = try figure.terminal(width: 20, colors: .full)
    #expect(color.hasPrefix("\u{1B}[38;2;255;255;255;48;2;255;255;255m▀▀▀▀▀▀▀▀\u{1B}[0m"))
    let few = try figure.terminal(width: 20, colors: .palette256)
    #expect(
      few.hasPrefix("\u{1B}[38;5;231;48;5;231m▀▀▀▀▀▀▀▀\u{1B}[0m\u{1B}[38;5;16;48;5;16m▀▀▀▀▀▀▀▀"))
  }

  @Test("without colour no escapes, with colour each line ends without any")
  func escapes() throws {
    for (_, figure) in try galleryFigures() {
      #expect(try !figure.terminal(width: 80).contains("\u{1B}"))
      for line in try figure.terminal(width: 80, colors: .full).split(separator: "\n") {
        let last = line.split(separator: "\u{1B}", omittingEmptySubsequences: false).dropFirst()
          .last
        #expect(last == nil || last?.hasPrefix("[0m") == true)
      }
    }
  }

  @Test("series are told apart without colour by letters, points by their marks")
  func letters() throws {
    let figure = Figure()
    try figure.line([0, 1], [0, 1], Style(label: "up"))
    try figure.line([0, 1], [1, 0], Style(label: "down"))
    try figure.scatter([0.5], [0.9], Style(label: "point"))
    let text = try figure.terminal(width: 60, height: 14)
    #expect(text.hasPrefix("                                 ╴a╶ up  ╴b╶ down   ○  point"))
    #expect(text.filter { $0 == "○" }.count == 2)
  }

  @Test("nothing to show says so", arguments: [Scale.linear, .log])
  func empty(scale: Scale) throws {
    for values in [[], [.nan, .nan], [-.infinity, .infinity]] as [[Double]] {
      let figure = Figure()
      try figure.line(values, values)
      figure.panel.y.scale = scale
      #expect(
        try figure.terminal(width: 40).contains(scale == .log ? "no positive data" : "no data"))
      #expect(try !figure.bytes(format: "svg").isEmpty)
    }
  }

  @Test("titles and legends wider than the terminal are cut, wide characters count twice")
  func widths() throws {
    let figure = Figure(title: String(repeating: "扩散模型", count: 20))
    try figure.line([0, 1], [0, 1], Style(label: String(repeating: "long ", count: 30)))
    for width in [20, 33, 40] {
      for line in try figure.terminal(width: width).split(separator: "\n") {
        let cells = line.reduce(0) {
          $0 + ($1.unicodeScalars.contains { $0.value > 0x2E80 } ? 2 : 1)
        }
        #expect(cells <= width)
      }
    }
  }

  @Test("a million points draw at once, and a thinned line keeps its extremes")
  func many() throws {
    let x = (0..<1_000_000).map(Double.init)
    let y = x.map { $0 == 700_000 ? 5 : Double(Int($0) % 7) / 7 }
    let figure = Figure()
    try figure.line(x, y)
    #expect(try figure.terminal(width: 80).contains("┤"))
    #expect(try figure.bytes(format: "svg").count < 400_000)
  }
}

private let lineFrame = """
                squares
  n²
  15 ┤                             ⡠⠔
     │                          ⢀⠔⠊
  10 ┤                       ⢀⡠⠊⠁
     │                    ⣀⠤⠒⠁
   5 ┤                ⣀⠤⠒⠉
     │         ⢀⣀⡠⠤⠒⠒⠉
   0 ┤ ⠤⠤⠒⠒⠒⠒⠉⠉⠁
     └─┬─────────────┬──────────────┬─
       0             2              4
                     n
  """
private let asciiFrame = """
                            --- mu = 3
  15 +                             .-
     |                           .-'
     |                         .''
  10 +                       .'
     |                    .-'
     |                 .-'
   5 +              .--'
     |         ..--'
   0 + ------'''
     +-+-------------+--------------+-
       0             2              4
  """
private let barsFrame = """
  4 ┤           ▅▅▅▅▅▅
    │           ██████
    │           ██████▆▆▆▆▆
    │           ███████████
  2 ┤      ▇▇▇▇▇███████████
    │      ████████████████
    │ █████████████████████
  0 ┤ █████████████████████
    └─┬─────────┬─────────┬─
      0         2         4
  """
