// Starting a program under test: what Swift cannot do itself, because it may not call fork.
#pragma once

#include <stddef.h>
#include <sys/types.h>

typedef struct {
  const char *path;            // the program, an absolute path
  char *const *arguments;      // argv, NULL at the end
  char *const *environment;    // NULL at the end
  const char *folder;          // the working directory, or NULL for the caller's
  int input, output, error;    // descriptors that become 0, 1, 2 (ignored with a terminal)
  const char *terminal;        // path of a pseudo-terminal to become the controlling one, or NULL
  size_t memory_limit;         // bytes of address space, or 0 for no limit
} cts_command;

/// The process id, or -1 with errno set (of fork only; a failed exec exits with 127).
/// The child leads a process group of its own.
pid_t cts_spawn(const cts_command *command);

/// pipe2 with O_CLOEXEC.
int cts_pipe(int ends[2]);

/// A new pseudo-terminal: its master's descriptor (close-on-exec), the other end's path in `name`.
int cts_open_terminal(char *name, size_t size, int rows, int columns);
int cts_resize_terminal(int master, int rows, int columns);

/// Waits for the child: 0 if it still runs and `block` is 0, else its id; -1 on an error.
/// `code` is the exit code, or 128 + the signal's number, as a shell counts.
/// (The peak of memory is not here: what the kernel reports includes the tests' own at the fork. A
/// program's own is VmHWM in its /proc/self/status.)
pid_t cts_wait(pid_t child, int block, int *code, double *cpu_seconds);
