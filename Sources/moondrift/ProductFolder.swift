import Glibc

/// Where the files of the product lie: `stdlib` in a checkout, or in an installation.
enum ProductFolder {
  /// The folder of Lua files that `require "moondrift.…"` finds; nil where there is none.
  static let stdlib: String? = {
    guard let program = realpath("/proc/self/exe", nil) else { return nil }
    defer { free(program) }
    var folders = String(cString: program).split(separator: "/").map(String.init)[...]
    folders.removeLast()
    // prefix/bin/moondrift and prefix/share/moondrift/stdlib
    let installed = path(folders.dropLast() + ["share", "moondrift", "stdlib"])
    if isLibrary(installed) { return installed }
    // checkout/.build/<platform>/release/moondrift and checkout/stdlib
    for _ in 0..<4 where !folders.isEmpty {
      folders.removeLast()
      let candidate = path(folders + ["stdlib"])
      if isLibrary(candidate) { return candidate }
    }
    return nil
  }()

  private static func path(_ folders: ArraySlice<String>) -> String {
    "/" + folders.joined(separator: "/")
  }

  private static func isLibrary(_ folder: String) -> Bool {
    access(folder + "/moondrift/args.lua", R_OK) == 0
  }
}
