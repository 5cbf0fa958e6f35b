// Folders: making, listing, and what a path is. Removing is Lua's own `os.remove`.

import Catalog
import Glibc
import Runtime

enum Directories {
  static let entries: [Entry] = [
    .function(
      "make_directory", "Makes a folder, and those above it where they are missing.", .arg("path"),
      returns: "true when it was made, false when it was there already",
      example: "n = os.tmpname() .. \".d\"  return file.make_directory(n)"
    ) { (path: String) in try make(path) },
    .function(
      "list", "The names in a folder, sorted, without `.` and `..`.", .arg("path"),
      returns: "a list of strings", example: "return file.list(\".\")"
    ) { (path: String) in try list(path) },
    .function(
      "kind", "What a path leads to, links followed.", .arg("path"),
      returns: "\"file\", \"directory\", \"other\", or nil where there is nothing",
      example: "return file.kind(\".\")"
    ) { (path: String) in kind(path) },
  ]

  static func kind(_ path: String) -> String? {
    var info = stat()
    guard stat(path, &info) == 0 else { return nil }
    switch info.st_mode & S_IFMT {
    case S_IFREG: return "file"
    case S_IFDIR: return "directory"
    default: return "other"
    }
  }

  /// True when this call made it, so that of two programs at once one alone owns it.
  static func make(_ path: String) throws -> Bool {
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw FileError(
        "make", path.isEmpty ? "a folder with an empty name" : path, errno: EINVAL)
    }
    var end = path.startIndex
    while let slash = path[end...].firstIndex(of: "/") {
      end = path.index(after: slash)
      guard slash > path.startIndex, end < path.endIndex else { continue }
      let parent = String(path[..<slash])
      if mkdir(parent, 0o777) != 0 {
        let code = errno == EEXIST ? ENOTDIR : errno
        guard kind(parent) == "directory" else { throw FileError("make", path, errno: code) }
      }
    }
    if mkdir(path, 0o777) == 0 { return true }
    let code = errno
    guard kind(path) == "directory" else { throw FileError("make", path, errno: code) }
    return false
  }

  static func list(_ path: String) throws -> [String] {
    guard let stream = opendir(path) else { throw FileError("list", path, errno: errno) }
    defer { closedir(stream) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) {
          String(cString: $0)
        }
      }
      if name != ".", name != ".." { names.append(name) }
      errno = 0
    }
    guard errno == 0 else { throw FileError("list", path, errno: errno) }
    return names.sorted()
  }
}
