// Batch normalisation (Ioffe and Szegedy 2015): y = gamma · x̂ + beta with x̂ = (x − mean) / √(variance + ε),
// mean and variance over the batch and all pixels in training, running averages of them otherwise. With dz
// the gradient of y and means over the same m values:
//   dgamma += Σ dz·x̂,  dbeta += Σ dz,  dx = gamma/√(variance+ε) · (dz − mean(dz) − x̂ · mean(dz·x̂)),
// and outside training, where the averages do not depend on x, dx = gamma/√(variance+ε) · dz.
// A ReLU or leaky ReLU and a 2×2 max pooling that follow are done in the same passes over memory.
#include "compute/map.h"
#include "layers/layer.h"

#include <stdio.h>

enum { EPSILON, MOMENTUM };
enum { GAMMA, BETA, RUNNING_MEAN, RUNNING_VARIANCE };
enum { NOTES, PARTIAL };
enum { NOTE_COUNT = 6, LEAST_ROWS = 64 };

static siam_status shape(siam_layer *layer) {
  layer->out = layer->in;
  int dims[1] = {layer->in.channels};
  siam_layer_add_slot(layer, "weight", SIAM_PARAMETER_OFFSET, siam_initialise_constant(1), 1, dims);
  siam_layer_add_slot(layer, "bias", SIAM_PARAMETER_OFFSET, siam_initialise_constant(0), 1, dims);
  siam_layer_add_slot(layer, "running_mean", SIAM_PARAMETER_STATE, siam_initialise_constant(0), 1, dims);
  siam_layer_add_slot(layer, "running_var", SIAM_PARAMETER_STATE, siam_initialise_constant(1), 1, dims);
  return SIAM_OK;
}

/// What all launches of one pass share.
typedef struct batch_norm {
  siam_program *program;
  int rows, places, height, width, channels;
  unsigned vector;
  float slope;
  siam_grid slices, apply, per_channel;
} batch_norm;

static siam_status prepare(const siam_layer *layer, const siam_pass *pass, batch_norm *norm) {
  siam_device *device = siam_tape_device(pass->tape);
  norm->height = layer->in.height;
  norm->width = layer->in.width;
  norm->channels = layer->in.channels;
  norm->rows = pass->images * norm->height * norm->width;
  norm->places =
      layer->pool == 0 ? norm->rows : pass->images * ((norm->height + 1) / 2) * ((norm->width + 1) / 2);
  norm->vector = siam_vector_width(device, norm->channels);
  norm->slope = layer->activation == SIAM_ACTIVATION_NONE ? 1 : layer->slope;
  norm->slices = siam_rows_grid(device, (size_t)norm->rows, norm->channels, norm->vector, LEAST_ROWS);
  norm->apply = siam_rows_grid(device, (size_t)norm->places, norm->channels, norm->vector, LEAST_ROWS);
  norm->per_channel = (siam_grid){{(size_t)norm->channels}};
  char options[64];
  snprintf(options, sizeof options, "-DVECTOR=%u -DPOOL=%d", norm->vector, layer->pool);
  return siam_program_get(device, "batch_norm", options, &norm->program);
}

static siam_status training_statistics(const siam_layer *layer, siam_pass *pass, const batch_norm *norm) {
  size_t slices = norm->slices.items[1];
  siam_view partial = siam_tape_tensor(pass->tape, slices * 2 * (size_t)norm->channels);
  SIAM_RETURN_IF_FAILED(SIAM_LAUNCH(pass->tape, norm->program, "batch_norm_partial", norm->slices,
                                    siam_arg(pass->x), siam_arg(partial), siam_arg_int(norm->rows),
                                    siam_arg_int(norm->channels)));
  return SIAM_LAUNCH(pass->tape, norm->program, "batch_norm_finish", norm->per_channel, siam_arg(partial),
                     siam_arg(pass->weight[GAMMA]), siam_arg(pass->weight[BETA]),
                     siam_arg(pass->weight[RUNNING_MEAN]), siam_arg(pass->weight[RUNNING_VARIANCE]),
                     siam_arg(pass->saved[NOTES]), siam_arg_int(norm->rows), siam_arg_int(norm->channels),
                     siam_arg_int((int)slices), siam_arg_float((float)layer->options[EPSILON]),
                     siam_arg_float((float)layer->options[MOMENTUM]));
}

static siam_status fixed_statistics(const siam_layer *layer, siam_pass *pass, const batch_norm *norm) {
  return SIAM_LAUNCH(pass->tape, norm->program, "batch_norm_fixed", norm->per_channel,
                     siam_arg(pass->weight[GAMMA]), siam_arg(pass->weight[BETA]),
                     siam_arg(pass->weight[RUNNING_MEAN]), siam_arg(pass->weight[RUNNING_VARIANCE]),
                     siam_arg(pass->saved[NOTES]), siam_arg_int(norm->channels),
                     siam_arg_float((float)layer->options[EPSILON]));
}

static siam_status forward(const siam_layer *layer, siam_pass *pass) {
  batch_norm norm;
  SIAM_RETURN_IF_FAILED(prepare(layer, pass, &norm));
  pass->saved[NOTES] = siam_tape_tensor(pass->tape, NOTE_COUNT * (size_t)norm.channels);
  SIAM_RETURN_IF_FAILED(pass->training ? training_statistics(layer, pass, &norm)
                                       : fixed_statistics(layer, pass, &norm));
  return SIAM_LAUNCH(pass->tape, norm.program, "batch_norm_apply", norm.apply, siam_arg(pass->x),
                     siam_arg(pass->saved[NOTES]), siam_arg(pass->y), siam_arg_int(norm.places),
                     siam_arg_int(norm.height), siam_arg_int(norm.width), siam_arg_int(norm.channels),
                     siam_arg_float(norm.slope));
}

static siam_status backward(const siam_layer *layer, siam_pass *pass) {
  batch_norm norm;
  SIAM_RETURN_IF_FAILED(prepare(layer, pass, &norm));
  size_t slices = norm.apply.items[1];
  siam_view partial = siam_tape_tensor(pass->tape, slices * 2 * (size_t)norm.channels);
  SIAM_RETURN_IF_FAILED(SIAM_LAUNCH(pass->tape, norm.program, "batch_norm_backward_partial", norm.apply,
                                    siam_arg(pass->x), siam_arg(pass->saved[NOTES]), siam_arg(pass->dy),
                                    siam_arg(partial), siam_arg_int(norm.places), siam_arg_int(norm.height),
                                    siam_arg_int(norm.width), siam_arg_int(norm.channels),
                                    siam_arg_float(norm.slope)));
  SIAM_RETURN_IF_FAILED(SIAM_LAUNCH(pass->tape, norm.program, "batch_norm_backward_finish", norm.per_channel,
                                    siam_arg(partial), siam_arg(pass->saved[NOTES]),
                                    siam_arg(pass->gradient[GAMMA]), siam_arg(pass->gradient[BETA]),
                                    siam_arg_int(norm.rows), siam_arg_int(norm.channels),
                                    siam_arg_int((int)slices), siam_arg_int(pass->training)));
  if (!siam_view_exists(pass->dx)) return SIAM_OK;
  pass->dx_is_balanced = pass->training;
  return SIAM_LAUNCH(pass->tape, norm.program, "batch_norm_backward_apply", norm.apply, siam_arg(pass->x),
                     siam_arg(pass->saved[NOTES]), siam_arg(pass->dy), siam_arg(pass->dx),
                     siam_arg_int(norm.places), siam_arg_int(norm.height), siam_arg_int(norm.width),
                     siam_arg_int(norm.channels), siam_arg_float(norm.slope));
}

const siam_layer_type siam_layer_batch_norm = {
    .name = "batch_norm",
    .summary = "normalisation of each channel over the batch, with a scale and a shift",
    .options = {{"epsilon", 1e-5, 1e-12, 1, false}, {"momentum", 0.1, 0, 1, false}},
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .absorb = siam_layer_absorb_pooling,
};
