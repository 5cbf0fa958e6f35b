// Pixels that have their colours, as images and heat maps give them to a surface.

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
