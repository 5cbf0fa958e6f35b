#define _GNU_SOURCE
#include "CSupportChildren.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

bool csupport_pipe(int *read_end, int *write_end) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  *read_end = ends[0];
  *write_end = ends[1];
  return true;
}

int csupport_fork(void) {
  pid_t parent = getpid();
  fflush(NULL);
  pid_t child = fork();
  if (child != 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // it ended before the line above
  int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing >= 0) {
    dup2(nothing, STDIN_FILENO);
    close(nothing);
  }
  return 0;
}

void csupport_end_child(int status) {
  fflush(NULL);
  _exit(status);
}

struct csupport_ending csupport_ending_of(int child) {
  struct csupport_ending ending = {0};
  struct rusage usage;
  int status;
  pid_t ended;
  do {
    ended = wait4(child, &status, WNOHANG, &usage);
  } while (ended < 0 && errno == EINTR);
  if (ended == 0) return ending;
  ending.has_ended = true;
  if (ended < 0) {  // somebody else has waited for it
    ending.code = 1;
    return ending;
  }
  if (WIFSIGNALED(status)) {
    ending.signal = WTERMSIG(status);
  } else {
    ending.code = WEXITSTATUS(status);
  }
  ending.peak_bytes = (int64_t)usage.ru_maxrss * 1024;
  return ending;
}

void csupport_stop_child(int child) {
  kill(child, SIGKILL);
  while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
  }
}
