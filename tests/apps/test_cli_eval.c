#include "cli.h"
#include "compare_keys.h"
#include "pictures.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EVAL "siamese-eval -m m.siamese "
#define KEYS                                                                                                 \
  "model data device images broken classes rate_different_pairs verification one_shot retrieval per_class "  \
  "leakage calibration_error seconds"

static void begin(void) {
  siam_cli_begin(true);
}
TestSuite(cli_eval, .init = begin, .fini = siam_cli_end, .timeout = 300);

static void expect_keys(const json_t *object, const char *const *keys, size_t count) {
  cr_expect_eq(json_object_size(object), count, "%zu", json_object_size(object));
  for (size_t i = 0; i < count; i++) cr_expect_not_null(json_object_get(object, keys[i]), "%s", keys[i]);
}

static void expect_figure(const json_t *figure) {
  double value = json_number_value(json_object_get(figure, "value"));
  double low = json_number_value(json_object_get(figure, "low"));
  double high = json_number_value(json_object_get(figure, "high"));
  cr_expect_eq(json_object_size(figure), 3);
  cr_expect(low <= high && 0 <= low && high <= 1 && 0 <= value && value <= 1, "%g (%g to %g)", value, low,
            high);
}

Test(cli_eval, the_table_has_every_figure_with_its_interval) {
  siam_command_result result = siam_cli_run(NULL, EVAL "held-out --trials 200");
  static const char *const parts[] = {"48 pictures of 8 classes; 120 same and 1008 different pairs\n",
                                      "95 % interval\n",
                                      "\naccuracy at distance ",
                                      "\nROC AUC ",
                                      "\nequal error rate ",
                                      "\nTAR at FAR 1 % ",
                                      "\nTAR at FAR 0.1 % ",
                                      "too few pairs\n",
                                      "\n8-way one-shot, 200 trials ",
                                      "\nRecall@1 ",
                                      "\nRecall@8 ",
                                      "\nmAP@R "};
  cr_expect_eq(result.code, 0);
  cr_expect_str_eq(result.err, "");
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    cr_expect_not_null(strstr(result.out, parts[i]), "no %s in %s", parts[i], result.out);
  siam_command_release(&result);
}

Test(cli_eval, json_has_the_keys_that_are_promised) {
  static const char *const verification_keys[] = {"same_pairs", "different_pairs",  "threshold", "accuracy",
                                                  "roc_auc",    "equal_error_rate", "tar_at_far"};
  static const char *const one_shot_keys[] = {"ways", "trials", "runs", "accuracy"};
  json_t *object = siam_cli_json(0, EVAL "held-out --trials 200 --ways 5", KEYS);
  const json_t *verification = json_object_get(object, "verification");
  const json_t *one_shot = json_object_get(object, "one_shot");
  expect_keys(verification, verification_keys, 7);
  expect_keys(one_shot, one_shot_keys, 4);
  expect_figure(json_object_get(verification, "accuracy"));
  expect_figure(json_object_get(verification, "roc_auc"));
  expect_figure(json_object_get(verification, "equal_error_rate"));
  expect_figure(json_object_get(one_shot, "accuracy"));
  cr_expect_eq(json_integer_value(json_object_get(one_shot, "ways")), 5);
  cr_expect_eq(json_integer_value(json_object_get(one_shot, "trials")), 200);
  const json_t *rates = json_object_get(verification, "tar_at_far");
  cr_assert_eq(json_array_size(rates), 2);
  expect_figure(json_object_get(json_array_get(rates, 0), "tar"));
  cr_expect(json_is_null(json_object_get(json_array_get(rates, 1), "tar")));
  json_decref(object);
}

Test(cli_eval, the_seed_decides_every_digit) {
  // The time it took is the only thing that may differ, and the text does not have it.
  char *a = siam_cli_out(0, EVAL "held-out --trials 100 --seed 3 -q");
  char *b = siam_cli_out(0, EVAL "held-out --trials 100 --seed 3 -q");
  char *c = siam_cli_out(0, EVAL "held-out --trials 100 --seed 4 -q");
  cr_expect_str_eq(a, b);
  cr_expect_str_neq(a, c);
  free(a);
  free(b);
  free(c);
}

Test(cli_eval, within_one_parent_there_are_fewer_pairs) {
  json_t *object = siam_cli_json(0, EVAL "held-out --trials 100 --within-parent --ways 4", KEYS);
  const json_t *verification = json_object_get(object, "verification");
  // Four classes of six pictures in each of two groups.
  cr_expect_eq(json_integer_value(json_object_get(verification, "different_pairs")), 2 * 6 * 36);
  json_decref(object);
}

Test(cli_eval, a_pair_list_gives_its_own_pairs_and_no_trials) {
  static char list[8192];
  size_t length = (size_t)sprintf(list, "a,b,label\n");
  for (int c = 0; c < 8; c++)
    length +=
        (size_t)sprintf(list + length,
                        "held-out/group%d/class%02d/00.pgm,held-out/group%d/class%02d/01.pgm,same\n"
                        "held-out/group%d/class%02d/00.pgm,held-out/group%d/class%02d/01.pgm,different\n",
                        c % 2, c, c % 2, c, c % 2, c, c % 2, c ^ 2);
  siam_test_write(siam_cli_path("pairs.csv"), list, length);
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {EVAL "pairs.csv --ways 5", {"pairs.csv: pairs without classes", "--ways"}},
      {EVAL "pairs.csv --within-parent", {"pairs.csv: pairs without classes", "--within-parent"}},
      {NULL, {0}}});
  json_t *object = siam_cli_json(0, EVAL "pairs.csv", KEYS);
  const json_t *verification = json_object_get(object, "verification");
  cr_expect_eq(json_integer_value(json_object_get(verification, "same_pairs")), 8);
  cr_expect_eq(json_integer_value(json_object_get(verification, "different_pairs")), 8);
  cr_expect(json_is_null(json_object_get(object, "one_shot")));
  cr_expect_eq(json_integer_value(json_object_get(object, "classes")), 0);
  json_decref(object);
}

/// Two runs in Omniglot's layout: every test picture has its class's training picture.
static void write_runs(void) {
  char name[128], line[256], labels[2048];
  for (int run = 1; run <= 2; run++) {
    size_t length = 0;
    for (int i = 0; i < 4; i++) {
      for (int side = 0; side < 2; side++) {
        char from[128];
        snprintf(from, sizeof from, "held-out/group%d/class%02d/%02d.pgm", i % 2, i, 2 * run + side);
        snprintf(name, sizeof name, "runs/run%02d/%s/%02d.pgm", run, side == 0 ? "training" : "test", i + 1);
        char bytes[1024];
        FILE *file = fopen(siam_cli_path(from), "rb");
        size_t count = fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        siam_test_write(siam_cli_path(name), bytes, count);
      }
      snprintf(line, sizeof line, "run%02d/test/%02d.pgm run%02d/training/%02d.pgm\n", run, i + 1, run,
               i + 1);
      memcpy(labels + length, line, strlen(line));
      length += strlen(line);
    }
    snprintf(name, sizeof name, "runs/run%02d/class_labels.txt", run);
    siam_test_write(siam_cli_path(name), labels, length);
  }
}

Test(cli_eval, prepared_runs_are_judged_as_they_stand) {
  write_runs();
  json_t *object = siam_cli_json(0, EVAL "runs --one-shot-runs", KEYS);
  const json_t *one_shot = json_object_get(object, "one_shot");
  cr_expect_eq(json_integer_value(json_object_get(one_shot, "runs")), 2);
  cr_expect_eq(json_integer_value(json_object_get(one_shot, "trials")), 8);
  cr_expect(json_is_null(json_object_get(object, "verification")));
  json_decref(object);
}

Test(cli_eval, each_class_has_its_figures_and_the_worst_comes_first) {
  json_t *object = siam_cli_json(0, EVAL "held-out --trials 100 --per-class", KEYS);
  const json_t *list = json_object_get(object, "per_class"), *row;
  const json_t *retrieval = json_object_get(object, "retrieval");
  double before = 0, found = 0, queries = 0;
  size_t i;
  cr_assert_eq(json_array_size(list), 8);
  json_array_foreach(list, i, row) {
    double recall = json_number_value(json_object_get(row, "recall_at_1"));
    cr_expect_geq(recall, before);
    before = recall;
    double asked = (double)json_integer_value(json_object_get(row, "queries"));
    found += recall * asked;
    queries += asked;
    cr_expect_float_eq(asked * (1 - recall), json_number_value(json_object_get(row, "mistaken")), 1e-6);
    cr_expect_leq(json_integer_value(json_object_get(row, "confused")),
                  json_integer_value(json_object_get(row, "mistaken")));
  }
  cr_expect_eq(queries, 48);
  const json_t *recalls = json_object_get(retrieval, "recall_at_k");
  cr_assert_eq(json_array_size(recalls), 4);
  const json_t *first = json_object_get(json_array_get(recalls, 0), "recall");
  expect_figure(first);
  // Printed with nine digits.
  cr_expect_float_eq(json_number_value(json_object_get(first, "value")), found / queries, 1e-8);
  expect_figure(json_object_get(retrieval, "map_at_r"));
  json_decref(object);
  char *text = siam_cli_out(0, EVAL "held-out --trials 100 --per-class");
  cr_expect_not_null(strstr(text, "most often taken for\n"), "%s", text);
  free(text);
}

/// Copies a grey PNM file of the folder, with every value changed a little.
static void write_almost(const char *from, const char *to) {
  uint8_t pixels[1024];
  uint32_t width, height;
  FILE *file = fopen(siam_cli_path(from), "rb");
  cr_assert_eq(fscanf(file, "P5 %u %u 255", &width, &height), 2);
  fgetc(file);
  cr_assert_eq(fread(pixels, 1, (size_t)width * height, file), (size_t)width * height);
  fclose(file);
  for (uint32_t i = 0; i < width * height; i++) pixels[i] = (uint8_t)(pixels[i] * 7 / 8 + 10 + i % 3);
  siam_test_write_pnm(siam_cli_path(to), width, height, 1, pixels);
}

Test(cli_eval, pictures_that_training_has_too_are_found_by_content_and_by_likeness) {
  json_t *object = siam_cli_json(0, EVAL "held-out --trials 10 --training data", KEYS);
  const json_t *leakage = json_object_get(object, "leakage");
  cr_expect_eq(json_integer_value(json_object_get(leakage, "training_images")), 72);
  cr_expect_eq(json_integer_value(json_object_get(leakage, "exact")), 0);
  size_t near_before = (size_t)json_integer_value(json_object_get(leakage, "near"));
  json_decref(object);
  free(siam_cli_out(0, "siamese-eval -m m.siamese held-out --trials 10 --training held-out"));
  char bytes[1024];
  FILE *file = fopen(siam_cli_path("data/group0/class00/00.pgm"), "rb");
  size_t count = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  siam_test_write(siam_cli_path("held-out/group0/class00/copy.pgm"), bytes, count);
  write_almost("data/group1/class05/01.pgm", "held-out/group1/class05/almost.pgm");
  object = siam_cli_json(0, EVAL "held-out --trials 10 --training data", KEYS);
  leakage = json_object_get(object, "leakage");
  const json_t *leaks = json_object_get(leakage, "leaks"), *leak;
  cr_expect_eq(json_integer_value(json_object_get(leakage, "exact")), 1);
  cr_expect_eq(json_integer_value(json_object_get(leakage, "near")), near_before + 1);
  cr_assert_eq(json_array_size(leaks), near_before + 2 + (size_t)siam_cli_integer(leakage, "alike"));
  const json_t *exact = json_array_get(leaks, 0);
  cr_expect_str_eq(json_string_value(json_object_get(exact, "kind")), "exact");
  cr_expect_str_eq(json_string_value(json_object_get(exact, "path")), "held-out/group0/class00/copy.pgm");
  cr_expect_str_eq(json_string_value(json_object_get(exact, "training_path")), "data/group0/class00/00.pgm");
  bool found = false;
  size_t i;
  json_array_foreach(leaks, i, leak) {
    if (strcmp(json_string_value(json_object_get(leak, "path")), "held-out/group1/class05/almost.pgm") != 0)
      continue;
    found = true;
    cr_expect_str_eq(json_string_value(json_object_get(leak, "kind")), "near");
    cr_expect_str_eq(json_string_value(json_object_get(leak, "training_path")), "data/group1/class05/01.pgm");
    cr_expect_gt(json_number_value(json_object_get(leak, "correlation")), 0.99);
  }
  cr_expect(found);
  json_decref(object);
}

static void draw(const char *name, const siam_test_landscape *landscape) {
  siam_test_write_landscape(siam_cli_path(name), landscape);
}

/// A leak of this test picture; NULL: none.
static const json_t *find_leak(const json_t *leakage, const char *path) {
  const json_t *leak;
  size_t i;
  json_array_foreach(json_object_get(leakage, "leaks"), i, leak) {
    if (strcmp(json_string_value(json_object_get(leak, "path")), path) == 0) return leak;
  }
  return NULL;
}

/// `shown` is what either of the two shows, and with `partner` the test picture shows the one, the training
/// picture the other.
static void expect_leak(const json_t *leak, const char *kind, const char *training, const char *shown,
                        const char *partner) {
  cr_assert_not_null(leak);
  cr_expect_str_eq(json_string_value(json_object_get(leak, "kind")), kind);
  cr_expect_str_eq(json_string_value(json_object_get(leak, "training_path")), training);
  const char *of_test = json_string_value(json_object_get(leak, "shown_of_test"));
  const char *of_training = json_string_value(json_object_get(leak, "shown_of_training"));
  if (shown == NULL) {
    cr_expect(of_test == NULL && of_training == NULL);
  } else if (partner == NULL) {
    cr_expect_str_eq(of_test != NULL ? of_test : of_training, shown);
    cr_expect(of_test == NULL || of_training == NULL);
  } else {
    cr_expect_str_eq(of_test, shown);
    cr_expect_str_eq(of_training, partner);
  }
}

/// A drawing in the upper left corner of a white page, so that other parts of it show nothing.
static void draw_in_a_corner(const char *name) {
  enum { SIDE = 100 };
  uint8_t pixels[SIDE * SIDE];
  for (int i = 0; i < SIDE * SIDE; i++) {
    const int x = i % SIDE, y = i / SIDE;
    pixels[i] = x > 4 && y > 4 && x < 26 && y < 26 && (x + y) % 8 < 4 ? 0 : 255;
  }
  siam_test_write_pnm(siam_cli_path(name), SIDE, SIDE, 1, pixels);
}

Test(cli_eval, edited_training_pictures_are_listed_apart_from_what_pixels_say) {
  draw("scenes/a/0.ppm", &(siam_test_landscape){0});
  siam_test_write_flat(siam_cli_path("scenes/a/black.pgm"), 60, 0);
  draw("scenes/b/0.ppm", &(siam_test_landscape){.kind = 1});
  draw("later/x/cut.ppm", &(siam_test_landscape){.cut = 20});
  draw("later/x/mirrored.ppm", &(siam_test_landscape){.mirrored = true});
  draw("later/x/turned.ppm", &(siam_test_landscape){.degrees = 10});
  draw("later/y/darker.ppm", &(siam_test_landscape){.kind = 1, .percent = 70});
  // A page of one colour is like every other, and no leak.
  siam_test_write_flat(siam_cli_path("later/y/white.pgm"), 50, 255);
  siam_test_write_flat(siam_cli_path("later/y/grey.pgm"), 50, 90);
  draw_in_a_corner("later/y/corner.pgm");
  // By a model that looks at the whole alone, the default one is asked; it is asked for itself, too.
  for (int own = 0; own < 2; own++) {
    json_t *object = siam_cli_json(0,
                                   own ? "siamese-eval later --trials 10 --training scenes"
                                       : EVAL "later --trials 10 --training scenes",
                                   KEYS);
    const json_t *leakage = json_object_get(object, "leakage");
    cr_expect_eq(siam_cli_integer(leakage, "exact"), 0);
    cr_expect_eq(siam_cli_integer(leakage, "near"), 1);
    cr_expect_eq(siam_cli_integer(leakage, "alike"), 3);
    cr_expect_str_eq(json_string_value(json_object_get(leakage, "alike_by")), own ? "model" : "default");
    expect_leak(find_leak(leakage, "later/x/cut.ppm"), "alike", "scenes/a/0.ppm", "the middle 80 %", NULL);
    expect_leak(find_leak(leakage, "later/x/mirrored.ppm"), "alike", "scenes/a/0.ppm", "the mirror image",
                NULL);
    expect_leak(find_leak(leakage, "later/x/turned.ppm"), "alike", "scenes/a/0.ppm", "the middle 80 %",
                "the middle 80 % turned by 10 degrees to the left");
    expect_leak(find_leak(leakage, "later/y/darker.ppm"), "near", "scenes/b/0.ppm", NULL, NULL);
    // As far from each other as when the two are compared: embedded in another batch, their numbers are
    // rounded otherwise, by some 1e-6 of length 1, 1.4 times.
    json_t *pair = siam_cli_json(0, "siamese-compare later/x/cut.ppm scenes/a/0.ppm", PAIR_KEYS);
    cr_expect_float_eq(siam_cli_number(find_leak(leakage, "later/x/cut.ppm"), "distance"),
                       siam_cli_number(pair, "distance"), 1e-5);
    json_decref(pair);
    json_decref(object);
  }
  char *said = siam_cli_out(0, EVAL "later --trials 10 --training scenes -q");
  cr_expect_not_null(strstr(said, "\n1 of the 7 pictures is nearly equal to one of the training data: "),
                     "%s", said);
  cr_expect_not_null(strstr(said, "\n3 more look like edited pictures of the training data to the default "),
                     "%s", said);
  free(said);
  // The page says so, too.
  free(siam_cli_out(0, EVAL "later --trials 10 --training scenes -q --report r.html"));
  said = siam_cli_read("r.html");
  cr_expect_not_null(strstr(said, "\"near\":1,\"alike\":3"));
  cr_expect_not_null(strstr(said, "\"kind\":\"alike\""));
  free(said);
  said = siam_cli_out(0, EVAL "scenes --trials 10 --training scenes -q");
  cr_expect_not_null(strstr(said, "\n3 of the 3 pictures are in the training data too: "), "%s", said);
  cr_expect_not_null(strstr(said, "\nNone of the others looks like an edited copy of one to the default"),
                     "%s", said);
  free(said);
}

#define MODEL_KEYS "a b data device images broken classes same_pairs different_pairs figures"

Test(cli_eval, a_model_is_no_better_than_itself_and_better_than_one_that_can_hardly_tell) {
  json_t *object =
      siam_cli_json(0, "siamese-eval --compare-models m.siamese m.siamese held-out --trials 200", MODEL_KEYS);
  const json_t *rows = json_object_get(object, "figures"), *row;
  size_t i;
  cr_assert_eq(json_array_size(rows), 10);
  json_array_foreach(rows, i, row) {
    const json_t *difference = json_object_get(row, "difference");
    cr_expect_eq(json_number_value(json_object_get(difference, "value")), 0);
    cr_expect_eq(json_number_value(json_object_get(difference, "low")), 0);
    cr_expect_eq(json_number_value(json_object_get(difference, "high")), 0);
    cr_expect_eq(json_number_value(json_object_get(row, "b_better")), 0.5);
  }
  json_decref(object);
  free(siam_cli_out(0, "siamese-train data -o raw.siamese -e tiny.txt --embedding 1 --steps 1 -b 8 -q"));
  object = siam_cli_json(0, "siamese-eval --compare-models raw.siamese m.siamese held-out --trials 200",
                         MODEL_KEYS);
  json_t *alone = siam_cli_json(0, EVAL "held-out --trials 200", KEYS);
  rows = json_object_get(object, "figures");
  json_array_foreach(rows, i, row) {
    if (strcmp(json_string_value(json_object_get(row, "figure")), "ROC AUC") != 0) continue;
    const json_t *auc = json_object_get(json_object_get(alone, "verification"), "roc_auc");
    cr_expect_eq(json_number_value(json_object_get(row, "b")),
                 json_number_value(json_object_get(auc, "value")));
    cr_expect_gt(json_number_value(json_object_get(json_object_get(row, "difference"), "low")), 0);
    cr_expect_gt(json_number_value(json_object_get(row, "b_better")), 0.97);
  }
  json_decref(object);
  json_decref(alone);
  char *text = siam_cli_out(0, "siamese-eval --compare-models raw.siamese m.siamese held-out --trials 200");
  cr_expect_not_null(strstr(text, "B is better\n"), "%s", text);
  free(text);
}

/// A figure of one model alone, with its interval; NULL: it has none of this name.
static const json_t *figure_alone(const json_t *evaluation, const char *name) {
  const json_t *verification = json_object_get(evaluation, "verification");
  const json_t *retrieval = json_object_get(evaluation, "retrieval");
  if (strcmp(name, "ROC AUC") == 0) return json_object_get(verification, "roc_auc");
  if (strcmp(name, "equal error rate") == 0) return json_object_get(verification, "equal_error_rate");
  if (strcmp(name, "8-way one-shot") == 0)
    return json_object_get(json_object_get(evaluation, "one_shot"), "accuracy");
  if (strcmp(name, "mAP@R") == 0) return json_object_get(retrieval, "map_at_r");
  if (strcmp(name, "Recall@1") == 0)
    return json_object_get(json_array_get(json_object_get(retrieval, "recall_at_k"), 0), "recall");
  return NULL;
}

static double width_of(const json_t *figure) {
  return siam_cli_number(figure, "high") - siam_cli_number(figure, "low");
}

Test(cli_eval, the_paired_interval_of_two_like_models_is_narrower_than_those_of_each_alone) {
  // The same training, a few steps longer: what is hard for one is hard for the other.
  free(siam_cli_out(0, "siamese-train data -o n.siamese -e tiny.txt --steps 64 -b 8 --holdout 0.3 --quiet"));
  json_t *object =
      siam_cli_json(0, "siamese-eval --compare-models m.siamese n.siamese held-out --trials 200", MODEL_KEYS);
  json_t *alone[2] = {siam_cli_json(0, EVAL "held-out --trials 200", KEYS),
                      siam_cli_json(0, "siamese-eval -m n.siamese held-out --trials 200", KEYS)};
  const json_t *row;
  size_t i, looked_at = 0;
  json_array_foreach(json_object_get(object, "figures"), i, row) {
    const char *name = json_string_value(json_object_get(row, "figure"));
    const json_t *first = figure_alone(alone[0], name), *second = figure_alone(alone[1], name);
    const json_t *paired = json_object_get(row, "difference");
    if (first == NULL) continue;
    looked_at++;
    // Printed with nine digits each.
    cr_expect_float_eq(siam_cli_number(paired, "value"),
                       siam_cli_number(second, "value") - siam_cli_number(first, "value"), 2e-9, "%s", name);
    cr_expect(siam_cli_number(paired, "low") <= siam_cli_number(paired, "value") + 2e-9 &&
                  siam_cli_number(paired, "value") <= siam_cli_number(paired, "high") + 2e-9,
              "%s", name);
    // Unpaired, it would be about √2 times as wide as each.
    cr_expect_lt(width_of(paired), width_of(first) / 2, "%s", name);
    cr_expect_lt(width_of(paired), width_of(second) / 2, "%s", name);
  }
  cr_expect_eq(looked_at, 5);
  for (int side = 0; side < 2; side++) json_decref(alone[side]);
  json_decref(object);
}

Test(cli_eval, the_default_model_can_be_one_of_two_unless_a_file_has_its_name) {
  json_t *object =
      siam_cli_json(0, "siamese-eval --compare-models default m.siamese held-out --trials 20", MODEL_KEYS);
  json_t *alone = siam_cli_json(0, "siamese-eval held-out --trials 20", KEYS);
  const json_t *row = json_array_get(json_object_get(object, "figures"), 1);
  cr_assert_str_eq(json_string_value(json_object_get(row, "figure")), "ROC AUC");
  cr_expect_eq(siam_cli_number(row, "a"), siam_cli_number(figure_alone(alone, "ROC AUC"), "value"));
  cr_expect_str_eq(json_string_value(json_object_get(object, "a")), "default");
  json_decref(alone);
  json_decref(object);
  cr_assert_eq(link(siam_cli_path("m.siamese"), siam_cli_path("default")), 0);
  object =
      siam_cli_json(0, "siamese-eval --compare-models default m.siamese held-out --trials 20", MODEL_KEYS);
  row = json_array_get(json_object_get(object, "figures"), 1);
  cr_expect_eq(siam_cli_number(row, "a"), siam_cli_number(row, "b"));
  json_decref(object);
}

Test(cli_eval, every_refusal_names_what_is_at_fault) {
  mkdir(siam_cli_path("empty"), 0700);
  siam_test_write_flat(siam_cli_path("loners/a/1.pgm"), 8, 1);
  siam_test_write_flat(siam_cli_path("loners/b/1.pgm"), 8, 2);
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {"siamese-eval -m m.siamese", {"arguments are missing", "DATA"}},
      {EVAL "held-out data", {"too many arguments"}},
      {EVAL "held-out --training nowhere", {"nowhere: cannot open"}},
      {EVAL "held-out --one-shot-runs --per-class", {"--one-shot-runs", "--per-class"}},
      {"siamese-eval --compare-models m.siamese held-out", {"--compare-models takes A B DATA"}},
      {EVAL "--compare-models m.siamese m.siamese held-out", {"leave out", "-m"}},
      {"siamese-eval --compare-models m.siamese nowhere.siamese held-out", {"nowhere.siamese: no such file"}},
      {EVAL "held-out --ways 1", {"--ways 1: must be at least 2"}},
      {EVAL "held-out --trials 0", {"--trials 0: must be at least 1"}},
      {EVAL "held-out --pairs 1", {"--pairs 1: must be at least 2"}},
      {EVAL "held-out --ways 9", {"held-out: 9-way trials", "8 classes"}},
      {EVAL "held-out --ways 5 --within-parent", {"held-out: 5-way trials", "4 classes"}},
      {EVAL "held-out --one-shot-runs", {"held-out: ", "class_labels.txt", "run01"}},
      {EVAL "held-out --one-shot-runs --ways 5", {"--one-shot-runs", "leave out"}},
      {EVAL "nowhere", {"nowhere: cannot open", "name a folder of pictures or a CSV"}},
      {EVAL "empty", {"empty: no pictures here"}},
      {EVAL "loners", {"loners: no `same` pair is possible"}},
      {"siamese-eval -m nowhere.siamese held-out", {"nowhere.siamese: no such file"}},
      {"siamese-eval -m tiny.txt held-out", {"tiny.txt: not a model"}},
      {NULL, {0}}});
}
