// Prints what a line at the prompt returned, each value on lines of its own: objects that can show
// themselves do, tables are laid out, all else goes through the global `print`, as in `lua`.
import CLua
import Catalog
import Glibc
import LuaHost

struct ResultPrinter {
  let lua: LuaState
  let width: Int
  let isTerminal: Bool

  /// Prints the lowest `count` values of the stack.
  func printAll(_ count: Int32) {
    for index in stride(from: 1, through: count, by: 1) {
      guard clua_reserve(lua.pointer, 24) != 0 else {
        write("too many results to print\n", to: stderr)
        return
      }
      if !print(index, isAlone: count == 1) { return }
    }
  }

  /// False where the printing was broken off.
  private func print(_ index: Int32, isAlone: Bool) -> Bool {
    if isTerminal, isAlone,
      let object = Frame(lua.pointer).anyObject(at: index) as? any Displayable
    {
      write(object.display(width: width), to: stdout)
      return true
    }
    // A form of its own (`__tostring`) that a value in the table has is code of the user.
    if let text = lua.interruptible({ ValueText(lua: lua, width: width).table(at: index) }) {
      write(text + "\n", to: stdout)
      return true
    }
    let status = lua.interruptible {
      if clua_get_global(lua.pointer, "print") != CLUA_OK { clua_push_nil(lua.pointer) }
      clua_push_copy(lua.pointer, index)
      return clua_call(lua.pointer, 1, 0)
    }
    if status != CLUA_OK {
      let message = Frame(lua.pointer).string(at: -1) ?? "?"
      write("error calling 'print' (\(message))\n", to: stderr)
      clua_set_top(lua.pointer, -2)
    }
    fflush(stdout)
    return status == CLUA_OK
  }
}
