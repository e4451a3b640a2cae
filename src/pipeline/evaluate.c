#include "base/outputs.h"
#include "data/one_shot_runs.h"
#include "pipeline/class_figures.h"
#include "pipeline/judge.h"
#include "pipeline/leakage.h"
#include "pipeline/pair_distances.h"
#include "pipeline/report.h"

#include <math.h>

/// A false-accept rate of 0.1 % takes 10,000 different pairs, more than the other figures need.
enum { RATE_PAIRS = 40000 };

/// Replaces the figures at fixed false-accept rates by those of many pairs; a pair set has no others.
static siam_status judge_rates(const siam_judgement *set, siam_evaluation *evaluation) {
  siam_pair_set pairs = {0};
  siam_verification many;
  siam_verification_options options = {.repetitions = set->options->repetitions, .seed = set->options->seed};
  SIAM_RETURN_IF_FAILED(siam_judgement_measure(set, RATE_PAIRS, &pairs));
  siam_status status = siam_verification_compute(&pairs.measured, &options, &many);
  siam_pair_set_clear(&pairs);
  if (status != SIAM_OK) return status;
  siam_verification *judged = &evaluation->verification;
  for (uint32_t i = 0; i < many.rate_count; i++) judged->rates[i] = many.rates[i];
  evaluation->rate_different_pairs = many.different_pairs;
  return SIAM_OK;
}

static siam_status measure_calibration(const siam_judgement *set, double *error) {
  siam_ranking ranking = {0};
  siam_calibration_quality quality;
  const siam_pair_set *pairs = &set->pairs;
  SIAM_RETURN_IF_FAILED(siam_ranking_create(pairs->distances, pairs->same, pairs->measured.count, &ranking));
  siam_status status = siam_calibration_measure(&set->decision.calibration, &ranking, &quality);
  siam_ranking_clear(&ranking);
  if (status == SIAM_OK) *error = quality.expected_error;
  return status;
}

/// Figures about pairs, at the model's own threshold unless the best of these pairs is asked for.
static siam_status verify(siam_judgement *set, siam_evaluation *evaluation) {
  SIAM_RETURN_IF_FAILED(siam_judgement_pair(set));
  siam_verification_options options = siam_judgement_verification(set);
  SIAM_RETURN_IF_FAILED(siam_verification_compute(&set->pairs.measured, &options, &evaluation->verification));
  evaluation->has_verification = true;
  evaluation->rate_different_pairs = evaluation->verification.different_pairs;
  if (set->options->pairs == 0) SIAM_RETURN_IF_FAILED(judge_rates(set, evaluation));
  return set->decision.calibrated ? measure_calibration(set, &evaluation->calibration_error) : SIAM_OK;
}

static siam_status draw_one_shot(siam_judgement *set, siam_evaluation *evaluation) {
  siam_status status = siam_judgement_draw_trials(set, NULL, &evaluation->one_shot);
  if (status == SIAM_ERROR_DATA && !siam_judgement_needs_trials(set)) {
    siam_log(&set->options->logger, SIAM_LOG_INFO, "no one-shot trials: %s", siam_last_error());
    return SIAM_OK;
  }
  evaluation->has_one_shot = status == SIAM_OK;
  return status;
}

static siam_status retrieve(siam_judgement *set, siam_evaluation *evaluation) {
  siam_embeddings embeddings = siam_judgement_embeddings(set);
  siam_retrieval_options options = {.repetitions = set->options->repetitions, .seed = set->options->seed};
  siam_status status =
      siam_retrieval_measure(&embeddings, set->classes, siam_dataset_count_classes(set->dataset), &options,
                             &set->retrieval, &evaluation->retrieval);
  // Data whose classes have one picture each can still be a pair list's, so that this is no failure.
  if (status == SIAM_ERROR_DATA) return SIAM_OK;
  SIAM_RETURN_IF_FAILED(status);
  evaluation->has_retrieval = true;
  return siam_class_figures_make(set, &evaluation->class_figures);
}

/// Figures that take classes.
static siam_status judge_classes(siam_judgement *set, siam_evaluation *evaluation) {
  if (siam_dataset_count_classes(set->dataset) < 2) return SIAM_OK;
  SIAM_RETURN_IF_FAILED(siam_judgement_label(set));
  SIAM_RETURN_IF_FAILED(draw_one_shot(set, evaluation));
  return retrieve(set, evaluation);
}

static void count(const siam_judgement *set, siam_evaluation *evaluation) {
  evaluation->images = siam_images_count(set->images);
  evaluation->broken = siam_images_get_facts(set->images)->broken;
  evaluation->classes = siam_dataset_count_classes(set->dataset);
  evaluation->seconds = set->seconds;
}

static siam_status judge_runs(siam_judgement *set, const char *data, siam_evaluation *evaluation) {
  siam_status status = SIAM_OK;
  siam_one_shot_runs runs = {0};
  siam_dataset_options collect = {.logger = set->options->logger};
  SIAM_TRY(siam_one_shot_runs_read(data, &runs));
  SIAM_TRY(siam_dataset_collect((const char *const *)runs.paths, runs.image_count, &collect, &set->dataset));
  SIAM_TRY(siam_judgement_embed(set));
  count(set, evaluation);
  if (evaluation->images != runs.image_count) {
    status =
        siam_fail(SIAM_ERROR_DATA, "%s: %u of the runs' pictures cannot be read; the runs need all of them",
                  data, (unsigned)runs.image_count - evaluation->images);
    goto cleanup;
  }
  siam_embeddings embeddings = siam_judgement_embeddings(set);
  siam_one_shot_options options = {.repetitions = set->options->repetitions, .seed = set->options->seed};
  SIAM_TRY(siam_one_shot_evaluate_runs(&embeddings, &runs, &options, NULL, &evaluation->one_shot));
  evaluation->has_one_shot = true;
cleanup:
  siam_one_shot_runs_clear(&runs);
  return status;
}

static siam_status find_leaks(const siam_judgement *set, siam_evaluation *evaluation) {
  SIAM_RETURN_IF_FAILED(siam_leakage_find(set, &evaluation->leakage));
  evaluation->has_leakage = true;
  return SIAM_OK;
}

siam_status siam_judgement_evaluate(siam_judgement *judgement, siam_evaluation *evaluation) {
  *evaluation = (siam_evaluation){.calibration_error = NAN};
  count(judgement, evaluation);
  SIAM_RETURN_IF_FAILED(verify(judgement, evaluation));
  return judge_classes(judgement, evaluation);
}

static siam_status check_trials(const siam_judgement *set, const char *data) {
  const bool wanted = siam_judgement_needs_trials(set) || set->options->within_parent;
  if (!wanted || siam_dataset_count_classes(set->dataset) > 0) return SIAM_OK;
  return siam_fail(SIAM_ERROR_ARGUMENT,
                   "%s: pairs without classes, and one-shot trials need classes; leave --ways, --trials and "
                   "--within-parent out, or judge a folder with a folder for each class",
                   data);
}

/// Finds out before the work whether its results can be written.
static siam_status check_places(const siam_evaluate_options *options, const char *data) {
  const siam_output outputs[] = {
      {options->report, "the report"}, {options->distances, "the distances"}, {data, "the data"}};
  if (options->report != NULL) SIAM_RETURN_IF_FAILED(siam_report_check_place(options->report));
  if (options->distances != NULL) SIAM_RETURN_IF_FAILED(siam_pair_distances_check_place(options->distances));
  return siam_outputs_check(outputs, 3);
}

static siam_status judge_pictures(siam_judgement *set, const char *data, siam_evaluation *evaluation) {
  const siam_evaluate_options *options = set->options;
  SIAM_RETURN_IF_FAILED(check_places(options, data));
  SIAM_RETURN_IF_FAILED(siam_judgement_open(set, data));
  SIAM_RETURN_IF_FAILED(check_trials(set, data));
  SIAM_RETURN_IF_FAILED(siam_judgement_evaluate(set, evaluation));
  if (options->training != NULL) SIAM_RETURN_IF_FAILED(find_leaks(set, evaluation));
  if (options->distances != NULL) SIAM_RETURN_IF_FAILED(siam_pair_distances_write(options->distances, set));
  if (options->report == NULL) return SIAM_OK;
  siam_report_facts facts = {.command = options->command,
                             .model = set->model->path,
                             .settings = siam_model_get_fact(set->model, "training")};
  return siam_report_write(options->report, set, evaluation, &facts);
}

siam_status siam_evaluate(siam_model *model, const char *data, const siam_evaluate_options *options,
                          siam_evaluation *evaluation) {
  static const siam_evaluate_options standard;
  siam_judgement set = {.model = model, .options = options != NULL ? options : &standard};
  *evaluation = (siam_evaluation){.calibration_error = NAN};
  siam_status status = set.options->one_shot_runs ? judge_runs(&set, data, evaluation)
                                                  : judge_pictures(&set, data, evaluation);
  siam_judgement_clear(&set);
  if (status != SIAM_OK) siam_evaluation_clear(evaluation);
  return status;
}

void siam_evaluation_clear(siam_evaluation *evaluation) {
  siam_class_figures_free(evaluation->class_figures, evaluation->has_retrieval ? evaluation->classes : 0);
  siam_leakage_clear(&evaluation->leakage);
  evaluation->class_figures = NULL;
  evaluation->has_retrieval = evaluation->has_leakage = false;
}
