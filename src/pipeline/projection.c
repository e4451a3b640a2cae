#include "pipeline/projection.h"

#include "base/memory.h"
#include "base/random.h"

#include <math.h>
#include <string.h>

/// Passes at most, and the change of a direction below which they end.
enum { PASSES = 1000 };
#define STILL 1e-12

/// Centred embeddings and the pass under way.
typedef struct projector {
  size_t count, dimension;
  double *centred;   ///< [count, dimension]
  double *direction; ///< [2, dimension], orthonormal.
  double *image;     ///< [dimension], covariance · direction.
} projector;

static double dot(const double *a, const double *b, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += a[i] * b[i];
  return sum;
}

/// Takes out of `vector` what lies along the direction before it, and brings it to length 1. Where nothing is
/// left it stays zero: there is no such direction.
static void make_orthonormal(const projector *of, double *vector, int which) {
  for (int before = 0; before < which; before++) {
    const double *other = of->direction + (size_t)before * of->dimension;
    double along = dot(vector, other, of->dimension);
    for (size_t d = 0; d < of->dimension; d++) vector[d] -= along * other[d];
  }
  double length = sqrt(dot(vector, vector, of->dimension));
  for (size_t d = 0; d < of->dimension; d++) vector[d] = length > 0 ? vector[d] / length : 0;
}

/// One multiplication of a direction by the covariance; returns how far it moved.
static double turn(const projector *of, int which) {
  double *direction = of->direction + (size_t)which * of->dimension;
  memset(of->image, 0, of->dimension * sizeof *of->image);
  for (size_t i = 0; i < of->count; i++) {
    const double *row = of->centred + i * of->dimension;
    double along = dot(row, direction, of->dimension);
    for (size_t d = 0; d < of->dimension; d++) of->image[d] += along * row[d];
  }
  make_orthonormal(of, of->image, which);
  double moved = 0;
  for (size_t d = 0; d < of->dimension; d++) moved = fmax(moved, fabs(of->image[d] - direction[d]));
  memcpy(direction, of->image, of->dimension * sizeof *direction);
  return moved;
}

static void find_directions(const projector *of) {
  for (int which = 0; which < 2; which++) {
    double *direction = of->direction + (size_t)which * of->dimension;
    for (size_t d = 0; d < of->dimension; d++) {
      siam_draw word = siam_random(0, SIAM_STREAM_EVALUATE, (uint32_t)which, d);
      direction[d] = siam_normal(word.word[0], word.word[1]);
    }
    make_orthonormal(of, direction, which);
    for (int pass = 0; pass < PASSES && turn(of, which) > STILL; pass++) continue;
    size_t largest = 0;
    for (size_t d = 1; d < of->dimension; d++)
      if (fabs(direction[d]) > fabs(direction[largest])) largest = d;
    double sign = direction[largest] < 0 ? -1 : 1;
    for (size_t d = 0; d < of->dimension; d++) direction[d] *= sign;
  }
}

static siam_status centre(const siam_embeddings *embeddings, projector *of) {
  siam_status status = SIAM_OK;
  SIAM_TRY_ALLOCATE(of->centred, of->count * of->dimension);
  SIAM_TRY_ALLOCATE(of->direction, 2 * of->dimension);
  SIAM_TRY_ALLOCATE(of->image, of->dimension);
  for (size_t d = 0; d < of->dimension; d++) {
    double mean = 0;
    for (size_t i = 0; i < of->count; i++) mean += embeddings->values[i * of->dimension + d];
    mean /= (double)of->count;
    for (size_t i = 0; i < of->count; i++)
      of->centred[i * of->dimension + d] = embeddings->values[i * of->dimension + d] - mean;
  }
cleanup:
  return status;
}

siam_status siam_project(const siam_embeddings *embeddings, double *plane, double share[2]) {
  siam_status status = SIAM_OK;
  projector of = {.count = embeddings->count, .dimension = embeddings->dimension};
  SIAM_TRY(centre(embeddings, &of));
  find_directions(&of);
  double all = dot(of.centred, of.centred, of.count * of.dimension);
  for (int which = 0; which < 2; which++) {
    double sum = 0;
    for (size_t i = 0; i < of.count; i++) {
      double along =
          dot(of.centred + i * of.dimension, of.direction + (size_t)which * of.dimension, of.dimension);
      plane[2 * i + (size_t)which] = along;
      sum += along * along;
    }
    share[which] = all > 0 ? sum / all : 0;
  }
cleanup:
  siam_free(of.centred);
  siam_free(of.direction);
  siam_free(of.image);
  return status;
}
