// `print` as Lua's own, but for one thing: behind an object of ours that takes several lines, the next
// value begins a new line, where a tab would put it into the object's last row.
#include "universe.h"

#include <string.h>

static int print_values(lua_State *L) {
  int count = lua_gettop(L);
  bool ends_row = false;
  for (int i = 1; i <= count; i++) {
    size_t length;
    const char *text = luaL_tolstring(L, i, &length);
    if (i > 1) lua_writestring(ends_row ? "\n" : "\t", 1);
    lua_writestring(text, length);
    ends_row = clua_object_class(L, i) != NULL && memchr(text, '\n', length) != NULL;
    lua_pop(L, 1);
  }
  lua_writeline();
  return 0;
}

void clua_open_print(lua_State *L) {
  lua_pushcfunction(L, print_values);
  lua_setglobal(L, "print");
}
