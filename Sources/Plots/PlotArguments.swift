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
  var legend: String?

  static let options: [Option<AxesOptions>] = [
    Option("title", \.title, "the line above"),
    Option("x", \.x, "name of the x axis; ^{...} and _{...} raise and lower"),
    Option("y", \.y, "name of the y axis"),
    Option("log", \.log, "axes with a log scale", in: .oneOf(["x", "y", "xy", "none"])),
    Option("x_limits", \.xLimits, "ends of the x axis; else from the data"),
    Option("y_limits", \.yLimits, "ends of the y axis; else from the data"),
    Option(
      "legend", \.legend, "where the legend stands; where absent, in a corner free of data",
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
    if let legend = legend.flatMap(LegendPlace.init) { panel.legend = legend }
  }
}

/// The bins of a histogram.
struct BinOptions: OptionGroup {
  var bins: Int?
  var range: Interval?
  var density = false

  static let options: [Option<BinOptions>] = [
    Option("bins", \.bins, "how many; else as the samples suggest", in: .within(1...100_000)),
    Option("range", \.range, "first and last edge; samples outside are left out"),
    Option("density", \.density, "scale the bars to a total area of 1"),
  ]
}

/// A grid of images.
struct ImageGridOptions: OptionGroup {
  var shape: [Int]?
  var columns: Int?
  var range: Interval?
  var captions: [String] = []
  var padding = 2
  var map = "grey"

  static let options: [Option<ImageGridOptions>] = [
    Option("shape", \.shape, "{height, width} of each row, where images is [n d]"),
    Option("columns", \.columns, "images side by side", in: .within(1...1000)),
    Option("range", \.range, "values shown black and white; else the extent of all pixels"),
    Option("captions", \.captions, "a text under each image"),
    Option("padding", \.padding, "between images, in pixels of theirs", in: .within(0...1000)),
    Option("map", \.map, "colours", in: .oneOf(ColorMap.allCases.map(\.rawValue))),
  ]

  func add(_ images: Tensor, to figure: Figure) throws {
    var lengths = images.axisLengths
    if let shape {
      guard shape.count == 2, lengths.count == 2, shape[0] > 0, shape[1] > 0,
        shape[0].multipliedReportingOverflow(by: shape[1]).partialValue == lengths[1]
      else {
        throw UserError("shape \(shape) does not fit images of shape \(lengths)")
      }
      lengths = [lengths[0]] + shape
    }
    if lengths.count == 4, lengths[1] == 1 { lengths.remove(at: 1) }
    if lengths.count == 2 { lengths.insert(1, at: 0) }
    guard lengths.count == 3, !lengths.contains(0) else {
      throw UserError(
        "images has shape \(images.axisLengths), expected [n height width], [height width],"
          + " or [n d] with the option shape")
    }
    var options = ImageOptions()
    (options.columns, options.range, options.captions) = (columns, range?.range, captions)
    (options.padding, options.map) = (padding, ColorMap(rawValue: map) ?? .grey)
    try images.floats().withUnsafeBufferPointer {
      try figure.addImages(
        $0, count: lengths[0], height: lengths[1], width: lengths[2], options)
    }
  }
}

/// A heat map.
struct HeatOptions: OptionGroup {
  var xExtent: Interval?
  var yExtent: Interval?
  var range: Interval?
  var map = "viridis"

  static let options: [Option<HeatOptions>] = [
    Option("x_extent", \.xExtent, "x of the left and right edge; else 0 and the columns"),
    Option("y_extent", \.yExtent, "y of the lower and upper edge; else 0 and the rows"),
    Option("range", \.range, "values at the ends of the colours; else their extent"),
    Option("map", \.map, "colours", in: .oneOf(ColorMap.allCases.map(\.rawValue))),
  ]

  func add(_ values: Tensor, to figure: Figure) throws {
    let shape = values.axisLengths
    guard shape.count == 2, !shape.contains(0) else {
      throw UserError("values has shape \(shape), expected [rows columns]")
    }
    try figure.heat(
      HeatMap(
        values: try values.doubles(), rows: shape[0], columns: shape[1],
        x: xExtent?.range ?? 0...Double(shape[1]), y: yExtent?.range ?? 0...Double(shape[0]),
        map: ColorMap(rawValue: map) ?? .viridis, range: range?.range))
  }
}
