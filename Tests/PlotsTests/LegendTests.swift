// Where the legend stands.

import Plots
import TestSupport
import Testing

@Suite struct LegendTests {
  /// Points all over the panel but for a ninth of it, and a series without points whose key is red.
  private func figure(hole: (column: Int, row: Int)?, _ place: LegendPlace) throws -> Figure {
    let figure = Figure()
    let steps = (0..<60).map { (Double($0) + 0.5) / 60 }
    let points = steps.flatMap { x in steps.map { (x, $0) } }.filter { x, y in
      hole == nil || Int(3 * x) != hole?.column || Int(3 * y) != hole?.row
    }
    try figure.scatter(
      points.map(\.0), points.map(\.1), Style(color: Color(hex: 0), size: 2, opacity: 1))
    try figure.line([.nan], [.nan], Style(label: "a", color: Color(hex: 0xFF0000), width: 3))
    (figure.panel.x.low, figure.panel.x.high) = (0, 1)
    (figure.panel.y.low, figure.panel.y.high) = (0, 1)
    figure.panel.legend = place
    return figure
  }

  /// The third of the page that the key lies in, from the left and from below; x = 3 beside the panel.
  private func third(_ figure: Figure) throws -> (column: Int, row: Int) {
    let picture = try Picture(figure)
    let key = try #require(picture.box(of: 0xFF0000))
    let points = try #require(picture.box(of: 0))
    let (left, right) = (Double(points.x.lowerBound), Double(points.x.upperBound))
    let (top, bottom) = (Double(points.y.lowerBound), Double(points.y.upperBound))
    return (
      Int(3 * (Double(key.x.upperBound) - left) / (right - left)),
      Int(3 * (bottom - Double(key.y.upperBound)) / (bottom - top))
    )
  }

  @Test("'best' stands where it covers fewest points, wherever that is")
  func best() throws {
    for column in 0..<3 {
      for row in 0..<3 {
        let found = try third(figure(hole: (column, row), .best))
        #expect(found == (column, row))
      }
    }
    #expect(try third(figure(hole: nil, .best)).column < 3)
  }

  @Test("left to itself it stands free of data in a corner or at a side, else beside the panel")
  func automatic() throws {
    for column in 0..<3 {
      for row in 0..<3 {
        let found = try third(figure(hole: (column, row), .automatic))
        if column == 1, row == 1 {
          #expect(found.column == 3)
        } else {
          #expect(found == (column, row))
        }
      }
    }
    #expect(try third(figure(hole: nil, .automatic)).column == 3)
  }

  @Test("it stands where it is told, also on data")
  func named() throws {
    for (place, column, row) in [
      (LegendPlace.top_left, 0, 2), (.top_center, 1, 2), (.top_right, 2, 2), (.center_left, 0, 1),
      (.center, 1, 1), (.center_right, 2, 1), (.bottom_left, 0, 0), (.bottom_center, 1, 0),
      (.bottom_right, 2, 0),
    ] {
      #expect(try third(figure(hole: (0, 0), place)) == (column, row), "\(place)")
    }
    #expect(try third(figure(hole: (0, 0), .right)).column == 3)
    #expect(try Picture(figure(hole: (0, 0), .none)).count(0xFF0000) == 0)
  }
}
