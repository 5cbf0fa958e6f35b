// The account of memory, and what is set aside where address space is limited.
#ifndef CSUPPORT_MEMORY_H
#define CSUPPORT_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

// Bytes of tensor storage alive now, and allocated since the collector was last told.
void csupport_count_allocation(int64_t bytes);
void csupport_count_release(int64_t bytes);
int64_t csupport_live_bytes(void);
int64_t csupport_take_allocated_bytes(void);

/// Whether a limit is set or the reserve was used: asked by every allocation of Lua, hence without a
/// call.
extern bool csupport_memory_tightness;
static inline bool csupport_memory_is_tight(void) {
  return __atomic_load_n(&csupport_memory_tightness, __ATOMIC_RELAXED);
}

/// `--memory`; 0 for no limit of our own.
void csupport_set_memory_limit(int64_t bytes);
int64_t csupport_memory_limit(void);

// Bytes of arrays that are no tensors: what the last look at the system found, and what was asked for
// since then.
int64_t csupport_array_bytes(void);
void csupport_set_array_bytes(int64_t bytes);
/// Adds to what was asked for since the last look, and returns it.
int64_t csupport_ask_array_bytes(int64_t bytes);
/// The same where that needs no look; false, and nothing added, where it does.
bool csupport_ask_few_bytes(int64_t bytes);
/// How much may be asked for until the next look.
void csupport_set_bytes_until_look(int64_t bytes);

/// Sets address space aside, or sees that it is there; false where there is too little.
bool csupport_keep_reserve(void);
/// Whether an allocation needed what was set aside.
bool csupport_reserve_was_used(void);
/// Gives free blocks of the C heap back to the kernel.
void csupport_release_free_blocks(void);

#endif
