// Dropout (Srivastava et al. 2014), inverted: in training y = x/(1−p) where a draw is at least p, else 0;
// outside training y = x. The draw depends on the step's seed and number, the pass and the element, so the
// backward pass draws it again instead of storing a mask, and a resumed run repeats it.
#include "compute/map.h"
#include "layers/layer.h"

enum { RATE };

static siam_status shape(siam_layer *layer) {
  layer->out = layer->in;
  return SIAM_OK;
}

static siam_status launch(const siam_layer *layer, const siam_pass *pass, siam_view from, siam_view to) {
  if (!pass->training) return siam_tape_copy(pass->tape, from, to);
  siam_device *device = siam_tape_device(pass->tape);
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(siam_program_get(device, "dropout", "", &program));
  return SIAM_LAUNCH(pass->tape, program, "dropout", siam_map_grid(device, from.count), siam_arg(from),
                     siam_arg(to), siam_arg_buffer(pass->clock), siam_arg_int((int)pass->number),
                     siam_arg_int((int)from.count), siam_arg_float((float)layer->options[RATE]));
}

static siam_status forward(const siam_layer *layer, siam_pass *pass) {
  return launch(layer, pass, pass->x, pass->y);
}

static siam_status backward(const siam_layer *layer, siam_pass *pass) {
  return siam_view_exists(pass->dx) ? launch(layer, pass, pass->dy, pass->dx) : SIAM_OK;
}

const siam_layer_type siam_layer_dropout = {
    .name = "dropout",
    .summary = "sets a share of the values to 0 in training and scales the others up",
    .positional = 1,
    .options = {{"rate", 0.5, 0, 0.99, false}},
    .shape = shape,
    .forward = forward,
    .backward = backward,
};
