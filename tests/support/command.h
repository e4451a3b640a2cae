/// Runs a program of the build as a user would, and keeps what it said.
#ifndef SIAM_TEST_COMMAND_H
#define SIAM_TEST_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

typedef struct siam_command_options {
  const char *folder;             ///< Working folder; NULL: the test's own.
  const char *input;              ///< Standard input; NULL: empty.
  const char *const *environment; ///< "NAME=value" added or replaced, "NAME" removed; ends with NULL.
  double timeout;                 ///< Seconds until the program is killed; 0: 60.
  double interrupt_after;         ///< Seconds until it gets SIGINT, as by Ctrl-C; 0: never.
  const char *interrupt_file;     ///< It gets SIGINT as soon as this file has `interrupt_bytes` …
  long interrupt_bytes;           ///< … so that no test has to guess how fast the machine is.
  bool twice;                     ///< SIGTERM follows SIGINT at once, as a second Ctrl-C.
  bool hangup;                    ///< SIGHUP, two of them, in place of SIGINT, as by a lost connection.
  bool terminal;                  ///< Output and errors go to a terminal of 100 columns, and both into `out`.
  const char *output_file;        ///< Standard output goes to this file, not into `out`.
} siam_command_options;

typedef struct siam_command_result {
  int code;        ///< Exit code; 128 + signal where one ended it, as shells have it.
  bool timed_out;  ///< It was killed after `timeout`.
  char *out, *err; ///< Whole outputs, NUL-terminated; never NULL.
  size_t out_size; ///< Bytes of `out`.
} siam_command_result;

/// Runs `arguments[0]` (looked for in build/bin unless it holds a slash) with the NULL-terminated
/// `arguments`. `options` may be NULL. Aborts the test where the program cannot be started.
/// Release with siam_command_release().
siam_command_result siam_command_run(const siam_command_options *options, const char *const *arguments);
void siam_command_release(siam_command_result *result);

/// `siam_command_result result = SIAM_RUN(NULL, "siamese-devices", "--json");`
#define SIAM_RUN(options, ...) siam_command_run((options), (const char *const[]){__VA_ARGS__, NULL})

#endif
