#include "CSupport.h"

#include <stdatomic.h>

bool csupport_cancel_flag;
static _Atomic int64_t live_bytes;
static _Atomic int64_t allocated_bytes;
static _Atomic int64_t memory_limit;
static _Atomic int64_t array_bytes;
static _Atomic int64_t asked_bytes;
bool csupport_memory_tightness;
_Thread_local void *csupport_recorder_of_thread;
_Thread_local void *csupport_draw_log_of_thread;

void csupport_request_cancel(void) {
  __atomic_store_n(&csupport_cancel_flag, true, __ATOMIC_RELAXED);
}

void csupport_clear_cancel(void) {
  __atomic_store_n(&csupport_cancel_flag, false, __ATOMIC_RELAXED);
}

void csupport_count_allocation(int64_t bytes) {
  atomic_fetch_add_explicit(&live_bytes, bytes, memory_order_relaxed);
  atomic_fetch_add_explicit(&allocated_bytes, bytes, memory_order_relaxed);
}

void csupport_count_release(int64_t bytes) {
  atomic_fetch_sub_explicit(&live_bytes, bytes, memory_order_relaxed);
}

int64_t csupport_live_bytes(void) { return atomic_load_explicit(&live_bytes, memory_order_relaxed); }

int64_t csupport_take_allocated_bytes(void) {
  return atomic_exchange_explicit(&allocated_bytes, 0, memory_order_relaxed);
}

void csupport_set_memory_limit(int64_t bytes) {
  atomic_store_explicit(&memory_limit, bytes, memory_order_relaxed);
  __atomic_store_n(&csupport_memory_tightness, bytes != 0 || csupport_reserve_was_used(),
                   __ATOMIC_RELAXED);
}

int64_t csupport_memory_limit(void) {
  return atomic_load_explicit(&memory_limit, memory_order_relaxed);
}

int64_t csupport_array_bytes(void) {
  return atomic_load_explicit(&array_bytes, memory_order_relaxed) +
         atomic_load_explicit(&asked_bytes, memory_order_relaxed);
}

void csupport_set_array_bytes(int64_t bytes) {
  atomic_store_explicit(&array_bytes, bytes, memory_order_relaxed);
  atomic_store_explicit(&asked_bytes, 0, memory_order_relaxed);
}

int64_t csupport_ask_array_bytes(int64_t bytes) {
  return atomic_fetch_add_explicit(&asked_bytes, bytes, memory_order_relaxed) + bytes;
}

static _Atomic int64_t bytes_until_look;

void csupport_set_bytes_until_look(int64_t bytes) {
  atomic_store_explicit(&bytes_until_look, bytes, memory_order_relaxed);
}

bool csupport_ask_few_bytes(int64_t bytes) {
  int64_t most = atomic_load_explicit(&bytes_until_look, memory_order_relaxed);
  int64_t asked = atomic_load_explicit(&asked_bytes, memory_order_relaxed);
  if (bytes < 0 || bytes > most || asked + bytes >= most || csupport_reserve_was_used()) return false;
  atomic_fetch_add_explicit(&asked_bytes, bytes, memory_order_relaxed);
  return true;
}

int csupport_cpu_level(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v4")) return 4;
  if (__builtin_cpu_supports("x86-64-v3")) return 3;
#endif
  return 0;
}
