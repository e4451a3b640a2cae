/// Words for people: errors and warnings on standard error, names made fit to print, colour.
#ifndef SIAM_APPS_MESSAGE_H
#define SIAM_APPS_MESSAGE_H

#include <siamese/log.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/// Sets the name that messages begin with; app_begin() does.
void app_set_name(const char *name);
const char *app_name(void);

/// Prints "siamese-x: message" and returns the exit code for trouble: `return app_fail("%s: …", path);`
__attribute__((format(printf, 1, 2))) int app_fail(const char *format, ...);

/// The same with the library's last error as the message.
int app_fail_library(void);

/// Ends the command where it stands, for want of memory for its own output. Threads may be at work, so what
/// they use is not released.
__attribute__((noreturn)) void app_end_without_memory(void);

/// Whether that is what happens, for those whom exit() calls.
bool app_ends_without_memory(void);

__attribute__((format(printf, 1, 2))) void app_warn(const char *format, ...);

/// A logger that prints warnings as "siamese-x: warning: …" and, unless `quiet`, notes as "siamese-x: …".
/// Messages for debugging are shown where SIAMESE_LOG=debug.
siam_logger app_logger(bool quiet);

/// `text` with everything that could steer a terminal or is no UTF-8 written as \xNN; spaces and letters of
/// all scripts stay. One of eight rotating texts, for use within one statement.
const char *app_show(const char *text);

/// The same into `target`, which has room for four bytes for each of the text's and one more; `line_end`
/// replaces line ends, NULL escapes them too.
void app_escape(const char *text, const char *line_end, char *target);

/// `one` where `count` is 1, else `many`.
const char *app_plural(uint64_t count, const char *one, const char *many);

typedef enum app_colour { APP_PLAIN, APP_BOLD, APP_RED, APP_GREEN, APP_YELLOW } app_colour;

/// The terminal's code for a colour; "" where `stream` is no terminal or NO_COLOR is set. End with APP_PLAIN.
const char *app_paint(FILE *stream, app_colour colour);

/// Bytes of the UTF-8 character at `text` (0 at the end); `*valid` tells whether it is one.
size_t app_character(const char *text, bool *valid);

/// Whether such a character of `length` bytes moves the cursor, changes the terminal, or turns the direction
/// of writing.
bool app_steers(const char *text, size_t length);

/// Columns that `text` takes, taking each character for one.
size_t app_columns(const char *text);

/// Memory, or the end of the program with a message.
void *app_allocate(size_t count, size_t size);

#endif
