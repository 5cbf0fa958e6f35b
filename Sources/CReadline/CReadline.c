// See the header. Signals are let through only while ppoll waits, never inside readline.
#define _GNU_SOURCE

#include "CReadline.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include <CSupport.h>

// --- Completion -----------------------------------------------------------------------------------

static creadline_completer completer;
static char **candidates;
static size_t candidate_count, candidate_room, next_candidate;
static bool wants_files;

static void forget_candidates(void) {
  for (size_t i = 0; i < candidate_count; i++) free(candidates[i]);
  candidate_count = next_candidate = 0;
}

void creadline_add_candidate(const char *text) {
  if (candidate_count == candidate_room) {
    size_t room = candidate_room == 0 ? 64 : 2 * candidate_room;
    char **larger = realloc(candidates, room * sizeof *candidates);
    if (larger == NULL) return;
    candidates = larger;
    candidate_room = room;
  }
  char *copy = strdup(text);
  if (copy != NULL) candidates[candidate_count++] = copy;
}

void creadline_complete_files(void) { wants_files = true; }
void creadline_append(char character) { rl_completion_append_character = character; }

/// Readline frees what it is given, so each candidate changes hands once.
static char *hand_out(const char *text, int state) {
  (void)text;
  if (state == 0) next_candidate = 0;
  if (next_candidate == candidate_count) return NULL;
  char *candidate = candidates[next_candidate];
  candidates[next_candidate++] = NULL;
  return candidate;
}

static char **attempt(const char *text, int start, int end) {
  forget_candidates();
  wants_files = false;
  rl_completion_append_character = 0;
  rl_completion_suppress_append = 0;
  rl_completion_suppress_quote = 0;
  completer(rl_line_buffer, start, end, (char)rl_completion_quote_character);
  if (wants_files) return NULL;  // readline's own default
  rl_attempted_completion_over = 1;
  return rl_completion_matches(text, hand_out);
}

/// Inside a string a word is all since its quote, so that it may be a path with spaces.
static char *word_breaks(void) {
  char quote = 0;
  for (int i = 0; i < rl_point; i++) {
    char c = rl_line_buffer[i];
    if (quote != 0) {
      if (c == '\\') i++;
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    }
  }
  static char in_string[] = "\"'", in_code[] = " \t\n\"'`><=;+-*/%^~#&|?[]{}(),!@$\\";
  return quote != 0 ? in_string : in_code;
}

/// Tab on a blank line indents; elsewhere it completes.
static int indent_or_complete(int count, int key) {
  (void)count;
  for (int i = 0; i < rl_point; i++) {
    if (rl_line_buffer[i] != ' ' && rl_line_buffer[i] != '\t') {
      // Readline lists on the second of two calls of its own function.
      if (rl_last_func == indent_or_complete) rl_last_func = rl_complete;
      return rl_complete(0, key);
    }
  }
  rl_insert_text("  ");
  return 0;
}

// --- Reading --------------------------------------------------------------------------------------

static volatile sig_atomic_t resized;
static char *finished_line;
static bool is_finished;

static void on_resize(int number) {
  (void)number;
  resized = 1;
}

static void on_line(char *line) {
  finished_line = line;
  is_finished = true;
  rl_callback_handler_remove();
}

void creadline_start(const char *program, creadline_completer complete) {
  completer = complete;
  rl_readline_name = program;
  rl_catch_signals = 0;
  rl_catch_sigwinch = 0;
  rl_change_environment = 0;
  rl_attempted_completion_function = attempt;
  rl_completion_word_break_hook = word_breaks;
  rl_completer_quote_characters = "\"'";
  rl_bind_key('\t', indent_or_complete);
  using_history();
  history_comment_char = '#';
  history_write_timestamps = 1;  // marks where an entry of several lines begins
}

int creadline_read(const char *prompt, char **line) {
  struct sigaction on_winch = {.sa_handler = on_resize}, old_winch;
  sigset_t blocked, previous;
  // The signals come through only while ppoll waits, never inside readline. SIGINT goes to the handler
  // of the process, which keeps the press until it is asked.
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGINT);
  sigaddset(&blocked, SIGWINCH);
  sigprocmask(SIG_BLOCK, &blocked, &previous);
  sigaction(SIGWINCH, &on_winch, &old_winch);
  sigset_t waiting = previous;
  sigdelset(&waiting, SIGINT);
  sigdelset(&waiting, SIGWINCH);

  int outcome = CREADLINE_LINE;
  resized = 0;
  is_finished = false;
  finished_line = NULL;
  fflush(stdout);
  rl_callback_handler_install(prompt, on_line);
  while (!is_finished) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    int ready = ppoll(&input, 1, NULL, &waiting);
    int error = errno;
    // Where input is ready ppoll does not look for signals, and a press comes before what follows it.
    sigprocmask(SIG_SETMASK, &waiting, NULL);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    if (csupport_take_press()) {
      rl_free_line_state();
      rl_callback_sigcleanup();
      fputs("^C\n", rl_outstream);
      rl_replace_line("", 0);
      rl_point = rl_end = rl_mark = 0;
      rl_callback_handler_remove();
      outcome = CREADLINE_INTERRUPTED;
      break;
    }
    if (resized) {
      resized = 0;
      rl_resize_terminal();
    }
    if (ready > 0) {
      rl_callback_read_char();
    } else if (ready < 0 && error != EINTR) {
      rl_callback_handler_remove();
      break;
    }
  }
  sigaction(SIGWINCH, &old_winch, NULL);
  sigprocmask(SIG_SETMASK, &previous, NULL);
  *line = finished_line;
  if (outcome == CREADLINE_LINE && finished_line == NULL) outcome = CREADLINE_END;
  return outcome;
}

// --- History --------------------------------------------------------------------------------------

void creadline_add_history(const char *entry) {
  using_history();
  for (int i = history_length - 1; i >= 0; i--) {
    HIST_ENTRY *old = history_get(history_base + i);
    if (old != NULL && strcmp(old->line, entry) == 0) {
      HIST_ENTRY *removed = remove_history(i);
      if (removed != NULL) free_history_entry(removed);
    }
  }
  add_history(entry);
}

static bool drop_repeated(void) {
  bool dropped = false;
  for (int i = history_length - 1; i > 0; i--) {
    HIST_ENTRY *kept = history_get(history_base + i);
    for (int j = i - 1; kept != NULL && j >= 0; j--) {
      HIST_ENTRY *old = history_get(history_base + j);
      if (old == NULL || strcmp(old->line, kept->line) != 0) continue;
      HIST_ENTRY *removed = remove_history(j);
      if (removed != NULL) free_history_entry(removed);
      dropped = true;
      i--;
    }
  }
  return dropped;
}

bool creadline_load_history(const char *path, int limit) {
  int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return false;
  // A pipe would be waited for, and a device has no lines of ours.
  struct stat info;
  bool is_regular = fstat(file, &info) == 0 && S_ISREG(info.st_mode);
  if (is_regular) fchmod(file, 0600);
  close(file);
  if (!is_regular) return false;
  if (read_history(path) != 0) return false;
  bool is_long = history_length > limit;
  stifle_history(limit);
  // Sessions append to the file; what that repeated goes when the next one starts.
  if (drop_repeated() || is_long) write_history(path);
  return true;
}

void creadline_save_newest(const char *path) { append_history(1, path); }

int creadline_terminal_width(void) {
  struct winsize size;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

int creadline_terminal_height(void) {
  struct winsize size;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0) return size.ws_row;
  return 24;
}

int creadline_read_key(void) {
  struct termios old, raw;
  if (tcgetattr(STDIN_FILENO, &old) != 0) return -1;
  raw = old;
  raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
  unsigned char key = 0;
  ssize_t count;
  do count = read(STDIN_FILENO, &key, 1);
  while (count < 0 && errno == EINTR);
  tcsetattr(STDIN_FILENO, TCSADRAIN, &old);
  return count == 1 ? key : -1;
}
