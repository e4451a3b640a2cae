// Layer normalisation without scale and shift (Ba, Kiros and Hinton 2016, "Layer Normalization"): each image
// [H,W,C] gets mean 0 and variance 1. At the start of an encoder it takes brightness and contrast out of a
// picture.
//   y = (x − mean) · r,  r = 1/√(variance + ε)
//   dx = r · (dy − mean(dy) − y · mean(dy·y))
#include "layers/layer.h"

static siam_status shape(siam_layer *layer) {
  layer->out = layer->in;
  return SIAM_OK;
}

static siam_status forward(const siam_layer *layer, siam_pass *pass) {
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(siam_program_get(siam_tape_device(pass->tape), "layer_norm", "", &program));
  pass->saved[0] = siam_tape_tensor(pass->tape, (size_t)pass->images);
  return SIAM_LAUNCH(pass->tape, program, "layer_norm_forward", ((siam_grid){{(size_t)pass->images}}),
                     siam_arg(pass->x), siam_arg(pass->y), siam_arg(pass->saved[0]),
                     siam_arg_int(pass->images), siam_arg_int((int)siam_shape_count(layer->in)),
                     siam_arg_float((float)layer->options[0]));
}

static siam_status backward(const siam_layer *layer, siam_pass *pass) {
  if (!siam_view_exists(pass->dx)) return SIAM_OK;
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(siam_program_get(siam_tape_device(pass->tape), "layer_norm", "", &program));
  return SIAM_LAUNCH(pass->tape, program, "layer_norm_backward", ((siam_grid){{(size_t)pass->images}}),
                     siam_arg(pass->y), siam_arg(pass->saved[0]), siam_arg(pass->dy), siam_arg(pass->dx),
                     siam_arg_int(pass->images), siam_arg_int((int)siam_shape_count(layer->in)));
}

const siam_layer_type siam_layer_layer_norm = {
    .name = "layer_norm",
    .summary = "gives each image mean 0 and variance 1",
    .options = {{"epsilon", 1e-5, 1e-12, 1, false}},
    .shape = shape,
    .forward = forward,
    .backward = backward,
};
