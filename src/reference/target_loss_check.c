#include "reference/target_loss_check.h"

#include "base/memory.h"
#include "reference/bounded.h"
#include "reference/guarded.h"
#include "reference/rounding_parts.h"
#include "reference/values.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/// A batch on the host. Outputs, gradients and what they must be are [rows, columns].
typedef struct batch {
  int rows, columns;
  size_t count, targets; ///< Outputs; numbers of the target.
  float *outputs, *target, *gradient, result[SIAM_LOSS_WORDS];
  siam_bounded *expected, *parts, loss; ///< `parts`: [rows], of the loss.
  double plain;                         ///< The loss by its formula as it is written.
} batch;

/// Softmax cross entropy of a row: writes its gradient and returns its part of the loss, computed as the
/// kernel does, with the largest output taken out.
static siam_bounded cross_entropy_row(const batch *b, const float *y, int target, siam_bounded *gradient) {
  const siam_bounded n = bounded_exactly(b->rows);
  float largest = y[0];
  for (int c = 1; c < b->columns; c++) largest = fmaxf(largest, y[c]);
  for (int c = 0; c < b->columns; c++)
    gradient[c] = bounded_exp(bounded_minus(bounded_exactly((double)y[c]), bounded_exactly((double)largest)));
  const siam_bounded sum = bounded_sum(gradient, b->columns);
  const siam_bounded share = bounded_over(bounded_exactly(1), bounded_times(n, sum));
  for (int c = 0; c < b->columns; c++) {
    gradient[c] = bounded_times(gradient[c], share);
    if (c == target) gradient[c] = bounded_minus(gradient[c], bounded_over(bounded_exactly(1), n));
  }
  const siam_bounded below =
      bounded_minus(bounded_exactly((double)y[target]), bounded_exactly((double)largest));
  return bounded_over(bounded_minus(bounded_log(sum), below), n);
}

static void cross_entropy(batch *b) {
  for (int r = 0; r < b->rows; r++) {
    const size_t start = (size_t)r * (size_t)b->columns;
    const int target = (int)b->target[r];
    b->parts[r] = cross_entropy_row(b, b->outputs + start, target, b->expected + start);
    double sum = 0;
    for (int c = 0; c < b->columns; c++) sum += exp((double)b->outputs[start + (size_t)c]);
    b->plain += (log(sum) - (double)b->outputs[start + (size_t)target]) / b->rows;
  }
  b->loss = bounded_sum(b->parts, b->rows);
}

static void mean_squared_error(batch *b) {
  const double count = (double)b->count;
  for (size_t i = 0; i < b->count; i++) {
    const double error = (double)b->outputs[i] - (double)b->target[i], slope = 2 * error / count;
    b->plain += error * error / count;
    // Roundings of the difference, of the product, and a quotient (2.5 ulp, each 2 units).
    b->expected[i] = (siam_bounded){slope, 7 * unit * fabs(slope) + smallest};
  }
  // A term goes through the sum of 64 in its lane, that of at most 16 lanes, and one over the runs of at
  // least 64 · 4 numbers. Every difference is off by one unit and enters twice; quotients follow.
  const double additions = fmin(count, 80 + ceil(count / 256));
  b->loss = (siam_bounded){b->plain, siam_rounding_of_sum(additions + 10) * b->plain};
}

static const struct {
  const char *name;
  void (*work_out)(batch *b);
} references[] = {{"cross_entropy", cross_entropy}, {"mean_squared_error", mean_squared_error}};

/// Fills a batch. Targets of classes are the last one, the first, and others.
static siam_status fill(batch *b, bool takes_classes, float scale, uint32_t seed) {
  siam_status status = SIAM_OK;
  b->count = (size_t)b->rows * (size_t)b->columns;
  b->targets = takes_classes ? (size_t)b->rows : b->count;
  SIAM_TRY_ALLOCATE(b->outputs, b->count);
  SIAM_TRY_ALLOCATE(b->target, b->targets);
  SIAM_TRY_ALLOCATE(b->gradient, b->count);
  SIAM_TRY_ALLOCATE(b->expected, b->count);
  SIAM_TRY_ALLOCATE(b->parts, (size_t)b->rows);
  siam_check_fill(b->outputs, b->count, SIAM_VALUES_SPREAD, seed);
  for (size_t i = 0; i < b->count; i++) b->outputs[i] *= scale;
  siam_check_fill(b->target, b->targets, SIAM_VALUES_SPREAD, seed + 1);
  for (int r = 0; r < b->rows && takes_classes; r++)
    b->target[r] = (float)(r == 0 ? b->columns - 1 : r * 31 % b->columns);
cleanup:
  return status;
}

static siam_status run(siam_device *device, const siam_target_loss *loss, batch *b) {
  // What was there before must not matter.
  static const float before[SIAM_LOSS_WORDS] = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
  siam_status status = SIAM_OK;
  siam_target_batch on_tape = {.rows = b->rows, .columns = b->columns};
  SIAM_TRY(siam_guarded_create(device, b->outputs, b->count, &on_tape.output));
  SIAM_TRY(siam_guarded_create(device, b->outputs, b->count, &on_tape.gradient));
  SIAM_TRY(siam_guarded_create(device, b->target, b->targets, &on_tape.target));
  SIAM_TRY(siam_guarded_create(device, before, SIAM_LOSS_WORDS, &on_tape.result));
  SIAM_TRY(siam_tape_create(device, &on_tape.tape));
  SIAM_TRY(loss->add(&on_tape));
  SIAM_TRY(siam_tape_seal(on_tape.tape));
  SIAM_TRY(siam_tape_run(on_tape.tape));
  SIAM_TRY(siam_guarded_read(device, on_tape.gradient, b->gradient));
  SIAM_TRY(siam_guarded_read(device, on_tape.result, b->result));
cleanup:
  siam_tape_destroy(on_tape.tape);
  siam_buffer_release(device, on_tape.output.buffer);
  siam_buffer_release(device, on_tape.gradient.buffer);
  siam_buffer_release(device, on_tape.target.buffer);
  siam_buffer_release(device, on_tape.result.buffer);
  return status;
}

static void compare(const batch *b, siam_product_result *result) {
  if (!(fabs(b->loss.value - b->plain) <= 1e-12 * fabs(b->plain) + 1e-12) && result->failure[0] == '\0')
    snprintf(result->failure, sizeof result->failure, "the reference is not its formula: %.17g, not %.17g",
             b->loss.value, b->plain);
  for (size_t i = 0; i < b->count; i++)
    siam_product_hold("gradient", (int)i, (double)b->gradient[i], b->expected[i].value, b->expected[i].error,
                      result);
  siam_product_hold("loss word", SIAM_LOSS_VALUE, (double)b->result[SIAM_LOSS_VALUE], b->loss.value,
                    b->loss.error, result);
  for (int word = 1; word < SIAM_LOSS_WORDS; word++)
    siam_product_hold("loss word", word, (double)b->result[word], 0, 0, result);
}

siam_status siam_target_loss_check(siam_device *device, const siam_target_loss *loss, int rows, int columns,
                                   float scale, uint32_t seed, siam_product_result *result) {
  siam_status status = SIAM_OK;
  batch b = {.rows = rows, .columns = columns};
  size_t which = 0;
  while (which < sizeof references / sizeof *references && strcmp(references[which].name, loss->name) != 0)
    which++;
  if (which == sizeof references / sizeof *references)
    return siam_fail(SIAM_ERROR_ARGUMENT, "the loss '%s' has no reference to be held to", loss->name);
  SIAM_TRY(fill(&b, loss->takes_classes, scale, seed));
  SIAM_TRY(run(device, loss, &b));
  result->cases++;
  references[which].work_out(&b);
  compare(&b, result);
cleanup:
  siam_free(b.outputs), siam_free(b.target), siam_free(b.gradient), siam_free(b.expected), siam_free(b.parts);
  return status;
}
