// Child processes: a copy of this one that runs on its own.
#ifndef CSUPPORT_CHILDREN_H
#define CSUPPORT_CHILDREN_H

#include <stdbool.h>
#include <stdint.h>

/// A pipe that programs started from here do not get. Whether there is one; errno says why not.
bool csupport_pipe(int *read_end, int *write_end);

/// fork(), which Swift may not call. What the C library holds back of files is written before it, so that
/// no text is written twice. The child reads nothing from the terminal, and the kernel ends it with its
/// parent, however that ends. -1 with errno where it fails.
int csupport_fork(void);

/// Ends a child: what it wrote goes out, nothing that belongs to its parent runs.
_Noreturn void csupport_end_child(int status);

struct csupport_ending {
  bool has_ended;
  int code;           // of exit, 0 where a signal ended it
  int signal;         // 0 where it called exit
  int64_t peak_bytes; // the most memory that it held at a time
};

/// How a child ended, without waiting for it; its number is free from then on.
struct csupport_ending csupport_ending_of(int child);

/// Ends a child by force and waits until it is gone.
void csupport_stop_child(int child);

#endif
