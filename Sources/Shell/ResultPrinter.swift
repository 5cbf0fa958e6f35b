// Prints what a line at the prompt returned: objects that can show themselves do, all else goes
// through the global `print`, as in `lua`.
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
    if isTerminal, count == 1, let object = Frame(lua.pointer).anyObject(at: 1) as? any Displayable
    {
      write(object.display(width: width), to: stdout)
      return
    }
    guard clua_reserve(lua.pointer, count + 4) != 0 else {
      write("too many results to print\n", to: stderr)
      return
    }
    let status = lua.interruptible {
      if clua_get_global(lua.pointer, "print") != CLUA_OK { clua_push_nil(lua.pointer) }
      for index in 1...count { clua_push_copy(lua.pointer, index) }
      return clua_call(lua.pointer, count, 0)
    }
    if status != CLUA_OK {
      let message = Frame(lua.pointer).string(at: -1) ?? "?"
      write("error calling 'print' (\(message))\n", to: stderr)
    }
    fflush(stdout)
  }
}
