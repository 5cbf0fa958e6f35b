// Calls both ways. From Lua: a C function runs the Swift one and raises what that reports, when no
// Swift frame is left. To Lua: everything that may raise goes through a protected call.
#include "universe.h"

#include <CSupport.h>
#include <string.h>

struct clua_scope clua_enter(lua_State *L) {
  struct clua_universe *u = universe_of(L);
  struct clua_scope scope = {clua_current, u->running, u->in_swift};
  clua_current = u;
  u->running = L;
  return scope;
}

void clua_leave(lua_State *L, struct clua_scope scope) {
  struct clua_universe *u = universe_of(L);
  u->running = scope.previous_running;
  u->in_swift = scope.was_in_swift;
  if (atomic_load_explicit(&u->has_released, memory_order_relaxed)) clua_free_released(u, L);
  clua_current = scope.previous;
}

static int raise_reported(lua_State *L, struct clua_universe *u, int outcome) {
  if (u->memory_failed) {
    u->memory_failed = false;
    lua_settop(L, 0);
    lua_pushliteral(L, "not enough memory");
    return lua_error(L);
  }
  if (outcome == CLUA_RAISE_INTERRUPT) clua_clear_interrupt(u, L);
  if (outcome != CLUA_RAISE_AS_IS) {
    luaL_where(L, 1);
    lua_insert(L, -2);
    lua_concat(L, 2);
  }
  return lua_error(L);
}

// A call leaves its arguments and a copy of its results in registers that its caller uses no more, but
// that the collector marks until something else is written there: the tensors inside
// `(x * 2):exp() + 1` would outlive the expression. So both are taken out of the way.

/// Empties the slots of objects among the arguments.
static void forget_arguments(lua_State *L, int arguments, int results) {
  if (arguments > lua_gettop(L) - results) arguments = lua_gettop(L) - results;
  for (int i = 1; i <= arguments; i++) {
    if (lua_type(L, i) != LUA_TUSERDATA || !lua_checkstack(L, 1)) continue;
    lua_pushnil(L);
    lua_replace(L, i);
  }
}

/// Moves the results beyond the registers of any caller (at most 255), where the next collection clears
/// the copy that stays behind.
static void lift_results(lua_State *L, int results) {
  const int most_registers = 255;
  int first = lua_gettop(L) - results + 1;
  if (!lua_checkstack(L, most_registers + results)) return;
  lua_settop(L, lua_gettop(L) + most_registers);
  for (int i = 0; i < results; i++) {
    lua_pushvalue(L, first + i);
    lua_pushnil(L);
    lua_replace(L, first + i);
  }
}

int clua_invoke(lua_State *L, void *function) {
  // Only `debug.setupvalue` can take it away.
  if (function == NULL) return luaL_error(L, "the function has lost what it runs");
  struct clua_universe *u = universe_of(L);
  int arguments = lua_gettop(L);
  int64_t room = u->room_made;
  struct clua_scope scope = {clua_current, u->running, u->in_swift};
  clua_current = u;
  u->running = L;
  u->in_swift = true;
  int results = clua_swift_dispatch(L, function);
  clua_leave(L, scope);
  if (results >= 0 && u->interrupt_pending && csupport_cancel_requested()) {
    // What it returns may have been cut short.
    lua_settop(L, 0);
    lua_pushliteral(L, "interrupted!");
    results = CLUA_RAISE_INTERRUPT;
  }
  if (results >= 0 && !u->memory_failed) {
    forget_arguments(L, arguments, results);
    if (u->room_made != room) lift_results(L, results);
    return results;
  }
  return raise_reported(L, u, results);
}

static int bound(lua_State *L) {
  return clua_invoke(L, lua_touserdata(L, lua_upvalueindex(1)));
}

void clua_push_function(lua_State *L, void *function) {
  lua_pushlightuserdata(L, function);
  lua_pushcclosure(L, bound, 1);
}

static int bound_module_call(lua_State *L) {
  lua_remove(L, 1);
  return clua_invoke(L, lua_touserdata(L, lua_upvalueindex(1)));
}

void clua_push_module_call(lua_State *L, void *function) {
  lua_pushlightuserdata(L, function);
  lua_pushcclosure(L, bound_module_call, 1);
}

static int bound_module_index(lua_State *L) {
  if (lua_type(L, 2) != LUA_TSTRING) return 0;
  return clua_invoke(L, lua_touserdata(L, lua_upvalueindex(1)));
}

void clua_push_module_index(lua_State *L, void *function) {
  lua_pushlightuserdata(L, function);
  lua_pushcclosure(L, bound_module_index, 1);
}

void *clua_bound_function(lua_State *L, int index) {
  if (lua_tocfunction(L, index) != bound || !lua_getupvalue(L, index, 1)) return NULL;
  void *function = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return function;
}

bool clua_is_dot_call(lua_State *L) {
  lua_Debug record;
  if (!lua_getstack(L, 0, &record) || !lua_getinfo(L, "n", &record)) return false;
  return strcmp(record.namewhat, "field") == 0;
}

// --- Protected calls ------------------------------------------------------------------------------

int clua_call(lua_State *L, int arguments, int results) {
  struct clua_scope scope = clua_enter(L);
  universe_of(L)->in_swift = false;
  int status = lua_pcall(L, arguments, results, 0);
  clua_leave(L, scope);
  return status;
}

static int call_handled(lua_State *L, int arguments, int results, lua_CFunction on_error) {
  int handler = lua_gettop(L) - arguments;
  lua_pushvalue(L, handler);
  lua_pushcclosure(L, on_error, 1);
  lua_insert(L, handler);
  struct clua_scope scope = clua_enter(L);
  universe_of(L)->in_swift = false;
  int status = lua_pcall(L, arguments, results, handler);
  clua_leave(L, scope);
  lua_remove(L, handler);
  return status;
}

int clua_call_traced(lua_State *L, int arguments, int results) {
  return call_handled(L, arguments, results, clua_with_traceback);
}

int clua_call_typed(lua_State *L, int arguments, int results) {
  return call_handled(L, arguments, results, clua_with_traceback_of_calls);
}

int clua_load_file(lua_State *L, const char *path) { return luaL_loadfile(L, path); }

int clua_load(lua_State *L, const char *code, ptrdiff_t length, const char *name) {
  return luaL_loadbuffer(L, code, (size_t)length, name);
}

static int to_string(lua_State *L) {
  luaL_tolstring(L, 1, NULL);
  return 1;
}

int clua_to_string(lua_State *L, int index) {
  index = lua_absindex(L, index);
  lua_pushcfunction(L, to_string);
  lua_pushvalue(L, index);
  return clua_call(L, 1, 1);
}

static int get_global(lua_State *L) {
  lua_getglobal(L, lua_tostring(L, 1));
  return 1;
}

int clua_get_global(lua_State *L, const char *name) {
  lua_pushcfunction(L, get_global);
  lua_pushstring(L, name);
  return clua_call(L, 1, 1);
}

static int set_global(lua_State *L) {
  lua_pushvalue(L, 1);
  lua_setglobal(L, lua_tostring(L, 2));
  return 0;
}

int clua_set_global(lua_State *L, const char *name) {
  lua_pushcfunction(L, set_global);
  lua_insert(L, -2);
  lua_pushstring(L, name);
  return clua_call(L, 2, 0);
}

struct body {
  void (*run)(lua_State *L, void *context);
  void *context;
};

static int run_body(lua_State *L) {
  const struct body *body = lua_touserdata(L, 1);
  lua_settop(L, 0);
  universe_of(L)->in_swift = true;
  body->run(L, body->context);
  return 0;
}

int clua_run(lua_State *L, void (*run)(lua_State *L, void *context), void *context) {
  struct body body = {run, context};
  lua_pushcfunction(L, run_body);
  lua_pushlightuserdata(L, &body);
  return clua_call(L, 1, 0);
}
