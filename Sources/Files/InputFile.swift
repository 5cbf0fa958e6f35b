// Reading a whole file, and what a reader says of a file it cannot use.

import Glibc
import Runtime

public enum InputFile {
  /// The bytes of a regular file. A file larger than memory is refused by its size before reading.
  public static func bytes(of path: String) throws -> [UInt8] {
    guard !path.utf8.contains(0) else { throw FileError("read", path, errno: EINVAL) }
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw FileError("read", path, errno: errno) }
    defer { close(file) }
    var info = stat()
    guard fstat(file, &info) == 0 else { throw FileError("read", path, errno: errno) }
    guard info.st_mode & S_IFMT == S_IFREG else {
      let isFolder = info.st_mode & S_IFMT == S_IFDIR
      throw FileError("cannot read \(path): \(isFolder ? "Is a directory" : "not a regular file")")
    }
    let size = Int(info.st_size)
    let pages = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    guard size < pages else {
      throw FileError("cannot read \(path): its \(size) bytes do not fit in memory")
    }
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while count < size {
        let got = read(file, buffer.baseAddress.map { $0 + count }, size - count)
        if got > 0 {
          count += got
        } else if got == 0 {
          return  // it became shorter
        } else if errno != EINTR {
          failure = errno
          return
        }
      }
    }
    guard failure == 0 else { throw FileError("read", path, errno: failure) }
    return bytes
  }
}

/// Bytes read one after the other from a file, packed or not, with the place for errors.
public protocol ByteReader {
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
public struct PlainReader: ByteReader {
  public let path: String
  private let bytes: [UInt8]
  public private(set) var position = 0

  public init(_ bytes: [UInt8], path: String) { (self.bytes, self.path) = (bytes, path) }

  public var mostRemaining: Int { bytes.count - position }

  public mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(buffer.count, bytes.count - position)
    buffer.copyBytes(from: bytes[position..<position + count])
    position += count
    return count
  }
}
