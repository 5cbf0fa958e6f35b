// Folders: making, listing, and what a path is. Removing is Lua's own `os.remove`.

import Catalog
import Glibc
import Runtime

package enum Directories {
  static let entries: [Entry] = [
    .function(
      "make_directory", "Makes a folder, and those above it where they are missing.", .arg("path"),
      returns: "true when it was made, false when it was there already",
      example: "n = os.tmpname() .. \".d\"  return file.make_directory(n)"
    ) { (path: FilePath) in try make(path) },
    .function(
      "list", "The names in a folder, sorted, without `.` and `..`.", .arg("path"),
      returns: "a list of strings", example: "return file.list(\".\")"
    ) { (path: FilePath) in try list(path) },
    .function(
      "kind", "What a path leads to, links followed.", .arg("path"),
      returns: "\"file\", \"directory\", \"other\", or nil where there is nothing",
      example: "return file.kind(\".\")"
    ) { (path: FilePath) in kind(path) },
  ]

  static func kind(_ path: FilePath) -> String? {
    var info = stat()
    guard !path.bytes.contains(0), path.withCString({ stat($0, &info) }) == 0 else { return nil }
    switch info.st_mode & S_IFMT {
    case S_IFREG: return "file"
    case S_IFDIR: return "directory"
    default: return "other"
    }
  }

  /// True when this call made it, so that of two programs at once one alone owns it.
  package static func make(_ path: FilePath) throws -> Bool {
    try path.check("make")
    let slash = UInt8(ascii: "/")
    for (place, byte) in path.bytes.enumerated()
    where byte == slash && place > 0 && place + 1 < path.bytes.count {
      let parent = FilePath(Array(path.bytes[..<place]))
      if parent.withCString({ mkdir($0, 0o777) }) != 0 {
        let code = errno == EEXIST ? ENOTDIR : errno
        guard kind(parent) == "directory" else { throw FileError("make", path, errno: code) }
      }
    }
    if path.withCString({ mkdir($0, 0o777) }) == 0 { return true }
    let code = errno
    guard kind(path) == "directory" else { throw FileError("make", path, errno: code) }
    return false
  }

  static func list(_ path: FilePath) throws -> [ByteString] {
    try path.check("list")
    guard let stream = path.withCString({ opendir($0) }) else {
      throw FileError("list", path, errno: errno)
    }
    defer { closedir(stream) }
    var names: [[UInt8]] = []
    errno = 0
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
      errno = 0
    }
    guard errno == 0 else { throw FileError("list", path, errno: errno) }
    return names.sorted { $0.lexicographicallyPrecedes($1) }.map(ByteString.init)
  }
}
