// Central differences (L(w + h) − L(w − h)) / 2h against the gradient. By Taylor's formula they differ by
//   h²/6 · max |L'''|  over [w − h, w + h],
// and each L is off by its own rounding in float64, which h divides. To bound L''', the rates at which every
// value may move with w, |dx/dw|, |d²x/dw²| and |d³x/dw³|, are carried through the layers as upper bounds.
#include "common/message.h"
#include "sharing/exact.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double reach = 0x1p-17;

/// Rates of one batch of values, three orders of [images, width].
typedef struct rates {
  double *order[3];
} rates;

/// Of the values before layer `place`.
static rates rates_create(const exact_network *network, int place) {
  const int count = network->system->images * exact_width(network, place);
  rates made;
  for (int k = 0; k < 3; k++) made.order[k] = app_allocate((size_t)count, sizeof(double));
  return made;
}

static void rates_release(rates *old) {
  for (int k = 0; k < 3; k++) free(old->order[k]);
}

/// The element that moves.
typedef struct moved {
  const exact_parameter *parameter;
  size_t element;
} moved;

static bool moves(moved m, const exact_parameter *parameter, size_t element) {
  return m.parameter == parameter && m.element == element;
}

// (x·w)''' = x'''·w + 3 x''·w' with w' = 1 for the element that moves, and w'' = 0.
static void linear_rates(exact_network *network, int l, moved m, const rates *x, rates *y) {
  const exact_layer *layer = &network->system->layers[l];
  const exact_parameter *weight = exact_weight_of(network, layer);
  char bias[64];
  snprintf(bias, sizeof bias, "%s.bias", layer->name);
  const exact_parameter *offset = exact_find(network, bias);
  for (int n = 0; n < network->system->images; n++)
    for (int o = 0; o < layer->out; o++) {
      double sum[3] = {moves(m, offset, (size_t)o), 0, 0};
      for (int i = 0; i < layer->in; i++) {
        const int at = n * layer->in + i;
        const size_t place = exact_at(layer, weight, i, o);
        const double w = fabs(weight->values[place]) + reach, own = moves(m, weight, place);
        const double most = fabs(network->values[l][at]) + reach * x->order[0][at];
        sum[0] += x->order[0][at] * w + most * own;
        sum[1] += x->order[1][at] * w + 2 * x->order[0][at] * own;
        sum[2] += x->order[2][at] * w + 3 * x->order[1][at] * own;
      }
      for (int k = 0; k < 3; k++) y->order[k][n * layer->out + o] = sum[k];
    }
}

// Faà di Bruno with |tanh'| ≤ 1, |tanh''| ≤ 4/(3√3) < 0.77 and |tanh'''| ≤ 2.
static void tanh_rates(exact_network *network, int l, moved m, const rates *x, rates *y) {
  (void)m;
  for (int i = 0; i < network->system->images * network->system->layers[l].in; i++) {
    const double one = x->order[0][i], two = x->order[1][i], three = x->order[2][i];
    y->order[0][i] = one;
    y->order[1][i] = two + 0.77 * one * one;
    y->order[2][i] = three + 3 * 0.77 * one * two + 2 * one * one * one;
  }
}

static void look_up_rates(exact_network *network, int l, moved m, const rates *x, rates *y) {
  (void)x;
  const exact_layer *layer = &network->system->layers[l];
  const exact_parameter *weight = exact_weight_of(network, layer);
  const int features = weight->columns;
  for (int i = 0; i < network->system->images * layer->in; i++)
    for (int c = 0; c < features; c++) {
      const size_t place = (size_t)network->values[l][i] * (size_t)features + (size_t)c;
      y->order[0][i * features + c] = moves(m, weight, place);
      y->order[1][i * features + c] = y->order[2][i * features + c] = 0;
    }
}

static void (*const kinds[])(exact_network *, int, moved, const rates *, rates *) = {
    [EXACT_LINEAR] = linear_rates, [EXACT_TANH] = tanh_rates, [EXACT_LOOK_UP] = look_up_rates};

/// Bound of |L'''| over the whole reach, from the values at its middle.
static double third(exact_network *network, moved m) {
  const sharing_system *system = network->system;
  rates x = rates_create(network, 0);
  for (int l = 0; l < system->layer_count; l++) {
    rates y = rates_create(network, l + 1);
    kinds[system->layers[l].kind](network, l, m, &x, &y);
    rates_release(&x);
    x = y;
  }
  // The outputs move by their first rate times the reach.
  const int count = network->outcome.images * network->outcome.outputs;
  double *moved_by = app_allocate((size_t)count, sizeof *moved_by);
  for (int i = 0; i < count; i++) moved_by[i] = reach * x.order[0][i];
  exact_outcome around = network->outcome;
  around.errors = moved_by;
  const double bound = system->loss->third(&around, x.order);
  free(moved_by);
  rates_release(&x);
  return bound;
}

double exact_difference(exact_network *network, exact_parameter *parameter, size_t i, double *bound) {
  const double middle = parameter->values[i], sharp = third(network, (moved){parameter, i});
  double loss[2], error = 0;
  for (int side = 0; side < 2; side++) {
    parameter->values[i] = middle + (side == 0 ? reach : -reach);
    exact_forward(network);
    loss[side] = network->outcome.value;
    error += network->outcome.value_error;
  }
  parameter->values[i] = middle;
  exact_forward(network);
  *bound = reach * reach / 6 * sharp + error / (2 * reach) + parameter->bounds[i];
  return fabs((loss[0] - loss[1]) / (2 * reach) - parameter->gradient[i]);
}
