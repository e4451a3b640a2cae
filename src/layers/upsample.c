// Upsampling to the nearest: each pixel becomes f×f of its like, the way back through a pooling of windows of
// side f. `output_pad` more rows and columns at the far edge, where that pooling left some out, repeat the
// last.
//   y[n,p,q,c] = x[n, min(⌊p/f⌋, H−1), min(⌊q/f⌋, W−1), c],  dx = the sum of dy over the pixel's likes
#include "compute/map.h"
#include "layers/layer.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>

enum { FACTOR, OUTPUT_PAD };

static siam_status shape(siam_layer *layer) {
  double height = layer->in.height * layer->options[FACTOR] + layer->options[OUTPUT_PAD];
  double width = layer->in.width * layer->options[FACTOR] + layer->options[OUTPUT_PAD];
  if (height * width * layer->in.channels > INT_MAX)
    return siam_fail(SIAM_ERROR_ARGUMENT, "%s: an output of %.0f×%.0f×%d is too large", layer->name, height,
                     width, layer->in.channels);
  layer->out = (siam_shape){(int)height, (int)width, layer->in.channels};
  return SIAM_OK;
}

/// Adds `kernel` of cl/upsample.cl, which writes the pixels of `to`.
static siam_status launch(const siam_layer *layer, const siam_pass *pass, const char *kernel,
                          siam_shape written, siam_view from, siam_view to) {
  siam_device *device = siam_tape_device(pass->tape);
  const unsigned vector = siam_vector_width_overlapping(device, layer->in.channels);
  const size_t rows = (size_t)pass->images * (size_t)written.height * (size_t)written.width;
  char options[32];
  snprintf(options, sizeof options, "-DVECTOR=%u", vector);
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(siam_program_get(device, "upsample", options, &program));
  return SIAM_LAUNCH(
      pass->tape, program, kernel, siam_rows_grid(device, rows, layer->in.channels, vector, 16),
      siam_arg(from), siam_arg(to), siam_arg_int(pass->images), siam_arg_int(layer->in.height),
      siam_arg_int(layer->in.width), siam_arg_int(layer->in.channels), siam_arg_int(layer->out.height),
      siam_arg_int(layer->out.width), siam_arg_int((int)layer->options[FACTOR]));
}

static siam_status forward(const siam_layer *layer, siam_pass *pass) {
  return launch(layer, pass, "upsample_forward", layer->out, pass->x, pass->y);
}

static siam_status backward(const siam_layer *layer, siam_pass *pass) {
  if (!siam_view_exists(pass->dx)) return SIAM_OK;
  return launch(layer, pass, "upsample_backward", layer->in, pass->dy, pass->dx);
}

const siam_layer_type siam_layer_upsample = {
    .name = "upsample",
    .summary = "each pixel several times, side by side and one below the other",
    .positional = 1,
    .options = {{"factor", NAN, 1, 16384, true}, {"output_pad", 0, 0, 16383, true}},
    .shape = shape,
    .forward = forward,
    .backward = backward,
};
