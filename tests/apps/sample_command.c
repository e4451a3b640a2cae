/// A command with an option of every kind: prints what it understood, and shows progress for a while.
#include "common/command.h"
#include "common/message.h"
#include "common/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static bool flag, quiet, rate_given;
static const char *text = "default", *choice = "one", *failure, *warning;
static int64_t count = 3, milliseconds, files;
static double rate = 0.5;

static const char *const choices[] = {"one", "two", NULL};
static const app_option options[] = {
    {.heading = "Values"},
    {.name = "flag", .letter = 'f', .flag = &flag, .help = "A flag."},
    {.name = "text", .letter = 't', .value = "TEXT", .text = &text, .help = "A text."},
    {.name = "choice",
     .letter = 'c',
     .value = "NAME",
     .text = &choice,
     .choices = choices,
     .help = "one or two."},
    {.name = "count",
     .value = "N",
     .integer = &count,
     .least = 1,
     .most = 10,
     .help = "A number from 1 to 10."},
    {.name = "rate",
     .value = "X",
     .number = &rate,
     .given = &rate_given,
     .most = 1,
     .above_least = true,
     .help = "A number above 0 and at most 1, with a help that is so long that it needs more than one of the "
             "lines "
             "on a page of eighty columns."},
    {.heading = "Deeds"},
    {.name = "fail", .value = "WORDS", .text = &failure, .help = "Fail."},
    {.name = "warn", .value = "WORDS", .text = &warning, .help = "Warn in the middle of the progress."},
    {.name = "milliseconds",
     .value = "N",
     .integer = &milliseconds,
     .least = 0,
     .most = 60000,
     .help = "Show progress that long."},
    {.name = "files",
     .value = "N",
     .integer = &files,
     .least = 0,
     .most = 1000000,
     .help = "Before it, count so many files within a fifth of a second."},
    APP_OPTION_QUIET(&quiet),
    {0},
};

static const app_note examples[] = {
    {"sample-command --text 'back\\slash' A", ".begins with a point, and has a \\ in it."}, {NULL, NULL}};
static const app_note environment[] = {
    {"SAMPLE", "A variable."}, {"SAMPLE_OF_A_LONG_NAME", "Another variable."}, {NULL, NULL}};

static const app_command command = {
    .name = "sample-command",
    .summary = "try what commands share",
    .arguments = "A [B]",
    .least = 1,
    .most = 2,
    .description = "One paragraph.\n\n'Another' paragraph.\n",
    .options = options,
    .examples = examples,
    .environment = environment,
};

static void show_progress(void) {
  app_progress_begin("waiting", quiet);
  if (files > 0) {
    app_progress_update(1, (uint64_t)files, "files");
    nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
    app_progress_update((uint64_t)files, (uint64_t)files, "files");
  }
  for (int64_t i = 0; i < milliseconds; i += 20) {
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    app_progress_update((uint64_t)(i + 20), (uint64_t)milliseconds, "item %" PRId64, i);
    if (warning != NULL && i <= milliseconds / 2 && i + 20 > milliseconds / 2) app_warn("%s", warning);
  }
  app_progress_end();
}

int main(int argc, char **argv) {
  unsigned argument_count = 0;
  char **arguments = app_begin(&command, argc, argv, &argument_count);
  if (failure != NULL) return app_fail("%s", failure);
  show_progress();
  printf("flag=%d text=%s choice=%s count=%" PRId64 " rate=%g given=%d", flag, text, choice, count, rate,
         rate_given);
  for (unsigned i = 0; i < argument_count; i++) printf(" [%s]", arguments[i]);
  printf("\n%scoloured%s\n", app_paint(stdout, APP_GREEN), app_paint(stdout, APP_PLAIN));
  return APP_SUCCESS;
}
