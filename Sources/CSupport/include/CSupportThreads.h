// Small things a worker pool needs from the machine.
#ifndef CSUPPORT_THREADS_H
#define CSUPPORT_THREADS_H

/// Tells the core that this is a spin loop.
static inline void csupport_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/// Cores this process may run on (affinity mask), at least 1.
int csupport_core_count(void);

/// Blocks every signal in the calling thread, so that handlers run on the main thread.
void csupport_block_signals(void);

#endif
