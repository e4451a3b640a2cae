#include "common/command.h"

#include "common/manual.h"
#include "common/message.h"
#include "common/number.h"
#include "common/progress.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool wants_help, wants_version, wants_man_page, wants_completion;

const app_option app_standard_options[] = {
    {.name = "help", .letter = 'h', .flag = &wants_help, .help = "Print this help and exit."},
    {.name = "version", .flag = &wants_version, .help = "Print the version and exit."},
    {0},
};

/// Read like the others but in no help: the build calls them.
static const app_option hidden_options[] = {
    {.name = "man-page", .flag = &wants_man_page},
    {.name = "completion", .flag = &wants_completion},
    {0},
};

/// getopt_long() answers a letter, or this plus the row of a long name.
enum { FIRST_ROW = 256 };

/// getopt_long()'s form of a table, and where each of its rows came from.
typedef struct option_table {
  const app_command *command;
  const app_option **rows;
  struct option *forms;
  char *letters;
  size_t count;
} option_table;

static size_t rows_of(const app_option *options) {
  size_t count = 0;
  while (options[count].name != NULL || options[count].heading != NULL) count++;
  return count;
}

static void take_rows(option_table *table, const app_option *options) {
  for (size_t i = 0; i < rows_of(options); i++) {
    if (options[i].name == NULL) continue;
    bool has_value = options[i].flag == NULL;
    struct option *form = &table->forms[table->count];
    *form = (struct option){.name = options[i].name,
                            .has_arg = has_value ? required_argument : no_argument,
                            .val = FIRST_ROW + (int)table->count};
    table->rows[table->count++] = &options[i];
    size_t end = strlen(table->letters);
    if (options[i].letter != 0)
      sprintf(table->letters + end, "%c%s", options[i].letter, has_value ? ":" : "");
  }
}

static option_table option_table_create(const app_command *command) {
  size_t most = rows_of(command->options) + rows_of(app_standard_options) + rows_of(hidden_options) + 1;
  option_table made = {.command = command};
  made.rows = app_allocate(most, sizeof(const app_option *));
  made.forms = app_allocate(most, sizeof *made.forms);
  made.letters = app_allocate(2 * most + 2, 1);
  // The colon has getopt_long() tell a missing value from an unknown option.
  made.letters[0] = ':';
  take_rows(&made, command->options);
  take_rows(&made, app_standard_options);
  take_rows(&made, hidden_options);
  return made;
}

static void option_table_release(option_table *table) {
  free((void *)table->rows);
  free(table->forms);
  free(table->letters);
}

/// A mistake in the command line: one line, and where to read on.
__attribute__((format(printf, 1, 2), noreturn)) static void refuse(const char *format, ...) {
  char *message = NULL;
  va_list arguments;
  va_start(arguments, format);
  if (vasprintf(&message, format, arguments) < 0) message = NULL;
  va_end(arguments);
  if (message == NULL) app_end_without_memory();
  bool asks = message[strlen(message) - 1] == '?';
  app_fail("%s%s %s --help", message, asks ? " Try" : "; try", app_name());
  exit(APP_TROUBLE);
}

static size_t smallest(size_t a, size_t b, size_t c) {
  size_t ab = a < b ? a : b;
  return ab < c ? ab : c;
}

/// How many letters to add, drop or change to turn one word into the other (Levenshtein 1966).
static size_t difference(const char *a, const char *b) {
  enum { MOST = 32 };
  size_t row[MOST + 1], length = strlen(b);
  if (length > MOST) return MOST;
  for (size_t j = 0; j <= length; j++) row[j] = j;
  for (size_t i = 1; a[i - 1] != '\0'; i++) {
    size_t corner = row[0];
    row[0] = i;
    for (size_t j = 1; j <= length; j++) {
      size_t above = row[j];
      row[j] = smallest(row[j] + 1, row[j - 1] + 1, corner + (a[i - 1] != b[j - 1]));
      corner = above;
    }
  }
  return row[length];
}

__attribute__((noreturn)) static void refuse_unknown(const option_table *table, const char *word) {
  const char *nearest = NULL;
  size_t least = 3;
  size_t length = strcspn(word, "=");
  char name[64];
  snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), word);
  for (size_t i = 0; strncmp(name, "--", 2) == 0 && i < table->count; i++) {
    if (table->rows[i]->help == NULL) continue;
    size_t distance = difference(name + 2, table->rows[i]->name);
    if (distance >= least) continue;
    least = distance;
    nearest = table->rows[i]->name;
  }
  if (nearest != NULL) refuse("there is no option %s; did you mean --%s?", name, nearest);
  refuse("there is no option %s", name);
}

static void check_limits(const app_option *option, const char *text, double value) {
  if (option->least == 0 && option->most == 0 && !option->above_least) return;
  bool has_most = option->most > option->least;
  if (value < option->least || (option->above_least && value == option->least))
    refuse("--%s %s: must be %s %.15g", option->name, text, option->above_least ? "above" : "at least",
           option->least);
  if (has_most && value > option->most)
    refuse("--%s %s: must be at most %.15g", option->name, text, option->most);
}

static void check_choice(const app_option *option, const char *text) {
  char list[512] = "";
  for (const char *const *choice = option->choices; *choice != NULL; choice++) {
    if (strcmp(*choice, text) == 0) return;
    size_t length = strlen(list);
    snprintf(list + length, sizeof list - length, "%s%s", length > 0 ? ", " : "", *choice);
  }
  refuse("--%s %s: must be one of %s", option->name, text, list);
}

static void take_value(const app_option *option, const char *text) {
  if (option->given != NULL) *option->given = true;
  if (option->flag != NULL) {
    *option->flag = true;
  } else if (option->text != NULL) {
    if (text[0] == '\0') refuse("--%s: the value is empty", option->name);
    if (option->choices != NULL) check_choice(option, text);
    *option->text = text;
  } else if (option->integer != NULL && option->word != NULL && strcmp(text, option->word) == 0) {
    *option->integer = option->word_value;
  } else if (option->integer != NULL) {
    if (!app_read_integer(text, option->integer))
      refuse("--%s %s: not a whole number%s%s", option->name, text, option->word != NULL ? ", nor " : "",
             option->word != NULL ? option->word : "");
    check_limits(option, text, (double)*option->integer);
  } else {
    if (!app_read_number(text, option->number)) refuse("--%s %s: not a number", option->name, text);
    check_limits(option, text, *option->number);
  }
}

/// The row that getopt_long() means; NULL for none.
static const app_option *find_row(const option_table *table, int answer) {
  if (answer >= FIRST_ROW) return table->rows[answer - FIRST_ROW];
  for (size_t i = 0; i < table->count; i++)
    if (answer != 0 && table->rows[i]->letter == answer) return table->rows[i];
  return NULL;
}

/// getopt_long() answered '?' or ':': says what is wrong with the word it stopped at.
__attribute__((noreturn)) static void refuse_word(const option_table *table, int answer, char **argv) {
  const app_option *row = find_row(table, optopt);
  if (answer == ':' && row != NULL) refuse("--%s: a value is missing", row->name);
  if (row != NULL) refuse("--%s takes no value", row->name);
  // Within a bundle of letters the word is not passed yet, and optopt is the letter.
  if (optopt != 0) refuse("there is no option -%c", optopt);
  refuse_unknown(table, argv[optind - 1]);
}

static void read_options(const app_command *command, int argc, char **argv) {
  option_table table = option_table_create(command);
  opterr = 0;
  for (;;) {
    int answer = getopt_long(argc, argv, table.letters, table.forms, NULL);
    if (answer == -1) break;
    if (answer == '?' || answer == ':') refuse_word(&table, answer, argv);
    take_value(find_row(&table, answer), optarg);
  }
  option_table_release(&table);
}

static void print_wanted(const app_command *command) {
  if (wants_help)
    app_print_help(command);
  else if (wants_version)
    printf("%s %s\n", command->name, SIAMESE_VERSION);
  else if (wants_man_page)
    app_print_man_page(command);
  else if (wants_completion)
    app_print_completion(command);
  else
    return;
  exit(APP_SUCCESS);
}

static void check_count(const app_command *command, unsigned count) {
  if (command->arguments[0] == '\0' && count > 0) refuse("no arguments are expected after the options");
  if (count < command->least) refuse("arguments are missing: %s", command->arguments);
  if (command->most > 0 && count > command->most) refuse("too many arguments: %s is all", command->arguments);
}

/// A full disk shows when the last bytes are written: it must not pass for success.
static void finish(void) {
  app_progress_end();
  if (fflush(stdout) == 0 && ferror(stdout) == 0) return;
  app_fail("cannot write to standard output: %m");
  _exit(APP_TROUBLE);
}

/// Writes a word in single quotes where it has a letter that a shell could take for something else; a single
/// quote ends the quotes, stands alone behind a backslash, and begins them again.
static char *add_word(char *end, const char *word) {
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=,+@%";
  if (word[0] != '\0' && word[strspn(word, plain)] == '\0') return stpcpy(end, word);
  *end++ = '\'';
  for (; *word != '\0'; word++) {
    if (*word == '\'')
      end = stpcpy(end, "'\\''");
    else
      *end++ = *word;
  }
  *end++ = '\'';
  return end;
}

char *app_line(const app_command *command, int argc, char *const *argv) {
  app_set_name(command->name);
  size_t size = 1;
  // A quote becomes four characters; two quotes and a blank are added to each word.
  for (int i = 0; i < argc; i++) size += 4 * strlen(argv[i]) + 3;
  char *line = app_allocate(size, 1), *end = line;
  for (int i = 0; i < argc; i++) {
    if (i > 0) *end++ = ' ';
    end = add_word(end, argv[i]);
  }
  *end = '\0';
  return line;
}

char **app_begin(const app_command *command, int argc, char **argv, unsigned *count) {
  app_set_name(command->name);
  atexit(finish);
  read_options(command, argc, argv);
  print_wanted(command);
  *count = (unsigned)(argc - optind);
  check_count(command, *count);
  return argv + optind;
}
