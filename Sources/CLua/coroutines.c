// `coroutine.resume`, `wrap` and `close` that note which coroutine runs, so that an interrupt reaches
// it and Swift calls back on it. Otherwise they do what Lua's manual says of them.
#include "universe.h"

static lua_State *coroutine_argument(lua_State *L) {
  lua_State *coroutine = lua_tothread(L, 1);
  luaL_argexpected(L, coroutine != NULL, 1, "coroutine");
  return coroutine;
}

/// Runs a coroutine on the top `arguments` values of L. Returns the number of results moved to L, or
/// -1 with the error value there.
static int resume(lua_State *L, lua_State *coroutine, int arguments) {
  if (!lua_checkstack(coroutine, arguments)) {
    lua_pushliteral(L, "too many arguments to resume");
    return -1;
  }
  struct clua_universe *u = universe_of(L);
  lua_xmove(L, coroutine, arguments);
  int results = 0;
  u->running = coroutine;
  clua_sync_hook(u, coroutine);
  int status = lua_resume(coroutine, L, arguments, &results);
  u->running = L;
  clua_sync_hook(u, L);
  if (status != LUA_OK && status != LUA_YIELD) {
    lua_xmove(coroutine, L, 1);
    return -1;
  }
  if (!lua_checkstack(L, results + 1)) {
    lua_pop(coroutine, results);
    lua_pushliteral(L, "too many results to resume");
    return -1;
  }
  lua_xmove(coroutine, L, results);
  return results;
}

static int coroutine_resume(lua_State *L) {
  lua_State *coroutine = coroutine_argument(L);
  int results = resume(L, coroutine, lua_gettop(L) - 1);
  lua_pushboolean(L, results >= 0);
  if (results < 0) results = 1;
  lua_insert(L, -(results + 1));
  return results + 1;
}

/// Closes a coroutine's pending variables, which may run Lua code in it.
static int reset(lua_State *L, lua_State *coroutine) {
  struct clua_universe *u = universe_of(L);
  u->running = coroutine;
  clua_sync_hook(u, coroutine);
  int status = lua_resetthread(coroutine);
  u->running = L;
  clua_sync_hook(u, L);
  return status;
}

static int wrapped(lua_State *L) {
  lua_State *coroutine = lua_tothread(L, lua_upvalueindex(1));
  int results = resume(L, coroutine, lua_gettop(L));
  if (results >= 0) return results;
  int status = lua_status(coroutine);
  if (status != LUA_OK && status != LUA_YIELD) {
    status = reset(L, coroutine);
    lua_xmove(coroutine, L, 1);
  }
  if (status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) {
    luaL_where(L, 1);
    lua_insert(L, -2);
    lua_concat(L, 2);
  }
  return lua_error(L);
}

static int coroutine_wrap(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_State *coroutine = lua_newthread(L);
  lua_pushvalue(L, 1);
  lua_xmove(L, coroutine, 1);
  lua_pushcclosure(L, wrapped, 1);
  return 1;
}

static int coroutine_close(lua_State *L) {
  lua_State *coroutine = coroutine_argument(L);
  lua_Debug record;
  if (coroutine == L) return luaL_error(L, "cannot close a running coroutine");
  if (lua_status(coroutine) == LUA_OK && lua_getstack(coroutine, 0, &record)) {
    return luaL_error(L, "cannot close a normal coroutine");
  }
  if (reset(L, coroutine) == LUA_OK) {
    lua_pushboolean(L, 1);
    return 1;
  }
  lua_pushboolean(L, 0);
  lua_xmove(coroutine, L, 1);
  return 2;
}

void clua_open_coroutines(lua_State *L) {
  static const luaL_Reg functions[] = {{"resume", coroutine_resume},
                                       {"wrap", coroutine_wrap},
                                       {"close", coroutine_close},
                                       {NULL, NULL}};
  lua_getglobal(L, LUA_COLIBNAME);
  luaL_setfuncs(L, functions, 0);
  lua_pop(L, 1);
}
