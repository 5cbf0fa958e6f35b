// Reading and pushing values: thin names for Lua calls that never raise, or only without memory.
#include "universe.h"

int clua_type(lua_State *L, int index) { return lua_type(L, index); }

double clua_number(lua_State *L, int index) { return lua_tonumberx(L, index, NULL); }

int64_t clua_integer(lua_State *L, int index, int *is_integer) {
  if (lua_type(L, index) != LUA_TNUMBER) {
    *is_integer = 0;
    return 0;
  }
  return lua_tointegerx(L, index, is_integer);
}

int clua_is_integer(lua_State *L, int index) { return lua_isinteger(L, index); }
int clua_boolean(lua_State *L, int index) { return lua_toboolean(L, index); }

const char *clua_string(lua_State *L, int index, ptrdiff_t *length) {
  if (lua_type(L, index) != LUA_TSTRING) return NULL;
  size_t count = 0;
  const char *bytes = lua_tolstring(L, index, &count);
  *length = (ptrdiff_t)count;
  return bytes;
}

const void *clua_pointer(lua_State *L, int index) { return lua_topointer(L, index); }
bool clua_is_c_function(lua_State *L, int index) { return lua_iscfunction(L, index); }

void clua_push_function_place(lua_State *L, int index) {
  lua_Debug record;
  lua_pushvalue(L, index);
  lua_getinfo(L, ">S", &record);
  lua_pushfstring(L, "%s:%d", record.short_src, record.linedefined);
}

void clua_push_function_source(lua_State *L, int index) {
  lua_Debug record;
  lua_pushvalue(L, index);
  lua_getinfo(L, ">S", &record);
  lua_pushstring(L, record.source);
}

const char *clua_type_name(lua_State *L, int index) {
  const char *name = NULL;
  if (lua_getmetatable(L, index)) {
    lua_pushliteral(L, "__name");
    if (lua_rawget(L, -2) == LUA_TSTRING) name = lua_tostring(L, -1);
    lua_pop(L, 2);
  }
  return name != NULL ? name : luaL_typename(L, index);
}

int clua_top(lua_State *L) { return lua_gettop(L); }
void clua_set_top(lua_State *L, int index) { lua_settop(L, index); }
int clua_absolute_index(lua_State *L, int index) { return lua_absindex(L, index); }
void clua_push_copy(lua_State *L, int index) { lua_pushvalue(L, index); }
int clua_reserve(lua_State *L, int slots) { return lua_checkstack(L, slots); }
void clua_insert(lua_State *L, int index) { lua_insert(L, index); }
void clua_remove(lua_State *L, int index) { lua_remove(L, index); }

ptrdiff_t clua_length(lua_State *L, int index) { return (ptrdiff_t)lua_rawlen(L, index); }

int clua_get_index(lua_State *L, int table, ptrdiff_t position) {
  return lua_rawgeti(L, table, position);
}

int clua_get_field(lua_State *L, int table, const char *name) {
  table = lua_absindex(L, table);
  lua_pushstring(L, name);
  return lua_rawget(L, table);
}

int clua_raw_get(lua_State *L, int table) { return lua_rawget(L, table); }
int clua_next(lua_State *L, int table) { return lua_next(L, table); }

void clua_set_index(lua_State *L, int table, ptrdiff_t position) {
  lua_rawseti(L, table, position);
}

void clua_set_field(lua_State *L, int table, const char *name, ptrdiff_t length) {
  table = lua_absindex(L, table);
  lua_pushlstring(L, name, (size_t)length);
  lua_insert(L, -2);
  lua_rawset(L, table);
}

bool clua_get_metatable(lua_State *L, int index) { return lua_getmetatable(L, index); }
void clua_set_metatable(lua_State *L, int index) { lua_setmetatable(L, index); }
void clua_push_globals(lua_State *L) { lua_pushglobaltable(L); }

void clua_push_loaded(lua_State *L) {
  if (clua_get_field(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE) == LUA_TTABLE) return;
  lua_pop(L, 1);
  lua_newtable(L);
}

void clua_push_nil(lua_State *L) { lua_pushnil(L); }
void clua_push_number(lua_State *L, double value) { lua_pushnumber(L, value); }
void clua_push_integer(lua_State *L, int64_t value) { lua_pushinteger(L, value); }
void clua_push_boolean(lua_State *L, int value) { lua_pushboolean(L, value); }

void clua_fail_memory(lua_State *L) {
  lua_pushnil(L);
  universe_of(L)->memory_failed = true;
}

// A string or table long enough to run out of memory is made in a protected call.
enum { LONG_STRING = 1 << 20, LONG_TABLE = 1 << 16 };

static int create_table(lua_State *L) {
  lua_createtable(L, (int)lua_tointeger(L, 1), (int)lua_tointeger(L, 2));
  return 1;
}

int clua_push_table(lua_State *L, int list, int named) {
  if (list < LONG_TABLE && named < LONG_TABLE) {
    lua_createtable(L, list, named);
    return 1;
  }
  lua_pushcfunction(L, create_table);
  lua_pushinteger(L, list);
  lua_pushinteger(L, named);
  struct clua_universe *u = universe_of(L);
  bool was_in_swift = u->in_swift;
  u->in_swift = false;
  int status = lua_pcall(L, 2, 1, 0);
  u->in_swift = was_in_swift;
  if (status != LUA_OK) lua_pop(L, 1);
  return status == LUA_OK;
}

struct text {
  const char *bytes;
  size_t length;
};

static int push_long(lua_State *L) {
  const struct text *text = lua_touserdata(L, 1);
  lua_pushlstring(L, text->bytes, text->length);
  return 1;
}

void clua_push_string(lua_State *L, const char *bytes, ptrdiff_t length) {
  if (bytes == NULL || length < LONG_STRING) {
    lua_pushlstring(L, bytes == NULL ? "" : bytes, bytes == NULL ? 0 : (size_t)length);
    return;
  }
  struct text text = {bytes, (size_t)length};
  lua_pushcfunction(L, push_long);
  lua_pushlightuserdata(L, &text);
  if (lua_pcall(L, 1, 1, 0) != LUA_OK) {
    lua_pop(L, 1);
    lua_pushliteral(L, "");
    universe_of(L)->memory_failed = true;
  }
}
