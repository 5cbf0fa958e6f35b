// Lua's collector sees a few bytes where a tensor holds megabytes. Four measures together keep the
// memory near what is alive (any two of them fail in some pattern of use):
//   generational mode, for the many short-lived objects of a loop;
//   a step of the collector for the bytes allocated since the last one;
//   a full collection when the bytes alive have grown by 192 MB or by half, since a young
//   collection never sees objects that lived long and then died;
//   a full collection before memory for large tensors is taken, where that costs little beside filling
//   it: Lua marks and sweeps its own memory at about a fifth of the speed at which a tensor of the same
//   size is filled, so ROOM_PER_BYTE = 32 keeps the collector below a tenth of the time.
// collectgarbage("stop") is respected.
#include "universe.h"

#include <CSupport.h>

enum {
  BYTES_PER_OBJECT = 128, STEP = 1 << 20, GROWTH = 192 << 20, ROOM = 16 << 20, ROOM_PER_BYTE = 32
};

static int64_t next_threshold(void) {
  int64_t live = csupport_live_bytes();
  return live + (live / 2 > GROWTH ? live / 2 : GROWTH);
}

void clua_charge(struct clua_universe *u, lua_State *L) {
  u->since_step += csupport_take_allocated_bytes() + BYTES_PER_OBJECT;
  if (u->since_step < STEP) return;
  if (!lua_gc(L, LUA_GCISRUNNING)) return;
  int64_t kilobytes = u->since_step >> 10;
  u->since_step = 0;
  if (u->threshold == 0) u->threshold = next_threshold();
  if (csupport_live_bytes() > u->threshold) {
    lua_gc(L, LUA_GCCOLLECT);
    u->threshold = next_threshold();
    u->since_full = 0;
    return;
  }
  lua_gc(L, LUA_GCSTEP, kilobytes > (1 << 20) ? 1 << 20 : (int)kilobytes);
}

void clua_make_room(int64_t bytes) {
  struct clua_universe *u = clua_current;
  if (u == NULL || u->running == NULL) return;
  u->since_full += bytes;
  u->room_made++;
  if (u->since_full < ROOM || u->since_full < ROOM_PER_BYTE * clua_lua_bytes(u->running)) return;
  if (!lua_gc(u->running, LUA_GCISRUNNING)) return;
  u->since_full = 0;
  lua_gc(u->running, LUA_GCCOLLECT);
  u->threshold = next_threshold();
}

void clua_collect(lua_State *L) { lua_gc(L, LUA_GCCOLLECT); }

void clua_collect_here(void) {
  if (clua_current != NULL && clua_current->running != NULL) {
    lua_gc(clua_current->running, LUA_GCCOLLECT);
  }
}

int64_t clua_bytes_here(void) {
  if (clua_current == NULL || clua_current->running == NULL) return 0;
  return clua_lua_bytes(clua_current->running);
}

int64_t clua_lua_bytes(lua_State *L) {
  return (int64_t)lua_gc(L, LUA_GCCOUNT) * 1024 + lua_gc(L, LUA_GCCOUNTB);
}

void clua_warn(lua_State *L, const char *message) { lua_warning(L, message, 0); }
