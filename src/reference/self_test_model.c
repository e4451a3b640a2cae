// A model's embeddings of made pictures: how far they are from float64, whether a batch changes them, and
// whether another device's are the same; and how many verdicts that turns.
#include "base/memory.h"
#include "base/random.h"
#include "model/work.h"
#include "pipeline/decision.h"
#include "pipeline/embedder.h"
#include "reference/give_up.h"
#include "reference/guarded.h"
#include "reference/reference_network.h"
#include "reference/self_test_trial.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_PICTURES = 32, LEAST_PICTURES = 4, GRID = 5 };
/// Operations in float64 that the pictures may cost.
static const double most_flops = 4e9;

typedef siam_self_test_trial trial;

/// Pictures of patches with some noise, as the network sees pictures: the same everywhere.
static void draw_pictures(trial *t) {
  const siam_shape shape = t->model->network->input;
  const siam_preprocessing *as = &t->model->preprocessing;
  float *to = t->pictures;
  for (uint32_t p = 0; p < t->found->pictures; p++)
    for (int y = 0; y < shape.height; y++)
      for (int x = 0; x < shape.width; x++)
        for (int c = 0; c < shape.channels; c++, to++) {
          const int patch = (y * GRID / shape.height * GRID + x * GRID / shape.width) * shape.channels + c;
          const uint32_t patched = siam_random(2, SIAM_STREAM_EVALUATE, p, (uint64_t)patch).word[0];
          const uint32_t noise =
              siam_random(3, SIAM_STREAM_EVALUATE, p, (uint64_t)(to - t->pictures)).word[0];
          const float value = 0.9F * siam_uniform(patched) + 0.1F * siam_uniform(noise);
          const float byte = floorf(255 * value);
          *to = (byte / 255 - as->mean[c]) / as->deviation[c];
        }
}

/// Embeds all pictures, `batch` at a time.
static siam_status embed(trial *t, uint32_t batch, float *embeddings) {
  siam_status status = SIAM_OK;
  siam_device *device = t->test->device;
  siam_tape *tape = NULL;
  siam_run *run = NULL;
  siam_view x = {0}, y = {0};
  const siam_run_options options = {.images = (int)batch};
  SIAM_TRY(siam_guarded_create(device, t->pictures, batch * t->inputs, &x));
  SIAM_TRY(siam_guarded_create(device, embeddings, batch * t->dimensions, &y));
  SIAM_TRY(siam_tape_create(device, &tape));
  SIAM_TRY(siam_run_forward(t->model->network, tape, &options, x, y, &run));
  SIAM_TRY(siam_tape_seal(tape));
  for (size_t p = 0; p < t->found->pictures; p += batch) {
    SIAM_TRY(siam_guarded_write(device, x, t->pictures + p * t->inputs));
    SIAM_TRY(siam_tape_run(tape));
    SIAM_TRY(siam_guarded_read(device, y, embeddings + p * t->dimensions));
  }
cleanup:
  siam_run_destroy(run);
  siam_tape_destroy(tape);
  siam_buffer_release(device, x.buffer);
  siam_buffer_release(device, y.buffer);
  return status;
}

/// The same in float64, with the bounds of what float32 may make of it.
static void embed_exactly(trial *t) {
  siam_network *network = t->model->network;
  siam_reference_network *reference = siam_reference_network_create(network, (int)t->found->pictures, false);
  reference->forward_only = true;
  const size_t last = network->count;
  for (size_t i = 0; i < t->found->pictures * t->inputs; i++)
    reference->values[0][i] = (double)t->pictures[i];
  siam_reference_network_forward(reference);
  siam_reference_network_bound_forward(reference);
  for (size_t i = 0; i < t->found->pictures * t->dimensions; i++) {
    t->exact[i] = (float)reference->values[last][i];
    t->bounds[i] = reference->value_errors[last][i] + fabs(reference->values[last][i]) * 0x1p-24;
  }
  siam_reference_network_destroy(reference);
}

static int compare_doubles(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

double *siam_trial_distances(const trial *t, const float *a, const float *b) {
  double *made = siam_reference_array(t->found->pictures, sizeof *made);
  for (size_t p = 0; p < t->found->pictures; p++) {
    made[p] = siam_distance(a + p * t->dimensions, b + p * t->dimensions, t->dimensions);
    if (isnan(made[p])) made[p] = INFINITY;
  }
  qsort(made, t->found->pictures, sizeof *made, compare_doubles);
  return made;
}

double *siam_trial_pairs(const trial *t, const float *embeddings) {
  const size_t d = t->dimensions;
  double *made = siam_reference_array(t->found->pairs, sizeof *made);
  size_t count = 0;
  for (size_t i = 0; i < t->found->pictures; i++)
    for (size_t j = 0; j < i; j++) made[count++] = siam_distance(embeddings + i * d, embeddings + j * d, d);
  qsort(made, count, sizeof *made, compare_doubles);
  return made;
}

static double largest_between(const trial *t, const float *a, const float *b) {
  double *distances = siam_trial_distances(t, a, b);
  const double largest = distances[t->found->pictures - 1];
  free(distances);
  return largest;
}

size_t siam_trial_count_flips(const trial *t, const float *a, const float *b, double margin) {
  size_t flips = 0;
  const size_t d = t->dimensions;
  for (size_t i = 0; i < t->found->pictures; i++)
    for (size_t j = 0; j < i; j++) {
      const double by_a = siam_distance(a + i * d, a + j * d, d),
                   by_b = siam_distance(b + i * d, b + j * d, d);
      flips += !(fabs(by_a - t->found->threshold) < margin) &&
               (by_a <= t->found->threshold) != (by_b <= t->found->threshold);
    }
  return flips;
}

/// Verdicts of the device that differ from those of float64 by more than rounding explains.
static void judge_verdicts(const trial *t, siam_product_result *result) {
  const size_t flips = siam_trial_count_flips(t, t->exact, t->batch, SIAM_FLIP_MARGIN);
  if (flips > 0 && result->failure[0] == '\0')
    snprintf(
        result->failure, sizeof result->failure,
        "%zu verdicts differ from those of float64 though their distance is more than %g from the threshold",
        flips, SIAM_FLIP_MARGIN);
}

/// The model's threshold; for one that has none, the median distance of the pictures.
static siam_status find_threshold(trial *t) {
  siam_decision decision = {0};
  siam_status status = siam_decision_load(t->model, &decision);
  if (status == SIAM_OK && siam_decision_threshold(&decision, &(siam_compare_options){0},
                                                   &t->found->threshold, NULL, 0) != SIAM_OK) {
    double *all = siam_trial_pairs(t, t->exact);
    t->found->threshold = all[t->found->pairs / 2];
    free(all);
  }
  siam_decision_clear(&decision);
  return status;
}

/// The first number outside of its bound.
static void judge(const trial *t, const float *embeddings, const char *how, siam_product_result *result) {
  result->cases++;
  for (size_t i = 0; i < t->found->pictures * t->dimensions; i++) {
    const double error = fabs((double)embeddings[i] - (double)t->exact[i]), bound = t->bounds[i];
    const double share = isnan(error) ? INFINITY : error > 0 ? error / bound : 0;
    if (share > result->share) {
      result->share = share;
      result->error = error;
      result->bound = bound;
    }
    if (!(error <= bound) && result->failure[0] == '\0')
      snprintf(result->failure, sizeof result->failure,
               "number %zu of the embedding of picture %zu, %s, is %.9g and must be %.9g ± %.2g",
               i % t->dimensions, i / t->dimensions, how, (double)embeddings[i], (double)t->exact[i], bound);
  }
}

static siam_status measure(trial *t, siam_product_result *result) {
  static const double places[4] = {0.5, 0.9, 0.99, 1};
  draw_pictures(t);
  SIAM_RETURN_IF_FAILED(embed(t, (uint32_t)t->found->pictures, t->batch));
  SIAM_RETURN_IF_FAILED(embed(t, 1, t->alone));
  embed_exactly(t);
  judge(t, t->batch, "in a batch", result);
  judge(t, t->alone, "alone", result);
  SIAM_RETURN_IF_FAILED(find_threshold(t));
  judge_verdicts(t, result);
  double *distances = siam_trial_distances(t, t->batch, t->exact);
  for (int i = 0; i < 4; i++)
    t->found->quantiles[i] = distances[(size_t)(places[i] * (double)(t->found->pictures - 1))];
  free(distances);
  t->found->flips = siam_trial_count_flips(t, t->exact, t->batch, 0);
  t->found->batch_quantile = largest_between(t, t->batch, t->alone);
  t->found->batch_flips = siam_trial_count_flips(t, t->batch, t->alone, 0);
  return t->test->options.basefile != NULL ? siam_trial_take_base(t, result) : SIAM_OK;
}

static siam_status prepare(trial *t) {
  siam_status status = SIAM_OK;
  siam_work work = {0};
  SIAM_TRY(siam_network_work(t->model->network, 1, false, &work));
  t->found->pictures = (size_t)fmin(fmax(most_flops / work.flops, LEAST_PICTURES), MOST_PICTURES);
  t->found->pairs = t->found->pictures * (t->found->pictures - 1) / 2;
  t->inputs = siam_shape_count(t->model->network->input);
  t->dimensions = siam_shape_count(siam_network_output(t->model->network));
  const size_t numbers = t->found->pictures * t->dimensions;
  SIAM_TRY_ALLOCATE(t->pictures, t->found->pictures * t->inputs);
  SIAM_TRY_ALLOCATE(t->batch, numbers);
  SIAM_TRY_ALLOCATE(t->alone, numbers);
  SIAM_TRY_ALLOCATE(t->exact, numbers);
  SIAM_TRY_ALLOCATE(t->base, numbers);
  SIAM_TRY_ALLOCATE(t->bounds, numbers);
cleanup:
  return status;
}

siam_status siam_self_test_model_file(siam_self_test_run *test) {
  siam_status status = SIAM_OK;
  siam_self_test_row *row = NULL;
  bool reached = false;
  siam_product_result result = {0};
  trial t = {.test = test, .found = &test->report->model};
  // A file that cannot be read is the user's mistake, not the device's.
  SIAM_TRY(test->options.default_model ? siam_model_load_default(test->device, &t.model)
                                       : siam_model_load(test->device, test->options.model, &t.model));
  SIAM_TRY(siam_self_test_begin(test, &row, &reached, "embeddings of the model"));
  SIAM_TRY(prepare(&t));
  status = measure(&t, &result);
  if (status == SIAM_ERROR_FORMAT || status == SIAM_ERROR_FILE) goto cleanup;
  siam_self_test_end(test, row, status, &result);
  test->report->has_model = status == SIAM_OK;
  status = SIAM_OK;
cleanup:
  siam_free(t.pictures), siam_free(t.batch), siam_free(t.alone), siam_free(t.exact);
  siam_free(t.base), siam_free(t.bounds);
  siam_model_destroy(t.model);
  return status;
}
