// One independent Lua universe with Lua's libraries and the modules of a catalog.
import CLua
import Catalog

package final class LuaState {
  package let pointer: OpaquePointer
  private let modules: DeferredModules
  private var functions: [BoundFunction] = []

  /// Nil when memory is out.
  ///
  /// - Parameters:
  ///   - modules: asked for when a script first names one of them.
  ///   - ignoringEnvironment: as `lua -E`, does not read `LUA_PATH` and `LUA_CPATH`.
  package init?(
    modules: @autoclosure @escaping () -> [Module] = [], ignoringEnvironment: Bool = false
  ) {
    self.modules = DeferredModules(modules)
    BoundFunction.connectToLua
    guard let state = clua_new() else { return nil }
    pointer = state
    guard clua_open_libraries(state, ignoringEnvironment) == CLUA_OK, self.modules.prepare(self)
    else { return nil }
  }

  deinit { clua_close(pointer) }

  /// Makes the modules now, for what looks at values raw.
  func makeModules() { modules.fill(in: self) }

  /// Runs code for its effects.
  ///
  /// - Parameter name: how Lua calls the chunk; `=` in front means as it stands, `@` a file.
  /// - Throws: `ScriptError` with the message, without a traceback.
  package func run(_ code: String, name: String = "=code") throws {
    _ = try results(of: code, name: name)
  }

  /// The results of code that returns something, each as `tostring` shows it.
  package func results(of code: String, name: String = "=code") throws -> [String] {
    let top = clua_top(pointer)
    defer { clua_set_top(pointer, top) }
    guard clua_reserve(pointer, 20) != 0 else { throw ScriptError("stack overflow") }
    var status = load(code, name: name)
    if status == CLUA_OK { status = clua_call(pointer, 0, CLUA_MULTRET) }
    guard status == CLUA_OK else { throw ScriptError(text(at: -1)) }
    return (top + 1..<clua_top(pointer) + 1).map(text(at:))
  }

  /// Puts the functions of a module behind the globals, as plain functions under their own names.
  package func addGlobals(of module: Module) {
    let top = clua_top(pointer)
    defer { clua_set_top(pointer, top) }
    clua_push_globals(pointer)
    guard clua_get_metatable(pointer, -1),
      clua_get_field(pointer, -1, "__index") == LuaType.table
    else { return }
    for entry in module.entries {
      guard let body = entry.body else { continue }
      let function = BoundFunction(entry.name, body)
      functions.append(function)
      clua_push_function(pointer, Unmanaged.passUnretained(function).toOpaque())
      Frame(pointer).setField(top + 3, entry.name)
    }
  }

  /// Compiles code and pushes the function, or the message of a syntax error.
  package func load(_ code: String, name: String) -> Int32 {
    var code = code
    return code.withUTF8 { utf8 in
      utf8.withMemoryRebound(to: CChar.self) { bytes in
        name.withCString { name in
          bytes.baseAddress.map { clua_load(pointer, $0, bytes.count, name) }
            ?? clua_load(pointer, name, 0, name)
        }
      }
    }
  }

  /// A value as `tostring` shows it.
  package func text(at index: Int32) -> String {
    guard clua_reserve(pointer, 4) != 0 else { return "?" }
    let failed = clua_to_string(pointer, index) != CLUA_OK
    defer { clua_set_top(pointer, -2) }
    if failed {
      let name = String(cString: clua_type_name(pointer, index < 0 ? index - 1 : index))
      return "(\(articled(name)) that cannot be shown)"
    }
    return Frame(pointer).string(at: -1) ?? ""
  }
}

/// A Lua error that nothing in the script caught.
package struct ScriptError: Error, CustomStringConvertible {
  package let message: String
  package init(_ message: String) { self.message = message }
  package var description: String { message }
}
