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
enum { MOST_ACROSS = 64, FIRST_RUN = 16 };

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

static siam_status get_program(const siam_layer *layer, const siam_pass *pass, siam_program **program) {
  return siam_program_get(siam_tape_device(pass->tape), "embedding",
                          layer->slots[0].transposed ? "-DTRANSPOSED=1" : "", program);
}

/// Work-items that share a row of features.
static int items_across(const siam_layer *layer, const siam_pass *pass) {
  const int features = (int)layer->options[FEATURES];
  if (siam_tape_device(pass->tape)->traits.is_cpu) return 1;
  return features < MOST_ACROSS ? features : MOST_ACROSS;
}

static siam_status forward(const siam_layer *layer, siam_pass *pass) {
  const int count = pass->images * layer->in.channels, across = items_across(layer, pass);
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(get_program(layer, pass, &program));
  return SIAM_LAUNCH(pass->tape, program, "embedding_forward",
                     ((siam_grid){{(size_t)count * (size_t)across}}), siam_arg_int(count),
                     siam_arg_int((int)layer->options[VOCABULARY]),
                     siam_arg_int((int)layer->options[FEATURES]), siam_arg_int(across), siam_arg(pass->x),
                     siam_arg(pass->weight[0]), siam_arg(pass->y));
}

/// Words of a key of cl/embedding.cl, which is a long.
enum { KEY_WORDS = 2 };

/// Tokens in the order of their rows, by a merge sort.
static siam_status sort_tokens(const siam_layer *layer, const siam_pass *pass, siam_program *program,
                               siam_view *keys) {
  const size_t count = (size_t)pass->images * (size_t)layer->in.channels;
  const siam_grid grid = {{count}};
  *keys = siam_tape_tensor(pass->tape, KEY_WORDS * count);
  SIAM_RETURN_IF_FAILED(SIAM_LAUNCH(pass->tape, program, "embedding_sort_runs", grid,
                                    siam_arg_int((int)count), siam_arg_int((int)layer->options[VOCABULARY]),
                                    siam_arg_int(FIRST_RUN), siam_arg(pass->x), siam_arg(*keys)));
  for (size_t run = FIRST_RUN; run < count; run *= 2) {
    siam_view merged = siam_tape_tensor(pass->tape, KEY_WORDS * count);
    SIAM_RETURN_IF_FAILED(SIAM_LAUNCH(pass->tape, program, "embedding_merge_runs", grid,
                                      siam_arg_int((int)count), siam_arg_int((int)run), siam_arg(*keys),
                                      siam_arg(merged)));
    *keys = merged;
  }
  return SIAM_OK;
}

static siam_status backward(const siam_layer *layer, siam_pass *pass) {
  const int count = pass->images * layer->in.channels, across = items_across(layer, pass);
  siam_program *program = NULL;
  siam_view keys;
  SIAM_RETURN_IF_FAILED(get_program(layer, pass, &program));
  SIAM_RETURN_IF_FAILED(sort_tokens(layer, pass, program, &keys));
  SIAM_RETURN_IF_FAILED(SIAM_LAUNCH(pass->tape, program, "embedding_backward",
                                    ((siam_grid){{(size_t)count * (size_t)across}}), siam_arg_int(count),
                                    siam_arg_int((int)layer->options[VOCABULARY]),
                                    siam_arg_int((int)layer->options[FEATURES]), siam_arg_int(across),
                                    siam_arg(keys), siam_arg(pass->dy), siam_arg(pass->gradient[0])));
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
