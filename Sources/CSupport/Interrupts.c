#define _GNU_SOURCE
#include "CSupportInterrupts.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>

static void (*volatile running_action)(void);
static volatile sig_atomic_t keeps_session, press_waits;
static volatile sig_atomic_t is_installed;

void csupport_end_by_interrupt(void) {
  sigset_t interrupt;
  sigemptyset(&interrupt);
  sigaddset(&interrupt, SIGINT);
  signal(SIGINT, SIG_DFL);
  raise(SIGINT);
  pthread_sigmask(SIG_UNBLOCK, &interrupt, NULL);
}

static void on_interrupt(int number) {
  (void)number;
  int error = errno;
  void (*action)(void) = running_action;
  if (action != NULL) {
    action();
  } else if (keeps_session) {
    press_waits = 1;
  } else {
    csupport_end_by_interrupt();
  }
  errno = error;
}

void csupport_catch_interrupts(void) {
  if (is_installed) return;
  is_installed = 1;
  struct sigaction action = {0};
  sigemptyset(&action.sa_mask);
  action.sa_handler = on_interrupt;  // no SA_RESTART: a blocked read returns
  sigaction(SIGINT, &action, NULL);
}

void csupport_set_interrupt_action(void (*action)(void)) { running_action = action; }

void csupport_keep_session(bool keeps) {
  keeps_session = keeps;
  if (!keeps) press_waits = 0;
}

bool csupport_take_press(void) {
  bool waits = press_waits;
  press_waits = 0;
  return waits;
}
