// What a press of Ctrl-C does to Lua. Hooks belong to a coroutine, so the functions that start one
// (coroutines.c) keep the universe's `running` state; the handler arms the hook there and makes the
// request that Swift loops poll. Whoever meets the interrupt first takes it; a hook left behind elsewhere
// is dropped when it fires.
#include "universe.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include <CSupport.h>

_Thread_local const char *clua_running_function;

static struct clua_universe *volatile interrupted_universe;
// Of the run that can be interrupted now: how often Ctrl-C was pressed, when last, and when it was said
// that one more press ends the process. Seconds of a clock that only goes forward; 0 for never.
static volatile sig_atomic_t presses;
static volatile double last_press, warned_at;

static void stop(lua_State *L, lua_Debug *record) {
  (void)record;
  struct clua_universe *u = universe_of(L);
  if (!u->interrupt_pending && !u->interrupt_sticky) {
    lua_sethook(L, NULL, 0, 0);
    return;
  }
  clua_clear_interrupt(u, L);
  luaL_where(L, 0);  // a hook has no level of its own: 0 is the function it stopped
  lua_pushliteral(L, "interrupted!");
  lua_concat(L, 2);
  lua_error(L);
}

static void arm(lua_State *L) {
  lua_sethook(L, stop, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

void clua_clear_interrupt(struct clua_universe *u, lua_State *L) {
  u->interrupt_pending = 0;
  csupport_clear_cancel();
  if (u->interrupt_sticky) {
    arm(L);
  } else if (lua_gethook(L) == stop) {
    lua_sethook(L, NULL, 0, 0);
  }
}

void clua_sync_hook(struct clua_universe *u, lua_State *L) {
  if (u->interrupt_pending || u->interrupt_sticky) {
    arm(L);
  } else if (lua_gethook(L) == stop) {
    lua_sethook(L, NULL, 0, 0);
  }
}

void clua_interrupt(lua_State *L) {
  struct clua_universe *u = universe_of(L);
  if (u->interrupt_pending) u->interrupt_sticky = 1;
  u->interrupt_pending = 1;
  csupport_request_cancel();
  arm(u->running);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void say(const char *text) {
  size_t left = strlen(text);
  while (left > 0) {
    ssize_t written = write(STDERR_FILENO, text, left);
    if (written <= 0) return;
    text += written;
    left -= (size_t)written;
  }
}

/// The first press may meet a call that cannot stop. Then the next one says so, and the one after it,
/// within two seconds, ends the process. A press within a tenth of a second of the one before is that of a
/// key held down, or of somebody who cannot have read anything, and only counts as a press.
static void insist(void) {
  const double repeat = 0.1, patience = 2;
  double time = now();
  double since = time - last_press;
  last_press = time;
  if (since < repeat) return;
  if (warned_at != 0 && time - warned_at <= patience) {
    say("\nended by Ctrl-C\n");
    csupport_end_by_interrupt();
  }
  const char *name = clua_running_function;
  say("\nstill in ");
  say(name != NULL ? name : "a call that cannot stop");
  say("; press again within 2 s to end Moondrift and lose its state\n");
  warned_at = now();
}

static void on_press(void) {
  struct clua_universe *u = interrupted_universe;
  if (u == NULL || u->main == NULL) return;
  if (u->interrupt_pending) {
    insist();
  } else {
    last_press = now();
    warned_at = 0;
  }
  presses = presses + 1;
  if (presses > 1) u->interrupt_sticky = 1;
  clua_interrupt(u->main);
}

void clua_keep_session(bool keeps) {
  if (keeps) csupport_catch_interrupts();
  csupport_keep_session(keeps);
}

bool clua_is_interrupted(void) { return csupport_cancel_requested(); }

void clua_forget_press(void) { csupport_take_press(); }

void clua_begin_interruptible(lua_State *L) {
  presses = 0;
  warned_at = last_press = 0;
  interrupted_universe = universe_of(L);
  csupport_set_interrupt_action(on_press);
  csupport_catch_interrupts();
  if (csupport_take_press()) on_press();  // it came before the run began
}

void clua_end_interruptible(lua_State *L) {
  struct clua_universe *u = universe_of(L);
  csupport_set_interrupt_action(NULL);
  clua_forget_interrupts(u);
  u->interrupt_pending = u->interrupt_sticky = 0;
  csupport_clear_cancel();
  clua_sync_hook(u, L);
}

void clua_forget_interrupts(struct clua_universe *u) {
  if (interrupted_universe == u) interrupted_universe = NULL;
}
