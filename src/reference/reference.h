/// Every layer in float64, forward and backward, written to be read: this is the specification that the
/// kernels are held to. Images are NHWC, filters HWIO, matrices [in,out].
///
/// Nothing here shares code with the library but the Philox draws of dropout.
#ifndef SIAM_REFERENCE_REFERENCE_H
#define SIAM_REFERENCE_REFERENCE_H

#include "layers/layer.h"

/// One layer on one batch. All arrays are the caller's.
typedef struct siam_reference {
  const siam_layer *layer;
  int images;
  bool training;
  uint64_t seed; ///< Of dropout's draws, with `step` and `number` as in siam_pass.
  uint32_t step;
  unsigned number;
  const double *x;     ///< [N,H,W,C]
  const double *other; ///< Second input of a type that joins two; NULL for others.
  double *y;
  const double *dy;
  double *dx;                       ///< Assigned; that of `other`, too.
  double *weight[SIAM_SLOTS_MAX];   ///< As the layer uses them: after transposing.
  double *gradient[SIAM_SLOTS_MAX]; ///< Added to; NULL for running statistics.
} siam_reference;

/// y from x and the weights. Batch normalisation in training also moves its running statistics.
void siam_reference_forward(const siam_reference *reference);

/// dx and the gradients from dy; reads x, y and the weights of the forward pass.
void siam_reference_backward(const siam_reference *reference);

/// What dropout multiplies element i by: 0 or 1/(1 − rate) in training, else 1.
double siam_reference_dropout_factor(const siam_reference *reference, size_t i);

/// The part of a pooling window that lies inside the picture: rows y0 … y1−1, columns x0 … x1−1.
typedef struct siam_reference_window {
  int y0, y1, x0, x1;
} siam_reference_window;
siam_reference_window siam_reference_window_of(const siam_layer *layer, int row, int column);

/// Number of element [n,h,w,c] of a batch of `shape`.
static inline size_t siam_reference_at(siam_shape shape, int n, int h, int w, int c) {
  return (((size_t)n * (size_t)shape.height + (size_t)h) * (size_t)shape.width + (size_t)w) *
             (size_t)shape.channels +
         (size_t)c;
}

/// The value of a layer's option by name.
double siam_reference_option(const siam_layer *layer, const char *name);

/// Whether the layer is of the type called `name`.
bool siam_reference_is(const siam_layer *layer, const char *name);

#endif
