// Ctrl-C. Hooks belong to a coroutine, so the functions that start one (coroutines.c) keep the
// universe's `running` state; the signal handler arms the hook there and sets the flag that Swift
// loops poll. Whoever meets the interrupt first takes it; a hook left behind elsewhere is dropped
// when it fires.
#include "universe.h"

#include <CSupport.h>

static struct clua_universe *volatile interrupted_universe;
static volatile sig_atomic_t interrupts;
static struct sigaction previous_action;

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
  if (u->interrupt_pending || interrupts > 1) u->interrupt_sticky = 1;
  u->interrupt_pending = 1;
  csupport_request_cancel();
  arm(u->running);
}

static void on_signal(int number) {
  struct clua_universe *u = interrupted_universe;
  interrupts = interrupts + 1;
  if (interrupts > 1) signal(number, SIG_DFL);  // the next one ends the process
  if (u != NULL && u->main != NULL) clua_interrupt(u->main);
}

void clua_begin_interruptible(lua_State *L) {
  struct sigaction action = {0};
  action.sa_handler = on_signal;  // no SA_RESTART: a blocked read returns
  interrupts = 0;
  interrupted_universe = universe_of(L);
  sigaction(SIGINT, &action, &previous_action);
}

void clua_end_interruptible(lua_State *L) {
  struct clua_universe *u = universe_of(L);
  sigaction(SIGINT, &previous_action, NULL);
  clua_forget_interrupts(u);
  u->interrupt_pending = u->interrupt_sticky = 0;
  csupport_clear_cancel();
  clua_sync_hook(u, L);
}

void clua_forget_interrupts(struct clua_universe *u) {
  if (interrupted_universe == u) interrupted_universe = NULL;
}
