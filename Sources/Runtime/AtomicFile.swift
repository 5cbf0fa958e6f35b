// Writing a file whole or not at all: a temporary file in the same folder, flushed to the disk,
// then renamed over the destination. Whoever reads the path sees the old content or the new.

import Glibc

/// What went wrong with a file: the path and the system's reason.
public struct FileError: Error, CustomStringConvertible, Sendable {
  public let message: String
  public init(_ message: String) { self.message = message }

  /// "cannot write runs/kl.svg: Permission denied"
  public init(_ action: String, _ path: String, errno code: Int32) {
    self.message = "cannot \(action) \(path): \(String(cString: strerror(code)))"
  }
  public var description: String { message }
}

public enum AtomicFile {
  /// Writes `bytes` to `path`. On failure throws and leaves neither a part of the new file nor a
  /// temporary one behind. A symbolic link is followed; a device or pipe is written directly.
  public static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws {
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw FileError("write", path.isEmpty ? "a file with an empty name" : path, errno: EINVAL)
    }
    var info = stat()
    var destination = path
    var mode: mode_t?
    if stat(path, &info) == 0 {
      switch info.st_mode & S_IFMT {
      case S_IFREG:
        mode = info.st_mode & 0o7777
        if let real = realpath(path, nil) {
          destination = String(cString: real)
          free(real)
        }
      case S_IFDIR: throw FileError("write", path, errno: EISDIR)
      default: return try writeDirectly(bytes, to: path)
      }
      guard access(path, W_OK) == 0 else { throw FileError("write", path, errno: errno) }
    }
    try replace(destination, named: path, with: bytes, mode: mode)
  }

  public static func write(_ bytes: [UInt8], to path: String) throws {
    try bytes.withUnsafeBytes { try write($0, to: path) }
  }

  public static func write(_ text: String, to path: String) throws {
    try write(Array(text.utf8), to: path)
  }

  private static func replace(
    _ destination: String, named path: String, with bytes: UnsafeRawBufferPointer, mode: mode_t?
  ) throws {
    let folder = destination.lastIndex(of: "/").map { String(destination[...$0]) } ?? "./"
    let (temporary, file) = try openTemporary(in: folder, for: path)
    var failure: Int32 = 0
    if !writeAll(bytes, to: file) || fsync(file) != 0 { failure = errno }
    if failure == 0, let mode, fchmod(file, mode) != 0 { failure = errno }
    if close(file) != 0, failure == 0 { failure = errno }
    if failure == 0, rename(temporary, destination) != 0 { failure = errno }
    if failure != 0 {
      unlink(temporary)
      throw FileError("write", path, errno: failure)
    }
    let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if directory >= 0 {
      fsync(directory)
      close(directory)
    }
  }

  private static func openTemporary(in folder: String, for path: String) throws -> (String, Int32) {
    var clash = 0
    while true {
      let name = "\(folder).moondrift-\(getpid())-\(UInt32.random(in: 0 ... .max)).tmp"
      let file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if file >= 0 { return (name, file) }
      guard errno == EEXIST || errno == EINTR, clash < 100 else {
        throw FileError("write", path, errno: errno)
      }
      clash += 1
    }
  }

  private static func writeDirectly(_ bytes: UnsafeRawBufferPointer, to path: String) throws {
    let file = open(path, O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { throw FileError("write", path, errno: errno) }
    defer { close(file) }
    guard writeAll(bytes, to: file) else { throw FileError("write", path, errno: errno) }
  }

  /// The write loop: short writes continue, an interrupted one is tried again.
  private static func writeAll(_ bytes: UnsafeRawBufferPointer, to file: Int32) -> Bool {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let written = Glibc.write(file, rest.baseAddress, rest.count)
      if written >= 0 {
        done += written
      } else if errno != EINTR {
        return false
      }
    }
    return true
  }
}
