/// The model that needs no file: datasets/default-model/default.siamese, embedded at build time
/// (cmake/embed.cmake). docs/default-model.md says what it is.
#ifndef SIAM_MODEL_DEFAULT_MODEL_H
#define SIAM_MODEL_DEFAULT_MODEL_H

#include <stddef.h>

/// A model file's bytes, and one 0 behind them that does not count.
extern const unsigned char siam_default_model[];
extern const size_t siam_default_model_size;

#endif
