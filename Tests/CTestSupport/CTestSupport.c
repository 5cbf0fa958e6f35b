#define _GNU_SOURCE
#include "CTestSupport.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

// After fork in a program with threads only async-signal-safe calls are allowed.
static void become(const cts_command *command) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  for (int number = 1; number < 32; number++) signal(number, SIG_DFL);
  int input = command->input, output = command->output, error = command->error;
  if (command->terminal) {
    setsid();
    input = output = error = open(command->terminal, O_RDWR);
    if (input < 0) return;
    ioctl(input, TIOCSCTTY, 0);
  } else {
    setpgid(0, 0);
  }
  if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(error, 2) < 0) return;
  for (int descriptor = 3; descriptor < 256; descriptor++) close(descriptor);
  if (command->folder && chdir(command->folder) != 0) return;
  if (command->memory_limit) {
    struct rlimit limit = {command->memory_limit, command->memory_limit};
    setrlimit(RLIMIT_AS, &limit);
  }
  execve(command->path, command->arguments, command->environment);
}

pid_t cts_spawn(const cts_command *command) {
  pid_t child = fork();
  if (child == 0) {
    become(command);
    _exit(127);
  }
  return child;
}

int cts_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int cts_open_terminal(char *name, size_t size, int rows, int columns) {
  int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master < 0) return -1;
  if (grantpt(master) != 0 || unlockpt(master) != 0 || ptsname_r(master, name, size) != 0 ||
      cts_resize_terminal(master, rows, columns) != 0) {
    close(master);
    return -1;
  }
  return master;
}

int cts_resize_terminal(int master, int rows, int columns) {
  struct winsize window = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
  return ioctl(master, TIOCSWINSZ, &window);
}

pid_t cts_wait(pid_t child, int block, int *code, double *cpu_seconds) {
  int status = 0;
  struct rusage usage;
  pid_t ended;
  do {
    ended = wait4(child, &status, block ? 0 : WNOHANG, &usage);
  } while (ended < 0 && errno == EINTR);
  if (ended <= 0) return ended;
  *code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  *cpu_seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                 1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  return ended;
}
