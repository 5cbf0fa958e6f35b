// Pictures side by side: samples, filters, nearest neighbours.

import Catalog
import Runtime

/// How a grid of images is laid out and toned.
package struct ImageOptions: Sendable {
  /// Images side by side; nil: as near to a square as fits a page.
  package var columns: Int?
  /// The values shown at the two ends of the map; nil: the extent of all pixels, about 0 for the diverging map.
  /// NaN is shown red.
  package var range: ClosedRange<Double>?
  /// Whether each group has the extent of its own pixels, where there is no range.
  package var scalesEach = false
  /// Images that belong together: no row parts them.
  package var group = 1
  /// Under each group.
  package var captions: [String] = []
  /// Between images, in source pixels.
  package var padding = 2
  /// Of grey images.
  package var map = ColorMap.grey
  /// 1: grey; 3: red, green and blue of each pixel, one after the other.
  package var channels = 1
  package init() {}
}

extension Figure {
  /// A figure of `count` images of `height`×`width`, row by row.
  package static func images(
    _ pixels: UnsafeBufferPointer<Float>, count: Int, height: Int, width: Int,
    _ options: ImageOptions = ImageOptions()
  ) throws -> Figure {
    let figure = Figure()
    try figure.addImages(pixels, count: count, height: height, width: width, options)
    return figure
  }

  package static func images(
    _ pixels: [Float], count: Int, height: Int, width: Int,
    _ options: ImageOptions = ImageOptions()
  ) throws -> Figure {
    try pixels.withUnsafeBufferPointer {
      try images($0, count: count, height: height, width: width, options)
    }
  }

  /// Fills the selected panel with a grid of images.
  package func addImages(
    _ pixels: UnsafeBufferPointer<Float>, count: Int, height: Int, width: Int,
    _ options: ImageOptions
  ) throws {
    try Self.check(options, pixels.count, count: count, height: height, width: width)
    let (area, channels) = (height * width, options.channels)
    let isDiverging = options.map == .diverging && channels == 1
    let size = area * channels
    var range = options.range ?? 0...1
    if options.range == nil, !options.scalesEach { range = Self.extent(of: pixels, isDiverging) }
    let images = try (0..<count).map { index in
      try Cancellation.check()
      if options.scalesEach, index % options.group == 0 {
        let end = min(index + options.group, count)
        range = Self.extent(
          of: UnsafeBufferPointer(rebasing: pixels[index * size..<end * size]), isDiverging)
      }
      return Bitmap(
        width: width, height: height,
        pixels: (index * area..<(index + 1) * area).map { place in
          channels == 1
            ? Self.tone(Double(pixels[place]), range, options.map)
            : Self.tone(pixels[3 * place..<3 * place + 3].map(Double.init), range)
        })
    }
    var grid = ImageGrid(
      images: images, columns: 1, hasOwnColumns: options.columns != nil,
      captions: options.captions, padding: options.padding, group: options.group)
    grid.columns = options.columns.map { min($0, grid.widest) } ?? grid.usualColumns
    panel.images = grid
  }

  private static func check(
    _ options: ImageOptions, _ pixelCount: Int, count: Int, height: Int, width: Int
  ) throws {
    let channels = options.channels
    let (area, overflow) = height.multipliedReportingOverflow(by: width)
    guard count > 0, height > 0, width > 0, !overflow, channels == 1 || channels == 3,
      pixelCount / area / channels == count, pixelCount % area == 0,
      pixelCount / area % channels == 0
    else {
      throw UserError("\(count) images of \(height)×\(width) do not match \(pixelCount) pixels")
    }
    guard count <= 10_000, max(height, width) <= 16_384 else {
      throw UserError(
        "images must be at most 10000, of at most 16384 pixels a side, got \(count) of"
          + " \(height)×\(width)")
    }
    if let columns = options.columns {
      guard (1...1000).contains(columns) else {
        throw UserError("columns must be an integer from 1 to 1000, got \(columns)")
      }
      guard columns % options.group == 0 else {
        throw UserError("columns must be a multiple of \(options.group), got \(columns)")
      }
    }
    guard (0...1000).contains(options.padding) else {
      throw UserError("padding must be an integer from 0 to 1000, got \(options.padding)")
    }
    guard options.range == nil || !options.scalesEach else {
      throw UserError("scale_each must be false beside a range, got true")
    }
  }

  /// The least and the greatest of the pixels that are numbers; about 0 where white is to be 0.
  private static func extent(
    of pixels: UnsafeBufferPointer<Float>, _ isDiverging: Bool
  ) -> ClosedRange<Double> {
    var low = Double.infinity
    var high = -Double.infinity
    for value in pixels where value.isFinite {
      low = min(low, Double(value))
      high = max(high, Double(value))
    }
    guard low <= high else { return 0...1 }
    if isDiverging {
      let most = max(-low, high)
      return most > 0 ? -most...most : -0.5...0.5
    }
    return low < high ? low...high : low - 0.5...low + 0.5
  }

  private static func tone(
    _ value: Double, _ range: ClosedRange<Double>, _ map: ColorMap
  ) -> UInt32 {
    guard !value.isNaN else { return missing }
    return map.color(share(value, range)).packed
  }

  /// Of red, green and blue.
  private static func tone(_ parts: [Double], _ range: ClosedRange<Double>) -> UInt32 {
    guard !parts.contains(where: \.isNaN) else { return missing }
    let shares = parts.map { share($0, range) }
    return Color(red: shares[0], green: shares[1], blue: shares[2]).packed
  }

  private static func share(_ value: Double, _ range: ClosedRange<Double>) -> Double {
    let size = range.upperBound - range.lowerBound
    return size > 0 ? min(max((value - range.lowerBound) / size, 0), 1) : 0.5
  }

  /// The red of pixels that are NaN.
  private static let missing: UInt32 = 0xC1272D
}
