#include "pipeline/calibrate.h"

#include "base/memory.h"
#include "data/parallel.h"
#include "pipeline/closer_fit.h"
#include "pipeline/decision.h"
#include "pipeline/measure.h"
#include "pipeline/metrics.h"

#include <math.h>

static void tell_unsupported(const siam_operating_points *points, const siam_ranking *ranking,
                             const siam_logger *logger) {
  siam_text rates = {0};
  for (uint32_t i = 0; i < points->unsupported_count; i++)
    siam_text_add(&rates, "%s%g (takes %.0f different pairs)", i > 0 ? ", " : "", points->unsupported[i],
                  SIAM_FALSE_ACCEPTS_NEEDED / points->unsupported[i]);
  if (rates.bytes != NULL)
    siam_log(
        logger, SIAM_LOG_INFO,
        "the validation data have %zu different pairs, too few for thresholds at false-accept rates of %s",
        ranking->different_count, rates.bytes);
  siam_text_clear(&rates);
}

/// A low false-accept rate takes many different pairs: 1e-4 takes 100,000. Same pairs come as far as there
/// are.
enum { RATE_PAIRS = 400000 };

/// Chooses and measures at most `count` pairs and ranks them.
static siam_status rank_pairs(const siam_dataset *dataset, uint32_t count,
                              const siam_calibration_options *options, const siam_looks *looks,
                              siam_ranking *ranking) {
  siam_pairs_options draw = {.count = count, .seed = options->seed, .within_parent = options->within_parent};
  siam_telling telling = {options->preparing, options->context, "measuring pairs"};
  siam_pair_set pairs = {0};
  SIAM_RETURN_IF_FAILED(siam_pair_set_measure(dataset, &draw, looks, &telling, &pairs));
  siam_status status = siam_ranking_create(pairs.distances, pairs.same, pairs.measured.count, ranking);
  siam_pair_set_clear(&pairs);
  return status;
}

/// The rate that verdicts are to go by, where the pairs support a threshold for it; else the best accuracy's,
/// 0.
static double supported(const siam_operating_points *points, const siam_calibration_options *options) {
  for (uint32_t i = 0; i < points->count; i++)
    if (points->points[i].rate == options->far) return options->far;
  siam_log(&options->logger, SIAM_LOG_WARNING,
           "verdicts will go by the threshold of best accuracy: the validation data have too few different "
           "pairs for one at a false-accept rate of %g",
           options->far);
  return 0;
}

/// Thresholds for false-accept rates, from as many different pairs as can be had.
static siam_status fit_rates(const siam_dataset *dataset, const siam_calibration_options *options,
                             const siam_looks *looks, siam_operating_points *points) {
  siam_ranking many = {0};
  SIAM_RETURN_IF_FAILED(rank_pairs(dataset, RATE_PAIRS, options, looks, &many));
  siam_status status = siam_operating_points_fit(&many, options->far, points);
  if (status == SIAM_OK) tell_unsupported(points, &many, &options->logger);
  siam_ranking_clear(&many);
  return status;
}

/// The best accuracy and the probabilities are those of as many same as different pairs. On pictures that
/// were trained on it stays at that: their different pairs have been pushed apart, so that a threshold which
/// few of them pass lets in many others.
static siam_status fit(const siam_dataset *dataset, const siam_ranking *balanced,
                       const siam_calibration_options *options, const siam_looks *looks,
                       siam_decision *decision) {
  siam_operating_points points;
  decision->on_training = options->on_training;
  SIAM_RETURN_IF_FAILED(siam_operating_points_fit(balanced, 0, &points));
  if (!options->on_training) SIAM_RETURN_IF_FAILED(fit_rates(dataset, options, looks, &decision->points));
  decision->points.points[0] = points.points[0];
  if (options->on_training) decision->points.count = 1;
  return siam_calibration_fit_platt(balanced, &decision->calibration);
}

static void tell_on_training(const siam_logger *logger) {
  siam_log(logger, SIAM_LOG_WARNING,
           "thresholds are fitted on pictures that were trained on: the model gets none for false-accept "
           "rates (siamese-compare --far), and calls more pairs of other things same than of these; hold "
           "classes out, or name other pictures with --val");
}

bool siam_auc_is_reversed(double auc, size_t same, size_t different, uint32_t pictures) {
  double most = pictures / 2.0, m = fmin((double)same, most), n = fmin((double)different, most);
  return auc < 0.5 - 3 * sqrt((m + n + 1) / (12 * m * n));
}

static siam_status sum_up(const siam_ranking *ranking, const siam_decision *decision, uint32_t pictures,
                          siam_calibration_summary *summary) {
  siam_curve curve = {0};
  SIAM_RETURN_IF_FAILED(siam_curve_create(ranking, &curve));
  double threshold = siam_best_threshold(&curve);
  *summary = (siam_calibration_summary){.auc = siam_curve_auc(&curve),
                                        .eer = siam_curve_eer(&curve),
                                        .accuracy = siam_curve_accuracy(&curve, threshold),
                                        .threshold = threshold,
                                        .same_pairs = (uint32_t)ranking->same_count,
                                        .different_pairs = (uint32_t)ranking->different_count,
                                        .blind = decision->calibration.reversed};
  summary->reversed =
      siam_auc_is_reversed(summary->auc, ranking->same_count, ranking->different_count, pictures);
  siam_curve_clear(&curve);
  return SIAM_OK;
}

siam_status siam_model_auc(siam_model *model, const siam_dataset *dataset, siam_images *images,
                           const siam_calibration_options *options, double *auc) {
  siam_status status = SIAM_OK;
  siam_telling telling = {options->preparing, options->context, "looking at validation data"};
  siam_ranking ranking = {0};
  siam_curve curve = {0};
  const siam_views *views = NULL;
  siam_looks looks = {0};
  SIAM_TRY(siam_views_of_model(model, &views));
  SIAM_TRY(siam_looks_take(model, views, images, 0, &telling, &looks));
  SIAM_TRY(rank_pairs(dataset, options->pairs, options, &looks, &ranking));
  SIAM_TRY(siam_curve_create(&ranking, &curve));
  *auc = siam_curve_auc(&curve);
cleanup:
  siam_curve_clear(&curve);
  siam_ranking_clear(&ranking);
  siam_looks_clear(&looks);
  return status;
}

/// The near pairs of a set, to be looked at.
typedef struct near_pairs {
  const siam_looks *looks;
  const siam_pair_set *set;
  uint32_t count, *numbers; ///< Of the near ones, in the set.
  siam_closer_pair *pairs;
} near_pairs;

static siam_status look_at(void *context, uint32_t i) {
  const near_pairs *of = context;
  const siam_pair *pair = &of->set->pictures[of->numbers[i]];
  const siam_looks *looks = of->looks;
  const size_t size = siam_picture_shape_bytes(&looks->shape);
  const siam_views_match match = siam_views_compare(looks->views, siam_looks_of(looks, pair->a),
                                                    siam_looks_of(looks, pair->b), looks->dimensions);
  of->pairs[i] = (siam_closer_pair){.distance = match.distance, .same = pair->same};
  return siam_closer_marks_of_match(looks->views, &looks->shape, looks->pictures + pair->a * size,
                                    looks->pictures + pair->b * size, &match, &of->pairs[i].marks);
}

/// Fits how a closer look counts, on the near ones of all pairs that can be had, and has the looks take it.
static siam_status fit_closer(const siam_dataset *dataset, const siam_calibration_options *options,
                              siam_looks *looks, siam_model *model) {
  siam_status status = SIAM_OK;
  siam_pairs_options draw = {
      .count = RATE_PAIRS, .seed = options->seed, .within_parent = options->within_parent};
  siam_pair_set pairs = {0};
  near_pairs near = {.looks = looks, .set = &pairs};
  siam_telling telling = {options->preparing, options->context, "measuring pairs"};
  double nearest = 0;
  looks->closer = (siam_closer_look){0};
  SIAM_TRY(siam_pair_set_measure(dataset, &draw, looks, &telling, &pairs));
  SIAM_TRY(siam_closer_nearest(pairs.distances, pairs.same, pairs.measured.count, &nearest));
  SIAM_TRY_ALLOCATE(near.numbers, pairs.measured.count);
  for (uint32_t i = 0; i < pairs.measured.count; i++)
    if (pairs.distances[i] <= nearest) near.numbers[near.count++] = i;
  SIAM_TRY_ALLOCATE(near.pairs, near.count);
  telling.what = "looking closer";
  SIAM_TRY(siam_parallel_run(&(siam_parallel){.count = near.count,
                                              .task = look_at,
                                              .context = &near,
                                              .progress = siam_tell,
                                              .progress_context = &telling}));
  SIAM_TRY(siam_closer_fit(near.pairs, near.count, nearest, &looks->closer));
  SIAM_TRY(siam_closer_look_keep(&looks->closer, model));
cleanup:
  siam_free(near.numbers);
  siam_free(near.pairs);
  siam_pair_set_clear(&pairs);
  return status;
}

siam_status siam_model_calibrate(siam_model *model, const siam_dataset *dataset, siam_images *images,
                                 const siam_calibration_options *options, siam_calibration_summary *summary) {
  siam_status status = SIAM_OK;
  siam_telling telling = {options->preparing, options->context, "calibrating"};
  siam_ranking balanced = {0};
  siam_decision decision = {0};
  const siam_views *views = NULL;
  siam_looks looks = {0};
  SIAM_TRY(siam_views_of_model(model, &views));
  SIAM_TRY(siam_looks_take(model, views, images, 0, &telling, &looks));
  if (looks.pictures != NULL) SIAM_TRY(fit_closer(dataset, options, &looks, model));
  SIAM_TRY(rank_pairs(dataset, options->pairs, options, &looks, &balanced));
  if (options->on_training) tell_on_training(&options->logger);
  SIAM_TRY(fit(dataset, &balanced, options, &looks, &decision));
  SIAM_TRY(sum_up(&balanced, &decision, siam_images_count(images), summary));
  decision.rate = supported(&decision.points, options);
  SIAM_TRY(siam_decision_store(&decision, model));
cleanup:
  siam_decision_clear(&decision);
  siam_ranking_clear(&balanced);
  siam_looks_clear(&looks);
  return status;
}
