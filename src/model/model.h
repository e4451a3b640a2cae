/// A model: a network placed on a device, how pictures become its input, and facts kept as text.
#ifndef SIAM_MODEL_MODEL_H
#define SIAM_MODEL_MODEL_H

#include "model/network.h"
#include "model/safetensors.h"

#include <siamese/model.h>

/// How bytes become the network's input: y = (v / 255 − mean) / deviation, by channel.
typedef struct siam_preprocessing {
  siam_resize_mode resize;
  float mean[3], deviation[3];
  int resampler; ///< Version; 0: SIAM_RESAMPLER_VERSION.
} siam_preprocessing;

/// A fact of a model file's metadata.
typedef struct siam_fact {
  char *key, *value;
} siam_fact;

struct siam_model {
  siam_device *device;
  siam_network *network;
  char *path;    ///< The file it came from, for messages; NULL for a new one.
  char *encoder; ///< The network's description.
  siam_preprocessing preprocessing;
  bool refuses_blank; ///< Compares no pictures that show nothing: the default model's way.
  siam_fact *facts;   ///< What floors above keep in the file: thresholds, calibration, how it was trained.
  size_t fact_count, fact_capacity;
};

/// Takes over `network` and describes it, without a device; on failure the network is destroyed too.
siam_status siam_model_describe(siam_network *network, siam_model **model);

/// Gives the model's network its places on a device, and first values.
siam_status siam_model_place(siam_model *model, siam_device *device, uint64_t seed);

/// The model that a file describes, everything in it checked, without a device: its numbers are still in the
/// file.
siam_status siam_model_read(const siam_safetensors *file, siam_model **model);

/// The first two of these in one.
siam_status siam_model_wrap(siam_device *device, siam_network *network, uint64_t seed, siam_model **model);

/// siam_model_create(), but that options which name no encoder mean that of `like` (NULL: the standard one).
siam_status siam_model_create_like(siam_device *device, const siam_model_options *options,
                                   const siam_model *like, siam_model **model);

/// Sets a fact, replacing an old one; the strings are copied. Keys that the model file uses itself are
/// refused.
siam_status siam_model_set_fact(siam_model *model, const char *key, const char *value);
/// The value of a fact, owned by the model; NULL without one.
const char *siam_model_get_fact(const siam_model *model, const char *key);

#endif
