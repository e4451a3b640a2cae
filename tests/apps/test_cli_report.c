#include "cli.h"
#include "pictures.h"
#include "scratch.h"
#include "shapes.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/// A report is one page; what it shows lies in it as JSON. The tests read that, and, where Chromium is
/// installed, let it draw the page and turn its knobs.
static void begin(void) {
  siam_cli_begin(true);
}
TestSuite(cli_report, .init = begin, .fini = siam_cli_end, .timeout = 300);

#define REPORT "siamese-eval -m m.siamese held-out --pairs 200 --trials 50 -q --report r.html"

/// The JSON of a page; released with json_decref().
static json_t *read_data(const char *name) {
  static const char open[] = "<script id=\"data\" type=\"application/json\">";
  char *page = siam_cli_read(name);
  char *begin_of = strstr(page, open);
  cr_assert_not_null(begin_of);
  begin_of += strlen(open);
  char *end = strstr(begin_of, "</script>");
  cr_assert_not_null(end);
  *end = '\0';
  cr_assert_null(strchr(begin_of, '<'), "nothing in the JSON can end its element");
  json_error_t error;
  json_t *data = json_loads(begin_of, JSON_REJECT_DUPLICATES, &error);
  cr_assert_not_null(data, "%s", error.text);
  free(page);
  return data;
}

/// The value of a figure by its name.
static double figure(const json_t *data, const char *name) {
  const json_t *row;
  size_t i;
  json_array_foreach(json_object_get(data, "figures"), i, row) {
    if (strncmp(json_string_value(json_object_get(row, "name")), name, strlen(name)) == 0)
      return siam_cli_number(row, "value");
  }
  cr_assert_fail("no figure %s", name);
  return 0;
}

Test(cli_report, shows_the_figures_that_the_command_prints) {
  siam_command_result result = siam_cli_run(NULL, REPORT " --json");
  cr_assert_eq(result.code, 0, "%s", result.err);
  json_t *printed = json_loads(result.out, 0, NULL), *data = read_data("r.html");
  const json_t *verification = json_object_get(printed, "verification");
  const json_t *auc = json_object_get(verification, "roc_auc"), *found;
  // Both are printed with nine digits.
  cr_expect_eq(figure(data, "ROC AUC"), siam_cli_number(auc, "value"));
  cr_expect_eq(siam_cli_number(json_object_get(data, "reliability"), "expected_error"),
               siam_cli_number(printed, "calibration_error"));
  found = json_object_get(json_object_get(printed, "retrieval"), "map_at_r");
  cr_expect_eq(figure(data, "mAP@R"), siam_cli_number(found, "value"));
  cr_expect_str_eq(json_string_value(json_object_get(data, "command")), REPORT " --json");
  cr_expect_eq(siam_cli_integer(data, "seed"), 1);
  cr_expect_eq(strlen(json_string_value(json_object_get(json_object_get(data, "data"), "fingerprint"))), 16);
  json_decref(printed);
  json_decref(data);
  siam_command_release(&result);
}

Test(cli_report, curve_histogram_and_thresholds_agree_with_each_other) {
  free(siam_cli_out(0, REPORT));
  json_t *data = read_data("r.html");
  const json_t *distances = json_object_get(data, "distances"), *curve = json_object_get(data, "curve");
  const json_t *same = json_object_get(distances, "same"),
               *different = json_object_get(distances, "different");
  json_int_t all_same = siam_cli_integer(json_object_get(data, "data"), "same_pairs");
  json_int_t all_different = siam_cli_integer(json_object_get(data, "data"), "different_pairs");
  size_t count = json_array_size(same), i;
  const json_t *row;
  cr_assert_eq(json_array_size(different), count);
  cr_assert_leq(count, 402);
  cr_expect_eq(json_integer_value(json_array_get(same, count - 1)), all_same);
  cr_expect_eq(json_integer_value(json_array_get(different, count - 1)), all_different);
  // Every count of the slider is a point of the ROC curve: TAR at its FAR is at least what is accepted there.
  double low = 0, high = 0, before[2] = {0, 0};
  json_array_foreach(curve, i, row) {
    double far = json_number_value(json_array_get(row, 0)), tar = json_number_value(json_array_get(row, 1));
    cr_expect(far >= before[0] && tar >= before[1]);
    low += (far - before[0]) * before[1];
    high += (far - before[0]) * tar;
    before[0] = far;
    before[1] = tar;
    for (size_t t = 0; t < count; t++) {
      double accepted = (double)json_integer_value(json_array_get(different, t));
      if (accepted <= far * (double)all_different)
        cr_expect_geq(tar * (double)all_same + 1e-6, (double)json_integer_value(json_array_get(same, t)));
    }
  }
  cr_expect_eq(before[0], 1);
  cr_expect_eq(before[1], 1);
  cr_expect(low <= figure(data, "ROC AUC") && figure(data, "ROC AUC") <= high, "%g to %g", low, high);
  const json_t *point = json_array_get(json_object_get(distances, "points"), 0);
  double right =
      (double)(siam_cli_integer(point, "same") + all_different - siam_cli_integer(point, "different"));
  cr_expect_float_eq(right / (double)(all_same + all_different), figure(data, "Accuracy"), 1e-8);
  json_decref(data);
}

Test(cli_report, examples_are_on_their_side_of_the_threshold_and_in_order) {
  free(siam_cli_out(0, REPORT));
  json_t *data = read_data("r.html");
  double threshold = siam_cli_number(json_object_get(data, "distances"), "threshold");
  size_t pictures = json_array_size(json_object_get(data, "pictures"));
  static const struct {
    const char *key;
    bool near, falling;
  } lists[] = {{"false_accepts", true, false},
               {"false_rejects", false, true},
               {"lucky_same", true, true},
               {"lucky_different", false, false}};
  size_t all = 0;
  for (size_t l = 0; l < 4; l++) {
    const json_t *list = json_object_get(json_object_get(data, "examples"), lists[l].key), *pair;
    double before = lists[l].falling ? 1e9 : 0;
    size_t i;
    json_array_foreach(list, i, pair) {
      double distance = siam_cli_number(pair, "distance");
      cr_expect_eq(distance <= threshold, lists[l].near);
      cr_expect(lists[l].falling ? distance <= before : distance >= before);
      before = distance;
      cr_expect_lt((size_t)siam_cli_integer(pair, "a"), pictures);
      cr_expect_lt((size_t)siam_cli_integer(pair, "b"), pictures);
      all++;
    }
  }
  cr_expect_gt(all, 12);
  cr_expect_eq(json_array_size(json_object_get(json_object_get(data, "map"), "points")), 48);
  json_decref(data);
}

Test(cli_report, the_same_command_gives_the_same_bytes_and_other_data_another_fingerprint) {
  free(siam_cli_out(0, REPORT));
  rename(siam_cli_path("r.html"), siam_cli_path("first.html"));
  free(siam_cli_out(0, REPORT));
  cr_expect(siam_cli_same_files("first.html", "r.html"));
  siam_test_write_flat(siam_cli_path("held-out/group0/class00/new.pgm"), 16, 3);
  free(siam_cli_out(0, REPORT));
  json_t *first = read_data("first.html"), *second = read_data("r.html");
  cr_expect_str_neq(json_string_value(json_object_get(json_object_get(first, "data"), "fingerprint")),
                    json_string_value(json_object_get(json_object_get(second, "data"), "fingerprint")));
  json_decref(first);
  json_decref(second);
}

/// Names that would be markup, end the script, steer a terminal, or are no UTF-8.
static void use_hostile_names(void) {
  static const char *const names[] = {"<script><!-- ", "a&b <i>\"x\" 'y'", "bell\a\ttab", "\xff\xfe"};
  char from[64], to[128];
  for (int i = 0; i < 4; i++) {
    snprintf(from, sizeof from, "held-out/group%d/class%02d", i % 2, i);
    snprintf(to, sizeof to, "held-out/group%d/%s", i % 2, names[i]);
    cr_assert_eq(rename(siam_cli_path(from), siam_cli_path(to)), 0);
  }
}

Test(cli_report, names_cannot_break_out_of_the_page) {
  use_hostile_names();
  free(siam_cli_out(0, REPORT));
  json_t *data = read_data("r.html");
  size_t found = 0, i;
  const json_t *point;
  json_array_foreach(json_object_get(json_object_get(data, "map"), "points"), i, point) {
    const char *name = json_string_value(json_object_get(point, "class"));
    found += strstr(name, "<script><!-- ") != NULL || strstr(name, "\xef\xbf\xbd\xef\xbf\xbd") != NULL;
  }
  cr_expect_eq(found, 12);
  json_decref(data);
}

Test(cli_report, training_shows_its_curves_and_judges_what_was_held_out) {
  siam_command_result result = siam_cli_run(
      NULL,
      "siamese-train data -o t.siamese -e tiny.txt --steps 30 -b 8 --val held-out --report t.html --json");
  cr_assert_eq(result.code, 0, "%s", result.err);
  json_t *printed = json_loads(result.out, 0, NULL), *data = read_data("t.html");
  const json_t *training = json_object_get(data, "training");
  cr_expect_eq(siam_cli_integer(training, "first"), 0);
  cr_expect_eq(siam_cli_integer(training, "stride"), 1);
  cr_expect_eq(json_array_size(json_object_get(training, "loss")), 30);
  cr_expect_eq(json_array_size(json_object_get(training, "rate")), 30);
  cr_expect_eq(figure(data, "ROC AUC"), siam_cli_number(printed, "roc_auc"));
  cr_expect(json_is_false(json_object_get(data, "hopeful")));
  const json_t *judged = json_object_get(data, "data");
  cr_expect_str_neq(json_string_value(json_object_get(judged, "fingerprint")),
                    json_string_value(json_object_get(judged, "training_fingerprint")));
  json_decref(data);
  json_decref(printed);
  siam_command_release(&result);
  free(siam_cli_out(
      0, "siamese-train data -o t.siamese -e tiny.txt --steps 5 -b 8 --holdout 0 --report t.html -q"));
  data = read_data("t.html");
  cr_expect(json_is_true(json_object_get(data, "hopeful")));
  json_decref(data);
}

Test(cli_report, a_training_judges_its_similarity_by_fits_on_other_classes_and_says_where_it_cannot) {
  free(siam_cli_out(0, REPORT));
  json_t *data = read_data("r.html");
  const json_t *reliability = json_object_get(data, "reliability");
  cr_expect(json_is_false(json_object_get(data, "fitted_here")));
  cr_expect_eq(siam_cli_integer(reliability, "folds"), 0);
  cr_expect(json_is_false(json_object_get(reliability, "in_sample")));
  json_decref(data);
  // Eight classes are dealt out to four folds; of four, no two folds leave enough.
  siam_test_write_shapes(siam_cli_path("few"), 4, 6, 3);
  static const struct {
    const char *name;
    json_int_t folds;
  } sets[] = {{"held-out", 4}, {"few", 0}};
  for (size_t i = 0; i < 2; i++) {
    char line[256];
    snprintf(line, sizeof line,
             "siamese-train data -o t.siamese -e tiny.txt --steps 30 -b 8 --val %s --report t.html -q",
             sets[i].name);
    free(siam_cli_out(0, line));
    data = read_data("t.html");
    reliability = json_object_get(data, "reliability");
    cr_expect(json_is_true(json_object_get(data, "fitted_here")));
    cr_expect_eq(siam_cli_integer(reliability, "folds"), sets[i].folds);
    cr_expect_eq(json_is_true(json_object_get(reliability, "in_sample")), sets[i].folds == 0);
    json_decref(data);
  }
  // What was fitted on pairs within parent folders is judged on others.
  free(siam_cli_out(0, "siamese-train data -o t.siamese -e tiny.txt --steps 30 -b 8 --val held-out "
                       "--within-parent 50 --report t.html -q"));
  data = read_data("t.html");
  cr_expect(json_is_false(json_object_get(data, "fitted_here")));
  cr_expect_eq(siam_cli_integer(json_object_get(data, "reliability"), "folds"), 0);
  json_decref(data);
}

Test(cli_report, what_was_trained_on_already_is_shown_with_its_like) {
  cr_assert_eq(
      link(siam_cli_path("held-out/group0/class00/00.pgm"), siam_cli_path("data/group0/class00/leak.pgm")),
      0);
  free(siam_cli_out(0, REPORT " --training data"));
  json_t *data = read_data("r.html");
  const json_t *leakage = json_object_get(data, "leakage"), *pairs = json_object_get(leakage, "pairs");
  cr_expect_eq(siam_cli_integer(leakage, "exact"), 1);
  cr_expect_str_eq(json_string_value(json_object_get(leakage, "alike_by")), "default");
  cr_expect_eq((json_int_t)json_array_size(pairs),
               1 + siam_cli_integer(leakage, "near") + siam_cli_integer(leakage, "alike"));
  const json_t *pair = json_array_get(pairs, 0);
  cr_expect_str_eq(json_string_value(json_object_get(pair, "path_a")), "held-out/group0/class00/00.pgm");
  cr_expect_str_eq(json_string_value(json_object_get(pair, "path_b")), "data/group0/class00/leak.pgm");
  cr_expect_str_eq(json_string_value(json_object_get(pair, "kind")), "exact");
  const json_t *pictures = json_object_get(data, "pictures");
  cr_expect_str_eq(json_string_value(json_array_get(pictures, (size_t)siam_cli_integer(pair, "a"))),
                   json_string_value(json_array_get(pictures, (size_t)siam_cli_integer(pair, "b"))));
  json_decref(data);
}

Test(cli_report, every_refusal_comes_before_the_work) {
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {"siamese-eval -m m.siamese held-out --report nowhere/r.html", {"nowhere"}},
      {"siamese-eval -m m.siamese held-out --report data", {"data"}},
      {"siamese-train data -o t.siamese --report nowhere/r.html", {"nowhere"}},
      {"siamese-train data -o t.siamese --report tiny.txt", {"tiny.txt", "page"}},
      {"siamese-eval -m m.siamese held-out --report m.siamese", {"m.siamese", "page"}},
      {"siamese-train data -o t.siamese -e tiny.txt --reconstruct tied --report r.html", {"--report", "out"}},
      {"siamese-eval -m m.siamese held-out --one-shot-runs --report r.html", {"--report", "leave out"}},
      {"siamese-eval --compare-models m.siamese m.siamese held-out --report r.html",
       {"--report", "leave out"}},
      {NULL, {0}}});
}

/// Lets Chromium draw a page of the folder, with a script behind it, and gives the page as it is then.
static char *draw(const char *name, const char *script) {
  char *page = siam_cli_read(name);
  size_t length = strlen(page);
  page = realloc(page, length + strlen(script) + 32);
  sprintf(page + length, "<script>%s</script>\n", script);
  siam_test_write(siam_cli_path("drawn.html"), page, strlen(page));
  free(page);
  char url[1024], profile[1024];
  snprintf(url, sizeof url, "file://%s", siam_cli_path("drawn.html"));
  snprintf(profile, sizeof profile, "--user-data-dir=%s", siam_cli_path("profile"));
  siam_command_result result = SIAM_RUN(
      &(siam_command_options){.timeout = 120}, "/usr/bin/chromium", "--headless", "--no-sandbox",
      "--disable-gpu", "--disable-dev-shm-usage", profile, "--window-size=400,800", "--dump-dom", url);
  cr_assert_eq(result.code, 0, "%s", result.err);
  char *drawn = strdup(result.out);
  siam_command_release(&result);
  return drawn;
}

Test(cli_report, chromium_draws_it_without_an_error_and_slider_and_keys_move_the_figures) {
  if (access("/usr/bin/chromium", X_OK) != 0) cr_skip("skipped: chromium is not installed");
  use_hostile_names();
  free(siam_cli_out(0, REPORT));
  json_t *data = read_data("r.html");
  const json_t *distances = json_object_get(data, "distances");
  size_t place = json_array_size(json_object_get(distances, "same")) / 3;
  char script[1024], expected[512];
  snprintf(script, sizeof script,
           "const seen = [$('far-count').textContent];"
           "slider.value = %zu; slider.dispatchEvent(new Event('input'));"
           "seen.push($('far-count').textContent, $('threshold-value').textContent);"
           "$('points').firstChild.click(); seen.push($('far-count').textContent);"
           "$('plane').dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight'}));"
           "document.documentElement.dataset.seen = seen.join(' / ');"
           "document.documentElement.dataset.overflow = document.documentElement.scrollWidth > innerWidth;",
           place);
  char *drawn = draw("r.html", script);
  cr_expect_not_null(strstr(drawn, "data-ready=\"yes\""));
  cr_expect_null(strstr(drawn, "data-error="));
  const json_t *point = json_array_get(json_object_get(distances, "points"), 0);
  json_int_t all = siam_cli_integer(json_object_get(data, "data"), "different_pairs"),
             own = siam_cli_integer(point, "different");
  json_int_t moved = json_integer_value(json_array_get(json_object_get(distances, "different"), place));
  cr_assert_neq(moved, own);
  cr_assert_leq(all, 999, "greater counts have blanks between thousands");
  snprintf(
      expected, sizeof expected,
      "data-seen=\"%lld of %lld different pairs called same / %lld of %lld different pairs called same / "
      "%.3f / %lld of %lld different pairs called same\"",
      (long long)own, (long long)all, (long long)moved, (long long)all,
      (double)place * siam_cli_number(distances, "step"), (long long)own, (long long)all);
  cr_expect_not_null(strstr(drawn, expected), "%s", strstr(drawn, "data-seen"));
  cr_expect_not_null(strstr(drawn, "data-overflow=\"false\""), "it fits the width of a phone");
  cr_expect_null(strstr(drawn, "id=\"map-choice\" class=\"choice\" aria-live=\"polite\"></p>"),
                 "the arrow key chose a picture");
  free(drawn);
  json_decref(data);
}

/// What the element with this id shows in a drawn page, up to its first element within.
static const char *shown(const char *drawn, const char *id) {
  static char text[512];
  char open[64];
  snprintf(open, sizeof open, "id=\"%s\"", id);
  const char *place = strstr(drawn, open);
  cr_assert_not_null(place, "%s", id);
  place = strchr(place, '>') + 1;
  snprintf(text, sizeof text, "%.*s", (int)strcspn(place, "<"), place);
  return text;
}

Test(cli_report, chromium_shows_nothing_that_is_not_there) {
  if (access("/usr/bin/chromium", X_OK) != 0) cr_skip("skipped: chromium is not installed");
  siam_test_write_shapes(siam_cli_path("two"), 2, 6, 3);
  free(siam_cli_out(0, "siamese-eval -m m.siamese two -q --report r.html --training data"));
  json_t *data = read_data("r.html");
  // What the page has to say nothing of: no interval can be drawn from two classes, and these are easy.
  cr_assert(json_is_null(json_array_get(json_array_get(json_object_get(data, "curve"), 0), 2)));
  cr_assert_eq(json_array_size(json_object_get(data, "mix_ups")), 0);
  cr_assert_eq(json_array_size(json_object_get(json_object_get(data, "leakage"), "pairs")), 0);
  json_decref(data);
  char *drawn = draw("r.html", "");
  cr_expect_null(strstr(drawn, "data-error="));
  cr_expect_str_eq(shown(drawn, "band-text"), "Too few classes to draw intervals from.");
  cr_expect_null(strstr(shown(drawn, "confusion-text"), "most often"));
  cr_expect_not_null(strstr(shown(drawn, "leakage-text"), "None of these pictures"));
  cr_expect_not_null(strstr(drawn, "<p id=\"fitted-here\" class=\"note\" hidden"));
  free(drawn);
  cr_assert_eq(
      link(siam_cli_path("two/group0/class00/00.pgm"), siam_cli_path("data/group0/class00/leak.pgm")), 0);
  free(siam_cli_out(0, "siamese-eval -m m.siamese two -q --report r.html --training data"));
  drawn = draw("r.html", "");
  cr_expect_null(strstr(drawn, "data-error="));
  cr_expect_str_eq(shown(drawn, "warning"),
                   "1 of the 12 pictures is in the training data too: the figures are too good to be true.");
  free(drawn);
  cr_assert_eq(unlink(siam_cli_path("data/group0/class00/leak.pgm")), 0);
  free(siam_cli_out(0, "siamese-train data -o t.siamese -e tiny.txt --steps 5 -b 8 --report r.html -q "
                       "--val held-out"));
  drawn = draw("r.html", "");
  cr_expect_null(strstr(drawn, "data-error="));
  cr_expect_str_eq(shown(drawn, "band-text"), "Shaded: pointwise 95 % intervals.");
  cr_expect_not_null(strstr(shown(drawn, "confusion-text"), "most often"));
  cr_expect_not_null(strstr(shown(drawn, "reliability-text"), "cross-fitted, 4 folds"));
  cr_expect_null(strstr(drawn, "<p id=\"fitted-here\" class=\"note\" hidden"));
  cr_expect_null(strstr(drawn, "id=\"leakage-text\""));
  free(drawn);
  free(siam_cli_out(
      0, "siamese-train data -o t.siamese -e tiny.txt --steps 5 -b 8 --report r.html -q --val two"));
  drawn = draw("r.html", "");
  cr_expect_not_null(strstr(shown(drawn, "reliability-text"), "a hopeful figure"));
  free(drawn);
}
