// Swift objects as userdata. A box owns one retained pointer; collecting, closing or freeing it
// gives the pointer up once, and whatever uses it later finds it empty. A box is known as ours by a
// seal made of its own address, so no foreign userdata passes for one, whatever its metatable.
//
// A box has no finalizer, unless its object holds Lua functions (holders.c): the object goes when Lua
// frees the block of memory that it lies in. A finalizer would cost each tensor a protected call, and
// the block would wait for a second collection.
#include "universe.h"

#include <CSupport.h>
#include <stdlib.h>

struct box {
  uintptr_t seal;
  const void *class_key;
  void *object;
};

static const char seal_key = 0;

static uintptr_t seal_of(const struct box *box) {
  return (uintptr_t)box ^ (uintptr_t)&seal_key ^ (uintptr_t)0x9e3779b97f4a7c15u;
}

static struct box *box_at(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TUSERDATA || lua_rawlen(L, index) != sizeof(struct box)) {
    return NULL;
  }
  struct box *box = lua_touserdata(L, index);
  return box->seal == seal_of(box) ? box : NULL;
}

void *clua_object(lua_State *L, int index) {
  struct box *box = box_at(L, index);
  return box == NULL ? NULL : box->object;
}

const void *clua_object_class(lua_State *L, int index) {
  struct box *box = box_at(L, index);
  return box == NULL ? NULL : box->class_key;
}

void *clua_object_of_class(lua_State *L, int index, const void *class_key) {
  struct box *box = box_at(L, index);
  return box == NULL || box->class_key != class_key ? NULL : box->object;
}

void clua_push_box(lua_State *L, void *object, const void *class_key, int user_values) {
  struct box *box = lua_newuserdatauv(L, sizeof *box, user_values);
  box->seal = seal_of(box);
  box->class_key = class_key;
  box->object = object;
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, class_key) != LUA_TTABLE) {
    lua_pop(L, 1);
    clua_swift_describe(L, object, class_key);
    lua_rawgetp(L, LUA_REGISTRYINDEX, class_key);
  }
  lua_setmetatable(L, -2);
  clua_charge(universe_of(L), L);
}

void clua_push_object(lua_State *L, void *object, const void *class_key) {
  clua_push_box(L, object, class_key, 0);
}

/// The box at the end of a block that Lua frees, which for userdata is where their memory lies.
static struct box *box_in(void *block, size_t size) {
  enum { LARGEST_HEADER = 80 };
  if (size < sizeof(struct box) || size > sizeof(struct box) + LARGEST_HEADER) return NULL;
  if (size % _Alignof(struct box) != 0) return NULL;
  struct box *box = (struct box *)((char *)block + size - sizeof(struct box));
  return box->seal == seal_of(box) ? box : NULL;
}

/// Whether Lua's heap may grow. Where an error would pass over Swift frames it may.
static bool has_room(struct clua_universe *u, int64_t more) {
  enum { UNCHECKED = 1 << 16 };
  if (u->in_swift) return true;
  u->unchecked += more;
  if (u->unchecked < UNCHECKED) return true;
  if (csupport_reserve_was_used() && !csupport_keep_reserve()) return false;
  int64_t limit = csupport_memory_limit();
  int64_t held = clua_lua_bytes(u->running) + csupport_live_bytes() + csupport_array_bytes();
  if (limit != 0 && held + more > limit) return false;
  u->unchecked = 0;
  return true;
}

static void *allocate_within_limits(struct clua_universe *u, void *block, size_t old_size,
                                    size_t new_size) {
  int64_t more = (int64_t)new_size - (block == NULL ? 0 : (int64_t)old_size);
  return more > 0 && !has_room(u, more) ? NULL : realloc(block, new_size);
}

static void give_up_box(struct clua_universe *u, struct box *box) {
  box->seal = 0;
  if (box->object == NULL) return;
  // Lua is in the middle of a collection: what the object gives back to it must wait.
  u->is_collecting = true;
  clua_swift_release(box->object);
  u->is_collecting = false;
}

// Lua's every allocation: what is rare is in functions of its own, so that this one saves no registers.
void *clua_allocate(void *universe, void *block, size_t old_size, size_t new_size) {
  if (new_size != 0) {
    if (__builtin_expect(csupport_memory_is_tight(), 0)) {
      return allocate_within_limits(universe, block, old_size, new_size);
    }
    return realloc(block, new_size);
  }
  struct box *box = block == NULL ? NULL : box_in(block, old_size);
  if (box != NULL) give_up_box(universe, box);
  free(block);
  return NULL;
}

void *clua_take_object(lua_State *L) {
  struct box *box = box_at(L, 1);
  if (box == NULL) luaL_argerror(L, 1, "an object expected");
  void *object = box->object;
  box->object = NULL;
  return object;
}

/// `__close` and the method `free`.
static int give_up(lua_State *L) {
  void *object = clua_take_object(L);
  if (object != NULL) {
    struct clua_scope scope = clua_enter(L);
    clua_swift_release(object);
    clua_leave(L, scope);
  }
  return 0;
}

/// `==`: whether two boxes hold one object, which Lua may have been given twice.
static int is_same(lua_State *L) {
  void *first = clua_object(L, 1);
  lua_pushboolean(L, first != NULL && first == clua_object(L, 2));
  return 1;
}

// The members of a class, as upvalues of its `__index`.
enum { METHODS = 1, PROPERTIES, MISSING, INDEX, INDEX_TAKES_NAMES };

static int index_member(lua_State *L) {
  bool is_name = lua_type(L, 2) == LUA_TSTRING;
  if (is_name) {
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(METHODS)) != LUA_TNIL) return 1;
    lua_pop(L, 1);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(PROPERTIES)) == LUA_TLIGHTUSERDATA) {
      void *getter = lua_touserdata(L, -1);
      lua_settop(L, 1);
      return clua_invoke(L, getter);
    }
    lua_pop(L, 1);
  }
  void *index = lua_touserdata(L, lua_upvalueindex(INDEX));
  if (index != NULL && (!is_name || lua_toboolean(L, lua_upvalueindex(INDEX_TAKES_NAMES)))) {
    return clua_invoke(L, index);
  }
  return clua_invoke(L, lua_touserdata(L, lua_upvalueindex(MISSING)));
}

// Where a class keeps its member tables for completion: in its metatable, under these keys.
static const char methods_key = 0, properties_key = 0;

void clua_declare_class(lua_State *L, const void *class_key, const char *name, void *missing,
                        void *index, bool index_takes_names, void *assign, void *show,
                        bool holds_references) {
  lua_createtable(L, 0, 16);
  int metatable = lua_gettop(L);
  lua_createtable(L, 0, 16);
  lua_createtable(L, 0, 8);
  int methods = metatable + 1, properties = metatable + 2;

  lua_pushvalue(L, methods);
  lua_rawsetp(L, metatable, &methods_key);
  lua_pushvalue(L, properties);
  lua_rawsetp(L, metatable, &properties_key);

  lua_pushvalue(L, methods);
  lua_pushvalue(L, properties);
  lua_pushlightuserdata(L, missing);
  lua_pushlightuserdata(L, index);
  lua_pushboolean(L, index_takes_names);
  lua_pushcclosure(L, index_member, INDEX_TAKES_NAMES);
  clua_set_field(L, metatable, "__index", 7);
  clua_push_function(L, assign);
  clua_set_field(L, metatable, "__newindex", 10);
  clua_push_function(L, show);
  clua_set_field(L, metatable, "__tostring", 10);
  lua_pushcfunction(L, is_same);
  clua_set_field(L, metatable, "__eq", 4);
  lua_CFunction free_object = holds_references ? clua_finalize_holder : give_up;
  lua_pushcfunction(L, free_object);
  clua_set_field(L, metatable, "__close", 7);
  lua_pushcfunction(L, free_object);
  clua_set_field(L, methods, "free", 4);
  if (holds_references) {
    lua_pushcfunction(L, free_object);
    clua_set_field(L, metatable, "__gc", 4);
  }
  lua_pushstring(L, name);
  clua_set_field(L, metatable, "__name", 6);
  lua_pushstring(L, name);
  clua_set_field(L, metatable, "__metatable", 11);

  lua_pushvalue(L, metatable);
  lua_rawsetp(L, LUA_REGISTRYINDEX, class_key);
}

void clua_add_property(lua_State *L, int properties, const char *name, void *getter) {
  properties = lua_absindex(L, properties);
  lua_pushstring(L, name);
  lua_pushlightuserdata(L, getter);
  lua_rawset(L, properties);
}

bool clua_push_members(lua_State *L, const void *class_key, int which) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, class_key) != LUA_TTABLE) {
    lua_pop(L, 1);
    return false;
  }
  lua_rawgetp(L, -1, which == 1 ? &methods_key : &properties_key);
  lua_remove(L, -2);
  return true;
}
