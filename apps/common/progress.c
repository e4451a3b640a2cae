#include "common/progress.h"

#include "common/message.h"

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { BAR_WIDTH = 24, LINE_SIZE = 1024 };
static const double first_draw = 0.5, bar_interval = 0.1, line_interval = 10, rate_memory = 10; // Seconds.

static struct {
  pthread_mutex_t lock;
  const char *task; ///< NULL: nothing is under way.
  bool on_terminal, drawn;
  double begun, shown; ///< Times; `shown` of the last bar or line.
  double rate, rated;  ///< Units per second, smoothed, and when that was worked out.
  uint64_t rated_done; ///< Units done then.
  uint64_t done, total;
  char note[LINE_SIZE / 2];
} state = {.lock = PTHREAD_MUTEX_INITIALIZER};

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static bool is_terminal(void) {
  const char *terminal = getenv("TERM");
  return isatty(STDERR_FILENO) && (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

static void write_duration(double seconds, char *text, size_t size) {
  uint64_t whole = (uint64_t)(seconds + 0.5);
  if (whole >= 3600)
    snprintf(text, size, "%" PRIu64 ":%02u:%02u", whole / 3600, (unsigned)(whole / 60 % 60),
             (unsigned)(whole % 60));
  else
    snprintf(text, size, "%" PRIu64 ":%02u", whole / 60, (unsigned)(whole % 60));
}

/// "1:23 left", or the time since the beginning where the end is not known.
static void write_time(double time, char *text, size_t size) {
  char duration[40];
  bool known = state.total > 0 && state.rate > 0;
  double left = known ? (double)(state.total - state.done) / state.rate : 0;
  write_duration(known ? left : time - state.begun, duration, sizeof duration);
  snprintf(text, size, "%s%s", duration, known ? " left" : "");
}

/// Cuts `line` to `columns` characters.
static void cut(char *line, size_t columns) {
  bool valid = true;
  for (size_t i = 0; i < columns; i++) {
    size_t length = app_character(line, &valid);
    if (length == 0) return;
    line += length;
  }
  *line = '\0';
}

static void draw_bar(double time) {
  char line[LINE_SIZE], left[64], bar[BAR_WIDTH + 1];
  write_time(time, left, sizeof left);
  if (state.total > 0) {
    double share = (double)state.done / (double)state.total;
    for (int i = 0; i < BAR_WIDTH; i++) bar[i] = i < (int)(share * BAR_WIDTH) ? '#' : '.';
    bar[BAR_WIDTH] = '\0';
    snprintf(line, sizeof line, "%s %3d %% [%s] %s  %s", state.task, (int)(share * 100), bar, left,
             state.note);
  } else {
    snprintf(line, sizeof line, "%s %" PRIu64 "  %s  %s", state.task, state.done, left, state.note);
  }
  struct winsize size = {0};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) size.ws_col = 80;
  cut(line, size.ws_col - 1U);
  fprintf(stderr, "\r%s\033[K", line);
  fflush(stderr);
  state.drawn = true;
}

static void print_line(double time) {
  char left[64];
  write_time(time, left, sizeof left);
  fprintf(stderr, "%s: %s ", app_name(), state.task);
  if (state.total > 0)
    fprintf(stderr, "%d %%", (int)((double)state.done / (double)state.total * 100));
  else
    fprintf(stderr, "%" PRIu64, state.done);
  fprintf(stderr, ", %s%s%s\n", left, state.note[0] != '\0' ? ", " : "", state.note);
}

/// Forgets what is long past, so that the time left follows a machine that slows down.
static void rate(double time) {
  double passed = time - state.rated;
  if (state.rated > 0 && passed < bar_interval) return;
  if (state.rated > 0 && state.done >= state.rated_done) {
    double current = (double)(state.done - state.rated_done) / passed;
    state.rate += (current - state.rate) * (state.rate > 0 ? 1 - exp(-passed / rate_memory) : 1);
  }
  state.rated = time;
  state.rated_done = state.done;
}

static void show(double time) {
  if (state.on_terminal && time - state.begun >= first_draw && time - state.shown >= bar_interval) {
    draw_bar(time);
    state.shown = time;
  } else if (!state.on_terminal && time - state.shown >= line_interval) {
    print_line(time);
    state.shown = time;
  }
}

static void erase(void) {
  if (state.drawn) fputs("\r\033[K", stderr);
  state.drawn = false;
}

void app_progress_begin(const char *task, bool quiet) {
  pthread_mutex_lock(&state.lock);
  erase();
  state.task = quiet ? NULL : task;
  state.on_terminal = is_terminal();
  state.begun = state.shown = now();
  state.rate = state.rated = 0;
  state.done = state.total = state.rated_done = 0;
  state.note[0] = '\0';
  pthread_mutex_unlock(&state.lock);
}

void app_progress_update(uint64_t done, uint64_t total, const char *format, ...) {
  char note[sizeof state.note], shown[4 * sizeof note + 1];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(note, sizeof note, format, arguments);
  va_end(arguments);
  // Not by app_show(), which ends the program without memory: whoever calls here has more to clear away.
  app_escape(note, NULL, shown);
  pthread_mutex_lock(&state.lock);
  if (state.task != NULL) {
    double time = now();
    if (done < state.done) state.rate = state.rated = 0; // Units of another kind: steps after pictures.
    state.total = total;
    state.done = total > 0 && done > total ? total : done;
    const size_t kept = strnlen(shown, sizeof state.note - 1);
    memcpy(state.note, shown, kept);
    state.note[kept] = '\0';
    rate(time);
    show(time);
  }
  pthread_mutex_unlock(&state.lock);
}

void app_progress_end(void) {
  pthread_mutex_lock(&state.lock);
  erase();
  state.task = NULL;
  pthread_mutex_unlock(&state.lock);
}

void app_progress_pause(void) {
  pthread_mutex_lock(&state.lock);
  erase();
}

void app_progress_resume(void) {
  if (state.task != NULL && state.on_terminal && now() - state.begun >= first_draw) draw_bar(now());
  pthread_mutex_unlock(&state.lock);
}
