// Pictures side by side: samples, filters, nearest neighbours.

import Catalog
import Runtime

/// Pixels with a colour each, row by row from the top: 0xRRGGBB.
struct Bitmap: Equatable {
  let width: Int
  let height: Int
  var pixels: [UInt32]

  subscript(x: Int, y: Int) -> Color { Color(hex: pixels[y * width + x]) }

  /// The mean colour over a rectangle in pixel coordinates; the nearest pixel where it is small.
  func mean(x: Range<Double>, y: Range<Double>) -> Color {
    let left = min(max(Int(clamping: x.lowerBound), 0), width - 1)
    let top = min(max(Int(clamping: y.lowerBound), 0), height - 1)
    let right = min(max(Int(clamping: x.upperBound.rounded(.up)), left + 1), width)
    let bottom = min(max(Int(clamping: y.upperBound.rounded(.up)), top + 1), height)
    var sum = (red: 0.0, green: 0.0, blue: 0.0, weight: 0.0)
    for row in top..<bottom {
      let tall = min(Double(row + 1), y.upperBound) - max(Double(row), y.lowerBound)
      for column in left..<right {
        let wide = min(Double(column + 1), x.upperBound) - max(Double(column), x.lowerBound)
        let weight = max(tall * wide, 1e-9)
        let color = self[column, row]
        sum.red += weight * color.red
        sum.green += weight * color.green
        sum.blue += weight * color.blue
        sum.weight += weight
      }
    }
    return Color(
      red: sum.red / sum.weight, green: sum.green / sum.weight, blue: sum.blue / sum.weight)
  }
}

struct ImageGrid {
  var images: [Bitmap]
  /// Images side by side, where the page follows the images.
  var columns: Int
  /// Whether the user chose them; else a page that is given may be filled otherwise.
  var hasOwnColumns = false
  /// Under each image; may be shorter than the images.
  var captions: [String]
  /// Between images, in source pixels.
  var padding: Int

  var imageWidth: Int { images.first?.width ?? 1 }
  var imageHeight: Int { images.first?.height ?? 1 }
  func rows(_ columns: Int) -> Int { (images.count + columns - 1) / columns }
}

/// How a grid of images is laid out and toned.
package struct ImageOptions: Sendable {
  /// Images side by side; nil: as near to a square as fits a page.
  package var columns: Int?
  /// The values shown at the two ends of the map; nil: the extent of all pixels. NaN is shown red.
  package var range: ClosedRange<Double>?
  /// Under each image.
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
    let channels = options.channels
    let (area, overflow) = height.multipliedReportingOverflow(by: width)
    guard count > 0, height > 0, width > 0, !overflow, channels == 1 || channels == 3,
      pixels.count / area / channels == count, pixels.count % area == 0,
      pixels.count / area % channels == 0
    else {
      throw UserError("\(count) images of \(height)×\(width) do not match \(pixels.count) pixels")
    }
    guard count <= 10_000, max(height, width) <= 16_384 else {
      throw UserError(
        "images must be at most 10000, of at most 16384 pixels a side, got \(count) of"
          + " \(height)×\(width)")
    }
    if let columns = options.columns, !(1...1000).contains(columns) {
      throw UserError("columns must be an integer from 1 to 1000, got \(columns)")
    }
    guard (0...1000).contains(options.padding) else {
      throw UserError("padding must be an integer from 0 to 1000, got \(options.padding)")
    }
    let range = options.range ?? Self.extent(of: pixels)
    let images = try (0..<count).map { index in
      try Cancellation.check()
      return Bitmap(
        width: width, height: height,
        pixels: (index * area..<(index + 1) * area).map { place in
          channels == 1
            ? Self.tone(Double(pixels[place]), range, options.map)
            : Self.tone(pixels[3 * place..<3 * place + 3].map(Double.init), range)
        })
    }
    var square = 1
    while square < count, square * square * height < count * width { square += 1 }
    panel.images = ImageGrid(
      images: images, columns: min(options.columns ?? min(max(square, 8), 16), count),
      hasOwnColumns: options.columns != nil, captions: options.captions, padding: options.padding)
  }

  private static func extent(of pixels: UnsafeBufferPointer<Float>) -> ClosedRange<Double> {
    var low = Double.infinity
    var high = -Double.infinity
    for value in pixels where value.isFinite {
      low = min(low, Double(value))
      high = max(high, Double(value))
    }
    return low < high ? low...high : (low.isFinite ? low - 0.5...low + 0.5 : 0...1)
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

extension Color {
  /// 0xRRGGBB.
  var packed: UInt32 {
    func byte(_ part: Double) -> UInt32 { UInt32((min(max(part, 0), 1) * 255).rounded()) }
    return byte(red) << 16 | byte(green) << 8 | byte(blue)
  }
}

extension HeatMap {
  /// The colours, from the top row down.
  func bitmap(_ scale: ColorScale) throws -> Bitmap {
    var pixels: [UInt32] = []
    pixels.reserveCapacity(colored.values.count)
    for row in stride(from: rows - 1, through: 0, by: -1) {
      try Cancellation.check()
      for value in colored.values[row * columns..<(row + 1) * columns] {
        pixels.append(scale.color(value).packed)
      }
    }
    return Bitmap(width: columns, height: rows, pixels: pixels)
  }
}
