/// conv_engines.h: the engines behind compute/conv.h, one row of a table each.
#ifndef SIAM_COMPUTE_CONV_ENGINES_H
#define SIAM_COMPUTE_CONV_ENGINES_H

#include "compute/conv.h"
#include "compute/tunable.h"

typedef enum siam_conv_pass {
  SIAM_CONV_FORWARD,        ///< Reads x and weight, writes y.
  SIAM_CONV_BACKWARD_DATA,  ///< Reads y (its gradient) and weight, writes x (its gradient).
  SIAM_CONV_BACKWARD_WEIGHT ///< Reads x and y (its gradient), adds to weight (its gradient).
} siam_conv_pass;

/// A pass over one convolution, checked.
typedef struct siam_conv {
  siam_conv_pass pass;
  siam_conv_shape shape;
  siam_view x, weight, y;
  bool weight_stays;           ///< What engines make of the weights is made once: see siam_tape_begin_once().
  siam_epilogue epilogue;      ///< Of the forward pass; linear (see compute/join.h) when an engine sees it.
  siam_conv_gradient gradient; ///< Of the others: its gates; y is its dy.
  siam_view dbias;     ///< Of the weight gradient, or nothing; nothing when an engine sees it that does
                       ///< not gate.
  const char *variant; ///< How the engine divides its work, in its own words; NULL: the standard way.
} siam_conv;

/// The data gradient of stride 1 is the convolution of dy with the weights turned by 180 degrees, channels
/// and filters exchanged; this is its shape.
siam_conv_shape siam_conv_shape_turned(const siam_conv_shape *shape);

typedef struct siam_conv_engine {
  const char *name; ///< In SIAMESE_CONV.
  /// Whether the engine can do the pass on the device at all.
  bool (*can)(const siam_device *device, const siam_conv *conv);
  /// Whether it is to be taken before those behind it in the table when nothing forces one; NULL: whenever it
  /// can.
  bool (*suits)(const siam_device *device, const siam_conv *conv);
  siam_status (*add)(siam_tape *tape, const siam_conv *conv);
  /// Writes variant number `index` of those that the tuner may try on the device; false past the last. NULL:
  /// there is only the standard way.
  bool (*variant)(const siam_device *device, const siam_conv *conv, size_t index,
                  char variant[SIAM_TUNING_CHOICE_SIZE]);
  bool pools; ///< Its forward pass obeys siam_epilogue.pool.
  bool gates; ///< And writes places; its gradients obey gates, and sum dbias.
} siam_conv_engine;

/// The engine that the door takes for a pass. It may note a tuned variant in `conv`.
siam_status siam_conv_pick(siam_device *device, siam_conv *conv, const siam_conv_engine **picked);

/// Reads a candidate of the tuner, "direct" or "implicit 64x64x16 by 8x8 width 4", and notes its variant in
/// `conv`, as a part of `choice`. NULL where it is none of this version, or none for this device and pass.
const siam_conv_engine *siam_conv_read_choice(const siam_device *device, siam_conv *conv, const char *choice);

/// The table, row by row; NULL past the last.
const siam_conv_engine *siam_conv_engine_at(size_t index);

/// What the door picks where neither the environment nor tuning says otherwise; NULL: nothing can do it.
const siam_conv_engine *siam_conv_engine_standard(const siam_device *device, const siam_conv *conv);

/// Describes a pass to the tuner: its candidates are the engines of the table that can do it, by their names,
/// and their variants.
void siam_conv_tunable(const siam_conv *conv, siam_tunable *tunable);

/// The pass that such a tunable stands for, without views.
siam_conv siam_conv_of_tunable(const siam_tunable *tunable);

/// Winograd's minimal filtering of stride 1, pads smaller than the filters, on devices of CPU form: tiles of
/// so many outputs a side, F(4 × 4) of 3 × 3 and 5 × 5 filters, F(3 × 3) of 4 × 4, F(2 × 2) of 3 × 3, 5 × 5
/// and 7 × 7. F(4 × 4, 3 × 3) has F(2 × 2, 3 × 3) at edges. Fewer multiplications, at the price of larger
/// rounding errors: docs/kernels.md.
extern const siam_conv_engine siam_conv_winograd4, siam_conv_winograd3, siam_conv_winograd2;

/// Register tiles on copied blocks of the image, for devices of CPU form. Data gradients of stride 1 only.
extern const siam_conv_engine siam_conv_direct;

/// The forward pass of the direct engine where its epilogue pools (cl/conv_pooled.cl).
siam_status siam_conv_pooled_add(siam_tape *tape, const siam_conv *conv);

/// A product whose patches are gathered into tiles in local memory, for devices of GPU form; any shape.
extern const siam_conv_engine siam_conv_implicit;

/// The image's patches as rows of a matrix, and compute/gemm.h; any device, any shape.
extern const siam_conv_engine siam_conv_im2col;

#endif
