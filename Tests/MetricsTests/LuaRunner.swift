import Library
import LuaHost
import Testing

/// The results of Lua code with all modules, as tostring shows them.
func results(_ code: String) throws -> [String] {
  try #require(LuaState(modules: Library.modules)).results(of: code)
}

/// The results of Lua code as numbers.
func numbers(_ code: String) throws -> [Double] {
  try results(code).map { try #require(Double($0), "\($0) is not a number") }
}

/// The message of the error that code raises.
func message(_ code: String) throws -> String {
  do { return "no error, but \(try results(code))" } catch let error as ScriptError {
    return error.message
  }
}
