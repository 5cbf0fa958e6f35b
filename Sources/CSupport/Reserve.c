// Address space set aside where it is limited (`ulimit -v`). Swift ends the process where a small
// allocation fails, so the allocator gets this space back at its last attempt; whoever asks for memory
// next sees that it is gone and refuses.
#define _GNU_SOURCE
#include "CSupportMemory.h"

#include <mimalloc.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>

enum { RESERVE = 64 << 20 };

static _Atomic(void *) reserve;
static atomic_bool was_used;

// mimalloc also says "last attempt" when it is asked to collect.
static _Thread_local bool is_collecting;

/// mimalloc calls this before its last attempt at a request that failed.
static void give_back(bool is_last_attempt, unsigned long long beat, void *argument) {
  (void)beat, (void)argument;
  if (!is_last_attempt || is_collecting) return;
  void *block = atomic_exchange(&reserve, NULL);
  if (block == NULL) return;
  munmap(block, RESERVE);
  atomic_store(&was_used, true);
  __atomic_store_n(&csupport_memory_tightness, true, __ATOMIC_RELAXED);
}

bool csupport_keep_reserve(void) {
  if (atomic_load(&reserve) != NULL) return true;
  void *block = mmap(NULL, RESERVE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (block == MAP_FAILED) return false;
  mi_register_deferred_free(give_back, NULL);
  atomic_store(&reserve, block);
  atomic_store(&was_used, false);
  csupport_set_memory_limit(csupport_memory_limit());
  return true;
}

bool csupport_reserve_was_used(void) {
  return atomic_load_explicit(&was_used, memory_order_relaxed);
}

void csupport_release_free_blocks(void) {
  is_collecting = true;
  mi_collect(true);
  is_collecting = false;
}
