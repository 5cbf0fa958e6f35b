import Catalog
import Tensors

// What the functions of `plot` take from Lua.

/// The numbers of a series: a tensor or a list.
struct Numbers: Argument {
  let values: [Double]
  let shape: [Int]

  static var expectation: String { "a tensor or a list of numbers" }
  static var luaType: String { "tensor|number[]" }

  static func read(_ frame: Frame, _ index: Int32) throws -> Numbers {
    if frame.type(at: index) == LuaType.table {
      let values = try [Double].read(frame, index)
      return Numbers(values: values, shape: [values.count])
    }
    guard let tensor = try? Tensor.read(frame, index) else {
      throw Mismatch(expected: expectation)
    }
    return Numbers(values: try tensor.doubles(), shape: tensor.axisLengths)
  }

  /// Places and heights: where one sequence is given, it is the heights at 1, 2, 3, …
  static func pair(_ x: Numbers, _ y: Numbers?) throws -> (x: [Double], y: [Double]) {
    if let y { return (try x.sequence("x"), try y.sequence("y")) }
    let heights = try x.sequence("y")
    return (heights.indices.map { Double($0 + 1) }, heights)
  }

  /// The numbers as a sequence: at most one axis may be longer than 1.
  func sequence(_ name: String) throws -> [Double] {
    guard shape.filter({ $0 != 1 }).count <= 1 else {
      throw UserError("\(name) must have one axis, got shape \(shape)")
    }
    return values
  }
}

/// `{low, high}`.
struct Interval: Argument {
  let range: ClosedRange<Double>

  static var expectation: String { "a list {low, high} with low below high" }
  static var luaType: String { "number[]" }
  var literal: String { "{\(formatNumber(range.lowerBound)), \(formatNumber(range.upperBound))}" }

  static func read(_ frame: Frame, _ index: Int32) throws -> Interval {
    let ends = try? [Double].read(frame, index)
    guard let ends, ends.count == 2 else { throw Mismatch(expected: expectation) }
    guard ends[0] < ends[1], ends[0].isFinite, ends[1].isFinite else {
      throw Mismatch(
        expected: expectation, got: "{\(formatNumber(ends[0])), \(formatNumber(ends[1]))}")
    }
    return Interval(range: ends[0]...ends[1])
  }
}

/// The look of a series.
struct SeriesOptions: OptionGroup {
  var label: String?
  var color: String?
  var width: Double?
  var style: String?
  var marker: String?
  var markerSize: Double?
  var opacity: Double?

  static let options: [Option<SeriesOptions>] = [
    Option("label", \.label, "the name in the legend; one label, one colour"),
    Option(
      "color", \.color,
      "blue, vermillion, green, purple, orange, sky, black, yellow, grey, red, white or '#rrggbb';"
        + " else the next of the palette"),
    Option("width", \.width, "of the line, in points", in: .positive),
    Option(
      "style", \.style, "of the line; solid where absent", in: .oneOf(Dash.allCases.map(\.rawValue))
    ),
    Option("marker", \.marker, "a mark at each point", in: .oneOf(Marker.allCases.map(\.rawValue))),
    Option("marker_size", \.markerSize, "diameter of marks, in points", in: .positive),
    Option("opacity", \.opacity, "0 cannot be seen, 1 hides what is behind", in: .within(0...1)),
  ]

  func look() throws -> Style {
    Style(
      label: label, color: try color.map(Color.init(named:)), width: width,
      dash: style.flatMap(Dash.init), marker: marker.flatMap(Marker.init), size: markerSize,
      opacity: opacity)
  }
}

/// The axes of a panel.
struct AxesOptions: OptionGroup {
  var title: String?
  var x: String?
  var y: String?
  var log: String?
  var xLimits: Interval?
  var yLimits: Interval?
  var xTicks: [Double]?
  var yTicks: [Double]?
  var aspect: String?
  var legend: String?

  static let options: [Option<AxesOptions>] = [
    Option("title", \.title, "the line above"),
    Option("x", \.x, "name of the x axis; ^{...} and _{...} raise and lower"),
    Option("y", \.y, "name of the y axis"),
    Option("log", \.log, "axes with a log scale", in: .oneOf(["x", "y", "xy", "none"])),
    Option("x_limits", \.xLimits, "ends of the x axis; else from the data"),
    Option("y_limits", \.yLimits, "ends of the y axis; else from the data"),
    Option("x_ticks", \.xTicks, "where the x axis has its marks; else at round numbers"),
    Option("y_ticks", \.yTicks, "where the y axis has its marks; else at round numbers"),
    Option(
      "aspect", \.aspect,
      "'equal': a unit is as long upwards as across; an axis without limits is extended for it",
      in: .oneOf(["equal", "free"])),
    Option(
      "legend", \.legend,
      "where the legend stands; 'best': inside, where it covers least; 'right': beside the panel; where absent,"
        + " inside where no data lie, else beside the panel",
      in: .oneOf(LegendPlace.allCases.map(\.rawValue))),
  ]

  func apply(to panel: inout Panel, withTitle: Bool) {
    if withTitle, let title { panel.title = title }
    if let x { panel.x.label = x }
    if let y { panel.y.label = y }
    if let log {
      panel.x.scale = log.contains("x") ? .log : .linear
      panel.y.scale = log.contains("y") ? .log : .linear
    }
    if let range = xLimits?.range {
      (panel.x.low, panel.x.high) = (range.lowerBound, range.upperBound)
    }
    if let range = yLimits?.range {
      (panel.y.low, panel.y.high) = (range.lowerBound, range.upperBound)
    }
    if let xTicks { panel.x.ticks = xTicks }
    if let yTicks { panel.y.ticks = yTicks }
    if let aspect { panel.isEqual = aspect == "equal" }
    if let legend = legend.flatMap(LegendPlace.init) { panel.legend = legend }
  }
}

/// The bins of a histogram.
struct BinOptions: OptionGroup {
  var bins: Int?
  var range: Interval?
  var edges: [Double]?
  var density = false

  static let options: [Option<BinOptions>] = [
    Option("bins", \.bins, "how many; else as the samples suggest", in: .within(1...100_000)),
    Option("range", \.range, "first and last edge; samples outside are left out"),
    Option("edges", \.edges, "the edges of all bins, in place of bins and range"),
    Option("density", \.density, "scale the bars to a total area of 1"),
  ]

  func counted(_ samples: [Double]) throws -> Histogram {
    guard let edges else {
      return try Histogram(samples, bins: bins, range: range?.range, density: density)
    }
    guard bins == nil, range == nil else {
      throw UserError("edges stand in place of bins and range, got both")
    }
    return try Histogram(samples, edges: edges, density: density)
  }
}

/// Points coloured by a value.
struct ValueOptions: OptionGroup {
  var value: Numbers?
  var map = "viridis"
  var range: Interval?
  var valueLabel: String?
  var valueScale = "linear"

  static let options: [Option<ValueOptions>] = [
    Option("value", \.value, "a number for each point, shown as its colour"),
    Option("map", \.map, "colours of the values", in: .oneOf(ColorMap.allCases.map(\.rawValue))),
    Option("range", \.range, "values at the ends of the colours; else their extent"),
    Option("value_label", \.valueLabel, "the name of the bar of colours"),
    Option("value_scale", \.valueScale, valueScaleSummary, in: valueScales),
  ]

  func colored() throws -> ColoredValues? {
    guard let value else { return nil }
    return try checked(
      ColoredValues(
        values: try value.sequence("value"), map: ColorMap(rawValue: map) ?? .viridis,
        range: range?.range, label: valueLabel, scale: Scale(rawValue: valueScale) ?? .linear))
  }
}
