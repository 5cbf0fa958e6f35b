// Reading a whole file, and what a reader says of a file it cannot use.

import Glibc
import Runtime

package enum InputFile {
  /// The bytes of a regular file, to its end. A file larger than memory is refused by its size before
  /// reading; one whose size is not known before (`/proc/self/status` says 0) is read in pieces.
  package static func bytes(of path: FilePath) throws -> [UInt8] {
    try path.check("read")
    let file = path.withCString { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard file >= 0 else { throw FileError("read", path, errno: errno) }
    defer { close(file) }
    var info = stat()
    guard fstat(file, &info) == 0 else { throw FileError("read", path, errno: errno) }
    guard info.st_mode & S_IFMT == S_IFREG else {
      let isFolder = info.st_mode & S_IFMT == S_IFDIR
      throw FileError("cannot read \(path): \(isFolder ? "Is a directory" : "not a regular file")")
    }
    let told = Int(clamping: info.st_size)
    // One byte more than the size: a read that fills less is at the end.
    var bytes = try piece(of: file, told + 1, path)
    if bytes.count <= told { return bytes }
    var size = 1 << 16
    while true {
      let more = try piece(of: file, size, path)
      try bytes.reserveChecked(more.count)
      bytes += more
      if more.count < size { return bytes }
      size = min(bytes.count, 1 << 26)
    }
  }

  /// So many bytes, fewer only at the end of the file.
  private static func piece(of file: Int32, _ size: Int, _ path: FilePath) throws -> [UInt8] {
    do { try Memory.request(size, of: UInt8.self) } catch {
      throw FileError("cannot read \(path): \(error)")
    }
    do { try Memory.request(size, of: UInt8.self) } catch {
      throw FileError("cannot read \(path): \(error)")
    }
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while count < size, !Cancellation.isRequested {
        let got = read(file, buffer.baseAddress.map { $0 + count }, min(size - count, 1 << 24))
        if got > 0 {
          count += got
        } else if got == 0 {
          return
        } else if errno != EINTR {
          failure = errno
          return
        }
      }
    }
    try Cancellation.check()
    guard failure == 0 else { throw FileError("read", path, errno: failure) }
    return bytes
  }
}

/// Bytes read one after the other from a file, packed or not, with the place for errors.
package protocol ByteReader {
  /// The file, for errors.
  var path: String { get }
  /// Bytes delivered so far.
  var position: Int { get }
  /// The most bytes that can still come, by the size of the file.
  var mostRemaining: Int { get }
  /// Fills the buffer as far as there are bytes; how many there were.
  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

/// The bytes of a file as they stand.
package struct PlainReader: ByteReader {
  package let path: String
  private let bytes: [UInt8]
  package private(set) var position = 0

  package init(_ bytes: [UInt8], path: String) { (self.bytes, self.path) = (bytes, path) }

  package var mostRemaining: Int { bytes.count - position }

  package mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(buffer.count, bytes.count - position)
    buffer.copyBytes(from: bytes[position..<position + count])
    position += count
    return count
  }
}
