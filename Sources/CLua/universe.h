// What belongs to one Lua universe (a main state and its coroutines), and the few internals the C
// files share. Every state reaches its universe through Lua's extra space, which new coroutines
// inherit; nothing is per process, so that states may run on several threads.
#ifndef CLUA_UNIVERSE_H
#define CLUA_UNIVERSE_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include <lua5.4/lauxlib.h>
#include <lua5.4/lua.h>
#include <lua5.4/lualib.h>

#include "CLua.h"

struct clua_universe {
  lua_State *main;     // NULL once closed
  lua_State *running;  // the coroutine that runs now
  atomic_int users;    // the state itself and the references Swift holds
  bool memory_failed;  // a push did not fit; the bound function that runs raises it
  bool is_collecting;  // an object is released while Lua frees its memory
  bool is_closing;
  bool in_swift;  // an error of Lua would pass over Swift frames now

  int64_t unchecked;  // bytes Lua's allocator gave since they were last held against the limit

  // References released on other threads or by the collector, to be freed by the next call on this one.
  pthread_mutex_t lock;
  atomic_bool has_released;
  struct clua_reference *released;

  // The collector's account of bytes outside Lua.
  int64_t since_step;
  int64_t since_full;
  int64_t room_made;  // how often memory for a large tensor was taken
  int64_t threshold;

  volatile sig_atomic_t interrupt_pending;
  volatile sig_atomic_t interrupt_sticky;
};

// A Lua value that Swift keeps: in the registry, or, where userdata hold it for their objects, only
// known by a weak table, so that Lua's collector sees a cycle through it.
struct clua_reference {
  struct clua_universe *universe;
  int slot;  // in the registry; LUA_NOREF where userdata hold the value
  int holders;
  bool is_released;  // Swift uses it no more
  struct clua_reference *next;
};

/// The universe whose code runs on this thread.
extern _Thread_local struct clua_universe *clua_current;
extern clua_dispatch clua_swift_dispatch;
extern clua_release_object clua_swift_release;
extern clua_describe_class clua_swift_describe;

static inline struct clua_universe *universe_of(lua_State *L) {
  return *(struct clua_universe **)lua_getextraspace(L);
}

/// Lua's allocator: gives up the object of a box whose memory is freed.
void *clua_allocate(void *universe, void *block, size_t old_size, size_t new_size);

/// Runs a bound function on the arguments on the stack; raises what it reports. Called from C
/// functions only, as their last act.
int clua_invoke(lua_State *L, void *function);

/// Marks L as running for the time of a call from Lua.
struct clua_scope {
  struct clua_universe *previous;
  lua_State *previous_running;
  bool was_in_swift;
};
struct clua_scope clua_enter(lua_State *L);
void clua_leave(lua_State *L, struct clua_scope scope);

void clua_free_released(struct clua_universe *u, lua_State *L);
/// Pushes the value of a reference that userdata hold; nil where it is gone.
void clua_push_held(lua_State *L, struct clua_reference *reference);
/// Takes a reference that is given up out of Lua's tables.
void clua_forget(lua_State *L, struct clua_reference *reference);
void clua_forget_held(lua_State *L, struct clua_reference *reference);
/// The finalizer of objects that hold references.
int clua_finalize_holder(lua_State *L);
/// An object in a userdata.
void clua_push_box(lua_State *L, void *object, const void *class_key, int user_values);
/// Takes the object out of a box of ours; NULL where there is none. Raises where it is no box.
void *clua_take_object(lua_State *L);
void clua_leave_universe(struct clua_universe *u);
/// Tells the collector of an object just made and the bytes allocated since the last one.
void clua_charge(struct clua_universe *u, lua_State *L);
/// Message handlers: the message with the functions that ran; the same, but not for an error in the
/// chunk that is the handler's upvalue itself.
int clua_with_traceback(lua_State *L);
int clua_with_traceback_of_calls(lua_State *L);
/// Puts the coroutine functions that keep `running` in place of Lua's.
void clua_open_coroutines(lua_State *L);
/// Puts a `print` that parts objects of several lines in place of Lua's.
void clua_open_print(lua_State *L);
/// Arms or drops the hook of L as an interrupt is pending or not.
void clua_sync_hook(struct clua_universe *u, lua_State *L);
void clua_clear_interrupt(struct clua_universe *u, lua_State *L);
void clua_forget_interrupts(struct clua_universe *u);

#endif
