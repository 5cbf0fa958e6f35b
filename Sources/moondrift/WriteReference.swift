// `moondrift --write-reference ROOT`: writes what is printed from the catalog into a checkout.
import Glibc
import Library
import LuaHost
import Reference
import Runtime
import Shell

enum WriteReference {
  static let option = "--write-reference"

  /// Returns the exit code.
  static func run(root: String) -> Int32 {
    do {
      for folder in ["stdlib", "stdlib/types", "docs", "docs/reference"] {
        let path = root + "/" + folder
        guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
          throw FileError("make the folder", FilePath(path), errno: errno)
        }
      }
      for (path, text) in files { try AtomicFile.write(text, to: root + "/" + path) }
      return EXIT_SUCCESS
    } catch {
      write("moondrift: \(error)\n", to: stderr)
      return EXIT_FAILURE
    }
  }

  private static var files: [(String, String)] {
    [("stdlib/types/moondrift.lua", EditorStubs(modules).text)]
      + MarkdownPages(
        modules, others: ["lua": "Parts that are written in Lua: `require \"moondrift.ledger\"`."]
      )
      .files.map { ("docs/reference/" + $0.name, $0.text) }
      + [("docs/reference/lua.md", StandardLibrary.reference)]
  }
}
