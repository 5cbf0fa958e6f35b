import CZlib
import Catalog
import Runtime
import Tensors

/// `data.save_image`: a picture as a PNG file of 8 bits (W3C PNG, second edition).
enum SaveImage {
  static let entry = Entry.function(
    "save_image", "Writes a picture as a PNG file.", .arg("path", "ends in .png"),
    .arg("x", "grey [h w] or [1 h w], or colours [3 h w]"),
    .option(
      "scale", default: [0, 1], "{black, white}: the values of both; what lies beyond is cut off"),
    details:
      "data.images gives the numbers again, to 1/510. A plot of many pictures is `plot.images`.",
    source: "W3C PNG", example: "data.save_image(os.tmpname() .. \".png\", tensor{{0, 0.5, 1}})"
  ) { (path: FilePath, x: Tensor, scale: [Double]) in
    guard path.ending == "png" else { throw UserError("path must end in .png, got '\(path)'") }
    guard scale.count == 2, scale[0] != scale[1], scale.allSatisfy(\.isFinite) else {
      throw UserError(
        "scale must be a list {black, white} of two different numbers, got \(scale.literal)")
    }
    let lengths = Array(x.shape)
    let isColour = x.rank == 3 && lengths[0] == 3
    guard x.rank == 2 || isColour || (x.rank == 3 && lengths[0] == 1),
      lengths.suffix(2).allSatisfy({ (1...1 << 20).contains($0) })
    else { throw UserError("x must have shape [h w], [1 h w] or [3 h w], got \(x.shape)") }
    let values = try x.doubles()
    if let bad = values.firstIndex(where: \.isNaN) {
      throw UserError("x must have no NaN, got one at element \(bad + 1)")
    }
    let (height, width) = (lengths[x.rank - 2], lengths[x.rank - 1])
    let samples = try values.polledMap { value in
      UInt8(max(0, min(1, (value - scale[0]) / (scale[1] - scale[0]))) * 255 + 0.5)
    }
    try AtomicFile.write(
      try png(samples, channels: isColour ? 3 : 1, height: height, width: width), to: path)
    return Nothing()
  }

  /// - Parameter samples: planes one after the other.
  static func png(_ samples: [UInt8], channels: Int, height: Int, width: Int) throws -> [UInt8] {
    let area = height * width
    var lines = try checkedArray(repeating: UInt8(0), count: height * (1 + channels * width))
    for y in 0..<height {
      // Each line begins with its filter: 0, none.
      let start = y * (1 + channels * width) + 1
      for x in 0..<width {
        for c in 0..<channels {
          lines[start + x * channels + c] = samples[c * area + y * width + x]
        }
      }
    }
    var size = compressBound(uLong(lines.count))
    var packed = try checkedArray(repeating: UInt8(0), count: Int(clamping: size))
    guard compress2(&packed, &size, lines, uLong(lines.count), 6) == Z_OK else {
      throw FileError("zlib cannot pack the picture")
    }
    let header = bigEndian(width) + bigEndian(height) + [8, channels == 3 ? 2 : 0, 0, 0, 0]
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
      + chunk("IHDR", header) + chunk("IDAT", Array(packed.prefix(Int(clamping: size))))
      + chunk("IEND", [])
  }

  private static func bigEndian(_ number: Int) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
  }

  private static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
    let body = Array(name.utf8) + content
    let check = crc32(0, body, uInt(body.count))
    return bigEndian(content.count) + body + bigEndian(Int(clamping: check))
  }
}
