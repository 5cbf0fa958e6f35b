// Ctrl-C: the one handler of SIGINT that a process has.
#ifndef CSUPPORT_INTERRUPTS_H
#define CSUPPORT_INTERRUPTS_H

#include <stdbool.h>

/// Installs the handler, once; only what it does changes from then on.
void csupport_catch_interrupts(void);

/// What a press does while something runs that it can stop; NULL where nothing does. It is called by
/// the handler, so it may only do what is safe there.
void csupport_set_interrupt_action(void (*action)(void));

/// Whether there is a session to lose: then a press while nothing runs waits for whoever asks; otherwise it
/// ends the process, as without a handler.
void csupport_keep_session(bool keeps);

/// Whether a press came while nothing ran; it is forgotten then.
bool csupport_take_press(void);

/// Ends the process as SIGINT does that nobody handles.
void csupport_end_by_interrupt(void);

#endif
