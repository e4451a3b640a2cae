#include "device_memory.h"
#include "losses/loss.h"
#include "reference/rounding.h"
#include "reference/values.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

TestSuite(contrastive, .fini = siam_test_device_close);

enum { MOST = 64 * 130 };

/// One batch, what the device makes of it and what the reference does.
typedef struct batch {
  siam_pairing pairing;
  int rows, dimensions, hardest;
  float margin, same_margin;
  float embeddings[MOST];
  int32_t labels[64];
  float result[SIAM_LOSS_WORDS], gradients[MOST];
  double expected[SIAM_LOSS_WORDS], slopes[MOST];
  double result_error[SIAM_LOSS_WORDS], slope_errors[MOST];
} batch;

static void run(batch *b) {
  siam_tape *tape = siam_test_tape();
  size_t count = (size_t)b->rows * (size_t)b->dimensions;
  siam_view embeddings = siam_test_upload(b->embeddings, count);
  // What was there before must not matter.
  siam_view gradients = siam_test_upload(b->embeddings, count);
  siam_view result = siam_test_upload(b->embeddings, SIAM_LOSS_WORDS);
  cl_mem labels = clCreateBuffer(siam_test_device()->context, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR,
                                 sizeof b->labels, b->labels, NULL);
  siam_loss loss;
  siam_test_ok(siam_loss_parse("contrastive", &loss));
  siam_test_ok(siam_loss_set(&loss, "margin", b->margin));
  siam_test_ok(siam_loss_set(&loss, "hardest", b->hardest));
  siam_test_ok(siam_loss_set(&loss, "same_margin", b->same_margin));
  loss.pairing = b->pairing;
  const siam_loss_batch on_tape = {.tape = tape,
                                   .rows = b->rows,
                                   .dimensions = b->dimensions,
                                   .embeddings = embeddings,
                                   .gradients = gradients,
                                   .labels = labels,
                                   .result = result};
  siam_test_ok(siam_loss_add(&loss, &on_tape));
  siam_test_run(tape);
  siam_test_download(gradients, b->gradients);
  siam_test_download(result, b->result);
  clReleaseMemObject(labels);
}

static bool is_same(const batch *b, int i, int j) {
  return b->pairing == SIAM_PAIRING_ALL ? b->labels[i] == b->labels[j] : b->labels[i] != 0;
}

static double distance(const batch *b, const double *x, int i, int j) {
  double sum = 0;
  for (int k = 0; k < b->dimensions; k++) sum += pow(x[i * b->dimensions + k] - x[j * b->dimensions + k], 2);
  return sqrt(sum);
}

/// Of the different rows, how many are nearer to row i than row j is; equal distances go by number.
static int nearer(const batch *b, const double *x, int i, int j) {
  int count = 0;
  double d = distance(b, x, i, j);
  for (int k = 0; k < b->rows; k++) {
    if (k == i || k == j || is_same(b, i, k)) continue;
    double other = distance(b, x, i, k);
    count += other < d || (other == d && k < j);
  }
  return count;
}

/// How often pair i < j is looked at: drawn pairs and same pairs once, different pairs of a batch once where
/// they are nearer than the margin, or once for each of the two that has the other among its nearest.
static int times(const batch *b, const double *x, int i, int j) {
  if (b->pairing == SIAM_PAIRING_DRAWN) return j == i + b->rows / 2;
  if (is_same(b, i, j)) return 1;
  if (b->hardest == 0) return distance(b, x, i, j) < b->margin;
  return (nearer(b, x, i, j) < b->hardest) + (nearer(b, x, j, i) < b->hardest);
}

/// The specification: same pairs cost max(0, d − s)²/2, different ones max(0, m − d)²/2. Drawn pairs: the
/// mean over all. All pairs: the mean over same pairs plus the mean over the different pairs that are looked
/// at.
static double loss_of(const batch *b, const double *x, double *words) {
  double sums[SIAM_LOSS_WORDS] = {0}, same = 0, different = 0, looks = 0;
  for (int i = 0; i < b->rows; i++)
    for (int j = i + 1; j < b->rows; j++) {
      bool drawn = b->pairing == SIAM_PAIRING_DRAWN, of_same = is_same(b, i, j);
      int count = times(b, x, i, j);
      if (drawn && count == 0) continue;
      double d = distance(b, x, i, j);
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
  const double unit = 0x1p-24, relative = siam_rounding_of_sum(b->dimensions / 2.0 + 8);
  if (same && b->same_margin == 0)
    return (pair_terms){d * d / 2 * weight, (2 * relative + 8 * unit) * d * d / 2 * weight, weight,
                        8 * unit * weight};
  double limit = same ? b->same_margin : b->margin, missing = same ? d - limit : limit - d;
  double slip = relative * d + unit * limit;
  cr_assert(d == 0 || fabs(missing) > slip, "a pair lies at the margin; choose another seed");
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
  loss_of(b, x, words);
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
      bool same = is_same(b, i, j);
      pair_terms terms = terms_of(b, distance(b, x, i, j), same, count * (same ? of_same : of_different));
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

static void compare(const batch *b) {
  for (int w = 0; w <= SIAM_LOSS_SPREAD; w++)
    cr_assert_float_eq(b->result[w], b->expected[w], b->result_error[w] + 1e-300,
                       "word %d is %.9g and must be %.9g ± %.2g", w, b->result[w], b->expected[w],
                       b->result_error[w]);
  for (int i = 0; i < b->rows * b->dimensions; i++)
    cr_assert(fabs(b->gradients[i] - b->slopes[i]) <= b->slope_errors[i],
              "gradient %d is %.9g and must be %.9g ± %.2g", i, b->gradients[i], b->slopes[i],
              b->slope_errors[i]);
}

/// Central differences of the specification, for a sample of the embeddings. Two step sizes tell how far they
/// can be trusted: where a pair crosses the margin the mean over active pairs jumps, and there no derivative
/// exists to compare with.
static void prove(const batch *b, double *x) {
  int count = b->rows * b->dimensions, compared = 0, jumps = 0;
  double largest = 0;
  for (int i = 0; i < count; i++) largest = fmax(largest, fabs(b->slopes[i]));
  for (int i = 0; i < count; i += 1 + count / 20) {
    double kept = x[i], differences[2];
    for (int half = 0; half < 2; half++) {
      double step = half ? 1e-6 : 2e-6;
      x[i] = kept + step;
      double above = loss_of(b, x, NULL);
      x[i] = kept - step;
      differences[half] = (above - loss_of(b, x, NULL)) / (2 * step);
    }
    x[i] = kept;
    double tolerance = fabs(differences[0] - differences[1]) + 100 * 0x1p-53 * (1 + b->expected[0]) / 1e-6;
    if (tolerance > 1e-3 * largest && largest > 1e-3) {
      jumps++;
      continue;
    }
    compared++;
    cr_assert_float_eq(b->slopes[i], differences[1], tolerance, "d/d[%d] is %.12g, numerically %.12g ± %.2g",
                       i, b->slopes[i], differences[1], tolerance);
  }
  cr_assert_leq(4 * jumps, compared);
}

static void fill(batch *b, float scale, int classes, uint32_t seed) {
  siam_check_fill(b->embeddings, (size_t)b->rows * (size_t)b->dimensions, SIAM_VALUES_SPREAD, seed);
  for (int i = 0; i < b->rows * b->dimensions; i++) b->embeddings[i] *= scale;
  for (int i = 0; i < 64; i++) b->labels[i] = b->pairing == SIAM_PAIRING_ALL ? i % classes : i % 3 == 0;
}

static void check(batch *b, bool differences) {
  static double x[MOST];
  for (int i = 0; i < b->rows * b->dimensions; i++) x[i] = b->embeddings[i];
  run(b);
  expect(b, x);
  compare(b);
  if (differences) prove(b, x);
}

static const int dimensions[] = {1, 2, 3, 16, 17, 64, 130};

Test(contrastive, drawn_pairs_and_gradients_equal_the_reference) {
  static const int rows[] = {2, 4, 6, 34, 64};
  static batch b;
  for (uint32_t r = 0; r < 5; r++)
    for (uint32_t d = 0; d < 7; d++) {
      b = (batch){.rows = rows[r], .dimensions = dimensions[d]};
      // About half of the different pairs lie inside of the margin.
      b.margin = 1.5F * sqrtf((float)b.dimensions);
      fill(&b, 1, 1, 10 * r + d);
      check(&b, true);
    }
}

Test(contrastive, all_pairs_and_gradients_equal_the_reference) {
  static const int rows[] = {2, 3, 7, 32, 64};
  static batch b;
  for (uint32_t r = 0; r < 5; r++)
    for (uint32_t d = 0; d < 7; d++) {
      b = (batch){.pairing = SIAM_PAIRING_ALL, .rows = rows[r], .dimensions = dimensions[d]};
      b.margin = 1.5F * sqrtf((float)b.dimensions);
      fill(&b, 1, 1 + rows[r] / 3, 10 * r + d);
      check(&b, true);
    }
}

Test(contrastive, same_pairs_have_a_margin_of_their_own) {
  static const int rows[] = {2, 6, 34};
  static batch b;
  for (uint32_t r = 0; r < 3; r++)
    for (uint32_t d = 0; d < 7; d++) {
      b = (batch){.pairing = d % 2 ? SIAM_PAIRING_ALL : SIAM_PAIRING_DRAWN,
                  .rows = rows[r],
                  .dimensions = dimensions[d]};
      b.margin = 1.5F * sqrtf((float)b.dimensions);
      b.same_margin = 1.2F * sqrtf((float)b.dimensions);
      fill(&b, 1, 1 + rows[r] / 3, 30 * r + d);
      check(&b, true);
    }
}

Test(contrastive, the_nearest_different_rows_and_gradients_equal_the_reference) {
  static const int rows[] = {2, 3, 7, 16, 33}, nearest[] = {1, 2, 5};
  static batch b;
  for (uint32_t r = 0; r < 5; r++)
    for (uint32_t d = 2; d < 7; d++) {
      b = (batch){.pairing = SIAM_PAIRING_ALL, .rows = rows[r], .dimensions = dimensions[d]};
      b.hardest = nearest[(r + d) % 3];
      b.margin = 1.5F * sqrtf((float)b.dimensions);
      fill(&b, 1, 1 + rows[r] / 3, 10 * r + d);
      check(&b, true);
    }
}

Test(contrastive, equal_embeddings_have_finite_gradients_of_zero) {
  static batch b;
  for (int pairing = 0; pairing < 2; pairing++)
    for (int classes = 1; classes <= 4; classes += 3) {
      b = (batch){.pairing = (siam_pairing)pairing, .rows = 4, .dimensions = 20, .margin = 1};
      fill(&b, 1, classes, 1);
      for (int i = 20; i < 80; i++) b.embeddings[i] = b.embeddings[i % 20];
      check(&b, false);
      for (int i = 0; i < 80; i++) cr_assert_eq(b.gradients[i], 0);
    }
}

Test(contrastive, different_pairs_beyond_the_margin_are_left_alone) {
  static batch b;
  for (int pairing = 0; pairing < 2; pairing++) {
    b = (batch){.pairing = (siam_pairing)pairing, .rows = 6, .dimensions = 17, .margin = 0.01F};
    fill(&b, 1, 6, 1);
    memset(b.labels, 0, pairing == SIAM_PAIRING_DRAWN ? sizeof b.labels : 0);
    check(&b, false);
    cr_expect_eq(b.result[SIAM_LOSS_VALUE], 0);
    cr_expect_eq(b.result[SIAM_LOSS_ACTIVE_COUNT], 0);
    for (int i = 0; i < 6 * 17; i++) cr_assert_eq(b.gradients[i], 0);
  }
}

Test(contrastive, a_step_down_pulls_same_pairs_together_and_pushes_different_ones_apart) {
  static batch b;
  static double before[MOST], after[MOST];
  b = (batch){.rows = 20, .dimensions = 16, .margin = 100};
  fill(&b, 1, 1, 4);
  run(&b);
  for (int i = 0; i < 320; i++) {
    before[i] = b.embeddings[i];
    after[i] = before[i] - 0.1 * b.gradients[i];
  }
  for (int i = 0; i < 10; i++) {
    double change = distance(&b, after, i, i + 10) - distance(&b, before, i, i + 10);
    cr_expect(is_same(&b, i, i + 10) ? change < 0 : change > 0, "pair %d moved by %g", i, change);
  }
}

Test(contrastive, both_branches_get_opposite_gradients_of_a_drawn_pair) {
  static batch b;
  b = (batch){.rows = 8, .dimensions = 5, .margin = 3};
  fill(&b, 1, 1, 4);
  run(&b);
  for (int i = 0; i < 20; i++) cr_expect_eq(b.gradients[i], -b.gradients[20 + i]);
}

Test(contrastive, nan_shows_in_the_loss) {
  static batch b;
  for (int pairing = 0; pairing < 2; pairing++)
    for (int at = 0; at < 40; at += 13) {
      b = (batch){.pairing = (siam_pairing)pairing, .rows = 8, .dimensions = 5, .margin = 1};
      fill(&b, 1, 3, 4);
      b.embeddings[at] = NAN;
      run(&b);
      cr_expect(isnan(b.result[SIAM_LOSS_VALUE]), "a NaN at %d vanished", at);
    }
}
