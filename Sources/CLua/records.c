// Tables with fixed fields, as the batch that a loss is given: a name that is none of them is an error.
#include "universe.h"

/// `__index` of such a table; its upvalues are the table's name and its fields in words.
static int missing_field(lua_State *L) {
  if (lua_type(L, 2) != LUA_TSTRING) return 0;
  return luaL_error(L, "%s has no field '%s' (fields: %s)", lua_tostring(L, lua_upvalueindex(1)),
                    lua_tostring(L, 2), lua_tostring(L, lua_upvalueindex(2)));
}

void clua_fix_fields(lua_State *L, const char *name, const char *fields) {
  lua_pushfstring(L, "%s: %s", name, fields);
  lua_pushvalue(L, -1);
  if (lua_rawget(L, LUA_REGISTRYINDEX) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "__index");
    lua_pushstring(L, name);
    lua_pushstring(L, fields);
    lua_pushcclosure(L, missing_field, 2);
    lua_rawset(L, -3);
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    lua_rawset(L, LUA_REGISTRYINDEX);
  }
  lua_setmetatable(L, -3);
  lua_pop(L, 1);
}

const char *clua_record_name(lua_State *L, int index) {
  if (!lua_getmetatable(L, index)) return NULL;
  lua_pushliteral(L, "__index");
  const char *name = NULL;
  if (lua_rawget(L, -2) == LUA_TFUNCTION && lua_tocfunction(L, -1) == missing_field
      && lua_getupvalue(L, -1, 1) != NULL) {
    name = lua_tostring(L, -1);
    lua_pop(L, 1);
  }
  lua_pop(L, 2);
  return name;
}
