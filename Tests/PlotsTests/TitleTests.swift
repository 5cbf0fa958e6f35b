// Titles that are longer than their page is wide.

import Plots
import Testing

@Suite struct TitleTests {
  private static let words =
    "the first of many words that say what σ_{max} of a network was, how long it learned and what of it is left "

  private func figure(_ title: String, images: Bool) throws -> Figure {
    let figure = Figure(title: title)
    if images {
      let pixels = [Float](repeating: 0.5, count: 16)
      var options = ImageOptions()
      options.range = 0...1
      try pixels.withUnsafeBufferPointer {
        try figure.addImages($0, count: 1, height: 4, width: 4, options)
      }
    } else {
      figure.panel.title = title
      try figure.line([0, 1], [0, 1])
    }
    return figure
  }

  @Test(
    "no letter of a title of any length touches the edge of the page",
    arguments: [false, true], [1, 2, 3, 6])
  func inside(images: Bool, times: Int) throws {
    let title = String(repeating: Self.words, count: times)
    let picture = try Picture(figure(title, images: images))
    for x in Array(0..<4) + Array(picture.width - 4..<picture.width) {
      let letters = (0..<picture.height).count { picture[x, $0] != 0xFFFFFF }
      #expect(letters == 0, "column \(x) of \(picture.width)")
    }
  }

  @Test("a title takes the lines that it needs, and what is below moves down")
  func lines() throws {
    let heights = try [1, 2, 4].map { times in
      let title = String(repeating: Self.words, count: times)
      let picture = try Picture(figure(title, images: true))
      return picture.height
    }
    #expect(heights[0] < heights[1] && heights[1] < heights[2])
    let short = try Picture(figure("short", images: true))
    let step = heights[2] - heights[1]
    #expect(short.height < heights[1] && step < 4 * (heights[1] - short.height))
  }

  @Test("one word as long as a page becomes small, and raised parts stay in one piece")
  func oneWord() throws {
    let raised = "x^{" + String(repeating: "a b ", count: 90) + "}"
    for title in [String(repeating: "w", count: 300), raised] {
      let picture = try Picture(figure(title, images: false))
      #expect((0..<picture.height).allSatisfy { picture[1, $0] == 0xFFFFFF })
    }
  }
}
