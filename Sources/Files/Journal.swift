// A file of lines, each written by one call of the system, so that a process that is killed leaves whole
// lines. The file is held by a lock of the kernel, which goes with the process: nothing has to be cleaned up
// after a crash.

import Catalog
import Glibc
import Runtime

package final class Journal: Object {
  package static var typeName: String { "journal" }

  private let path: FilePath
  private var file: Int32
  private var lines = 0

  /// - Throws: where something has this name already.
  init(_ path: FilePath) throws {
    try path.check("make")
    let file = path.withCString {
      open($0, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o666)
    }
    guard file >= 0 else { throw FileError("make", path, errno: errno) }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      let error = FileError("hold", path, errno: errno)
      Glibc.close(file)
      throw error
    }
    (self.path, self.file) = (path, file)
  }

  deinit { close() }

  package func describe() -> String {
    "journal \(path), \(lines) line\(lines == 1 ? "" : "s")\(file < 0 ? ", closed" : "")"
  }

  func write(_ line: [UInt8]) throws {
    guard file >= 0 else { throw UserError("\(path) is closed") }
    let newline = UInt8(ascii: "\n")
    guard !line.contains(newline) else { throw UserError("line must be one line, got several") }
    let bytes = line + [newline]
    var written: Int
    repeat {
      written = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
    } while written < 0 && errno == EINTR
    guard written == bytes.count else {
      throw FileError("write", path, errno: written < 0 ? errno : ENOSPC)
    }
    lines += 1
  }

  func close() {
    guard file >= 0 else { return }
    if !ChildProcess.isChild { fsync(file) }
    Glibc.close(file)
    file = -1
  }

  /// Whether a journal of a process that lives writes this file.
  static func isHeld(_ path: FilePath) throws -> Bool {
    try path.check("read")
    let file = path.withCString { open($0, O_RDONLY | O_CLOEXEC) }
    guard file >= 0 else { throw FileError("read", path, errno: errno) }
    defer { Glibc.close(file) }
    if flock(file, LOCK_SH | LOCK_NB) == 0 { return false }
    guard errno == EWOULDBLOCK else { throw FileError("read", path, errno: errno) }
    return true
  }

  static let entries: [Entry] = [
    .function(
      "journal", "Makes a new file for lines, and holds it until it is closed or the process ends.",
      .arg("path"), returns: "a journal; an error where the file exists",
      details:
        "Each line is written by one call of the system: a process that is killed leaves whole"
        + " lines. A child of `moondrift.start` holds it too, until it closes it or ends.",
      example: "j = file.journal(os.tmpname() .. \".lines\")  j:write(\"one\")  j:close()"
    ) { (path: FilePath) in try Journal(path) },
    .function(
      "is_held", "Whether a process that lives holds a journal.", .arg("path"),
      returns: "true or false",
      example: "n = os.tmpname() .. \".lines\"  j = file.journal(n)  return file.is_held(n)"
    ) { (path: FilePath) in try isHeld(path) },
    .method(
      Journal.self, "write",
      "Writes a line; what has been written stays, whatever ends the process.",
      .arg("line", "without a newline")
    ) { (journal: Journal, line: ByteString) in
      try journal.write(line.bytes)
      return Nothing()
    },
    .method(Journal.self, "close", "Ends the journal, when all of it is on the disk.") {
      (journal: Journal) in
      journal.close()
      return Nothing()
    },
  ]
}
