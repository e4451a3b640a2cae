#include "loss_check.h"

#include "device_memory.h"
#include "loss_records.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void siam_loss_run(const siam_loss_case *c, siam_loss_outcome *outcome) {
  siam_test_ok(siam_loss_execute(siam_test_device(), c, outcome));
}

/// Central differences of the specification, for a sample of the `count` numbers `at`, which the value
/// depends on, whose derivatives are `slopes`. Two step sizes tell how far they can be trusted: where a hinge
/// or a choice lies in between, no derivative exists to compare with.
static void differentiate_by(const siam_loss_reference *reference, const siam_loss_case *c,
                             siam_loss_worked *w, double *at, const siam_bounded *slopes, int count) {
  int compared = 0, jumps = 0;
  double largest = 0, loss = w->expected[SIAM_LOSS_VALUE].value;
  for (int i = 0; i < count; i++) largest = fmax(largest, fabs(slopes[i].value));
  for (int i = 0; i < count; i += 1 + count / 12) {
    double kept = at[i], found[2];
    for (int half = 0; half < 2; half++) {
      double step = half ? 1e-6 : 2e-6;
      at[i] = kept + step;
      double above = siam_loss_value_at(reference, c, w);
      at[i] = kept - step;
      found[half] = (above - siam_loss_value_at(reference, c, w)) / (2 * step);
    }
    at[i] = kept;
    double tolerance = fabs(found[0] - found[1]) + 100 * 0x1p-53 * (1 + fabs(loss)) / 1e-6;
    if (tolerance > 1e-3 * largest && largest > 1e-3) {
      jumps++;
      continue;
    }
    compared++;
    cr_assert_float_eq(slopes[i].value, found[1], tolerance, "d/d[%d] is %.12g, numerically %.12g ± %.2g", i,
                       slopes[i].value, found[1], tolerance);
  }
  cr_assert_leq(4 * jumps, compared);
}

static void differentiate(const siam_loss_reference *reference, const siam_loss_case *c,
                          siam_loss_worked *w) {
  double value = siam_loss_value_at(reference, c, w), loss = w->expected[SIAM_LOSS_VALUE].value;
  cr_assert_float_eq(value, loss, 1e-11 * (1 + fabs(loss)), "two references: %.17g and %.17g", value, loss);
  differentiate_by(reference, c, w, w->x, w->gradients, c->rows * c->dimensions);
  differentiate_by(reference, c, w, w->parameters, w->parameter_gradients, c->parameter_count);
}

static double compare(const siam_loss_case *c, const siam_loss_worked *w) {
  static siam_loss_outcome outcome;
  siam_product_result result = {0};
  siam_loss_run(c, &outcome);
  siam_loss_compare(c, w, &outcome, &result);
  cr_assert_str_empty(result.failure, "%s", result.failure);
  return result.share;
}

double siam_check_loss(const siam_loss_reference *reference, const siam_loss_case *c) {
  siam_loss_worked *w = siam_loss_work_out(reference, c);
  cr_assert(!bounded_was_unsure(), "rounding could turn a choice; take another seed");
  differentiate(reference, c, w);
  return compare(c, w);
}

void siam_check_loss_edges(const siam_loss_reference *reference, const char *loss) {
  siam_check_loss_edges_from(reference, loss, 1);
}

void siam_check_loss_edges_from(const siam_loss_reference *reference, const char *loss, int least) {
  static const int rows[] = {2, 3, 7, 16, 33, 64}, dimensions[] = {1, 2, 3, 16, 17, 64, 130};
  static siam_loss_case c;
  double worst = 0;
  for (uint32_t r = 0; r < 6; r++)
    for (uint32_t d = 0; d < 7; d++) {
      // The reference of many long rows takes seconds under sanitizers.
      if (rows[r] * dimensions[d] > 64 * 64 || dimensions[d] < least) continue;
      siam_loss_worked *w =
          siam_loss_fill_surely(reference, &c, loss, rows[r], dimensions[d], 1 + rows[r] / (2 + (int)d % 3));
      differentiate(reference, &c, w);
      worst = fmax(worst, compare(&c, w));
    }
  printf("%s: the largest error is %.2g of its bound\n", loss, worst);
}

// Numbers of others

/// A record: the loss's line; rows, dimensions; labels; embeddings; where the loss may have a parameter the
/// number of classes, and the parameter.
static void read_case(siam_loss_records *records, const char *line, siam_loss_case *c) {
  *c = (siam_loss_case){0};
  c->rows = (int)siam_loss_records_number(records);
  c->dimensions = (int)siam_loss_records_number(records);
  siam_test_ok(siam_loss_parse(line, &c->loss));
  for (int i = 0; i < c->rows; i++) c->labels[i] = (int32_t)siam_loss_records_number(records);
  for (int i = 0; i < c->rows * c->dimensions; i++)
    c->embeddings[i] = (float)siam_loss_records_number(records);
  if (c->loss.type->slots != NULL) c->classes = (int)siam_loss_records_number(records);
  siam_loss_take_slot(c);
  for (int i = 0; i < c->parameter_count; i++) c->parameters[i] = (float)siam_loss_records_number(records);
}

/// Behind the case: the value; the gradients.
static void check_record(const siam_loss_reference *reference, siam_loss_records *records) {
  static siam_loss_case c;
  read_case(records, records->line, &c);
  const siam_loss_worked *w = siam_loss_work_out(reference, &c);
  cr_assert(!bounded_was_unsure());
  siam_loss_records_expect(records, "value", 0, w->expected[SIAM_LOSS_VALUE].value);
  for (int i = 0; i < c.rows * c.dimensions; i++)
    siam_loss_records_expect(records, "gradient", i, w->gradients[i].value);
  for (int i = 0; i < c.parameter_count; i++)
    siam_loss_records_expect(records, "gradient of the parameter", i, w->parameter_gradients[i].value);
  compare(&c, w);
}

void siam_check_loss_golden(const siam_loss_reference *reference, int least) {
  siam_loss_records records;
  siam_loss_records_open(&records);
  while (siam_loss_records_next(&records, reference->name)) check_record(reference, &records);
  siam_loss_records_close(&records, reference->name, least);
}

void siam_check_margin_weights(int least) {
  static const char name[] = "margin_weights";
  static siam_loss_case c;
  siam_loss_records records;
  char line[256];
  siam_loss_records_open(&records);
  while (siam_loss_records_next(&records, name)) {
    snprintf(line, sizeof line, "margin%s", records.line + strlen(name));
    read_case(&records, line, &c);
    const siam_loss_worked *w = siam_loss_work_out(&siam_margin_reference, &c);
    for (int a = 0; a < c.rows; a++) {
      siam_bounded weights[SIAM_BATCH_ROWS];
      siam_margin_weigh(&c, &w->matrix[a * c.rows], a, weights);
      const double sum = bounded_sum(weights, c.rows).value;
      for (int n = 0; n < c.rows; n++)
        siam_loss_records_expect(&records, "weight", a * c.rows + n, weights[n].value / sum);
    }
  }
  siam_loss_records_close(&records, name, least);
}

// Extremes

static void expect_finite(const siam_loss_case *c, const siam_loss_outcome *outcome) {
  cr_expect(isfinite(outcome->result[SIAM_LOSS_VALUE]));
  for (int i = 0; i < c->rows * c->dimensions; i++)
    cr_assert(isfinite(outcome->gradients[i]), "gradient %d is not finite", i);
}

void siam_check_loss_extremes(const siam_loss_reference *reference, const char *loss) {
  static siam_loss_case c;
  static siam_loss_outcome outcome;
  for (int at = 0; at < 40; at += 13) {
    siam_loss_fill(&c, loss, 8, 5, 3, 4);
    c.embeddings[at] = NAN;
    siam_loss_run(&c, &outcome);
    cr_expect(isnan(outcome.result[SIAM_LOSS_VALUE]), "a NaN at %d vanished", at);
  }
  for (int classes = 1; classes <= 7; classes += 6) {
    siam_loss_fill(&c, loss, 7, 20, classes, 4);
    siam_loss_run(&c, &outcome);
    expect_finite(&c, &outcome);
    siam_check_loss(reference, &c);
  }
  siam_loss_fill(&c, loss, 6, 20, 2, 4);
  for (int i = 20; i < 120; i++) c.embeddings[i] = c.embeddings[i % 20];
  siam_loss_run(&c, &outcome);
  expect_finite(&c, &outcome);
}
