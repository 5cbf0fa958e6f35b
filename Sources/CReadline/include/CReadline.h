// GNU readline by its callback interface: line editing that an interrupt or a resized window can
// break into, completion by a Swift function, and the history.
#ifndef CREADLINE_H
#define CREADLINE_H

#include <stdbool.h>

#pragma clang assume_nonnull begin

/// Asked for completions of the word from `start` to `end` (bytes) in the line. `quote` is the
/// character of the string the word stands in, or 0. Answers by the calls below.
typedef void (*creadline_completer)(const char *line, int start, int end, char quote);
void creadline_add_candidate(const char *text);
/// Completes file names instead.
void creadline_complete_files(void);
/// What follows a candidate that is the only one; 0 for nothing.
void creadline_append(char character);

void creadline_start(const char *program, creadline_completer complete);

#define CREADLINE_LINE 0
#define CREADLINE_END 1          // end of input on an empty line
#define CREADLINE_INTERRUPTED 2  // Ctrl-C; the line is dropped
/// Reads a line; with CREADLINE_LINE, `*line` is the caller's to free.
int creadline_read(const char *prompt, char *_Nullable *_Nonnull line);

/// Adds an entry, dropping an earlier one of the same text.
void creadline_add_history(const char *entry);
/// False where the file cannot be read or made. It is made with mode 0600.
bool creadline_load_history(const char *path, int limit);
/// Appends the newest entry to the file.
void creadline_save_newest(const char *path);

int creadline_terminal_width(void);
int creadline_terminal_height(void);
/// One key, not shown and without waiting for Enter; Ctrl-C is a key like others. -1 at the end of input.
int creadline_read_key(void);

#pragma clang assume_nonnull end

#endif
