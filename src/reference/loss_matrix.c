#include "reference/loss_matrix.h"

#include "reference/rounding.h"

#include <math.h>

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

// Proxies: directions of the parameter's rows

static siam_bounded length_of(const siam_loss_case *c, const double *proxy) {
  double sum = 0;
  for (int k = 0; k < c->dimensions; k++) sum += proxy[k] * proxy[k];
  return bounded_root((siam_bounded){sum, siam_rounding_of_sum(c->dimensions) * sum});
}

/// The proxies brought to length 1.
static void fill_units(const siam_loss_case *c, const double *proxies, siam_bounded *units) {
  for (int k = 0; k < c->classes; k++) {
    siam_bounded length = length_of(c, &proxies[k * c->dimensions]);
    for (int d = 0; d < c->dimensions; d++)
      units[k * c->dimensions + d] = bounded_over(bounded_exactly(proxies[k * c->dimensions + d]), length);
  }
}

/// Cosines of every class's proxy with every row.
static void fill_cosines(const siam_loss_case *c, const double *x, const siam_bounded *units,
                         siam_bounded *cosines) {
  siam_bounded terms[SIAM_BATCH_FLOATS / SIAM_BATCH_ROWS];
  for (int k = 0; k < c->classes; k++)
    for (int i = 0; i < c->rows; i++) {
      for (int d = 0; d < c->dimensions; d++)
        terms[d] = bounded_times(units[k * c->dimensions + d], bounded_exactly(x[i * c->dimensions + d]));
      cosines[k * c->rows + i] = bounded_sum(terms, c->dimensions);
    }
}

void siam_loss_matrix_pairs(const siam_loss_case *c, const double *x, siam_bounded *matrix) {
  bool of_distances = c->loss.type->matrix == SIAM_MATRIX_DISTANCES;
  for (int i = 0; i < c->rows; i++)
    for (int j = 0; j < c->rows; j++)
      matrix[i * c->rows + j] = of_distances ? distance(c, x, i, j) : dot_product(c, x, i, j);
}

static siam_bounded units[SIAM_BATCH_FLOATS];

static bool has_proxies(const siam_loss_case *c) {
  return c->loss.type->matrix == SIAM_MATRIX_PROXIES;
}

int siam_loss_matrix_size(const siam_loss_case *c) {
  return (has_proxies(c) ? c->classes : c->rows) * c->rows;
}

void siam_loss_matrix_fill(const siam_loss_case *c, const double *x, const double *parameters,
                           siam_bounded *matrix) {
  if (!has_proxies(c)) {
    siam_loss_matrix_pairs(c, x, matrix);
    return;
  }
  fill_units(c, parameters, units);
  fill_cosines(c, x, units, matrix);
}

/// Element k of the gradient of row i, from the derivatives by the cosines with proxies.
static siam_bounded gradient_by_proxies(const siam_loss_case *c, const siam_bounded *factors, int i, int k) {
  siam_bounded terms[SIAM_BATCH_ROWS];
  for (int p = 0; p < c->classes; p++)
    terms[p] = bounded_times(factors[p * c->rows + i], units[p * c->dimensions + k]);
  return bounded_sum(terms, c->classes);
}

/// The gradient of the proxy of a class: what is across of it, divided by its length.
static void proxy_gradient(const siam_loss_case *c, const double *x, const double *proxies,
                           const siam_bounded *factors, int class, siam_bounded *gradient) {
  siam_bounded terms[SIAM_BATCH_ROWS], along[SIAM_BATCH_FLOATS / SIAM_BATCH_ROWS];
  const siam_bounded *unit = &units[class * c->dimensions];
  for (int k = 0; k < c->dimensions; k++) {
    for (int i = 0; i < c->rows; i++)
      terms[i] = bounded_times(factors[class * c->rows + i], bounded_exactly(x[i * c->dimensions + k]));
    gradient[k] = bounded_sum(terms, c->rows);
    along[k] = bounded_times(unit[k], gradient[k]);
  }
  siam_bounded all = bounded_sum(along, c->dimensions),
               length = length_of(c, &proxies[class * c->dimensions]);
  for (int k = 0; k < c->dimensions; k++)
    gradient[k] = bounded_over(bounded_minus(gradient[k], bounded_times(all, unit[k])), length);
}

/// Element k of the gradient of row i, from the derivatives by the matrix.
static siam_bounded gradient_by_pairs(const siam_loss_case *c, const double *x, const siam_bounded *matrix,
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

void siam_loss_matrix_back(const siam_loss_case *c, const double *x, const double *parameters,
                           const siam_bounded *matrix, const siam_bounded *factors, siam_bounded *gradients,
                           siam_bounded *parameter_gradients) {
  for (int i = 0; i < c->rows; i++)
    for (int k = 0; k < c->dimensions; k++)
      gradients[i * c->dimensions + k] = has_proxies(c) ? gradient_by_proxies(c, factors, i, k)
                                                        : gradient_by_pairs(c, x, matrix, factors, i, k);
  for (int p = 0; has_proxies(c) && p < c->classes; p++)
    proxy_gradient(c, x, parameters, factors, p, &parameter_gradients[p * c->dimensions]);
}
