#include "cli.h"

#include "base/file.h"
#include "base/memory.h"
#include "pictures.h"
#include "scratch.h"
#include "shapes.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORDS = 64, FILE_LIMIT = 1 << 26 };

static char *folder;

void siam_cli_begin(bool with_model) {
  static const char encoder[] = "input 16 16 1\nconv 8 3 pad=1\nbatch_norm\nrelu\nmax_pool 2\nflatten\n"
                                "linear 8\nl2_normalize\n";
  folder = siam_scratch_create();
  siam_test_write_shapes(siam_cli_path("data"), 12, 6, 1);
  siam_test_write_shapes(siam_cli_path("held-out"), 8, 6, 2);
  siam_cli_write("tiny.txt", encoder);
  siam_cli_write("flat.txt", "input 16 16 1\nflatten\nlinear 4\nl2_normalize\n");
  if (!with_model) return;
  free(siam_cli_out(0, "siamese-train data -o m.siamese -e tiny.txt --steps 60 -b 8 --holdout 0.3 --quiet"));
}

void siam_cli_end(void) {
  siam_scratch_remove(folder);
}

const char *siam_cli_path(const char *name) {
  return siam_scratch_path(folder, name);
}

/// Takes a line apart in place; returns the number of words.
static size_t split(char *line, const char *words[WORDS]) {
  size_t count = 0;
  while (*(line += strspn(line, " ")) != '\0' && count + 1 < WORDS) {
    char end = *line == '\'' ? '\'' : ' ';
    if (end == '\'') line++;
    words[count++] = line;
    line += strcspn(line, (char[2]){end, '\0'});
    if (*line != '\0') *line++ = '\0';
  }
  words[count] = NULL;
  return count;
}

static siam_command_result run_words(const siam_command_options *options, const char *line,
                                     const char *more) {
  siam_command_options here = options != NULL ? *options : (siam_command_options){0};
  here.folder = folder;
  const char *words[WORDS + 1];
  char *copy = strdup(line);
  size_t count = split(copy, words);
  words[count++] = more;
  words[count] = NULL;
  siam_command_result result = siam_command_run(&here, words);
  free(copy);
  cr_assert_not(result.timed_out, "%s: took too long", line);
  return result;
}

siam_command_result siam_cli_run(const siam_command_options *options, const char *line) {
  return run_words(options, line, NULL);
}

char *siam_cli_out(int code, const char *line) {
  siam_command_result result = siam_cli_run(NULL, line);
  cr_assert_eq(result.code, code, "%s: exit code %d: %s", line, result.code, result.err);
  char *out = strdup(result.out);
  siam_command_release(&result);
  return out;
}

static size_t entries;

static int count_entry(const char *path, const struct stat *information, int kind, struct FTW *place) {
  (void)path, (void)information, (void)kind, (void)place;
  entries++;
  return 0;
}

static size_t count_entries(void) {
  entries = 0;
  nftw(folder, count_entry, 16, FTW_PHYS);
  return entries;
}

/// The message is the last line; what comes before it may only be warnings.
static void expect_message(const siam_cli_refusal *row, const char *errors) {
  char prefix[64], warning[80];
  snprintf(prefix, sizeof prefix, "%.*s: ", (int)strcspn(row->line, " "), row->line);
  snprintf(warning, sizeof warning, "%swarning: ", prefix);
  const char *line = errors;
  while (strncmp(line, warning, strlen(warning)) == 0) line = strchr(line, '\n') + 1;
  const char *end = strchr(line, '\n');
  cr_expect(strncmp(line, prefix, strlen(prefix)) == 0, "%s: %s", row->line, errors);
  cr_expect(end != NULL && end[1] == '\0', "%s: one line is enough: %s", row->line, errors);
  for (size_t i = 0; i < 3 && row->parts[i] != NULL; i++)
    cr_expect_not_null(strstr(line, row->parts[i]), "%s: no \"%s\" in: %s", row->line, row->parts[i], errors);
}

void siam_cli_expect_refusals(const siam_cli_refusal *rows) {
  for (; rows->line != NULL; rows++) {
    size_t before = count_entries();
    siam_command_result result = siam_cli_run(NULL, rows->line);
    cr_expect_eq(result.code, 2, "%s: exit code %d", rows->line, result.code);
    cr_expect_str_eq(result.out, "", "%s: %s", rows->line, result.out);
    expect_message(rows, result.err);
    cr_expect_eq(count_entries(), before, "%s: leaves a file behind, or removes one", rows->line);
    siam_command_release(&result);
  }
}

static void expect_keys(const char *line, const json_t *object, const char *keys) {
  size_t count = 0;
  char *copy = strdup(keys), *rest = NULL;
  for (char *key = strtok_r(copy, " ", &rest); key != NULL; key = strtok_r(NULL, " ", &rest), count++)
    cr_expect_not_null(json_object_get(object, key), "%s: no \"%s\"", line, key);
  cr_expect_eq(json_object_size(object), count, "%s: %zu keys", line, json_object_size(object));
  free(copy);
}

json_t *siam_cli_json(int code, const char *line, const char *keys) {
  siam_command_result result = run_words(NULL, line, "--json");
  cr_assert_eq(result.code, code, "%s: exit code %d: %s", line, result.code, result.err);
  json_error_t error;
  json_t *object = json_loads(result.out, JSON_REJECT_DUPLICATES, &error);
  cr_assert_not_null(object, "%s: %s: %s", line, error.text, result.out);
  expect_keys(line, object, keys);
  siam_command_release(&result);
  return object;
}

json_int_t siam_cli_integer(const json_t *object, const char *key) {
  cr_assert(json_is_integer(json_object_get(object, key)), "%s", key);
  return json_integer_value(json_object_get(object, key));
}

double siam_cli_number(const json_t *object, const char *key) {
  cr_assert(json_is_number(json_object_get(object, key)), "%s", key);
  return json_number_value(json_object_get(object, key));
}

bool siam_cli_begins(const char *text, const char *start) {
  return strncmp(text, start, strlen(start)) == 0;
}

bool siam_cli_same_files(const char *a, const char *b) {
  uint8_t *bytes[2] = {NULL, NULL};
  size_t counts[2] = {0, 0};
  const char *names[2] = {a, b};
  for (int i = 0; i < 2; i++)
    cr_assert_eq(siam_file_read(siam_cli_path(names[i]), FILE_LIMIT, &bytes[i], &counts[i]), SIAM_OK, "%s",
                 siam_last_error());
  bool same = counts[0] == counts[1] && memcmp(bytes[0], bytes[1], counts[0]) == 0;
  for (int i = 0; i < 2; i++) siam_free(bytes[i]);
  return same;
}

bool siam_cli_exists(const char *name) {
  return access(siam_cli_path(name), F_OK) == 0;
}

void siam_cli_write(const char *name, const char *text) {
  siam_test_write(siam_cli_path(name), text, strlen(text));
}

void siam_cli_write_pair_list(const char *name) {
  static char list[65536];
  size_t length = (size_t)sprintf(list, "a,b,label\n");
  for (int c = 0; c < 12; c++)
    for (int p = 0; p < 4; p++)
      length += (size_t)sprintf(list + length,
                                "data/group%d/class%02d/%02d.pgm,data/group%d/class%02d/%02d.pgm,1\n"
                                "data/group%d/class%02d/%02d.pgm,data/group%d/class%02d/%02d.pgm,0\n",
                                c % 2, c, p, c % 2, c, p + 1, c % 2, c, p, c % 2, c ^ 2, p);
  siam_cli_write(name, list);
}

size_t siam_cli_count_lines(const char *name) {
  char *text = siam_cli_read(name);
  size_t lines = 0;
  for (const char *byte = text; *byte != '\0'; byte++) lines += *byte == '\n';
  free(text);
  return lines;
}

char *siam_cli_read(const char *name) {
  uint8_t *bytes = NULL;
  size_t count = 0;
  cr_assert_eq(siam_file_read(siam_cli_path(name), FILE_LIMIT, &bytes, &count), SIAM_OK, "%s",
               siam_last_error());
  char *text = strdup((const char *)bytes);
  siam_free(bytes);
  return text;
}
