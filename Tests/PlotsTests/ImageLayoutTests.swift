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

  @Test(
    "a page that follows its images is full of them, whatever their number and shape",
    arguments: [1, 2, 3, 4, 5, 7, 10, 11, 12, 17, 24, 64, 100], [(8, 8), (4, 12), (12, 4)])
  func ownPage(count: Int, size: (Int, Int)) throws {
    var options = ImageOptions()
    (options.range, options.padding) = (0...1, 0)
    let figure = try Figure.images(
      [Float](repeating: 0, count: count * size.0 * size.1), count: count, height: size.0,
      width: size.1, options)
    let picture = try Picture(figure)
    let share = Double(picture.count(0)) / Double(picture.width * picture.height)
    #expect(share > 0.75, "\(share) of the page")
  }

  @Test("images leave to the axes beside them what they do not need")
  func besideAxes() throws {
    let figure = Figure()
    try figure.setSize(width: 9, height: 3)
    try black(4, side: 8)(figure)
    try figure.select(row: 1, column: 2)
    try figure.line([1, 2], [3, 4])
    let picture = try Picture(figure)
    let box = try #require(picture.box(of: 0))
    #expect(Double(box.y.count) > 0.85 * Double(picture.height))
    let next = (box.x.upperBound + 1..<picture.width).first { x in
      (0..<picture.height).contains { picture[x, $0] != 0xFFFFFF }
    }
    #expect(try #require(next) - box.x.upperBound < 60)
    let all = try #require(picture.box())
    #expect(picture.width - all.x.upperBound < 30)
  }

  @Test("a row of images above axes takes the height it needs")
  func aboveAxes() throws {
    let figure = Figure()
    try black(8, side: 8, columns: 8)(figure)
    try figure.select(row: 2, column: 1)
    try figure.line([1, 2], [3, 4])
    let picture = try Picture(figure)
    let box = try #require(picture.box(of: 0))
    #expect(picture.height < 900 && box.y.lowerBound < 40, "\(picture.height) \(box)")
    let next = (box.y.upperBound + 1..<picture.height).first { y in
      (0..<picture.width).contains { picture[$0, y] != 0xFFFFFF }
    }
    #expect(try #require(next) - box.y.upperBound < 100)
  }

  @Test("one image beside a row of them is as high as they are")
  func oneBesideMany() throws {
    let figure = Figure()
    try black(1, side: 8)(figure)
    try figure.select(row: 1, column: 2)
    try black(8, side: 8, columns: 8)(figure)
    let picture = try Picture(figure)
    #expect(picture.height < 200)
    #expect(Double(picture.count(0)) > 0.5 * Double(picture.width * picture.height))
  }

  @Test("the diverging map shows 0 white, and both signs in one scale")
  func diverging() throws {
    func seen(_ pixels: [Float], each: Bool = false) throws -> [UInt32] {
      var options = ImageOptions()
      (options.map, options.padding, options.scalesEach) = (.diverging, 0, each)
      options.columns = pixels.count
      let figure = try Figure.images(pixels, count: pixels.count, height: 1, width: 1, options)
      let picture = try Picture(figure)
      let side = (picture.width - 24) / pixels.count
      return (0..<pixels.count).map { picture[12 + $0 * side + side / 2, 12 + side / 2] }
    }
    let (white, red, blue): (UInt32, UInt32, UInt32) = (0xF7F7F7, 0x9C2B1B, 0x0A4C86)
    #expect(try seen([0, 3, -3, .nan]) == [white, red, blue, 0xC1272D])
    #expect(try seen([0, 3, -1.5])[2] != blue)
    #expect(try seen([-3, 0]) == [blue, white])
    #expect(try seen([0, 3, -1.5], each: true) == [white, red, blue])
    #expect(try seen([0, 0]) == [white, white])
  }

  @Test("images of one group are never in two rows", arguments: [20, 41, 60, 80, 120])
  func groups(width: Int) throws {
    var options = ImageOptions()
    (options.range, options.group) = (0...1, 2)
    options.captions = (1...11).map { "\($0)" }
    let pixels = (0..<22 * 64).map { Float($0 / 64 % 2 == 0 ? 1 : 0) }
    let figure = try Figure.images(pixels, count: 22, height: 8, width: 8, options)
    // White is the first of each pair.
    let lines = try figure.terminal(width: width, ascii: true).split(separator: "\n")
    let images = lines.filter { $0.contains("@") }
    #expect(images.count >= 4 && images.allSatisfy { $0.hasPrefix("@") })
    #expect(
      lines.filter { !$0.contains("@") }.joined(separator: " ").split(separator: " ").count == 11)
  }

  @Test("captions wider than an image become smaller and do not touch")
  func captions() throws {
    var options = ImageOptions()
    (options.columns, options.range) = (4, 0...1)
    options.captions = Array(repeating: "λ = 1.0412", count: 4)
    let figure = try Figure.images(
      [Float](repeating: 0, count: 4 * 64), count: 4, height: 8, width: 8, options)
    try figure.setSize(width: 1.9, height: 0.7)
    let picture = try Picture(figure)
    let box = try #require(picture.box(of: 0))
    let words = box.y.upperBound + 2..<picture.height
    let padding = 2 * Double(box.x.count) / 38
    let step = (Double(box.x.count) + padding) / 4
    for image in 1...3 {
      let middle = box.x.lowerBound + Int(Double(image) * step - padding / 2)
      #expect(
        (middle - 4...middle + 4).contains { x in words.allSatisfy { picture[x, $0] == 0xFFFFFF } })
    }
    #expect(words.contains { y in box.x.contains { picture[$0, y] != 0xFFFFFF } })
  }
}
