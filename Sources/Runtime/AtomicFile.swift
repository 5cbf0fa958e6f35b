// Writing a file whole or not at all: a temporary file in the same folder, flushed to the disk,
// then renamed over the destination. Whoever reads the path sees the old content or the new.

import Glibc

/// What went wrong with a file: the path and the system's reason.
public struct FileError: Error, CustomStringConvertible, Sendable {
  public let message: String
  public init(_ message: String) { self.message = message }

  /// "cannot write runs/kl.svg: Permission denied"
  public init(_ action: String, _ path: FilePath, errno code: Int32) {
    self.message = "cannot \(action) \(path): \(String(cString: strerror(code)))"
  }
  public var description: String { message }
}

public enum AtomicFile {
  /// Writes `bytes` to `path`. On failure throws and leaves neither a part of the new file nor a
  /// temporary one behind. Symbolic links are followed, also to a file that is not there yet; a device
  /// or pipe is written directly.
  public static func write(_ bytes: UnsafeRawBufferPointer, to path: FilePath) throws {
    try path.check("write")
    let destination = try followed(path)
    var info = stat()
    var replaced: stat?
    if destination.withCString({ stat($0, &info) }) == 0 {
      switch info.st_mode & S_IFMT {
      case S_IFREG: replaced = info
      case S_IFDIR: throw FileError("write", path, errno: EISDIR)
      default: return try writeDirectly(bytes, to: path)
      }
      guard path.withCString({ access($0, W_OK) }) == 0 else {
        throw FileError("write", path, errno: errno)
      }
    }
    try replace(destination, named: path, with: bytes, like: replaced)
  }

  public static func write(_ bytes: [UInt8], to path: FilePath) throws {
    try bytes.withUnsafeBytes { try write($0, to: path) }
  }

  public static func write(_ text: String, to path: FilePath) throws {
    var text = text
    try text.withUTF8 { try write(UnsafeRawBufferPointer($0), to: path) }
  }

  public static func write(_ bytes: [UInt8], to path: String) throws {
    try write(bytes, to: FilePath(path))
  }

  public static func write(_ text: String, to path: String) throws {
    try write(text, to: FilePath(path))
  }

  /// Where a path leads when each link that stands at its end is followed; as many as the kernel
  /// follows.
  private static func followed(_ path: FilePath) throws -> FilePath {
    var place = path
    for _ in 0...40 {
      var info = stat()
      guard place.withCString({ lstat($0, &info) }) == 0, info.st_mode & S_IFMT == S_IFLNK else {
        return place
      }
      var target = [CChar](repeating: 0, count: Int(clamping: PATH_MAX))
      let length = place.withCString { readlink($0, &target, target.count) }
      guard length >= 0 else { throw FileError("write", path, errno: errno) }
      let link = target.prefix(length).map(UInt8.init(bitPattern:))
      let isAbsolute = link.first == UInt8(ascii: "/")
      place = isAbsolute ? FilePath(link) : FilePath(place.folder.bytes + link)
    }
    throw FileError("write", path, errno: ELOOP)
  }

  private static func replace(
    _ destination: FilePath, named path: FilePath, with bytes: UnsafeRawBufferPointer,
    like replaced: stat?
  ) throws {
    let folder = destination.folder
    let (temporary, file) = try openTemporary(in: folder, for: path)
    var failure: Int32 = 0
    if !writeAll(bytes, to: file) || fsync(file) != 0 { failure = errno }
    if failure == 0, let replaced {
      // Root keeps the owner; others may not give a file away, and then it is theirs.
      if fchown(file, replaced.st_uid, replaced.st_gid) != 0 { errno = 0 }
      if fchmod(file, replaced.st_mode & 0o7777) != 0 { failure = errno }
    }
    if close(file) != 0, failure == 0 { failure = errno }
    if failure == 0 {
      let moved = temporary.withCString { old in destination.withCString { rename(old, $0) } }
      if moved != 0 { failure = errno }
    }
    if failure != 0 {
      _ = temporary.withCString { unlink($0) }
      try Cancellation.check()
      throw FileError("write", path, errno: failure)
    }
    let directory = folder.withCString { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    if directory >= 0 {
      fsync(directory)
      close(directory)
    }
  }

  private static func openTemporary(in folder: FilePath, for path: FilePath) throws -> (
    FilePath, Int32
  ) {
    var clash = 0
    while true {
      let name = folder + ".moondrift-\(getpid())-\(UInt32.random(in: 0 ... .max)).tmp"
      let file = name.withCString { open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666) }
      if file >= 0 { return (name, file) }
      guard errno == EEXIST || errno == EINTR, clash < 100 else {
        throw FileError("write", path, errno: errno)
      }
      clash += 1
    }
  }

  private static func writeDirectly(_ bytes: UnsafeRawBufferPointer, to path: FilePath) throws {
    let file = path.withCString { open($0, O_WRONLY | O_CLOEXEC) }
    guard file >= 0 else { throw FileError("write", path, errno: errno) }
    defer { close(file) }
    guard writeAll(bytes, to: file) else {
      let code = errno
      try Cancellation.check()
      throw FileError("write", path, errno: code)
    }
  }

  /// The write loop: short writes continue, an interrupted one is tried again, a request to stop ends it
  /// between two pieces.
  private static func writeAll(_ bytes: UnsafeRawBufferPointer, to file: Int32) -> Bool {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let written = Glibc.write(file, rest.baseAddress, min(rest.count, 1 << 24))
      if written >= 0 {
        done += written
        if Cancellation.isRequested {
          errno = ECANCELED
          return false
        }
      } else if errno != EINTR {
        return false
      }
    }
    return true
  }
}
