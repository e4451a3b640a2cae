// L2 normalisation of each vector: y = x / max(‖x‖, ε). With r = 1/max(‖x‖, ε):
//   dx = r · (dy − y · (y·dy))  where ‖x‖ > ε, else r · dy. ε = 1e-12 as in common practice.
#include "layers/layer.h"

static siam_status shape(siam_layer *layer) {
  if (layer->in.height != 1 || layer->in.width != 1)
    return siam_fail(SIAM_ERROR_ARGUMENT,
                     "%s: needs a vector and gets a picture of %d×%d×%d; put 'flatten' or 'global_avg_pool' "
                     "before it",
                     layer->name, layer->in.height, layer->in.width, layer->in.channels);
  layer->out = layer->in;
  return SIAM_OK;
}

static siam_status forward(const siam_layer *layer, siam_pass *pass) {
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(siam_program_get(siam_tape_device(pass->tape), "l2_normalize", "", &program));
  pass->saved[0] = siam_tape_tensor(pass->tape, (size_t)pass->images);
  return SIAM_LAUNCH(pass->tape, program, "l2_normalize_forward", ((siam_grid){{(size_t)pass->images}}),
                     siam_arg(pass->x), siam_arg(pass->y), siam_arg(pass->saved[0]),
                     siam_arg_int(pass->images), siam_arg_int(layer->in.channels));
}

static siam_status backward(const siam_layer *layer, siam_pass *pass) {
  if (!siam_view_exists(pass->dx)) return SIAM_OK;
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(siam_program_get(siam_tape_device(pass->tape), "l2_normalize", "", &program));
  return SIAM_LAUNCH(pass->tape, program, "l2_normalize_backward", ((siam_grid){{(size_t)pass->images}}),
                     siam_arg(pass->y), siam_arg(pass->saved[0]), siam_arg(pass->dy), siam_arg(pass->dx),
                     siam_arg_int(pass->images), siam_arg_int(layer->in.channels));
}

const siam_layer_type siam_layer_l2_normalize = {
    .name = "l2_normalize",
    .summary = "scales each vector to length 1",
    .shape = shape,
    .forward = forward,
    .backward = backward,
};
