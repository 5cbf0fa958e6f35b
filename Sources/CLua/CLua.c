// The lifetime of a Lua universe and the references Swift holds into it.
#include "universe.h"

#include <stdlib.h>

_Thread_local struct clua_universe *clua_current;
clua_dispatch clua_swift_dispatch;
clua_release_object clua_swift_release;
clua_describe_class clua_swift_describe;

void clua_set_callbacks(clua_dispatch dispatch, clua_release_object release,
                        clua_describe_class describe) {
  clua_swift_dispatch = dispatch;
  clua_swift_release = release;
  clua_swift_describe = describe;
}

lua_State *clua_new(void) {
  struct clua_universe *u = calloc(1, sizeof *u);
  lua_State *L = u == NULL ? NULL : luaL_newstate();
  if (L == NULL) {
    free(u);
    return NULL;
  }
  *(struct clua_universe **)lua_getextraspace(L) = u;
  u->main = u->running = L;
  lua_setallocf(L, clua_allocate, u);
  u->in_swift = true;
  atomic_init(&u->users, 1);
  pthread_mutex_init(&u->lock, NULL);
  lua_gc(L, LUA_GCGEN, 0, 0);
  return L;
}

void clua_close(lua_State *L) {
  struct clua_universe *u = universe_of(L);
  struct clua_universe *previous = clua_current;
  clua_forget_interrupts(u);
  clua_current = u;
  u->running = u->main;
  u->is_closing = true;
  lua_close(u->main);
  clua_current = previous == u ? NULL : previous;
  u->main = u->running = NULL;
  clua_leave_universe(u);
}

void clua_leave_universe(struct clua_universe *u) {
  if (atomic_fetch_sub(&u->users, 1) != 1) return;
  while (u->released != NULL) {
    struct clua_reference *next = u->released->next;
    free(u->released);
    u->released = next;
  }
  pthread_mutex_destroy(&u->lock);
  free(u);
}

static int open_libraries(lua_State *L) {
  if (lua_toboolean(L, 1)) {
    lua_pushboolean(L, 1);
    lua_setfield(L, LUA_REGISTRYINDEX, "LUA_NOENV");
  }
  luaL_openlibs(L);
  clua_open_coroutines(L);
  clua_open_print(L);
  return 0;
}

int clua_open_libraries(lua_State *L, bool ignore_environment) {
  lua_pushcfunction(L, open_libraries);
  lua_pushboolean(L, ignore_environment);
  return lua_pcall(L, 1, 0, 0);
}

const char *clua_release_text(void) { return LUA_RELEASE; }
const char *clua_copyright_text(void) { return LUA_COPYRIGHT; }

// --- References -----------------------------------------------------------------------------------

void *clua_keep(lua_State *L, int index) {
  struct clua_reference *reference = malloc(sizeof *reference);
  if (reference == NULL) return NULL;
  struct clua_universe *u = universe_of(L);
  lua_pushvalue(L, index);
  reference->universe = u;
  reference->slot = luaL_ref(L, LUA_REGISTRYINDEX);
  reference->holders = 0;
  reference->is_released = false;
  reference->next = NULL;
  atomic_fetch_add(&u->users, 1);
  return reference;
}

void clua_push_kept(lua_State *L, void *pointer) {
  struct clua_reference *reference = pointer;
  if (reference == NULL || reference->universe != universe_of(L)) {
    lua_pushnil(L);
    return;
  }
  if (reference->slot != LUA_NOREF) {
    lua_rawgeti(L, LUA_REGISTRYINDEX, reference->slot);
  } else {
    clua_push_held(L, reference);
  }
}

void clua_forget(lua_State *L, struct clua_reference *reference) {
  if (reference->holders > 0) {
    reference->is_released = true;
    return;
  }
  if (reference->slot != LUA_NOREF) {
    luaL_unref(L, LUA_REGISTRYINDEX, reference->slot);
  } else {
    clua_forget_held(L, reference);
  }
  free(reference);
}

void clua_release(void *pointer) {
  struct clua_reference *reference = pointer;
  if (reference == NULL) return;
  struct clua_universe *u = reference->universe;
  if (clua_current == u && u->main != NULL && !u->is_collecting) {
    clua_forget(u->running, reference);
  } else {
    // Not inside this universe: whoever runs it next frees the slot.
    pthread_mutex_lock(&u->lock);
    reference->next = u->released;
    u->released = reference;
    atomic_store(&u->has_released, true);
    pthread_mutex_unlock(&u->lock);
  }
  clua_leave_universe(u);
}

void clua_free_released(struct clua_universe *u, lua_State *L) {
  pthread_mutex_lock(&u->lock);
  struct clua_reference *list = u->released;
  u->released = NULL;
  atomic_store(&u->has_released, false);
  pthread_mutex_unlock(&u->lock);
  while (list != NULL) {
    struct clua_reference *next = list->next;
    clua_forget(L, list);
    list = next;
  }
}

lua_State *clua_state_of(void *pointer) {
  struct clua_reference *reference = pointer;
  if (reference == NULL || clua_current != reference->universe) return NULL;
  return reference->universe->running;
}

lua_State *clua_running(lua_State *L) { return universe_of(L)->running; }

void *clua_universe_here(void) { return clua_current; }

void clua_go_on_here(void *universe) { clua_current = universe; }
