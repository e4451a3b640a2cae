/// What the tests of the training and comparing commands share: a folder with small data, in which whole
/// command lines are run, and what their outcome must be.
#ifndef SIAM_TEST_CLI_H
#define SIAM_TEST_CLI_H

#include "command.h"

#include <jansson.h>

/// Makes a scratch folder with `data/` (12 classes of 6 pictures in two groups), `held-out/` (8 others),
/// `tiny.txt` (an encoder that trains in milliseconds), `flat.txt` (one of a single layer, that takes no
/// time), and, with `with_model`, `m.siamese` made from them.
void siam_cli_begin(bool with_model);
void siam_cli_end(void);

/// Path of a name in that folder, in one of eight rotating static buffers.
const char *siam_cli_path(const char *name);

/// Runs a command line in the folder; its words are separated by blanks, and '…' keeps blanks in one word.
/// `options` may be NULL; its folder is not used. Release with siam_command_release().
siam_command_result siam_cli_run(const siam_command_options *options, const char *line);

/// Runs it and requires exit code `code`; returns what it printed, to be freed with free().
char *siam_cli_out(int code, const char *line);

/// A command line that must fail, and parts that its message must have; ends with a row of NULLs.
typedef struct siam_cli_refusal {
  const char *line;
  const char *parts[3];
} siam_cli_refusal;

/// Requires of each: exit code 2; nothing on standard output; on standard error one message, warnings before
/// it aside, that begins with the command's name and has all parts; no file more or less than before.
void siam_cli_expect_refusals(const siam_cli_refusal *rows);

/// Runs it with --json added, requires `code`, and that standard output is one JSON object with exactly the
/// blank-separated `keys`; returns it, to be released with json_decref().
json_t *siam_cli_json(int code, const char *line, const char *keys);

/// A number of an object that must have it under `key`.
json_int_t siam_cli_integer(const json_t *object, const char *key);
double siam_cli_number(const json_t *object, const char *key);

bool siam_cli_begins(const char *text, const char *start);

/// Whether two files in the folder have the same bytes.
bool siam_cli_same_files(const char *a, const char *b);

bool siam_cli_exists(const char *name);

void siam_cli_write(const char *name, const char *text);

/// Writes a list of pairs of `data/`: half are same, by class, and half different.
void siam_cli_write_pair_list(const char *name);

size_t siam_cli_count_lines(const char *name);

/// Whole content of a file in the folder, NUL-terminated, to be freed with free(). A missing file fails the
/// test.
char *siam_cli_read(const char *name);

#endif
