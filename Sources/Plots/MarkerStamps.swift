// A marker drawn once and laid down many times.

import CCairo
import Glibc

/// Coverage masks of one marker, one for each quarter of a dot that its centre may lie off the grid
/// of dots in either direction. Lengths are dots.
final class MarkerStamps {
  private static let phases = 4
  private let half: Int
  private let marker: Marker
  private let size: Double
  private let scale: Double
  private var masks = [OpaquePointer?](repeating: nil, count: phases * phases)

  /// - Parameters:
  ///   - size: in points.
  ///   - scale: dots a point.
  init(_ marker: Marker, size: Double, scale: Double) {
    (self.marker, self.size, self.scale) = (marker, min(size, 4000), scale)
    half = Int(clamping: (self.size * scale).rounded(.up)) + 2
  }

  deinit { for mask in masks { if let mask { libcairo.surface_destroy(mask) } } }

  func place(at point: Point, on context: OpaquePointer) {
    let quarters = Double(Self.phases)
    let (x, y) = ((point.x * quarters).rounded(), (point.y * quarters).rounded())
    let (left, top) = ((x / quarters).rounded(.down), (y / quarters).rounded(.down))
    let phase = (Int(clamping: x - left * quarters), Int(clamping: y - top * quarters))
    guard let mask = mask(phase.0, phase.1) else { return }
    libcairo.mask_surface(context, mask, left - Double(half), top - Double(half))
  }

  private func mask(_ x: Int, _ y: Int) -> OpaquePointer? {
    let index = y * Self.phases + x
    if let known = masks[index] { return known }
    let side = Int32(2 * half + 1)
    guard let mask = libcairo.image_surface_create(CAIRO_FORMAT_A8, side, side) else { return nil }
    if let context = libcairo.create(mask) {
      let center = Point(
        x: Double(half) + Double(x) / Double(Self.phases),
        y: Double(half) + Double(y) / Double(Self.phases))
      libcairo.scale(context, scale, scale)
      libcairo.set_line_cap(context, CAIRO_LINE_CAP_ROUND)
      MarkerPath.trace(
        marker, at: Point(x: center.x / scale, y: center.y / scale), radius: size / 2, on: context)
      MarkerPath.paint(marker, size: size, on: context)
      libcairo.destroy(context)
    }
    masks[index] = mask
    return mask
  }
}
