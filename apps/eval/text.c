#include "common/message.h"
#include "common/table.h"
#include "eval/eval.h"

#include <math.h>
#include <stdio.h>

static void add_row(app_table *table, const char *name, const siam_figure *figure, double scale,
                    const char *unit) {
  app_table_add(table, "%s", name);
  app_table_add(table, "%.*f%s", scale == 1 ? 4 : 1, scale * figure->value, unit);
  if (isfinite(figure->low))
    app_table_add(table, "%.*f to %.*f%s", scale == 1 ? 4 : 1, scale * figure->low, scale == 1 ? 4 : 1,
                  scale * figure->high, unit);
  else
    app_table_add(table, "too little data");
}

static void add_verification(app_table *table, const siam_verification *verification) {
  char name[64];
  snprintf(name, sizeof name, "accuracy at distance %.3f", verification->threshold);
  add_row(table, name, &verification->accuracy, 100, " %");
  add_row(table, "ROC AUC", &verification->auc, 1, "");
  add_row(table, "equal error rate", &verification->eer, 100, " %");
  for (uint32_t i = 0; i < verification->rate_count; i++) {
    const siam_tar_at_far *rate = &verification->rates[i];
    snprintf(name, sizeof name, "TAR at FAR %g %%", 100 * rate->rate);
    if (rate->supported) {
      add_row(table, name, &rate->tar, 100, " %");
      continue;
    }
    app_table_add(table, "%s", name);
    app_table_add(table, "-");
    app_table_add(table, "too few pairs");
  }
}

static void add_retrieval(app_table *table, const siam_retrieval *retrieval) {
  for (uint32_t i = 0; i < SIAM_RECALL_RANKS; i++) {
    char name[32];
    snprintf(name, sizeof name, "Recall@%u", retrieval->recalls[i].rank);
    add_row(table, name, &retrieval->recalls[i].recall, 100, " %");
  }
  add_row(table, "mAP@R", &retrieval->map_at_r, 100, " %");
}

static void print_classes(const siam_evaluation *evaluation) {
  static const app_column columns[] = {{"class", false},
                                       {"pictures", true},
                                       {"Recall@1", true},
                                       {"mAP@R", true},
                                       {"most often taken for", false}};
  app_table *table = app_table_create(columns, 5);
  for (uint32_t c = 0; c < evaluation->classes; c++) {
    const siam_class_figures *figures = &evaluation->class_figures[c];
    app_table_add(table, "%s", figures->name);
    app_table_add(table, "%u", figures->pictures);
    if (figures->queries > 0) {
      app_table_add(table, "%.1f %%", 100 * figures->recall_at_1);
      app_table_add(table, "%.1f %%", 100 * figures->map_at_r);
    } else {
      app_table_add(table, "-");
      app_table_add(table, "-");
    }
    if (figures->confused_with != NULL)
      app_table_add(table, "%s (%u of %u)", figures->confused_with, figures->confused, figures->queries);
    else
      app_table_add(table, "%s", "");
  }
  printf("\n");
  app_table_print(table, stdout);
  app_table_destroy(table);
}

enum { LEAKS_SHOWN = 10 };

static const char *looker(const siam_leakage *leakage) {
  return leakage->by_default_model ? "the default model" : "the model";
}

/// What was found of what the pixels say, in one sentence.
static void print_sure_leaks(const siam_leakage *leakage, uint32_t images) {
  static const char too_good[] = "the figures are too good to be true";
  uint32_t exact = leakage->exact, near = leakage->near;
  if (exact + near == 0)
    printf("None of the %u pictures is among the %u of the training data, or nearly equal to one.\n", images,
           leakage->training_images);
  else if (exact == 0)
    printf("%u of the %u pictures %s nearly equal to one of the training data: %s.\n", near, images,
           app_plural(near, "is", "are"), too_good);
  else if (near == 0)
    printf("%u of the %u pictures %s in the training data too: %s.\n", exact, images,
           app_plural(exact, "is", "are"), too_good);
  else
    printf("%u of the %u pictures %s in the training data too, and %u nearly so: %s.\n", exact, images,
           app_plural(exact, "is", "are"), near, too_good);
}

/// What only a model says.
static void print_alike(const siam_leakage *leakage) {
  uint32_t alike = leakage->alike;
  bool more = leakage->leak_count > alike;
  if (alike == 0)
    printf("None%s looks like an edited copy of one to %s.\n", more ? " of the others" : "", looker(leakage));
  else
    printf("%u%s %s like %s of the training data to %s, which may err: see for yourself.\n", alike,
           more ? " more" : "", app_plural(alike, "looks", "look"),
           app_plural(alike, "an edited picture", "edited pictures"), looker(leakage));
}

static void print_leak(const siam_leak *leak) {
  const char *test = app_show(leak->path), *training = app_show(leak->training_path);
  if (leak->kind == SIAM_LEAK_EXACT)
    printf("  %s  equals %s\n", test, training);
  else if (leak->kind == SIAM_LEAK_NEAR)
    printf("  %s  is close to %s (correlation %.3f, distance %.3f)\n", test, training, leak->correlation,
           leak->distance);
  else
    printf("  %s%s%s  looks like %s%s%s (distance %.3f)\n", leak->shown[0] != NULL ? leak->shown[0] : "",
           leak->shown[0] != NULL ? " of " : "", test, leak->shown[1] != NULL ? leak->shown[1] : "",
           leak->shown[1] != NULL ? " of " : "", training, leak->distance);
}

static void print_leaks(const siam_leak *leaks, uint32_t count) {
  for (uint32_t i = 0; i < count && i < LEAKS_SHOWN; i++) print_leak(&leaks[i]);
  if (count > LEAKS_SHOWN) printf("  and %u more, all in --json\n", count - LEAKS_SHOWN);
}

static void print_leakage(const siam_leakage *leakage, uint32_t images) {
  uint32_t sure = leakage->exact + leakage->near;
  printf("\n");
  print_sure_leaks(leakage, images);
  print_leaks(leakage->leaks, sure);
  print_alike(leakage);
  print_leaks(leakage->leaks + sure, leakage->alike);
}

void eval_print(const siam_evaluation *evaluation, bool per_class) {
  static const app_column columns[] = {{"figure", false}, {"value", true}, {"95 % interval", true}};
  printf("%u %s", evaluation->images, app_plural(evaluation->images, "picture", "pictures"));
  if (evaluation->classes > 0)
    printf(" of %u %s", evaluation->classes, app_plural(evaluation->classes, "class", "classes"));
  if (evaluation->broken > 0)
    printf("; %u broken %s left out", evaluation->broken, app_plural(evaluation->broken, "one", "ones"));
  if (evaluation->has_verification)
    printf("; %llu same and %llu different pairs", (unsigned long long)evaluation->verification.same_pairs,
           (unsigned long long)evaluation->verification.different_pairs);
  if (evaluation->rate_different_pairs > evaluation->verification.different_pairs)
    printf(", for false-accept rates %llu", (unsigned long long)evaluation->rate_different_pairs);
  printf("\n\n");
  app_table *table = app_table_create(columns, 3);
  if (evaluation->has_verification) add_verification(table, &evaluation->verification);
  if (evaluation->has_one_shot) {
    char name[64];
    snprintf(name, sizeof name, "%u-way one-shot, %u trials", evaluation->one_shot.ways,
             evaluation->one_shot.trials);
    add_row(table, name, &evaluation->one_shot.accuracy, 100, " %");
  }
  if (evaluation->has_retrieval) add_retrieval(table, &evaluation->retrieval);
  app_table_print(table, stdout);
  app_table_destroy(table);
  if (isfinite(evaluation->calibration_error))
    printf("\nSimilarity is off by %.1f points on average (expected calibration error).\n",
           100 * evaluation->calibration_error);
  if (per_class && evaluation->has_retrieval) print_classes(evaluation);
  if (evaluation->has_leakage) print_leakage(&evaluation->leakage, evaluation->images);
}
