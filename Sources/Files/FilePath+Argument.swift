import Catalog
import Runtime

/// A path from Lua: its bytes as they stand.
extension FilePath: Argument {
  public static var expectation: String { "a string" }
  public static var luaType: String { "string" }
  public var literal: String { "\"\(self)\"" }

  public static func read(_ frame: Frame, _ index: Int32) throws -> FilePath {
    FilePath(try ByteString.read(frame, index).bytes)
  }
}
