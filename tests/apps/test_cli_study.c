#include "cli.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char sabotaged[] = SIAMESE_BINARY_DIR "/tests/sabotaged_weight_sharing";

static void begin(void) {
  siam_cli_begin(false);
}
TestSuite(cli_study, .init = begin, .fini = siam_cli_end);

static json_t *at(json_t *object, const char *key) {
  json_t *value = json_object_get(object, key);
  cr_assert_not_null(value, "there is no '%s'", key);
  return value;
}

static double number(json_t *object, const char *key) {
  json_t *value = at(object, key);
  cr_assert(json_is_number(value), "'%s' is no number", key);
  return json_number_value(value);
}

/// A text of `sentences` in which each word decides the next but for one choice in four, so that there is
/// something to learn from context.
static void write_text(const char *name, int sentences) {
  static const char *const follow[][4] = {{"cat", "dog", "bird", "horse"},
                                          {"sees", "likes", "fears", "finds"},
                                          {"the", "a", "one", "its"},
                                          {"river", "tree", "house", "road"}};
  FILE *file = fopen(siam_cli_path(name), "w");
  cr_assert_not_null(file);
  unsigned state = 1;
  for (int s = 0; s < sentences; s++) {
    fputs("The", file);
    for (int w = 0; w < 4; w++) {
      state = state * 1664525 + 1013904223;
      fprintf(file, " %s", follow[w][state >> 30]);
    }
    fputs(s % 5 == 4 ? ".\n" : ".", file);
  }
  fclose(file);
}

static json_t *run_study(const char *line) {
  json_t *all = siam_cli_json(0, line, "device seed study held");
  cr_expect(json_is_true(at(all, "held")));
  return all;
}

static void check_spread(json_t *errors, const char *kind) {
  json_t *spread = at(errors, kind);
  cr_expect_gt(number(spread, "mean"), 0);
  cr_expect_geq(number(spread, "deviation"), 0);
}

/// What a row says about itself must hold: the interval holds the mean, the mean is the difference of the
/// means, and who is better follows from the interval.
static void check_row(json_t *row) {
  static const char *const kinds[] = {"unseen", "best"};
  for (size_t k = 0; k < 2; k++) {
    json_t *change = at(at(row, "difference"), kinds[k]);
    const double mean = number(change, "mean"), low = number(change, "low"), high = number(change, "high");
    const double tied = number(at(at(row, "tied"), kinds[k]), "mean");
    const double untied = number(at(at(row, "untied"), kinds[k]), "mean");
    cr_expect_float_eq(mean, tied - untied, 1e-7 * (fabs(tied) + fabs(untied)));
    cr_expect(low <= mean && mean <= high);
    cr_expect_str_eq(json_string_value(at(change, "better")), high < 0  ? "tied"
                                                              : low > 0 ? "untied"
                                                                        : "neither");
  }
  check_spread(at(row, "tied"), "training");
  check_spread(at(row, "untied"), "training");
  // The best moment is no worse than the last one.
  cr_expect_leq(number(at(at(row, "tied"), "best"), "mean"), number(at(at(row, "tied"), "unseen"), "mean"));
}

Test(cli_study, errors_of_both_systems_with_their_spreads) {
  json_t *all = run_study("weight-sharing --study --seeds 2 --steps 40"), *study = at(all, "study");
  static const char *const systems[] = {"autoencoder", "embeddings"};
  for (size_t s = 0; s < 2; s++) {
    json_t *system = at(study, systems[s]), *sizes = at(system, "sizes");
    cr_expect_eq(number(system, "seeds"), 2);
    cr_expect_eq(number(system, "updates"), 40);
    cr_assert_eq(json_array_size(sizes), (size_t)5);
    for (size_t i = 0; i < 5; i++) {
      check_row(json_array_get(sizes, i));
      if (i > 0)
        cr_expect_gt(number(json_array_get(sizes, i), "examples"),
                     number(json_array_get(sizes, i - 1), "examples"));
    }
    json_t *moments = at(at(system, "curve"), "moments");
    cr_assert_eq(json_array_size(moments), (size_t)10);
    // It learns: the error on what it is trained on falls.
    cr_expect_lt(number(at(at(json_array_get(moments, 9), "tied"), "training"), "mean"),
                 number(at(at(json_array_get(moments, 0), "tied"), "training"), "mean"), "%s", systems[s]);
  }
  // One matrix of 64 codes by 12 letters of 27 places.
  json_t *weights = at(at(study, "autoencoder"), "weights");
  cr_expect_eq(number(weights, "tied"), 64 * 324 + 64 + 324);
  cr_expect_eq(number(weights, "untied"), 2 * 64 * 324 + 64 + 324);
  json_decref(all);
}

Test(cli_study, pictures_come_from_a_folder_and_the_plot_goes_to_a_file) {
  char *out = siam_cli_out(0, "weight-sharing --study --seeds 2 --steps 10 --data data --plot p.svg");
  cr_expect_not_null(strstr(out, "Autoencoder, of data: mean squared error, mean ± standard deviation of 2"));
  cr_expect_not_null(strstr(out, "linear 256 name=decode weight=encode.weight^T"), "%s", out);
  cr_expect_not_null(strstr(out, "held    less over-fitting   autoencoder: with 2 pictures"), "%s", out);
  cr_expect_not_null(strstr(out, "At the best moment tied is better with"));
  free(out);
  char *plot = siam_cli_read("p.svg");
  cr_expect(siam_cli_begins(plot, "<svg xmlns=\"http://www.w3.org/2000/svg\""));
  cr_expect_not_null(strstr(plot, "</svg>\n"));
  cr_expect_not_null(strstr(plot, "untied, unseen data"));
  cr_expect_null(strstr(plot, "nan"));
  cr_expect_null(strstr(plot, "inf"));
  free(plot);
}

Test(cli_study, the_same_seed_gives_the_same_study) {
  char *one = siam_cli_out(0, "weight-sharing --study --seeds 2 --steps 10 --data data --seed 4");
  char *two = siam_cli_out(0, "weight-sharing --study --seeds 2 --steps 10 --data data --seed 4");
  char *other = siam_cli_out(0, "weight-sharing --study --seeds 2 --steps 10 --data data --seed 9");
  cr_expect_str_eq(one, two);
  cr_expect_str_neq(one, other);
  free(one), free(two), free(other);
}

Test(cli_study, networks_that_do_not_share_are_found_and_named) {
  const siam_command_options options = {.folder = siam_cli_path("."),
                                        .environment = (const char *const[]){"SABOTAGE=ties", NULL}};
  siam_command_result study = SIAM_RUN(&options, sabotaged, "--study", "--seeds", "2", "--steps", "10",
                                       "--data", siam_cli_path("data"));
  cr_expect_eq(study.code, 1, "%s", study.err);
  cr_expect_not_null(strstr(study.err, "claim failed: study: weights: autoencoder"), "%s", study.err);
  cr_expect_not_null(strstr(study.err, "claim failed: study: less over-fitting"), "%s", study.err);
  cr_expect_not_null(strstr(study.err, "claim failed: study: weights: embeddings"), "%s", study.err);
  siam_command_release(&study);
  siam_command_result model = SIAM_RUN(&options, sabotaged, "--language-model", "--steps", "10");
  cr_expect_eq(model.code, 1, "%s", model.err);
  cr_expect_not_null(strstr(model.err, "claim failed: language_model: weights"), "%s", model.err);
  // Ten updates are not enough to learn more than how often words occur.
  cr_expect_not_null(strstr(model.err, "claim failed: language_model: learned"), "%s", model.err);
  siam_command_release(&model);
}

Test(cli_study, a_language_model_learns_a_text_tied_and_untied) {
  write_text("story.txt", 700);
  json_t *all = siam_cli_json(0, "weight-sharing --language-model --text story.txt --steps 200",
                              "device seed language_model held");
  json_t *model = at(all, "language_model"), *models = at(model, "models");
  cr_expect_str_eq(json_string_value(at(model, "text")), "story.txt");
  // 16 words, "the" among them, a full stop, and one entry for the rest.
  cr_expect_eq(number(model, "vocabulary"), 18);
  const double tied = number(at(models, "tied"), "weights"), untied = number(at(models, "untied"), "weights");
  cr_expect_eq(untied - tied, 18 * 128);
  static const char *const names[] = {"tied", "untied"};
  for (size_t i = 0; i < 2; i++) {
    json_t *one = at(models, names[i]);
    // Four of six words have one of four successors, the others one: 4^(4/6) = 2.52 is the best there is.
    cr_expect_leq(number(one, "unseen"), 1.15 * pow(4, 4.0 / 6), "%s", names[i]);
    cr_expect_geq(number(one, "unseen"), 0.9 * pow(4, 4.0 / 6), "%s", names[i]);
    cr_expect_not_null(strstr(json_string_value(at(one, "sample")), ". the "), "%s: %s", names[i],
                       json_string_value(at(one, "sample")));
  }
  cr_expect_gt(number(model, "word_frequencies"), 8);
  json_decref(all);
}

Test(cli_study, the_licences_of_debian_are_the_standard_text) {
  char *out = siam_cli_out(0, "weight-sharing --language-model --steps 150");
  cr_expect_not_null(strstr(out, "seven licences of base-files: "), "%s", out);
  cr_expect_not_null(strstr(out, "linear 128 name=features\n"));
  cr_expect_not_null(strstr(out, " each writes:\n"));
  cr_expect_null(strstr(out, "FAILED"), "%s", out);
  free(out);
}

Test(cli_study, what_cannot_be_is_refused) {
  FILE *file = fopen(siam_cli_path("short.txt"), "w");
  fputs("Too short a text.\n", file);
  fclose(file);
  file = fopen(siam_cli_path("zeros.txt"), "w");
  fwrite("ab\0cd", 1, 5, file);
  fclose(file);
  write_text("story.txt", 700);
  siam_cli_expect_refusals((const siam_cli_refusal[]){
      {"weight-sharing --language-model --text none.txt",
       {"none.txt: cannot be read", "No such file", "--text"}},
      {"weight-sharing --language-model --text data", {"data: cannot be read", "--text"}},
      {"weight-sharing --language-model --text short.txt", {"short.txt: has 5 words", "at least 2000"}},
      {"weight-sharing --language-model --text zeros.txt", {"zeros.txt", "bytes of value 0"}},
      {"weight-sharing --study --data none", {"none"}},
      {"weight-sharing --study --seeds 2 --steps 10 --data data --text none.txt", {"none.txt"}},
      {"weight-sharing --study --seeds 1", {"--seeds 1: must be at least 2"}},
      {"weight-sharing --study --steps 9", {"--steps 9: must be at least 10"}},
      {"weight-sharing --study --data data --plot none/p.svg", {"none/p.svg: cannot be written: No such"}},
      {"weight-sharing --plot p.svg", {"--plot needs --study"}},
      {"weight-sharing --max-pixels 100", {"--max-pixels needs --study"}},
      {"weight-sharing --study --data data --max-side 2", {"limit of 2 a side", "limit by --max-side"}},
      {"weight-sharing --language-model --data data", {"--data needs --study"}},
      {"weight-sharing --language-model --seeds 3", {"--seeds needs --study"}},
      {"weight-sharing --text story.txt", {"--text needs --study or --language-model"}},
      {"weight-sharing --steps 100", {"--steps needs --study or --language-model"}},
      {"weight-sharing --study --language-modle", {"did you mean --language-model?"}},
      {NULL, {NULL}}});
}
