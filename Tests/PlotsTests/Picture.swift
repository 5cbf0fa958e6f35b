// The pixels of a PNG, to look at.

import CCairo
import Plots
import Testing

final class Picture {
  let width: Int
  let height: Int
  private var pixels: [UInt32] = []

  convenience init(_ figure: Figure) throws { try self.init(figure.bytes(format: "png")) }

  init(_ png: [UInt8]) throws {
    final class Source {
      var bytes: ArraySlice<UInt8>
      init(_ bytes: [UInt8]) { self.bytes = bytes[...] }
    }
    let source = Source(png)
    let surface = cairo_image_surface_create_from_png_stream(
      { closure, data, count in
        guard let closure, let data else { return CAIRO_STATUS_READ_ERROR }
        let source = Unmanaged<Source>.fromOpaque(closure).takeUnretainedValue()
        guard source.bytes.count >= Int(count) else { return CAIRO_STATUS_READ_ERROR }
        for (place, byte) in source.bytes.prefix(Int(count)).enumerated() { data[place] = byte }
        source.bytes = source.bytes.dropFirst(Int(count))
        return CAIRO_STATUS_SUCCESS
      }, Unmanaged.passUnretained(source).toOpaque())
    defer { cairo_surface_destroy(surface) }
    try #require(cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS)
    let data = try #require(cairo_image_surface_get_data(surface))
    width = Int(cairo_image_surface_get_width(surface))
    height = Int(cairo_image_surface_get_height(surface))
    let stride = Int(cairo_image_surface_get_stride(surface))
    for row in 0..<height {
      let line = UnsafeRawPointer(data + row * stride)
      for column in 0..<width {
        pixels.append(line.load(fromByteOffset: 4 * column, as: UInt32.self) & 0xFFFFFF)
      }
    }
  }

  /// 0xRRGGBB.
  subscript(x: Int, y: Int) -> UInt32 { pixels[y * width + x] }

  func count(_ color: UInt32) -> Int { pixels.count { $0 == color } }

  /// The smallest box around the pixels of a colour, or around all that are not white.
  func box(of color: UInt32? = nil) -> (x: ClosedRange<Int>, y: ClosedRange<Int>)? {
    let places = pixels.indices.filter {
      color == nil ? pixels[$0] != 0xFFFFFF : pixels[$0] == color
    }
    let (columns, rows) = (places.map { $0 % width }, places.map { $0 / width })
    guard let left = columns.min(), let right = columns.max(), let top = rows.min(),
      let bottom = rows.max()
    else { return nil }
    return (left...right, top...bottom)
  }
}
