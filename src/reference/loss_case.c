#include "reference/loss_case.h"

#include "reference/give_up.h"
#include "reference/loss_matrix.h"
#include "reference/rounding.h"
#include "reference/values.h"

#include <math.h>
#include <stdio.h>

const siam_loss_reference *const siam_loss_references[] = {
    &siam_arcface_reference,          &siam_circle_reference,
    &siam_cosface_reference,          &siam_margin_reference,
    &siam_multi_similarity_reference, &siam_nt_xent_reference,
    &siam_proxy_anchor_reference,     &siam_supervised_contrastive_reference,
    &siam_triplet_reference,          NULL};

double siam_case_option(const siam_loss_case *c, const char *name) {
  int number = siam_option_find(c->loss.type->options, name);
  if (number < 0) siam_reference_give_up("%s has no option %s", c->loss.type->name, name);
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

siam_initialiser siam_loss_take_slot(siam_loss_case *c) {
  siam_slot slots[SIAM_SLOTS_MAX];
  int count = siam_loss_slots(&c->loss, c->classes, c->dimensions, slots);
  c->parameter_count = count;
  for (int d = 0; count > 0 && d < slots[0].rank; d++) c->parameter_count *= slots[0].dims[d];
  if (count > 1 || c->parameter_count > SIAM_BATCH_FLOATS)
    siam_reference_give_up("%s has more parameters than a case", c->loss.type->name);
  return count > 0 ? slots[0].initialiser : (siam_initialiser){0};
}

void siam_loss_fill(siam_loss_case *c, const char *loss, int rows, int dimensions, int classes,
                    uint32_t seed) {
  *c = (siam_loss_case){
      .rows = rows, .dimensions = dimensions, .classes = classes + 2, .step = seed, .seed = 77};
  siam_reference_ok(siam_loss_parse(loss, &c->loss));
  siam_initialiser first = siam_loss_take_slot(c);
  siam_check_fill(c->parameters, (size_t)c->parameter_count, SIAM_VALUES_SPREAD, seed + 1000);
  for (int i = 0; first.kind == SIAM_INITIALISE_CONSTANT && i < c->parameter_count; i++)
    c->parameters[i] = first.value * (1 + 0.1F * c->parameters[i]);
  siam_check_fill(c->embeddings, (size_t)rows * (size_t)dimensions, SIAM_VALUES_SPREAD, seed);
  if (c->loss.type->unit_length) to_unit_length(c);
  for (int i = 0; i < rows; i++) c->labels[i] = i % classes;
}

static siam_bounded reported_distance(const siam_loss_case *c, const siam_bounded *matrix, int i, int j) {
  siam_bounded element = matrix[i * c->rows + j];
  if (c->loss.type->matrix == SIAM_MATRIX_DISTANCES) return element;
  siam_bounded lengths = bounded_plus(matrix[i * c->rows + i], matrix[j * c->rows + j]);
  return bounded_root(bounded_minus(lengths, bounded_scaled(element, 2)));
}

static void expect_statistics(const siam_loss_case *c, const double *x, const siam_bounded *matrix,
                              siam_bounded *expected) {
  static siam_bounded distances[2][SIAM_BATCH_PAIRS];
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

static void values_of(const siam_bounded *matrix, int count, double *values) {
  for (int i = 0; i < count; i++) values[i] = matrix[i].value;
}

static siam_loss_worked of_case;

double siam_case_parameter(int i) {
  return of_case.parameters[i];
}

double siam_loss_value_at(const siam_loss_reference *reference, const siam_loss_case *c,
                          const siam_loss_worked *w) {
  static siam_bounded matrix[SIAM_BATCH_PAIRS];
  static double values[SIAM_BATCH_PAIRS];
  siam_loss_matrix_fill(c, w->x, w->parameters, matrix);
  values_of(matrix, siam_loss_matrix_size(c), values);
  return reference->value(c, values, w->held);
}

siam_loss_worked *siam_loss_work_out(const siam_loss_reference *reference, const siam_loss_case *c) {
  siam_loss_worked *w = &of_case;
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
  return w;
}

siam_loss_worked *siam_loss_fill_surely(const siam_loss_reference *reference, siam_loss_case *c,
                                        const char *loss, int rows, int dimensions, int classes) {
  for (uint32_t seed = 1; seed <= 20; seed++) {
    siam_loss_fill(c, loss, rows, dimensions, classes, seed);
    siam_loss_worked *w = siam_loss_work_out(reference, c);
    if (!bounded_was_unsure()) return w;
  }
  siam_reference_give_up("%s: of %d rows, 20 cases had choices that rounding could turn", loss, rows);
}

static void hold(const char *what, int at, double value, siam_bounded expected, siam_product_result *result) {
  siam_product_hold(what, at, value, expected.value, expected.error + 1e-37, result);
}

void siam_loss_compare(const siam_loss_case *c, const siam_loss_worked *w, const siam_loss_outcome *outcome,
                       siam_product_result *result) {
  result->cases++;
  for (int word = 0; word <= SIAM_LOSS_SPREAD; word++)
    hold("word", word, outcome->result[word], w->expected[word], result);
  for (int i = 0; i < c->rows * c->dimensions; i++)
    hold("gradient", i, outcome->gradients[i], w->gradients[i], result);
  for (int i = 0; i < c->parameter_count; i++) {
    siam_bounded sum = w->parameter_gradients[i];
    if (c->prior != 0) sum = bounded_plus(sum, bounded_exactly(c->prior));
    hold("gradient of the parameter", i, outcome->parameter_gradients[i], sum, result);
  }
}
