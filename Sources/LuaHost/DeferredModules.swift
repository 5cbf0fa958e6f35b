// The modules of the catalog, put into a Lua state when a script first names one of them. To make the
// catalog and bind its functions takes longer than all else that a start does, and a prompt before its
// first line or a script in plain Lua does not need it.
import CLua
import Catalog

final class DeferredModules {
  /// Nil once it has run.
  private var makeModules: (() -> [Module])?
  /// Owns the functions for as long as the state lives.
  private var functions: [BoundFunction] = []
  /// The Lua function that fills the tables.
  private var fill: UnsafeMutableRawPointer?

  init(_ makeModules: @escaping () -> [Module]) { self.makeModules = makeModules }

  deinit { clua_release(fill) }

  /// Puts a table behind the globals that fills itself. False when memory is out.
  func prepare(_ lua: LuaState) -> Bool {
    let top = clua_top(lua.pointer)
    defer { clua_set_top(lua.pointer, top) }
    let install = BoundFunction("") { [unowned self] frame in
      guard self.install(in: frame.state, behind: 1) else { throw UserError("not enough memory") }
      return 0
    }
    functions.append(install)
    guard lua.load(Self.triggers, name: "=modules") == CLUA_OK else { return false }
    clua_push_function(lua.pointer, Unmanaged.passUnretained(install).toOpaque())
    guard clua_call(lua.pointer, 1, 1) == CLUA_OK else { return false }
    fill = clua_keep(lua.pointer, -1)
    return fill != nil
  }

  /// Fills the tables now, for those who look at them raw.
  func fill(in lua: LuaState) {
    guard makeModules != nil, clua_reserve(lua.pointer, 4) != 0 else { return }
    clua_push_kept(lua.pointer, fill)
    if clua_call(lua.pointer, 0, 0) != CLUA_OK { clua_set_top(lua.pointer, -2) }
  }

  private func install(in state: OpaquePointer, behind: Int32) -> Bool {
    guard let makeModules else { return true }
    guard clua_reserve(state, 20) != 0 else { return false }
    self.makeModules = nil
    var installer = ModuleInstaller(state: state, modules: makeModules())
    installer.install(behind: behind)
    functions += installer.functions
    return true
  }

  /// A module is looked for as a global, by `require` and in `package.loaded`; `pairs` shows them all.
  /// The names of modules begin with a small letter, so that other names, `_PROMPT` say, fill nothing.
  private static let triggers = """
    local install = ...
    local next, type, find, rawget, getmetatable, setmetatable =
      next, type, string.find, rawget, getmetatable, setmetatable
    local globals, loaded, behind = _G, package.loaded, {}
    local of_globals, of_loaded = {__index = behind}, {}

    local function fill()
      install(behind)
      setmetatable(behind, nil)
      of_globals.__pairs, of_loaded.__pairs, of_loaded.__index = nil, nil, nil
      if getmetatable(loaded) == of_loaded then setmetatable(loaded, nil) end
    end

    local function all(t)
      fill()
      return next, t, nil
    end

    of_globals.__pairs, of_loaded.__pairs = all, all
    of_loaded.__index = function(_, name)
      if type(name) ~= "string" or not find(name, "^moondrift") then return nil end
      fill()
      return rawget(loaded, name)
    end
    setmetatable(behind, {__index = function(_, name)
      if type(name) ~= "string" or not find(name, "^%l") then return nil end
      fill()
      local value = rawget(behind, name)
      if value == nil then return rawget(globals, name) end
      return value
    end})
    setmetatable(globals, of_globals)
    setmetatable(loaded, of_loaded)
    return fill
    """
}
