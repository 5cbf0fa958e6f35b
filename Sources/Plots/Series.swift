// What a panel shows: one case a kind of mark, and the look they share.

package enum Dash: String, CaseIterable, Sendable {
  case solid, dashed, dotted, dashdot

  /// Lengths of stroke and gap, in line widths.
  var pattern: [Double] {
    switch self {
    case .solid: []
    case .dashed: [5, 2.5]
    case .dotted: [1, 1.8]
    case .dashdot: [6, 2, 1, 2]
    }
  }
}

package enum Marker: String, CaseIterable, Sendable {
  case circle, square, triangle, diamond, plus, cross
}

/// The look of a series; what is nil is decided when the figure is drawn.
package struct Style: Sendable {
  package var label: String?
  package var color: Color?
  /// Of lines, in points (1/72 inch).
  package var width: Double?
  package var dash: Dash?
  package var marker: Marker?
  /// Of markers: the diameter in points.
  package var size: Double?
  package var opacity: Double?

  package init(
    label: String? = nil, color: Color? = nil, width: Double? = nil, dash: Dash? = nil,
    marker: Marker? = nil, size: Double? = nil, opacity: Double? = nil
  ) {
    (self.label, self.color, self.width, self.dash) = (label, color, width, dash)
    (self.marker, self.size, self.opacity) = (marker, size, opacity)
  }
}

/// Values on a grid, row by row from the lowest y, over the rectangle `x` × `y`.
package struct HeatMap: Sendable {
  package var colored: ColoredValues
  package var rows: Int
  package var columns: Int
  package var x: ClosedRange<Double>
  package var y: ClosedRange<Double>

  package init(
    values: [Double], rows: Int, columns: Int, x: ClosedRange<Double>, y: ClosedRange<Double>,
    map: ColorMap = .viridis, range: ClosedRange<Double>? = nil, label: String? = nil,
    scale: Scale = .linear
  ) {
    colored = ColoredValues(values: values, map: map, range: range, label: label, scale: scale)
    (self.rows, self.columns, self.x, self.y) = (rows, columns, x, y)
  }
}

struct Series {
  enum Shape {
    /// NaN breaks the line.
    case line(x: [Double], y: [Double])
    /// Constant from each x to the next.
    case steps(x: [Double], y: [Double])
    case band(x: [Double], lower: [Double], upper: [Double])
    case points(x: [Double], y: [Double], values: ColoredValues?)
    /// A bar from `low` to `high` at each point.
    case errors(x: [Double], y: [Double], low: [Double], high: [Double])
    /// From each point to another.
    case arrows(x: [Double], y: [Double], toX: [Double], toY: [Double])
    /// One more edge than heights.
    case bars(edges: [Double], heights: [Double])
    case heat(HeatMap)
    case contours(ContourMap)
    /// A line across the whole panel.
    case horizontal(Double)
    case vertical(Double)
    case note(x: Double, y: Double, text: String)
  }
  var shape: Shape
  var style: Style

  /// Areas lie below lines, lines below words.
  var layer: Int {
    switch shape {
    case .heat: 0
    case .band: 1
    case .bars: 2
    case .horizontal, .vertical: 3
    case .line, .steps, .errors, .arrows, .contours: 4
    case .points: 5
    case .note: 6
    }
  }

  /// Whether it takes the next colour of the palette when it has none of its own.
  var takesColor: Bool {
    switch shape {
    case .points(_, _, let values): values == nil
    case .line, .steps, .bars, .arrows: true
    case .band, .errors, .heat, .contours, .horizontal, .vertical, .note: false
    }
  }

  /// The values it shows as colours.
  var colored: ColoredValues? {
    switch shape {
    case .points(_, _, let values): values
    case .heat(let map): map.colored
    case .contours(let map): style.color == nil ? map.colored : nil
    default: nil
    }
  }
}
