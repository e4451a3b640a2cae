/// apps/common holds what the commands share: one table for each command from which its options are read and
/// its help, manual page and shell completion are written; messages; progress; tables; JSON. It knows the
/// library only by its public headers.
///
/// command.h: what a command says about itself.
#ifndef SIAM_APPS_COMMAND_H
#define SIAM_APPS_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

/// Exit codes every command shares; siamese-compare adds "different".
enum { APP_SUCCESS = 0, APP_TROUBLE = 2 };

/// One option. Exactly one of the pointers says what it is and where its value goes; the value that stands
/// there before is the default. A row with only `heading` begins a group in the help.
typedef struct app_option {
  const char *heading;
  const char *name;  ///< Long name without dashes.
  const char *value; ///< What the value is called in the help, such as "FILE"; NULL for a flag.
  const char *help;  ///< Sentences; say the default here.
  bool *flag;        ///< Becomes true.
  const char **text; ///< Any text but "", or one of `choices` where there are any.
  int64_t *integer;
  const char *word; ///< For `integer`: taken in place of a number, and stands for `word_value`.
  int64_t word_value;
  double *number;
  bool *given;                ///< If set, becomes true when the option was used, so that 0 is a value too.
  const char *const *choices; ///< Ends with NULL; for `text` only.
  double least, most;         ///< Limits of `integer` and `number`; both 0: none.
  bool above_least;           ///< `least` itself is refused.
  char letter;                ///< Short name, or 0.
} app_option;

/// Options that mean the same in every command.
#define APP_OPTION_DEVICE(target)                                                                            \
  {                                                                                                          \
    .name = "device", .letter = 'd', .value = "SEL", .text = (target),                                       \
    .help = "Compute on this OpenCL device: an index of siamese-devices, PLATFORM:DEVICE, a part of the "    \
            "name, cpu or gpu. Default: the environment variable SIAMESE_DEVICE, else the fastest."          \
  }
#define APP_OPTION_ALLOW_OUTSIDE(target)                                                                     \
  {                                                                                                          \
    .name = "allow-outside", .flag = (target),                                                               \
    .help = "Let a pair list name pictures outside of the folder that it lies in."                           \
  }
#define APP_OPTION_JSON(target)                                                                              \
  { .name = "json", .flag = (target), .help = "Print one JSON object and nothing else." }
#define APP_OPTION_QUIET(target)                                                                             \
  {                                                                                                          \
    .name = "quiet", .letter = 'q', .flag = (target),                                                        \
    .help = "Show no progress and no notes, only warnings."                                                  \
  }

/// Two texts that belong together: a command line and what it does, an exit code and its meaning, a variable
/// and its use. A list ends with a row of NULLs.
typedef struct app_note {
  const char *subject, *meaning;
} app_note;

typedef struct app_command {
  const char *name;            ///< As typed, such as "siamese-compare".
  const char *summary;         ///< What it does, in one line without a final stop.
  const char *arguments;       ///< What follows the options, such as "A B"; "" for nothing.
  unsigned least, most;        ///< How many of them; most 0 with `arguments`: any number.
  const char *description;     ///< Paragraphs, each ending with a line end.
  const app_option *options;   ///< Ends with a row without name and heading.
  const app_note *examples;    ///< At least one.
  const app_note *exit_codes;  ///< NULL: 0 for success, 2 for trouble.
  const app_note *environment; ///< Beside SIAMESE_DEVICE, SIAMESE_CACHE_DIR and NO_COLOR; may be NULL.
} app_command;

/// The command line as a shell would take it again, with quotes where words need them; the caller frees it.
/// To be asked for before app_begin(), which changes the order of the words.
char *app_line(const app_command *command, int argc, char *const *argv);

/// Begins the program: makes `command` the name in messages, reads the options and returns the arguments
/// that are left, a NULL-terminated part of `argv`; `*count` is their number. Does not return after --help,
/// --version (exit 0) or a mistake in the command line (one line on standard error, exit 2). From here on a
/// failure to write standard output ends the program with 2 as well.
char **app_begin(const app_command *command, int argc, char **argv, unsigned *count);

#endif
