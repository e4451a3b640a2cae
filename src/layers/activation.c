// Activations, each a function of one number whose derivative follows from its output y = f(x):
// ReLU max(x, 0), leaky ReLU max(x, s·x), sigmoid 1/(1+e^−x) with y(1−y), tanh with 1−y².
#include "compute/activation.h"

#include "compute/map.h"
#include "layers/layer.h"

#include <stdio.h>

static siam_status program_of(siam_tape *tape, siam_activation activation, siam_program **program) {
  char options[32];
  snprintf(options, sizeof options, "-DACTIVATION=%d", (int)activation);
  return siam_program_get(siam_tape_device(tape), "activation", options, program);
}

static siam_status shape(siam_layer *layer) {
  layer->out = layer->in;
  return SIAM_OK;
}

static float slope_of(const siam_layer *layer) {
  return layer->type->activation == SIAM_ACTIVATION_LEAKY_RELU ? (float)layer->options[0] : 0;
}

static siam_status forward(const siam_layer *layer, siam_pass *pass) {
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(program_of(pass->tape, layer->type->activation, &program));
  return SIAM_LAUNCH(pass->tape, program, "activation_forward",
                     siam_map_grid(siam_tape_device(pass->tape), pass->y.count), siam_arg(pass->x),
                     siam_arg(pass->y), siam_arg_int((int)pass->y.count), siam_arg_float(slope_of(layer)));
}

static siam_status add_backward(siam_tape *tape, siam_activation activation, float slope, siam_view y,
                                siam_view dy, siam_view dx) {
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(program_of(tape, activation, &program));
  return SIAM_LAUNCH(tape, program, "activation_backward", siam_map_grid(siam_tape_device(tape), y.count),
                     siam_arg(y), siam_arg(dy), siam_arg(dx), siam_arg_int((int)y.count),
                     siam_arg_float(slope));
}

static siam_status backward(const siam_layer *layer, siam_pass *pass) {
  if (!siam_view_exists(pass->dx)) return SIAM_OK;
  return add_backward(pass->tape, layer->type->activation, slope_of(layer), pass->y, pass->dy, pass->dx);
}

bool siam_layer_absorb_activation(siam_layer *layer, const siam_layer *next, const siam_fusion *how) {
  (void)how;
  if (layer->activation != SIAM_ACTIVATION_NONE || next->type->activation == SIAM_ACTIVATION_NONE)
    return false;
  layer->activation = next->type->activation;
  layer->slope = slope_of(next);
  return true;
}

siam_status siam_layer_activation_gradient(const siam_layer *layer, const siam_pass *pass, siam_view *dz) {
  *dz = pass->dy;
  if (layer->activation == SIAM_ACTIVATION_NONE) return SIAM_OK;
  *dz = siam_tape_tensor(pass->tape, pass->y.count);
  return add_backward(pass->tape, layer->activation, layer->slope, pass->y, pass->dy, *dz);
}

const siam_layer_type siam_layer_relu = {
    .name = "relu",
    .summary = "max(x, 0)",
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .activation = SIAM_ACTIVATION_RELU,
};
const siam_layer_type siam_layer_leaky_relu = {
    .name = "leaky_relu",
    .summary = "x where positive, else slope · x",
    .positional = 1,
    .options = {{"slope", 0.01, 0, 1, false}},
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .activation = SIAM_ACTIVATION_LEAKY_RELU,
};
const siam_layer_type siam_layer_sigmoid = {
    .name = "sigmoid",
    .summary = "1 / (1 + exp(−x))",
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .activation = SIAM_ACTIVATION_SIGMOID,
};
const siam_layer_type siam_layer_tanh = {
    .name = "tanh",
    .summary = "hyperbolic tangent",
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .activation = SIAM_ACTIVATION_TANH,
};
