/// exact.h: the systems' arithmetic in float64, forward and back, by plain loops that share nothing with the
/// library; and with every number a bound of how far another computation of it may stray.
///
/// The bounds follow the standard model (Higham 2002, "Accuracy and Stability of Numerical Algorithms",
/// chapter 3): with a rounding unit u, 2^−24 in float32, an operation is off by u of its result at most, and
/// a sum of n products, in whatever order, by γ(n) = n·u / (1 − n·u) of the sum of their magnitudes. Errors
/// of what goes in are carried along through every layer and the loss, so that nothing has to be guessed.
#ifndef SIAM_APPS_SHARING_EXACT_H
#define SIAM_APPS_SHARING_EXACT_H

#include "sharing/lesson.h"

/// Rounding units.
#define EXACT_FLOAT32 0x1p-24
#define EXACT_FLOAT64 0x1p-53

typedef enum exact_kind {
  EXACT_LINEAR,  ///< y = x·W + b, or x·Wᵀ + b
  EXACT_TANH,    ///< y = tanh x
  EXACT_LOOK_UP, ///< y = the rows of W that the tokens x name, side by side
} exact_kind;

/// A layer as a lesson states it. Its own parameters are called "name.weight" and "name.bias".
typedef struct exact_layer {
  const char *name;
  const char *weight; ///< The other parameter that it uses; NULL: its own.
  exact_kind kind;
  int in, out;     ///< Floats of an input and of an output.
  int rows;        ///< Of a look-up's table.
  bool transposed; ///< It uses the other parameter transposed.
} exact_layer;

/// A matrix or a bias, [rows, columns].
typedef struct exact_parameter {
  char name[48];
  int rows, columns;
  size_t count;
  double *values;
  double *gradient, *bounds; ///< After exact_run(): and how far a computation with `unit` may stray from it.
  double *magnitudes, terms; ///< Of the sums that the gradient consists of.
} exact_parameter;

/// A batch of outputs and what a loss says about it. `errors` bound how far `y` may be off, `slope_errors`
/// and `value_error` what follows from that.
typedef struct exact_outcome {
  int images, outputs;
  const double *y, *errors;
  const double *target; ///< By the loss.
  double unit;
  double value, value_error;
  double *slopes, *slope_errors; ///< ∂value/∂y; may be NULL, both.
} exact_outcome;

/// A loss. `third` bounds |d³value/dt³| where y moves with t so that |dᵏy/dtᵏ| ≤ rates[k − 1], elementwise.
typedef struct exact_loss {
  const char *formula;
  void (*run)(exact_outcome *outcome);
  double (*third)(const exact_outcome *outcome, double *const rates[3]);
} exact_loss;

/// ½ Σ (y − target)², target [images, outputs].
extern const exact_loss exact_squares;
/// Cross entropy Σ log Σ exp y − y[target], target [images]: the token that follows (docs: softmax).
extern const exact_loss exact_cross_entropy;
/// ½ Σ |a − b|² over pairs whose first pictures a are the first half of the batch: the contrastive loss of
/// pairs that are the same (Hadsell, Chopra and LeCun 2006).
extern const exact_loss exact_pairs;

/// A system, as its lesson states it: to the library as lines, to this calculation as layers.
typedef struct sharing_system {
  const char *const *lines; ///< For siam_network_add(); ends with NULL.
  const exact_layer *layers;
  int layer_count;
  int images;
  const exact_loss *loss;
  const float *x; ///< [images, inputs]
  const double *target;
} sharing_system;

enum { EXACT_LAYERS = 8 };

typedef struct exact_network {
  const sharing_system *system;
  double unit; ///< Of the computation that the bounds are for.
  exact_parameter parameters[2 * EXACT_LAYERS];
  int parameter_count;
  double *values[EXACT_LAYERS + 1], *errors[EXACT_LAYERS + 1]; ///< By layer; the last one is the output.
  double *slopes[EXACT_LAYERS + 1], *slope_errors[EXACT_LAYERS + 1];
  exact_outcome outcome;
  int first_image, end_image; ///< Whose slopes count: all, unless a lesson looks at some alone.
} exact_network;

/// γ(n) for a rounding unit.
double exact_gamma(double terms, double unit);

/// With `shared`, layers use the parameters that the lesson says; without, each has its own. Parameters are
/// zero. It and all its arrays live as long as the part.
exact_network *exact_create(sharing_lesson *lesson, const sharing_system *system, bool shared);

exact_parameter *exact_find(exact_network *network, const char *name);

/// The parameter that a layer's weight refers to.
exact_parameter *exact_weight_of(exact_network *network, const exact_layer *layer);

/// Place of element [i, o] of a layer's matrix in the parameter that it uses.
size_t exact_at(const exact_layer *layer, const exact_parameter *weight, int i, int o);

/// Floats of an image before layer `place`; behind the last layer, of the output.
int exact_width(const exact_network *network, int place);

/// Fills values, errors and the loss.
void exact_forward(exact_network *network);

/// That, and all slopes and gradients with their bounds.
void exact_run(exact_network *network);

/// Compares the gradient of element `i` with (L(w + h) − L(w − h)) / 2h, h = 2^−17: returns how far apart
/// they are, and in `*bound` how far they may be (exact_difference.c derives it). exact_run() with
/// EXACT_FLOAT64 first.
double exact_difference(exact_network *network, exact_parameter *parameter, size_t i, double *bound);

#endif
