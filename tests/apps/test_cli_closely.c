// Models that look closer at pictures, and the list of distances by which that is seen.
#include "cli.h"
#include "compare_keys.h"
#include "pictures.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TRAIN "siamese-train data -e tiny.txt -b 8 --steps 20 -q "

static void begin(void) {
  siam_cli_begin(true);
}
TestSuite(cli_closely, .init = begin, .fini = siam_cli_end, .timeout = 300);

/// A row of a list of distances. Names point into the list.
typedef struct distance_row {
  const char *a, *b, *label;
  double distance;
} distance_row;

/// Reads a list whose names hold neither comma nor quote. Free both with free().
static distance_row *read_distances(const char *name, char **list, size_t *count) {
  *list = siam_cli_read(name);
  distance_row *rows = calloc(siam_cli_count_lines(name), sizeof *rows);
  char *line = strtok(*list, "\n");
  cr_assert_str_eq(line, "a,b,label,distance");
  for (*count = 0; (line = strtok(NULL, "\n")) != NULL; (*count)++) {
    char *b = strchr(line, ','), *label = strchr(b + 1, ','), *distance = strchr(label + 1, ',');
    *b = *label = *distance = '\0';
    rows[*count] = (distance_row){line, b + 1, label + 1, strtod(distance + 1, NULL)};
  }
  return rows;
}

static double compare(const char *model, const distance_row *row) {
  char line[1024];
  snprintf(line, sizeof line, "siamese-compare -m %s --threshold 1 %s %s --json", model, row->a, row->b);
  siam_command_result result = siam_cli_run(NULL, line);
  json_t *object = json_loads(result.out, 0, NULL);
  cr_assert_not_null(object, "%s%s", result.out, result.err);
  const double distance = siam_cli_number(object, "distance");
  json_decref(object);
  siam_command_release(&result);
  return distance;
}

Test(cli_closely, every_pair_is_listed_with_the_distance_that_comparing_gives) {
  char *list;
  size_t count, same = 0;
  free(siam_cli_out(0, TRAIN "--views closely -o closely.siamese"));
  free(siam_cli_out(0,
                    "siamese-eval -m closely.siamese held-out --pairs 60 --trials 20 --distances d.csv -q"));
  distance_row *rows = read_distances("d.csv", &list, &count);
  cr_assert_eq(count, 60);
  for (size_t i = 0; i < count; i++) {
    same += strcmp(rows[i].label, "same") == 0;
    if (i % 10 == 0) cr_expect_float_eq(compare("closely.siamese", &rows[i]), rows[i].distance, 1e-6);
  }
  cr_expect_eq(same, 30);
  cr_expect_eq(compare("closely.siamese", &(distance_row){.a = rows[0].a, .b = rows[0].a}), 0);
  free(rows);
  free(list);
}

Test(cli_closely, a_closer_look_makes_no_pair_nearer_and_some_farther) {
  char *lists[2];
  size_t counts[2], farther = 0;
  free(siam_cli_out(0, TRAIN "--views closely -o closely.siamese"));
  free(siam_cli_out(0, TRAIN "--views copies -o copies.siamese"));
  free(siam_cli_out(0,
                    "siamese-eval -m closely.siamese held-out --pairs 60 --trials 20 --distances d.csv -q"));
  free(
      siam_cli_out(0, "siamese-eval -m copies.siamese held-out --pairs 60 --trials 20 --distances e.csv -q"));
  distance_row *closely = read_distances("d.csv", &lists[0], &counts[0]);
  distance_row *copies = read_distances("e.csv", &lists[1], &counts[1]);
  cr_assert_eq(counts[0], counts[1]);
  for (size_t i = 0; i < counts[0]; i++) {
    cr_expect_str_eq(closely[i].a, copies[i].a);
    cr_expect(closely[i].distance >= copies[i].distance * (1 - 1e-6), "%s %s: %g, %g", closely[i].a,
              closely[i].b, closely[i].distance, copies[i].distance);
    farther += closely[i].distance > copies[i].distance * 1.001;
  }
  cr_expect_gt(farther, 0);
  free(closely);
  free(copies);
  for (int i = 0; i < 2; i++) free(lists[i]);
}

Test(cli_closely, leaks_and_explanations_go_by_the_same_pictures) {
  free(siam_cli_out(0, TRAIN "--views closely -o closely.siamese"));
  siam_command_result result = siam_cli_run(
      NULL, "siamese-eval -m closely.siamese data --training data --pairs 60 --trials 20 --json");
  json_t *object = json_loads(result.out, 0, NULL);
  cr_assert_not_null(object, "%s%s", result.out, result.err);
  // What it was trained on is found there, every picture of it.
  const json_t *leakage = json_object_get(object, "leakage");
  cr_expect_eq(siam_cli_integer(leakage, "exact"), siam_cli_integer(object, "images"));
  json_decref(object);
  siam_command_release(&result);
  result = siam_cli_run(NULL, "siamese-compare -m closely.siamese --explain why.png "
                              "data/group0/class00/00.pgm data/group0/class00/01.pgm");
  cr_expect_lt(result.code, 2, "%s", result.err);
  cr_expect(siam_cli_exists("why.png"));
  siam_command_release(&result);
}

Test(cli_closely, every_refusal_comes_before_the_work) {
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {TRAIN "--views closely --holdout 0 -o t.siamese", {"\"closely\"", "--val", "copies"}},
      {"siamese-eval -m m.siamese held-out --distances nowhere/d.csv", {"nowhere"}},
      {"siamese-eval -m m.siamese held-out --distances m.siamese", {"m.siamese", "list of distances"}},
      {"siamese-eval -m m.siamese held-out --report r.html --distances ./r.html", {"r.html", "distances"}},
      {"siamese-eval -m m.siamese held-out --one-shot-runs --distances d.csv", {"--distances", "leave out"}},
      {"siamese-eval --compare-models m.siamese m.siamese held-out --distances d.csv",
       {"--distances", "leave out"}},
      {NULL, {0}}});
}
