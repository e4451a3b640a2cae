#include "device_memory.h"
#include "loss_records.h"
#include "losses/loss.h"
#include "reference/contrastive_check.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

TestSuite(contrastive, .fini = siam_test_device_close);

/// Central differences of the specification, for a sample of the embeddings. Two step sizes tell how far they
/// can be trusted: where a pair crosses the margin the mean over active pairs jumps, and there no derivative
/// exists to compare with.
static void prove(const siam_contrastive_batch *b, double *x) {
  int count = b->rows * b->dimensions, compared = 0, jumps = 0;
  double largest = 0;
  for (int i = 0; i < count; i++) largest = fmax(largest, fabs(b->slopes[i]));
  for (int i = 0; i < count; i += 1 + count / 20) {
    double kept = x[i], differences[2];
    for (int half = 0; half < 2; half++) {
      double step = half ? 1e-6 : 2e-6;
      x[i] = kept + step;
      double above = siam_contrastive_loss(b, x, NULL);
      x[i] = kept - step;
      differences[half] = (above - siam_contrastive_loss(b, x, NULL)) / (2 * step);
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

static void run(siam_contrastive_batch *b) {
  siam_test_ok(siam_contrastive_run(siam_test_device(), b));
}

static void check(siam_contrastive_batch *b, bool differences) {
  static double x[SIAM_CONTRASTIVE_MOST];
  siam_product_result result = {0};
  siam_test_ok(siam_contrastive_check(siam_test_device(), b, &result));
  cr_assert_str_empty(result.failure, "%s", result.failure);
  for (int i = 0; i < b->rows * b->dimensions; i++) x[i] = b->embeddings[i];
  if (differences) prove(b, x);
}

static const int dimensions[] = {1, 2, 3, 16, 17, 64, 130};

Test(contrastive, drawn_pairs_and_gradients_equal_the_reference) {
  static const int rows[] = {2, 4, 6, 34, 64};
  static siam_contrastive_batch b;
  for (uint32_t r = 0; r < 5; r++)
    for (uint32_t d = 0; d < 7; d++) {
      b = (siam_contrastive_batch){.rows = rows[r], .dimensions = dimensions[d]};
      // About half of the different pairs lie inside of the margin.
      b.margin = 1.5F * sqrtf((float)b.dimensions);
      siam_contrastive_fill(&b, 1, 1, 10 * r + d);
      check(&b, true);
    }
}

Test(contrastive, all_pairs_and_gradients_equal_the_reference) {
  static const int rows[] = {2, 3, 7, 32, 64};
  static siam_contrastive_batch b;
  for (uint32_t r = 0; r < 5; r++)
    for (uint32_t d = 0; d < 7; d++) {
      b = (siam_contrastive_batch){.pairing = SIAM_PAIRING_ALL, .rows = rows[r], .dimensions = dimensions[d]};
      b.margin = 1.5F * sqrtf((float)b.dimensions);
      siam_contrastive_fill(&b, 1, 1 + rows[r] / 3, 10 * r + d);
      check(&b, true);
    }
}

Test(contrastive, same_pairs_have_a_margin_of_their_own) {
  static const int rows[] = {2, 6, 34};
  static siam_contrastive_batch b;
  for (uint32_t r = 0; r < 3; r++)
    for (uint32_t d = 0; d < 7; d++) {
      b = (siam_contrastive_batch){.pairing = d % 2 ? SIAM_PAIRING_ALL : SIAM_PAIRING_DRAWN,
                                   .rows = rows[r],
                                   .dimensions = dimensions[d]};
      b.margin = 1.5F * sqrtf((float)b.dimensions);
      b.same_margin = 1.2F * sqrtf((float)b.dimensions);
      siam_contrastive_fill(&b, 1, 1 + rows[r] / 3, 30 * r + d);
      check(&b, true);
    }
}

Test(contrastive, the_nearest_different_rows_and_gradients_equal_the_reference) {
  static const int rows[] = {2, 3, 7, 16, 33}, nearest[] = {1, 2, 5};
  static siam_contrastive_batch b;
  for (uint32_t r = 0; r < 5; r++)
    for (uint32_t d = 2; d < 7; d++) {
      b = (siam_contrastive_batch){.pairing = SIAM_PAIRING_ALL, .rows = rows[r], .dimensions = dimensions[d]};
      b.hardest = nearest[(r + d) % 3];
      b.margin = 1.5F * sqrtf((float)b.dimensions);
      siam_contrastive_fill(&b, 1, 1 + rows[r] / 3, 10 * r + d);
      check(&b, true);
    }
}

static float option_of(const siam_loss *loss, const char *name) {
  return (float)loss->options[siam_option_find(loss->type->options, name)];
}

/// A record: rows, dimensions; labels; embeddings; the value; the gradients.
static void check_record(siam_loss_records *records, const char *line, siam_pairing pairing) {
  static siam_contrastive_batch b;
  siam_loss loss;
  siam_product_result result = {0};
  siam_test_ok(siam_loss_parse(line, &loss));
  b = (siam_contrastive_batch){.pairing = pairing,
                               .margin = option_of(&loss, "margin"),
                               .same_margin = option_of(&loss, "same_margin"),
                               .hardest = (int)option_of(&loss, "hardest")};
  b.rows = (int)siam_loss_records_number(records);
  b.dimensions = (int)siam_loss_records_number(records);
  for (int i = 0; i < b.rows; i++) b.labels[i] = (int32_t)siam_loss_records_number(records);
  for (int i = 0; i < b.rows * b.dimensions; i++) b.embeddings[i] = (float)siam_loss_records_number(records);
  siam_test_ok(siam_contrastive_check(siam_test_device(), &b, &result));
  cr_assert_str_empty(result.failure, "%s: %s", records->line, result.failure);
  siam_loss_records_expect(records, "value", 0, b.expected[SIAM_LOSS_VALUE]);
  for (int i = 0; i < b.rows * b.dimensions; i++)
    siam_loss_records_expect(records, "gradient", i, b.slopes[i]);
}

Test(contrastive, equals_pytorch_metric_learning_with_squared_hinges) {
  siam_loss_records records;
  siam_loss_records_open(&records);
  while (siam_loss_records_next(&records, "contrastive"))
    check_record(&records, records.line, SIAM_PAIRING_ALL);
  siam_loss_records_close(&records, "contrastive", 8);
  siam_loss_records_open(&records);
  while (siam_loss_records_next(&records, "drawn_contrastive"))
    check_record(&records, records.line + strlen("drawn_"), SIAM_PAIRING_DRAWN);
  siam_loss_records_close(&records, "drawn_contrastive", 4);
}

Test(contrastive, equal_embeddings_have_finite_gradients_of_zero) {
  static siam_contrastive_batch b;
  for (int pairing = 0; pairing < 2; pairing++)
    for (int classes = 1; classes <= 4; classes += 3) {
      b = (siam_contrastive_batch){
          .pairing = (siam_pairing)pairing, .rows = 4, .dimensions = 20, .margin = 1};
      siam_contrastive_fill(&b, 1, classes, 1);
      for (int i = 20; i < 80; i++) b.embeddings[i] = b.embeddings[i % 20];
      check(&b, false);
      for (int i = 0; i < 80; i++) cr_assert_eq(b.gradients[i], 0);
    }
}

Test(contrastive, different_pairs_beyond_the_margin_are_left_alone) {
  static siam_contrastive_batch b;
  for (int pairing = 0; pairing < 2; pairing++) {
    b = (siam_contrastive_batch){
        .pairing = (siam_pairing)pairing, .rows = 6, .dimensions = 17, .margin = 0.01F};
    siam_contrastive_fill(&b, 1, 6, 1);
    memset(b.labels, 0, pairing == SIAM_PAIRING_DRAWN ? sizeof b.labels : 0);
    check(&b, false);
    cr_expect_eq(b.result[SIAM_LOSS_VALUE], 0);
    cr_expect_eq(b.result[SIAM_LOSS_ACTIVE_COUNT], 0);
    for (int i = 0; i < 6 * 17; i++) cr_assert_eq(b.gradients[i], 0);
  }
}

Test(contrastive, a_step_down_pulls_same_pairs_together_and_pushes_different_ones_apart) {
  static siam_contrastive_batch b;
  static double before[SIAM_CONTRASTIVE_MOST], after[SIAM_CONTRASTIVE_MOST];
  b = (siam_contrastive_batch){.rows = 20, .dimensions = 16, .margin = 100};
  siam_contrastive_fill(&b, 1, 1, 4);
  run(&b);
  for (int i = 0; i < 320; i++) {
    before[i] = b.embeddings[i];
    after[i] = before[i] - 0.1 * b.gradients[i];
  }
  for (int i = 0; i < 10; i++) {
    double change =
        siam_contrastive_distance(&b, after, i, i + 10) - siam_contrastive_distance(&b, before, i, i + 10);
    cr_expect(siam_contrastive_same(&b, i, i + 10) ? change < 0 : change > 0, "pair %d moved by %g", i,
              change);
  }
}

Test(contrastive, both_branches_get_opposite_gradients_of_a_drawn_pair) {
  static siam_contrastive_batch b;
  b = (siam_contrastive_batch){.rows = 8, .dimensions = 5, .margin = 3};
  siam_contrastive_fill(&b, 1, 1, 4);
  run(&b);
  for (int i = 0; i < 20; i++) cr_expect_eq(b.gradients[i], -b.gradients[20 + i]);
}

Test(contrastive, nan_shows_in_the_loss) {
  static siam_contrastive_batch b;
  for (int pairing = 0; pairing < 2; pairing++)
    for (int at = 0; at < 40; at += 13) {
      b = (siam_contrastive_batch){.pairing = (siam_pairing)pairing, .rows = 8, .dimensions = 5, .margin = 1};
      siam_contrastive_fill(&b, 1, 3, 4);
      b.embeddings[at] = NAN;
      run(&b);
      cr_expect(isnan(b.result[SIAM_LOSS_VALUE]), "a NaN at %d vanished", at);
    }
}
