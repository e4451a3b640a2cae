/// conv.h: the door for convolutions. Images are NHWC, filters HWIO: weight[kernel_height][kernel_width]
/// [channels][filters]. "Convolution" is cross-correlation, as everywhere in this field:
///
///   y[n][oy][ox][f] = Σ x[n][oy·stride + ky − pad][ox·stride + kx − pad][c] · weight[ky][kx][c][f]
///
/// with x = 0 outside the image.
#ifndef SIAM_COMPUTE_CONV_H
#define SIAM_COMPUTE_CONV_H

#include "compute/activation.h"

typedef struct siam_conv_shape {
  int images, height, width, channels; ///< x
  int kernel_height, kernel_width;
  int stride;                ///< In both directions.
  int pad_y, pad_x;          ///< Rows of zeros above and below, columns of zeros left and right.
  int filters;               ///< Channels of y.
  int out_height, out_width; ///< Written by siam_conv_shape_complete().
} siam_conv_shape;

/// Checks the sizes and writes out_height and out_width. SIAM_ERROR_ARGUMENT, with the sizes in the sentence,
/// when one is not positive (a pad: negative), when the padded image is smaller than the kernel, or when a
/// tensor would have more than 2^31 − 1 elements.
siam_status siam_conv_shape_complete(siam_conv_shape *shape);

/// Of each pass by the direct algorithm.
double siam_conv_multiply_adds(const siam_conv_shape *shape);

/// Floats of x, y and the weights.
size_t siam_conv_input_count(const siam_conv_shape *shape);
size_t siam_conv_output_count(const siam_conv_shape *shape);
size_t siam_conv_weight_count(const siam_conv_shape *shape);

/// The three passes. Each adds commands to the tape; the engine depends on device, pass and shape, and on
/// what siamese-tune found for them; SIAMESE_CONV=auto|winograd4|winograd3|winograd2|direct|implicit|im2col
/// in the environment forces one wherever it can do the shape (elsewhere the choice stays automatic); it is
/// read whenever a pass is added. The engine's name is noted on the tape (siam_tape_engine()). Results repeat
/// bit for bit on one device. Those of Winograd's engines stray up to 3.8 times as far from the exact ones as
/// those of direct do (docs/kernels.md), and a number that is not finite spoils all outputs of its tile.

/// y = epilogue(x ∗ weight). `epilogue` may be NULL.
siam_status siam_conv_forward(siam_tape *tape, const siam_conv_shape *shape, siam_view x, siam_view weight,
                              const siam_epilogue *epilogue, siam_view y);

/// Whether siam_conv_forward() takes an epilogue that pools at this shape, with an activation that is none,
/// ReLU or leaky ReLU: y then is [images][out_height / 2][out_width / 2][filters].
/// `weight_stays`: on tapes that keep weights.
bool siam_conv_can_pool(siam_device *device, const siam_conv_shape *shape, bool weight_stays);

/// The gradient of the sums of a convolution, before its epilogue: dy itself, or what places let through of
/// it, so that it need not be in memory.
typedef struct siam_conv_gradient {
  siam_view dy;
  siam_view places; ///< dy is that of the pooled output of a forward pass that wrote these; or nothing.
} siam_conv_gradient;

/// Whether the forward pass at this shape may write places, behind an activation that is none or ReLU, and
/// the gradients read them. `to_input`: also that of x.
bool siam_conv_can_gate(siam_device *device, const siam_conv_shape *shape, bool to_input);

/// dx = gradient with respect to x (overwrites).
siam_status siam_conv_backward_data(siam_tape *tape, const siam_conv_shape *shape,
                                    const siam_conv_gradient *gradient, siam_view weight, siam_view dx);

/// dweight += gradient with respect to the weights, and, where it exists, dbias += Σ over all pixels.
siam_status siam_conv_backward_weight(siam_tape *tape, const siam_conv_shape *shape, siam_view x,
                                      const siam_conv_gradient *gradient, siam_view dweight, siam_view dbias);

/// Whether nothing forces an engine, so that a layer may do a convolution in kernels of its own.
bool siam_conv_choice_is_free(void);

#endif
