// Points that stay on disk: rows of an npy or IDX file, and pictures of a folder, read as they are drawn.

import Catalog
import Glibc
import Runtime
import Tensors

/// Rows of a file of numbers, each a point.
final class FilePoints: PointSource {
  let count: Int
  let shape: Shape
  private let path: FilePath
  private let file: Int32
  private let kind: ElementKind
  /// Bytes before the first row.
  private let start: Int
  private let scale: Float
  private let shift: Float

  /// No header is longer.
  private static let headerBytes = 1 << 16

  init(_ path: FilePath, scale: Double, shift: Double) throws {
    (self.path, self.scale, self.shift) = (path, Float(scale), Float(shift))
    try path.check("read")
    file = path.withCString { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard file >= 0 else { throw FileError("read", path, errno: errno) }
    do {
      var info = stat()
      guard fstat(file, &info) == 0, info.st_mode & S_IFMT == S_IFREG else {
        throw FileError("cannot read \(path): not a regular file")
      }
      let size = Int(clamping: info.st_size)
      var head = [UInt8](repeating: 0, count: min(size, Self.headerBytes))
      try FilePoints.read(file, path, &head, head.count, at: 0)
      let lengths: [Int]
      if head.starts(with: NPY.magic) {
        (lengths, kind, start) = try NPY.layout(head, name: "\(path)")
      } else {
        guard !GzipReader.isGzip(head) else {
          throw FileError(
            "\(path) is packed by gzip, and points are drawn from anywhere in it; unpack it")
        }
        (lengths, kind, start) = try IDX.layout(head, path: "\(path)")
      }
      guard let n = lengths.first, n > 0, n < Int(clamping: Int32.max) else {
        throw FileError("\(path): has shape \(lengths), expected points along its first axis")
      }
      let whole: Shape
      do { whole = try Shape(checking: lengths) } catch { throw FileError("\(path): \(error)") }
      (count, shape) = (n, Shape(lengths.dropFirst()))
      let need = try kind.byteCount(of: whole, "\(path)")
      guard size - start == need else {
        throw FileError(
          "\(path): shape \(lengths) needs \(need) bytes from byte \(start) on, there are \(size - start)"
        )
      }
    } catch {
      close(file)
      throw error
    }
  }

  deinit { close(file) }

  var summary: String { "\(count) points of \(shape) in \(path)" }

  func read(
    _ places: UnsafeBufferPointer<Int32>, example: Int, into out: UnsafeMutablePointer<Float>
  ) throws {
    let d = shape.elementCount
    let bytes = d * kind.size
    var buffer = try checkedArray(repeating: UInt8(0), count: places.count * bytes)
    for (i, place) in places.enumerated() {
      try FilePoints.read(
        file, path, &buffer, bytes, at: start + Int(clamping: place) * bytes, to: i * bytes)
    }
    let numbers = try buffer.withUnsafeBytes {
      try kind.tensor($0, [places.count * d], "\(path)").converted(to: .float32)
    }
    let values = numbers.pointer(Float.self)
    if scale == 1, shift == 0 {
      out.update(from: values, count: places.count * d)
    } else {
      for i in 0..<places.count * d { out[i] = values[i] * scale + shift }
    }
  }

  private static func read(
    _ file: Int32, _ path: FilePath, _ buffer: inout [UInt8], _ count: Int, at place: Int,
    to start: Int = 0
  ) throws {
    var done = 0
    while done < count {
      try Cancellation.check()
      let got = buffer.withUnsafeMutableBytes {
        pread(file, $0.baseAddress.map { $0 + start + done }, count - done, off_t(place + done))
      }
      if got > 0 {
        done += got
      } else if got == 0 {
        throw FileError(
          "\(path): ends at byte \(place + done), where it had more when it was opened")
      } else if errno != EINTR {
        throw FileError("read", path, errno: errno)
      }
    }
  }
}

/// Pictures of files, decoded as they are drawn.
final class PicturePoints: PointSource {
  private let list: PictureList
  private let form: PictureForm
  /// The first picture, whose size and colours all have.
  private let sample: Picture

  init(_ list: PictureList, _ form: PictureForm) throws {
    (self.list, self.form) = (list, form)
    // Colour as soon as one of the headers has it, as in memory.
    let first = try form.picture(list.paths[0])
    let hasColour = try first.channels == 3 || (form.grey != true && list.hasColour(form))
    sample = hasColour ? first.inColour() : first
  }

  var count: Int { list.paths.count }
  var shape: Shape {
    sample.channels == 1 ? [sample.height, sample.width] : [3, sample.height, sample.width]
  }
  var summary: String { "\(count) pictures of \(shape)" }

  func read(
    _ places: UnsafeBufferPointer<Int32>, example: Int, into out: UnsafeMutablePointer<Float>
  ) throws {
    let d = shape.elementCount
    try WorkerPool.shared.run(chunks: places.count) { i in
      try list.write(Int(clamping: places[i]), form, like: sample, to: out + i * d)
    }
  }
}
