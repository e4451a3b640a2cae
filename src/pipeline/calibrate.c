#include "pipeline/calibrate.h"

#include "base/memory.h"
#include "pipeline/decision.h"
#include "pipeline/measure.h"
#include "pipeline/metrics.h"

static void tell_unsupported(const siam_operating_points *points, const siam_ranking *ranking,
                             const siam_logger *logger) {
  for (uint32_t i = 0; i < points->unsupported_count; i++)
    siam_log(logger, SIAM_LOG_INFO,
             "no threshold for a false-accept rate of %g: that takes %.0f different pairs, and there are %zu",
             points->unsupported[i], SIAM_FALSE_ACCEPTS_NEEDED / points->unsupported[i],
             ranking->different_count);
}

/// Fits both on ranked pairs, and sums up how well the pairs are told apart.
static siam_status fit(const siam_ranking *ranking, const siam_logger *logger, siam_decision *decision,
                       siam_calibration_summary *summary) {
  siam_status status = SIAM_OK;
  siam_curve curve = {0};
  SIAM_TRY(siam_curve_create(ranking, &curve));
  SIAM_TRY(siam_operating_points_fit(ranking, &decision->points));
  SIAM_TRY(siam_calibration_fit_platt(ranking, &decision->calibration));
  tell_unsupported(&decision->points, ranking, logger);
  double threshold = siam_best_threshold(&curve);
  *summary = (siam_calibration_summary){.auc = siam_curve_auc(&curve),
                                        .eer = siam_curve_eer(&curve),
                                        .accuracy = siam_curve_accuracy(&curve, threshold),
                                        .threshold = threshold,
                                        .same_pairs = (uint32_t)ranking->same_count,
                                        .different_pairs = (uint32_t)ranking->different_count,
                                        .reversed = decision->calibration.reversed};
cleanup:
  siam_curve_clear(&curve);
  return status;
}

siam_status siam_model_calibrate(siam_model *model, const siam_dataset *dataset, siam_images *images,
                                 const siam_calibration_options *options, siam_calibration_summary *summary) {
  siam_status status = SIAM_OK;
  siam_telling telling = {options->preparing, options->context, "calibrating"};
  siam_pairs_options draw = {.count = options->pairs, .seed = options->seed};
  siam_pair_set pairs = {0};
  siam_ranking ranking = {0};
  siam_decision decision = {0};
  float *embeddings = NULL;
  SIAM_TRY(siam_embed_images(model, images, 0, &telling, &embeddings));
  SIAM_TRY(siam_pair_set_measure(dataset, &draw, embeddings, (size_t)siam_model_get_info(model).embedding,
                                 &pairs));
  SIAM_TRY(siam_ranking_create(pairs.distances, pairs.same, pairs.measured.count, &ranking));
  SIAM_TRY(fit(&ranking, &options->logger, &decision, summary));
  SIAM_TRY(siam_decision_store(&decision, model));
cleanup:
  siam_decision_clear(&decision);
  siam_ranking_clear(&ranking);
  siam_pair_set_clear(&pairs);
  siam_free(embeddings);
  return status;
}
