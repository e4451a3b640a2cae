/// Models: an encoder with its weights, and all that is needed to use it on pictures.
#ifndef SIAMESE_MODEL_H
#define SIAMESE_MODEL_H

#include <siamese/dataset.h>
#include <siamese/device.h>

/// A model on a device. Opaque. Use it from one thread at a time.
typedef struct siam_model siam_model;

/// As an option `batch`: as large as the device has room for and there are pictures; its size is in the
/// report.
#define SIAM_BATCH_AUTO UINT32_MAX

/// Zero means the default.
typedef struct siam_model_options {
  const char *encoder;     ///< A built-in encoder's name or a description file; NULL: "conv4".
  int size;                ///< Height and width of the network's pictures; 0: as the encoder says.
  int channels;            ///< 1 grey, 3 colour; 0: as the encoder says.
  int embedding;           ///< Features of the last linear layer; 0: as the encoder says.
  siam_resize_mode resize; ///< How pictures are brought to size.
  uint64_t seed;           ///< Of the first weights.
} siam_model_options;

/// A new, untrained model. `options` may be NULL. The caller releases it with siam_model_destroy(), before
/// its device.
SIAM_API siam_status siam_model_create(siam_device *device, const siam_model_options *options,
                                       siam_model **model);

/// Reads a model file (docs/model-file.md). Everything is checked before it is used; errors name the file.
SIAM_API siam_status siam_model_load(siam_device *device, const char *path, siam_model **model);

/// The model that is part of the library: tells whether two pictures are one picture before and after edits
/// such as resizing, cropping or recompressing (docs/default-model.md). It compares no pictures that show
/// nothing.
SIAM_API siam_status siam_model_load_default(siam_device *device, siam_model **model);

/// Writes the model as one file; `path` is the complete old or the complete new version at every moment.
SIAM_API siam_status siam_model_save(siam_model *model, const char *path);

SIAM_API void siam_model_destroy(siam_model *model);

/// What a model expects and gives.
typedef struct siam_model_info {
  int height, width, channels; ///< Of the network's pictures.
  int embedding;               ///< Floats of an embedding.
  size_t weights;              ///< Trained numbers, each shared one counted once.
  size_t layers;
  siam_resize_mode resize;
  double reach; ///< Largest possible distance; infinity where embeddings have no fixed length.
} siam_model_info;
SIAM_API siam_model_info siam_model_get_info(const siam_model *model);

/// Encoder description of a model; owned by it.
SIAM_API const char *siam_model_get_encoder(const siam_model *model);

/// A built-in encoder: its name and what it is; NULL past the last one. Static storage.
SIAM_API const char *siam_encoder_get_name(size_t index);
SIAM_API const char *siam_encoder_get_summary(size_t index);
/// Its description, as text that can be saved, changed and given as a file.
SIAM_API const char *siam_encoder_get_description(size_t index);

#endif
