// Where the files that come with the program are: Lua libraries, small data sets.

import Glibc

public enum Resources {
  /// The folder `stdlib`. In this order: below MOONDRIFT_HOME; as installed, in `../share/moondrift`
  /// beside the folder of the program; in a folder above the program, as in a checkout.
  public static func stdlib() throws -> String {
    if let home = getenv("MOONDRIFT_HOME").map({ String(cString: $0) }), !home.isEmpty {
      guard isFolder(home + "/stdlib") else {
        throw FileError("MOONDRIFT_HOME must be a folder that holds stdlib, got '\(home)'")
      }
      return home + "/stdlib"
    }
    let program = try executable()
    var folder = parent(of: program)
    let installed = parent(of: folder) + "/share/moondrift/stdlib"
    if isFolder(installed) { return installed }
    while !folder.isEmpty {
      if isFolder(folder + "/stdlib") { return folder + "/stdlib" }
      folder = parent(of: folder)
    }
    throw FileError(
      "the folder stdlib is not found beside or above \(program); set MOONDRIFT_HOME to the folder"
        + " that holds it")
  }

  private static func executable() throws -> String {
    guard let path = realpath("/proc/self/exe", nil) else {
      throw FileError("find", "the program", errno: errno)
    }
    defer { free(path) }
    return String(cString: path)
  }

  /// Without the last part; "" above the root.
  private static func parent(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }

  private static func isFolder(_ path: String) -> Bool {
    var info = stat()
    return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
  }
}
