#include "layers/layer.h"

#include <math.h>
#include <string.h>

extern const siam_layer_type siam_layer_conv, siam_layer_depthwise_conv, siam_layer_conv_transpose,
    siam_layer_linear, siam_layer_batch_norm, siam_layer_relu, siam_layer_leaky_relu, siam_layer_sigmoid,
    siam_layer_tanh, siam_layer_max_pool, siam_layer_avg_pool, siam_layer_global_avg_pool,
    siam_layer_gem_pool, siam_layer_add, siam_layer_upsample, siam_layer_dropout, siam_layer_flatten,
    siam_layer_reshape, siam_layer_l2_normalize, siam_layer_layer_norm, siam_layer_embedding;

const siam_layer_type *const siam_layer_types[] = {&siam_layer_conv,           &siam_layer_depthwise_conv,
                                                   &siam_layer_conv_transpose, &siam_layer_linear,
                                                   &siam_layer_batch_norm,     &siam_layer_relu,
                                                   &siam_layer_leaky_relu,     &siam_layer_sigmoid,
                                                   &siam_layer_tanh,           &siam_layer_max_pool,
                                                   &siam_layer_avg_pool,       &siam_layer_global_avg_pool,
                                                   &siam_layer_gem_pool,       &siam_layer_add,
                                                   &siam_layer_upsample,       &siam_layer_dropout,
                                                   &siam_layer_flatten,        &siam_layer_reshape,
                                                   &siam_layer_l2_normalize,   &siam_layer_layer_norm,
                                                   &siam_layer_embedding,      NULL};

const siam_layer_type *siam_layer_type_find(const char *name) {
  for (size_t i = 0; siam_layer_types[i] != NULL; i++)
    if (strcmp(siam_layer_types[i]->name, name) == 0) return siam_layer_types[i];
  return NULL;
}

void siam_layer_add_slot(siam_layer *layer, const char *role, siam_parameter_kind kind,
                         siam_initialiser initialiser, int rank, const int *dims) {
  siam_slot *slot = &layer->slots[layer->slot_count++];
  *slot = (siam_slot){.role = role, .kind = kind, .initialiser = initialiser, .rank = rank};
  for (int d = 0; d < rank; d++) slot->dims[d] = dims[d];
}

siam_initialiser siam_initialise_he(size_t fan_in) {
  return (siam_initialiser){SIAM_INITIALISE_NORMAL, (float)sqrt(2.0 / (double)(fan_in > 0 ? fan_in : 1))};
}

siam_initialiser siam_initialise_constant(float value) {
  return (siam_initialiser){SIAM_INITIALISE_CONSTANT, value};
}
