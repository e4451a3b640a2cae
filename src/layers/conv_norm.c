// A convolution of few inputs (the first layer of most encoders) with the batch normalisation, the (leaky)
// ReLU and the 2×2 max pooling behind it, in training, where nobody asks for the gradient of its input. The
// convolution's output, the largest tensor of most encoders, is never in memory: its statistics and all
// gradients follow from those of the patches that it looks at. The formulas stand in cl/conv_norm.cl.
#include "compute/map.h"
#include "compute/tile.h"
#include "layers/conv.h"

#include <stdio.h>
#include <string.h>

enum {
  NORM_OPTIONS = SIAM_CONV_BIAS + 1, ///< Epsilon and momentum stand behind the options of the convolution,
  NORM_SLOTS = 4,                    ///< and these slots behind its own.
  MOST_PATCH = 32,                   ///< Floats of a patch: their covariance takes the square of it.
  STAGE = 8 * 1024,                  ///< Floats of a band's input, to stay in the first-level cache.
  TASKS_PER_UNIT = 8,                ///< Work-items for each compute unit.
  SOME_TAPS = 9,                     ///< As in cl/conv_norm.cl.
  NOTES = 3                          ///< Rows noted of each filter, beside its folded weights.
};
enum { MOMENTS, FILTER_NOTES, PLACES };
enum { GAMMA, BETA, RUNNING_MEAN, RUNNING_VARIANCE };

extern const siam_layer_type siam_layer_batch_norm;
static const siam_layer_type conv_norm;

bool siam_conv_norm_absorb(siam_layer *layer, const siam_layer *next, const siam_fusion *how) {
  const int kernel = (int)layer->options[SIAM_CONV_KERNEL];
  if (next->type != &siam_layer_batch_norm || layer->activation != SIAM_ACTIVATION_NONE ||
      how->device == NULL || !how->device->traits.is_cpu || !how->training || how->input_gradient ||
      kernel * kernel * layer->in.channels > MOST_PATCH || !siam_conv_choice_is_free())
    return false;
  layer->type = &conv_norm;
  memcpy(layer->options + NORM_OPTIONS, next->options, 2 * sizeof *next->options);
  memcpy(layer->slots + layer->slot_count, next->slots, NORM_SLOTS * sizeof *next->slots);
  layer->slot_count += NORM_SLOTS;
  return true;
}

/// What all launches of one pass share; see cl/conv_norm.cl.
typedef struct plan {
  siam_program *program;
  siam_conv_shape shape;
  int side, band, bands, blocks, tasks;
  int row;            ///< Floats of a patch, rounded up to vectors.
  int stage, moments; ///< Floats.
  size_t vector;
  float slope;
} plan;

static siam_status prepare(const siam_layer *layer, const siam_pass *pass, plan *p) {
  siam_device *device = siam_tape_device(pass->tape);
  siam_conv_shape *shape = &p->shape;
  *shape = siam_layer_conv_shape(layer, pass->images);
  SIAM_RETURN_IF_FAILED(siam_conv_shape_complete(shape));
  const int kernel = shape->kernel_width, patch = kernel * kernel * shape->channels;
  const int row = ((shape->out_width - 1) * shape->stride + kernel) * shape->channels;
  p->side = layer->pool == 2 ? 2 : 1;
  p->slope = layer->activation == SIAM_ACTIVATION_NONE ? 1 : layer->slope;
  p->vector = siam_vector_width(device, shape->filters);
  int vectors = siam_tile_most_vectors(device);
  while (shape->filters % (vectors * (int)p->vector) != 0) vectors--;
  p->row = siam_divide_up(patch, (int)p->vector) * (int)p->vector;
  p->moments = (patch + 1) * p->row + (int)p->vector;
  // As many lines of windows as fit the stage.
  const int lines = siam_divide_up(shape->out_height, p->side);
  const int fitting = ((STAGE / row - kernel) / shape->stride + 1) / p->side;
  p->bands = siam_divide_up(lines, siam_larger(1, siam_smaller(fitting, lines)));
  p->band = siam_divide_up(lines, p->bands);
  p->bands = siam_divide_up(lines, p->band);
  p->stage =
      siam_divide_up(((p->band * p->side - 1) * shape->stride + kernel) * row + (int)p->vector, 16) * 16;
  p->blocks = pass->images * p->bands;
  p->tasks = siam_smaller(p->blocks, TASKS_PER_UNIT * (int)device->traits.compute_units);
  char options[96];
  snprintf(options, sizeof options, "-DKERNEL=%d -DCHANNELS=%d -DSIDE=%d -DVECTOR=%zu -DVECTORS=%d", kernel,
           shape->channels, p->side, p->vector, vectors);
  return siam_program_get(device, "conv_norm", options, &p->program);
}

/// The first 10 arguments of the kernels that work on bands.
#define BAND_ARGUMENTS(p)                                                                                    \
  siam_arg_int((p)->shape.height), siam_arg_int((p)->shape.width), siam_arg_int((p)->shape.stride),          \
      siam_arg_int((p)->shape.pad_y), siam_arg_int((p)->shape.filters), siam_arg_int((p)->shape.out_height), \
      siam_arg_int((p)->shape.out_width), siam_arg_int((p)->band), siam_arg_int((p)->bands),                 \
      siam_arg_int((p)->blocks)

static int patch_of(const plan *p) {
  return p->shape.kernel_height * p->shape.kernel_width * p->shape.channels;
}
static siam_grid filter_vectors(const plan *p) {
  return (siam_grid){{(size_t)p->shape.filters / p->vector}};
}
static siam_view scratch_of(siam_pass *pass, const plan *p, int slot) {
  return siam_tape_tensor(pass->tape, (size_t)p->tasks * (size_t)slot);
}

/// Mean and covariance of the patches.
static siam_status take_moments(siam_pass *pass, const plan *p) {
  const int line = p->shape.out_width * p->row + (int)p->vector + SOME_TAPS;
  const int slot = siam_divide_up(p->stage + p->moments + line, 16) * 16;
  const siam_view parts = siam_tape_tensor(pass->tape, (size_t)p->tasks * (size_t)p->moments);
  pass->saved[MOMENTS] = siam_tape_tensor(pass->tape, (size_t)p->moments);
  SIAM_RETURN_IF_FAILED(SIAM_LAUNCH(pass->tape, p->program, "patch_moments",
                                    ((siam_grid){{(size_t)p->tasks}}), BAND_ARGUMENTS(p), siam_arg(pass->x),
                                    siam_arg(parts), siam_arg(scratch_of(pass, p, slot)), siam_arg_int(slot),
                                    siam_arg_int(p->stage)));
  return SIAM_LAUNCH(pass->tape, p->program, "patch_join", ((siam_grid){{1}}), siam_arg(parts),
                     siam_arg(pass->saved[MOMENTS]), siam_arg_int(p->tasks));
}

static siam_status take_statistics(const siam_layer *layer, siam_pass *pass, const plan *p) {
  const int norm = layer->slot_count - NORM_SLOTS;
  const siam_view *of_norm = pass->weight + norm;
  const double *options = layer->options + NORM_OPTIONS;
  pass->saved[FILTER_NOTES] =
      siam_tape_tensor(pass->tape, (size_t)(NOTES + patch_of(p)) * (size_t)p->shape.filters);
  // Without a bias the kernel reads none; the argument must still be a buffer.
  return SIAM_LAUNCH(
      pass->tape, p->program, "conv_norm_statistics", filter_vectors(p), siam_arg(pass->saved[MOMENTS]),
      siam_arg(pass->weight[0]), siam_arg(pass->weight[norm - 1]), siam_arg_int(norm > 1),
      siam_arg(of_norm[GAMMA]), siam_arg(of_norm[BETA]), siam_arg(of_norm[RUNNING_MEAN]),
      siam_arg(of_norm[RUNNING_VARIANCE]), siam_arg(pass->saved[FILTER_NOTES]),
      siam_arg_int(p->shape.filters), siam_arg_float((float)options[0]), siam_arg_float((float)options[1]));
}

static siam_status forward(const siam_layer *layer, siam_pass *pass) {
  plan p;
  SIAM_RETURN_IF_FAILED(prepare(layer, pass, &p));
  SIAM_RETURN_IF_FAILED(take_moments(pass, &p));
  SIAM_RETURN_IF_FAILED(take_statistics(layer, pass, &p));
  siam_tape_note(pass->tape, "patches");
  pass->saved[PLACES] = siam_tape_tensor(pass->tape, (pass->y.count + 3) / sizeof(float)); // bytes
  return SIAM_LAUNCH(pass->tape, p.program, "conv_norm_forward", ((siam_grid){{(size_t)p.tasks}}),
                     BAND_ARGUMENTS(&p), siam_arg(pass->x), siam_arg(pass->saved[MOMENTS]),
                     siam_arg(pass->saved[FILTER_NOTES]), siam_arg_float(p.slope), siam_arg(pass->y),
                     siam_arg(pass->saved[PLACES]), siam_arg(scratch_of(pass, &p, p.stage)),
                     siam_arg_int(p.stage));
}

static siam_status backward(const siam_layer *layer, siam_pass *pass) {
  plan p;
  SIAM_RETURN_IF_FAILED(prepare(layer, pass, &p));
  const siam_view parts =
      siam_tape_tensor(pass->tape, (size_t)p.tasks * (size_t)(1 + patch_of(&p)) * (size_t)p.shape.filters);
  const siam_view *gradient = pass->gradient + layer->slot_count - NORM_SLOTS;
  SIAM_RETURN_IF_FAILED(SIAM_LAUNCH(pass->tape, p.program, "conv_norm_backward",
                                    ((siam_grid){{(size_t)p.tasks}}), BAND_ARGUMENTS(&p), siam_arg(pass->x),
                                    siam_arg(pass->saved[MOMENTS]), siam_arg(pass->dy),
                                    siam_arg(pass->saved[PLACES]), siam_arg_float(p.slope), siam_arg(parts),
                                    siam_arg(scratch_of(pass, &p, p.stage)), siam_arg_int(p.stage)));
  return SIAM_LAUNCH(pass->tape, p.program, "conv_norm_gradients", filter_vectors(&p), siam_arg(parts),
                     siam_arg_int(p.tasks), siam_arg(pass->saved[MOMENTS]),
                     siam_arg(pass->saved[FILTER_NOTES]), siam_arg(pass->weight[0]),
                     siam_arg(pass->gradient[0]), siam_arg(gradient[GAMMA]), siam_arg(gradient[BETA]),
                     siam_arg_int(p.shape.filters));
}

static const siam_layer_type conv_norm = {.name = "conv with batch_norm",
                                          .summary =
                                              "convolution of few inputs and batch normalisation in one",
                                          .forward = forward,
                                          .backward = backward,
                                          .absorb = siam_layer_absorb_pooling};
