#include "loss_check.h"

#include "device_memory.h"
#include "loss_matrix.h"
#include "reference/rounding.h"
#include "reference/values.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PAIRS = SIAM_BATCH_ROWS * SIAM_BATCH_ROWS };

double siam_case_option(const siam_loss_case *c, const char *name) {
  int number = siam_option_find(c->loss.type->options, name);
  cr_assert_geq(number, 0, "%s has no option %s", c->loss.type->name, name);
  return c->loss.options[number];
}

bool siam_case_same(const siam_loss_case *c, int row, int other) {
  return row != other && c->labels[row] == c->labels[other];
}

bool siam_case_different(const siam_loss_case *c, int row, int other) {
  return c->labels[row] != c->labels[other];
}

static void to_unit_length(siam_loss_case *c) {
  for (int i = 0; i < c->rows; i++) {
    double length = 0;
    float *row = &c->embeddings[i * c->dimensions];
    for (int k = 0; k < c->dimensions; k++) length += (double)row[k] * row[k];
    for (int k = 0; k < c->dimensions; k++) row[k] = (float)(row[k] / sqrt(length));
  }
}

/// Counts the loss's parameter, and returns its slot's first value.
static siam_initialiser take_slot(siam_loss_case *c) {
  siam_slot slots[SIAM_SLOTS_MAX];
  int count = siam_loss_slots(&c->loss, c->classes, c->dimensions, slots);
  cr_assert_leq(count, 1);
  c->parameter_count = count;
  for (int d = 0; count > 0 && d < slots[0].rank; d++) c->parameter_count *= slots[0].dims[d];
  cr_assert_leq(c->parameter_count, SIAM_BATCH_FLOATS);
  return count > 0 ? slots[0].initialiser : (siam_initialiser){0};
}

void siam_loss_fill(siam_loss_case *c, const char *loss, int rows, int dimensions, int classes,
                    uint32_t seed) {
  *c = (siam_loss_case){
      .rows = rows, .dimensions = dimensions, .classes = classes + 2, .step = seed, .seed = 77};
  siam_test_ok(siam_loss_parse(loss, &c->loss));
  siam_initialiser first = take_slot(c);
  siam_check_fill(c->parameters, (size_t)c->parameter_count, SIAM_VALUES_SPREAD, seed + 1000);
  for (int i = 0; first.kind == SIAM_INITIALISE_CONSTANT && i < c->parameter_count; i++)
    c->parameters[i] = first.value * (1 + 0.1F * c->parameters[i]);
  siam_check_fill(c->embeddings, (size_t)rows * (size_t)dimensions, SIAM_VALUES_SPREAD, seed);
  if (c->loss.type->unit_length) to_unit_length(c);
  for (int i = 0; i < rows; i++) c->labels[i] = i % classes;
}

static cl_mem buffer_of(const void *bytes, size_t size) {
  cl_int error = CL_SUCCESS;
  cl_mem made = clCreateBuffer(siam_test_device()->context, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, size,
                               (void *)bytes, &error);
  cr_assert_eq(error, CL_SUCCESS);
  return made;
}

void siam_loss_run(const siam_loss_case *c, siam_loss_outcome *outcome) {
  siam_tape *tape = siam_test_tape();
  size_t count = (size_t)c->rows * (size_t)c->dimensions;
  siam_view embeddings = siam_test_upload(c->embeddings, count);
  // What was there before must not matter.
  siam_view gradients = siam_test_upload(c->embeddings, count);
  siam_view result = siam_test_upload(c->embeddings, SIAM_LOSS_WORDS);
  cl_mem labels = buffer_of(c->labels, (size_t)c->rows * sizeof *c->labels);
  const uint32_t words[16] = {c->step, c->seed};
  cl_mem clock = buffer_of(words, sizeof words);
  siam_loss_batch batch = {.tape = tape,
                           .rows = c->rows,
                           .dimensions = c->dimensions,
                           .embeddings = embeddings,
                           .gradients = gradients,
                           .labels = labels,
                           .result = result,
                           .classes = c->classes,
                           .clock = clock};
  if (c->parameter_count > 0) {
    for (int i = 0; i < c->parameter_count; i++) outcome->parameter_gradients[i] = c->prior;
    batch.parameter[0] = siam_test_upload(c->parameters, (size_t)c->parameter_count);
    batch.parameter_gradient[0] = siam_test_upload(outcome->parameter_gradients, (size_t)c->parameter_count);
  }
  siam_test_ok(siam_loss_add(&c->loss, &batch));
  siam_test_run(tape);
  siam_test_download(gradients, outcome->gradients);
  siam_test_download(result, outcome->result);
  if (c->parameter_count > 0) siam_test_download(batch.parameter_gradient[0], outcome->parameter_gradients);
  clReleaseMemObject(labels);
  clReleaseMemObject(clock);
}

// The reported statistics

static siam_bounded reported_distance(const siam_loss_case *c, const siam_bounded *matrix, int i, int j) {
  siam_bounded element = matrix[i * c->rows + j];
  if (c->loss.type->matrix == SIAM_MATRIX_DISTANCES) return element;
  siam_bounded lengths = bounded_plus(matrix[i * c->rows + i], matrix[j * c->rows + j]);
  return bounded_root(bounded_minus(lengths, bounded_scaled(element, 2)));
}

static void expect_statistics(const siam_loss_case *c, const double *x, const siam_bounded *matrix,
                              siam_bounded *expected) {
  static siam_bounded distances[2][MOST_PAIRS];
  int counts[2] = {0};
  for (int i = 0; i < c->rows; i++)
    for (int j = i + 1; j < c->rows; j++) {
      int same = siam_case_same(c, i, j);
      distances[same][counts[same]++] = reported_distance(c, matrix, i, j);
    }
  for (int same = 0; same < 2; same++) {
    siam_bounded sum = bounded_sum(distances[same], counts[same]);
    expected[same ? SIAM_LOSS_SAME_DISTANCE : SIAM_LOSS_DIFFERENT_DISTANCE] =
        bounded_over(sum, bounded_exactly(fmax(counts[same], 1)));
    expected[same ? SIAM_LOSS_SAME_COUNT : SIAM_LOSS_DIFFERENT_COUNT] = bounded_exactly(counts[same]);
  }
  double variances = 0, largest = 0;
  for (int k = 0; k < c->dimensions; k++) {
    double mean = 0;
    for (int i = 0; i < c->rows; i++) mean += x[i * c->dimensions + k] / c->rows;
    for (int i = 0; i < c->rows; i++) variances += pow(x[i * c->dimensions + k] - mean, 2) / c->rows;
  }
  for (int i = 0; i < c->rows * c->dimensions; i++) largest = fmax(largest, fabs(x[i]));
  // Each deviation from a mean of N values is off by γ(N) of the largest value; √ of the mean square follows.
  double error =
      siam_rounding_of_sum(2.0 * c->rows + c->dimensions) * (sqrt(variances) + largest * sqrt(c->dimensions));
  expected[SIAM_LOSS_SPREAD] = (siam_bounded){sqrt(variances), error};
}

// The comparisons

static void values_of(const siam_bounded *matrix, int count, double *values) {
  for (int i = 0; i < count; i++) values[i] = matrix[i].value;
}

/// A case worked out in float64.
typedef struct worked {
  double x[SIAM_BATCH_FLOATS], parameters[SIAM_BATCH_FLOATS], held[MOST_PAIRS];
  siam_bounded matrix[MOST_PAIRS], pairs[MOST_PAIRS], factors[MOST_PAIRS];
  siam_bounded gradients[SIAM_BATCH_FLOATS], parameter_gradients[SIAM_BATCH_FLOATS];
  siam_bounded expected[SIAM_LOSS_WORDS];
} worked;

static worked of_case;

double siam_case_parameter(int i) {
  return of_case.parameters[i];
}

static double value_at(const siam_loss_reference *reference, const siam_loss_case *c, const worked *w) {
  static siam_bounded matrix[MOST_PAIRS];
  static double values[MOST_PAIRS];
  siam_loss_matrix_fill(c, w->x, w->parameters, matrix);
  values_of(matrix, siam_loss_matrix_size(c), values);
  return reference->value(c, values, w->held);
}

static void work_out(const siam_loss_reference *reference, const siam_loss_case *c, worked *w) {
  for (int i = 0; i < c->rows * c->dimensions; i++) w->x[i] = c->embeddings[i];
  for (int i = 0; i < c->parameter_count; i++) w->parameters[i] = c->parameters[i];
  siam_loss_matrix_fill(c, w->x, w->parameters, w->matrix);
  siam_loss_matrix_pairs(c, w->x, w->pairs);
  values_of(w->matrix, siam_loss_matrix_size(c), w->held);
  for (int i = 0; i < siam_loss_matrix_size(c); i++) w->factors[i] = bounded_exactly(0);
  int active = 0;
  w->expected[SIAM_LOSS_VALUE] = reference->derive(c, w->matrix, w->factors, &active);
  w->expected[SIAM_LOSS_ACTIVE_COUNT] = bounded_exactly(active);
  expect_statistics(c, w->x, w->pairs, w->expected);
  siam_loss_matrix_back(c, w->x, w->parameters, w->matrix, w->factors, w->gradients, w->parameter_gradients);
  if (c->parameter_count > 0 && reference->derive_parameters != NULL)
    reference->derive_parameters(c, w->parameter_gradients);
}

static double hold(const char *what, int at, double value, siam_bounded expected) {
  double error = fabs(value - expected.value), bound = expected.error + 1e-37;
  cr_assert(error <= bound, "%s %d is %.9g and must be %.9g ± %.2g", what, at, value, expected.value, bound);
  return error / bound;
}

/// Central differences of the specification, for a sample of the `count` numbers `at`, which the value
/// depends on, whose derivatives are `slopes`. Two step sizes tell how far they can be trusted: where a hinge
/// or a choice lies in between, no derivative exists to compare with.
static void differentiate_by(const siam_loss_reference *reference, const siam_loss_case *c, worked *w,
                             double *at, const siam_bounded *slopes, int count) {
  int compared = 0, jumps = 0;
  double largest = 0, loss = w->expected[SIAM_LOSS_VALUE].value;
  for (int i = 0; i < count; i++) largest = fmax(largest, fabs(slopes[i].value));
  for (int i = 0; i < count; i += 1 + count / 12) {
    double kept = at[i], found[2];
    for (int half = 0; half < 2; half++) {
      double step = half ? 1e-6 : 2e-6;
      at[i] = kept + step;
      double above = value_at(reference, c, w);
      at[i] = kept - step;
      found[half] = (above - value_at(reference, c, w)) / (2 * step);
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

static void differentiate(const siam_loss_reference *reference, const siam_loss_case *c, worked *w) {
  double value = value_at(reference, c, w), loss = w->expected[SIAM_LOSS_VALUE].value;
  cr_assert_float_eq(value, loss, 1e-11 * (1 + fabs(loss)), "two references: %.17g and %.17g", value, loss);
  differentiate_by(reference, c, w, w->x, w->gradients, c->rows * c->dimensions);
  differentiate_by(reference, c, w, w->parameters, w->parameter_gradients, c->parameter_count);
}

static double compare(const siam_loss_case *c, const worked *w) {
  static siam_loss_outcome outcome;
  double worst = 0;
  siam_loss_run(c, &outcome);
  for (int word = 0; word <= SIAM_LOSS_SPREAD; word++)
    worst = fmax(worst, hold("word", word, outcome.result[word], w->expected[word]));
  for (int i = 0; i < c->rows * c->dimensions; i++)
    worst = fmax(worst, hold("gradient", i, outcome.gradients[i], w->gradients[i]));
  for (int i = 0; i < c->parameter_count; i++) {
    siam_bounded sum = w->parameter_gradients[i];
    if (c->prior != 0) sum = bounded_plus(sum, bounded_exactly(c->prior));
    worst = fmax(worst, hold("gradient of the parameter", i, outcome.parameter_gradients[i], sum));
  }
  return worst;
}

double siam_check_loss(const siam_loss_reference *reference, const siam_loss_case *c) {
  work_out(reference, c, &of_case);
  cr_assert(!bounded_was_unsure(), "rounding could turn a choice; take another seed");
  differentiate(reference, c, &of_case);
  return compare(c, &of_case);
}

/// Fills a case in which rounding turns no choice, and works it out.
static void fill_surely(const siam_loss_reference *reference, siam_loss_case *c, const char *loss, int rows,
                        int dimensions, int classes) {
  for (uint32_t seed = 1; seed <= 20; seed++) {
    siam_loss_fill(c, loss, rows, dimensions, classes, seed);
    work_out(reference, c, &of_case);
    if (!bounded_was_unsure()) return;
  }
  cr_assert_fail("%s: of %d rows, 20 cases had choices that rounding could turn", loss, rows);
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
      fill_surely(reference, &c, loss, rows[r], dimensions[d], 1 + rows[r] / (2 + (int)d % 3));
      differentiate(reference, &c, &of_case);
      worst = fmax(worst, compare(&c, &of_case));
    }
  printf("%s: the largest error is %.2g of its bound\n", loss, worst);
}

// Numbers of others

typedef struct golden_file {
  FILE *file;
  char path[512];
} golden_file;

static double next_number(golden_file *golden) {
  char word[64], *end = word;
  cr_assert_eq(fscanf(golden->file, "%63s", word), 1, "%s ends early", golden->path);
  double number = strtod(word, &end);
  cr_assert(end != word && *end == '\0', "%s: '%s' is not a number", golden->path, word);
  return number;
}

static void check_numbers(golden_file *golden, const char *what, const siam_bounded *ours, int count) {
  for (int i = 0; i < count; i++) {
    double theirs = next_number(golden);
    // Float64 of both sides: some thousand operations, and the 14 digits of the file.
    cr_expect_float_eq(ours[i].value, theirs, 1e-11 * (1 + fabs(theirs)), "%s %d is %.14g and there %.14g",
                       what, i, ours[i].value, theirs);
  }
}

/// A record: the loss's line; rows, dimensions; labels; embeddings; where the loss may have a parameter the
/// number of classes, and the parameter; the value; the gradients.
static void check_record(const siam_loss_reference *reference, golden_file *golden, const char *line) {
  static siam_loss_case c;
  worked *w = &of_case;
  c = (siam_loss_case){.rows = (int)next_number(golden), .dimensions = (int)next_number(golden)};
  siam_test_ok(siam_loss_parse(line, &c.loss));
  for (int i = 0; i < c.rows; i++) c.labels[i] = (int32_t)next_number(golden);
  for (int i = 0; i < c.rows * c.dimensions; i++) c.embeddings[i] = (float)next_number(golden);
  if (c.loss.type->slots != NULL) c.classes = (int)next_number(golden);
  take_slot(&c);
  for (int i = 0; i < c.parameter_count; i++) c.parameters[i] = (float)next_number(golden);
  work_out(reference, &c, w);
  cr_assert(!bounded_was_unsure());
  check_numbers(golden, line, &w->expected[SIAM_LOSS_VALUE], 1);
  check_numbers(golden, "gradient", w->gradients, c.rows * c.dimensions);
  check_numbers(golden, "gradient of the parameter", w->parameter_gradients, c.parameter_count);
  compare(&c, w);
}

void siam_check_loss_golden(const siam_loss_reference *reference, int least) {
  golden_file golden = {.path = SIAMESE_SOURCE_DIR "/tests/golden/losses.txt"};
  char line[256];
  size_t length = strlen(reference->name);
  int records = 0;
  golden.file = fopen(golden.path, "r");
  cr_assert_not_null(golden.file, "%s is missing; tests/golden/make_losses.py makes it", golden.path);
  while (fgets(line, sizeof line, golden.file) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, reference->name, length) != 0 || (line[length] != ' ' && line[length] != '\0'))
      continue;
    check_record(reference, &golden, line);
    records++;
  }
  fclose(golden.file);
  cr_expect_geq(records, least, "%s has %d records of %s", golden.path, records, reference->name);
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
