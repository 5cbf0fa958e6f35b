// `require "moondrift.args"`: finds the product's own Lua files, wherever it is installed. It stands
// last among `package.searchers`, so that `package.path` is Lua's and the user's alone.
import CLua
import Catalog

extension LuaState {
  /// - Parameter folder: holds `moondrift/args.lua` and so on.
  package func addLibrary(in folder: String) {
    let top = clua_top(pointer)
    defer { clua_set_top(pointer, top) }
    guard load(Self.searcher, name: "=library searcher") == CLUA_OK else { return }
    Frame(pointer).push("\(folder)/?.lua;\(folder)/?/init.lua")
    _ = clua_call(pointer, 1, 0)
  }

  private static let searcher = """
    local templates = ...
    local search, load, raise, format = package.searchpath, loadfile, error, string.format
    table.insert(package.searchers, function(name)
      if name:sub(1, 10) ~= "moondrift." then return nil end
      local path, message = search(name, templates)
      if not path then return message end
      local chunk, reason = load(path)
      if chunk then return chunk, path end
      raise(format("error loading module '%s' from file '%s':\\n\\t%s", name, path, reason))
    end)
    """
}
