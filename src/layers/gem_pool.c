// Generalised-mean pooling over the whole picture, one value a channel (Radenović, Tolias and Chum 2018,
// "Fine-tuning CNN Image Retrieval with No Human Annotation"): with x̂ = max(x, ε) over the N pixels of a
// channel,
//   y = (Σ x̂^p / N)^(1/p):  the average for p = 1, towards the largest value for large p.
// p is trained, one number for all channels, and held within 1 … 16, where its gradient ends. Gradients:
//   dx = dy · (x̂ / y)^(p − 1) / N where x > ε, else 0
//   dp += Σ dy · y/p · (Σ x̂^p·ln x̂ / Σ x̂^p − ln(Σ x̂^p / N) / p)
#include "compute/map.h"
#include "compute/reduce.h"
#include "layers/layer.h"

#include <stdio.h>

enum { EPSILON };
enum { EXPONENT_SLOT };

static siam_status shape(siam_layer *layer) {
  layer->out = (siam_shape){1, 1, layer->in.channels};
  siam_layer_add_slot(layer, "exponent", SIAM_PARAMETER_OFFSET, siam_initialise_constant(3), 1, (int[]){1});
  return SIAM_OK;
}

static siam_status program_of(const siam_layer *layer, const siam_pass *pass, siam_program **program,
                              siam_grid *grid) {
  siam_device *device = siam_tape_device(pass->tape);
  const unsigned vector = siam_vector_width_overlapping(device, layer->in.channels);
  char options[32];
  snprintf(options, sizeof options, "-DVECTOR=%u", vector);
  *grid = siam_rows_grid(device, (size_t)pass->images, layer->in.channels, vector, 1);
  return siam_program_get(device, "gem_pool", options, program);
}

static siam_status forward(const siam_layer *layer, siam_pass *pass) {
  siam_program *program = NULL;
  siam_grid grid;
  SIAM_RETURN_IF_FAILED(program_of(layer, pass, &program, &grid));
  return SIAM_LAUNCH(pass->tape, program, "gem_pool_forward", grid, siam_arg(pass->x),
                     siam_arg(pass->weight[EXPONENT_SLOT]), siam_arg(pass->y), siam_arg_int(pass->images),
                     siam_arg_int(layer->in.height * layer->in.width), siam_arg_int(layer->in.channels),
                     siam_arg_float((float)layer->options[EPSILON]));
}

static siam_status backward(const siam_layer *layer, siam_pass *pass) {
  siam_program *program = NULL;
  siam_grid grid;
  const siam_view slopes = siam_tape_tensor(pass->tape, pass->y.count);
  const siam_view dx = siam_view_exists(pass->dx) ? pass->dx : siam_tape_tensor(pass->tape, pass->x.count);
  SIAM_RETURN_IF_FAILED(program_of(layer, pass, &program, &grid));
  SIAM_RETURN_IF_FAILED(SIAM_LAUNCH(
      pass->tape, program, "gem_pool_backward", grid, siam_arg(pass->x),
      siam_arg(pass->weight[EXPONENT_SLOT]), siam_arg(pass->y), siam_arg(pass->dy), siam_arg(dx),
      siam_arg(slopes), siam_arg_int(pass->images), siam_arg_int(layer->in.height * layer->in.width),
      siam_arg_int(layer->in.channels), siam_arg_float((float)layer->options[EPSILON])));
  return siam_column_sums(pass->tape, slopes, (int)slopes.count, 1, pass->gradient[EXPONENT_SLOT], 1);
}

const siam_layer_type siam_layer_gem_pool = {
    .name = "gem_pool",
    .summary = "generalised mean over the whole picture with a trained exponent, one value a channel",
    .options = {{"epsilon", 1e-6, 1e-12, 1, false}},
    .shape = shape,
    .forward = forward,
    .backward = backward,
};
