// A convolution for which nobody goes back, as for embeddings: a batch normalisation with fixed statistics is
// folded into weights and bias, and a (leaky) ReLU and 2×2 max pooling behind it are done as the output is
// written, where the engine of the convolution can.
#include "layers/conv.h"

#include <string.h>

enum {
  NORM_OPTIONS = SIAM_CONV_BIAS + 1, ///< Epsilon stands behind the options of the convolution,
  NORM_SLOTS = 4                     ///< and these slots behind its own.
};
enum { GAMMA, BETA, MEAN, VARIANCE };

extern const siam_layer_type siam_layer_batch_norm;
static const siam_layer_type conv_folded;

static bool has_bias(const siam_layer *layer) {
  return layer->options[SIAM_CONV_BIAS] != 0;
}
static bool has_norm(const siam_layer *layer) {
  return layer->slot_count >= NORM_SLOTS;
}

static bool absorb_norm(siam_layer *layer, const siam_layer *norm) {
  if (layer->activation != SIAM_ACTIVATION_NONE || layer->pool != 0 || has_norm(layer)) return false;
  memcpy(layer->options + NORM_OPTIONS, norm->options, sizeof *norm->options);
  memcpy(layer->slots + layer->slot_count, norm->slots, NORM_SLOTS * sizeof *norm->slots);
  layer->slot_count += NORM_SLOTS;
  return true;
}

bool siam_conv_folded_absorb(siam_layer *layer, const siam_layer *next, const siam_fusion *how) {
  if (how->device == NULL || how->training || how->way_back) return false;
  siam_layer tried = *layer;
  if (next->type == &siam_layer_batch_norm) {
    if (!absorb_norm(&tried, next)) return false;
  } else {
    const siam_conv_shape shape = siam_layer_conv_shape(layer, how->images);
    if (!siam_layer_absorb_pooling(&tried, next, how)) return false;
    if (tried.pool != 0 && (tried.activation > SIAM_ACTIVATION_LEAKY_RELU ||
                            !siam_conv_can_pool(how->device, &shape, how->weights_stay)))
      return false;
  }
  *layer = tried;
  layer->type = &conv_folded;
  return true;
}

/// Replaces weight and bias by those that do the work of the normalisation, too.
static siam_status fold(const siam_layer *layer, const siam_pass *pass, const siam_conv_shape *shape,
                        siam_view *weight, siam_view *bias) {
  const siam_view *norm = pass->weight + layer->slot_count - NORM_SLOTS;
  const siam_view folded = siam_tape_tensor(pass->tape, siam_conv_weight_count(shape));
  const siam_view shift = siam_tape_tensor(pass->tape, (size_t)shape->filters);
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(siam_program_get(siam_tape_device(pass->tape), "conv_folded", "", &program));
  siam_tape_begin_once(pass->tape);
  siam_status status =
      SIAM_LAUNCH(pass->tape, program, "fold", ((siam_grid){{(size_t)shape->filters}}),
                  siam_arg_int(shape->kernel_height * shape->kernel_width * shape->channels),
                  siam_arg_int(shape->filters), siam_arg(*weight),
                  siam_arg(siam_view_exists(*bias) ? *bias : *weight), siam_arg_int(siam_view_exists(*bias)),
                  siam_arg(norm[GAMMA]), siam_arg(norm[BETA]), siam_arg(norm[MEAN]), siam_arg(norm[VARIANCE]),
                  siam_arg_float((float)layer->options[NORM_OPTIONS]), siam_arg(folded), siam_arg(shift));
  siam_tape_end_once(pass->tape);
  *weight = folded;
  *bias = shift;
  return status;
}

static siam_status forward(const siam_layer *layer, siam_pass *pass) {
  siam_conv_shape shape = siam_layer_conv_shape(layer, pass->images);
  SIAM_RETURN_IF_FAILED(siam_conv_shape_complete(&shape));
  siam_view weight = pass->weight[0], bias = {0};
  if (has_bias(layer)) bias = pass->weight[1];
  if (has_norm(layer)) SIAM_RETURN_IF_FAILED(fold(layer, pass, &shape, &weight, &bias));
  const siam_epilogue epilogue = {
      .bias = bias, .activation = layer->activation, .slope = layer->slope, .pool = layer->pool == 2};
  return siam_conv_forward(pass->tape, &shape, pass->x, weight, &epilogue, pass->y);
}

static const siam_layer_type conv_folded = {.name = "conv, folded",
                                            .summary = "convolution with what follows it folded into it",
                                            .forward = forward,
                                            .absorb = siam_conv_folded_absorb};
