#include "common/message.h"
#include "common/table.h"
#include "compare/compare.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool is_blank(const siam_comparison *comparison) {
  return comparison->blank[0] || comparison->blank[1];
}

static const char *verdict_of(const siam_comparison *comparison) {
  if (is_blank(comparison)) return "none";
  return comparison->same ? "same" : "different";
}

static void print_blank(const compare_subject *subject, const siam_comparison *comparison) {
  bool both = comparison->blank[0] && comparison->blank[1];
  printf("verdict     %snone%s: ", app_paint(stdout, APP_YELLOW), app_paint(stdout, APP_PLAIN));
  for (int i = 0; i < 2; i++)
    if (comparison->blank[i])
      printf("%s%s %s", both && i == 1 ? ", and " : "", app_show(subject->names[i]),
             siam_blank_describe(comparison->blank[i]));
  printf(", so there is nothing to compare\n");
}

static bool names_part(const siam_comparison *comparison) {
  return comparison->same && (comparison->shown[0] != NULL || comparison->shown[1] != NULL);
}

/// Which part of one picture is what the other shows, or a part of it; the whole comes first.
static void print_shown(const compare_subject *subject, const siam_comparison *comparison) {
  if (!names_part(comparison)) return;
  const int first = comparison->shown[0] != NULL && comparison->shown[1] == NULL ? 1 : 0;
  for (int i = 0; i < 2; i++) {
    const int of = i == 0 ? first : 1 - first;
    const char *shown = comparison->shown[of];
    printf("%s%s%s%s", i == 0 ? "nearest     " : " to ", shown != NULL ? shown : "",
           shown != NULL ? " of " : "", app_show(subject->names[of]));
  }
  printf("\n");
}

/// The threshold, and what it is; also that it is laxer than the usual one, which a rate may well be.
static void print_threshold(const siam_comparison *comparison) {
  printf("%.4f (%s", comparison->threshold, app_show(comparison->point));
  if (strncmp(comparison->point, "far ", 4) == 0 && comparison->threshold > comparison->best_accuracy)
    printf(", laxer than best accuracy at %.4f", comparison->best_accuracy);
  if (comparison->on_training && strcmp(comparison->point, "given") != 0)
    printf(", on the pictures trained on");
  printf(")\n");
}

void compare_print(const compare_subject *subject, const siam_comparison *comparison) {
  if (is_blank(comparison)) {
    print_blank(subject, comparison);
    return;
  }
  printf("distance    %.4f\n", comparison->distance);
  if (isfinite(comparison->similarity)) printf("similarity  %.4f\n", comparison->similarity);
  printf("threshold   ");
  print_threshold(comparison);
  app_colour colour = comparison->same ? APP_GREEN : APP_YELLOW;
  printf("verdict     %s%s%s\n", app_paint(stdout, colour), verdict_of(comparison),
         app_paint(stdout, APP_PLAIN));
  print_shown(subject, comparison);
}

static void add_comparison(app_table *table, const siam_comparison *comparison) {
  if (is_blank(comparison))
    app_table_add(table, "-");
  else
    app_table_add(table, "%.4f", comparison->distance);
  if (isfinite(comparison->similarity))
    app_table_add(table, "%.4f", comparison->similarity);
  else
    app_table_add(table, "-");
  app_table_add(table, "%s", verdict_of(comparison));
}

/// The cell that says which part was nearest, or which two; `names` are the pictures', as the table calls
/// them.
static void add_part(app_table *table, const siam_comparison *comparison, const char *const *names) {
  const char *const *shown = comparison->shown;
  const int of = shown[0] != NULL ? 0 : 1;
  if (!names_part(comparison))
    app_table_add(table, "%s", "");
  else if (shown[0] != NULL && shown[1] != NULL)
    app_table_add(table, "%s of %s, %s of %s", shown[0], names[0], shown[1], names[1]);
  else
    app_table_add(table, "%s of %s", shown[of], names[of]);
}

/// Why pictures of a table have no verdicts: each is named once, with the first pair that it is in.
static void print_blanks(const compare_subject *subject, const siam_comparison *table) {
  for (unsigned i = 0; i < subject->count; i++) {
    siam_blank blank = i > 0 ? table[i - 1].blank[1] : table[0].blank[0];
    if (blank)
      printf("%s %s, so there is nothing to compare\n", app_show(subject->names[i]),
             siam_blank_describe(blank));
  }
}

void compare_print_table(const compare_subject *subject, const siam_comparison *table) {
  static const app_column columns[] = {{"a", false},         {"b", false},       {"distance", true},
                                       {"similarity", true}, {"verdict", false}, {"nearest part", false}};
  static const char *const names[] = {"a", "b"};
  const size_t pairs = (size_t)subject->count * (subject->count - 1) / 2;
  bool parts = false;
  for (size_t i = 0; i < pairs; i++) parts = parts || names_part(&table[i]);
  app_table *rows = app_table_create(columns, parts ? 6 : 5);
  const siam_comparison *next = table;
  for (unsigned i = 0; i < subject->count; i++)
    for (unsigned j = i + 1; j < subject->count; j++, next++) {
      app_table_add(rows, "%s", subject->names[i]);
      app_table_add(rows, "%s", subject->names[j]);
      add_comparison(rows, next);
      if (parts) add_part(rows, next, names);
    }
  app_table_print(rows, stdout);
  app_table_destroy(rows);
  printf("\nthreshold ");
  print_threshold(table);
  print_blanks(subject, table);
}

void compare_print_nearest(const siam_nearest *nearest) {
  static const app_column columns[] = {
      {"file", false}, {"distance", true}, {"similarity", true}, {"verdict", false}, {"nearest part", false}};
  static const char *const names[] = {"A", "the file"};
  bool parts = false;
  for (uint32_t i = 0; i < nearest->count; i++) parts = parts || names_part(&nearest->near[i].comparison);
  app_table *rows = app_table_create(columns, parts ? 5 : 4);
  for (uint32_t i = 0; i < nearest->count; i++) {
    app_table_add(rows, "%s", nearest->near[i].path);
    add_comparison(rows, &nearest->near[i].comparison);
    if (parts) add_part(rows, &nearest->near[i].comparison, names);
  }
  if (nearest->count > 0) app_table_print(rows, stdout);
  app_table_destroy(rows);
  if (nearest->count > 0) printf("\n");
  printf("%u of %u %s %s the same", nearest->same, nearest->files,
         app_plural(nearest->files, "file", "files"), app_plural(nearest->same, "is", "are"));
  if (nearest->blank > 0)
    printf("; %u that %s too little left out", nearest->blank, app_plural(nearest->blank, "shows", "show"));
  if (nearest->broken > 0)
    printf("; %u broken %s left out", nearest->broken, app_plural(nearest->broken, "one", "ones"));
  fputs(nearest->count > 0 ? "\nthreshold " : "\n", stdout);
  if (nearest->count > 0) print_threshold(&nearest->near[0].comparison);
}
