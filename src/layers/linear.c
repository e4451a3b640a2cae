// Linear: y = x·W + b with x [N,in], W [in,out], b [out].
// Gradients: dW += xᵀ·dz, db += Σ_n dz, dx = dz·Wᵀ. A transposed slot refers to a parameter P [out,in] with
// W = Pᵀ; then dP += dzᵀ·x, so a decoder that uses its encoder's matrix adds to the same gradient range.
#include "compute/gemm.h"
#include "compute/reduce.h"
#include "layers/layer.h"

#include <math.h>

enum { FEATURES, BIAS };
enum { WEIGHT_SLOT, BIAS_SLOT };

static siam_status shape(siam_layer *layer) {
  if (layer->in.height != 1 || layer->in.width != 1)
    return siam_fail(SIAM_ERROR_ARGUMENT,
                     "%s: needs a vector and gets a picture of %d×%d×%d; put 'flatten' or 'global_avg_pool' "
                     "before it",
                     layer->name, layer->in.height, layer->in.width, layer->in.channels);
  int in = layer->in.channels, out = (int)layer->options[FEATURES];
  layer->out = (siam_shape){1, 1, out};
  siam_layer_add_slot(layer, "weight", SIAM_PARAMETER_WEIGHT, siam_initialise_he((size_t)in), 2,
                      (int[]){in, out});
  if (layer->options[BIAS] != 0)
    siam_layer_add_slot(layer, "bias", SIAM_PARAMETER_OFFSET, siam_initialise_constant(0), 1, (int[]){out});
  return SIAM_OK;
}

static siam_status forward(const siam_layer *layer, siam_pass *pass) {
  return siam_gemm_add(pass->tape,
                       &(siam_gemm){.m = pass->images,
                                    .n = layer->out.channels,
                                    .k = layer->in.channels,
                                    .a = pass->x,
                                    .b = pass->weight[WEIGHT_SLOT],
                                    .transpose_b = layer->slots[WEIGHT_SLOT].transposed,
                                    .c = pass->y,
                                    .epilogue = {pass->weight[BIAS_SLOT], layer->activation, layer->slope}});
}

/// dW += xᵀ·dz, or its transpose dP += dzᵀ·x.
static siam_status weight_gradient(const siam_layer *layer, const siam_pass *pass, siam_view dz) {
  bool transposed = layer->slots[WEIGHT_SLOT].transposed;
  return siam_gemm_add(pass->tape, &(siam_gemm){.m = transposed ? layer->out.channels : layer->in.channels,
                                                .n = transposed ? layer->in.channels : layer->out.channels,
                                                .k = pass->images,
                                                .a = transposed ? dz : pass->x,
                                                .transpose_a = true,
                                                .b = transposed ? pass->x : dz,
                                                .c = pass->gradient[WEIGHT_SLOT],
                                                .beta = 1});
}

static siam_status backward(const siam_layer *layer, siam_pass *pass) {
  siam_view dz;
  SIAM_RETURN_IF_FAILED(siam_layer_activation_gradient(layer, pass, &dz));
  SIAM_RETURN_IF_FAILED(weight_gradient(layer, pass, dz));
  if (layer->slot_count > BIAS_SLOT)
    SIAM_RETURN_IF_FAILED(
        siam_column_sums(pass->tape, dz, pass->images, layer->out.channels, pass->gradient[BIAS_SLOT], 1));
  if (!siam_view_exists(pass->dx)) return SIAM_OK;
  return siam_gemm_add(pass->tape, &(siam_gemm){.m = pass->images,
                                                .n = layer->in.channels,
                                                .k = layer->out.channels,
                                                .a = dz,
                                                .b = pass->weight[WEIGHT_SLOT],
                                                .transpose_b = !layer->slots[WEIGHT_SLOT].transposed,
                                                .c = pass->dx});
}

static double multiply_adds(const siam_layer *layer) {
  return (double)layer->in.channels * layer->out.channels;
}

const siam_layer_type siam_layer_linear = {
    .name = "linear",
    .summary = "matrix product with a bias",
    .positional = 1,
    .options = {{"features", NAN, 1, 1 << 20, true}, {"bias", 1, 0, 1, true}},
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .absorb = siam_layer_absorb_activation,
    .multiply_adds = multiply_adds,
};
