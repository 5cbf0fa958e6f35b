// What Swift cannot say itself: a flag a signal handler may set, counters shared between threads
// and languages, and the level of the CPU.
#ifndef CSUPPORT_H
#define CSUPPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "CSupportChildren.h"
#include "CSupportInterrupts.h"
#include "CSupportLibraries.h"
#include "CSupportMemory.h"
#include "CSupportThreads.h"

// --- Cancellation -------------------------------------------------------------------------------
// Set by the SIGINT handler (async-signal-safe), polled by long Swift loops, cleared by whoever
// turns it into an error of Lua.
extern bool csupport_cancel_flag;
static inline bool csupport_cancel_requested(void) {
  return __atomic_load_n(&csupport_cancel_flag, __ATOMIC_RELAXED);
}
void csupport_request_cancel(void);
void csupport_clear_cancel(void);

// --- Recording ----------------------------------------------------------------------------------
// What records the tensor operations of this thread, NULL where nothing does. Asked for by every
// operation, hence without a call.
extern _Thread_local void *csupport_recorder_of_thread;
static inline void *csupport_recorder(void) { return csupport_recorder_of_thread; }
static inline void csupport_set_recorder(void *recorder) { csupport_recorder_of_thread = recorder; }

/* The log of random draws of this thread; NULL almost always. */
extern _Thread_local void *csupport_draw_log_of_thread;
static inline void *csupport_draw_log(void) { return csupport_draw_log_of_thread; }
static inline void csupport_set_draw_log(void *log) { csupport_draw_log_of_thread = log; }

// --- CPU ----------------------------------------------------------------------------------------
/// 4: x86-64-v4 (AVX-512), 3: x86-64-v3 (AVX2 and FMA), 0: anything else.
int csupport_cpu_level(void);

#endif
