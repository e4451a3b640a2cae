#include "base/memory.h"
#include "pipeline/judge.h"
#include "pipeline/verification.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/// Where a figure with its repetitions comes from: both models' in turn.
typedef struct repeated {
  double value[2];
  double *values[2]; ///< [repetitions]
} repeated;

/// All that comparing needs.
typedef struct model_contest {
  siam_judgement sides[2];
  const siam_evaluate_options *options;
  uint32_t repetitions;
  double *values; ///< [2, figures, repetitions]
  siam_model_comparison *comparison;
} model_contest;

/// Adds a figure: the difference with its interval, from repetitions that drew the same classes for both.
static void add(model_contest *contest, const char *name, bool rate, bool lower_is_better,
                const repeated *figure) {
  siam_model_comparison *comparison = contest->comparison;
  siam_model_difference *row = &comparison->differences[comparison->count++];
  double better = 0, valid = 0;
  *row = (siam_model_difference){.rate = rate,
                                 .lower_is_better = lower_is_better,
                                 .first = figure->value[0],
                                 .second = figure->value[1],
                                 .difference = {.value = figure->value[1] - figure->value[0]}};
  snprintf(row->name, sizeof row->name, "%s", name);
  double *differences = figure->values[1];
  for (uint32_t i = 0; i < contest->repetitions; i++) {
    differences[i] -= figure->values[0][i];
    if (isnan(differences[i])) continue;
    double gain = lower_is_better ? -differences[i] : differences[i];
    better += gain > 0 ? 1 : gain == 0 ? 0.5 : 0;
    valid++;
  }
  row->second_better = valid > 0 ? better / valid : NAN;
  siam_bootstrap_interval(differences, contest->repetitions, &row->difference);
}

static siam_status open_sides(model_contest *contest, const char *data) {
  for (int side = 0; side < 2; side++)
    SIAM_RETURN_IF_FAILED(siam_judgement_open(&contest->sides[side], data));
  uint32_t first = siam_images_count(contest->sides[0].images);
  uint32_t second = siam_images_count(contest->sides[1].images);
  if (first != second)
    return siam_fail(SIAM_ERROR_DATA, "%s: changed while it was read: %u pictures, then %u", data, first,
                     second);
  contest->comparison->images = first;
  contest->comparison->broken = siam_images_get_facts(contest->sides[0].images)->broken;
  contest->comparison->classes = siam_dataset_count_classes(contest->sides[0].dataset);
  return SIAM_OK;
}

/// Accuracy, AUC, equal error rate and the shares at fixed false-accept rates, on the same pairs.
static siam_status contest_pairs(model_contest *contest) {
  size_t repetitions = contest->repetitions;
  siam_verification judged[2];
  for (int side = 0; side < 2; side++) {
    siam_judgement *judgement = &contest->sides[side];
    SIAM_RETURN_IF_FAILED(siam_judgement_pair(judgement));
    siam_verification_options options = siam_judgement_verification(judgement);
    SIAM_RETURN_IF_FAILED(siam_verification_repeat(
        &judgement->pairs.measured, &options,
        contest->values + side * SIAM_VERIFICATION_FIGURES * repetitions, &judged[side]));
  }
  contest->comparison->same_pairs = judged[0].same_pairs;
  contest->comparison->different_pairs = judged[0].different_pairs;
  for (uint32_t i = 0; i < SIAM_VERIFICATION_FIGURES; i++) {
    char name[32];
    repeated figure;
    if (!siam_verification_name(&judged[0], i, name, sizeof name)) continue;
    for (int side = 0; side < 2; side++) {
      figure.value[side] = siam_verification_value(&judged[side], i);
      figure.values[side] = contest->values + (side * SIAM_VERIFICATION_FIGURES + i) * repetitions;
    }
    add(contest, name, i != SIAM_VERIFICATION_AUC, i == SIAM_VERIFICATION_EER, &figure);
  }
  return SIAM_OK;
}

/// A figure that is a quotient of sums over classes; `ratios` has those of both models, side by side.
static siam_status add_ratio(model_contest *contest, const char *name, const siam_ratio *const *ratios,
                             uint32_t units) {
  repeated figure;
  for (int side = 0; side < 2; side++) {
    double part = 0, whole = 0;
    figure.values[side] = contest->values + (size_t)side * contest->repetitions;
    SIAM_RETURN_IF_FAILED(siam_bootstrap_ratio_values(ratios[side], units, contest->options->seed,
                                                      contest->repetitions, figure.values[side]));
    for (uint32_t i = 0; i < units; i++) {
      part += ratios[side][i].part;
      whole += ratios[side][i].whole;
    }
    figure.value[side] = part / whole;
  }
  add(contest, name, true, false, &figure);
  return SIAM_OK;
}

/// The same trials for both.
static siam_status contest_trials(model_contest *contest, siam_ratio *const *ratios) {
  siam_one_shot judged;
  uint32_t classes = contest->comparison->classes, units = 0;
  char name[32];
  for (int side = 0; side < 2; side++) {
    siam_status status = siam_judgement_draw_trials(&contest->sides[side], ratios[side], &judged);
    if (status == SIAM_ERROR_DATA && !siam_judgement_needs_trials(&contest->sides[side])) return SIAM_OK;
    SIAM_RETURN_IF_FAILED(status);
  }
  // Classes that no query came from are no units of the bootstrap; for both models they are the same.
  for (uint32_t c = 0; c < classes; c++) {
    if (ratios[0][c].whole == 0) continue;
    ratios[0][units] = ratios[0][c];
    ratios[1][units++] = ratios[1][c];
  }
  snprintf(name, sizeof name, "%u-way one-shot", judged.ways);
  return add_ratio(contest, name, (const siam_ratio *const *)ratios, units);
}

static siam_status contest_retrieval(model_contest *contest, siam_ratio *const *ratios) {
  uint32_t classes = contest->comparison->classes, units = 0;
  siam_retrieval judged;
  for (int side = 0; side < 2; side++) {
    siam_judgement *judgement = &contest->sides[side];
    siam_embeddings embeddings = siam_judgement_embeddings(judgement);
    siam_retrieval_options options = {.repetitions = 1, .seed = contest->options->seed};
    siam_status status = siam_retrieval_measure(&embeddings, judgement->classes, classes, &options,
                                                &judgement->retrieval, &judged);
    if (status == SIAM_ERROR_DATA) return SIAM_OK;
    SIAM_RETURN_IF_FAILED(status);
  }
  for (uint32_t figure = 0; figure <= SIAM_RECALL_RANKS; figure++) {
    char name[32] = "mAP@R";
    if (figure < SIAM_RECALL_RANKS) snprintf(name, sizeof name, "Recall@%u", judged.recalls[figure].rank);
    for (int side = 0; side < 2; side++)
      units = siam_retrieval_ratios(&contest->sides[side].retrieval, classes, figure, ratios[side]);
    SIAM_RETURN_IF_FAILED(add_ratio(contest, name, (const siam_ratio *const *)ratios, units));
  }
  return SIAM_OK;
}

static siam_status contest_classes(model_contest *contest) {
  siam_status status = SIAM_OK;
  siam_ratio *ratios[2] = {NULL, NULL};
  if (contest->comparison->classes < 2) return SIAM_OK;
  for (int side = 0; side < 2; side++) {
    SIAM_TRY_ALLOCATE(ratios[side], contest->comparison->classes);
    SIAM_TRY(siam_judgement_label(&contest->sides[side]));
  }
  SIAM_TRY(contest_trials(contest, ratios));
  SIAM_TRY(contest_retrieval(contest, ratios));
cleanup:
  siam_free(ratios[0]);
  siam_free(ratios[1]);
  return status;
}

siam_status siam_compare_models(siam_model *first, siam_model *second, const char *data,
                                const siam_evaluate_options *options, siam_model_comparison *comparison) {
  static const siam_evaluate_options standard;
  siam_status status = SIAM_OK;
  if (options == NULL) options = &standard;
  model_contest contest = {
      .sides = {{.model = first, .options = options}, {.model = second, .options = options}},
      .options = options,
      .repetitions = options->repetitions > 0 ? options->repetitions : SIAM_BOOTSTRAP_REPETITIONS,
      .comparison = comparison};
  *comparison = (siam_model_comparison){0};
  SIAM_TRY_ALLOCATE(contest.values, 2 * (size_t)SIAM_VERIFICATION_FIGURES * contest.repetitions);
  SIAM_TRY(open_sides(&contest, data));
  SIAM_TRY(contest_pairs(&contest));
  SIAM_TRY(contest_classes(&contest));
cleanup:
  for (int side = 0; side < 2; side++) siam_judgement_clear(&contest.sides[side]);
  siam_free(contest.values);
  return status;
}
