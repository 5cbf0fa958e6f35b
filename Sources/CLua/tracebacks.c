// What is added to an error that nothing caught: the functions that ran, where they tell something.
#define _GNU_SOURCE
#include "universe.h"

#include <stdlib.h>
#include <string.h>

int clua_with_traceback(lua_State *L) {
  if (lua_type(L, 1) != LUA_TSTRING && lua_type(L, 1) != LUA_TNUMBER) {
    if (luaL_callmeta(L, 1, "__tostring") && lua_type(L, -1) == LUA_TSTRING) return 1;
    lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, 1));
    lua_replace(L, 1);
  }
  luaL_traceback(L, L, lua_tostring(L, 1), 1);
  return 1;
}

/// The compiled code of a function as bytes.
struct code {
  char *bytes;
  size_t count, room;
};

static int add_code(lua_State *L, const void *bytes, size_t count, void *context) {
  (void)L;
  struct code *code = context;
  if (code->room - code->count < count) {
    size_t room = 2 * code->room + count + 1000;
    char *longer = realloc(code->bytes, room);
    if (longer == NULL) return 1;
    code->bytes = longer;
    code->room = room;
  }
  memcpy(code->bytes + code->count, bytes, count);
  code->count += count;
  return 0;
}

/// Of the function on top, which is popped. What stands before its source's name differs between a
/// function by itself and one inside another, so that it begins behind that name.
static struct code code_of(lua_State *L, const char *source) {
  struct code code = {NULL, 0, 0};
  if (lua_dump(L, add_code, &code, 0) != 0) code.count = 0;
  lua_pop(L, 1);
  char *name = code.count == 0 ? NULL : memmem(code.bytes, code.count, source, strlen(source));
  if (name == NULL) {
    code.count = 0;
    return code;
  }
  size_t start = (size_t)(name - code.bytes) + strlen(source);
  memmove(code.bytes, code.bytes + start, code.count - start);
  code.count -= start;
  return code;
}

/// Whether no other functions of Lua run than the chunk at `typed` and those written in it: they stand
/// in the line that was just typed, and a list of them would tell nothing.
static bool is_shallow(lua_State *L, int typed) {
  lua_Debug record;
  struct code whole = {NULL, 0, 0};
  bool is_inside = true;
  for (int level = 1; is_inside && lua_getstack(L, level, &record); level++) {
    if (!lua_getinfo(L, "Sf", &record)) return false;
    if (*record.what == 'C' || lua_rawequal(L, -1, typed)) {
      lua_pop(L, 1);
      continue;
    }
    struct code part = code_of(L, record.source);
    if (whole.bytes == NULL) {
      lua_pushvalue(L, typed);
      whole = code_of(L, record.source);
    }
    is_inside = part.count > 0 && whole.count > 0
      && memmem(whole.bytes, whole.count, part.bytes, part.count) != NULL;
    free(part.bytes);
  }
  free(whole.bytes);
  return is_inside;
}

int clua_with_traceback_of_calls(lua_State *L) {
  // A number is made a string in its place.
  if (lua_tostring(L, 1) != NULL && is_shallow(L, lua_upvalueindex(1))) return 1;
  return clua_with_traceback(L);
}
