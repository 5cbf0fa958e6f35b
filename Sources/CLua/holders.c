// Objects that hold Lua functions: a transform, a compiled function, a model written in Lua. A function
// in the registry is a root, so one that refers to its object (a closure over `self`, say) would keep
// both for good. Here the object's userdata has the functions as its user value, which the collector
// follows, and Swift finds them through a table of weak values.
//
// Swift may go on using a function when the userdata has gone: a fit keeps its model. Such userdata
// therefore have a finalizer. It releases the object and then looks whether the reference of each
// function is still in use; if so, and if no other userdata holds it, it goes back to the registry.
#include "universe.h"

static const char weak_key = 0;

/// Pushes the table of the values that userdata hold, by their references.
static void push_weak_table(lua_State *L) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &weak_key) == LUA_TTABLE) return;
  lua_pop(L, 1);
  lua_newtable(L);
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "v");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &weak_key);
}

void clua_push_held(lua_State *L, struct clua_reference *reference) {
  push_weak_table(L);
  if (lua_rawgetp(L, -1, reference) == LUA_TNIL) {
    // The userdata is found dead and its finalizer waits, which a full collection runs.
    lua_pop(L, 1);
    lua_gc(L, LUA_GCCOLLECT);
    if (reference->slot != LUA_NOREF) {
      lua_rawgeti(L, LUA_REGISTRYINDEX, reference->slot);
    } else {
      lua_rawgetp(L, -1, reference);
    }
  }
  lua_remove(L, -2);
}

void clua_forget_held(lua_State *L, struct clua_reference *reference) {
  push_weak_table(L);
  lua_pushnil(L);
  lua_rawsetp(L, -2, reference);
  lua_pop(L, 1);
}

/// The value on top, held by userdata from now on.
static void hold(lua_State *L, struct clua_reference *reference) {
  reference->holders++;
  if (reference->slot == LUA_NOREF) return;
  push_weak_table(L);
  lua_pushvalue(L, -2);
  lua_rawsetp(L, -2, reference);
  lua_pop(L, 1);
  luaL_unref(L, LUA_REGISTRYINDEX, reference->slot);
  reference->slot = LUA_NOREF;
}

// The user values of a holder: a value and its reference, or a list of values and references in turn.
enum { VALUE = 1, REFERENCE = 2 };

void clua_push_holder(lua_State *L, void *object, const void *class_key, void *const *references,
                      int count) {
  clua_push_box(L, object, class_key, 2);
  if (count > 1) lua_createtable(L, 2 * count, 0);
  for (int place = 0; place < count; place++) {
    struct clua_reference *reference = references[place];
    clua_push_kept(L, reference);
    if (reference == NULL || reference->universe != universe_of(L)) {
      lua_pop(L, 1);
      lua_pushboolean(L, 0);
      reference = NULL;
    } else {
      hold(L, reference);
    }
    lua_pushlightuserdata(L, reference);
    if (count > 1) {
      lua_rawseti(L, -3, 2 * place + REFERENCE);
      lua_rawseti(L, -2, 2 * place + VALUE);
    }
  }
  if (count == 1) lua_setiuservalue(L, -3, REFERENCE);
  lua_setiuservalue(L, -2, VALUE);
}

/// The value on top loses one of the userdata that hold it. Where it was the last one and Swift goes on
/// using the reference, the value goes to the registry.
static void lose_holder(lua_State *L, struct clua_reference *reference) {
  if (reference == NULL || --reference->holders > 0) return;
  if (reference->is_released) {
    clua_forget(L, reference);
  } else if (!universe_of(L)->is_closing) {
    lua_pushvalue(L, -1);
    reference->slot = luaL_ref(L, LUA_REGISTRYINDEX);
  }
}

int clua_finalize_holder(lua_State *L) {
  void *object = clua_take_object(L);
  if (object == NULL) return 0;
  lua_settop(L, 1);
  struct clua_scope scope = clua_enter(L);
  universe_of(L)->in_swift = true;
  clua_swift_release(object);
  lua_getiuservalue(L, 1, REFERENCE);
  lua_getiuservalue(L, 1, VALUE);
  if (lua_type(L, 2) == LUA_TLIGHTUSERDATA) {
    lose_holder(L, lua_touserdata(L, 2));
  } else if (lua_type(L, 3) == LUA_TTABLE) {
    for (int place = 0; lua_rawgeti(L, 3, place + REFERENCE) == LUA_TLIGHTUSERDATA; place += 2) {
      lua_rawgeti(L, 3, place + VALUE);
      lose_holder(L, lua_touserdata(L, -2));
      lua_settop(L, 3);
    }
  }
  clua_leave(L, scope);
  for (int place = VALUE; place <= REFERENCE; place++) {
    lua_pushnil(L);
    lua_setiuservalue(L, 1, place);
  }
  return 0;
}
