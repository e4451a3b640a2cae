#include "pipeline/verification.h"

#include "base/memory.h"
#include "pipeline/bootstrap.h"
#include "pipeline/resampler.h"

#include <math.h>
#include <stdio.h>

/// Short names within this file.
enum {
  ACCURACY = SIAM_VERIFICATION_ACCURACY,
  AUC = SIAM_VERIFICATION_AUC,
  EER = SIAM_VERIFICATION_EER,
  TAR = SIAM_VERIFICATION_TAR,
  FIGURES = SIAM_VERIFICATION_FIGURES
};

/// Figures of the curve as it is weighed; NAN where `found` is false.
static void read_figures(const siam_curve *curve, const siam_verification *asked, bool found,
                         double *figures) {
  figures[ACCURACY] = found ? siam_curve_accuracy(curve, asked->threshold) : NAN;
  figures[AUC] = found ? siam_curve_auc(curve) : NAN;
  figures[EER] = found ? siam_curve_eer(curve) : NAN;
  for (uint32_t i = 0; i < asked->rate_count; i++)
    figures[TAR + i] = found ? siam_curve_tar(curve, asked->rates[i].rate) : NAN;
}

/// Fills values[figure · repetitions + repetition].
static siam_status resample(const siam_measured_pairs *pairs, siam_curve *curve,
                            const siam_verification *asked, uint64_t seed, uint32_t repetitions,
                            double *values) {
  siam_status status = SIAM_OK;
  siam_resampler resampler = {0};
  SIAM_TRY(siam_resampler_create(pairs, curve->ranking, &resampler));
  for (uint32_t repetition = 0; repetition < repetitions; repetition++) {
    double figures[FIGURES];
    siam_resampler_draw(&resampler, seed, repetition);
    read_figures(curve, asked, siam_curve_weigh(curve, resampler.weights), figures);
    for (size_t i = 0; i < TAR + asked->rate_count; i++) values[i * repetitions + repetition] = figures[i];
  }
cleanup:
  siam_resampler_clear(&resampler);
  return status;
}

/// What is asked for: the threshold and the rates, with the options' defaults filled in.
static siam_verification make_question(const siam_curve *curve, const siam_verification_options *options) {
  static const double usual[] = {1e-2, 1e-3};
  uint32_t given = options->rate_count < SIAM_FAR_RATES ? options->rate_count : SIAM_FAR_RATES;
  siam_verification asked = {.same_pairs = curve->ranking->same_count,
                             .different_pairs = curve->ranking->different_count,
                             .threshold = options->threshold != NULL ? *options->threshold
                                                                     : siam_best_threshold(curve),
                             .rate_count = given > 0 ? given : 2};
  for (uint32_t i = 0; i < asked.rate_count; i++) {
    double rate = given > 0 ? options->rates[i] : usual[i];
    asked.rates[i] =
        (siam_tar_at_far){rate, siam_far_is_supported(asked.different_pairs, rate), {NAN, NAN, NAN}};
  }
  return asked;
}

static uint32_t repetitions_of(const siam_verification_options *options) {
  return options->repetitions > 0 ? options->repetitions : SIAM_BOOTSTRAP_REPETITIONS;
}

static siam_figure *figure_of(siam_verification *verification, uint32_t figure) {
  if (figure == ACCURACY) return &verification->accuracy;
  if (figure == AUC) return &verification->auc;
  return figure == EER ? &verification->eer : &verification->rates[figure - TAR].tar;
}

double siam_verification_value(const siam_verification *verification, uint32_t figure) {
  siam_verification copy = *verification;
  return figure_of(&copy, figure)->value;
}

bool siam_verification_name(const siam_verification *verification, uint32_t figure, char *name, size_t size) {
  static const char *const names[] = {"accuracy", "ROC AUC", "equal error rate"};
  if (figure < TAR) {
    snprintf(name, size, "%s", names[figure]);
    return true;
  }
  const siam_tar_at_far *rate = &verification->rates[figure - TAR];
  snprintf(name, size, "TAR at FAR %g %%", 100 * rate->rate);
  return figure - TAR < verification->rate_count && rate->supported;
}

siam_status siam_verification_repeat(const siam_measured_pairs *pairs,
                                     const siam_verification_options *options, double *values,
                                     siam_verification *verification) {
  siam_status status = SIAM_OK;
  siam_ranking ranking = {0};
  siam_curve curve = {0};
  double figures[FIGURES];
  SIAM_TRY(siam_resampler_check(pairs));
  SIAM_TRY(siam_ranking_create(pairs->distances, pairs->same, pairs->count, &ranking));
  SIAM_TRY(siam_curve_create(&ranking, &curve));
  siam_verification made = make_question(&curve, options);
  read_figures(&curve, &made, true, figures);
  for (uint32_t i = 0; i < TAR + made.rate_count; i++)
    if (i < TAR || made.rates[i - TAR].supported) figure_of(&made, i)->value = figures[i];
  SIAM_TRY(resample(pairs, &curve, &made, options->seed, repetitions_of(options), values));
  *verification = made;
cleanup:
  siam_curve_clear(&curve);
  siam_ranking_clear(&ranking);
  return status;
}

siam_status siam_verification_compute(const siam_measured_pairs *pairs,
                                      const siam_verification_options *options,
                                      siam_verification *verification) {
  static const siam_verification_options usual = {0};
  siam_status status = SIAM_OK;
  siam_verification made;
  double *values = NULL;
  if (options == NULL) options = &usual;
  size_t repetitions = repetitions_of(options);
  SIAM_TRY_ALLOCATE(values, FIGURES * repetitions);
  SIAM_TRY(siam_verification_repeat(pairs, options, values, &made));
  for (uint32_t i = 0; i < TAR + made.rate_count; i++)
    if (i < TAR || made.rates[i - TAR].supported)
      siam_bootstrap_interval(values + i * repetitions, repetitions, figure_of(&made, i));
  *verification = made;
cleanup:
  siam_free(values);
  return status;
}
