#include "base/clock.h"
#include "base/memory.h"
#include "data/one_shot_runs.h"
#include "pipeline/decision.h"
#include "pipeline/embedder.h"
#include "pipeline/measure.h"
#include "pipeline/one_shot.h"
#include "pipeline/verification.h"

#include <math.h>
#include <siamese/evaluate.h>

/// All that judging one set of pictures needs.
typedef struct judged_set {
  siam_model *model;
  const siam_evaluate_options *options;
  siam_dataset *dataset;
  siam_images *images;
  float *embeddings; ///< [images, D]
} judged_set;

static siam_status embed(judged_set *set, siam_evaluation *evaluation) {
  const siam_evaluate_options *options = set->options;
  siam_telling telling = {options->preparing, options->context, "reading pictures"};
  siam_images_options images = {.shape = siam_model_picture_shape(set->model),
                                .logger = options->logger,
                                .progress = siam_tell,
                                .progress_context = &telling};
  double start = siam_seconds();
  SIAM_RETURN_IF_FAILED(siam_images_open(set->dataset, &images, &set->images));
  telling.what = "embedding";
  SIAM_RETURN_IF_FAILED(siam_embed_images(set->model, set->images, 0, &telling, &set->embeddings));
  evaluation->images = siam_images_count(set->images);
  evaluation->broken = siam_images_get_facts(set->images)->broken;
  evaluation->classes = siam_dataset_count_classes(set->dataset);
  evaluation->seconds = siam_seconds() - start;
  return SIAM_OK;
}

/// A false-accept rate of 0.1 % takes 10,000 different pairs, more than the other figures need.
enum { RATE_PAIRS = 40000 };

/// Replaces the figures at fixed false-accept rates by those of many pairs; a pair set has no others.
static siam_status judge_rates(const judged_set *set, siam_evaluation *evaluation) {
  siam_pair_set pairs = {0};
  siam_verification many;
  siam_pairs_options draw = {
      .count = RATE_PAIRS, .seed = set->options->seed, .within_parent = set->options->within_parent};
  siam_verification_options verification = {.repetitions = set->options->repetitions,
                                            .seed = set->options->seed};
  SIAM_RETURN_IF_FAILED(siam_pair_set_measure(set->dataset, &draw, set->embeddings,
                                              (size_t)siam_model_get_info(set->model).embedding, &pairs));
  siam_status status = siam_verification_compute(&pairs.measured, &verification, &many);
  siam_pair_set_clear(&pairs);
  if (status != SIAM_OK) return status;
  siam_verification *judged = &evaluation->verification;
  for (uint32_t i = 0; i < many.rate_count; i++) judged->rates[i] = many.rates[i];
  evaluation->rate_different_pairs = many.different_pairs;
  return SIAM_OK;
}

/// Figures about pairs, at the model's own threshold unless the best of these pairs is asked for.
static siam_status verify(const judged_set *set, siam_evaluation *evaluation) {
  siam_status status = SIAM_OK;
  const siam_evaluate_options *options = set->options;
  siam_pair_set pairs = {0};
  siam_decision decision = {0};
  siam_ranking ranking = {0};
  siam_pairs_options draw = {
      .count = options->pairs, .seed = options->seed, .within_parent = options->within_parent};
  siam_verification_options verification = {.repetitions = options->repetitions, .seed = options->seed};
  SIAM_TRY(siam_decision_load(set->model, &decision));
  SIAM_TRY(siam_pair_set_measure(set->dataset, &draw, set->embeddings,
                                 (size_t)siam_model_get_info(set->model).embedding, &pairs));
  double threshold = 0;
  if (!options->fit_threshold && decision.calibrated) {
    char name[32];
    SIAM_TRY(siam_decision_threshold(&decision, &(siam_compare_options){0}, &threshold, name, sizeof name));
    verification.threshold = &threshold;
  }
  SIAM_TRY(siam_verification_compute(&pairs.measured, &verification, &evaluation->verification));
  evaluation->has_verification = true;
  evaluation->rate_different_pairs = evaluation->verification.different_pairs;
  if (options->pairs == 0) SIAM_TRY(judge_rates(set, evaluation));
  if (decision.calibrated) {
    siam_calibration_quality quality;
    SIAM_TRY(siam_ranking_create(pairs.distances, pairs.same, pairs.measured.count, &ranking));
    SIAM_TRY(siam_calibration_measure(&decision.calibration, &ranking, &quality));
    evaluation->calibration_error = quality.expected_error;
  }
cleanup:
  siam_ranking_clear(&ranking);
  siam_pair_set_clear(&pairs);
  siam_decision_clear(&decision);
  return status;
}

/// Classes and parents as one-shot trials want them; each array is freed by the caller.
static siam_status gather_labels(const siam_dataset *dataset, uint32_t **classes, uint32_t **parents) {
  siam_status status = SIAM_OK;
  uint32_t images = siam_dataset_count_images(dataset), count = siam_dataset_count_classes(dataset);
  SIAM_TRY_ALLOCATE(*classes, images);
  SIAM_TRY_ALLOCATE(*parents, count);
  for (uint32_t i = 0; i < images; i++) (*classes)[i] = siam_dataset_get_image_class(dataset, i);
  for (uint32_t c = 0; c < count; c++) (*parents)[c] = siam_dataset_get_class_parent(dataset, c);
cleanup:
  return status;
}

static siam_one_shot_options one_shot_options(const siam_evaluate_options *options, uint32_t classes) {
  uint32_t ways = options->ways > 0 ? options->ways : classes < 20 ? classes : 20;
  return (siam_one_shot_options){.ways = ways,
                                 .trials = options->trials,
                                 .within_parent = options->within_parent,
                                 .repetitions = options->repetitions,
                                 .seed = options->seed};
}

static siam_embeddings embeddings_of(const judged_set *set) {
  return (siam_embeddings){.values = set->embeddings,
                           .count = siam_images_count(set->images),
                           .dimension = (uint32_t)siam_model_get_info(set->model).embedding};
}

static siam_status draw_one_shot(const judged_set *set, siam_evaluation *evaluation) {
  siam_status status = SIAM_OK;
  const siam_evaluate_options *options = set->options;
  uint32_t *classes = NULL, *parents = NULL, count = siam_dataset_count_classes(set->dataset);
  if (count < 2) return SIAM_OK;
  SIAM_TRY(gather_labels(set->dataset, &classes, &parents));
  siam_embeddings embeddings = embeddings_of(set);
  siam_one_shot_labels labels = {.classes = classes, .class_count = count, .parents = parents};
  siam_one_shot_options drawing = one_shot_options(options, count);
  status = siam_one_shot_draw(&embeddings, &labels, &drawing, &evaluation->one_shot);
  // Who asks for trials by name wants to know why there are none; otherwise pairs are enough.
  if (status == SIAM_ERROR_DATA && options->ways == 0 && options->trials == 0) {
    siam_log(&options->logger, SIAM_LOG_INFO, "no one-shot trials: %s", siam_last_error());
    status = SIAM_OK;
    goto cleanup;
  }
  if (status != SIAM_OK) siam_fail_within(status, "%s", siam_dataset_get_path(set->dataset));
  evaluation->has_one_shot = status == SIAM_OK;
cleanup:
  siam_free(classes);
  siam_free(parents);
  return status;
}

static siam_status judge_runs(judged_set *set, const char *data, siam_evaluation *evaluation) {
  siam_status status = SIAM_OK;
  siam_one_shot_runs runs = {0};
  siam_dataset_options collect = {.logger = set->options->logger};
  SIAM_TRY(siam_one_shot_runs_read(data, &runs));
  SIAM_TRY(siam_dataset_collect((const char *const *)runs.paths, runs.image_count, &collect, &set->dataset));
  SIAM_TRY(embed(set, evaluation));
  if (evaluation->images != runs.image_count) {
    status =
        siam_fail(SIAM_ERROR_DATA, "%s: %u of the runs' pictures cannot be read; the runs need all of them",
                  data, (unsigned)runs.image_count - evaluation->images);
    goto cleanup;
  }
  siam_embeddings embeddings = embeddings_of(set);
  siam_one_shot_options options = one_shot_options(set->options, 20);
  SIAM_TRY(siam_one_shot_evaluate_runs(&embeddings, &runs, &options, NULL, &evaluation->one_shot));
  evaluation->has_one_shot = true;
cleanup:
  siam_one_shot_runs_clear(&runs);
  return status;
}

static siam_status judge_pictures(judged_set *set, const char *data, siam_evaluation *evaluation) {
  siam_dataset_options open = {.logger = set->options->logger};
  SIAM_RETURN_IF_FAILED(siam_dataset_open(data, &open, &set->dataset));
  SIAM_RETURN_IF_FAILED(embed(set, evaluation));
  SIAM_RETURN_IF_FAILED(verify(set, evaluation));
  return draw_one_shot(set, evaluation);
}

siam_status siam_evaluate(siam_model *model, const char *data, const siam_evaluate_options *options,
                          siam_evaluation *evaluation) {
  static const siam_evaluate_options standard;
  judged_set set = {.model = model, .options = options != NULL ? options : &standard};
  *evaluation = (siam_evaluation){.calibration_error = NAN};
  siam_status status = set.options->one_shot_runs ? judge_runs(&set, data, evaluation)
                                                  : judge_pictures(&set, data, evaluation);
  siam_images_destroy(set.images);
  siam_dataset_destroy(set.dataset);
  siam_free(set.embeddings);
  return status;
}
