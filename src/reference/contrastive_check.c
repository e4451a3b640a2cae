#include "reference/contrastive_check.h"

#include "reference/give_up.h"
#include "reference/guarded.h"
#include "reference/rounding_parts.h"
#include "reference/values.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef siam_contrastive_batch batch;

void siam_contrastive_fill(batch *b, float scale, int classes, uint32_t seed) {
  siam_check_fill(b->embeddings, (size_t)b->rows * (size_t)b->dimensions, SIAM_VALUES_SPREAD, seed);
  for (int i = 0; i < b->rows * b->dimensions; i++) b->embeddings[i] *= scale;
  for (int i = 0; i < SIAM_CONTRASTIVE_ROWS; i++)
    b->labels[i] = b->pairing == SIAM_PAIRING_ALL ? i % classes : i % 3 == 0;
}

static siam_status make_loss(const batch *b, siam_loss *loss) {
  SIAM_RETURN_IF_FAILED(siam_loss_parse("contrastive", loss));
  SIAM_RETURN_IF_FAILED(siam_loss_set(loss, "margin", b->margin));
  SIAM_RETURN_IF_FAILED(siam_loss_set(loss, "hardest", b->hardest));
  SIAM_RETURN_IF_FAILED(siam_loss_set(loss, "same_margin", b->same_margin));
  loss->pairing = b->pairing;
  return SIAM_OK;
}

siam_status siam_contrastive_run(siam_device *device, batch *b) {
  siam_status status = SIAM_OK;
  const size_t count = (size_t)b->rows * (size_t)b->dimensions;
  siam_loss loss;
  siam_tape *tape = NULL;
  siam_loss_batch on_tape = {.rows = b->rows, .dimensions = b->dimensions};
  SIAM_TRY(make_loss(b, &loss));
  SIAM_TRY(siam_guarded_create(device, b->embeddings, count, &on_tape.embeddings));
  // What was there before must not matter.
  SIAM_TRY(siam_guarded_create(device, b->embeddings, count, &on_tape.gradients));
  SIAM_TRY(siam_guarded_create(device, b->embeddings, SIAM_LOSS_WORDS, &on_tape.result));
  SIAM_TRY(siam_buffer_create(device, SIAM_CONTRASTIVE_ROWS, &on_tape.labels));
  SIAM_TRY(
      siam_buffer_write(device, on_tape.labels, 0, SIAM_CONTRASTIVE_ROWS, (const float *)(void *)b->labels));
  SIAM_TRY(siam_tape_create(device, &tape));
  on_tape.tape = tape;
  SIAM_TRY(siam_loss_add(&loss, &on_tape));
  SIAM_TRY(siam_tape_seal(tape));
  SIAM_TRY(siam_tape_run(tape));
  SIAM_TRY(siam_guarded_read(device, on_tape.gradients, b->gradients));
  SIAM_TRY(siam_guarded_read(device, on_tape.result, b->result));
cleanup:
  siam_tape_destroy(tape);
  siam_buffer_release(device, on_tape.embeddings.buffer);
  siam_buffer_release(device, on_tape.gradients.buffer);
  siam_buffer_release(device, on_tape.result.buffer);
  siam_buffer_release(device, on_tape.labels);
  return status;
}

bool siam_contrastive_same(const batch *b, int i, int j) {
  return b->pairing == SIAM_PAIRING_ALL ? b->labels[i] == b->labels[j] : b->labels[i] != 0;
}

double siam_contrastive_distance(const batch *b, const double *x, int i, int j) {
  double sum = 0;
  for (int k = 0; k < b->dimensions; k++) sum += pow(x[i * b->dimensions + k] - x[j * b->dimensions + k], 2);
  return sqrt(sum);
}

/// Of the different rows, how many are nearer to row i than row j is; equal distances go by number.
static int nearer(const batch *b, const double *x, int i, int j) {
  int count = 0;
  double d = siam_contrastive_distance(b, x, i, j);
  for (int k = 0; k < b->rows; k++) {
    if (k == i || k == j || siam_contrastive_same(b, i, k)) continue;
    double other = siam_contrastive_distance(b, x, i, k);
    count += other < d || (other == d && k < j);
  }
  return count;
}

/// How often pair i < j is looked at: drawn pairs and same pairs once, different pairs of a batch once where
/// they are nearer than the margin, or once for each of the two that has the other among its nearest.
static int times(const batch *b, const double *x, int i, int j) {
  if (b->pairing == SIAM_PAIRING_DRAWN) return j == i + b->rows / 2;
  if (siam_contrastive_same(b, i, j)) return 1;
  if (b->hardest == 0) return siam_contrastive_distance(b, x, i, j) < b->margin;
  return (nearer(b, x, i, j) < b->hardest) + (nearer(b, x, j, i) < b->hardest);
}

double siam_contrastive_loss(const batch *b, const double *x, double *words) {
  double sums[SIAM_LOSS_WORDS] = {0}, same = 0, different = 0, looks = 0;
  for (int i = 0; i < b->rows; i++)
    for (int j = i + 1; j < b->rows; j++) {
      bool drawn = b->pairing == SIAM_PAIRING_DRAWN, of_same = siam_contrastive_same(b, i, j);
      int count = times(b, x, i, j);
      if (drawn && count == 0) continue;
      double d = siam_contrastive_distance(b, x, i, j);
      same += of_same ? pow(fmax(d - b->same_margin, 0), 2) / 2 : 0;
      different += of_same ? 0 : count * pow(fmax(b->margin - d, 0), 2) / 2;
      looks += of_same ? 0 : count;
      sums[of_same ? SIAM_LOSS_SAME_DISTANCE : SIAM_LOSS_DIFFERENT_DISTANCE] += d;
      sums[of_same ? SIAM_LOSS_SAME_COUNT : SIAM_LOSS_DIFFERENT_COUNT] += 1;
      sums[SIAM_LOSS_ACTIVE_COUNT] += of_same ? 0 : drawn ? d < b->margin : count;
    }
  double pairs = sums[SIAM_LOSS_SAME_COUNT] + sums[SIAM_LOSS_DIFFERENT_COUNT];
  sums[SIAM_LOSS_VALUE] = b->pairing == SIAM_PAIRING_DRAWN
                              ? (same + different) / pairs
                              : same / fmax(sums[SIAM_LOSS_SAME_COUNT], 1) + different / fmax(looks, 1);
  sums[SIAM_LOSS_SAME_DISTANCE] /= fmax(sums[SIAM_LOSS_SAME_COUNT], 1);
  sums[SIAM_LOSS_DIFFERENT_DISTANCE] /= fmax(sums[SIAM_LOSS_DIFFERENT_COUNT], 1);
  double variances = 0;
  for (int k = 0; k < b->dimensions; k++) {
    double mean = 0;
    for (int i = 0; i < b->rows; i++) mean += x[i * b->dimensions + k] / b->rows;
    for (int i = 0; i < b->rows; i++) variances += pow(x[i * b->dimensions + k] - mean, 2) / b->rows;
  }
  sums[SIAM_LOSS_SPREAD] = sqrt(variances);
  if (words != NULL) memcpy(words, sums, sizeof sums);
  return sums[SIAM_LOSS_VALUE];
}

/// What one pair adds to the loss, what its gradient is of the difference of its embeddings, and how far the
/// device's may be off. A squared distance sums D squares of differences, so a distance is off by
/// ρ = γ(D/2 + 8) of itself (with a root of 3 ulp), m − d by δ = ρ·d + u·m, and (d − m)/d by δ/d and 8u.
typedef struct pair_terms {
  double loss, loss_error, factor, factor_error;
} pair_terms;

static pair_terms terms_of(const batch *b, double d, bool same, double weight) {
  const double relative = siam_rounding_of_sum(b->dimensions / 2.0 + 8);
  if (same && b->same_margin == 0)
    return (pair_terms){d * d / 2 * weight, (2 * relative + 8 * unit) * d * d / 2 * weight, weight,
                        8 * unit * weight};
  double limit = same ? b->same_margin : b->margin, missing = same ? d - limit : limit - d;
  double slip = relative * d + unit * limit;
  if (d != 0 && fabs(missing) <= slip)
    siam_reference_give_up("a pair lies at the margin; choose another seed");
  if (missing <= 0) return (pair_terms){0};
  pair_terms terms = {.loss = missing * missing / 2 * weight};
  terms.loss_error = (missing * slip + slip * slip) * weight + 8 * unit * terms.loss;
  if (d > 0) terms.factor = (same ? missing : -missing) / d * weight;
  if (d > 0) terms.factor_error = (slip + 8 * unit * missing) / d * weight;
  return terms;
}

static void add_to_slopes(batch *b, const double *x, int i, int j, pair_terms terms) {
  for (int k = 0; k < b->dimensions; k++) {
    int first = i * b->dimensions + k, second = j * b->dimensions + k;
    double slope = terms.factor * (x[first] - x[second]);
    // A row's gradient sums at most as many terms as there are rows.
    double error = terms.factor_error * fabs(x[first] - x[second]) +
                   siam_rounding_of_sum(b->rows) * fabs(slope) + 0x1p-126;
    b->slopes[first] += slope;
    b->slopes[second] -= slope;
    b->slope_errors[first] += error;
    b->slope_errors[second] += error;
  }
}

/// Fills what is expected: the loss words, the gradients, and the bounds of both.
static void expect(batch *b, const double *x) {
  double *words = b->expected, loss_error = 0, largest = 0;
  double relative = siam_rounding_of_sum(b->dimensions / 2.0 + 8);
  siam_contrastive_loss(b, x, words);
  double pairs = words[SIAM_LOSS_SAME_COUNT] + words[SIAM_LOSS_DIFFERENT_COUNT];
  bool drawn = b->pairing == SIAM_PAIRING_DRAWN;
  double of_same = 1 / (drawn ? pairs : fmax(words[SIAM_LOSS_SAME_COUNT], 1));
  double of_different = 1 / (drawn ? pairs : fmax(words[SIAM_LOSS_ACTIVE_COUNT], 1));
  memset(b->slopes, 0, sizeof b->slopes);
  memset(b->slope_errors, 0, sizeof b->slope_errors);
  for (int i = 0; i < b->rows; i++)
    for (int j = i + 1; j < b->rows; j++) {
      int count = times(b, x, i, j);
      if (count == 0) continue;
      bool same = siam_contrastive_same(b, i, j);
      pair_terms terms =
          terms_of(b, siam_contrastive_distance(b, x, i, j), same, count * (same ? of_same : of_different));
      loss_error += terms.loss_error;
      add_to_slopes(b, x, i, j, terms);
    }
  for (int i = 0; i < b->rows * b->dimensions; i++) largest = fmax(largest, fabs(x[i]));
  double gamma = siam_rounding_of_sum(pairs + 8);
  memset(b->result_error, 0, sizeof b->result_error);
  b->result_error[SIAM_LOSS_VALUE] = loss_error + gamma * words[SIAM_LOSS_VALUE] + 0x1p-126;
  b->result_error[SIAM_LOSS_SAME_DISTANCE] = (relative + gamma) * words[SIAM_LOSS_SAME_DISTANCE];
  b->result_error[SIAM_LOSS_DIFFERENT_DISTANCE] = (relative + gamma) * words[SIAM_LOSS_DIFFERENT_DISTANCE];
  // Each deviation from a mean of N values is off by γ(N) of the largest value; √ of the mean square follows.
  b->result_error[SIAM_LOSS_SPREAD] = siam_rounding_of_sum(2.0 * b->rows + b->dimensions) *
                                      (words[SIAM_LOSS_SPREAD] + largest * sqrt(b->dimensions));
}

siam_status siam_contrastive_check(siam_device *device, batch *b, siam_product_result *result) {
  static double x[SIAM_CONTRASTIVE_MOST];
  const int count = b->rows * b->dimensions;
  for (int i = 0; i < count; i++) x[i] = b->embeddings[i];
  SIAM_RETURN_IF_FAILED(siam_contrastive_run(device, b));
  expect(b, x);
  result->cases++;
  for (int w = 0; w <= SIAM_LOSS_SPREAD; w++)
    siam_product_hold("word", w, b->result[w], b->expected[w], b->result_error[w] + 1e-300, result);
  for (int i = 0; i < count; i++)
    siam_product_hold("gradient", i, b->gradients[i], b->slopes[i], b->slope_errors[i], result);
  return SIAM_OK;
}
