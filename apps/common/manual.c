#include "common/manual.h"

#include "common/message.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { PAGE_WIDTH = 80, HELP_COLUMN = 26, LINE_SIZE = 4096 };

static const app_note standard_exit_codes[] = {
    {"0", "Success."},
    {"2", "Trouble; standard error says what and what to do."},
    {NULL, NULL},
};

static const app_note standard_environment[] = {
    {"SIAMESE_DEVICE", "The device to use where --device is not given."},
    {"SIAMESE_CACHE_DIR", "Folder for compiled kernels and tuning results; off: none. Default: "
                          "$XDG_CACHE_HOME/siamese, else ~/.cache/siamese."},
    {"SIAMESE_DECODE",
     "inside: decode pictures in the program itself; process: in processes without rights or not "
     "at all. Default: in processes where the system allows it."},
    {"SIAMESE_DEVICE_MEMORY", "Use no more memory of the device than so many MiB."},
    {"SIAMESE_LOG", "debug: show messages for debugging."},
    {"NO_COLOR", "If set and not empty, no colour is used."},
    {NULL, NULL},
};

/// Prints words from `column` on, going on in the next line at `indent` where the page ends.
static void print_wrapped(const char *text, size_t column, size_t indent) {
  while (*text != '\0') {
    size_t length = strcspn(text, " ");
    if (column > indent && column + 1 + length > PAGE_WIDTH) {
      printf("\n%*s", (int)indent, "");
      column = indent;
    } else if (column > indent) {
      putchar(' ');
      column++;
    }
    printf("%.*s", (int)length, text);
    column += length;
    text += length + (text[length] == ' ');
  }
  putchar('\n');
}

/// Copies the line at `*text`, past empty ones, and goes on to the next; false at the end.
static bool take_line(const char **text, char line[LINE_SIZE]) {
  *text += strspn(*text, "\n");
  if (**text == '\0') return false;
  size_t length = strcspn(*text, "\n");
  snprintf(line, LINE_SIZE, "%.*s", (int)length, *text);
  *text += length + ((*text)[length] == '\n');
  return true;
}

static void print_option(const app_option *option) {
  char left[128];
  int length = option->letter != 0 ? snprintf(left, sizeof left, "  -%c, ", option->letter)
                                   : snprintf(left, sizeof left, "      ");
  snprintf(left + length, sizeof left - (size_t)length, "--%s%s%s", option->name,
           option->value != NULL ? " " : "", option->value != NULL ? option->value : "");
  size_t width = strlen(left);
  if (width + 2 > HELP_COLUMN)
    printf("%s\n%*s", left, HELP_COLUMN, "");
  else
    printf("%-*s", HELP_COLUMN, left);
  print_wrapped(option->help, HELP_COLUMN, HELP_COLUMN);
}

static void print_options(const app_option *first) {
  for (const app_option *options = first; options->name != NULL || options->heading != NULL; options++) {
    if (options->heading != NULL)
      printf("%s%s:\n", options == first ? "" : "\n", options->heading);
    else
      print_option(options);
  }
}

/// Columns for the subjects of `notes`, which may be NULL, and a gap of two; at least `least`.
static int width_of_subjects(const app_note *notes, int least) {
  for (; notes != NULL && notes->subject != NULL; notes++)
    if ((int)strlen(notes->subject) + 2 > least) least = (int)strlen(notes->subject) + 2;
  return least;
}

static void print_notes(const char *title, const app_note *notes, int width) {
  if (title != NULL) printf("\n%s:\n", title);
  for (; notes->subject != NULL; notes++) {
    printf("  %-*s", width, notes->subject);
    print_wrapped(notes->meaning, (size_t)width + 2, (size_t)width + 2);
  }
}

static const app_note *exit_codes(const app_command *command) {
  return command->exit_codes != NULL ? command->exit_codes : standard_exit_codes;
}

void app_print_help(const app_command *command) {
  printf("Usage: %s [OPTION]...%s%s\n", command->name, command->arguments[0] != '\0' ? " " : "",
         command->arguments);
  printf("%c%s.\n\n", toupper((unsigned char)command->summary[0]), command->summary + 1);
  char line[LINE_SIZE];
  for (const char *text = command->description; take_line(&text, line);) {
    print_wrapped(line, 0, 0);
    putchar('\n');
  }
  bool begins_with_heading = command->options[0].heading != NULL;
  if (!begins_with_heading) puts("Options:");
  print_options(command->options);
  if (begins_with_heading) puts("\nOthers:");
  print_options(app_standard_options);
  puts("\nExamples:");
  for (const app_note *example = command->examples; example->subject != NULL; example++) {
    printf("  %s\n      ", example->subject);
    print_wrapped(example->meaning, 6, 6);
  }
  print_notes("Exit status", exit_codes(command), 3);
  int width = width_of_subjects(command->environment, width_of_subjects(standard_environment, 0));
  print_notes("Environment", standard_environment, width);
  if (command->environment != NULL) print_notes(NULL, command->environment, width);
}

/// Text for roff: dashes stay dashes, backslashes too, and no line begins with a request.
static void put_roff(const char *text) {
  bool line_begins = true;
  for (; *text != '\0'; text++) {
    if (line_begins && (*text == '.' || *text == '\'')) fputs("\\&", stdout);
    line_begins = *text == '\n';
    if (*text == '\\')
      fputs("\\e", stdout);
    else if (*text == '-')
      fputs("\\-", stdout);
    else
      putchar(*text);
  }
}

static void put_roff_line(const char *before, const char *text) {
  fputs(before, stdout);
  put_roff(text);
  putchar('\n');
}

static void put_roff_options(const app_option *options) {
  for (; options->name != NULL || options->heading != NULL; options++) {
    if (options->heading != NULL) {
      put_roff_line(".SS ", options->heading);
      continue;
    }
    puts(".TP");
    if (options->letter != 0) printf("\\fB\\-%c\\fR, ", options->letter);
    fputs("\\fB\\-\\-", stdout);
    put_roff(options->name);
    fputs("\\fR", stdout);
    if (options->value != NULL) {
      fputs(" \\fI", stdout);
      put_roff(options->value);
      fputs("\\fR", stdout);
    }
    putchar('\n');
    put_roff_line("", options->help);
  }
}

static void put_roff_notes(const char *title, const app_note *notes) {
  if (title != NULL) printf(".SH %s\n", title);
  for (; notes->subject != NULL; notes++) {
    puts(".TP");
    put_roff_line(".B ", notes->subject);
    put_roff_line("", notes->meaning);
  }
}

void app_print_man_page(const app_command *command) {
  printf(".TH \"");
  for (const char *letter = command->name; *letter != '\0'; letter++)
    fputs(*letter == '-' ? "\\-" : (char[2]){(char)toupper((unsigned char)*letter), '\0'}, stdout);
  printf("\" 1 \"\" \"Siamese %s\" \"User Commands\"\n", SIAMESE_VERSION);
  puts(".SH NAME");
  put_roff(command->name);
  put_roff_line(" \\- ", command->summary);
  puts(".SH SYNOPSIS");
  put_roff_line(".B ", command->name);
  put_roff_line(command->arguments[0] != '\0' ? "[\\fIOPTION\\fR]... " : "[\\fIOPTION\\fR]...",
                command->arguments);
  puts(".SH DESCRIPTION");
  char line[LINE_SIZE];
  for (const char *text = command->description; take_line(&text, line);) {
    puts(".PP");
    put_roff_line("", line);
  }
  puts(".SH OPTIONS");
  put_roff_options(command->options);
  put_roff_options(app_standard_options);
  put_roff_notes("EXAMPLES", command->examples);
  put_roff_notes("EXIT STATUS", exit_codes(command));
  put_roff_notes("ENVIRONMENT", standard_environment);
  if (command->environment != NULL) put_roff_notes(NULL, command->environment);
}

static void print_choices(const app_option *options) {
  for (; options->name != NULL || options->heading != NULL; options++) {
    if (options->name == NULL || options->choices == NULL) continue;
    printf("    --%s", options->name);
    if (options->letter != 0) printf(" | -%c", options->letter);
    fputs(") words=\"", stdout);
    for (const char *const *choice = options->choices; *choice != NULL; choice++)
      printf("%s%s", choice == options->choices ? "" : " ", *choice);
    puts("\" ;;");
  }
}

static void print_names(const app_option *options) {
  for (; options->name != NULL || options->heading != NULL; options++)
    if (options->name != NULL) printf(" --%s", options->name);
}

void app_print_completion(const app_command *command) {
  char function[64];
  snprintf(function, sizeof function, "_%s", command->name);
  for (char *letter = function; *letter != '\0'; letter++)
    if (*letter == '-') *letter = '_';
  printf("# bash completion for %s\n%s() {\n  local word=${COMP_WORDS[COMP_CWORD]} words=\n", command->name,
         function);
  puts("  case ${COMP_WORDS[COMP_CWORD - 1]} in");
  print_choices(command->options);
  fputs("    *) [[ $word == -* ]] && words=\"", stdout);
  print_names(command->options);
  print_names(app_standard_options);
  puts("\" ;;\n  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}");
  printf("complete -o default -F %s %s\n", function, command->name);
}
