// Where images lie on a page, and their colours.

import Plots
import Testing

@Suite struct ImageLayoutTests {
  private func black(_ count: Int, side: Int, columns: Int? = nil) -> (Figure) throws -> Void {
    { figure in
      var options = ImageOptions()
      (options.columns, options.range) = (columns, 0...1)
      let pixels = [Float](repeating: 0, count: count * side * side)
      try pixels.withUnsafeBufferPointer {
        try figure.addImages($0, count: count, height: side, width: side, options)
      }
    }
  }

  @Test(
    "images fill a page of a given size, in as many columns as make them largest",
    arguments: [(9.0, 5.0), (5.0, 9.0), (6.0, 6.0), (12.0, 3.0)])
  func filledPage(size: (Double, Double)) throws {
    let figure = Figure()
    try figure.setSize(width: size.0, height: size.1)
    try black(36, side: 8)(figure)
    let picture = try Picture(figure)
    let box = try #require(picture.box())
    let share =
      Double(box.x.count * box.y.count) / Double(picture.width * picture.height)
    #expect(share > 0.75, "\(share) of the page")
  }

  @Test("two panels of images on a page of a given size leave no third of it empty")
  func panels() throws {
    let figure = Figure(title: "samples")
    try figure.setSize(width: 9, height: 5)
    for column in 1...2 {
      try figure.select(row: 1, column: column)
      figure.panel.title = "panel \(column)"
      try black(24, side: 16)(figure)
    }
    let picture = try Picture(figure)
    let box = try #require(picture.box(of: 0))
    #expect(Double(box.y.upperBound) > 0.9 * Double(picture.height))
    #expect(Double(box.x.upperBound) > 0.95 * Double(picture.width))
  }

  @Test("a page of panels of images alone is as high as they need")
  func ownHeight() throws {
    for columns in [4, 8] {
      let figure = Figure()
      for column in 1...2 {
        try figure.select(row: 1, column: column)
        try black(16, side: 8, columns: columns)(figure)
      }
      let picture = try Picture(figure)
      let box = try #require(picture.box())
      #expect(picture.height - box.y.count < 40, "\(columns) columns")
      #expect(picture.width - box.x.count < 40)
    }
  }

  @Test("three channels are red, green and blue; a pixel that holds NaN is the usual red")
  func colors() throws {
    var options = ImageOptions()
    (options.columns, options.range, options.padding, options.channels) = (2, 0...1, 0, 3)
    let figure = try Figure.images(
      [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, .nan, 1], count: 2, height: 1, width: 2, options)
    let picture = try Picture(figure)
    let side = (picture.width - 24) / 4
    let seen = (0..<4).map { picture[12 + $0 * side + side / 2, 12 + side / 2] }
    #expect(seen == [0xFF0000, 0x00FF00, 0x0000FF, 0xC1272D])
  }
}
