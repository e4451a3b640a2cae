#include "loss_check.h"

#include "device_memory.h"
#include "rounding.h"
#include "values.h"

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

void siam_loss_fill(siam_loss_case *c, const char *loss, int rows, int dimensions, int classes,
                    uint32_t seed) {
  *c = (siam_loss_case){.rows = rows, .dimensions = dimensions};
  siam_test_ok(siam_loss_parse(loss, &c->loss));
  siam_check_fill(c->embeddings, (size_t)rows * (size_t)dimensions, SIAM_VALUES_SPREAD, seed);
  if (c->loss.type->unit_length) to_unit_length(c);
  for (int i = 0; i < rows; i++) c->labels[i] = i % classes;
}

void siam_loss_run(const siam_loss_case *c, siam_loss_outcome *outcome) {
  siam_tape *tape = siam_test_tape();
  size_t count = (size_t)c->rows * (size_t)c->dimensions;
  siam_view embeddings = siam_test_upload(c->embeddings, count);
  // What was there before must not matter.
  siam_view gradients = siam_test_upload(c->embeddings, count);
  siam_view result = siam_test_upload(c->embeddings, SIAM_LOSS_WORDS);
  cl_mem labels = clCreateBuffer(siam_test_device()->context, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR,
                                 (size_t)c->rows * sizeof *c->labels, (void *)c->labels, NULL);
  siam_test_ok(siam_loss_add(&c->loss, &(siam_loss_batch){.tape = tape,
                                                          .rows = c->rows,
                                                          .dimensions = c->dimensions,
                                                          .embeddings = embeddings,
                                                          .gradients = gradients,
                                                          .labels = labels,
                                                          .result = result}));
  siam_test_run(tape);
  siam_test_download(gradients, outcome->gradients);
  siam_test_download(result, outcome->result);
  clReleaseMemObject(labels);
}

// The matrix, and the way back from it

static siam_bounded dot_product(const siam_loss_case *c, const double *x, int i, int j) {
  double sum = 0, magnitude = 0;
  for (int k = 0; k < c->dimensions; k++) {
    double product = x[i * c->dimensions + k] * x[j * c->dimensions + k];
    sum += product;
    magnitude += fabs(product);
  }
  return (siam_bounded){sum, siam_rounding_of_sum(c->dimensions) * magnitude};
}

/// A squared distance sums D squares of differences, each of which is off by u twice: γ(D + 4) of itself.
static siam_bounded distance(const siam_loss_case *c, const double *x, int i, int j) {
  double sum = 0;
  for (int k = 0; k < c->dimensions; k++) sum += pow(x[i * c->dimensions + k] - x[j * c->dimensions + k], 2);
  return bounded_root((siam_bounded){sum, siam_rounding_of_sum(c->dimensions + 4) * sum});
}

static void fill_matrix(const siam_loss_case *c, const double *x, siam_bounded *matrix) {
  bool of_distances = c->loss.type->matrix == SIAM_MATRIX_DISTANCES;
  for (int i = 0; i < c->rows; i++)
    for (int j = 0; j < c->rows; j++)
      matrix[i * c->rows + j] = of_distances ? distance(c, x, i, j) : dot_product(c, x, i, j);
}

static void values_of(const siam_bounded *matrix, int count, double *values) {
  for (int i = 0; i < count; i++) values[i] = matrix[i].value;
}

/// Element k of the gradient of row i, from the derivatives by the matrix.
static siam_bounded gradient_at(const siam_loss_case *c, const double *x, const siam_bounded *matrix,
                                const siam_bounded *factors, int i, int k) {
  siam_bounded terms[2 * SIAM_BATCH_ROWS];
  bool of_distances = c->loss.type->matrix == SIAM_MATRIX_DISTANCES;
  for (int j = 0; j < c->rows; j++) {
    siam_bounded there = factors[i * c->rows + j], back = factors[j * c->rows + i];
    siam_bounded mine = bounded_exactly(x[i * c->dimensions + k]);
    siam_bounded theirs = bounded_exactly(x[j * c->dimensions + k]);
    siam_bounded d = matrix[i * c->rows + j];
    if (!of_distances) {
      terms[2 * j] = bounded_times(there, theirs);
      terms[2 * j + 1] = bounded_times(back, theirs);
    } else if (d.value > 0) {
      // The derivative of a distance by its first vector is their difference divided by the distance.
      siam_bounded difference = bounded_minus(mine, theirs);
      terms[2 * j] = bounded_times(bounded_over(there, d), difference);
      terms[2 * j + 1] = bounded_times(bounded_over(back, d), difference);
    } else {
      terms[2 * j] = terms[2 * j + 1] = bounded_exactly(0);
    }
  }
  return bounded_sum(terms, 2 * c->rows);
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

/// A case worked out in float64.
typedef struct worked {
  double x[SIAM_BATCH_FLOATS], held[MOST_PAIRS];
  siam_bounded matrix[MOST_PAIRS], factors[MOST_PAIRS], gradients[SIAM_BATCH_FLOATS];
  siam_bounded expected[SIAM_LOSS_WORDS];
} worked;

static double value_at(const siam_loss_reference *reference, const siam_loss_case *c, const worked *w,
                       const double *x) {
  static siam_bounded matrix[MOST_PAIRS];
  static double values[MOST_PAIRS];
  fill_matrix(c, x, matrix);
  values_of(matrix, c->rows * c->rows, values);
  return reference->value(c, values, w->held);
}

static void work_out(const siam_loss_reference *reference, const siam_loss_case *c, worked *w) {
  for (int i = 0; i < c->rows * c->dimensions; i++) w->x[i] = c->embeddings[i];
  fill_matrix(c, w->x, w->matrix);
  values_of(w->matrix, c->rows * c->rows, w->held);
  for (int i = 0; i < c->rows * c->rows; i++) w->factors[i] = bounded_exactly(0);
  int active = 0;
  w->expected[SIAM_LOSS_VALUE] = reference->derive(c, w->matrix, w->factors, &active);
  w->expected[SIAM_LOSS_ACTIVE_COUNT] = bounded_exactly(active);
  expect_statistics(c, w->x, w->matrix, w->expected);
  for (int i = 0; i < c->rows; i++)
    for (int k = 0; k < c->dimensions; k++)
      w->gradients[i * c->dimensions + k] = gradient_at(c, w->x, w->matrix, w->factors, i, k);
}

static double hold(const char *what, int at, double value, siam_bounded expected) {
  double error = fabs(value - expected.value), bound = expected.error + 1e-37;
  cr_assert(error <= bound, "%s %d is %.9g and must be %.9g ± %.2g", what, at, value, expected.value, bound);
  return error / bound;
}

/// Central differences of the specification, for a sample of the embeddings. Two step sizes tell how far they
/// can be trusted: where a hinge or a choice lies in between, no derivative exists to compare with.
static void differentiate(const siam_loss_reference *reference, const siam_loss_case *c, worked *w) {
  int count = c->rows * c->dimensions, compared = 0, jumps = 0;
  double largest = 0, loss = w->expected[SIAM_LOSS_VALUE].value;
  double value = value_at(reference, c, w, w->x);
  cr_assert_float_eq(value, loss, 1e-11 * (1 + fabs(loss)), "two references: %.17g and %.17g", value, loss);
  for (int i = 0; i < count; i++) largest = fmax(largest, fabs(w->gradients[i].value));
  for (int i = 0; i < count; i += 1 + count / 12) {
    double kept = w->x[i], slopes[2];
    for (int half = 0; half < 2; half++) {
      double step = half ? 1e-6 : 2e-6;
      w->x[i] = kept + step;
      double above = value_at(reference, c, w, w->x);
      w->x[i] = kept - step;
      slopes[half] = (above - value_at(reference, c, w, w->x)) / (2 * step);
    }
    w->x[i] = kept;
    double tolerance = fabs(slopes[0] - slopes[1]) + 100 * 0x1p-53 * (1 + fabs(loss)) / 1e-6;
    if (tolerance > 1e-3 * largest && largest > 1e-3) {
      jumps++;
      continue;
    }
    compared++;
    cr_assert_float_eq(w->gradients[i].value, slopes[1], tolerance,
                       "d/d[%d] is %.12g, numerically %.12g ± %.2g", i, w->gradients[i].value, slopes[1],
                       tolerance);
  }
  cr_assert_leq(4 * jumps, compared);
}

static double compare(const siam_loss_case *c, const worked *w) {
  static siam_loss_outcome outcome;
  double worst = 0;
  siam_loss_run(c, &outcome);
  for (int word = 0; word <= SIAM_LOSS_SPREAD; word++)
    worst = fmax(worst, hold("word", word, outcome.result[word], w->expected[word]));
  for (int i = 0; i < c->rows * c->dimensions; i++)
    worst = fmax(worst, hold("gradient", i, outcome.gradients[i], w->gradients[i]));
  return worst;
}

static worked of_case;

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
  static const int rows[] = {2, 3, 7, 16, 33, 64}, dimensions[] = {1, 2, 3, 16, 17, 64, 130};
  static siam_loss_case c;
  double worst = 0;
  for (uint32_t r = 0; r < 6; r++)
    for (uint32_t d = 0; d < 7; d++) {
      // The reference of many long rows takes seconds under sanitizers.
      if (rows[r] * dimensions[d] > 64 * 64) continue;
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

/// A record: the loss's line; rows, dimensions; labels; embeddings; the value; the gradients.
static void check_record(const siam_loss_reference *reference, golden_file *golden, const char *line) {
  static siam_loss_case c;
  worked *w = &of_case;
  c = (siam_loss_case){.rows = (int)next_number(golden), .dimensions = (int)next_number(golden)};
  siam_test_ok(siam_loss_parse(line, &c.loss));
  for (int i = 0; i < c.rows; i++) c.labels[i] = (int32_t)next_number(golden);
  for (int i = 0; i < c.rows * c.dimensions; i++) c.embeddings[i] = (float)next_number(golden);
  work_out(reference, &c, w);
  cr_assert(!bounded_was_unsure());
  // Float64 of both sides: some thousand operations, and the 14 digits of the file.
  double value = next_number(golden), ours = w->expected[SIAM_LOSS_VALUE].value;
  cr_expect_float_eq(ours, value, 1e-11 * (1 + fabs(value)), "%s: %.14g and there %.14g", line, ours, value);
  for (int i = 0; i < c.rows * c.dimensions; i++) {
    double gradient = next_number(golden);
    cr_expect_float_eq(w->gradients[i].value, gradient, 1e-11 * (1 + fabs(gradient)),
                       "%s: gradient %d is %.14g and there %.14g", line, i, w->gradients[i].value, gradient);
  }
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
