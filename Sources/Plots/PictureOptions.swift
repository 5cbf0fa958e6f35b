// What the functions of `plot` that show pictures take from Lua.

import Catalog
import Tensors

/// A grid of images.
struct ImageGridOptions: OptionGroup {
  var shape: [Int]?
  var columns: Int?
  var range: Interval?
  var scaleEach = false
  var captions: [String] = []
  var padding = 2
  var map = "grey"

  static let options: [Option<ImageGridOptions>] = [
    Option(
      "shape", \.shape,
      "of an image, {height, width}, {height, width, 3} or {3, height, width}: where images is [n d], or is one image"
    ),
    Option("columns", \.columns, "images side by side", in: .within(1...1000)),
    Option(
      "range", \.range,
      "values shown black and white; else the extent of all pixels, for 'diverging' about 0"),
    Option("scale_each", \.scaleEach, "whether each image has the extent of its own pixels"),
    Option("captions", \.captions, "a text under each image"),
    Option("padding", \.padding, "between images, in pixels of theirs", in: .within(0...1000)),
    Option(
      "map", \.map, "colours of grey images; 'diverging' shows 0 white",
      in: .oneOf(ColorMap.allCases.map(\.rawValue))),
  ]

  /// - Parameter group: images that belong together.
  func add(_ images: Tensor, group: Int = 1, to figure: Figure) throws {
    let layout = try PixelLayout(images.axisLengths, shape: shape)
    var options = ImageOptions()
    (options.columns, options.range, options.captions) = (columns, range?.range, captions)
    (options.padding, options.map) = (padding, ColorMap(rawValue: map) ?? .grey)
    (options.scalesEach, options.group) = (scaleEach, group)
    options.channels = layout.channels
    try layout.pixels(try images.floats()).withUnsafeBufferPointer {
      try figure.addImages(
        $0, count: layout.count, height: layout.height, width: layout.width, options)
    }
  }
}

/// What the axes of a tensor of images mean. With four axes, three numbers along the last are red,
/// green and blue, else three along the second; one along either is grey, and so are all images with
/// three axes, unless they are the shape of one image.
struct PixelLayout {
  let count: Int
  let height: Int
  let width: Int
  let channels: Int
  /// Whether the colours of an image come one after the other, each as a whole image.
  let isPlanar: Bool

  static let expectation =
    "[n height width], [n height width 3], [n 3 height width], one image [height width], or, with the option shape,"
    + " [n d] or one image in colours"

  /// - Parameter shape: of an image, where each is a row.
  init(_ axes: [Int], shape: [Int]?) throws {
    var lengths = axes
    if let shape {
      var area: Int? = 1
      for length in shape where area != nil {
        let (product, overflow) = (area ?? 0).multipliedReportingOverflow(by: length)
        area = overflow || length < 1 ? nil : product
      }
      let isRows = lengths.count == 2 && area == lengths[1]
      guard (2...3).contains(shape.count), isRows || lengths == shape else {
        throw UserError("shape \(shape) does not fit images of shape \(axes)")
      }
      lengths = [lengths == shape ? 1 : lengths[0]] + shape
    }
    if lengths.count == 2 { lengths.insert(1, at: 0) }
    guard (3...4).contains(lengths.count), !lengths.contains(0) else {
      throw UserError("images has shape \(axes), expected \(Self.expectation)")
    }
    var (channels, isPlanar) = (1, false)
    if lengths.count == 4 {
      switch (lengths[1], lengths[3]) {
      case (_, 3): channels = lengths.remove(at: 3)
      case (3, _): (channels, isPlanar) = (lengths.remove(at: 1), true)
      case (_, 1): lengths.remove(at: 3)
      case (1, _): lengths.remove(at: 1)
      default: throw UserError("images has shape \(axes), expected \(Self.expectation)")
      }
    }
    (count, height, width) = (lengths[0], lengths[1], lengths[2])
    (self.channels, self.isPlanar) = (channels, isPlanar)
  }

  /// The numbers pixel by pixel, each with its colours together.
  func pixels(_ numbers: [Float]) -> [Float] {
    guard isPlanar, channels > 1 else { return numbers }
    let area = height * width
    var result: [Float] = []
    result.reserveCapacity(numbers.count)
    for image in 0..<count {
      for place in 0..<area {
        for channel in 0..<channels {
          result.append(numbers[(image * channels + channel) * area + place])
        }
      }
    }
    return result
  }
}

/// A heat map.
struct HeatOptions: OptionGroup {
  var xExtent: Interval?
  var yExtent: Interval?
  var range: Interval?
  var map = "viridis"
  var valueLabel: String?
  var valueScale = "linear"

  static let options: [Option<HeatOptions>] = [
    Option("x_extent", \.xExtent, "x of the left and right edge; else 0 and the columns"),
    Option("y_extent", \.yExtent, "y of the lower and upper edge; else 0 and the rows"),
    Option("range", \.range, "values at the ends of the colours; else their extent"),
    Option("map", \.map, "colours", in: .oneOf(ColorMap.allCases.map(\.rawValue))),
    Option("value_label", \.valueLabel, "the name of the bar of colours"),
    Option("value_scale", \.valueScale, valueScaleSummary, in: valueScales),
  ]

  /// What the colours mean, without the values.
  fileprivate func colored() throws -> ColoredValues {
    try checked(
      ColoredValues(
        values: [], map: ColorMap(rawValue: map) ?? .viridis, range: range?.range,
        label: valueLabel, scale: Scale(rawValue: valueScale) ?? .linear))
  }

  /// The rectangle of a grid.
  fileprivate func grid(_ values: Tensor) throws -> ContourGrid {
    let shape = values.axisLengths
    guard shape.count == 2, !shape.contains(0) else {
      throw UserError("values has shape \(shape), expected [rows columns]")
    }
    return ContourGrid(
      values: try values.doubles(), rows: shape[0], columns: shape[1],
      x: xExtent?.range ?? 0...Double(shape[1]), y: yExtent?.range ?? 0...Double(shape[0]))
  }

  func add(_ values: Tensor, to figure: Figure) throws {
    let (grid, colored) = (try grid(values), try colored())
    try figure.heat(
      HeatMap(
        values: grid.values, rows: grid.rows, columns: grid.columns, x: grid.x, y: grid.y,
        map: colored.map, range: colored.range, label: colored.label, scale: colored.scale))
  }

  func addContours(
    _ values: Tensor, levels: [Double]?, _ look: SeriesOptions, to figure: Figure
  ) throws {
    for level in levels ?? [] where !level.isFinite {
      throw UserError("levels must be finite numbers, got \(formatNumber(level))")
    }
    try figure.contours(
      try grid(values), levels: levels?.sorted(), colored: try colored(), try look.look())
  }
}

let valueScales = Domain<String>.oneOf(Scale.allCases.map(\.rawValue))
let valueScaleSummary = "whether the colours are even in the values or in their logarithms"

/// - Throws: where the ends of the colours have no logarithm and need one.
func checked(_ colored: ColoredValues) throws -> ColoredValues {
  if let range = colored.range, colored.scale.forward(range.lowerBound) == nil {
    throw UserError(
      "range must be positive on a log scale, got \(formatNumber(range.lowerBound))"
        + " to \(formatNumber(range.upperBound))")
  }
  return colored
}
