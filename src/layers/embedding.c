// Embedding: a vector of T token numbers becomes the T rows of W [vocabulary, features] that they name, side
// by side: x [N,T], y [N,T·features]. Token numbers are floats that hold whole numbers, exact up to 2^24; one
// that names no row gives NaN and adds nothing. Gradient: dW[r] += Σ dy over all tokens that name r. A token
// number has none: dx = 0. A transposed slot refers to a parameter P [features, vocabulary] with W = Pᵀ. A
// language model whose output projection uses the same matrix (Press and Wolf 2017, "Using the output
// embedding to improve language models") adds to the same gradient range by a matrix product.
#include "layers/layer.h"

#include <limits.h>
#include <math.h>

enum { VOCABULARY, FEATURES };
enum { MOST_ACROSS = 64 };

static siam_status shape(siam_layer *layer) {
  if (layer->in.height != 1 || layer->in.width != 1)
    return siam_fail(
        SIAM_ERROR_ARGUMENT,
        "%s: needs a vector of token numbers and gets a picture of %d×%d×%d; put 'flatten' before it",
        layer->name, layer->in.height, layer->in.width, layer->in.channels);
  const int vocabulary = (int)layer->options[VOCABULARY], features = (int)layer->options[FEATURES];
  if (layer->in.channels > INT_MAX / features)
    return siam_fail(SIAM_ERROR_ARGUMENT, "%s: %d tokens of %d features are too many numbers", layer->name,
                     layer->in.channels, features);
  layer->out = (siam_shape){1, 1, layer->in.channels * features};
  // √(1 / features): a projection by the same matrix then starts with outputs of the size of its inputs.
  siam_layer_add_slot(layer, "weight", SIAM_PARAMETER_WEIGHT, siam_initialise_he(2 * (size_t)features), 2,
                      (int[]){vocabulary, features});
  return SIAM_OK;
}

/// Launches a kernel whose items are `rows` rows of features each.
static siam_status launch(const siam_layer *layer, const siam_pass *pass, const char *kernel, int rows,
                          siam_view from, siam_view to) {
  siam_device *device = siam_tape_device(pass->tape);
  const int vocabulary = (int)layer->options[VOCABULARY], features = (int)layer->options[FEATURES];
  int across = device->traits.is_cpu ? 1 : features < MOST_ACROSS ? features : MOST_ACROSS;
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(
      siam_program_get(device, "embedding", layer->slots[0].transposed ? "-DTRANSPOSED=1" : "", &program));
  return SIAM_LAUNCH(pass->tape, program, kernel, ((siam_grid){{(size_t)rows * (size_t)across}}),
                     siam_arg_int(pass->images * layer->in.channels), siam_arg_int(vocabulary),
                     siam_arg_int(features), siam_arg_int(across), siam_arg(pass->x), siam_arg(from),
                     siam_arg(to));
}

static siam_status forward(const siam_layer *layer, siam_pass *pass) {
  return launch(layer, pass, "embedding_forward", pass->images * layer->in.channels, pass->weight[0],
                pass->y);
}

static siam_status backward(const siam_layer *layer, siam_pass *pass) {
  SIAM_RETURN_IF_FAILED(launch(layer, pass, "embedding_backward", (int)layer->options[VOCABULARY], pass->dy,
                               pass->gradient[0]));
  return siam_view_exists(pass->dx) ? siam_tape_fill(pass->tape, pass->dx, 0) : SIAM_OK;
}

const siam_layer_type siam_layer_embedding = {
    .name = "embedding",
    .summary = "looks up a row of a table for each token number",
    .positional = 2,
    .options = {{"vocabulary", NAN, 1, 1 << 20, true}, {"features", NAN, 1, 1 << 16, true}},
    .shape = shape,
    .forward = forward,
    .backward = backward,
};
