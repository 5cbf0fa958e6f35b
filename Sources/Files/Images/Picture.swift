// A picture of a PNG or JPEG file as numbers from 0 to 1.

import CImages
import Catalog
import Runtime

/// Planes of colours, one after the other, each row by row.
struct Picture {
  private(set) var channels: Int
  let height: Int
  let width: Int
  private(set) var values: [Float]

  init(channels: Int, height: Int, width: Int, values: [Float]) {
    (self.channels, self.height, self.width, self.values) = (channels, height, width, values)
  }

  /// The picture of a file, cut to its centre.
  ///
  /// - Parameter grey: whether colours become grey.
  init(_ bytes: [UInt8], path: FilePath, grey: Bool, crop: PictureSize?) throws {
    let decoder = try PictureDecoder(bytes, path)
    let frame = try PictureFrame(decoder.height, decoder.width, crop, path)
    let planes = grey ? 1 : decoder.colours
    (channels, height, width) = (planes, frame.height, frame.width)
    let samples = try decoder.samples()
    values = try [Float](checkedCapacity: planes * frame.height * frame.width) { out, done in
      guard let base = out.baseAddress else { return }
      decoder.write(samples, frame, planes: planes, to: base)
      done = planes * frame.height * frame.width
    }
  }

  /// Grey in each of three channels.
  func inColour() -> Picture {
    channels == 3
      ? self : Picture(channels: 3, height: height, width: width, values: values + values + values)
  }
}

/// A part in the middle of a picture.
struct PictureFrame {
  let top: Int
  let left: Int
  let height: Int
  let width: Int

  init(_ height: Int, _ width: Int, _ crop: PictureSize?, _ path: FilePath) throws {
    switch crop {
    case nil: (self.height, self.width) = (height, width)
    case .square: (self.height, self.width) = (min(height, width), min(height, width))
    case .lengths(let wanted, let across): (self.height, self.width) = (wanted, across)
    }
    guard self.height <= height, self.width <= width else {
      throw FileError(
        "\(path) has \(height)×\(width) pixels, fewer than crop = {\(self.height), \(self.width)}")
    }
    (top, left) = ((height - self.height) / 2, (width - self.width) / 2)
  }
}

/// What a file says of its picture, and its samples.
struct PictureDecoder {
  private let bytes: [UInt8]
  private let path: FilePath
  private let isPNG: Bool
  let header: CImagesHeader

  private static let canReadPNG = cimages_open_png()
  private static let canReadJPEG = cimages_open_jpeg()

  init(_ bytes: [UInt8], _ path: FilePath) throws {
    (self.bytes, self.path) = (bytes, path)
    isPNG = bytes.starts(with: [0x89, 0x50, 0x4E, 0x47])
    guard isPNG || bytes.starts(with: [0xFF, 0xD8, 0xFF]) else {
      throw FileError("cannot read \(path): it begins neither as a PNG nor as a JPEG file")
    }
    guard isPNG ? Self.canReadPNG : Self.canReadJPEG else {
      let file = String(cString: isPNG ? cimages_png_name : cimages_jpeg_name)
      let package =
        isPNG ? "libpng (Debian: libpng16-16)" : "libjpeg-turbo (Debian: libjpeg62-turbo)"
      throw UserError("\(file) cannot be opened; install \(package)")
    }
    var header = CImagesHeader()
    try Self.read(bytes, path, isPNG, &header, nil)
    self.header = header
    guard header.channels > 0 else {
      throw FileError("cannot read \(path): it has the colours CMYK; grey, RGB and YCbCr are read")
    }
    guard header.width > 0, header.height > 0 else {
      throw FileError("cannot read \(path): it has no pixels")
    }
    // Deflate packs at most 1032 to 1, eight pixels to a byte; JPEG has some bits for 64 pixels.
    let most = Double(bytes.count) * (isPNG ? 1032 * 8 : 1024) + 65536 * 8
    guard Double(header.width) * Double(header.height) <= most else {
      throw FileError(
        "cannot read \(path): it claims \(header.height)×\(header.width) pixels, more than \(bytes.count) bytes can "
          + "hold")
    }
  }

  /// Colours without alpha.
  var colours: Int { header.channels < 3 ? 1 : 3 }
  var height: Int { Int(clamping: header.height) }
  var width: Int { Int(clamping: header.width) }

  func samples() throws -> [UInt8] {
    let count = height * width * Int(clamping: header.channels * header.sample_bytes)
    // libjpeg's own coefficients.
    if header.is_progressive { try Memory.request(2 * count, of: UInt8.self) }
    return try [UInt8](checkedCapacity: count) { out, done in
      var header = CImagesHeader()
      try Self.read(bytes, path, isPNG, &header, out.baseAddress)
      done = count
    }
  }

  /// Writes a part of the picture as numbers from 0 to 1: three planes, in which grey is repeated, or one, in which
  /// colours become grey.
  func write(
    _ samples: [UInt8], _ frame: PictureFrame, planes: Int, to out: UnsafeMutablePointer<Float>
  ) {
    samples.withUnsafeBytes { raw in
      if header.sample_bytes == 2 {
        write(raw.bindMemory(to: UInt16.self), 1 / 65535, frame, planes, out)
      } else {
        write(raw.bindMemory(to: UInt8.self), 1 / 255, frame, planes, out)
      }
    }
  }

  private func write<Sample: FixedWidthInteger>(
    _ samples: UnsafeBufferPointer<Sample>, _ scale: Float, _ frame: PictureFrame, _ planes: Int,
    _ out: UnsafeMutablePointer<Float>
  ) {
    let step = Int(clamping: header.channels)
    let area = frame.height * frame.width
    guard let base = samples.baseAddress else { return }
    for y in 0..<frame.height {
      let row = base + ((frame.top + y) * width + frame.left) * step
      let line = out + y * frame.width
      if planes == 3 {
        for c in 0..<3 {
          let (from, to) = (row + (step < 3 ? 0 : c), line + c * area)
          for x in 0..<frame.width { to[x] = Float(from[x * step]) * scale }
        }
      } else if step < 3 {
        for x in 0..<frame.width { line[x] = Float(row[x * step]) * scale }
      } else {
        for x in 0..<frame.width {
          let (red, green, blue) = (row[x * step], row[x * step + 1], row[x * step + 2])
          line[x] = (0.299 * Float(red) + 0.587 * Float(green) + 0.114 * Float(blue)) * scale
        }
      }
    }
  }

  private static func read(
    _ bytes: [UInt8], _ path: FilePath, _ isPNG: Bool, _ header: inout CImagesHeader,
    _ out: UnsafeMutablePointer<UInt8>?
  ) throws {
    let reason = withUnsafeTemporaryAllocation(
      of: CChar.self, capacity: Int(clamping: CIMAGES_MESSAGE)
    ) {
      message -> String? in
      guard let text = message.baseAddress else { return "no memory" }
      let isRead = bytes.withUnsafeBufferPointer { buffer in
        guard let start = buffer.baseAddress else { return false }
        return isPNG
          ? cimages_read_png(start, buffer.count, &header, out, text)
          : cimages_read_jpeg(start, buffer.count, &header, out, text)
      }
      return isRead ? nil : String(cString: text)
    }
    if let reason {
      throw FileError("cannot read \(path): \(isPNG ? "PNG" : "JPEG"): \(shownText(reason.utf8))")
    }
  }
}

/// A height and a width; `square` is the largest square.
package enum PictureSize: Argument {
  case square
  case lengths(Int, Int)

  package static var expectation: String { "a positive integer, {height, width} or 'square'" }
  package static var luaType: String { "integer|integer[]|string" }
  package var literal: String {
    switch self {
    case .square: "\"square\""
    case .lengths(let height, let width): height == width ? "\(height)" : "{\(height), \(width)}"
    }
  }

  package static func read(_ frame: Frame, _ index: Int32) throws -> PictureSize {
    let lengths: [Int]
    if frame.type(at: index) == LuaType.number, let length = frame.integer(at: index) {
      lengths = [length, length]
    } else if frame.string(at: index) == "square", frame.type(at: index) == LuaType.string {
      return .square
    } else {
      lengths = (try? [Int].read(frame, index)) ?? []
    }
    guard lengths.count == 2, lengths.allSatisfy({ (1...1 << 20).contains($0) }) else {
      throw Mismatch(expected: expectation)
    }
    return .lengths(lengths[0], lengths[1])
  }
}
