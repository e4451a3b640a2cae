#include "common/message.h"

#include "common/command.h"
#include "common/progress.h"

#include <siamese/status.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *name = "siamese";
static bool ends_without_memory;

void app_set_name(const char *new_name) {
  name = new_name;
}

const char *app_name(void) {
  return name;
}

void app_end_without_memory(void) {
  ends_without_memory = true;
  exit(app_fail("out of memory"));
}

bool app_ends_without_memory(void) {
  return ends_without_memory;
}

void *app_allocate(size_t count, size_t size) {
  void *block = calloc(count > 0 ? count : 1, size);
  if (block == NULL) app_end_without_memory();
  return block;
}

size_t app_character(const char *text, bool *valid) {
  const unsigned char *byte = (const unsigned char *)text;
  *valid = true;
  if (byte[0] < 0x80) return byte[0] != '\0';
  size_t length = byte[0] >= 0xf0 ? 4 : byte[0] >= 0xe0 ? 3 : 2;
  uint32_t code = byte[0] & (0xffU >> (length + 1));
  *valid = byte[0] >= 0xc2 && byte[0] <= 0xf4;
  for (size_t i = 1; *valid && i < length; i++) {
    *valid = (byte[i] & 0xc0) == 0x80;
    code = code << 6 | (byte[i] & 0x3fU);
  }
  // Overlong forms, surrogates and what lies above the last code point are no characters.
  static const uint32_t first[] = {0, 0, 0x80, 0x800, 0x10000};
  if (*valid) *valid = code >= first[length] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return *valid ? length : 1;
}

size_t app_columns(const char *text) {
  size_t columns = 0;
  bool valid = true;
  for (size_t length = app_character(text, &valid); length > 0; length = app_character(text, &valid)) {
    text += length;
    columns++;
  }
  return columns;
}

bool app_steers(const char *text, size_t length) {
  const unsigned char *byte = (const unsigned char *)text;
  if (length == 1) return byte[0] < 0x20 || byte[0] == 0x7f;
  if (length == 2) return byte[0] == 0xc2 && byte[1] < 0xa0;
  // U+202A to U+202E and U+2066 to U+2069 reorder the text around them.
  if (length == 3 && byte[0] == 0xe2 && byte[1] == 0x80) return byte[2] >= 0xaa && byte[2] <= 0xae;
  return length == 3 && byte[0] == 0xe2 && byte[1] == 0x81 && byte[2] >= 0xa6 && byte[2] <= 0xa9;
}

void app_escape(const char *text, const char *line_end, char *target) {
  bool valid = true;
  for (size_t length = app_character(text, &valid); length > 0; length = app_character(text, &valid)) {
    if (text[0] == '\n' && line_end != NULL) {
      target = stpcpy(target, line_end);
    } else if (valid && !app_steers(text, length)) {
      memcpy(target, text, length);
      target += length;
    } else {
      for (size_t i = 0; i < length; i++) target += sprintf(target, "\\x%02x", (unsigned char)text[i]);
    }
    text += length;
  }
  *target = '\0';
}

static _Thread_local char *shown[8]; // The last texts of app_show(), or NULL.

/// So that whoever looks for memory that is not released at the end sees none of the main thread's.
static void release_shown(void) {
  for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) free(shown[i]);
}

const char *app_show(const char *text) {
  static _Thread_local unsigned turn;
  static atomic_flag registered = ATOMIC_FLAG_INIT;
  if (!atomic_flag_test_and_set(&registered)) atexit(release_shown);
  char **place = &shown[turn++ % (sizeof shown / sizeof *shown)];
  free(*place);
  *place = NULL; // A lack of memory ends the program here, and the end releases what is held.
  *place = app_allocate(4 * strlen(text) + 1, 1);
  app_escape(text, NULL, *place);
  return *place;
}

const char *app_plural(uint64_t count, const char *one, const char *many) {
  return count == 1 ? one : many;
}

const char *app_paint(FILE *stream, app_colour colour) {
  static const char *const codes[] = {"\033[0m", "\033[1m", "\033[31m", "\033[32m", "\033[33m"};
  const char *refusal = getenv("NO_COLOR"), *terminal = getenv("TERM");
  if (refusal != NULL && refusal[0] != '\0') return "";
  if (terminal != NULL && strcmp(terminal, "dumb") == 0) return "";
  return isatty(fileno(stream)) ? codes[colour] : "";
}

static void print(const char *kind, const char *message) {
  // Lines after the first are set in, so that no file name can pass for a message of its own.
  static const char line_end[] = "\n    ";
  size_t room = sizeof line_end * strlen(message) + 1;
  char *fit = calloc(room, 1);
  app_progress_pause();
  if (fit != NULL) app_escape(message, line_end, fit);
  fprintf(stderr, "%s: %s%s\n", name, kind, fit != NULL ? fit : "out of memory");
  app_progress_resume();
  free(fit);
}

static void print_formatted(const char *kind, const char *format, va_list arguments) {
  char *message = NULL;
  if (vasprintf(&message, format, arguments) < 0) message = NULL;
  print(kind, message != NULL ? message : "out of memory");
  free(message);
}

int app_fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  print_formatted("", format, arguments);
  va_end(arguments);
  return APP_TROUBLE;
}

int app_fail_library(void) {
  return app_fail("%s", siam_last_error());
}

void app_warn(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  print_formatted("warning: ", format, arguments);
  va_end(arguments);
}

static void log_all(void *context, siam_log_level level, const char *message) {
  (void)context;
  const char *wish = getenv("SIAMESE_LOG");
  if (level == SIAM_LOG_WARNING) print("warning: ", message);
  if (level == SIAM_LOG_INFO) print("", message);
  if (level == SIAM_LOG_DEBUG && wish != NULL && strcmp(wish, "debug") == 0) print("debug: ", message);
}

static void log_warnings(void *context, siam_log_level level, const char *message) {
  if (level != SIAM_LOG_INFO) log_all(context, level, message);
}

siam_logger app_logger(bool quiet) {
  return (siam_logger){.write = quiet ? log_warnings : log_all};
}
