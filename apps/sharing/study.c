#include "sharing/study.h"

#include "common/progress.h"

const char *const study_variant_names[STUDY_VARIANTS] = {"tied", "untied"};

/// Training examples that are looked at for their error.
enum { MOST_MEASURED = 2000 };

/// How far the whole study is, in updates.
typedef struct study_progress {
  uint64_t done, total;
} study_progress;

static siam_status build(sharing_lesson *lesson, const study_system *system, study_variant variant,
                         uint64_t seed, siam_network **network) {
  SHARING_TRY(sharing_describe(lesson, (int)system->pool.inputs, system->lines, network));
  if (variant == STUDY_UNTIED) SHARING_TRY(siam_network_untie(*network, system->slot));
  return siam_network_place(*network, lesson->device, seed);
}

/// One training: its errors at all moments.
static siam_status train(sharing_lesson *lesson, study_result *result, const study_system *system,
                         size_t size, study_variant variant, uint64_t seed, study_progress *progress,
                         study_errors *errors) {
  siam_network *network = NULL;
  SHARING_TRY(build(lesson, system, variant, seed, &network));
  siam_parameter_info shared;
  SHARING_TRY(siam_network_get_slot(network, system->slot, &shared, NULL));
  result->weights[variant] = siam_network_get_info(network).weights;
  result->shared = shared.count;
  sharing_set training = system->pool;
  training.count = size;
  sharing_set measured = training;
  measured.count = size < MOST_MEASURED ? size : MOST_MEASURED;
  const siam_update_options update = {.optimizer = "adam", .rate = system->rate};
  sharing_fit fit = sharing_fit_begin(lesson, network, system->loss, &training, update, seed);
  for (int m = 0; m < STUDY_MOMENTS; m++) {
    const uint64_t before = fit.step;
    SHARING_TRY(sharing_fit_run(&fit, result->moments[m] - before));
    SHARING_TRY(sharing_measure(network, system->loss, &measured, &errors->training[m]));
    SHARING_TRY(sharing_measure(network, system->loss, &system->unseen, &errors->unseen[m]));
    progress->done += fit.step - before;
    app_progress_update(progress->done, progress->total, "%s, %zu %s, %s", system->name, size,
                        system->examples, study_variant_names[variant]);
  }
  return SIAM_OK;
}

/// One repetition: both variants see the same examples in the same order.
static siam_status repeat(sharing_lesson *lesson, study_result *result, int64_t repetition,
                          study_progress *progress) {
  const sharing_owned *before = lesson->owned;
  const uint64_t seed = lesson->seed + (uint64_t)repetition;
  study_system system = result->system;
  system.arrange(lesson, &system, seed);
  for (int s = 0; s < STUDY_SIZES; s++)
    for (int v = 0; v < STUDY_VARIANTS; v++) {
      const sharing_owned *arranged = lesson->owned;
      SHARING_TRY(train(lesson, result, &system, system.sizes[s], (study_variant)v, seed, progress,
                        &result->errors[s][v][repetition]));
      sharing_release(lesson, arranged);
    }
  sharing_release(lesson, before);
  return SIAM_OK;
}

static void plan(sharing_lesson *lesson, study_system *system, study_result *result) {
  if (lesson->choices->steps > 0) system->steps = (uint64_t)lesson->choices->steps;
  *result = (study_result){.system = *system, .seeds = lesson->choices->seeds};
  for (uint64_t m = 1; m <= STUDY_MOMENTS; m++) {
    const uint64_t moment = system->steps * m * m / (STUDY_MOMENTS * STUDY_MOMENTS);
    result->moments[m - 1] = moment > m ? moment : m;
  }
  for (int s = 0; s < STUDY_SIZES; s++)
    for (int v = 0; v < STUDY_VARIANTS; v++)
      result->errors[s][v] = sharing_memory(lesson, (size_t)result->seeds, sizeof(study_errors));
}

siam_status sharing_study(sharing_lesson *lesson) {
  study_system *systems = sharing_memory(lesson, STUDY_SYSTEMS, sizeof *systems);
  study_result *results = sharing_memory(lesson, STUDY_SYSTEMS, sizeof *results);
  study_progress progress = {0};
  if (lesson->choices->plot != NULL) SHARING_TRY(study_check_plot(lesson));
  app_progress_begin("training", lesson->json);
  SHARING_TRY(study_prepare(lesson, systems));
  for (int i = 0; i < STUDY_SYSTEMS; i++) {
    plan(lesson, &systems[i], &results[i]);
    progress.total += (uint64_t)results[i].seeds * STUDY_SIZES * STUDY_VARIANTS * systems[i].steps;
  }
  for (int i = 0; i < STUDY_SYSTEMS; i++)
    for (int64_t r = 0; r < results[i].seeds; r++) SHARING_TRY(repeat(lesson, &results[i], r, &progress));
  app_progress_end();
  for (int i = 0; i < STUDY_SYSTEMS; i++) {
    study_report(lesson, &results[i]);
    if (i == STUDY_AUTOENCODER) study_claim_less_overfitting(lesson, &results[i]);
  }
  return lesson->choices->plot != NULL ? study_plot(lesson, results) : SIAM_OK;
}
